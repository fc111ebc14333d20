"""Held-out music in nats a note: one figure of a model, comparable with every other, whatever its tokens are.

Protocol: of each style so many stretches of eight bars of held-out pieces (split "valid" of the music the model was
trained with), dealt out over the pieces and drawn by a seed; of a band as many parts as are composed, of lead sheets no
songs' voices. Style, instruments, meters, keys, tempi and the number of bars are given; all the music is counted
(pitches, rhythm, what else a model's tokens say of it; chord symbols in lead sheets alone) and divided by the notes, of
which there are as many for every model. Stretches that are too long for the model are counted in "left out". The model
runs as shipped. Intervals: 95 %, bootstrap over pieces. Models that are compared are given the same prepared music
(`--prepared`). Beside an n-gram: benchmarks/styles.py.

    python benchmarks/nats.py [--sets ../shared/data] [--model composer] [--count 60] [--styles folk hymn]
"""

from __future__ import annotations

from collections import defaultdict
from itertools import cycle, islice

import numpy as np

from firmus.evaluation import intervals, likelihood
from firmus.learning.corpus import Corpus
from firmus.learning.real_music import comparable, full_bars, is_songs_voice, stretch
from firmus.runtime import stepper
from firmus.runtime.weights import card
from firmus.score import Score
from firmus.tokens import events
from music import corpus_and_styles, options
from styles import style_of

BARS = 8


def stretches(corpus: Corpus, style: str, count: int) -> dict[str, list[Score]]:
    """So many stretches of held-out music by their pieces, the same for the same music."""
    generator = np.random.default_rng(0)
    held_out = (each for each in corpus.pieces("valid") if style_of(each.prepared) == style)
    pieces = [each for each in held_out if full_bars(each) >= BARS and not is_songs_voice(each)]
    found = defaultdict(list)
    order = generator.permutation(len(pieces)).tolist()
    for index in islice(cycle(order), count):
        prepared = pieces[index].prepared
        first = int(generator.integers(events.grid_shape(prepared)[0] - BARS + 1))
        score = comparable(style, stretch(prepared, first, first + BARS))
        if any(part.notes for part in score.parts):
            found[pieces[index].name].append(score)
    return found


def main() -> None:
    asked = options(__doc__).parse_args()
    corpus, wanted = corpus_and_styles(asked)
    runtime, longest = stepper.load(asked.model), card(asked.model).shape["length"]
    print("| style | pieces | stretches | left out | notes | nats a note | 95 % interval |\n|-|-:|-:|-:|-:|-:|-|")
    for style in wanted:
        pieces, left_out, every = [], 0, 0
        for scores in stretches(corpus, style, asked.count).values():
            facts = runtime.card.facts
            short = [each for each in scores if len(likelihood.of_score(each, style, facts).example.tokens) <= longest]
            left_out, every = left_out + len(scores) - len(short), every + len(short)
            if short:
                pieces.append(np.sum(likelihood.nats_a_note(runtime, short, style), axis=0))
        if pieces:
            sums, notes = np.transpose(pieces)
            mean, low, high = intervals.ratio(sums, notes)
            print(f"| {style} | {len(pieces)} | {every} | {left_out} | {notes.sum():,.0f} | {mean:.3f} | "
                  f"{low:.3f} to {high:.3f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
