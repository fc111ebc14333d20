"""Rules over events: which tokens may come next, so that what is composed cannot break them.

Grammar (a place is followed by a note, a bar by the next), exactly the open cells, each part within its range
and, where asked, one note at a time; no note past the end or into what is given after it; and, where strict,
only notes of the key, and of the chord on strong beats. Where a rule leaves no note at some place, the place
itself is not allowed, so no dead end can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmus.tokens import _vocabulary as v
from firmus.tokens._cursor import ALL, DRUM_STEPS, Cursor

EVERY_PITCH = np.ones(128, bool)
_STEPS = np.array(v.DURATIONS)


@dataclass(frozen=True, slots=True)
class PartRules:
    """Rules of one part.

    Parameters
    ----------
    low, high : int
        Lowest and highest pitch.
    monophonic : bool
        One note at a time.
    no_rests : bool
        A bar that is open cannot stay silent.
    """

    low: int = 0
    high: int = 127
    monophonic: bool = False
    no_rests: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of a piece.

    Parameters
    ----------
    parts : tuple of PartRules
    scale : frozenset of int, optional
        Pitch classes that alone are allowed.
    chords : tuple of (int, frozenset of int)
        Time (steps) and pitch classes of each chord, in order; the notes that sound on a strong beat are held
        to them.
    beat : int
        Steps from one strong beat to the next, counted in each bar.
    final : tuple of frozenset of int
        Of each part, the pitch classes on one of which it holds the last beat of the piece. Empty where it is free.
    """

    parts: tuple[PartRules, ...]
    scale: frozenset[int] | None = None
    chords: tuple[tuple[int, frozenset[int]], ...] = ()
    beat: int = v.QUARTER
    final: tuple[frozenset[int], ...] = ()


@dataclass
class Grammar:
    """The tokens allowed after what a cursor has read; the cursor stands at ``FILL`` or after it."""

    cursor: Cursor
    rules: Rules
    given: list[list[tuple[int, int]]] = field(init=False)  # (start, end) of each part's given notes, in order
    _allowed: NDArray[np.bool_] = field(init=False)
    _pitches: list[NDArray[np.bool_]] = field(init=False)

    def __post_init__(self) -> None:
        self.given = [sorted((start, start + steps) for start, steps, *_ in notes) for notes in self.cursor.notes]
        self._allowed = np.zeros(v.VOCABULARY, bool)
        classes = np.arange(128) % 12
        in_scale = EVERY_PITCH if self.rules.scale is None else np.isin(classes, list(self.rules.scale))
        self._pitches = [
            in_scale & (np.arange(128) >= part.low) & (np.arange(128) <= part.high) for part in self.rules.parts
        ]

    def allowed(self) -> NDArray[np.bool_]:
        """Mask (V,) of the tokens that may come next; the same array is used again."""
        mask, family = self._allowed, self.cursor.family
        mask[:] = False
        if self.cursor.bar < 0:
            mask[v.BAR] = True
        elif family in (v.FAMILY["PLACE"], v.FAMILY["VELOCITY"]):
            self._sound(mask, family)
        elif family == v.FAMILY["PITCH"]:
            self._duration(mask)
        else:
            self._onward(mask, family)
        return mask

    def _sound(self, mask: NDArray[np.bool_], family: int) -> None:
        """After a place: a chord symbol, a drum, or a velocity and a pitch."""
        cursor = self.cursor
        if cursor.lane == 0:
            mask[v.CHORD : v.CHORD + v.size("CHORD")] = True
            return
        if family == v.FAMILY["PLACE"]:
            mask[v.VELOCITY : v.VELOCITY + v.size("VELOCITY")] = True
        self._notes(mask)

    def _pitches_at(self, lane: int, time: int, above: int = -1) -> NDArray[np.bool_]:
        """Pitches (128,) that a part may sound at a time; in chords, only those above the last."""
        pitches = self._pitches[lane - 1]
        chord = self._chord(time)
        if chord is not None and (time - self._bar_start(time)) % self.rules.beat == 0:
            pitches = pitches & np.isin(np.arange(128) % 12, list(chord))
        if above >= 0:
            pitches = pitches & (np.arange(128) > above)
        if time >= self._closing() and self._final(lane):
            pitches = pitches & np.isin(np.arange(128) % 12, list(self._final(lane)))
        return pitches

    def _end(self) -> int:
        return self.cursor.bars[-1].start + self.cursor.bars[-1].length

    def _closing(self) -> int:
        """Time of the last beat, which final notes hold."""
        return max(self._end() - self.rules.beat, self.cursor.bars[-1].start)

    def _final(self, lane: int) -> frozenset[int]:
        """Pitch classes on which a part must end the piece, where it must and the end is told here."""
        return self.rules.final[lane - 1] if self.rules.final and 0 < lane <= len(self.rules.final) else frozenset()

    def _chord(self, time: int) -> frozenset[int] | None:
        holding = [tones for start, tones in self.rules.chords if start <= time]
        return holding[-1] if holding and holding[-1] else None

    def _bar_start(self, time: int) -> int:
        for bar in reversed(self.cursor.bars):
            if bar.start <= time:
                return bar.start
        return 0

    def _duration(self, mask: NDArray[np.bool_]) -> None:
        """Durations that end with the piece at the latest, and before what is given or another chord."""
        cursor = self.cursor
        start = cursor.bars[cursor.bar].start + cursor.place
        end, final = self._end(), self._final(cursor.lane)
        most = end - start
        if final and cursor.pitch % 12 not in final:
            most = self._closing() - start  # a final note follows
        if self.rules.parts[cursor.lane - 1].monophonic:
            following = [begin for begin, _ in self.given[cursor.lane - 1] if begin > start]
            most = min([most, *(begin - start for begin in following[:1])])
        for begin, tones in self.rules.chords:
            if begin > start and tones and cursor.pitch % 12 not in tones:
                most = min(most, begin - start)
                break
        if self._chord(start) is not None and cursor.pitch % 12 not in (self._chord(start) or ()):
            beat = self.rules.beat
            most = min(most, beat - (start - self._bar_start(start)) % beat)
        fits = most >= _STEPS
        if final:
            fits &= (start + _STEPS <= self._closing()) | (start + _STEPS == end)
        mask[v.DURATION : v.DURATION + len(_STEPS)] = fits

    def _onward(self, mask: NDArray[np.bool_], family: int) -> None:
        """More at this place, a later place in this cell, another part, another bar, or the end."""
        cursor = self.cursor
        if cursor.lane >= 0:
            self._places(mask, cursor.lane, cursor.place + 1)
            if cursor.place >= 0:
                self._more_here(mask, family)
        if cursor.lane >= 0 and (cursor.place < 0 or self._unfinished(cursor.lane)):
            return  # a cell that is begun is not left empty, nor the last one before the end
        lanes = [lane for lane in self._open_lanes() if lane > cursor.lane]
        for lane in lanes:
            if self._has_room(lane):
                mask[v.PART + lane] = True
                if self._must_sound(lane):
                    return
        if cursor.lane >= 0 or not mask.any():
            later = any(bar.open for bar in cursor.bars[cursor.bar + 1 :])
            mask[v.BAR if later else v.END] = True

    def _unfinished(self, lane: int) -> bool:
        """Whether the part stands in the last bar and has not yet sounded to its end, as it must."""
        last = self.cursor.bar == len(self.cursor.bars) - 1
        return last and bool(self._final(lane)) and self._busy_until(lane, self._end()) < self._end()

    def _more_here(self, mask: NDArray[np.bool_], family: int) -> None:
        """Another note of a chord, another drum, or the bass of a chord symbol."""
        cursor = self.cursor
        if cursor.lane == 0:
            if family == v.FAMILY["CHORD"] and cursor.chords[cursor.time][0] != len(v.CHORDS):
                mask[v.BASS : v.BASS + 12] = True
        elif cursor.programs[cursor.lane - 1] == v.DRUMS or not self.rules.parts[cursor.lane - 1].monophonic:
            self._notes(mask)

    def _notes(self, mask: NDArray[np.bool_]) -> None:
        """Drums or pitches at this place, above the last one told here."""
        cursor = self.cursor
        time = cursor.bars[cursor.bar].start + cursor.place
        if cursor.programs[cursor.lane - 1] != v.DRUMS:
            mask[v.PITCH : v.PITCH + 128] = self._pitches_at(cursor.lane, time, cursor.pitch)
        elif time + DRUM_STEPS <= cursor.bars[-1].start + cursor.bars[-1].length:
            mask[v.DRUM + cursor.pitch + 1 : v.DRUM + 128] = True

    def _open_lanes(self) -> list[int]:
        opened = self.cursor.bars[self.cursor.bar].open
        first = 0 if self.cursor.has_lane else 1
        return list(range(first, len(self.cursor.programs) + 1)) if opened == [ALL] else sorted(opened)

    def _must_sound(self, lane: int) -> bool:
        """Whether a part may not stay silent in this bar."""
        return lane > 0 and self.rules.parts[lane - 1].no_rests

    def _has_room(self, lane: int) -> bool:
        trial = np.zeros(v.VOCABULARY, bool)
        self._places(trial, lane, 0)
        return bool(trial.any())

    def _places(self, mask: NDArray[np.bool_], lane: int, earliest: int) -> None:
        """Places from the earliest on where something may begin."""
        cursor = self.cursor
        bar = cursor.bars[cursor.bar]
        first, last = max(earliest, bar.place), bar.length
        if lane > 0 and self.rules.parts[lane - 1].monophonic:
            first = max(first, self._busy_until(lane, bar.start + bar.length) - bar.start)
        if self._final(lane):
            last = min(last, self._closing() - bar.start + 1)
        if first >= last:
            return
        if lane > 0 and cursor.programs[lane - 1] == v.DRUMS:  # a drum sounds for a sixteenth, within the piece
            last = min(last, cursor.bars[-1].start + cursor.bars[-1].length - DRUM_STEPS - bar.start + 1)
        mask[v.PLACE + first : v.PLACE + last] = True
        if lane > 0 and self.rules.chords and cursor.programs[lane - 1] != v.DRUMS:
            for place in range(first, last):
                mask[v.PLACE + place] = self._pitches_at(lane, bar.start + place).any()

    def _busy_until(self, lane: int, before: int) -> int:
        """Latest end of the part's notes that begin before a time."""
        composed = self.cursor.notes[lane - 1]
        ends = [start + steps for start, steps, *_ in composed if start < before]
        return max(ends, default=0)
