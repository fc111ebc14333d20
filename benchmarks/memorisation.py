"""Memorisation: how often a model goes on note for note with a training piece of which it is given the first bars.

Protocol: of each model that composes token by token, so many training pieces of its own sets and styles, and as many
held-out ones as there are, drawn with one seed; the first `GIVEN` bars are given, the next `ASKED` are composed,
without guard, critic or returns, at one temperature. Counted is the longest run of composed notes (intervals and
rhythm, repeated notes once) that stands in these bars of the piece itself; *verbatim*: 12 notes or more. What is held
out is the control: a model goes on with it, too, where music repeats itself. Intervals: 95 %, Wilson. With ``--write``
the figures go into the model's card.

    python benchmarks/memorisation.py [--prepared CORPUS.npz] [--models composer,recurrent] [--pieces 500] [--write]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from firmus.analysis import lines
from firmus.composing.rules import rules_of_parts
from firmus.learning.corpus import Piece, load
from firmus.rights.baseline import wilson
from firmus.rights.collection import Collection, Source
from firmus.rights.originality import judge
from firmus.runtime import stepper
from firmus.runtime.constraints import Rules
from firmus.runtime.infilling import fill_all
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.runtime.weights import Card, cards
from firmus.score import Score
from firmus.timing import bars
from firmus.tokens import events

GIVEN, ASKED = 4, 4  # bars
VERBATIM = 12  # notes
MOST_PARTS = 8
WHAT = "training pieces, and held-out ones, that are continued verbatim (12 notes or more) from their first four bars"
SILENT = ("billboard", "groove")  # sets without pitches
SPLITS = {"train": "training", "valid": "held out"}


def drawn(pieces: list[Piece], card: Card, count: int) -> Iterator[tuple[Score, Score, str]]:
    """Whole pieces, their first bars, and their styles, in random order."""
    sets = {each["name"] for each in card.facts["data"]} - set(SILENT)
    for number in np.random.default_rng(0).permutation(len(pieces)).tolist():
        piece = pieces[number]
        shape = events.grid_shape(piece.prepared)
        if piece.set not in sets or piece.style not in card.styles:
            continue
        if shape[0] < GIVEN + ASKED or shape[1] - 1 > MOST_PARTS:
            continue
        nothing_open = np.zeros(shape, bool)
        whole = events.decode(events.assemble(events.bare(piece.prepared), nothing_open, 0, GIVEN + ASKED).tokens)
        start = bars(whole)[GIVEN].start
        if sum(note.start >= start for part in whole.parts if not part.is_drums for note in part.notes) < VERBATIM:
            continue
        kept = (replace(part, notes=tuple(note for note in part.notes if note.start < start)) for part in whole.parts)
        yield whole, replace(whole, parts=tuple(kept), chords=()), piece.style
        count -= 1
        if not count:
            return


def request(given: Score, style: str, sampling: Sampling) -> Request:
    """The bars after the given ones."""
    is_open = np.zeros(events.grid_shape(events.prepare(given)), bool)
    is_open[GIVEN : GIVEN + ASKED, 1:] = True
    return Request(given, is_open, style, Rules(rules_of_parts(given, {})), sampling)


def longest(score: Score, whole: Score) -> int:
    """The longest run of composed notes that stands in the same bars of the piece."""
    start = bars(whole)[GIVEN].start
    composed, own = (
        replace(
            each,
            parts=tuple(replace(part, notes=tuple(n for n in part.notes if n.start >= start)) for part in each.parts),
        )
        for each in (score, whole)
    )
    collection = Collection.of(lines.of_score(own), [Source("", "", "")], "itself")
    return judge(composed, collection, altered=False).run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, default=Path("cache/composer.npz"), help="what firmus train prepared")
    parser.add_argument("--models", default="composer,recurrent")
    parser.add_argument("--pieces", type=int, default=500)
    parser.add_argument("--temperature", type=float, default=0.9)
    parser.add_argument("--write", action="store_true", help="write the figure into the cards")
    asked = parser.parse_args()
    corpus = load(asked.prepared)
    print("| model | pieces | of | verbatim, 12 notes or more | 95 % interval | longest run: median | 95 % | most |")
    print("|-|-|-:|-:|-|-:|-:|-:|")
    for name in asked.models.split(","):
        card = cards()[name]
        found = []
        for split, title in SPLITS.items():
            chosen = list(drawn(corpus.pieces(split), card, asked.pieces))
            jobs = ((request(given, style, Sampling(asked.temperature, 1.0)), np.random.default_rng(number))
                    for number, (_, given, style) in enumerate(chosen))  # fmt: skip
            runs = [longest(filled.score, chosen[number][0]) for number, filled in fill_all(stepper.load(name), jobs)]
            share, low, high = wilson(sum(run >= VERBATIM for run in runs), len(runs))
            found.append(f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f})")
            shares = f"{share:.1%} | {low:.1%} to {high:.1%}"
            lengths = f"{np.median(runs):.0f} | {np.quantile(runs, 0.95):.0f} | {max(runs)}"
            print(f"| {name} | {title} | {len(runs)} | {shares} | {lengths} |", flush=True)
        if asked.write:
            write(card, ", ".join(found))


def write(card: Card, found: str) -> None:
    """Put the figures of a model into its card."""
    path = card.folder / "card.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    figures = [each for each in document.get("figures", []) if each["what"] != WHAT]
    command = f"python benchmarks/memorisation.py --models {card.name}"
    document["figures"] = [*figures, {"what": WHAT, "found": found, "command": command}]
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
