"""Melodies: lines in which repeated notes are one, and what of their notes is compared.

What it is
    A note that repeats the one before only lengthens it, so that split notes are none the less the same. Compared are
    the steps from note to note, modulo so many semitones, and the ratios of neighbouring lengths, in five classes:
    both are the same in any key and at any tempo. Modulo 12 an octave more or less does not matter. A smaller modulus
    keeps less of a melody: modulo 4 a whole tone up and one down are the same, and the melody cannot be read off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER, OCTAVE, Lines

Integers = NDArray[np.int64]
RATIOS = (-12, -4, 4, 12)  # eighths of an octave between which the ratios of two lengths are one class
RHYTHMS = len(RATIOS) + 1  # classes
EVEN = 2  # the class of equal lengths; of a first note as well, which has none before it
WHOLE = 12  # semitones: all of a melody but its octaves


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


@dataclass(frozen=True, slots=True, eq=False)
class Symbols:
    """What of melodies is compared.

    Parameters
    ----------
    pitches : array (N,) of uint8
        Modulo `modulus`; 255 is a border.
    rhythms : array (N,) of uint8
        Class of the ratio of each note's length to the length before.
    modulus : int
    """

    pitches: NDArray[np.uint8]
    rhythms: NDArray[np.uint8]
    modulus: int

    @classmethod
    def of(cls, melodies: Melodies, modulus: int = WHOLE) -> Self:
        """Of melodies.

        Examples
        --------
        >>> from firmus.analysis.lines import of_score
        >>> from firmus.score import Note, Part, Score
        >>> notes = [(0, 480, 60), (480, 240, 74), (720, 240, 64)]
        >>> tune = Melodies.of(of_score(Score((Part("", tuple(Note(*note) for note in notes)),))))
        >>> symbols = Symbols.of(tune)
        >>> symbols.pitches[-3:].tolist(), symbols.rhythms[-3:].tolist(), Symbols.of(tune, 4).pitches[-3:].tolist()
        ([0, 2, 4], [2, 1, 2], [0, 2, 0])
        """
        is_border = melodies.pitches == BORDER
        pitches = np.where(is_border, BORDER, melodies.pitches % modulus).astype(np.uint8)
        ratios = np.diff(melodies.lengths, prepend=melodies.lengths[:1])
        rhythms = np.searchsorted(RATIOS, ratios, side="right").astype(np.uint8)
        rhythms[is_border | np.append(True, is_border[:-1])[: len(pitches)]] = EVEN
        return cls(pitches, rhythms, modulus)

    def __len__(self) -> int:
        """How many notes and borders there are."""
        return len(self.pitches)

    def part(self, first: int, end: int) -> Self:
        """Some notes in a row."""
        return type(self)(self.pitches[first:end], self.rhythms[first:end], self.modulus)

    @property
    def notes(self) -> int:
        """How many notes there are."""
        return int((self.pitches != BORDER).sum())
