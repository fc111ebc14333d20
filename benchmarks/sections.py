"""Sections that are heard, against repeat signs that were written.

Protocol: lead sheets and songs whose repeat signs, endings and jumps are played, so that written measures come more
than once; pieces of which bars were put together while reading (halves beside a repeat sign) are left out. Costs of
`firmus.analysis.form` were chosen on the lead sheets and on one song in nine (`--tuned`); by default other songs are
measured. Beside it sections of eight bars, four in short pieces, named by likeness: what was there before.

returning  of the bars in which a written measure is played again, the share that stands as far from the beginning of
           its section as that measure did in a section with the same letter
like       of the bars that stand in a section that came before, the share that is like one there (half of the notes)
jumps      share of the places where playing jumps that begin a section
bars       mean length of a section

    python benchmarks/sections.py [--data ../shared/data] [--pieces 60] [--tuned]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from firmus.analysis import form
from firmus.errors import FirmusError
from firmus.evaluation import intervals
from firmus.formats._written.measures import WrittenScore
from firmus.formats.musicxml import reader as musicxml
from firmus.learning import sources
from firmus.score import Score
from firmus.timing import bar_at, bars

Stretches = list[tuple[int, int, str]]
LONGEST = 600  # bars
TUNED = 9  # one song in so many was tuned on


class Kept(musicxml.Assembly):
    """Remembers in which order measures were played."""

    played: list[int]

    def __init__(self, written: WrittenScore, played: Sequence[int]) -> None:
        super().__init__(written, played)
        Kept.played = list(played)


def pieces(data: Path, tuned: bool) -> Iterator[tuple[Score, list[int]]]:
    """Scores with repeats, and which written measure each of their bars is."""
    musicxml.Assembly = Kept
    for name in ("leadsheets", "lieder") if tuned else ("lieder",):
        for number, document in enumerate(sources.source(name).read(data)):
            if not document.name.endswith((".mxl", ".musicxml")):
                continue
            if name == "lieder" and (number % TUNED == 0) != tuned:
                continue
            try:
                score = musicxml.read_score(document.data)
            except FirmusError:
                continue
            played = list(Kept.played)
            if len(set(played)) < len(played) == len(bars(score)) < LONGEST:
                yield score, played


def heard(score: Score) -> Stretches:
    """Sections as `firmus.analysis.form` hears them."""
    every, found = bars(score), form.sections(score)
    starts = [bar_at(every, each.start) for each in found]
    return list(zip(starts, [*starts[1:], len(every)], [each.label for each in found], strict=True))


def even(score: Score) -> Stretches:
    """Sections of eight bars, four in short pieces."""
    content = form.notes_of_bars(score)
    first = 1 if score.pickup else 0
    size = 8 if len(content) - first >= form.SHORT else 4
    found: Stretches = []
    for start in range(first, len(content) - size // 2 + 1, size):
        own = content[start : start + size]
        marks = [(form.likeness(own, content[one:other]), label) for one, other, label in found]
        best, label = max(marks, default=(0.0, ""))
        found.append((start, min(start + size, len(content)), label if best >= 0.5 else str(len(found))))
    return found


def measure(stretches: Stretches, alike: np.ndarray, played: list[int]) -> list[float]:
    """The columns of a piece."""
    first: dict[int, int] = {}
    for bar, written in enumerate(played):
        first.setdefault(written, bar)
    before: dict[str, list[tuple[int, int]]] = {}
    repeats: dict[int, list[int]] = {}
    for start, end, label in stretches:
        for one, other in before.get(label, []):
            for place in range(min(end - start, other - one)):
                repeats.setdefault(start + place, []).append(one + place)
        before.setdefault(label, []).append((start, end))
    again = [bar for bar, written in enumerate(played) if first[written] < bar]
    jumps = [bar for bar in range(1, len(played)) if played[bar] != played[bar - 1] + 1]
    starts = {start for start, _, _ in stretches}
    return [
        float(np.mean([any(played[one] == played[bar] for one in repeats.get(bar, [])) for bar in again])),
        float(np.mean([max(alike[bar, one] for one in ones) >= 0.5 for bar, ones in repeats.items()] or [np.nan])),
        float(np.mean([bar in starts for bar in jumps])),
        len(played) / max(len(stretches), 1),
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--pieces", type=int, default=60)
    options.add_argument("--tuned", action="store_true", help="the pieces on which the costs were chosen")
    asked = options.parse_args()
    rows: dict[str, list[list[float]]] = {"form.sections": [], "eight bars": []}
    for number, (score, played) in enumerate(pieces(asked.data, asked.tuned)):
        if number == asked.pieces:
            break
        alike = form.similarity(score)
        for name, stretches in (("form.sections", heard(score)), ("eight bars", even(score))):
            rows[name].append(measure(stretches, alike, played))
    print(f"| {len(rows['eight bars'])} pieces | returning | like | jumps | bars |\n|-|-|-|-|-|")
    for name, found in rows.items():
        columns = [intervals.mean(column) for column in zip(*found, strict=True)]
        shown = [f"{middle:.3f} ({low:.3f} to {high:.3f})" for middle, low, high in columns]
        print(f"| {name} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()
