"""Limits of a line by its rhythm and its leaps, for music of a level: a mask of durations, places and pitches.

A rhythm is a table: at which places of a bar notes and rests of which lengths may begin. A line keeps to it without
gaps: where a note ends, the next one begins, or a rest that the table has. The tables are such that a bar can always be
filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Table = tuple[tuple[int, tuple[int, ...]], ...]
"""Steps from the beginning of the bar, and the lengths (steps) that may begin there."""
_PITCHES = np.arange(128)


@dataclass(frozen=True, slots=True)
class NoteLimits:
    """Limits of one line.

    Parameters
    ----------
    notes, rests : Table
    leap : int
        Semitones from a note to the next at most.

    Examples
    --------
    >>> limits = NoteLimits(((0, (24, 48)), (24, (24,))), ((24, (24,)),), 4)
    >>> limits.lengths(0), limits.is_rest(24, 24), limits.is_rest(0, 24)
    ((24, 48), True, False)
    """

    notes: Table
    rests: Table = ()
    leap: int = 127

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Limits out of their plain values; the inverse of `dataclasses.asdict`."""
        notes, rests = (tuple((place, tuple(steps)) for place, steps in document[name]) for name in ("notes", "rests"))
        return cls(notes, rests, document["leap"])

    def lengths(self, place: int) -> tuple[int, ...]:
        """Lengths of notes that may begin at a place."""
        return _by_place(self.notes).get(place, ())

    def is_rest(self, place: int, steps: int) -> bool:
        """Whether a rest of so many steps may begin at a place; one of none always may."""
        return steps == 0 or steps in _by_place(self.rests).get(place, ())

    def near(self, pitches: NDArray[np.bool_], before: int) -> NDArray[np.bool_]:
        """Those of a mask (128,) of pitches that are no more than the leap from a pitch; all where there are none."""
        within = pitches & (np.abs(_PITCHES - before) <= self.leap)
        return within if within.any() else pitches

    def starts(self, free: int, length: int) -> list[int]:
        """Places of a bar where the next note may begin, where the line is free from a place on."""
        return [place for place, _ in self.notes if place < length and self.is_rest(free, place - free)]


@cache
def _by_place(table: Table) -> dict[int, tuple[int, ...]]:
    return dict(table)
