"""Keys and chords against analyses by people, beside music21's own analysis of the same pieces in the same run.

Protocol: scores and RomanText analyses that come with music21: chorales by Bach and madrigals by Monteverdi (for
measuring alone: nothing here was tuned on them, nothing is trained on them), and, of songs that are not in the training
split, analyses made by AugmentedNet (another program: agreement, not truth). Pieces whose analysis does not fit the
score (another edition: its chords have less than 65 % of what sounds) are left out. At each quarter note both say a key
and a chord; reported are shares of quarter notes where an analyst has written something.

main key        the key that `firmus.analysis.keys.estimate` names, and music21's `analyze('key')`: of the piece's last
                written key (analyst's)
key             local: `keys.regions`, and music21's best `analyze('key')` over windows of eight bars
root            root of the chord: `chords.recognise`; music21's root of `chordify` at that quarter note
chord           root and kind of triad (major, minor, diminished, augmented)
mirex           main key by MIREX's scores: 1 the key, .5 a fifth away, .3 the relative, .2 the parallel

    python benchmarks/harmony.py [--sets bach,monteverdi,songs] [--data ../shared/data] [--pieces 20] [--no-music21]
"""

from __future__ import annotations

import argparse
import re
import tarfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from firmus.analysis import beats, chords, keys
from firmus.errors import FirmusError
from firmus.evaluation import intervals
from firmus.formats.musicxml.reader import read_score
from firmus.pitch import pitch_class
from firmus.score import Meter, Score
from firmus.timing import bar_at, bars

TRIADS = {"major": "", "minor": "m", "diminished": "dim", "augmented": "aug"}
KIND = {"7": "", "maj7": "", "m7": "m", "m7b5": "dim", "dim7": "dim", "sus4": "", "6": "", "m6": "m"}
MIREX = {"same": 1.0, "fifth": 0.5, "relative": 0.3, "parallel": 0.2}
FITS = 0.65  # below it the analysis is of another edition, in another key or with other bars
HELD = 10  # one song in so many is for measuring


@dataclass
class Label:
    """What an analyst says of a quarter note: key (0 to 23), root, kind of triad, pitch classes."""

    key: int
    root: int
    kind: str
    tones: frozenset[int]


def key_number(pitch: int, mode: str) -> int:
    return 2 * pitch + (mode == "minor")


def labels(text: str, score: Score) -> tuple[dict[int, Label], int]:
    """Label of each quarter note (by its number) of a Score by its RomanText analysis, and the analyst's last key."""
    from music21 import converter

    analysis = converter.parse(text, format="romanText")
    numerals = list(analysis.flatten().getElementsByClass("RomanNumeral"))
    starts = {bar.number: bar.start - bar.place for bar in bars(score)}
    placed = []
    for one in numerals:
        if one.measureNumber in starts:
            unit = one.getContextByClass("TimeSignature").beatDuration.quarterLength
            tick = starts[one.measureNumber] + round(480 * float(unit) * (float(one.beat) - 1))
            key = key_number(one.key.tonic.pitchClass, one.key.mode)
            placed.append(
                (tick, Label(key, one.root().pitchClass, TRIADS.get(one.quality, "?"), frozenset(one.pitchClasses)))
            )
    placed.sort(key=lambda each: each[0])
    found: dict[int, Label] = {}
    for (start, label), stop in zip(placed, [*(each[0] for each in placed[1:]), score.end], strict=True):
        for quarter in range(-(-start // 480), -(-stop // 480)):
            found[quarter] = label
    return found, key_number(numerals[-1].key.tonic.pitchClass, numerals[-1].key.mode)


def fit(score: Score, labels_by_quarter: dict[int, Label]) -> float:
    """Share of what sounds at the labelled quarter notes that belongs to the analyst's chords."""
    starts, _ = beats.grid(replace(score, meters=(Meter(0, 1, 4),), pickup=0))
    sound = beats.chroma(score, starts)
    inside = whole = 0.0
    for quarter, label in labels_by_quarter.items():
        if quarter < len(sound):
            inside += sound[quarter, sorted(label.tones)].sum()
            whole += sound[quarter].sum()
    return inside / max(whole, 1e-9)


def own(score: Score, quarters: list[int]) -> dict[str, list[Any]]:
    """What Firmus says of quarter notes."""
    areas, symbols = keys.regions(score), chords.recognise(score)
    found: dict[str, list[Any]] = {"key": [], "root": [], "kind": []}
    for quarter in quarters:
        tick = 480 * quarter
        area = [each for each in areas if each.start <= tick][-1:]
        symbol = [each for each in symbols if each.start <= tick][-1:]
        found["key"].append(key_number(area[0].key.pitch_class, area[0].key.mode) if area else -1)
        sounding = bool(symbol) and symbol[0].text != "N.C."
        found["root"].append(pitch_class(symbol[0].root) if sounding else -1)
        found["kind"].append(KIND.get(symbol[0].quality, symbol[0].quality) if sounding else "?")
    return found


def theirs(stream: Any, score: Score, quarters: list[int]) -> dict[str, list[Any]]:
    """What music21 says of quarter notes."""
    verticals = stream.chordify().flatten().getElementsByClass("Chord")
    offsets = np.array([float(each.offset) for each in verticals])
    every = list(verticals)
    measures = bars_of(stream)
    begins = np.array([float(bar.offset) for bar in measures])
    windows = []
    for first in range(0, len(measures), 4):
        piece = stream.measures(measures[first].number, measures[min(first + 7, len(measures) - 1)].number)
        try:
            key = piece.analyze("key")
            windows.append(key_number(key.tonic.pitchClass, key.mode))
        except Exception:
            windows.append(-1)
    found: dict[str, list[Any]] = {"key": [], "root": [], "kind": []}
    offset_of = {bar.number: float(bar.offset) for bar in bars_of(stream)}
    every_bar = bars(score)
    for number in quarters:
        place = every_bar[bar_at(every_bar, 480 * number)]
        quarter = offset_of.get(place.number, place.start / 480) + (480 * number - place.start) / 480
        bar = int(np.searchsorted(begins, quarter + 1e-6, side="right")) - 1
        found["key"].append(windows[min(max(bar, 0) // 4, len(windows) - 1)])
        place = int(np.searchsorted(offsets, quarter + 1e-6, side="right")) - 1
        chord = every[place] if place >= 0 else None
        try:
            found["root"].append(chord.root().pitchClass if chord is not None else -1)
            found["kind"].append(TRIADS.get(chord.quality, "?") if chord is not None else "?")
        except Exception:
            found["root"].append(-1)
            found["kind"].append("?")
    return found


def bars_of(stream: Any) -> list[Any]:
    """Measures of the first part of a stream."""
    return list(stream.parts[0].getElementsByClass("Measure"))


def relation(one: int, other: int) -> str:
    """How two keys are related, in MIREX's words."""
    (a, minor_a), (b, minor_b) = divmod(one, 2), divmod(other, 2)
    if one == other:
        return "same"
    if minor_a == minor_b and (a - b) % 12 in (5, 7):
        return "fifth"
    if minor_a != minor_b and (a - b) % 12 == (9 if minor_a else 3):
        return "relative"
    return "parallel" if a == b else "other"


def bach() -> Iterator[tuple[str, Any, str]]:
    """Chorales: name, file, analysis."""
    import music21

    folder = Path(music21.__file__).parent / "corpus" / "bach"
    for path in sorted((folder / "choraleAnalyses").glob("riemenschneider*.rntxt")):
        text = path.read_text(encoding="utf-8")
        number = re.search(r"BWV:? ?(\d+(?:\.\d+)?)", text)
        if number:
            for name in (f"bwv{number[1]}.mxl", f"bwv{number[1]}.xml"):
                if (folder / name).exists():
                    yield path.stem, folder / name, text


def monteverdi() -> Iterator[tuple[str, Any, str]]:
    """Madrigals."""
    import music21

    folder = Path(music21.__file__).parent / "corpus" / "monteverdi"
    for path in sorted(folder.glob("*.rntxt")):
        scores = [each for each in (path.with_suffix(".mxl"), path.with_suffix(".xml")) if each.exists()]
        if scores:
            yield path.stem, scores[0], path.read_text(encoding="utf-8")


def songs(data: Path, pieces: int, held: bool = True) -> Iterator[tuple[str, Any, str]]:
    """Songs with automatic analyses; those held out, or the others."""
    folder = data / "openscore-lieder"
    with tarfile.open(folder / "lieder-analysis-rntxt.tar.xz") as archive:
        analyses = {
            str(Path(each.name).parent): archive.extractfile(each).read().decode()  # type: ignore[union-attr]
            for each in archive if each.name.endswith(".rntxt")
        }  # fmt: skip
    names = sorted(analyses)
    chosen = [name for place, name in enumerate(names) if (place % HELD == 0) == held]
    chosen = chosen[:: max(1, len(chosen) // pieces)][:pieces]
    temporary = Path("cache") / "songs"
    temporary.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "lieder-mxl.tar.xz") as archive:
        for each in archive:
            name = str(Path(each.name).parent)
            if name in chosen and each.name.endswith(".mxl"):
                path = temporary / Path(each.name).name
                path.write_bytes(archive.extractfile(each).read())  # type: ignore[union-attr]
                yield name, path, analyses[name]


def main() -> None:
    """Print a table a set."""
    warnings.simplefilter("ignore")
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", default="bach,monteverdi,songs")
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--pieces", type=int, default=40)
    options.add_argument("--learnt", action="store_true", help="the other songs: those on which one may tune")
    options.add_argument("--no-music21", action="store_true")
    asked = options.parse_args()
    sets = {"bach": bach, "monteverdi": monteverdi, "songs": lambda: songs(asked.data, asked.pieces, not asked.learnt)}
    print(
        "| set | who | pieces | main key | mirex | key | root | chord | seconds |\n|-|-|-:|-|-:|-|-|-|-:|", flush=True
    )
    for name in asked.sets.split(","):
        compare(name, list(sets[name]())[: asked.pieces], not asked.no_music21)


def compare(name: str, pieces: list[tuple[str, Any, str]], beside: bool) -> None:
    """Print the rows of a set."""
    from music21 import converter

    rows: dict[str, dict[str, list[float]]] = {}
    seconds = {"Firmus": 0.0, "music21": 0.0}
    for _, path, text in pieces:
        try:
            score = read_score(path.read_bytes(), repeats=False)
            annotated, last = labels(text, score)
        except (FirmusError, ValueError, KeyError, AttributeError, IndexError, TypeError):
            continue
        except Exception as error:
            if type(error).__module__.startswith("music21"):
                continue
            raise
        if fit(score, annotated) < FITS:
            continue
        quarters = sorted(quarter for quarter in annotated if 480 * quarter < score.end)
        if not quarters:
            continue
        began = time.perf_counter()
        said = own(score, quarters)
        main_key = keys.estimate(score)
        seconds["Firmus"] += time.perf_counter() - began
        both = {"Firmus": (said, key_number(main_key.key.pitch_class, main_key.key.mode) if main_key else -1)}
        if beside:
            stream = converter.parse(str(path))
            began = time.perf_counter()
            key = stream.analyze("key")
            both["music21"] = (theirs(stream, score, quarters), key_number(key.tonic.pitchClass, key.mode))
            seconds["music21"] += time.perf_counter() - began
        truth = [annotated[quarter] for quarter in quarters]
        for who, (found, whole) in both.items():
            row = rows.setdefault(who, {each: [] for each in ("main", "mirex", "key", "root", "chord")})
            row["main"].append(float(whole == last))
            row["mirex"].append(MIREX.get(relation(whole, last), 0.0))
            row["key"].append(float(np.mean([a == b.key for a, b in zip(found["key"], truth, strict=True)])))
            right = [a == b.root for a, b in zip(found["root"], truth, strict=True)]
            row["root"].append(float(np.mean(right)))
            kinds = [a == b.kind for a, b in zip(found["kind"], truth, strict=True)]
            row["chord"].append(float(np.mean([a and b for a, b in zip(right, kinds, strict=True)])))
    for who, row in rows.items():
        cells = []
        for each, values in row.items():
            mean, low, high = intervals.mean(values)
            cells.append(f"{mean:.3f}" if each == "mirex" else f"{mean:.3f} ({low:.3f} to {high:.3f})")
        print(f"| {name} | {who} | {len(row['main'])} | {' | '.join(cells)} | {seconds[who]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
