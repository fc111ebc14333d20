"""Batches: how often works are called alike by mistake, how many planted copies are found, and how fast they are made.

Alike: of each set so many pieces by people, their first 16 bars, are gone through as works of a batch are. Called a
duplicate is a false alarm, or a version of one tune, which people publish too: the pairs are printed with `--pairs`.
Floor: the feature vectors of `firmus.analysis.similarity`, at the nearness that has as many false alarms.

Planted: of each set 40 pieces come back changed, beside all the others: transposed by three semitones and a third
faster; besides with one pitched note in ten, or in four, moved by one or two semitones; or their first half alone,
before the second half of another piece.

Speed: works of a style at effort quick, MIDI alone, on one process one by one and eight together, and on as many
processes as there are cores, in rounds of all four; processor time counts, for others may be at work on the machine.

    python benchmarks/batch.py alike --data DIR [--count 150]
    python benchmarks/batch.py speed [--count 16] [--rounds 3] [--style folk]
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from firmus import formats
from firmus.analysis import lines, similarity
from firmus.analysis.excerpt import excerpt
from firmus.errors import FirmusError
from firmus.learning.sources import SOURCES
from firmus.production import batches
from firmus.production.batches import making
from firmus.production.batches.duplicates import Register
from firmus.production.batches.plan import Row
from firmus.rights.baseline import wilson
from firmus.score import Score, Tempo
from firmus.tasks.batch import compose
from firmus.timing import bars
from firmus.work import Brief

SETS = ("oneills", "openhymnal", "leadsheets", "lieder", "quartets")
BARS, FEWEST, PLANTED = 16, 30, 40  # bars of a piece, notes that it has at least, pieces that come back
CHANGES = ("transposed and faster", "a note in ten moved", "a note in four moved", "the first half")


def pieces(name: str, folder: Path, count: int) -> list[tuple[str, Score]]:
    """Beginnings of so many pieces of a set, drawn."""
    documents = list(SOURCES[name].read(folder))
    found: list[tuple[str, Score]] = []
    for place in np.random.default_rng(7).permutation(len(documents)).tolist():
        if len(found) == count:
            break
        with contextlib.suppress(FirmusError):
            score = formats.read_all(documents[place].data)[0]
            cut = excerpt(score, 0, min(BARS, len(bars(score))))
            if sum(len(part.notes) for part in cut.parts if not part.is_drums) >= FEWEST:
                found.append((documents[place].name, cut))
    return found


def moved(score: Score, share: float, generator: np.random.Generator) -> Score:
    """A piece three semitones up and a third faster, a share of its notes moved by one or two semitones."""

    def pitch(old: int) -> int:
        step = int(generator.choice((-2, -1, 1, 2))) if generator.random() < share else 0
        return int(np.clip(old + 3 + step, 0, 127))

    parts = tuple(
        part
        if part.is_drums
        else replace(part, notes=tuple(sorted((replace(n, pitch=pitch(n.pitch)) for n in part.notes), key=_order)))
        for part in score.parts
    )
    tempi = tuple(Tempo(each.start, min(each.bpm * 4 / 3, 400.0)) for each in score.tempi)
    return replace(score, parts=parts, tempi=tempi, keys=(), chords=())


def halves(first: Score, second: Score) -> Score:
    """The first half of one piece, and the second half of another in as many of its parts as there are."""
    every = bars(first)
    at = every[len(every) // 2].start
    parts = []
    for place, part in enumerate(first.parts):
        later = second.parts[min(place, len(second.parts) - 1)].notes
        notes = [note for note in part.notes if note.end <= at] + [note for note in later if note.start >= at]
        parts.append(replace(part, notes=tuple(sorted(notes, key=_order))))
    return Score(tuple(parts), first.meters[:1], first.tempi[:1])


def _order(note: object) -> tuple[int, int]:
    return note.start, note.pitch  # type: ignore[attr-defined]


def alike(asked: argparse.Namespace) -> None:
    """False alarms among pieces by people, and planted copies that are found."""
    for name in asked.sets:
        found = pieces(name, asked.data, asked.count)
        register, alarms = Register(), []
        for piece, score in found:
            if other := register.like(score):
                alarms.append((piece, other))
            register.add(score, piece)
        generator = np.random.default_rng(3)
        back = found[: min(PLANTED, len(found) // 2)]
        others = [score for _, score in found[len(back) :]] or [score for _, score in found]
        changed = [[moved(score, share, generator) for _, score in back] for share in (0.0, 0.1, 0.25)] + [
            [halves(score, others[place % len(others)]) for place, (_, score) in enumerate(back)]
        ]
        recall = [sum(bool(register.like(score)) for score in each) for each in changed]
        points = np.array([similarity.point(lines.query(score)) for _, score in found])
        nearest = np.tril(points @ points.T, -1).max(axis=1)
        limit = np.sort(nearest)[-len(alarms)] if alarms else nearest.max() + 1e-6
        floor = [
            sum(float((points @ similarity.point(lines.query(score))).max()) >= limit for score in each)
            for each in changed
        ]
        share, low, high = wilson(len(alarms), len(found))
        print(f"{name}: {len(alarms)} of {len(found)} like an earlier one, {share:.1%} ({low:.1%} to {high:.1%})")
        for what, own, theirs in zip(CHANGES, recall, floor, strict=True):
            print(f"  {what}: {own} of {len(back)} found; by feature vectors (nearness {limit:.2f}) {theirs}")
        if asked.pairs:
            print("\n".join(f"    {one}  {other}" for one, other in alarms))


def speed(asked: argparse.Namespace) -> None:
    """Works an hour, one by one and together, on one process and on all."""
    together = making.TOGETHER
    kinds = [(size, at_once) for size in (1, batches.workers.count()) for at_once in (1, together)]
    slots = batches.slots([Row(Brief(style=asked.style, effort="quick", bars=16, original="strict"), asked.count)])
    spent: dict[tuple[int, int], list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for _ in range(asked.rounds):
        for size, at_once in kinds:
            making.TOGETHER = at_once  # type: ignore[misc]
            with tempfile.TemporaryDirectory() as folder:
                before, begun = _processor(), time.perf_counter()
                batches.make(slots, Path(folder) / "out", compose, seed=1, endings=["mid"], processes=size)
                spent[size, at_once].append((_processor() - before, time.perf_counter() - begun))
    for (size, at_once), each in spent.items():
        processor, wall = np.median(each, axis=0) / asked.count
        print(
            f"{size} process(es), {at_once} together: {processor:.2f} s of processor a work, {wall:.2f} s by the "
            f"clock, {3600 / wall:,.0f} works an hour"
        )


def _processor() -> float:
    """Processor time of this process and of those that it started and that have ended, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Measure one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(required=True)
    each = kinds.add_parser("alike")
    each.add_argument("--data", type=Path, required=True)
    each.add_argument("--count", type=int, default=150)
    each.add_argument("--sets", nargs="+", default=SETS)
    each.add_argument("--pairs", action="store_true")
    each.set_defaults(measure=alike)
    each = kinds.add_parser("speed")
    each.add_argument("--count", type=int, default=16)
    each.add_argument("--rounds", type=int, default=3)
    each.add_argument("--style", default="folk")
    each.set_defaults(measure=speed)
    asked = parser.parse_args()
    asked.measure(asked)


if __name__ == "__main__":
    main()
