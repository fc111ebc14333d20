"""Chords of lead sheets, found without their symbols, beside music21 and the commonest chord.

Protocol: lead sheets of OpenEWLD whose chord symbols are what the editors wrote. The symbols are taken out and asked
for again at each quarter note; reported are shares of quarter notes that have a symbol, with 95 % bootstrap intervals
over pieces, of the root alone and of root and kind of triad. Each sheet is heard twice:

melody          the melody alone: then chords are guessed, not heard
played          the melody over a left hand that plays the symbols: root below, close position above, struck at each
                change (even sheets) or broken in eighths (odd sheets); sevenths and sixths are played as written

    python benchmarks/leadsheets.py [--data ../shared/data] [--pieces 160] [--no-music21]
"""

from __future__ import annotations

import argparse
import tarfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from firmus import pitch
from firmus.analysis import chords
from firmus.errors import FirmusError
from firmus.evaluation import intervals
from firmus.formats.musicxml.reader import read_score
from firmus.interchange import to_music21
from firmus.score import Chord, Note, Part, Score

KINDS = (("", {4, 7}), ("m", {3, 7}), ("dim", {3, 6}), ("aug", {4, 8}))  # by what they hold; others are "sus"
THEIRS = {"major": "", "minor": "m", "diminished": "dim", "augmented": "aug"}
LOWEST = 36  # of the left hand, C2
EIGHTH = 240


def sheets(data: Path) -> Iterator[Score]:
    """Lead sheets that have chord symbols, without repeats."""
    with tarfile.open(data / "openewld-pd" / "openewld-pd-mxl.tar.xz") as archive:
        for each in archive:
            if each.name.endswith(".mxl"):
                try:
                    score = read_score(archive.extractfile(each).read(), repeats=False)  # type: ignore[union-attr]
                except FirmusError:
                    continue
                if score.chords and any(part.notes for part in score.parts):
                    yield score


def triad(chord: Chord | None) -> tuple[int, str]:
    """Root and kind of triad; (-1, "") of no chord."""
    if chord is None or chord.root == pitch.NO_CHORD:
        return -1, ""
    tones = set(pitch.QUALITIES[chord.quality])
    return pitch.pitch_class(chord.root), next((kind for kind, held in KINDS if held <= tones), "sus")


def at(symbols: tuple[Chord, ...], quarter: int) -> tuple[int, str]:
    """What holds at a quarter note."""
    before = [each for each in symbols if each.start <= 480 * quarter]
    return triad(before[-1] if before else None)


def played(score: Score, broken: bool) -> Score:
    """The melody over a left hand that plays the symbols."""
    hand: list[Note] = []
    ends = [*(each.start for each in score.chords[1:]), score.end]
    for chord, end in zip(score.chords, ends, strict=True):
        if chord.root == pitch.NO_CHORD or end <= chord.start:
            continue
        root = pitch.pitch_class(chord.root)
        tones = [LOWEST + root, *(LOWEST + 12 + (root + tone) % 12 for tone in pitch.QUALITIES[chord.quality])]
        if not broken:
            hand += [Note(chord.start, end - chord.start, tone, 60) for tone in sorted(set(tones))]
            continue
        for place, start in enumerate(range(chord.start, end, EIGHTH)):
            hand.append(Note(start, min(EIGHTH, end - start), tones[place % len(tones)], 60))
    hand.sort(key=lambda note: (note.start, note.pitch))
    return replace(score, parts=(*score.parts, Part("Left hand", tuple(hand))), chords=())


def theirs(score: Score, quarters: list[int]) -> list[tuple[int, str]]:
    """What music21 says: root and quality of what `chordify` makes of each quarter note."""
    verticals = list(to_music21(score).chordify().flatten().getElementsByClass("Chord"))
    offsets = np.array([float(each.offset) for each in verticals])
    found = []
    for quarter in quarters:
        place = int(np.searchsorted(offsets, quarter + 1e-6, side="right")) - 1
        try:
            chord = verticals[place]
            found.append((chord.root().pitchClass, THEIRS.get(chord.quality, "?")) if place >= 0 else (-1, ""))
        except Exception:
            found.append((-1, ""))
    return found


def own(score: Score, quarters: list[int]) -> list[tuple[int, str]]:
    """What Firmus says."""
    symbols = chords.recognise(score)
    return [at(symbols, each) for each in quarters]


WHO = (("Firmus", own), ("music21", theirs))


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--pieces", type=int, default=160)
    options.add_argument("--no-music21", action="store_true")
    asked = options.parse_args()
    rows: dict[str, list[tuple[float, float]]] = {}
    seconds: Counter[str] = Counter()

    def count(label: str, found: list[tuple[int, str]], truth: list[tuple[int, str]], began: float) -> None:
        seconds[label] += time.perf_counter() - began
        roots = np.mean([one[0] == other[0] for one, other in zip(found, truth, strict=True)])
        rows.setdefault(label, []).append(
            (float(roots), float(np.mean([a == b for a, b in zip(found, truth, strict=True)])))
        )

    for number, sheet in enumerate(sheets(asked.data)):
        if number == asked.pieces:
            break
        truths = [(quarter, at(sheet.chords, quarter)) for quarter in range(-(-sheet.end // 480))]
        truths = [(quarter, chord) for quarter, chord in truths if chord[0] >= 0]
        quarters, truth = [each[0] for each in truths], [each[1] for each in truths]
        if not truths:
            continue
        count("commonest chord", [Counter(truth).most_common(1)[0][0]] * len(truth), truth, time.perf_counter())
        for label, heard in {
            "melody": replace(sheet, chords=()), "played": played(sheet, broken=number % 2 == 1)
        }.items():  # fmt: skip
            for who, say in WHO[:1] if asked.no_music21 else WHO:
                began = time.perf_counter()
                count(f"{label} | {who}", say(heard, quarters), truth, began)
    print("| heard | who | sheets | root | root and triad | seconds |\n|-|-|-:|-|-|-:|")
    for label, values in rows.items():
        shares = ["{:.3f} ({:.3f} to {:.3f})".format(*intervals.mean(each)) for each in zip(*values, strict=True)]
        name = label if "|" in label else f"*none* | {label}"
        print(f"| {name} | {len(values)} | {' | '.join(shares)} | {seconds[label]:.2f} |")


if __name__ == "__main__":
    main()
