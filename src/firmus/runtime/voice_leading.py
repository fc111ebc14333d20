"""Penalties while parts are composed: faults of voice leading, and what models do too often (`calibration`).

A fault is not forbidden: its pitches lose some nats, so that the model takes one where all else is worse. Alone this
makes harmony worse; it goes with chords that are composed first and a lower temperature of pitches (see
``benchmarks/RESULTS.md``).

Source: the rules of four-part writing, after E. Aldwell & C. Schachter, *Harmony and Voice Leading*, chapter 5.
Conventions: parts are in order from the highest to the lowest; times are in steps of 24 to the quarter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.pitch import QUALITIES
from firmus.runtime.calibration import Calibration, role
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

PARALLEL, CROSSING, CLASH, STRANGE = 24.0, 2.0, 5.0, 2.0  # nats
PERFECT = (0, 7)  # semitones of the intervals that may not move in parallel
DISSONANT = (2, 5, 6, 10)  # of those that the outer voices avoid on beats, beside clashes
_PITCHES = np.arange(128)
_CHORDS_WITHOUT = [
    [
        vocabulary.CHORD + place
        for place, (root, quality) in enumerate(vocabulary.CHORDS)
        if (tone - root) % 12 not in QUALITIES[quality]
    ]
    for tone in range(12)
]


class VoiceLeading:
    """Penalties of the next pitch, by what the other parts do.

    Parameters
    ----------
    cursor : Cursor
        Reads the tokens; its notes so far are taken from it.
    lanes : sequence of int
        The parts that are led as voices, from 1, highest first.
    beat : int
        Steps of a beat; clashes and dissonances count on beats.
    dissonance : float
        Nats that a dissonance of the outer voices loses.
    calibration : Calibration, optional
        Nats that every part's steps, chord tones and durations lose.
    """

    def __init__(
        self,
        cursor: Cursor,
        lanes: Sequence[int],
        beat: int,
        dissonance: float = 0.0,
        calibration: Calibration | None = None,
    ) -> None:
        self.cursor, self.lanes, self.beat = cursor, tuple(lanes), beat
        self.dissonance, self.calibration = dissonance, calibration
        count = len(cursor.notes) + 1
        self._count = [0] * count
        self._onsets: list[list[int]] = [[] for _ in range(count)]
        self._notes: list[list[tuple[int, int, int]]] = [[] for _ in range(count)]  # onset, end, pitch

    def penalties(self) -> NDArray[np.float64] | None:
        """Nats (128,) that each pitch loses at the cursor's place; None where none does."""
        lane = self.cursor.lane
        if lane not in self.lanes and not self.calibration:
            return None
        self._take_notes()
        now = self.cursor.bars[self.cursor.bar].start + self.cursor.place
        before = self._before(lane, now)
        result = np.zeros(128)
        if self.calibration:
            own, is_on_beat = role(lane, self.cursor.programs), now % self.beat == 0
            result += self.calibration.of_pitches(own, before, self._chord(now), is_on_beat=is_on_beat)
        for other in self.lanes if lane in self.lanes else ():
            if other == lane:
                continue
            place = bisect_right(self._onsets[other], now) - 1
            if place < 0 or self._notes[other][place][1] <= now:
                continue
            onset, _, pitch = self._notes[other][place]
            interval = np.abs(_PITCHES - pitch) % 12
            if now % self.beat == 0:
                result[(interval == 1) | (interval == 11)] += CLASH
                if {lane, other} == {self.lanes[0], self.lanes[-1]}:
                    over_bass = (_PITCHES - pitch if lane == self.lanes[0] else pitch - _PITCHES) % 12
                    result[np.isin(over_bass, DISSONANT)] += self.dissonance
            is_above = self.lanes.index(other) < self.lanes.index(lane)
            result[pitch < _PITCHES if is_above else pitch > _PITCHES] += CROSSING
            if before is not None and onset == now and place:
                left = self._notes[other][place - 1][2]
                if left != pitch and abs(before - left) % 12 in PERFECT:
                    result[(interval == abs(before - left) % 12) & (before != _PITCHES)] += PARALLEL
        return result

    def durations(self) -> NDArray[np.float64] | None:
        """Nats (D,) that each duration loses at the cursor's place."""
        lane = self.cursor.lane
        if not self.calibration or lane < 1:
            return None
        return self.calibration.of_durations(role(lane, self.cursor.programs))

    def strange_chords(self) -> list[int]:
        """Tokens of the chord symbols that have none of the notes of the highest voice, given at the cursor's place."""
        lane, bar = self.lanes[0] if self.lanes else 0, self.cursor.bars[self.cursor.bar]
        if not lane or self.cursor.lane:
            return []
        self._take_notes()
        now = bar.start + self.cursor.place
        place = bisect_right(self._onsets[lane], now) - 1
        if place < 0 or self._notes[lane][place][1] <= now:
            return []
        return _CHORDS_WITHOUT[self._notes[lane][place][2] % 12]

    def _chord(self, now: int) -> int | None:
        """The chord symbol at a time."""
        starts = [start for start in self.cursor.chords if start <= now]
        kind = self.cursor.chords[max(starts)][0] if starts else len(vocabulary.CHORDS)
        return kind if kind < len(vocabulary.CHORDS) else None

    def _before(self, lane: int, now: int) -> int | None:
        """Pitch that a part leaves."""
        place = bisect_left(self._onsets[lane], now) - 1
        return self._notes[lane][place][2] if place >= 0 else None

    def _take_notes(self) -> None:
        for lane, notes in enumerate(self.cursor.notes, 1):
            for start, steps, pitch, _ in notes[self._count[lane] :]:
                place = bisect_left(self._onsets[lane], start)
                self._onsets[lane].insert(place, start)
                self._notes[lane].insert(place, (start, start + steps, pitch))
            self._count[lane] = len(notes)
