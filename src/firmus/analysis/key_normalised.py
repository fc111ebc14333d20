"""A Score transposed to C and centred near middle C, as arrays, so that nothing depends on the key."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.keys import KeyEstimate, estimate
from firmus.score import Note, Part, Score
from firmus.timing import bars

MIDDLE = 60
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NormalisedScore:
    """A Score whose tonic is C, and arrays of its notes and bars.

    Parameters
    ----------
    score : Score
        Transposed; without keys and chord symbols of its own.
    key : KeyEstimate or None
        As it was before.
    notes : array (N, 4)
        Start, end, pitch and part of each pitched note, in order.
    strokes : array (D, 2)
        Start and drum of each drum stroke, in order.
    top, low : array (n, 3)
        Start, end and pitch of the notes of the highest and of the lowest line.
    lines : tuple of array (n, 3)
        The highest line of each pitched part that has notes.
    bar_starts, bar_lengths, bar_places : array (B,)
        First tick and length in ticks of each bar, and where in a full bar it begins.
    """

    score: Score
    key: KeyEstimate | None
    notes: Integers
    strokes: Integers
    top: Integers
    low: Integers
    lines: tuple[Integers, ...]
    bar_starts: Integers
    bar_lengths: Integers
    bar_places: Integers


def normalise(score: Score) -> NormalisedScore:
    """Transpose a Score to C.

    Examples
    --------
    >>> in_g = Score((Part("", tuple(Note(480 * i, 480, 67 + p) for i, p in enumerate((0, 2, 4, 5, 7, 4, -1, 0)))),))
    >>> normalise(in_g).notes[:3, 2].tolist(), normalise(in_g.transposed(-19)).notes[:3, 2].tolist()
    ([60, 62, 64], [60, 62, 64])
    """
    key = estimate(score)
    transposed = _transposed(score, key.key.pitch_class if key else 0)
    pitched = [part for part in transposed.parts if part.notes and not part.is_drums]
    rows = [(note.start, note.end, note.pitch, index) for index, part in enumerate(pitched) for note in part.notes]
    notes = _sorted(np.array(rows, np.int64).reshape(-1, 4))
    strokes = [(note.start, note.pitch) for part in transposed.parts if part.is_drums for note in part.notes]
    all_bars = bars(transposed)
    return NormalisedScore(
        transposed,
        key,
        notes,
        _sorted(np.array(strokes, np.int64).reshape(-1, 2)),
        line(notes),
        line(notes, lowest=True),
        tuple(line(notes[notes[:, 3] == index]) for index in range(len(pitched))),
        np.array([bar.start for bar in all_bars], np.int64),
        np.array([bar.meter.bar for bar in all_bars], np.int64),
        np.array([bar.place for bar in all_bars], np.int64),
    )


def line(notes: Integers, *, lowest: bool = False) -> Integers:
    """The highest (lowest) line (n, 3) of notes (N, 4): each that begins while none sounds that is higher (lower)."""
    sign = -1 if lowest else 1
    rows: list[tuple[int, int, int]] = []
    reached, height = -1, -999
    order = np.lexsort((-sign * notes[:, 2], notes[:, 0]))
    for start, end, pitch, _ in notes[order].tolist():
        if (start >= reached or sign * pitch > height) and (not rows or start > rows[-1][0]):
            rows.append((start, end, pitch))
            reached, height = end, sign * pitch
    return np.array(rows, np.int64).reshape(-1, 3)


def _transposed(score: Score, tonic: int) -> Score:
    pitches = [note.pitch for part in score.parts if not part.is_drums for note in part.notes]
    if not pitches:
        return replace(score, keys=(), chords=())
    middle = sum(pitches) / len(pitches) - tonic
    shift = -tonic + 12 * round((MIDDLE - middle) / 12)

    def within(pitch: int) -> int:
        return 108 + pitch % 12 if pitch > 127 else pitch % 12 if pitch < 0 else pitch

    def move(part: Part) -> Part:
        if part.is_drums or not part.notes:
            return part
        moved = (Note(each.start, each.duration, within(each.pitch + shift), each.velocity) for each in part.notes)
        return replace(part, notes=tuple(moved))

    return replace(score, parts=tuple(move(part) for part in score.parts), keys=(), chords=())


def _sorted(table: Integers) -> Integers:
    """Rows in order of their columns, the first first."""
    return table[np.lexsort(table.T[::-1])] if len(table) else table
