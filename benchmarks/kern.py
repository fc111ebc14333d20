"""How many Humdrum files are read, and whether Verovio or music21 reads the same notes from them.

    python benchmarks/kern.py DIR DIR --count 50 --seed 1

Every ``.krn`` file under the folders is read by Firmus and timed; of each folder a random ``--count`` of files is also
read by Verovio (in a process of its own, which may crash or take more than a minute) and, where that differs, by
music21. Compared is the multiset of (start, duration, pitch) in ticks of all parts as written, before repeats: ties
joined, chords opened, no grace notes. Verovio gets the file without grace notes and arpeggios, which move its times.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from firmus.errors import FirmusError
from firmus.formats import kern
from firmus.formats.kern.reader import read_scores
from musicxml import Notes, joined

MEI = "{http://www.music-encoding.org/ns/mei}"
ID = "{http://www.w3.org/XML/1998/namespace}id"
SECONDS = 60  # that Verovio may take


def by_firmus(path: Path) -> Notes:
    """Notes of all parts as written."""
    parts = [part for score in read_scores(path.read_bytes(), repeats=False) for part in score.parts]
    return Counter((note.start, note.duration, note.pitch) for part in parts for note in part.notes)


def by_verovio(path: Path) -> Notes:
    """Notes of all parts as Verovio has them."""
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = pool.submit(_by_verovio, path.read_text())
        try:
            return asked.result(timeout=SECONDS)
        except TimeoutError:
            for process in multiprocessing.active_children():
                process.kill()
            raise


def _by_verovio(text: str) -> Notes:
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"breaks": "none", "expandNever": True})
    lines = map(_plain, text.split("\n"))
    toolkit.loadData("\n".join(line for line in lines if line.strip(".\t")))  # lines without notes confuse it
    music = ElementTree.fromstring(toolkit.getMEI())
    following = {tie.get("startid", "")[1:]: tie.get("endid", "")[1:] for tie in music.iter(f"{MEI}tie")}
    tied = set(following.values())
    begins: dict[str, float] = {}
    ends: dict[str, float] = {}
    for event in toolkit.renderToTimemap():
        begins.update(dict.fromkeys(event.get("on", ()), event["qstamp"]))
        ends.update(dict.fromkeys(event.get("off", ()), event["qstamp"]))
    notes: Notes = Counter()
    for note in music.iter(f"{MEI}note"):
        name = note.get(ID, "")
        if name in tied or name not in begins:
            continue
        last = name
        while last in following:
            last = following.pop(last)
        start, stop = round(begins[name] * 480), round(ends.get(last, begins[name]) * 480)
        notes[start, stop - start, toolkit.getMIDIValuesForElement(name)["pitch"]] += 1
    return notes


def _plain(line: str) -> str:
    """A line without grace notes and arpeggios."""
    if line[:1] in ("!", "*", "=", ""):
        return line
    return "\t".join("." if "q" in token or "Q" in token else token.replace(":", "") for token in line.split("\t"))


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
    """Print how many files and notes are the same to Verovio, and where it differs to music21."""
    by_reader: Counter[str] = Counter()
    common = every = 0
    for path in paths:
        ours, best, union = by_firmus(path), -1, 0
        for reader, read in (("Verovio", by_verovio), ("music21", by_music21)):
            try:
                theirs = read(path)
            except Exception as error:  # whatever they stumble over is their answer
                print(f"    {path.name}: {reader} cannot read it ({type(error).__name__})", flush=True)
                continue
            same, either = (ours & theirs).total(), (ours | theirs).total()
            if best < 0 or same * union > best * either:
                best, union = same, either
            if same == either:
                by_reader[reader] += 1
                break
            first = min((ours - theirs) + (theirs - ours))
            print(f"    {path.name}: {reader} differs in {either - same} of {either} notes, first {first}", flush=True)
        common, every = common + max(best, 0), every + union
    print(f"notes as written: {dict(by_reader)} of {len(paths)} files equal, {common:,} of {every:,} notes", flush=True)


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
