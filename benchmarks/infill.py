"""Infilling on a fixed set of regions of held-out music: how near it comes to the original, and how fast.

Protocol: 500 regions, drawn by a seed: a style, one of its held-out pieces (split "valid" of the music the model was
trained with), a stretch of 16 bars of it, 1, 4 or 8 bars of these, and 1 to 4 of its parts in which notes begin there.
These are composed anew with the rest of the stretch given; nothing else is asked for. Compared with what stood there
(`firmus.evaluation.reconstruction`): note F1 (part, onset, pitch), distance of the onsets by place in the bar, distance
of the pitch classes. Music has many good answers, so F1 is low for people, too; what counts is to be nearer than
*copying*: each bar is the bar before the region, or that after it where the region begins the stretch. "Identical":
regions outside which every note is as it was. Seconds: one call, the model loaded; those of the processor beside them,
which are what counts on a machine that others use. Intervals: 95 %, bootstrap over pieces. The set is fixed by the seed
and the prepared music: models that are compared are given the same (`--prepared`).

    python benchmarks/infill.py [--sets ../shared/data] [--model composer] [--count 500] [--styles folk hymn]
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

import firmus
from firmus.evaluation import intervals, reconstruction
from firmus.learning.corpus import Corpus
from firmus.learning.real_music import full_bars, stretch
from firmus.score import Note, Score
from firmus.timing import bars
from firmus.tokens import events
from music import corpus_and_styles, options
from styles import style_of

BARS, SIZES, MOST_PARTS = 16, (1, 4, 8), 4
MEASURES = ("note F1", "rhythm distance", "pitch-class distance")


@dataclass(frozen=True, slots=True)
class Region:
    """Some bars (indices) of some parts of a stretch of a piece."""

    piece: str
    style: str
    score: Score
    first: int
    count: int
    parts: tuple[int, ...]

    @property
    def ticks(self) -> tuple[int, int]:
        """Where it begins and ends."""
        all_bars = bars(self.score)
        return all_bars[self.first].start, all_bars[self.first + self.count - 1].end

    def inside(self, score: Score) -> Score:
        """The notes of a score that begin in the region."""
        return replace(score, parts=tuple(self._cut(score, number, True) for number in range(len(self.score.parts))))

    def outside(self, score: Score) -> list[tuple[Note, ...]]:
        """The notes of each part that begin outside it."""
        return [self._cut(score, number, False).notes for number in range(len(self.score.parts))]

    def _cut(self, score: Score, number: int, is_inside: bool) -> firmus.Part:
        start, end = self.ticks
        part = score.parts[number]
        kept = (note for note in part.notes if (number in self.parts and start <= note.start < end) == is_inside)
        return replace(part, notes=tuple(kept))

    def infilled(self, model: str, seed: int) -> Score:
        """The stretch with the region composed anew."""
        names = [str(number + 1) for number in self.parts]
        numbers = [bar.number for bar in bars(self.score)][self.first : self.first + self.count]
        asked = f"{numbers[0]}-{numbers[-1]}"
        work = firmus.infill(self.score, bars=asked, parts=names, style=self.style, model=model, seed=seed)
        return work.score

    def copied(self) -> Score:
        """The stretch with each bar of the region as the bar before it, or as that after it."""
        all_bars, parts = bars(self.score), list(self.score.parts)
        model = all_bars[self.first - 1 if self.first else self.first + self.count]
        for number in self.parts:
            kept = list(self._cut(self.score, number, False).notes)
            pattern = [note for note in self.score.parts[number].notes if model.start <= note.start < model.end]
            for bar in all_bars[self.first : self.first + self.count]:
                moved = (replace(note, start=note.start - model.start + bar.start) for note in pattern)
                kept += [note for note in moved if note.start < bar.end]
            parts[number] = replace(parts[number], notes=tuple(kept))
        return replace(self.score, parts=tuple(parts))


def regions(corpus: Corpus, wanted: list[str], count: int, seed: int) -> Iterator[Region]:
    """So many regions of held-out pieces, the same for the same music and seed."""
    generator = np.random.default_rng(seed)
    pieces = {
        style: [each for each in corpus.pieces("valid") if style_of(each.prepared) == style and full_bars(each) >= BARS]
        for style in wanted
    }
    known = [style for style in wanted if pieces[style]]
    while count > 0 and known:
        style = known[int(generator.integers(len(known)))]
        piece = pieces[style][int(generator.integers(len(pieces[style])))]
        begin = int(generator.integers(events.grid_shape(piece.prepared)[0] - BARS + 1))
        score = stretch(piece.prepared, begin, begin + BARS)
        size = int(generator.choice(SIZES))
        first = int(generator.integers(min(BARS, len(bars(score))) - size + 1))
        region = Region(piece.name, style, score, first, size, tuple(range(len(score.parts))))
        sounding = [number for number, part in enumerate(region.inside(score).parts) if part.notes]
        if sounding:
            some = int(generator.integers(1, min(MOST_PARTS, len(sounding)) + 1))
            chosen = sorted(generator.permutation(sounding)[:some].tolist())
            yield replace(region, parts=tuple(chosen))
            count -= 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a region."""

    region: Region
    ours: dict[str, float]
    copied: dict[str, float]
    identical: bool
    seconds: tuple[float, float]


def outcome(region: Region, model: str, seed: int) -> Outcome:
    """Infill a region and compare."""
    began = time.perf_counter(), time.process_time()
    score = region.infilled(model, seed)
    seconds = time.perf_counter() - began[0], time.process_time() - began[1]
    original = region.inside(region.score)
    return Outcome(
        region,
        reconstruction.compare(region.inside(score), original),
        reconstruction.compare(region.inside(region.copied()), original),
        region.outside(score) == region.outside(region.score),
        seconds,
    )


def row(label: str, found: list[Outcome]) -> str:
    """A row of the table: copying and ours for every measure."""
    cells = [f"| {label} | {len(found)}"]
    for name in MEASURES:
        floor = np.mean([each.copied[name] for each in found])
        pieces = defaultdict(list)
        for each in found:
            pieces[each.region.piece].append(each.ours[name])
        sums, counts = ([of(values) for values in pieces.values()] for of in (sum, len))
        mean, low, high = intervals.ratio(sums, counts)
        cells.append(f"{floor:.3f} | {mean:.3f} ({low:.3f} to {high:.3f})")
    cells.append(f"{np.mean([each.identical for each in found]):.1%}")
    wall, processor = np.quantile([each.seconds for each in found], (0.5, 0.95), axis=0).T
    cells.append(f"{wall[0]:.2f}, {wall[1]:.2f} | {processor[0]:.2f}, {processor[1]:.2f} |")
    return " | ".join(cells)


def main() -> None:
    parser = options(__doc__)
    parser.set_defaults(count=500)
    parser.add_argument("--seed", type=int, default=1, help="of the regions")
    asked = parser.parse_args()
    corpus, wanted = corpus_and_styles(asked)
    firmus.compose(style=wanted[0], bars=1, model=asked.model, seed=0)  # loads the model
    chosen = enumerate(regions(corpus, wanted, asked.count, asked.seed))
    found = [outcome(region, asked.model, seed) for seed, region in chosen]
    heads = " | ".join(f"{name}, copying | ours" for name in MEASURES)
    print(f"| regions | count | {heads} | identical | p50, p95, s | of the processor |\n|-|-:|-:|-|-:|-|-:|-|-:|-|-|")
    print(row("all", found))
    for size in SIZES:
        if some := [each for each in found if each.region.count == size]:
            print(row(f"bars: {size}", some))
    for style in wanted:
        if some := [each for each in found if each.region.style == style]:
            print(row(style, some))


if __name__ == "__main__":
    main()
