"""Melodic lines of many pieces, concatenated in a few arrays, for search.

Conventions: of notes of a part that begin together the highest stands for the part (`firmus.analysis.melody.skyline`);
drums are left out. A note lasts until the next one begins, so that rests belong to the note before; its length is
in eighths of an octave from a quarter note (8 is a half note, -8 an eighth), so that another tempo adds a constant.
A border, which is no note, precedes each line, so that no match spans two lines; 32 precede each piece, so that no
two pieces are ever matched as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.melody import melody_part, skyline
from firmus.score import TICKS_PER_QUARTER, Score
from firmus.timing import bars

BORDER = 255
APART = 32  # borders before each piece
FEWEST = 2  # notes of a line
OCTAVE = 8  # steps of length
LONGEST = 96  # steps of length, above and below a quarter note
MOST_BARS = 65_535  # later bars count as this one


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Every line of some pieces.

    Parameters
    ----------
    pitches : array (N,) of uint8
        MIDI numbers of the notes of all lines; 255 is a border.
    lengths : array (N,) of int8
        Eighths of an octave from a quarter note, -96 to 96.
    bars : array (N,) of uint16
        Number of the bar that each note begins in.
    starts : array (L + 1,) of int64
        The first border before each line, and the number of all notes and borders.
    pieces : array (L,) of int32
        Which piece each line is of; in order.
    parts : array (L,) of uint8
        Which part of its piece, from 0.
    """

    pitches: NDArray[np.uint8]
    lengths: NDArray[np.int8]
    bars: NDArray[np.uint16]
    starts: NDArray[np.int64]
    pieces: NDArray[np.int32]
    parts: NDArray[np.uint8]

    def __len__(self) -> int:
        """How many notes and borders there are."""
        return len(self.pitches)

    def line_at(self, notes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which line each note (K,) is in."""
        return np.searchsorted(self.starts, notes, side="right") - 1

    def select(self, keep: NDArray[np.bool_]) -> Lines:
        """The lines of some pieces (P,), renumbered from 0."""
        chosen = keep[self.pieces]
        counts = np.diff(self.starts)
        notes = np.repeat(chosen, counts)
        renumbered = np.cumsum(keep) - 1
        return Lines(
            self.pitches[notes],
            self.lengths[notes],
            self.bars[notes],
            np.concatenate([[0], np.cumsum(counts[chosen])]).astype(np.int64),
            renumbered[self.pieces[chosen]].astype(np.int32),
            self.parts[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A melody to search for.

    Parameters
    ----------
    pitches : array (M,)
        MIDI numbers.
    lengths : array (M,), optional
        As `Lines` has them; None where no rhythm is known.
    bars : array (M,), optional
        Number of the bar that each note begins in; None where none are known.
    """

    pitches: NDArray[np.int64]
    lengths: NDArray[np.int64] | None = None
    bars: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        """How many notes it has."""
        return len(self.pitches)


def of_score(score: Score) -> Lines:
    """Lines of one piece, which is number 0.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> lines = of_score(Score((Part("", (Note(0, 480, 60), Note(960, 480, 64), Note(1920, 240, 62))),)))
    >>> [each[APART - 1 :].tolist() for each in (lines.pitches, lines.lengths, lines.bars)]
    [[255, 60, 64, 62], [0, 8, 8, -8], [0, 1, 1, 2]]
    """
    melodies = [(number, skyline(part)) for number, part in enumerate(score.parts) if not part.is_drums]
    melodies = [(number, line) for number, line in melodies if len(line) >= FEWEST]
    if not melodies:
        return joined([], [])
    rows = np.concatenate([line for _, line in melodies])
    counts = np.array([[1, len(line)] for _, line in melodies])  # of borders, of notes
    counts[0, 0] = APART
    notes = np.repeat(np.tile([False, True], len(melodies)), counts.ravel())

    def with_borders(values: NDArray[Any], kind: type[np.generic], border: int = 0) -> NDArray[Any]:
        whole = np.full(len(notes), border, kind)
        whole[notes] = values
        return whole

    return Lines(
        with_borders(rows[:, 2], np.uint8, BORDER),
        with_borders(np.concatenate([lengths(line) for _, line in melodies]), np.int8),
        with_borders(np.clip(_bar_numbers(score, rows[:, 0]), 0, MOST_BARS), np.uint16),
        np.concatenate([[0], np.cumsum(counts.sum(axis=1))]).astype(np.int64),
        np.zeros(len(melodies), np.int32),
        np.array([number for number, _ in melodies], np.uint8),
    )


def _bar_numbers(score: Score, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the bar (N,) that each tick is in."""
    all_bars = bars(score)
    starts = np.array([bar.start for bar in all_bars])
    return np.searchsorted(starts, ticks, side="right") - 1 + all_bars[0].number


def lengths(line: NDArray[np.int64]) -> NDArray[np.int8]:
    """Lengths (N,) of a line (N, 3) of starts, ends and pitches: until the next note begins."""
    ticks = np.diff(line[:, 0], append=line[-1, 1])
    steps = np.round(OCTAVE * np.log2(np.maximum(ticks, 1) / TICKS_PER_QUARTER))
    return np.clip(steps, -LONGEST, LONGEST).astype(np.int8)


def joined(collections: Sequence[Lines], pieces: Sequence[int]) -> Lines:
    """Lines of several collections, of so many pieces each, as one."""
    offsets = np.cumsum([0, *pieces])
    notes = np.cumsum([0, *(len(each) for each in collections)])
    starts = [each.starts[:-1] + first for each, first in zip(collections, notes, strict=False)]
    numbers = [each.pieces + first for each, first in zip(collections, offsets, strict=False)]
    kinds = {each.name: _empty(each.name) for each in fields(Lines)}
    columns = {name: [getattr(each, name) for each in collections] for name in ("pitches", "lengths", "bars", "parts")}
    return Lines(
        **{name: np.concatenate([kinds[name], *arrays]) for name, arrays in columns.items()},
        starts=np.concatenate([np.empty(0, np.int64), *starts, notes[-1:]]).astype(np.int64),
        pieces=np.concatenate([kinds["pieces"], *numbers]).astype(np.int32),
    )


def _empty(name: str) -> NDArray[np.generic]:
    kinds = {"pitches": np.uint8, "lengths": np.int8, "bars": np.uint16, "pieces": np.int32, "parts": np.uint8}
    return np.empty(0, kinds.get(name, np.int64))


def query(score: Score) -> Query:
    """The melody of a Score, as a query.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> melody = query(Score((Part("", (Note(0, 480, 60), Note(480, 960, 64))),)))
    >>> melody.pitches.tolist(), melody.lengths.tolist(), melody.bars.tolist()
    ([60, 64], [0, 8], [1, 1])
    """
    part = melody_part(score)
    if part is None:
        return Query(np.empty(0, np.int64))
    line = skyline(part)
    return Query(line[:, 2], lengths(line).astype(np.int64), _bar_numbers(score, line[:, 0]))
