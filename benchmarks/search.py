"""Searching: how often altered melodies and pieces are found, how sure Firmus says it is, how long it takes.

    python benchmarks/search.py make FOLDER [--count 100000] [--data ../shared/data]
    python benchmarks/search.py measure FOLDER [--queries 100] [--hummed 40]
    python benchmarks/search.py learn FOLDER

``make`` writes a library of MIDI files: the pieces of seven sets (``held`` are Bach's 76 validation chorales and one
file in five of the others; ``rest`` the others) and, up to `--count`, pieces ``made`` of them: two sections of 48
notes, each twice, drawn note by note as notes follow two others in the tunes of Ryan, O'Neill and Aird, in a random
key.

``measure`` indexes the folder (told are the time until all files are read and the time that is left) and searches:

- for passages of 8, 12 and 20 notes of held melodies, each in every alteration of `firmus.analysis.alterations`; found
  is a piece in which the unaltered intervals stand. The costs of alterations were chosen on passages of these sets,
  but for the chorales, which stand apart.
- for passages hummed: a tone with four overtones, vibrato, glides, notes off by up to a semitone and a half, and noise,
  written as WAV and heard by pYIN as ``firmus search --hum`` hears it.
- for whole held pieces, altered, by likeness.
- for melodies that are in no piece (passages and pieces backwards), so that of each chance told one sees how often it
  is true.

``learn`` writes the mean of `firmus.analysis.similarity`, of the melodies in ``rest``, and prints the weights of the
two chances of `firmus.tasks.search.matching`, fitted to passages and pieces in ``rest``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
import soundfile
from scipy.optimize import minimize

from firmus import formats
from firmus.analysis import lines, ngram_index, similarity
from firmus.analysis.alterations import ALTERATIONS, wrong_notes
from firmus.analysis.lines import Query
from firmus.errors import FirmusError
from firmus.evaluation import intervals
from firmus.learning import chorales
from firmus.learning.sources import source
from firmus.retrieval import query
from firmus.retrieval.library import Library, open_library
from firmus.score import Note, Part, Score
from firmus.tasks.search import matching

SETS = ("jsb", "ryan", "oneills", "aird", "openhymnal", "leadsheets", "mutopia")
TUNES = ("ryan", "oneills", "aird")
TABLE = Path(__file__).parent.parent / "src" / "firmus" / "assets" / "tables" / "likeness.json"
LENGTHS = (8, 12, 20)
RATE = 16_000


def pieces(data: Path) -> Iterator[tuple[str, str, Score]]:
    """Every piece of the sets: its set, where it belongs in the library, and its Score."""
    for name in SETS:
        for document in source(name).read(data):
            try:
                raster = document.name.endswith(".raster")
                scores = (
                    [chorales.from_raster(document.data)] if raster else formats.read_all(document.data, trusted=True)
                )
            except FirmusError:
                continue
            for number, score in enumerate(scores):
                label = f"{name} {document.name} {number}"
                held = document.name.startswith("valid/") if raster else crc32(label.encode()) % 5 == 0
                yield name, f"{'held' if held else 'rest'}/{name}-{crc32(label.encode()):08x}", score


def make(folder: Path, data: Path, count: int) -> None:
    """Write a library."""
    for each in ("held", "rest"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    follows: dict[tuple, list[tuple[int, int]]] = defaultdict(list)
    written = 0
    for name, place, score in pieces(data):
        formats.write(score, folder / f"{place}.mid")
        written += 1
        if name in TUNES:
            line = np.array([(note.start, note.pitch) for note in score.parts[0].notes])
            steps = [(int(up), int(ticks)) for ticks, up in np.diff(line, axis=0)]
            for one, two, three in zip(steps, steps[1:], steps[2:], strict=False):
                follows[one, two].append(three)
    generator, begins = np.random.default_rng(0), list(follows)
    for number in range(count - written):
        if number % 1000 == 0:
            (folder / "made" / f"{number // 1000:03}").mkdir(parents=True, exist_ok=True)
        path = folder / "made" / f"{number // 1000:03}" / f"{number}.mid"
        formats.write(_made(follows, begins, generator), path)
    print(f"{written} pieces, and {max(count - written, 0)} made of them")


def _made(follows: dict, begins: list, generator: np.random.Generator) -> Score:
    notes, start, tonic = [], 0, int(generator.integers(60, 72))
    for _ in range(2):
        section, (one, two), pitch = [], begins[generator.integers(len(begins))], tonic
        for _ in range(48):
            choices = follows.get((one, two)) or begins[generator.integers(len(begins))]
            one, two = two, choices[generator.integers(len(choices))]
            up = two[0] if 50 < pitch + two[0] < 90 else -two[0]
            pitch = min(max(pitch + up, 40), 100)
            section.append((pitch, max(two[1], 60)))
        for _ in range(2):
            for each, ticks in section:
                notes.append(Note(start, ticks, each))
                start += ticks
    return Score((Part("", tuple(notes)),))


def holders(library: Library, pitches: np.ndarray) -> set[int]:
    """Pieces in which the very intervals of a melody stand."""
    lines = library.catalogue.lines
    steps = np.clip(np.diff(pitches), -ngram_index.WIDEST, ngram_index.WIDEST) + ngram_index.WIDEST + 1
    size = min(ngram_index.LONGEST, len(steps))
    code = int(sum(step * ngram_index.KINDS ** (size - 1 - place) for place, step in enumerate(steps[:size])))
    begin, end = library.seeds.spans(np.array([code]), size)
    places = library.seeds.places[begin[0] : end[0]].astype(np.int64)
    places = places[places + len(pitches) <= len(lines)]
    found = lines.pitches[places[:, None] + np.arange(len(pitches))].astype(int)
    same = ((found - found[:, :1]) == pitches - pitches[0]).all(axis=1)
    return set(lines.pieces[lines.line_at(places[same])].tolist())


def melodies(library: Library, kind: str) -> list[tuple[str, Query]]:
    """Set and melody of every piece in one folder of the library."""
    found = []
    for file in library.catalogue.files:
        if file.name.startswith(f"{kind}/") and not file.reason:
            melody = lines.query(formats.read(library.folder / file.name, trusted=True))
            found.append((file.name.split("/")[1].split("-")[0], melody))
    return [(name, melody) for name, melody in found if len(melody) >= max(LENGTHS) + 4]


def passage(melody: Query, size: int, generator: np.random.Generator) -> Query:
    """So many notes from somewhere, at least four pitches among them where the melody has such."""
    for _ in range(20):
        first = int(generator.integers(len(melody) - size + 1))
        pitches = melody.pitches[first : first + size]
        if len(set(pitches.tolist())) >= 4:
            break
    return Query(pitches, None if melody.lengths is None else melody.lengths[first : first + size])


def backwards(melody: Query) -> Query:
    return Query(melody.pitches[::-1].copy(), None if melody.lengths is None else melody.lengths[::-1].copy())


def asked(melody: Query, library: Library, by: str, times: list[float]) -> list[matching.Match]:
    """What is found, and how long it took."""
    begin = time.perf_counter()
    found = (matching.by_melody if by == "melody" else matching.by_similarity)(library, melody, 10)
    times.append(time.perf_counter() - begin)
    return found


def rank(found: list[matching.Match], right: set[int], numbers: dict[str, int]) -> int:
    """Place of the first right piece, 0 where none is right."""
    return next((place for place, match in enumerate(found, 1) if numbers[match.file] in right), 0)


def row(label: str, ranks: list[int], times: list[float]) -> str:
    first, ten = (intervals.mean([0 < each <= most for each in ranks]) for most in (1, 10))
    milliseconds = np.quantile(np.array(times) * 1000, [0.5, 0.95])
    shown = " | ".join("{:.2f} ({:.2f} … {:.2f})".format(*each) for each in (first, ten))
    return f"| {label} | {len(ranks)} | {shown} | {milliseconds[0]:.0f} | {milliseconds[1]:.0f} |"


def measure(folder: Path, queries: int, hummed: int) -> None:
    library = build(folder)
    numbers = {library.catalogue.files[file].name: piece for piece, (file, _) in enumerate(library.where.tolist())}
    generator, every = np.random.default_rng(3), melodies(library, "held")
    confidences: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    print("\n| | queries | recall at 1 | recall at 10 | ms, median | ms, 95 % |\n|-|-:|-|-|-:|-:|")

    def run(label: str, by: str, cases: list[tuple[Query, set[int]]]) -> None:
        ranks, times = [], []
        for melody, right in cases:
            found = asked(melody, library, by, times)
            ranks.append(rank(found, right, numbers))
            confidences[by] += [(match.confidence, numbers[match.file] in right) for match in found[:1]]
        if cases and cases[0][1]:
            print(row(label, ranks, times), flush=True)

    def drawn(only: str = "") -> Query:
        chosen = [melody for name, melody in every if name == only or (not only and name != "jsb")]
        return chosen[generator.integers(len(chosen))]

    def changed(
        cases: list[Query], alter: Callable[[Query, np.random.Generator], Query]
    ) -> list[tuple[Query, set[int]]]:
        return [(alter(each, generator), holders(library, each.pitches)) for each in cases]

    for size in LENGTHS:
        for kind, alter in ALTERATIONS.items():
            cases = [passage(drawn(), size, generator) for _ in range(queries)]
            run(f"{size} notes, {kind}", "melody", changed(cases, alter))
    for kind, alter in ALTERATIONS.items():
        cases = [passage(drawn("jsb"), 12, generator) for _ in range(queries)]
        run(f"12 notes of a chorale, {kind}", "melody", changed(cases, alter))
    for size in (12, 20):
        cases = [passage(drawn(), size, generator) for _ in range(hummed)]
        run(f"{size} notes, sound hummed and heard by pYIN", "melody", changed(cases, heard_again))
    for kind, alter in ALTERATIONS.items():
        cases = [drawn() for _ in range(queries)]
        run(f"whole pieces, {kind}", "likeness", changed(cases, alter))
    strangers = [backwards(passage(drawn(), LENGTHS[each % 3], generator)) for each in range(3 * queries)]
    run("", "melody", [(wrong_notes(each, generator), set()) for each in strangers])
    run("", "likeness", [(backwards(drawn()), set()) for _ in range(queries)])
    for by, pairs in confidences.items():
        print(f"\n| {by}: told at the first place | queries | mean | found to be true |\n|-|-:|-:|-:|")
        sure, true = np.array(pairs).T
        for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
            mine = (sure >= low) & (sure < high)
            if mine.any():
                share = f"{sure[mine].mean():.2f} | {true[mine].mean():.2f}"
                print(f"| {low:.2f} to {min(high, 1):.2f} | {mine.sum()} | {share} |")


def build(folder: Path) -> Library:
    """Index a folder from nothing, and say how long what took."""
    begin, read = time.perf_counter(), [0.0]
    library = open_library(folder, lambda *_: read.append(time.perf_counter()), rebuild=True)
    end = time.perf_counter()
    print(f"{library.catalogue.pieces} pieces, {len(library.catalogue.lines)} notes")
    print(f"{read[-1] - begin:.0f} s until all files were read, {end - read[-1]:.0f} s for turns, graph and writing")
    return library


def heard_again(melody: Query, generator: np.random.Generator) -> Query:
    """A passage hummed into a WAV, and read by what reads hums."""
    with tempfile.TemporaryDirectory() as there:
        path = Path(there) / "take.wav"
        soundfile.write(path, sung(melody, generator), RATE)
        try:
            return query.of_score(matching.hummed(path))
        except FirmusError:
            return Query(np.arange(60, 65))  # what is found for it is wrong


def sung(melody: Query, generator: np.random.Generator) -> np.ndarray:
    """A hum: a tone (N,) whose pitch drifts, glides and wavers, with breath between some notes, and noise."""
    seconds = 0.5 * 2.0 ** ((melody.lengths if melody.lengths is not None else np.zeros(len(melody))) / lines.OCTAVE)
    seconds = np.clip(seconds * generator.uniform(0.8, 1.3) * np.exp(generator.normal(0, 0.1, len(seconds))), 0.12, 2)
    pitches = melody.pitches + 60 - melody.pitches.mean() + generator.uniform(-3, 3)
    pitches = pitches + np.linspace(0, generator.uniform(-1, 1), len(pitches))
    pitches += np.clip(generator.normal(0, 0.2, len(pitches)), -0.5, 0.5)
    counts = np.round(seconds * RATE).astype(int)
    height = np.repeat(pitches, counts)
    glide = int(0.05 * RATE)
    height = np.convolve(np.pad(height, glide // 2, mode="edge"), np.ones(glide) / glide, "same")[
        glide // 2 : -(glide // 2)
    ]
    clock = np.arange(len(height)) / RATE
    height = height + 0.2 * np.sin(2 * np.pi * 5.5 * clock)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((height - 69) / 12)) / RATE
    loud = np.ones(len(height))
    for end in np.cumsum(counts)[:-1]:
        loud[max(end - int(0.03 * RATE), 0) : end] *= generator.choice([0.15, 0.6])
    loud = np.convolve(loud, np.ones(160) / 160, "same")
    tone = sum(share * np.sin(number * phase) for number, share in enumerate((1, 0.4, 0.2, 0.1, 0.05), 1))
    return 0.2 * loud * tone + generator.normal(0, 0.004, len(height))


def learn(folder: Path) -> None:
    """Write the mean of melodies; print the weights of both chances."""
    library = open_library(folder)
    every, generator = melodies(library, "rest"), np.random.default_rng(1)
    mean = np.mean([similarity.roots(melody) for _, melody in every], axis=0)
    TABLE.write_text(json.dumps({"sets": SETS, "mean": [round(float(each), 4) for each in mean]}) + "\n")
    numbers = {library.catalogue.files[file].name: piece for piece, (file, _) in enumerate(library.where.tolist())}
    rows_by_kind: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    kinds = list(ALTERATIONS.values())
    for _ in range(600):
        _, melody = every[generator.integers(len(every))]
        for by in ("melody", "likeness"):
            plain = melody if by == "likeness" else passage(melody, int(generator.integers(6, 25)), generator)
            right = holders(library, plain.pitches)
            if generator.random() < 0.4:
                plain, right = backwards(plain), set()
            changed = kinds[generator.integers(len(kinds))](plain, generator)
            if by == "melody" and generator.random() < 0.3:
                changed = Query(changed.pitches)
            if len(changed) < similarity.FEWEST:
                continue
            found = asked(changed, library, by, [])
            if found:
                rows_by_kind[by].append((*evidence(library, changed, by, found[0]), numbers[found[0].file] in right))
    for by, rows in rows_by_kind.items():
        table = np.array(rows, float)
        x, y = np.column_stack([table[:, :-1], np.ones(len(table))]), 2 * table[:, -1] - 1
        print(
            by,
            len(rows),
            minimize(lambda w, x=x, y=y: np.logaddexp(0, -y * (x @ w)).mean(), np.zeros(x.shape[1])).x.round(3),
        )


def evidence(library: Library, melody: Query, by: str, found: matching.Match) -> tuple[float, ...]:
    """What the chance of a match is told by."""
    if by == "melody":
        bits = library.seeds.information(melody.pitches)
        off = (1 - found.score) * bits
        return bits - np.log2(len(library.catalogue.lines)), off, 0 if melody.lengths is None else len(melody)
    compared = matching.compare(library, melody)
    best = int((np.sqrt(compared.share) + compared.alike).argmax())
    return float(np.sqrt(compared.share[best])), float(np.sqrt(compared.baseline()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "measure", "learn"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--hummed", type=int, default=40)
    options = parser.parse_args()
    if options.what == "make":
        make(options.folder, options.data, options.count)
    elif options.what == "learn":
        learn(options.folder)
    else:
        measure(options.folder, options.queries, options.hummed)


if __name__ == "__main__":
    main()
