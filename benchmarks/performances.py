"""Performances beside their scores: how well notes are aligned when some are wrong, missing or extra.

Protocol: pieces of music21's corpus (piano pieces, quartets, chorales; they train nothing), their first 400 notes or
so, are played by a program: tempo in slow waves of 15 % and a slower ending, each note off by 20 ms (standard
deviation), velocities varied; of the notes a third of `--mistakes` is left out, a third played wrong by one or
two semitones, and to a third an extra one is added near by. "F1" is of the pairs of written and
played notes of the same pitch, against the pairs that are true; of notes in unison either may be the other.

    python benchmarks/performances.py [--mistakes 0.05] [--count 20]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import music21
import numpy as np

from firmus import formats
from firmus.analysis.excerpt import excerpt
from firmus.analysis.performance import align
from firmus.score import Note, Part, Score
from firmus.timing import bars, seconds

PIECES = ("mozart", "beethoven", "chopin", "joplin", "schumann_clara", "haydn", "bach/bwv2")
SUFFIXES = (".mxl", ".krn", ".xml", ".musicxml")
NOTES = 400
TICKS = 960  # a second at 120 quarter notes a minute
Triples = set[tuple[int, int, int]]


def scores(count: int) -> list[tuple[str, Score]]:
    """Beginnings of pieces, by name, evenly from each folder."""
    root = Path(music21.__file__).parent / "corpus"
    every = [path for path in sorted(root.rglob("*")) if path.suffix in SUFFIXES]
    found = []
    for place in range(count):
        prefix = PIECES[place % len(PIECES)]
        paths = [path for path in every if str(path.relative_to(root)).startswith(prefix)]
        path = paths[(place // len(PIECES) * 7) % len(paths)]
        score = formats.read(path)
        notes = sum(len(part.notes) for part in score.parts)
        size = max(4, round(len(bars(score)) * min(1, NOTES / max(notes, 1))))
        found.append((str(path.relative_to(root)), excerpt(score, 0, size)))
    return found


def played(score: Score, mistakes: float, generator: np.random.Generator) -> tuple[Score, Triples]:
    """A performance, and its true pairs: part and note of the score, and the place among the played notes."""
    end = seconds(score, score.end)
    grid = np.linspace(0, end, 200)
    pace = 1 + 0.15 * np.sin(grid * 0.7 + generator.uniform(0, 6)) + 2 * np.clip(grid / end - 0.9, 0, 1)
    clock = np.concatenate([[0], np.cumsum(np.diff(grid) * pace[1:])])
    notes: list[tuple[Note, tuple[int, int] | None]] = []
    for part, each in enumerate(score.parts):
        for index, note in enumerate(each.notes):
            fate = generator.uniform()
            if fate < mistakes / 3:
                continue
            time = np.interp(seconds(score, note.start), grid, clock) + generator.normal(0, 0.02)
            start, long = max(0, round(TICKS * (time + 0.5))), max(1, round(note.duration * 0.9))
            is_wrong = fate > 1 - mistakes / 3
            pitch = note.pitch + int(generator.choice([-2, -1, 1, 2])) * is_wrong
            velocity = int(np.clip(generator.normal(70, 10), 1, 127))
            notes.append((Note(start, long, pitch, velocity), None if is_wrong else (part, index)))
            if mistakes / 3 < fate < 2 * mistakes / 3:
                near = max(0, start + int(generator.integers(-200, 200)))
                notes.append((Note(near, 200, pitch + int(generator.integers(-5, 6)), velocity), None))
    notes.sort(key=lambda each: (each[0].start, each[0].pitch, each[0].duration, each[0].velocity))
    true = {(*written_at(score, *pair), place) for place, (_, pair) in enumerate(notes) if pair}
    return Score((Part("Played", tuple(note for note, _ in notes)),)), true


def written_at(score: Score, part: int, note: int) -> tuple[int, int]:
    """Onset and pitch of a note: the same for notes in unison."""
    written = score.parts[part].notes[note]
    return written.start, written.pitch


def main() -> None:
    """Print a row for each piece, and the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mistakes", type=float, default=0.05)
    parser.add_argument("--count", type=int, default=20)
    asked = parser.parse_args()
    generator = np.random.default_rng(1)
    print("| piece | notes | pairs, F1 | wrong | missing | extra |\n|-|-:|-:|-:|-:|-:|")
    measured = []
    for name, score in scores(asked.count):
        performance, true = played(score, asked.mistakes, generator)
        found = align(score, performance)
        pairs = {(*written_at(score, pair.written.part, pair.written.note), pair.played.note) for pair in found.matched}
        measured.append(2 * len(pairs & true) / (len(pairs) + len(true)))
        sizes = f"{len(found.wrong)} | {len(found.missing)} | {len(found.extra)}"
        print(f"| {name} | {sum(len(part.notes) for part in score.parts)} | {measured[-1]:.4f} | {sizes} |", flush=True)
    print(f"| *mean, least* | | {np.mean(measured):.4f}, {min(measured):.4f} | | | |")


if __name__ == "__main__":
    main()
