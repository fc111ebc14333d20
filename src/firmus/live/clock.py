"""Beats against seconds, following a player.

What it is
    A phase-locked loop of second order: an onset near a beat pulls the beats (phase) and their length (period) towards
    it. The first onsets are fitted by the tempo near the expected one whose beats and half beats they meet best. With
    MIDI clock the last pulses' regular spacing is the tempo, and the pulses are the beats.
Paper
    E. W. Large & J. F. Kolen, *Resonance and the Perception of Musical Meter*, Connection Science 6 (1994): adaptation
    of phase and period within a window around the expected beat, so that what lies off the beat changes nothing.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from firmus.errors import InvalidBrief
from firmus.score import TICKS_PER_QUARTER

SLOWEST, FASTEST = 30.0, 300.0  # quarter notes a minute that are followed
PHASE, PERIOD = 0.25, 0.06  # share of an error by which the beats and their length are corrected
WINDOW = 0.22  # of a beat, around it, in which an onset is on the beat; half as much around its half
FITTED = (4, 10)  # onsets, from which and up to which the tempo is fitted to all of them
CANDIDATES = np.geomspace(1 / 1.5, 1.5, 161)  # of tempi, against the expected one
SPREAD = 0.35  # octaves: standard deviation of tempi around the expected one
FARTHEST = 1.6  # times the first tempo, up or down: beyond it a metrical level would be taken for another
PULSES = 24  # of MIDI clock, a quarter note
FEWEST_PULSES = 6  # from which the tempo is known
SILENCE = 1.0  # seconds without a pulse, after which a MIDI clock has stopped


class Clock:
    """Ticks of a time in seconds, and the other way.

    Parameters
    ----------
    bpm : float
        Quarter notes a minute at the beginning, 30 to 300.
    beat : int
        Ticks of a beat of the meter.
    start : float
        Seconds at tick 0.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> clock = Clock(120)
    >>> clock.tick(0.5), clock.seconds(960)
    (480.0, 1.0)
    >>> for beat in range(1, 17):
    ...     clock.follow(beat * 0.48)
    >>> round(clock.bpm)
    125
    """

    def __init__(self, bpm: float, beat: int = TICKS_PER_QUARTER, start: float = 0.0) -> None:
        self.bpm = self.first_bpm = _followable(bpm)
        self.beat = beat
        self.is_steady = False  # whether the tempo stays, whatever is played
        self._seconds, self._tick = start, 0.0  # a moment at which both are known
        self._onsets: list[float] = []  # the first ones
        self._pulses: deque[float] = deque(maxlen=PULSES + 1)
        self._count = 0

    def tick(self, seconds: float) -> float:
        """Ticks at a time."""
        return self._tick + (seconds - self._seconds) * self.bpm * TICKS_PER_QUARTER / 60

    def seconds(self, tick: float) -> float:
        """Time of a tick, if the tempo stays."""
        return self._seconds + (tick - self._tick) * 60 / (self.bpm * TICKS_PER_QUARTER)

    @property
    def is_led(self) -> bool:
        """Whether a MIDI clock leads."""
        return bool(self._pulses)

    def follow(self, seconds: float) -> None:
        """Follow an onset of the player."""
        if self.is_led or self.is_steady:
            return
        if len(self._onsets) < FITTED[1]:
            self._onsets.append(seconds)
            if len(self._onsets) >= FITTED[0]:
                self._fit()
            return
        tick = self.tick(seconds)
        half = self.beat / 2
        error = tick - round(tick / half) * half
        on_beat = round(tick / half) % 2 == 0
        window = WINDOW * self.beat / (1 if on_beat else 2)
        if abs(error) > window:
            return
        weight = (1 - abs(error) / window) * (1 if on_beat else 0.5)
        slower = 1 + PERIOD * weight * error / self.beat * 4  # the onset is late: beats are longer
        self._anchor(seconds, tick - PHASE * weight * error)
        self.bpm = min(max(self.bpm / slower, self._bound(1 / FARTHEST)), self._bound(FARTHEST))

    def pulse(self, seconds: float) -> bool:
        """Follow a pulse of MIDI clock, of which 24 are a quarter note; False where their tempo cannot be followed."""
        if self._pulses and seconds - self._pulses[-1] > SILENCE:
            self.lose()
        if not self._pulses:
            self._count = round(self.tick(seconds) * PULSES / TICKS_PER_QUARTER)
        else:
            self._count += 1
        self._pulses.append(seconds)
        if len(self._pulses) < FEWEST_PULSES:
            return True
        length = (self._pulses[-1] - self._pulses[0]) / (len(self._pulses) - 1)
        bpm = 60 / (length * PULSES) if length > 0 else float("inf")
        if not SLOWEST <= bpm <= FASTEST:
            return False
        expected = self._count * TICKS_PER_QUARTER / PULSES
        tick = self.tick(seconds)
        self._anchor(seconds, tick + PHASE * (expected - tick))
        self.bpm = bpm
        return True

    def is_lost(self, seconds: float) -> bool:
        """Whether the MIDI clock that led has stopped without saying so."""
        return self.is_led and seconds - self._pulses[-1] > SILENCE

    def lose(self) -> None:
        """Go on without the MIDI clock, in its last tempo."""
        self._pulses.clear()
        self.first_bpm = self.bpm

    def change(self, seconds: float, bpm: float) -> None:
        """Go on in another tempo from a time on.

        Raises
        ------
        InvalidBrief
            Where it is not one of 30 to 300 quarter notes a minute.
        """
        self._anchor(seconds, self.tick(seconds))
        self.bpm = self.first_bpm = _followable(bpm)
        self._onsets.clear()

    def restart(self, seconds: float, tick: int = 0) -> None:
        """Begin at a tick, the tempo of the first onsets being open again."""
        self._anchor(seconds, float(tick))
        self._pulses.clear()
        self._onsets.clear()

    def _fit(self) -> None:
        """Take the tempo that fits the first onsets best, if the first of them is on a beat."""
        passed = np.array(self._onsets) - self._onsets[0]
        bpm = self.first_bpm * CANDIDATES
        beats = passed[:, None] * bpm / 60 * TICKS_PER_QUARTER / self.beat
        met = np.cos(2 * np.pi * beats) + np.cos(4 * np.pi * beats) + 0.5 * np.cos(8 * np.pi * beats)
        near = np.log2(CANDIDATES) ** 2 / (2 * SPREAD**2)
        first = round(self.tick(self._onsets[0]) / (self.beat / 2)) * self.beat / 2
        self._anchor(self._onsets[0], first)
        self.bpm = float(np.clip(bpm[np.argmax(met.mean(axis=0) - near)], SLOWEST, FASTEST))

    def _anchor(self, seconds: float, tick: float) -> None:
        self._seconds, self._tick = seconds, tick

    def _bound(self, factor: float) -> float:
        return min(max(self.first_bpm * factor, SLOWEST), FASTEST)


def _followable(bpm: float) -> float:
    if not SLOWEST <= bpm <= FASTEST:
        raise InvalidBrief(f"tempo {bpm:g}: {SLOWEST:g} to {FASTEST:g} quarter notes a minute can be followed")
    return float(bpm)
