"""Fingerprints of melodic lines: hashed n-grams of intervals and rhythm, and an index of those of many pieces.

What it is
    An n-gram is seven notes in a row of one line; a note that repeats the one before only lengthens it, so that split
    notes are none the less the same. Its hash is of its six intervals, in semitones, and of the ratios of its notes'
    lengths, in five classes: the same in any key, at any tempo. The index is one sorted array of 64-bit words, of a
    hash and of where in its piece the n-gram stands; it holds no music.
Paper
    Schleimer, Wilkerson & Aiken, *Winnowing: local algorithms for document fingerprinting* (2003): of every `window`
    n-grams in a row one is kept, so that any passage of `NOTES + window - 1` notes has one; here it is the rarest.
Conventions
    N-grams in more than `COMMON` of the pieces (scales, turns, broken chords) are common property and are left out.
    Of the bits of a word 36 are the hash (28 of intervals, 8 of rhythm), 28 the number of the note among all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER, OCTAVE, Lines

Integers = NDArray[np.int64]
Words = NDArray[np.uint64]
NOTES = 7  # of an n-gram
WIDEST = 12  # semitones
CLASSES = (-12, -4, 4, 12)  # eighths of an octave between which the ratios of two lengths are one class
COMMON = 0.02  # share of the pieces
FEW = 3  # pieces in which an n-gram may always be
INTERVAL_BITS, RHYTHM_BITS, PLACE_BITS = 28, 8, 28
_ALL = 2**64 - 1
PLACES = np.uint64((1 << PLACE_BITS) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Melodies:
    """Lines in which repeated notes are one.

    Parameters
    ----------
    pitches, lengths, bars, lines : array (N,)
        As `Lines` has them, borders among them; which line each note is of.
    origins : array (N,)
        The note of the `Lines` on which each begins.
    """

    pitches: Integers
    lengths: Integers
    bars: NDArray[np.uint16]
    lines: Integers
    origins: Integers

    @classmethod
    def of(cls, lines: Lines) -> Self:
        """Without repetitions.

        Examples
        --------
        >>> from firmus.analysis.lines import of_score
        >>> from firmus.score import Note, Part, Score
        >>> notes = [(0, 480, 60), (480, 240, 62), (720, 240, 62), (960, 480, 64)]
        >>> melodies = Melodies.of(of_score(Score((Part("", tuple(Note(*note) for note in notes)),))))
        >>> melodies.pitches[-3:].tolist(), melodies.lengths[-3:].tolist()
        ([60, 62, 64], [0, 0, 0])
        """
        pitches = lines.pitches.astype(np.int64)
        is_first = np.append(True, (pitches[1:] != pitches[:-1]) | (pitches[1:] == BORDER))[: len(pitches)]
        origins = np.flatnonzero(is_first)
        if not len(origins):
            none = np.empty(0, np.int64)
            return cls(none, none, np.empty(0, np.uint16), none, none)
        quarters = np.add.reduceat(2.0 ** (lines.lengths / OCTAVE), origins)
        lengths = np.round(OCTAVE * np.log2(quarters)).astype(np.int64)
        return cls(pitches[origins], lengths, lines.bars[origins], lines.line_at(origins), origins)

    def __len__(self) -> int:
        """How many notes and borders there are."""
        return len(self.pitches)


class Hashes(NamedTuple):
    """Hash (G,) of each n-gram of 36 bits, and the note (G,) on which it begins."""

    hashes: Words
    notes: Integers


def hashes(melodies: Melodies) -> Hashes:
    """Hash of every n-gram of some lines.

    Examples
    --------
    >>> from firmus.analysis.lines import of_score
    >>> from firmus.score import Note, Part, Score
    >>> def tune(key, beat):
    ...     pitches = (60, 64, 62, 65, 64, 67, 60)
    ...     return Score((Part("", tuple(Note(beat * i, beat, key + pitch) for i, pitch in enumerate(pitches))),))
    >>> low, high = (hashes(Melodies.of(of_score(each))) for each in (tune(0, 480), tune(7, 240)))
    >>> len(low.notes), (low.hashes == high.hashes).all().item()
    (1, True)
    """
    count = max(len(melodies) - NOTES + 1, 0)
    sounds = melodies.pitches != BORDER
    whole = np.ones(count, bool)
    for step in range(NOTES):
        whole &= sounds[step : step + count]
    notes = np.flatnonzero(whole)
    pitches = np.stack([melodies.pitches[notes + step] for step in range(NOTES)], axis=1)
    lengths = np.stack([melodies.lengths[notes + step] for step in range(NOTES - 1)], axis=1)
    return Hashes(hashed(pitches, lengths), notes)


def hashed(pitches: Integers, lengths: Integers) -> Words:
    """Hash (G,) of n-grams, of their pitches (G, 7) and of the lengths (G, 6) of all notes but the last."""
    intervals = np.clip(np.diff(pitches, axis=1), -WIDEST, WIDEST) + WIDEST
    ratios = np.searchsorted(CLASSES, np.diff(lengths, axis=1), side="right")
    return _mixed(_number(intervals, 2 * WIDEST + 1), INTERVAL_BITS) << np.uint64(RHYTHM_BITS) | _mixed(
        _number(ratios, len(CLASSES) + 1), RHYTHM_BITS
    )


def hashed_one(pitches: Sequence[int], lengths: Sequence[int]) -> int:
    """Hash of a single n-gram: the same as `hashed`, at a tenth of its cost.

    Examples
    --------
    >>> pitches, lengths = [60, 64, 62, 65, 81, 67, 60], [0, 0, 8, -8, 0, 5]
    >>> hashed_one(pitches, lengths) == hashed(np.array([pitches]), np.array([lengths]))[0]
    np.True_
    """
    interval = ratio = 0
    for place in range(NOTES - 2, -1, -1):
        step = pitches[place + 1] - pitches[place]
        interval = interval * (2 * WIDEST + 1) + min(max(step, -WIDEST), WIDEST) + WIDEST
    for place in range(NOTES - 3, -1, -1):
        ratio = ratio * (len(CLASSES) + 1) + bisect_right(CLASSES, lengths[place + 1] - lengths[place])
    return _mixed_one(interval, INTERVAL_BITS) << RHYTHM_BITS | _mixed_one(ratio, RHYTHM_BITS)


def _mixed_one(number: int, bits: int) -> int:
    """The same as `_mixed`, of a single number."""
    mixed = number + 0x9E3779B97F4A7C15 & _ALL
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _ALL
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _ALL
    return (mixed ^ mixed >> 31) >> (64 - bits)


def _number(digits: Integers, base: int) -> Words:
    powers = base ** np.arange(digits.shape[1])
    return (digits @ powers).astype(np.uint64)


def _mixed(numbers: Words, bits: int) -> Words:
    """The first bits of a hash of each number (the finaliser of SplitMix64; Steele, Lea & Flood 2014)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ mixed >> np.uint64(31)) >> np.uint64(64 - bits)


class Hits(NamedTuple):
    """Where n-grams occur (H,): which of those looked up, note, bar and piece there, whether the rhythm is the same."""

    ngrams: Integers
    places: Integers
    bars: NDArray[np.uint16]
    pieces: Integers
    is_rhythmic: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Fingerprints of many pieces.

    Parameters
    ----------
    words : array (E,) of uint64
        In order: hash of an n-gram, and number of its first note among all notes.
    bars : array (E,) of uint16
        Number of the bar in which each begins.
    starts : array (P + 1,) of int64
        Number of the first note of each piece, and of all notes.
    """

    words: Words
    bars: NDArray[np.uint16]
    starts: Integers

    @classmethod
    def of(cls, lines: Lines, melodies: Melodies, pieces: int, window: int = 1) -> Self:
        """Index some lines of so many pieces.

        Parameters
        ----------
        lines : Lines
        melodies : Melodies
            Of these lines.
        pieces : int
        window : int
            Of so many n-grams in a row one is kept; 1 keeps all.
        """
        of_line = np.searchsorted(lines.pieces, np.arange(pieces + 1))
        starts = np.searchsorted(melodies.lines, of_line)
        found = hashes(melodies)
        piece = np.searchsorted(starts, found.notes, side="right") - 1
        shapes = found.hashes >> np.uint64(RHYTHM_BITS)
        frequencies = _frequencies(shapes, piece, pieces)
        kept = np.flatnonzero(frequencies <= max(COMMON * pieces, FEW))
        if window > 1:
            kept = kept[_winnowed(frequencies[kept], shapes[kept], window)]
        _, once = np.unique(np.stack([found.hashes[kept].astype(np.int64), piece[kept]]), axis=1, return_index=True)
        kept = kept[once]  # of what comes back in a piece the first
        words = found.hashes[kept] << np.uint64(PLACE_BITS) | found.notes[kept].astype(np.uint64)
        order = np.argsort(words)
        return cls(words[order], melodies.bars[found.notes[kept]][order], starts.astype(np.int64))

    def hits(self, shapes: Words) -> Hits:
        """Every occurrence of some n-grams (G,) by their intervals, whatever the rhythm."""
        unit = np.uint64(1 << (RHYTHM_BITS + PLACE_BITS))
        begins = shapes >> np.uint64(RHYTHM_BITS)
        first, last = (np.searchsorted(self.words, (begins + np.uint64(more)) * unit) for more in (0, 1))
        counts = last - first
        ends = np.cumsum(counts)
        rows = np.arange(counts.sum()) + np.repeat(first - (ends - counts), counts)
        ngrams = np.repeat(np.arange(len(shapes)), counts)
        words = self.words[rows]
        places = (words & PLACES).astype(np.int64)
        pieces = np.searchsorted(self.starts, places, side="right") - 1
        return Hits(ngrams, places, self.bars[rows], pieces, words >> np.uint64(PLACE_BITS) == shapes[ngrams])


def _frequencies(shapes: Words, pieces: Integers, count: int) -> Integers:
    """In how many pieces the intervals of each n-gram (G,) occur."""
    if not len(shapes):
        return np.empty(0, np.int64)
    distinct, number = np.unique(shapes, return_inverse=True)
    pairs = np.unique(number.astype(np.int64) * count + pieces)
    return np.bincount(pairs // count, minlength=len(distinct))[number]


def _winnowed(frequencies: Integers, shapes: Words, window: int) -> Integers:
    """Of every so many n-grams in a row the rarest; of those equally rare that with the least hash."""
    order = frequencies << 32 | _mixed(shapes, 32).astype(np.int64)
    view = np.lib.stride_tricks.sliding_window_view(np.append(order, np.full(window - 1, 2**62)), window)
    return np.unique(np.arange(len(order)) + view.argmin(axis=1))
