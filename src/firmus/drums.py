"""Nine drums, the sets of them that a score strikes at once, and the keys of General MIDI's drum kit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus.raster import STEP, Integers
from firmus.score import Note, Score

DRUMS = (36, 38, 42, 46, 43, 47, 50, 49, 51)  # kick, snare, closed and open hi-hat, three toms, crash, ride
_NEAREST = {
    36: (35,), 38: (37, 39, 40), 42: (22, 44, 54, 69, 70), 46: (26,), 43: (41, 58, 64, 66), 47: (45, 61, 63, 65),
    50: (48, 60, 62), 49: (52, 55, 57), 51: (53, 56, 59),
}  # fmt: skip
DRUM_OF = {key: place for place, drum in enumerate(DRUMS) for key in (drum, *_NEAREST[drum])}
SETS = 1 << len(DRUMS)  # sets of drums struck together
SNARES = (37, 38, 39, 40)  # keys of General MIDI: side stick, snares, clap
LENGTH = 60  # ticks of a drum's note
LOWEST_KEY, HIGHEST_KEY = 35, 81  # of General MIDI's drum kit
NEAREST_KEY = {
    22: 42, 26: 46, 28: 39, 31: 37, 33: 76, 34: 56, 82: 70, 83: 54, 84: 81, 85: 75, 86: 43, 87: 41,
}  # fmt: skip
"""Keys of larger kits (GM2, Roland) by the most similar one of General MIDI: edges of the hi-hat as its bow, a slap as
a clap, sticks as a side stick, shaker as maracas. What has no relative (scratches, effects) is not here."""


def folded(struck: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drums struck (S, 128) on keys of General MIDI alone: others as their `NEAREST_KEY`, or left out.

    Examples
    --------
    >>> struck = np.zeros((1, 128), bool)
    >>> struck[0, [28, 36, 88]] = True
    >>> np.flatnonzero(folded(struck)).tolist()
    [36, 39]
    """
    kept = struck.copy()
    for key, nearest in NEAREST_KEY.items():
        kept[:, nearest] |= struck[:, key]
    kept[:, :LOWEST_KEY] = kept[:, HIGHEST_KEY + 1 :] = False
    return kept


def strokes(score: Score, count: int) -> NDArray[np.int16]:
    """Velocity and lateness in ticks (count, 9, 2) of the loudest stroke of each drum near each step; 0 where none."""
    table = np.zeros((count, len(DRUMS), 2), np.int16)
    for note in (note for part in score.parts if part.is_drums for note in part.notes):
        drum, step = DRUM_OF.get(note.pitch), (note.start + STEP // 2) // STEP
        if drum is not None and step < count and note.velocity > table[step, drum, 0]:
            table[step, drum] = note.velocity, note.start - step * STEP
    return table


def encode_sets(struck: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Number (S,) of each set of drums (S, 9), one bit a drum."""
    return (struck * (1 << np.arange(len(DRUMS)))).sum(axis=1).astype(np.int16)


def decode_sets(sets: Integers) -> NDArray[np.bool_]:
    """The sets of drums (S, 9) of their numbers (S,); an invalid number is the empty set."""
    valid = np.where((sets < 0) | (sets >= SETS), 0, sets)
    return ((valid[:, None] >> np.arange(len(DRUMS))) & 1).astype(bool)


def to_notes(sets: Integers, velocity: int = 80) -> tuple[Note, ...]:
    """Notes of sets of drums (S,), of equal velocity and on the grid."""
    return tuple(
        Note(int(step) * STEP, LENGTH, DRUMS[drum], velocity)
        for step, drum in np.argwhere(decode_sets(np.asarray(sets)))
    )
