"""Data augmentation of pieces: random excerpts, the variants that a file may hold of the same music, noise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from firmus.analysis.excerpt import excerpt
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import bars

SHORTEST_CUT, LONGEST_CUT = 8, 32  # bars of an excerpt


def random_excerpt(score: Score, generator: np.random.Generator, bar_count: int | None = None) -> Score | None:
    """A random excerpt of 8 to 32 bars, or of `bar_count`; None where the piece has no more bars than that."""
    count = len(bars(score))
    size = bar_count or int(generator.integers(SHORTEST_CUT, LONGEST_CUT + 1))
    if count <= size:
        return None
    return excerpt(score, int(generator.integers(0, count - size + 1)), size)


def merged(score: Score) -> Score:
    """All pitched parts merged into one for piano, as in a file of one track."""
    pitched = [part for part in score.parts if not part.is_drums]
    if len(pitched) < 2:
        return score
    notes = tuple(sorted({(note.start, note.pitch): note for part in pitched for note in part.notes}.values()))
    return replace(score, parts=(Part("", notes), *(part for part in score.parts if part.is_drums)))


def restruck(score: Score) -> Score:
    """Long notes split on every quarter note where another part has an onset, as where the lyrics ask for it."""
    onsets = {note.start for part in score.parts if not part.is_drums for note in part.notes}

    def restrike(part: Part) -> Part:
        notes: list[Note] = []
        for note in part.notes:
            first = (note.start // TICKS_PER_QUARTER + 1) * TICKS_PER_QUARTER
            inside = [tick for tick in range(first, note.end, TICKS_PER_QUARTER) if tick in onsets]
            cuts = [note.start, *inside, note.end]
            notes += [replace(note, start=one, duration=other - one) for one, other in pairwise(cuts)]
        return part if part.is_drums else replace(part, notes=tuple(notes))

    return replace(score, parts=tuple(restrike(part) for part in score.parts))


NOISE_KINDS = ("random", "shuffled", "walk", "cluster", "mechanical")


def noise(kind: str, generator: np.random.Generator, model: Score) -> Score:
    """Noise, without style: random notes, the notes of a piece shuffled, random walks, clusters, one figure repeated.

    Parameters
    ----------
    kind : str
        One of `NOISES`.
    generator : numpy.random.Generator
    model : Score
        The piece that is shuffled; ignored for the other kinds.
    """
    count = int(generator.integers(24, 400))
    program = int(generator.integers(0, 128))
    if kind == "shuffled":
        return _shuffled(model, generator)
    if kind == "mechanical":
        figure = generator.integers(36, 96, int(generator.integers(1, 4)))
        notes = [Note(120 * i, 120, int(figure[i % len(figure)])) for i in range(count)]
        return Score((Part("", tuple(notes), program),))
    if kind == "walk":
        parts = []
        for _ in range(int(generator.integers(1, 5))):
            pitch = 36 + generator.integers(-7, 8, count).cumsum() % 48
            start = (generator.integers(1, 900, count)).cumsum()
            parts.append(Part("", tuple(Note(int(s), 200, int(p)) for s, p in zip(start, pitch, strict=True)), program))
        return Score(tuple(parts))
    low, high = (0, 128) if kind == "random" else (55, 68)
    start = generator.integers(0, 240 * count, count)
    length = generator.integers(30, 1900, count)
    pitch = generator.integers(low, high, count)
    notes = [Note(int(s), int(d), int(p)) for s, d, p in zip(start, length, pitch, strict=True)]
    voices = int(generator.integers(1, 5))
    return Score(tuple(Part("", tuple(notes[place::voices]), program) for place in range(voices)))


def _shuffled(model: Score, generator: np.random.Generator) -> Score:
    """A piece with its rhythm kept and each pitch moved at random within an octave."""
    shift = generator.integers(-11, 12, sum(len(part.notes) for part in model.parts)).tolist()

    def shuffle(part: Part) -> Part:
        if part.is_drums:
            return part
        moved = (replace(note, pitch=min(max(note.pitch + shift.pop(), 0), 127)) for note in part.notes)
        return replace(part, notes=tuple(moved))

    return replace(model, parts=tuple(shuffle(part) for part in model.parts if not part.is_drums))
