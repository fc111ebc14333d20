"""Originality: what copies `firmus check` finds, how often it accuses people, how long it takes.

    python benchmarks/originality.py build [--data ../shared/data] [--prepared CORPUS.npz] [--modulus 4]
    python benchmarks/originality.py people [--data ../shared/data] [--prepared CORPUS.npz] [--modulus 4]
    python benchmarks/originality.py copies [--data ../shared/data] [--prepared CORPUS.npz] [--count 40] [--modulus 4]
    python benchmarks/originality.py bound [--data ../shared/data] [--prepared CORPUS.npz] [--modulus 4]
    python benchmarks/originality.py speed [--pieces 100000] [--prepared CORPUS.npz] [--modulus 4]
    python benchmarks/originality.py guard [--count 40]

``build`` writes the shipped index, of the training split of all the music that the composer learnt from. Modulo 12 it
would hold whole melodies but their octaves; modulo 4, as shipped, they cannot be read off.

``people`` measures the held-out pieces against the training music and writes the table by which pieces are judged;
modulo 12, by which those are judged that are compared with a folder. Half of them, by a hash of their names, are then
judged by the other half: how many are accused of copying. Versions of a training piece, of which a part has a third of
its notes in common with it, are counted apart.

``copies`` adds to a held-out piece a line with a passage of the first line of a training piece, altered: transposed,
another tempo, ornamented, one note in ten wrong (`firmus.analysis.alterations`); or all parts of these bars, altered as
MelodySim alters music: every note split in two, chords arpeggiated, all tracks but the first dropped, other
instruments. *Found*: of the passages in the added notes, that which tells most is of the piece it was taken from, or as
telling as one of it. *Called*: the verdict is ``copies``, where it was not so before. Last comes the curve: how many
are called at each limit, and how many people. Lengths count notes, repeated ones once. Intervals: 95 %, Wilson.

``bound`` says how many bits passages of so many notes tell, and how many of them are more than the search for the best
of all pairs of notes takes: no search finds the others.

``speed`` searches for 500 pieces of 254 notes in as many as asked, of 300 notes each: stretches of the training music
in which one note in ten is altered. Times are of the processor.

``guard`` composes pieces in pairs, with and without the guard: processor time of one to the other, its interval by
bootstrap over pairs, how many pieces differ, and their longest runs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import groupby, product
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

import firmus
from firmus.analysis import alterations, lines
from firmus.analysis.lines import BORDER, OCTAVE, Lines, Query
from firmus.analysis.melodies import Melodies, Symbols
from firmus.analysis.melody import skyline
from firmus.analysis.melody_index import MelodyIndex
from firmus.analysis.seeds import Seeds
from firmus.analysis.surprise import Surprise
from firmus.evaluation import intervals
from firmus.learning.corpus import Piece, load
from firmus.learning.titles import titles
from firmus.rights import baseline
from firmus.rights.collection import KEPT, SHIPPED, TRAINING, Collection, Source, save
from firmus.rights.matching import Passage, shared
from firmus.rights.originality import COPIES, TELLING, VERSION, judge, measure, verdict
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.tokens import events

LENGTHS = (12, 16, 24, 32)
HOSTS = 120  # held-out pieces to which passages are added
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


def collection(asked: argparse.Namespace, modulus: int) -> tuple[Collection, Lines]:
    """The training music, indexed."""
    pieces, found = read(asked, "train")
    named = titles([(piece.set, piece.name) for piece in pieces], asked.data)
    sources = [Source(*title, piece.set, piece.licence) for title, piece in zip(named, pieces, strict=True)]
    usual = Surprise.of(Symbols.of(Melodies.of(found), modulus))
    return Collection.of(found, sources, TRAINING, modulus, usual), found


def build(asked: argparse.Namespace) -> None:
    built, found = collection(asked, asked.modulus)
    save(built, SHIPPED)
    usual = Surprise.of(Symbols.of(Melodies.of(found)))
    np.savez_compressed(SHIPPED / "usual.npz", steps=usual.steps, ratios=usual.rhythms)
    size = sum(file.stat().st_size for file in SHIPPED.iterdir())
    print(f"{built.index.symbols.notes:,} notes of {len(built.sources):,} pieces, {size / 1e6:.1f} MB")


def people(asked: argparse.Namespace) -> None:
    pieces, every = read(asked, "valid")
    index = collection(asked, asked.modulus)[0].index
    rows = []
    for number in range(len(pieces)):
        melodies = Melodies.of(one(every, number))
        rows.append(measure(telling(index, melodies), melodies))
    file = SHIPPED / "baseline.json"
    found = borrowed(asked.modulus, pieces, rows)
    tables = {**json.loads(file.read_text(encoding="utf-8")), str(asked.modulus): found}
    file.write_text(json.dumps(tables, separators=(",", ":")) + "\n", encoding="utf-8")


def telling(index: MelodyIndex, melodies: Melodies) -> list[Passage]:
    found = shared(index, Symbols.of(melodies, index.symbols.modulus))
    return [each for each in found if each.bits >= TELLING]


def borrowed(modulus: int, pieces: list[Piece], rows: list[dict[str, float]]) -> dict[str, dict[str, list[float]]]:
    """Print and return what people borrow, by style."""
    kept = [(piece, row) for piece, row in zip(pieces, rows, strict=True) if row["coverage"] < VERSION]
    print(f"\nModulo {modulus}: {len(rows)} held-out pieces, {len(rows) - len(kept)} of them versions\n")
    table: dict[str, dict[str, list[float]]] = {}
    for style in ("", *sorted({piece.style for piece in pieces})):
        some = [row for piece, row in kept if style in ("", piece.style)]
        table[style] = {name: sorted(round(row[name], 3) for row in some) for name in baseline.MEASURES}
    head = " | ".join(f"{name}: median | 95 % | 99 %" for name in baseline.MEASURES)
    print(f"| style | pieces | {head} |\n|-|-:|{'-:|' * 9}")
    for style, measures in table.items():
        if measures["run"]:
            cells = [f"{np.quantile(measures[name], share):.3g}" for name in measures for share in (0.5, 0.95, 0.99)]
            print(f"| {style or 'all'} | {len(measures['run'])} | " + " | ".join(cells) + " |")
    halves = np.array([crc32(piece.name.encode()) % 2 for piece, _ in kept])
    bits = np.array([row["bits"] for _, row in kept])
    limit = np.quantile(bits[halves == 0], baseline.MANY)
    accused = int((bits[halves == 1] > limit).sum())
    said = "{:.1%} ({:.1%} to {:.1%})".format(*baseline.wilson(accused, int((halves == 1).sum())))
    print(f"\naccused of the other half, above {limit:.1f} bits: {said}", flush=True)
    return table


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


class Planting(NamedTuple):
    """A held-out piece to which a passage was added: of so many notes, altered so, of a training piece."""

    length: int
    kind: str
    piece: int
    melodies: Melodies
    begin: int  # first of the added notes


def plantings(asked: argparse.Namespace, every: Collection, whole: Lines) -> Iterator[Planting]:
    pieces, _ = read(asked, "train")
    train = Melodies.of(whole)
    first_lines = np.searchsorted(whole.pieces, np.arange(len(pieces)))
    chosen = hosts(asked, every)
    for length, kind in product(LENGTHS, (*IN_LINES, *IN_SCORES)):
        generator = np.random.default_rng([length, crc32(kind.encode())])
        done = 0
        while done < asked.count:
            number = int(generator.integers(len(pieces)))
            first, last = np.searchsorted(train.lines, first_lines[number] + np.arange(2))
            rows = passage(train, first, last, length, generator)
            host = chosen[int(generator.integers(len(chosen)))]
            if rows is None or np.any(train.pitches[rows] == BORDER):
                continue
            added = planted(kind, pieces[number], train, rows, whole, generator)
            both = Melodies.of(lines.joined([host, added], [1, 1]))
            done += 1
            yield Planting(length, kind, number, both, int(np.searchsorted(both.origins, len(host))))


def hosts(asked: argparse.Namespace, every: Collection) -> list[Lines]:
    """Held-out pieces that are not called copies."""
    pieces, valid = read(asked, "valid")
    numbers = np.random.default_rng(0).permutation([n for n, piece in enumerate(pieces) if piece.set != "jsb"])
    found = [one(valid, int(number)) for number in numbers[:HOSTS]]
    found = [each for each in found if 0 < len(each) < LONGEST]
    return [each for each in found if not is_copy(every, Melodies.of(each))]


def copies(asked: argparse.Namespace) -> None:
    every, whole = collection(asked, asked.modulus)
    found: dict[int, list[float]] = {length: [] for length in LENGTHS}
    print("| notes | altered | found | called | bits, median |\n|-:|-|-|-|-:|")
    for (length, kind), some in groupby(plantings(asked, every, whole), key=lambda each: each[:2]):
        counts, bits = np.zeros(2, int), []
        for each in some:
            passages = shared(every.index, Symbols.of(each.melodies, asked.modulus))
            added = [passage for passage in passages if passage.last >= each.begin]
            right = [passage.bits for passage in added if passage.piece == each.piece]
            bits.append(right[0] if right else 0.0)
            counts += bool(right) and right[0] >= added[0].bits - 0.5, is_copy(every, each.melodies, passages)
        found[length] += bits
        cells = ["{:.2f} ({:.2f} … {:.2f})".format(*baseline.wilson(int(each), asked.count)) for each in counts]
        print(f"| {length} | {kind} | " + " | ".join(cells) + f" | {np.median(bits):.1f} |", flush=True)
    print(
        "\n| bits | people above | " + " | ".join(f"{length} notes" for length in LENGTHS) + " |\n|-:|-:|-:|-:|-:|-:|"
    )
    borrowing = np.array(baseline.table(asked.modulus)[""]["bits"])
    for limit in (0, 10, 20, 30, 40, 60, 80, 100):
        shares = " | ".join(f"{np.mean(np.array(bits) > limit):.2f}" for bits in found.values())
        print(f"| {limit} | {np.mean(borrowing > limit):.3f} | {shares} |")


def is_copy(every: Collection, melodies: Melodies, passages: list[Passage] | None = None) -> bool:
    found = telling(every.index, melodies) if passages is None else [each for each in passages if each.bits >= TELLING]
    return verdict(measure(found, melodies), every.index.symbols.modulus) == COPIES


def bound(asked: argparse.Namespace) -> None:
    every, _ = collection(asked, asked.modulus)
    symbols = every.index.symbols
    steps, rhythms = every.index.surprise(symbols)
    told = np.cumsum(steps + rhythms, dtype=np.float64)
    chance = np.log2(symbols.notes) + np.log2(254)
    generator = np.random.default_rng(0)
    print(f"the best of {symbols.notes:,} times 254 pairs of notes: {chance:.1f} bits by chance")
    for length in LENGTHS:
        begins = generator.integers(0, len(symbols) - length, 20_000)
        inside = np.array([(symbols.pitches[begin : begin + length] != BORDER).all() for begin in begins])
        bits = told[begins[inside] + length - 1] - told[begins[inside]]
        low, middle = np.quantile(bits, (0.1, 0.5))
        print(
            f"{length} notes tell {middle:.1f} bits at the median, {low:.1f} at 10 %; {np.mean(bits > chance):.1%} more"
        )


def speed(asked: argparse.Namespace) -> None:
    generator = np.random.default_rng(0)
    _, found = read(asked, "train")
    train, size, notes = Melodies.of(found), asked.pieces, 300
    begins = generator.integers(0, len(train) - notes, size)
    rows = (begins[:, None] + np.arange(notes)).ravel()
    pitches = varied(train.pitches[rows], generator)
    pitches[::notes] = BORDER
    usual = Surprise.of(Symbols.of(train, asked.modulus))
    began = time.monotonic()
    melodies = Melodies(pitches, train.lengths[rows], train.bars[rows], np.repeat(np.arange(size), notes), rows)
    symbols = Symbols.of(melodies, asked.modulus)
    index = MelodyIndex(symbols, np.arange(size + 1) * notes, Seeds.of(symbols), usual)
    print(f"{size:,} pieces, {symbols.notes:,} notes, indexed in {time.monotonic() - began:.0f} s")
    took, right = [], 0
    for number in generator.integers(0, size, 500).tolist():
        own = slice(number * notes, number * notes + 255)
        query = Melodies(varied(pitches[own], generator), melodies.lengths[own], melodies.bars[own],
                         melodies.lines[own], rows[own])  # fmt: skip
        began = time.process_time()
        passages = shared(index, Symbols.of(query, asked.modulus))
        took.append(1000 * (time.process_time() - began))
        right += any(each.piece == number for each in passages)
    print("median {:.1f} ms, 95 % {:.1f} ms, 99 % {:.1f} ms".format(*np.quantile(took, (0.5, 0.95, 0.99))), end="; ")
    print(f"the piece itself is found in {right} of {len(took)}")


def varied(pitches: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One note in ten altered."""
    altered = (generator.random(len(pitches)) < 0.1) & (pitches != BORDER)
    return np.where(altered, np.clip(pitches + generator.choice([-3, -2, -1, 1, 2, 3], len(pitches)), 0, 127), pitches)


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
    parser.add_argument("what", choices=("build", "people", "copies", "bound", "speed", "guard"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--prepared", type=Path, default=Path("cache/composer.npz"), help="what firmus train prepared")
    parser.add_argument("--count", type=int, default=40, help="passages of each length and kind")
    parser.add_argument("--pieces", type=int, default=100_000)
    parser.add_argument("--modulus", type=int, default=KEPT, help="semitones modulo which steps are kept")
    asked = parser.parse_args()
    commands = {"build": build, "people": people, "copies": copies, "bound": bound, "speed": speed, "guard": guard}
    commands[asked.what](asked)


if __name__ == "__main__":
    main()
