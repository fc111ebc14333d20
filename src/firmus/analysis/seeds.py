"""Seeds: where some notes in a row of a melody, altered or not, also stand in a collection.

What it is
    A table of every n-gram of steps, modulo the modulus, and the notes on which each begins. Of a melody every n-gram
    is looked up as it is, with a note corrected, and with one note or two in a row left out (ornaments); those that
    are common are extended by up to three steps until they are rare. The n-grams have as many steps as make about three
    million kinds.
Paper
    Altschul, Gish, Miller, Myers & Lipman, *Basic local alignment search tool* (1990), for short exact words from which
    alignments begin; Kiełbasa, Wan, Sato, Horton & Frith, *Adaptive seeds tame genomic sequence comparison* (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER
from firmus.analysis.melodies import Symbols

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_KINDS = 3_000_000  # of n-grams
WRONG_BY = (-3, -2, -1, 1, 2, 3)  # semitones
WRONG, LEFT_OUT, TWO_LEFT_OUT = 5.0, 4.0, 5.0  # bits that an n-gram is worth less where it was altered
LEAST = 3.0  # bits of an n-gram
HITS = 400  # for each note of the melody
LONGER = 3  # steps by which an n-gram may be extended
RARE = 40  # occurrences of an n-gram, beyond which it is extended
SMALL = 1 << 14  # notes: a smaller collection tells as much as one of this size


class Hits(NamedTuple):
    """N-grams in common (H,): note of the collection, note of the melody, and bits."""

    places: Integers
    notes: Integers
    bits: Floats


def steps(modulus: int) -> int:
    """How many steps an n-gram has.

    Examples
    --------
    >>> steps(12), steps(4)
    (6, 10)
    """
    return int(log(MOST_KINDS) / log(modulus))


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """Every n-gram of a collection.

    Parameters
    ----------
    firsts : array (K + 1,) of uint32
        Where the notes of each kind of n-gram begin among `places`.
    places : array (S,) of uint32
        Notes on which n-grams begin; of one kind in order of the steps that follow.
    following : array (S,) of uint16
        The three steps that follow each.
    modulus : int
    """

    firsts: NDArray[np.uint32]
    places: NDArray[np.uint32]
    following: NDArray[np.uint16]
    modulus: int

    @classmethod
    def of(cls, symbols: Symbols) -> Self:
        """Of some melodies."""
        modulus, size = symbols.modulus, steps(symbols.modulus)
        count = max(len(symbols) - size, 0)
        every = _steps(np.append(symbols.pitches, np.full(LONGER, BORDER)).astype(np.int16), modulus)
        codes = _code([every[step : step + count] for step in range(size)], modulus)
        following = _code([every[size + step :][:count] for step in range(LONGER)], modulus + 1)
        borders = np.concatenate([[0], np.cumsum(symbols.pitches == BORDER)])
        whole = np.flatnonzero(borders[size + 1 :][:count] == borders[:count])
        codes, following = codes[whole], following[whole]
        order = np.argsort(codes.astype(np.int64) << 16 | following)
        firsts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=modulus**size))])
        return cls(
            firsts.astype(np.uint32), whole[order].astype(np.uint32), following[order].astype(np.uint16), modulus
        )

    def hits(self, symbols: Symbols, *, altered: bool = True) -> Hits:
        """N-grams that a melody has in common with the collection.

        Examples
        --------
        >>> def tune(*pitches):
        ...     return Symbols(np.array([255, *pitches], np.uint8), np.full(len(pitches) + 1, 2, np.uint8), 12)
        >>> seeds = Seeds.of(tune(0, 4, 2, 5, 9, 7, 3, 6))
        >>> found = seeds.hits(tune(1, 5, 3, 7, 10, 8, 4))
        >>> found.places.tolist(), found.notes.tolist()  # in another key, with a wrong note
        ([1], [1])
        """
        ngrams = _ngrams(symbols, steps(self.modulus), altered)
        begins, counts = self._found(ngrams)
        bits = np.log2(max(len(self.places), SMALL) / np.maximum(counts, 1)) - ngrams.costs
        good = np.flatnonzero((counts > 0) & (bits > LEAST))
        good = good[np.argsort(counts[good] / bits[good], kind="stable")]
        good = good[np.cumsum(counts[good]) <= HITS * len(symbols) + HITS]
        counts, notes = counts[good], ngrams.notes[good]
        rows = np.arange(counts.sum()) + np.repeat(begins[good] - (np.cumsum(counts) - counts), counts)
        return Hits(self.places[rows].astype(np.int64), np.repeat(notes, counts), np.repeat(bits[good], counts))

    def occurrences(self, symbols: Symbols, most: int) -> Hits:
        """Every n-gram of a melody, as it is, with each place where it occurs; none of those that occur more often."""
        ngrams = _ngrams(symbols, steps(self.modulus), altered=False)
        begins = self.firsts[ngrams.codes].astype(np.int64)
        counts = self.firsts[ngrams.codes + 1].astype(np.int64) - begins
        counts[counts > most] = 0
        rows = np.arange(counts.sum()) + np.repeat(begins - (np.cumsum(counts) - counts), counts)
        bits = np.log2(max(len(self.places), SMALL) / np.maximum(counts, 1))
        return Hits(self.places[rows].astype(np.int64), np.repeat(ngrams.notes, counts), np.repeat(bits, counts))

    def exact(self, steps_in_a_row: Sequence[int]) -> NDArray[np.uint32]:
        """Notes on which one n-gram begins."""
        code = 0
        for step in steps_in_a_row:
            code = code * self.modulus + step
        return self.places[self.firsts[code] : self.firsts[code + 1]]

    def _found(self, ngrams: _Ngrams) -> tuple[Integers, Integers]:
        """Where among `places` each n-gram begins (G,), and how often it occurs, extended until it is rare."""
        begins, ends = self.firsts[ngrams.codes].astype(np.int64), self.firsts[ngrams.codes + 1].astype(np.int64)
        for length in range(1, LONGER + 1):
            rows = np.flatnonzero((ends - begins > RARE) & (ngrams.following[:, length - 1] < self.modulus))
            unit = (self.modulus + 1) ** (LONGER - length)
            wanted = _code([ngrams.following[rows, step] for step in range(length)], self.modulus + 1)
            first = _search(self.following, wanted * unit, begins[rows], ends[rows])
            ends[rows] = _search(self.following, (wanted + 1) * unit, first, ends[rows])
            begins[rows] = first
        return begins, ends - begins


def _search(values: NDArray[np.uint16], wanted: NDArray[np.int32], begins: Integers, ends: Integers) -> Integers:
    """The first place (K,) from `begins` to `ends`, between which values rise, that is not less than what is wanted."""
    low, high = begins.copy(), ends.copy()
    while (is_open := low < high).any():
        middle = (low + high) // 2
        is_less = is_open & (values[np.minimum(middle, len(values) - 1)] < wanted)
        low = np.where(is_less, middle + 1, low)
        high = np.where(is_open & ~is_less, middle, high)
    return low


def _steps(pitches: NDArray[np.int16], modulus: int) -> NDArray[np.int16]:
    """Steps (..., N - 1) between pitches (..., N); `modulus` where one is a border."""
    is_border = pitches >= BORDER - max(WRONG_BY)
    steps_between = np.diff(pitches, axis=-1) % modulus
    steps_between[is_border[..., 1:] | is_border[..., :-1]] = modulus
    return steps_between


def _code(digits: Sequence[NDArray[Any]], base: int) -> NDArray[np.int32]:
    """One number of several digits."""
    code = np.zeros(len(digits[0]), np.int32)
    for digit in digits:
        code = code * base + digit
    return code


class _Ngrams(NamedTuple):
    """N-grams to look up (G,): code, first note, what the alteration costs; and the steps that follow (G, 3)."""

    codes: NDArray[np.int32]
    notes: Integers
    costs: Floats
    following: NDArray[np.int16]


class _Variants(NamedTuple):
    """Ways to read an n-gram: which notes of a window (V, notes), what is added to them, and their span and cost (V,).

    The window is longer than the n-gram by the notes that may be left out, and those by which it is extended.
    """

    notes: Integers
    added: NDArray[np.int16]
    spans: Integers
    costs: Floats


@lru_cache(maxsize=8)
def _variants(modulus: int, size: int, altered: bool) -> _Variants:
    every = np.arange(size + LONGER + 3)
    nothing = np.zeros(size + LONGER + 1, np.int16)
    rows = [(every[:-2], nothing, size, 0.0)]
    wrong = WRONG_BY if modulus > 2 * max(WRONG_BY) else range(1, modulus)
    for note in range(1, size) if altered else ():
        rows.append((np.delete(every[:-1], note), nothing, size + 1, LEFT_OUT))
        rows.append((np.delete(every, [note, note + 1]), nothing, size + 2, TWO_LEFT_OUT))
        rows += [(every[:-2], nothing + step * (every[:-2] == note), size, WRONG) for step in wrong]
    notes, added, spans, costs = zip(*rows, strict=True)
    return _Variants(np.array(notes), np.array(added, np.int16), np.array(spans), np.array(costs))


def _ngrams(symbols: Symbols, size: int, altered: bool) -> _Ngrams:
    """Every n-gram of a melody, as it is and altered."""
    modulus, variants = symbols.modulus, _variants(symbols.modulus, size, altered)
    pitches = np.append(symbols.pitches, np.full(size + LONGER + 2, BORDER)).astype(np.int16)
    window = np.lib.stride_tricks.sliding_window_view(pitches, size + LONGER + 3)[: len(symbols)]
    reach = np.logical_and.accumulate(window != BORDER, axis=1).sum(axis=1)  # notes before the line ends
    notes, rows = np.nonzero(reach[:, None] > variants.spans)
    each = _steps(window[notes[:, None], variants.notes[rows]] + variants.added[rows], modulus)
    codes = _code(list(each[:, :size].T), modulus)
    return _Ngrams(codes, notes, variants.costs[rows], each[:, size:])
