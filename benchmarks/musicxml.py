"""Compare what Firmus and music21 read from real MusicXML files, note by note.

    python benchmarks/musicxml.py --count 50 --seed 1

Every file under ``--data`` (folders and ``.tar.xz`` archives) is read by Firmus and timed; a random ``--count``
of them, taken evenly from the sets, is also read by music21: ties joined, chords opened, sounding pitches, no
grace and cue notes. Compared are, part by part, the multiset of (start, duration, pitch) in ticks as written, and
the order in which the measures are played (music21 shortens pickups when it expands repeats, so notes are
compared before that).
"""

from __future__ import annotations

import argparse
import random
import sys
import tarfile
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firmus.errors import FirmusError
from firmus.formats import musicxml
from firmus.formats._written.repeats import order as order_of
from firmus.formats.musicxml.load import elements, unpacked
from firmus.formats.musicxml.reader import ScoreFile, read_score
from firmus.score import Score

SETS = ("openewld-pd", "openscore-lieder", "openscore-quartets")
Notes = Counter[tuple[int, int, int]]


def files(root: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of every MusicXML file in a folder and in the archives in it."""
    for path in sorted(root.rglob("*")):
        if path.suffix in musicxml.EXTENSIONS:
            yield path.name, path.read_bytes()
        elif path.name.endswith(".tar.xz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    stream = archive.extractfile(member) if member.name.endswith(musicxml.EXTENSIONS) else None
                    if stream:
                        yield Path(member.name).name, stream.read()


def read_all(found: list[tuple[str, bytes]]) -> tuple[int, list[str], float]:
    """Notes read in all, what could not be read, and the seconds it took."""
    notes, failed = 0, []
    begin = time.perf_counter()
    for name, data in found:
        try:
            notes += sum(len(part.notes) for part in musicxml.read(data)[0].parts)
        except FirmusError as error:
            failed.append(f"{name}: {error}")
    return notes, failed, time.perf_counter() - begin


def by_music21(data: bytes) -> tuple[list[Notes], list[str] | None]:
    """Notes of every part as music21 has them, and the measures in the order played (None where it cannot)."""
    from music21 import converter, repeat, spanner

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "score.musicxml"
        path.write_bytes(unpacked(data).replace(b' size="cue"', b""))  # small notes, not cue notes
        score = converter.parse(path, forceSource=True)
        written = _notes(score)
        try:
            score = (
                score.expandRepeats()
                if any(score[kind] for kind in (repeat.RepeatMark, spanner.RepeatBracket))
                else score
            )
        except Exception:  # whatever music21 stumbles over is its answer
            return written, None
        return written, [measure.measureNumberWithSuffix() for measure in score.parts[0]["Measure"]]


def _notes(score: Any) -> list[Notes]:
    """Notes of every part, ties joined by pitch: music21's own stripTies leaves ties between voices apart."""
    from music21 import harmony

    found = []
    for staves in _parts(score.toSoundingPitch(inPlace=False)):
        each_note: list[tuple[int, int, int, str]] = []
        for staff in staves:
            for each in staff.flatten().notes:
                if isinstance(each, harmony.Harmony) or each.duration.isGrace:
                    continue
                if each.hasStyleInformation and getattr(each.style, "noteSize", None) == "cue":
                    continue
                start = round(each.offset * 480)
                stop = round((each.offset + each.duration.quarterLength) * 480)
                for note in each.notes if each.isChord else (each,):
                    tie = note.tie
                    each_note.append((start, stop, round(note.pitch.ps), tie.type if tie else ""))
        found.append(joined(each_note))
    return found


def joined(each_note: list[tuple[int, int, int, str]]) -> Notes:
    """Notes (start, stop, pitch, tie) with ties joined by pitch, as (start, duration, pitch)."""
    going_on: dict[tuple[int, int], list[int]] = {}
    notes: Notes = Counter()
    for start, stop, pitch, tie in sorted(each_note):
        first = start
        if tie in ("stop", "continue"):
            begun = going_on.get((start, pitch)) or going_on.get((start - 1, pitch)) or going_on.get((start + 1, pitch))
            if begun:
                first = begun.pop()
        if tie in ("start", "continue"):
            going_on.setdefault((stop, pitch), []).append(first)
        else:
            notes[first, stop - first, pitch] += 1
    for (stop, pitch), begun in going_on.items():
        for first in begun:
            notes[first, stop - first, pitch] += 1
    return notes


def _parts(score: Any) -> list[list[Any]]:
    """Staves of every part: music21 makes a part of each staff, with one id stem for those of one part."""
    groups: dict[str, list[Any]] = {}
    for part in score.parts:
        stem = str(part.id).rpartition("-Staff")[0] or str(part.id)
        groups.setdefault(stem, []).append(part)
    return list(groups.values())


def by_firmus(score: Score) -> list[Notes]:
    return [Counter((note.start, note.duration, note.pitch) for note in part.notes) for part in score.parts]


def played_order(data: bytes) -> int:
    """How many measures are played, repeats counted."""
    file = ScoreFile()
    for part, element in elements(unpacked(data)):
        file.feed(part, element)
    return len(order_of(file.written.measures))


def agreement(ours: list[Notes], theirs: list[Notes]) -> tuple[int, int]:
    """Notes in common, and notes in either reading."""
    common = sum((a & b).total() for a, b in zip(ours, theirs, strict=False))
    every = sum((a | b).total() for a, b in zip(ours, theirs, strict=False))
    for rest in ours[len(theirs) :] + theirs[len(ours) :]:
        every += rest.total()
    return common, every


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=10**9, help="bytes; larger files only in the reading test")
    parser.add_argument("--compare-only", action="store_true", help="leave out the reading test")
    arguments = parser.parse_args()
    chosen: list[tuple[str, bytes]] = []
    sets = [name for name in SETS if (arguments.data / name).is_dir()]
    for index, name in enumerate(sets):
        found = list(files(arguments.data / name))
        if not arguments.compare_only:
            notes, failed, seconds = read_all(found)
            print(
                f"{name:20} read {len(found) - len(failed):5} of {len(found):5}  {notes:9,} notes"
                f"  {len(found) / seconds:6.1f} files/s  {seconds / max(notes, 1) * 1e5:5.2f} s per 100,000 notes",
                *(f"    {line}" for line in failed),
                sep="\n",
                flush=True,
            )
        few = [each for each in found if len(each[1]) <= arguments.largest]
        share = (arguments.count + len(sets) - 1 - index) // len(sets)
        chosen.extend(random.Random(arguments.seed).sample(few, min(share, len(few))))
    equal = common = every = same_order = with_order = refused = 0
    for name, data in sorted(chosen, key=lambda each: len(each[1])):
        try:
            theirs, order = by_music21(data)
        except Exception as error:  # whatever music21 stumbles over is its answer
            refused += 1
            print(f"    {name}: music21 cannot read it ({' '.join(str(error).split())[:90]})", flush=True)
            continue
        same, union = agreement(by_firmus(read_score(data, repeats=False)), theirs)
        equal, common, every = equal + (same == union), common + same, every + union
        if same != union:
            print(f"    {name}: {union - same} of {union} notes differ", flush=True)
        if order is None:
            print(
                f"    {name}: music21 cannot play the repeats; Firmus plays {played_order(data)} measures", flush=True
            )
            continue
        with_order += 1
        ours = played_order(data)
        same_order += ours == len(order)
        if ours != len(order):
            print(f"    {name}: Firmus plays {ours} measures, music21 {len(order)}", flush=True)
    print(f"notes as written: {equal} of {len(chosen) - refused} files equal, {common:,} of {every:,} notes")
    print(f"measures played:  {same_order} of {with_order} files equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
