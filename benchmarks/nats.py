"""Held-out music in nats a note: one figure of a model, comparable with every other, whatever its tokens are.

Protocol: of each style so many held-out pieces (split "valid" of the music the model was trained with), of each eight
bars, drawn by a seed. Style, instruments, meters, keys, tempi and the number of bars are given; all the music is
counted (pitches, rhythm, what else a model's tokens say of it; chord symbols in lead sheets alone) and divided by the
notes, of which there are as many for every model. Stretches that are too long for the model are counted in "left out".
The model runs as shipped. Intervals: 95 %, bootstrap over pieces. Beside an n-gram: benchmarks/styles.py.

    python benchmarks/nats.py [--sets ../shared/data] [--model composer] [--count 60] [--styles folk hymn]
"""

from __future__ import annotations

import numpy as np

from firmus.evaluation import intervals, likelihood
from firmus.learning.corpus import Corpus
from firmus.runtime import stepper
from firmus.runtime.weights import card
from firmus.score import Score
from firmus.tokens import events
from music import corpus_and_styles, full_bars, options, stretch
from styles import style_of

BARS = 8


def stretches(corpus: Corpus, style: str, count: int) -> list[Score]:
    """Eight bars of each of so many held-out pieces, the same for the same music."""
    generator = np.random.default_rng(0)
    pieces = [each for each in corpus.pieces("valid") if style_of(each.prepared) == style and full_bars(each) >= BARS]
    found = []
    for index in generator.permutation(len(pieces))[:count].tolist():
        prepared = pieces[index].prepared
        first = int(generator.integers(events.grid_shape(prepared)[0] - BARS + 1))
        found.append(stretch(prepared, first, first + BARS))
    return [score for score in found if any(part.notes for part in score.parts)]


def main() -> None:
    asked = options(__doc__).parse_args()
    corpus, wanted = corpus_and_styles(asked)
    runtime, longest = stepper.load(asked.model), card(asked.model).shape["length"]
    print("| style | stretches | left out | notes | nats a note | 95 % interval |\n|-|-:|-:|-:|-:|-|", flush=True)
    for style in wanted:
        scores = stretches(corpus, style, asked.count)
        short = [each for each in scores if len(likelihood.of_score(each, style).example.tokens) <= longest]
        if short:
            sums, counts = zip(*likelihood.nats_a_note(runtime, short, style), strict=True)
            mean, low, high = intervals.ratio(sums, counts)
            print(f"| {style} | {len(short)} | {len(scores) - len(short)} | {sum(counts):,} | {mean:.3f} | "
                  f"{low:.3f} to {high:.3f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
