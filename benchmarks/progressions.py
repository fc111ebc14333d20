"""How chords follow each other in composed music and in real music of the same style.

Protocol: pieces of 16 bars composed with defaults (consecutive seeds), and as many held-out ones (the validation split
of the composer's corpus, and then its training split where that has fewer). Of the chords that
`firmus.analysis.chords` recognises in their notes (of lead sheets: of the chords that are written):

falling fifths, V-I  shares of the changes of root
changes a bar        of root
nats a chord         mean negative log-likelihood of a change under the style's table (`firmus.composing.progressions`);
                     the table was counted on the training split, so the rows of real music are what to compare with

`--learn` counts the tables: on the chords of the corpus, as they are written or recognised; for lead sheets on written
ones alone; for bands on the chords of popular songs (McGill Billboard).

    python benchmarks/progressions.py [--styles chorale piano] [--count 24]
    python benchmarks/progressions.py --learn [--data ../shared/data]
    python benchmarks/progressions.py --learn-harmonies [--data ../shared/data]

`--learn-harmonies` counts the two harmonisations of each song of the Public Domain Song Anthology, and under which
chords their melodies have which notes: what `--harmony traditional` and `modern` draw from.
"""

from __future__ import annotations

import argparse
import json
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import firmus
from firmus import formats
from firmus.analysis import chords as recognition
from firmus.analysis.roman import numeral
from firmus.composing.progressions import Step, progressions
from firmus.errors import FirmusError
from firmus.harmony import chord_of_numeral
from firmus.learning import recipe
from firmus.learning.corpus import load
from firmus.learning.prepare import prepare
from firmus.learning.sources import source
from firmus.pitch import NO_CHORD, pitch_class
from firmus.recipes import find
from firmus.score import Chord, Key, Score
from firmus.timing import bar_at, bars, beat
from firmus.tokens import events

TABLE = Path(__file__).parent.parent / "src" / "firmus" / "assets" / "tables" / "progressions.json"
STYLES = ("chorale", "hymn", "choir", "folk", "lead-sheet", "song", "piano", "organ", "quartet", "band")
ALIKE = {"hymn": "chorale", "lead-sheet": "song"}  # whose chords a style takes in a mode that its sets do not have
HARMONIES = ("traditional", "modern")
LEAST_FIT = 20  # quarter notes of melody under chords of a quality
MOST_CHORDS, FEWEST = 48, 2  # chords of a table, and observations of a transition
BILLBOARD = "McGill Billboard annotations (CC0)"
QUALITIES = {"maj": "", "min": "m", "7": "7", "maj7": "maj7", "min7": "m7", "sus4": "sus4", "5": "", "maj6": "",
             "min9": "m7", "9": "7", "11": "7", "13": "7", "1": "", "maj9": "maj7", "dim": "dim", "dim7": "dim7",
             "aug": "aug", "sus2": "sus2", "hdim7": "m7b5", "min6": "m", "sus4(b7)": "7sus4"}  # fmt: skip
INVERTED = re.compile(r"(64|43|42|2)(/|$)")


def steps_of(score: Score, symbols: tuple[Chord, ...]) -> list[Step]:
    """Chords as numerals in the key that holds; where a bar begins, its beat is 0."""
    every, steps = bars(score), []
    for chord in symbols:
        key = next((each for each in reversed(score.keys) if each.start <= chord.start), score.keys[0])
        bar = every[bar_at(every, chord.start)]
        place = (chord.start - bar.start + bar.place) // beat(bar.meter)
        if chord.root != NO_CHORD:
            steps.append(
                Step(bar.number, place, plain(numeral(replace(chord, quality=kept(chord.quality)), key.plain)))
            )
    return [step for step in steps if step.numeral]


def kept(quality: str) -> str:
    """Quality without the colours that numerals do not tell."""
    return {"6": "", "m6": "m", "add9": "", "9": "7", "maj9": "maj7", "m9": "m7", "5": "", "11": "7", "13": "7",
            "7b9": "7", "7#9": "7", "7b5": "7", "aug7": "aug"}.get(quality, quality)  # fmt: skip


def plain(text: str) -> str:
    """A numeral without inversions that recognised chords have by chance; the six-four chord of a cadence stays."""
    return (
        text
        if text in ("I64", "i64")
        else INVERTED.sub(lambda match: ("7" if match[1] != "64" else "") + match[2], text)
    )


def corpus(options: argparse.Namespace, splits: tuple[str, ...]) -> Iterator[tuple[str, Score]]:
    """Style and Score of each piece of the composer's corpus, split by split; lead sheets whose chords are written."""
    prepared = options.prepared
    music = load(prepared) if prepared else prepare(recipe.load(find("composer-small")), options.data, options.cache)
    for piece in (each for split in splits for each in music.pieces(split)):
        style = piece.style
        if style in options.styles and (style != "lead-sheet" or piece.set == "leadsheets"):
            options.sets.add(piece.set)
            closed = np.zeros(events.grid_shape(piece.prepared), bool)
            yield style, events.decode(events.assemble(piece.prepared, closed).tokens)


def billboard(data: Path) -> Iterator[tuple[str, int, list[Step]]]:
    """Mode, beats of a bar, and chords of each popular song."""
    for path in sorted((data / "billboard-chords").glob("*.tar.*")):
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() and member.name.endswith(".txt") else None
                if file:
                    yield from song(file.read().decode("utf-8", "replace"))


def song(text: str) -> Iterator[tuple[str, int, list[Step]]]:
    """One song of that set; its mode is that of most of its chords on the tonic."""
    tonic, meter = re.search(r"# tonic: (\S+)", text), re.search(r"# metre: (\d+)/(\d+)", text)
    if tonic is None or meter is None:
        return
    beats = {"6/8": 2, "12/8": 4, "9/8": 3}.get(f"{meter[1]}/{meter[2]}", int(meter[1]))
    names = re.findall(rf"{re.escape(tonic[1])}:(min|maj)", text)
    mode = "minor" if names.count("min") > names.count("maj") else "major"
    try:
        key = Key.parse(f"{tonic[1]} {mode}")
    except FirmusError:
        return
    steps: list[Step] = []
    for bar, content in enumerate(re.findall(r"(?<=\|)([^|\n]+)(?=\|)", text)):
        symbols = content.split()
        for place, symbol in enumerate(symbols):
            root, _, kind = symbol.partition("/")[0].partition(":")
            if kind in QUALITIES:
                name = numeral(Chord(0, root, QUALITIES[kind]), key)
                if not steps or steps[-1].numeral != name or steps[-1].bar != bar - 1:
                    steps.append(Step(bar, place * beats // len(symbols), plain(name)))
    yield mode, beats, steps


class Counts:
    """What is counted of one style in one mode."""

    def __init__(self) -> None:
        self.chords: Counter[str] = Counter()
        self.first: Counter[str] = Counter()
        self.pairs: tuple[Counter[tuple[str, str]], ...] = (Counter(), Counter())
        self.rhythms: dict[int, Counter[tuple[int, ...]]] = defaultdict(Counter)

    def add(self, steps: list[Step], beats: dict[int, int]) -> None:
        """Count a piece, whose bars have so many beats."""
        if len(steps) < 4:
            return
        self.first[steps[0].numeral] += 1
        places: dict[int, set[int]] = defaultdict(set)
        for step in steps:
            self.chords[step.numeral] += 1
            places[step.bar].add(step.beat)
        for one, two in pairwise(steps):
            leads_on = one.numeral not in ("I64", "i64") or two.numeral in ("V", "V7")
            if one.numeral != two.numeral and leads_on:
                self.pairs[0 if two.beat == 0 else 1][one.numeral, two.numeral] += 1
        for bar, count in beats.items():
            self.rhythms[count][tuple(sorted(each for each in places[bar] if each < count))] += 1

    def document(self) -> dict[str, Any]:
        """Plain values: rows of transitions are places of chords and counts in turn."""
        names = [name for name, count in self.chords.most_common() if count > FEWEST and is_numeral(name)][:MOST_CHORDS]
        index = {name: place for place, name in enumerate(names)}

        def rows(pairs: Counter[tuple[str, str]]) -> list[list[int]]:
            table: list[list[int]] = [[] for _ in names]
            for (one, two), count in sorted(pairs.items()):
                if one in index and two in index and count >= FEWEST:
                    table[index[one]] += [index[two], count]
            return table

        return {
            "chords": names,
            "first": [self.first[name] for name in names],
            "barline": rows(self.pairs[0]),
            "within": rows(self.pairs[1]),
            "rhythms": {
                str(beats): {" ".join(map(str, places)): count for places, count in each.most_common(12)}
                for beats, each in sorted(self.rhythms.items())
                if sum(each.values()) >= 40
            },
        }


def is_numeral(text: str) -> bool:
    """Whether a chord can be made of it again."""
    try:
        return bool(chord_of_numeral(text, Key(0, "C")))
    except FirmusError:
        return False


def learn(options: argparse.Namespace) -> None:
    """Count the tables and write them."""
    counts: dict[tuple[str, str], Counts] = defaultdict(Counts)
    for style, score in corpus(options, ("train",)):
        if score.keys and style != "band":
            beats = {bar.number: bar.meter.bar // beat(bar.meter) for bar in bars(score)}
            counts[style, score.keys[0].plain.mode].add(steps_of(score, score.chords), beats)
    for mode, beats_of_bar, steps in billboard(options.data):
        last = steps[-1].bar + 1 if steps else 0
        counts["band", mode].add(steps, dict.fromkeys(range(last), beats_of_bar))
    learnt = [
        f"{each.title} ({each.credit}; {each.licence})"
        for each in map(source, sorted(options.sets - {"freedoom", "simutrans"}))
    ]
    before = json.loads(TABLE.read_text(encoding="utf-8"))
    document = {
        "what": "chords of each style, see firmus.composing.progressions; made by benchmarks/progressions.py --learn",
        "learnt_from": [*learnt, BILLBOARD],
        "styles": {
            style: {
                mode: counts[style if counts[style, mode].chords else ALIKE[style], mode].document()
                for mode in ("major", "minor")
            }
            for style in STYLES
        },
        "harmonies": before["harmonies"],
    }
    TABLE.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{TABLE.name}: {TABLE.stat().st_size / 1000:.0f} kB")


def anthology(data: Path) -> Iterator[tuple[str, Score]]:
    """Each song with its traditional and with its modern chords, flats and sharps of chords mended."""
    for document in source("anthology").read(data):
        text = document.data.decode().replace("€", "b")
        text = re.sub(r'"[^"]*"', lambda match: match[0].replace("&", "#"), text)
        try:
            yield document.name.split(".")[-2], formats.read(text.encode())
        except FirmusError as error:
            print(f"{document.name}: {error}")


def learn_harmonies(options: argparse.Namespace) -> None:
    """Count the harmonies of the anthology, and write them beside the tables of styles."""
    counts: dict[str, dict[str, Counts]] = {name: defaultdict(Counts) for name in HARMONIES}
    fit: dict[str, dict[str, np.ndarray]] = {name: defaultdict(lambda: np.zeros(12)) for name in HARMONIES}
    for harmony, score in anthology(options.data):
        if not score.keys or not score.chords:
            continue
        beats = {bar.number: bar.meter.bar // beat(bar.meter) for bar in bars(score)}
        counts[harmony][score.keys[0].plain.mode].add(steps_of(score, score.chords), beats)
        ends = [*(chord.start for chord in score.chords[1:]), score.end]
        for chord, end in zip(score.chords, ends, strict=True):
            for note in score.parts[0].notes if chord.root != NO_CHORD else ():
                shared = min(end, note.end) - max(chord.start, note.start)
                if shared > 0:
                    above = (note.pitch - pitch_class(chord.root)) % 12
                    fit[harmony][kept(chord.quality)][above] += shared / 480
    document = json.loads(TABLE.read_text(encoding="utf-8"))
    document["harmonies"] = {
        name: {
            **{mode: each.document() for mode, each in counts[name].items()},
            "fit": {quality: np.round(row, 1).tolist() for quality, row in fit[name].items() if row.sum() >= LEAST_FIT},
        }
        for name in HARMONIES
    }
    TABLE.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    for name in HARMONIES:
        print(name, {mode: sum(each.chords.values()) for mode, each in counts[name].items()}, sorted(fit[name]))


def first_bars(score: Score, count: int) -> Score:
    """So many bars from the beginning, in the first key."""
    every = bars(score)
    end = every[count].start if len(every) > count else score.end
    parts = (
        replace(part, notes=tuple(replace(note, duration=min(note.duration, end - note.start)) for note in part.notes
                                  if note.start < end))
        for part in score.parts
    )  # fmt: skip
    meters = tuple(each for each in score.meters if each.start < end)
    tempi = tuple(each for each in score.tempi if each.start < end)
    symbols = tuple(each for each in score.chords if each.start < end)
    return replace(
        score, parts=tuple(parts), keys=score.keys[:1], meters=meters, tempi=tempi, chords=symbols, sections=(), end=end
    )


def row(style: str, scores: list[Score]) -> str:
    """Measures of some pieces of a style."""
    changes, losses, count = [], [], 0
    for score in scores:
        written = score.chords if style == "lead-sheet" else recognition.recognise(score)
        symbols = tuple(each for each in written if each.root != NO_CHORD)
        roots = [(pitch_class(each.root) - score.keys[0].pitch_class) % 12 for each in symbols]
        changes += [pair for pair in pairwise(roots) if pair[0] != pair[1]]
        count += len(bars(score))
        table = progressions(style, score.keys[0].plain.mode)
        losses += table.nats(steps_of(score, symbols)) if table else []
    fifths = np.mean([(two - one) % 12 == 5 for one, two in changes])
    cadences = np.mean([pair == (7, 0) for pair in changes])
    return f"{fifths:.3f} | {cadences:.3f} | {len(changes) / count:.2f} | {np.mean(losses):.2f} | {len(scores)} |"


def main() -> None:
    """Count the tables, or print two rows for each style."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--learn-harmonies", action="store_true")
    parser.add_argument("--styles", nargs="+", default=STYLES)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    parser.add_argument("--prepared", type=Path, help="a corpus of the cache to read as it is")
    options = parser.parse_args()
    options.sets = set()  # that were read
    if options.learn or options.learn_harmonies:
        (learn if options.learn else learn_harmonies)(options)
        return
    real: dict[str, list[Score]] = defaultdict(list)
    for style, score in corpus(options, ("valid", "train")):
        if score.keys and len(real[style]) < options.count:
            real[style].append(first_bars(score, 16))
        if all(len(real[each]) == options.count for each in options.styles):
            break
    print("| style | | falling fifths | V-I | changes a bar | nats a chord | pieces |\n|-|-|-|-|-|-|-|")
    for style in options.styles:
        works = firmus.compose(style=style, bars=16, seed=options.seed, count=options.count)
        composed = [work.score for work in (works if isinstance(works, list) else [works])]
        print(f"| {style} | composed | {row(style, composed)}", flush=True)
        print(f"| {style} | real | {row(style, real[style])}", flush=True)


if __name__ == "__main__":
    main()
