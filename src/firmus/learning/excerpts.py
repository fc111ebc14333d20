"""Random excerpts of pieces, and the shapes in which a file may give the same music; noise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from firmus.analysis.excerpt import excerpt
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import bars

SHORTEST_CUT, LONGEST_CUT = 8, 32  # bars of an excerpt


def drawn(score: Score, generator: np.random.Generator, bars_wanted: int | None = None) -> Score | None:
    """A random excerpt of 8 to 32 bars, or of so many; None where the piece has no more bars than that."""
    count = len(bars(score))
    size = bars_wanted or int(generator.integers(SHORTEST_CUT, LONGEST_CUT + 1))
    if count <= size:
        return None
    return excerpt(score, int(generator.integers(0, count - size + 1)), size)


def merged(score: Score) -> Score:
    """All pitched parts in one part, as a file of one track has them; a piano plays."""
    pitched = [part for part in score.parts if not part.is_drums]
    if len(pitched) < 2:
        return score
    notes = tuple(sorted({(note.start, note.pitch): note for part in pitched for note in part.notes}.values()))
    return replace(score, parts=(Part("", notes), *(part for part in score.parts if part.is_drums)))


def tied(score: Score) -> Score:
    """Notes that are repeated at once held instead, as a raster has them."""

    def tie(part: Part) -> Part:
        ends: dict[int, int] = {}
        found: list[Note] = []
        for note in part.notes:
            place = ends.get(note.pitch)
            if place is not None and found[place].end >= note.start:
                found[place] = replace(found[place], duration=max(note.end, found[place].end) - found[place].start)
            else:
                ends[note.pitch] = len(found)
                found.append(note)
        return part if part.is_drums else replace(part, notes=tuple(found))

    return replace(score, parts=tuple(tie(part) for part in score.parts))


def struck(score: Score) -> Score:
    """Long notes struck again on every quarter note where another part moves, as words ask for it."""
    onsets = {note.start for part in score.parts if not part.is_drums for note in part.notes}

    def strike(part: Part) -> Part:
        found: list[Note] = []
        for note in part.notes:
            first = (note.start // TICKS_PER_QUARTER + 1) * TICKS_PER_QUARTER
            inside = [tick for tick in range(first, note.end, TICKS_PER_QUARTER) if tick in onsets]
            cuts = [note.start, *inside, note.end]
            found += [replace(note, start=one, duration=other - one) for one, other in pairwise(cuts)]
        return part if part.is_drums else replace(part, notes=tuple(found))

    return replace(score, parts=tuple(strike(part) for part in score.parts))


NOISES = ("random", "shuffled", "walk", "cluster", "mechanical")


def noise(kind: str, generator: np.random.Generator, model: Score) -> Score:
    """What is no style: notes at random, the notes of a piece shuffled, random walks, clusters, one figure for ever.

    Parameters
    ----------
    kind : str
        One of `NOISES`.
    generator : numpy.random.Generator
    model : Score
        The piece that is shuffled; of no meaning to the other kinds.
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
    """The rhythm of a piece, each pitch anywhere within an octave of where it was."""
    shift = generator.integers(-11, 12, sum(len(part.notes) for part in model.parts)).tolist()

    def shuffle(part: Part) -> Part:
        if part.is_drums:
            return part
        moved = (replace(note, pitch=min(max(note.pitch + shift.pop(), 0), 127)) for note in part.notes)
        return replace(part, notes=tuple(moved))

    return replace(model, parts=tuple(shuffle(part) for part in model.parts if not part.is_drums))
