"""Originality: what copies `firmus check` finds, how often it accuses people, how long it takes.

    python benchmarks/originality.py build [--data ../shared/data] [--prepared CORPUS.npz]
    python benchmarks/originality.py people [--data ../shared/data] [--prepared CORPUS.npz]
    python benchmarks/originality.py copies [--data ../shared/data] [--prepared CORPUS.npz] [--count 40]
    python benchmarks/originality.py speed [--pieces 100000]
    python benchmarks/originality.py guard [--count 40]

``build`` writes the shipped index, of the training split of all the music that the composer learnt from: hashes, bars
and titles. ``people`` measures the held-out pieces against it and writes the table by which pieces are judged; half of
them, by a hash of their names, are then judged by the other half: how many are accused of copying.

``copies`` adds to a held-out piece a line with a passage of the first line of a training piece, altered: transposed,
another tempo, ornamented, one note in ten wrong (`firmus.analysis.alterations`); or all parts of these bars, altered as
MelodySim alters music: every note split in two, chords arpeggiated, all tracks but the first dropped, other
instruments. *Listed*: the piece it was taken from is among the matches. *Accused*: the verdict is ``copies``.
Against the shipped index, and listed against an index of every n-gram of the same
pieces. Lengths count notes, repeated ones once. Intervals: 95 %, Wilson.

``speed`` searches for 500 pieces of 254 notes in as many as asked, of 300 notes each, drawn from a Markov chain.

``guard`` composes pieces in pairs, with and without the guard: processor time of one to the other, its interval by
bootstrap over pairs, how many pieces differ, and their longest runs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import groupby
from multiprocessing import Pool
from pathlib import Path
from zlib import crc32

import numpy as np

import firmus
from firmus.analysis import alterations, lines
from firmus.analysis.fingerprints import Index, Melodies
from firmus.analysis.lines import BORDER, OCTAVE, Lines, Query
from firmus.analysis.melody import skyline
from firmus.evaluation import intervals
from firmus.learning.corpus import Piece, load
from firmus.learning.titles import titles
from firmus.rights import baseline
from firmus.rights.collection import SHIPPED, TRAINING, WINDOW, Collection, Source, save, shipped
from firmus.rights.matching import Passage, shared
from firmus.rights.originality import judge, measure
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.tokens import events

LENGTHS = (12, 16, 24, 32, 48)
SILENT = ("billboard", "groove")  # sets without pitches
LONGEST = 2500  # notes of a held-out piece in which passages are planted


def score_of(piece: Piece) -> Score:
    nothing_open = np.zeros(events.grid_shape(piece.prepared), bool)
    return events.decode(events.assemble(events.bare(piece.prepared), nothing_open).tokens)


def lines_of(piece: Piece) -> Lines:
    return lines.of_score(score_of(piece))


def read(asked: argparse.Namespace, split: str) -> tuple[list[Piece], Lines]:
    """Pieces of a split and their lines, kept beside the corpus."""
    pieces = [each for each in load(asked.prepared).pieces(split) if each.set not in SILENT]
    kept = asked.prepared.with_suffix(f".{split}.lines.npz")
    if not kept.exists():
        with Pool() as pool:
            found = lines.joined(list(pool.imap(lines_of, pieces, chunksize=16)), [1] * len(pieces))
        np.savez(kept, allow_pickle=False, **{each.name: getattr(found, each.name) for each in fields(Lines)})
    with np.load(kept, allow_pickle=False) as archive:
        return pieces, Lines(**{each.name: archive[each.name] for each in fields(Lines)})


def collection(asked: argparse.Namespace, window: int) -> tuple[Collection, Lines]:
    """The training music, indexed."""
    pieces, found = read(asked, "train")
    named = titles([(piece.set, piece.name) for piece in pieces], asked.data)
    sources = [Source(*title, piece.set) for title, piece in zip(named, pieces, strict=True)]
    return Collection.of(found, sources, TRAINING, window), found


def build(asked: argparse.Namespace) -> None:
    built, _ = collection(asked, WINDOW)
    save(built, SHIPPED)
    size = sum(file.stat().st_size for file in SHIPPED.iterdir())
    print(f"{len(built.index.words):,} n-grams of {len(built.sources):,} pieces, {size / 1e6:.1f} MB")


def people(asked: argparse.Namespace) -> None:
    pieces, every = read(asked, "valid")
    rows: dict[str, list[dict[str, float]]] = {"": []}
    for number, piece in enumerate(pieces):
        melodies = Melodies.of(one(every, number))
        row = {name: round(value, 3) for name, value in measure(shared(shipped().index, melodies), melodies).items()}
        rows[""].append(row)
        rows.setdefault(piece.style, []).append(row)
    table = {
        style: {name: sorted(row[name] for row in some) for name in baseline.MEASURES} for style, some in rows.items()
    }
    (SHIPPED / "baseline.json").write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")
    head = " | ".join(f"{name}: median | 95 % | 99 %" for name in baseline.MEASURES)
    print(f"| style | pieces | {head} |\n|-|-:|{'-:|' * 9}")
    for style, measures in table.items():
        cells = [
            f"{np.quantile(measures[name], share):.3g}" for name in baseline.MEASURES for share in (0.5, 0.95, 0.99)
        ]
        print(f"| {style or 'all'} | {len(measures['run'])} | " + " | ".join(cells) + " |")
    halves = np.array([crc32(piece.name.encode()) % 2 for piece in pieces])
    some, others = (np.array([list(row.values()) for row in rows[""]])[halves == half] for half in (0, 1))
    accused = int((others > np.quantile(some, baseline.MANY, axis=0)).any(axis=1).sum())
    print("\naccused of the other half: {:.1%} ({:.1%} to {:.1%})".format(*baseline.wilson(accused, len(others))))


def one(every: Lines, number: int) -> Lines:
    """The lines of one piece."""
    return every.select(np.arange(int(every.pieces[-1]) + 1) == number)


def split(part: Part) -> Part:
    """Every note as two."""
    halves = [
        Note(start, duration, note.pitch, note.velocity)
        for note in part.notes
        for start, duration in ((note.start, note.duration // 2), (note.start + note.duration // 2, note.duration // 2))
        if duration
    ]
    return replace(part, notes=tuple(sorted(halves)))


def arpeggiated(part: Part) -> Part:
    """Notes of a chord one after another, the lowest first."""
    notes = []
    for _, chord in groupby(part.notes, key=lambda note: note.start):
        these = list(chord)
        step = min(note.duration for note in these) // len(these)
        notes += [replace(note, start=note.start + step * rank, duration=max(note.duration - step * rank, 1))
                  for rank, note in enumerate(these)]  # fmt: skip
    return replace(part, notes=tuple(sorted(notes)))


def in_parts(alter: Callable[[Part], Part]) -> Callable[[Score], Score]:
    return lambda score: replace(score, parts=tuple(alter(part) for part in score.parts if not part.is_drums))


IN_LINES: dict[str, Callable[[Query, np.random.Generator], Query]] = {
    "transposed": alterations.transposed,
    "other tempo": alterations.other_tempo,
    "ornamented": alterations.ornamented,
    "one note in ten wrong": alterations.wrong_notes,
}
IN_SCORES: dict[str, Callable[[Score], Score]] = {
    "notes split": in_parts(split),
    "chords arpeggiated": in_parts(arpeggiated),
    "tracks dropped": lambda score: replace(score, parts=score.parts[:1]),
    "other instruments": in_parts(lambda part: replace(part, program=(part.program + 41) % 128)),
}


def as_line(query: Query) -> Lines:
    """A melody as a piece of one line."""
    steps = (TICKS_PER_QUARTER * 2.0 ** (query.lengths / OCTAVE)).astype(int)
    starts = np.append(0, np.cumsum(steps))
    notes = (Note(int(start), max(int(step), 1), int(np.clip(pitch, 0, 127)))
             for start, step, pitch in zip(starts, steps, query.pitches, strict=False))  # fmt: skip
    return lines.of_score(Score((Part("", tuple(notes)),)))


def passage(melodies: Melodies, first: int, last: int, length: int, generator: np.random.Generator) -> slice | None:
    """A passage of so many notes of a line, at random."""
    notes = np.flatnonzero(melodies.pitches[first:last] != BORDER) + first
    if len(notes) < length:
        return None
    begin = int(generator.integers(notes[0], notes[-1] + 2 - length))
    return slice(begin, begin + length)


def planted(
    kind: str, piece: Piece, train: Melodies, rows: slice, whole: Lines, generator: np.random.Generator
) -> Lines:
    """What is added to a held-out piece: the passage, altered."""
    if kind in IN_LINES:
        query = Query(train.pitches[rows], train.lengths[rows])
        return as_line(IN_LINES[kind](query, generator))
    score = score_of(piece)
    melody = skyline(next(part for part in score.parts if not part.is_drums and part.notes))
    own = train.origins[rows] - int(whole.starts[train.lines[rows.start]])
    borders = int((whole.pitches[whole.starts[train.lines[rows.start]] :][:64] == BORDER).argmin())
    start, end = int(melody[own[0] - borders, 0]), int(melody[own[-1] - borders, 1])
    parts = tuple(
        replace(part, notes=tuple(replace(note, start=note.start - start) for note in part.notes
                                  if start <= note.start < end)) for part in score.parts
    )  # fmt: skip
    return lines.of_score(IN_SCORES[kind](Score(tuple(part for part in parts if part.notes))))


def copies(asked: argparse.Namespace) -> None:
    every, whole = collection(asked, 1)
    train_pieces, _ = read(asked, "train")
    valid_pieces, valid = read(asked, "valid")
    train = Melodies.of(whole)
    first_lines = np.searchsorted(whole.pieces, np.arange(len(train_pieces)))
    hosts = [number for number, piece in enumerate(valid_pieces) if piece.set != "jsb"]
    hosts = [number for number in hosts if 0 < len(one(valid, number)) < LONGEST]
    print("| notes | altered | listed, shipped | accused, shipped | listed, every n-gram |\n|-:|-|-|-|-|")
    for length in LENGTHS:
        for kind in (*IN_LINES, *IN_SCORES):
            generator = np.random.default_rng([length, crc32(kind.encode())])
            counts = np.zeros(4, int)
            while counts[3] < asked.count:
                number = int(generator.integers(len(train_pieces)))
                first, last = np.searchsorted(train.lines, first_lines[number] + np.arange(2))
                rows = passage(train, first, last, length, generator)
                host = hosts[int(generator.integers(len(hosts)))]
                if rows is None or np.any(train.pitches[rows] == BORDER):
                    continue
                added = planted(kind, train_pieces[number], train, rows, whole, generator)
                both = lines.joined([one(valid, host), added], [1, 1])
                melodies = Melodies.of(both)
                found = shared(shipped().index, melodies)
                counts += (
                    any(each.piece == number for each in found),
                    is_accused(found, melodies),
                    any(each.piece == number for each in shared(every.index, melodies)),
                    1,
                )
            cells = ["{:.2f} ({:.2f} … {:.2f})".format(*baseline.wilson(int(each), asked.count)) for each in counts[:3]]
            print(f"| {length} | {kind} | " + " | ".join(cells) + " |", flush=True)


def is_accused(found: list[Passage], melodies: Melodies) -> bool:
    """Whether the verdict would be that it copies."""
    return any(baseline.standing(*each).share > baseline.MANY for each in measure(found, melodies).items())


def speed(asked: argparse.Namespace) -> None:
    generator = np.random.default_rng(0)
    size, notes = asked.pieces, 300
    steps = np.cumsum(
        generator.choice([-4, -2, -1, 1, 2, 3, 5], (size, notes), p=[0.1, 0.2, 0.2, 0.2, 0.15, 0.1, 0.05]), 1
    )
    pitches = np.full((size, notes + 1), BORDER, np.uint8)
    pitches[:, 1:] = 30 + np.abs(steps) % 60
    lengths = generator.choice([-8, 0, 0, 8], (size, notes + 1)).astype(np.int8)
    bars = np.tile(np.arange(notes + 1) // 6, size).astype(np.uint16)
    starts = np.arange(size + 1) * (notes + 1)
    every = Lines(
        pitches.ravel(), lengths.ravel(), bars, starts, np.arange(size, dtype=np.int32), np.zeros(size, np.uint8)
    )
    began = time.monotonic()
    index = Index.of(every, Melodies.of(every), size, WINDOW)
    print(f"{size:,} pieces, {len(index.words):,} n-grams, built in {time.monotonic() - began:.0f} s")
    took, right = [], 0
    for number in generator.integers(0, size, 500).tolist():
        query = Query(pitches[number, 1:255].astype(np.int64), lengths[number, 1:255].astype(np.int64))
        melodies = Melodies.of(as_line(query))
        began = time.perf_counter()
        found = shared(index, melodies)
        took.append(1000 * (time.perf_counter() - began))
        right += bool(found) and found[0].piece == number
    print("median {:.1f} ms, 95 % {:.1f} ms, 99 % {:.1f} ms".format(*np.quantile(took, (0.5, 0.95, 0.99))), end="; ")
    print(f"the piece itself comes first in {right} of {len(took)}")


def guard(asked: argparse.Namespace) -> None:
    options = {"bars": 16, "effort": "quick", "top_p": 0.99}
    ratios, changed = [], 0
    runs: dict[str, list[int]] = {"off": [], "guard": []}
    firmus.compose(style="folk", bars=2, seed=1)
    for number in range(asked.count):
        style, took, scores = ("folk", "hymn", "piano", "quartet")[number % 4], {}, []
        for level in sorted(runs, reverse=bool(number % 8 // 4)):
            began = time.process_time()
            work = firmus.compose(style=style, seed=100 + number, original=level, **options)
            took[level] = time.process_time() - began
            scores.append([part.notes for part in work.score.parts])
            runs[level].append(judge(work.score, altered=False).run)
        ratios.append(took["guard"] / took["off"])
        changed += scores[0] != scores[1]
    mean, low, high = intervals.mean(ratios)
    print(f"{asked.count} pairs: {mean:.3f} ({low:.3f} to {high:.3f}) of the time without; {changed} pieces differ")
    for level, found in runs.items():
        print(f"{level}: longest run {np.median(found):.0f} at the median, {max(found)} at most; "
              f"{sum(run > 12 for run in found)} above 12")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("build", "people", "copies", "speed", "guard"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--prepared", type=Path, default=Path("cache/composer.npz"), help="what firmus train prepared")
    parser.add_argument("--count", type=int, default=40, help="passages of each length and kind")
    parser.add_argument("--pieces", type=int, default=100_000)
    asked = parser.parse_args()
    {"build": build, "people": people, "copies": copies, "speed": speed, "guard": guard}[asked.what](asked)


if __name__ == "__main__":
    main()
