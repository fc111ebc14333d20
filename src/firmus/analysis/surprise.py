"""Surprise: how many bits each note of a melody tells, by what is usual in a collection of music.

What it is
    The self-information of each step, modulo the modulus, after the two steps before it, and of each ratio of lengths
    after the two before: a scale on goes on as expected and tells little, a rare leap tells much. Frequencies are of a
    collection, with half an occurrence added to each. What returns within a line, such as the figures of an
    accompaniment, tells a fifth.
Paper
    Conklin & Witten, *Multiple viewpoint systems for music prediction* (1995): one context model for each attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER
from firmus.analysis.melodies import RHYTHMS, Symbols

Floats = NDArray[np.float32]
Kind = TypeVar("Kind", bound=NDArray[Any])
ADDED = 0.5  # occurrences
MOST_OF_STEP, MOST_OF_RHYTHM = 8.0, 4.0  # bits
RETURNED = 0.2  # share of the bits that a note tells where it returns
KINDS = 10_000  # of figures that are told apart at least


@dataclass(frozen=True, slots=True, eq=False)
class Surprise:
    """Bits of what comes next.

    Parameters
    ----------
    steps : array (M, M, M)
        Of a step after the two before it, modulo M.
    rhythms : array (5, 5, 5)
        Of a class of ratio after the two before it.
    """

    steps: Floats
    rhythms: Floats

    @classmethod
    def of(cls, symbols: Symbols) -> Self:
        """By frequency among some melodies."""
        is_note = symbols.pitches != BORDER
        known = is_note[3:] & is_note[2:-1] & is_note[1:-2] & is_note[:-3]
        steps = _steps(symbols)[1:]
        return cls(
            _bits(steps, symbols.modulus, known),
            _bits(symbols.rhythms[1:].astype(np.int64), RHYTHMS, known),
        )

    def __call__(self, symbols: Symbols) -> tuple[Floats, Floats]:
        """Bits of the step to each note (N,), and of its rhythm (N,); 0 of a line's first note.

        Examples
        --------
        >>> from firmus.analysis.melodies import EVEN
        >>> pitches = np.array([255, *[0, 2, 4, 5, 7, 9, 11] * 9], np.uint8)
        >>> symbols = Symbols(pitches, np.full(len(pitches), EVEN, np.uint8), 12)
        >>> steps, _ = Surprise.of(symbols)(symbols)
        >>> steps[1].item(), bool(steps[4] < steps[2])  # half a scale comes before the next note is expected
        (0.0, True)
        """
        is_note = symbols.pitches != BORDER
        follows = is_note & np.append(False, is_note[:-1])[: len(is_note)]
        steps, rhythms = _steps(symbols), symbols.rhythms.astype(np.int64)
        before = [_later(each, back) for each in (steps, rhythms) for back in (2, 1)]
        is_third = follows & _later(follows, 1) & _later(follows, 2)
        of_steps = np.where(is_third, self.steps[before[0], before[1], steps], self._first()[steps])
        of_rhythms = np.where(is_third, self.rhythms[before[2], before[3], rhythms], 0)
        cut = np.minimum(of_steps, MOST_OF_STEP), np.minimum(of_rhythms, MOST_OF_RHYTHM)
        told = follows * np.where(_returns(symbols, steps, is_note), RETURNED, 1)
        return (cut[0] * told).astype(np.float32), (cut[1] * told).astype(np.float32)

    def _first(self) -> Floats:
        """Bits of a step of which nothing before is known: as after any."""
        share = (2.0**-self.steps).mean(axis=(0, 1))
        return -np.log2(share).astype(np.float32)


def figure(modulus: int) -> int:
    """How many steps a figure has, by which what returns is known.

    Examples
    --------
    >>> figure(12), figure(4)
    (4, 7)
    """
    return ceil(log(KINDS) / log(modulus))


def _returns(symbols: Symbols, steps: NDArray[np.int64], is_note: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each note (N,) ends a figure that came before in its line."""
    size = figure(symbols.modulus)
    codes = np.cumsum(~is_note, dtype=np.int64)  # which line it is
    whole = is_note.copy()
    for back in range(size):
        codes = codes * symbols.modulus + _later(steps, back)
        whole &= _later(is_note, back + 1)
    rows = np.flatnonzero(whole)
    returned = np.zeros(len(symbols), bool)
    returned[rows] = True
    returned[rows[np.unique(codes[rows], return_index=True)[1]]] = False
    return returned


def _steps(symbols: Symbols) -> NDArray[np.int64]:
    pitches = symbols.pitches.astype(np.int64)
    return np.diff(pitches, prepend=pitches[:1]) % symbols.modulus


def _later(values: Kind, notes: int) -> Kind:
    """Values (N,) of so many notes before; zeros of those before the first."""
    shifted = np.zeros_like(values)
    shifted[notes:] = values[: max(len(values) - notes, 0)]
    return shifted


def _bits(values: NDArray[np.int64], kinds: int, known: NDArray[np.bool_]) -> Floats:
    """Self-information (kinds, kinds, kinds) of each value after the two before it."""
    codes = (values[:-2] * kinds + values[1:-1]) * kinds + values[2:]
    counts = np.bincount(codes[known], minlength=kinds**3).reshape(kinds, kinds, kinds) + ADDED
    return -np.log2(counts / counts.sum(axis=2, keepdims=True)).astype(np.float32)
