"""Verbatim copying: how many stretches of a piece occur, note for note, in other music.

What it is
    A window is so many neighbouring bars of one part: where in the bars each note begins, how long it is, and the
    intervals between them. Two windows are equal where all of these are equal, in any key. Counted is the
    share of a piece's windows that occur in a set of pieces. Held-out real music borrows too: its share is what
    composed music is to be compared with.
Paper
    The human baseline after Yin, Reuben, Stepney & Collins 2022 (the originality report); exact windows instead of
    their cardinality score.
Conventions
    Of notes that begin together the highest stands for the part; 24 steps to the quarter. Drum parts are compared by
    every stroke, apart from pitched ones. A pickup counts as a bar. Windows with fewer than two notes
    (drums: strokes) a bar on the mean are not informative and are left out. Windows are compared by 64-bit hashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from firmus.score import TICKS_PER_QUARTER, Part, Score
from firmus.timing import bars

Hashes = NDArray[np.uint64]
STEP = TICKS_PER_QUARTER // 24
FEWEST = 2  # notes a bar


def windows(score: Score, length: int, drums: bool = False) -> Hashes:
    """Hash (W,) of every window of so many bars, of every part, repetitions included.

    Examples
    --------
    >>> from firmus.score import Note
    >>> low, high = (Score((Part("", tuple(Note(480 * i, 480, k + i % 5) for i in range(8))),)) for k in (60, 67))
    >>> len(windows(low, 1)), (windows(low, 2) == windows(high, 2)).all().item()
    (2, True)
    """
    starts = np.array([bar.start for bar in bars(score)])
    hashes: list[bytes] = []
    for part in score.parts:
        if part.is_drums == drums and part.notes and len(starts):
            hashes += _part_windows(part, starts, length)
    return np.frombuffer(b"".join(hashes), np.uint64)


def _part_windows(part: Part, starts: NDArray[np.int64], length: int) -> list[bytes]:
    table, pitches = _note_table(part, starts)
    intervals = pitches if part.is_drums else np.diff(pitches, append=0)
    borders = np.searchsorted(table[:, 0], np.arange(len(starts) + 1))
    hashes = []
    for first in range(len(starts) - length + 1):
        begin, end = borders[first], borders[first + length]
        if end - begin >= FEWEST * length:
            shape = table[begin:end].copy()
            shape[:, 0] -= first
            last = end if part.is_drums else end - 1
            hashes.append(blake2b(shape.tobytes() + intervals[begin:last].tobytes(), digest_size=8).digest())
    return hashes


def _note_table(part: Part, starts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Bar, step in the bar and steps of length (N, 3), and pitch (N,), of the upper line or of every drum."""
    notes = np.array([(note.start, note.duration, note.pitch) for note in part.notes])
    bar = np.searchsorted(starts, notes[:, 0], side="right") - 1
    place = np.round((notes[:, 0] - starts[bar]) / STEP)
    steps = np.maximum(np.round(notes[:, 1] / STEP), 1) if not part.is_drums else np.zeros(len(notes))
    table = np.stack([bar, place, steps], axis=1).astype(np.int32)
    pitches = notes[:, 2].astype(np.int32)
    if part.is_drums:
        order = np.lexsort((pitches, table[:, 1], table[:, 0]))
        return table[order], pitches[order]
    upper = np.append((table[1:, :2] != table[:-1, :2]).any(axis=1), True)  # notes are in order of start, then pitch
    return table[upper], pitches[upper]


class Memory:
    """All windows of a set of pieces.

    Parameters
    ----------
    scores : iterable of Score
        Read one by one; none is held in memory.
    lengths : sequence of int
        Bars in a window.
    """

    def __init__(self, scores: Iterable[Score], lengths: Iterable[int] = (1, 2, 4, 8)) -> None:
        hashes: dict[tuple[int, bool], list[Hashes]] = {
            (length, drums): [] for length in lengths for drums in (False, True)
        }
        for score in scores:
            for (length, drums), each in hashes.items():
                each.append(np.unique(windows(score, length, drums)))
        self.known = {
            which: np.unique(np.concatenate([*each, np.empty(0, np.uint64)])) for which, each in hashes.items()
        }

    def copied(self, score: Score, length: int, drums: bool = False, *, once: bool = False) -> tuple[int, int]:
        """How many of a piece's windows occur in the set, and how many there are; equal ones count `once` if asked.

        Examples
        --------
        >>> from firmus.score import Note
        >>> tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 5) for i in range(16))),))
        >>> Memory([tune]).copied(tune, 4), Memory([]).copied(tune, 2)
        ((1, 1), (0, 3))
        >>> twice = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 4) for i in range(8))),))
        >>> Memory([twice]).copied(twice, 1), Memory([twice]).copied(twice, 1, once=True)
        ((2, 2), (1, 1))
        """
        hashes = windows(score, length, drums)
        hashes = np.unique(hashes) if once else hashes
        return int(np.isin(hashes, self.known[length, drums]).sum()), len(hashes)
