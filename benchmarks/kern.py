"""How many Humdrum files are read, and whether music21 reads the same notes from them.

    python benchmarks/kern.py DIR DIR --count 50 --seed 1

Every ``.krn`` file under the folders is read by Firmus and timed; of each folder a random ``--count`` of files is also
read by music21. Compared is the multiset of (start, duration, pitch) in ticks of all parts as written, before repeats:
ties joined, chords opened, no grace notes.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from firmus.errors import FirmusError
from firmus.formats import kern
from firmus.formats.kern.reader import read_scores
from musicxml import Notes, joined


def by_firmus(path: Path) -> Notes:
    """Notes of all parts as written."""
    parts = [part for score in read_scores(path.read_bytes(), repeats=False) for part in score.parts]
    return Counter((note.start, note.duration, note.pitch) for part in parts for note in part.notes)


def by_music21(path: Path) -> Notes:
    """Notes of all parts as music21 has them."""
    from music21 import converter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = converter.parse(path, format="humdrum", forceSource=True)
    found: Notes = Counter()
    for part in score.parts:
        each_note: list[tuple[int, int, int, str]] = []
        for each in part.flatten().notes:
            if each.duration.isGrace:
                continue
            start, stop = round(each.offset * 480), round((each.offset + each.duration.quarterLength) * 480)
            for note in each.notes if each.isChord else (each,):
                tie = note.tie
                each_note.append((start, stop, round(note.pitch.ps), tie.type if tie else ""))
        found += joined(each_note)
    return found


def read_all(paths: list[Path]) -> None:
    """Read every file, and print how many were read, how fast, and what was wrong with the others."""
    notes, slowest, read = 0, 0.0, 0
    begin = time.perf_counter()
    for path in paths:
        began = time.perf_counter()
        try:
            notes += sum(len(part.notes) for score in kern.read(path.read_bytes()) for part in score.parts)
            read += 1
        except FirmusError as error:
            print(f"    {path.name}: {error}", flush=True)
        slowest = max(slowest, time.perf_counter() - began)
    seconds = time.perf_counter() - begin
    print(
        f"read {read} of {len(paths)} ({read / len(paths):.2%}), {notes:,} notes as played, "
        f"{len(paths) / seconds:.0f} files/s, slowest {slowest * 1000:.0f} ms",
        flush=True,
    )


def compare(paths: list[Path]) -> None:
    """Print how many files and notes are the same to music21."""
    equal = compared = common = every = 0
    for path in paths:
        try:
            theirs = by_music21(path)
        except Exception as error:  # whatever music21 stumbles over is its answer
            print(f"    {path.name}: music21 cannot read it ({' '.join(str(error).split())[:90]})", flush=True)
            continue
        ours = by_firmus(path)
        same, union = (ours & theirs).total(), (ours | theirs).total()
        compared, equal, common, every = compared + 1, equal + (same == union), common + same, every + union
        if same != union:
            first = min((ours - theirs) + (theirs - ours))
            print(f"    {path.name}: {union - same} of {union} notes differ, from tick {first[0]} on", flush=True)
    print(f"notes as written: {equal} of {compared} files equal, {common:,} of {every:,} notes", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare-only", action="store_true", help="leave out the reading test")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        paths = sorted(folder.rglob("*.krn"))
        print(f"{folder.name}:", flush=True)
        if not arguments.compare_only:
            read_all(paths)
        compare(random.Random(arguments.seed).sample(paths, min(arguments.count, len(paths))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
