"""A score while it is filled: its notes so far, and its cells as encoded for the model."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from firmus.score import Note, Score
from firmus.tokens import Prepared, events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_PLACE
from firmus.tokens.events.cursor import BarState, Cursor


class Draft:
    """A score that is filled window by window.

    The piece is encoded once; after a window, only the bars that it changed are encoded anew.

    Parameters
    ----------
    score : Score
        With the notes of open cells removed.
    style : str
    has_lane : bool
        Whether there are chord symbols, given or to be composed.
    is_compact : bool
        Whether cells are encoded in the compact form.
    """

    def __init__(self, score: Score, style: str, has_lane: bool = False, is_compact: bool = True) -> None:
        self._given, self._style, self._is_compact = score, style, is_compact
        lane = {"lane": np.array([has_lane or bool(score.chords), False])}
        self._cells = events.prepare(score, style, is_compact=is_compact) | lane
        self._notes = [list(part.notes) for part in score.parts]
        self._chords = {chord.start: chord for chord in score.chords}
        self._touched: tuple[int, int] | None = None

    @property
    def prepared(self) -> Prepared:
        """The cells as `firmus.tokens.events.prepare` gives them for the score so far."""
        if self._touched:
            self._encode(*self._touched)
            self._touched = None
        return self._cells

    def score(self) -> Score:
        """The score so far."""
        pairs = zip(self._given.parts, self._notes, strict=True)
        parts = tuple(replace(part, notes=tuple(notes)) for part, notes in pairs)
        return replace(self._given, parts=parts, chords=tuple(self._chords[at] for at in sorted(self._chords)))

    def add(self, cursor: Cursor, filled: NDArray[np.bool_], first: int, last: int) -> None:
        """Add what a cursor decoded into the filled cells (B, P + 1) of bars `first` to `last` (exclusive)."""
        for lane, bar, note in self._decoded(cursor, first):
            if filled[bar, lane]:
                insort(self._notes[lane - 1], note, key=_start)
        if filled[:, 0].any():
            for chord in cursor.score().chords:
                bar, begin = self._locate(cursor, first, chord.start // vocabulary.UNIT + cursor.bars[0].place)
                if filled[bar, 0]:
                    self._chords[begin] = replace(chord, start=begin)
        self._touched = (first, last)

    def bar_notes(
        self, cursor: Cursor, filled: NDArray[np.bool_], first: int, bar: int
    ) -> tuple[tuple[int, Note], ...]:
        """Part index and note of each note that a cursor decoded into the filled cells of its `bar`-th bar."""
        begin = cursor.bars[bar].start
        notes = self._decoded(cursor, first, begin, begin + cursor.bars[bar].length)
        return tuple((lane - 1, note) for lane, number, note in notes if filled[number, lane])

    def _decoded(self, cursor: Cursor, first: int, begin: int = 0, end: int = 2**62) -> Iterator[tuple[int, int, Note]]:
        """Lane, bar and note of each note that a cursor decoded from bar `first` on, within its times."""
        for lane, notes in enumerate(cursor.notes, 1):
            for start, steps, pitch, velocity in notes:
                if begin <= start < end:
                    bar, tick = self._locate(cursor, first, start)
                    yield lane, bar, Note(tick, steps * vocabulary.UNIT, pitch, velocity)

    def _locate(self, cursor: Cursor, first: int, time: int) -> tuple[int, int]:
        """Bar of the piece, and tick, of a cursor's time."""
        bar = bisect_right(cursor.bars, time, key=_start_of_bar) - 1
        place = int(self._cells["bars"][first + bar, BAR_PLACE])
        return first + bar, int(self._cells["ticks"][first + bar]) + (
            time - cursor.bars[bar].start - place
        ) * vocabulary.UNIT

    def _encode(self, first: int, last: int) -> None:
        """Re-encode some bars, and the next, to which rounding may have moved a note."""
        count, lanes = events.grid_shape(self._cells)
        last = min(last + 1, count)
        ticks = self._cells["ticks"]
        begin = int(ticks[max(first - 1, 0)])
        stop = int(ticks[last]) if last < count else 2**62
        parts = tuple(
            replace(
                part, notes=tuple(notes[bisect_left(notes, begin, key=_start) : bisect_left(notes, stop, key=_start)])
            )
            for part, notes in zip(self._given.parts, self._notes, strict=True)
        )
        chords = tuple(self._chords[at] for at in sorted(self._chords) if begin <= at < stop)
        changed = replace(self._given, parts=parts, chords=chords)
        fresh = events.prepare(changed, self._style, is_compact=self._is_compact)
        old, new = self._cells["borders"], fresh["borders"]
        top, end = first * lanes, last * lanes
        size = new[end] - new[top]
        borders = [old[:top], new[top:end] - new[top] + old[top], old[end:] - old[end] + old[top] + size]
        spliced = {
            name: np.concatenate(
                [self._cells[name][: old[top]], fresh[name][new[top] : new[end]], self._cells[name][old[end] :]]
            )
            for name in ("tokens", "time", "place")
        }
        self._cells = self._cells | spliced | {"borders": np.concatenate(borders)}


def _start(note: Note) -> int:
    return note.start


def _start_of_bar(bar: BarState) -> int:
    return bar.start
