"""Local alignment: the stretch of a melody and of a collection that tells most when they are laid side by side.

What it is
    Smith-Waterman in a band around a diagonal, of many places at once. A note that is the same, after transposition,
    is worth the bits that it tells (`firmus.analysis.surprise`), and so is its rhythm; a wrong note, a wrong rhythm,
    and one note or two too many or too few cost the bits that the alteration tells.
Paper
    Smith & Waterman, *Identification of common molecular subsequences* (1981); Mongeau & Sankoff, *Comparison of
    musical sequences* (1990), for replacing, adding and leaving out notes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER
from firmus.analysis.melodies import Symbols

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]
SAME, SAME_RHYTHM = -0.1, -0.15  # bits: that a note of a copy is not altered is no surprise
WRONG, WRONG_RHYTHM = -4.3, -1.3  # likewise, that it is
FIRST = 0.001  # of a line's first note, which tells nothing and yet belongs to the passage
GAPS = (-4.5, -5.5)  # of one note too many or too few, of two
BAND = 8  # notes that a place may drift, to either side
REACH = 72  # notes before and after a seed
_NEVER = -1000.0
_PADDING = len(GAPS)


class Places(NamedTuple):
    """Where alignments are looked for (C,): a note of the melody, the same note there, and semitones up to it."""

    notes: Integers
    others: Integers
    up: Integers


class Alignments(NamedTuple):
    """Bits (C,) of the best alignment at each place, and the table from which its notes are read."""

    bits: Floats
    table: Floats  # (R + padding, C, B + padding): bits up to each pair of notes
    worth: Floats  # (R, C, B): of each pair
    places: Places

    def pairs(self, place: int) -> Integers:
        """Notes of the best alignment at a place (K, 2): here and there."""
        table = self.table[:, place]
        core = table[_PADDING + 1 :, _PADDING:-_PADDING]
        row, band = (int(each) for each in np.unravel_index(core.argmax(), core.shape))
        first = int(self.places.notes[place]) - REACH
        ahead = int(self.places.others[place] - self.places.notes[place]) - BAND
        found = []
        while True:
            found.append((first + row, first + row + ahead + band))
            row, band, bits = _before(table, row, band)
            if bits <= 0:
                return np.array(found[::-1])


def _before(table: Floats, row: int, band: int) -> tuple[int, int, float]:
    """The pair of notes before one, and the bits up to there, what is skipped deducted."""
    at, column = row + _PADDING, band + _PADDING
    best = (row - 1, band, float(table[at, column]))
    for skipped, cost in enumerate(GAPS, 1):
        there = (row - 1, band - skipped, float(table[at, column - skipped]) + cost)
        here = (row - 1 - skipped, band + skipped, float(table[at - skipped, column + skipped]) + cost)
        best = max(best, there, here, key=lambda each: each[2])
    return best


def worth(
    here: tuple[NDArray[Any], NDArray[Any]],
    there: tuple[NDArray[Any], NDArray[Any]],
    bits: tuple[Floats, Floats],
    modulus: int,
) -> Floats:
    """Bits of pairs of notes: pitch and rhythm here and, transposed, there, and the bits that each tells."""
    is_same = (here[0] - there[0]) % modulus == 0
    told = bits[0] + bits[1]
    alike = np.where(told > 0, told + np.float32(SAME + SAME_RHYTHM), np.float32(FIRST))
    uneven = bits[0] + np.float32(SAME + WRONG_RHYTHM)
    return np.where(is_same, np.where(here[1] == there[1], alike, uneven), np.float32(WRONG))


def align(melody: Symbols, bits: tuple[Floats, Floats], others: Symbols, places: Places) -> Alignments:
    """The best alignment near each of some places.

    Examples
    --------
    >>> def tune(*pitches):
    ...     return Symbols(np.array([255, *pitches], np.uint8), np.full(len(pitches) + 1, 2, np.uint8), 12)
    >>> known, altered = tune(9, 0, 4, 2, 5, 9, 7, 3, 6), tune(1, 1, 5, 3, 7, 6, 10, 8, 4)
    >>> bits = (np.full(10, 3, np.float32), np.zeros(10, np.float32))
    >>> found = align(altered, bits, known, Places(*np.array([[2], [2], [-1]])))
    >>> found.pairs(0).tolist()  # a semitone higher, with a note too many
    [[2, 2], [3, 3], [4, 4], [6, 5], [7, 6], [8, 7], [9, 8]]
    """
    rows = np.arange(-REACH, REACH + 1)[:, None] + places.notes  # (R, C)
    band = np.arange(-BAND, BAND + 1)
    wanted = rows[:, :, None] + (places.others - places.notes)[:, None] + band  # (R, C, B)
    inside, known = (rows >= 0) & (rows < len(melody)), (wanted >= 0) & (wanted < len(others))
    rows, wanted = np.clip(rows, 0, len(melody) - 1), np.clip(wanted, 0, len(others) - 1)
    here, there = melody.pitches[rows].astype(np.int16), others.pitches[wanted].astype(np.int16)
    is_border = ((here == BORDER) | ~inside)[:, :, None] | (there == BORDER) | ~known
    moved = (here + places.up.astype(np.int16))[:, :, None], melody.rhythms[rows][:, :, None]
    told = bits[0][rows][:, :, None], bits[1][rows][:, :, None]
    value = worth(moved, (there, others.rhythms[wanted]), told, melody.modulus)
    value[is_border] = _NEVER
    table = np.zeros((len(value) + _PADDING + 1, len(places.notes), len(band) + 2 * _PADDING), np.float32)
    width = len(band)
    for row, each in enumerate(value):
        before = table[row + _PADDING]
        best = np.maximum(before[:, _PADDING : _PADDING + width], 0)
        for skipped, cost in enumerate(GAPS, 1):
            np.maximum(best, before[:, _PADDING - skipped :][:, :width] + np.float32(cost), out=best)
            earlier = table[row + _PADDING - skipped, :, _PADDING + skipped :][:, :width]
            np.maximum(best, earlier + np.float32(cost), out=best)
        best += each
        np.maximum(best, 0, out=table[row + _PADDING + 1, :, _PADDING : _PADDING + width])
    return Alignments(table.max(axis=(0, 2)), table, value, places)
