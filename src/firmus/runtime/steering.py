"""Steering: guidance during sampling; the music is measured while it is composed, and logits are tilted to a target.

Control tokens condition the model on what is requested; steering corrects the deviation. The next token x is drawn from

    p'(x) ∝ p(x) exp(θ f(x)),

the distribution nearest to the model's (in Kullback-Leibler divergence) that has another mean of f (exponential
tilting; I. Csiszár 1975). θ starts at 0 and is updated by stochastic approximation (H. Robbins & S. Monro 1951): after
each bar it moves by the error of the music composed so far. A model that follows its control tokens is hardly changed.

========= ======================= =========================================================================
control   f                       tokens tilted
========= ======================= =========================================================================
density   - ln(gap to the onset)  the next place or the end of the cell; durations in parts of one voice
arousal   the same, and velocity  the same, and velocities
          above the usual one
register  pitch                   pitches, their total probability unchanged
polyphony 1 for a further note,   further notes at a place, further drums, durations
          ln(duration) / 2
valence   major less minor        pitches: the profile of the likeliest major key, less that of the minor
========= ======================= =========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.emotion import LOUDNESS
from firmus.analysis.keys import majorness
from firmus.runtime.constraints import Rules
from firmus.tokens.events import vocabulary
from firmus.tokens.events.controls import key_contrast
from firmus.tokens.events.cursor import Cursor

Logits = NDArray[np.float32]
GAIN = {"density": 2.0, "arousal": 2.0, "polyphony": 2.0, "register": 0.03, "valence": 2.0}  # of θ by an error
MOST = {"density": 6.0, "arousal": 6.0, "polyphony": 6.0, "register": 0.4, "valence": 4.0}  # |θ| at most
WARM_UP, TOTAL_WEIGHT = 4, 0.6  # bars until the error of the whole has its full weight, relative to the last bar's
_LOG_STEPS = np.log(np.array(vocabulary.DURATIONS) / vocabulary.QUARTER)
_LOG_GAPS = np.log(np.arange(1, vocabulary.LONGEST_BAR + 1) / vocabulary.QUARTER)
_PITCHES = np.arange(128)
_PLACES = slice(vocabulary.PLACE, vocabulary.PLACE + vocabulary.LONGEST_BAR)
_PITCH = slice(vocabulary.PITCH, vocabulary.PITCH + 128)
_DRUM = slice(vocabulary.DRUM, vocabulary.DRUM + 128)
_VELOCITY = slice(vocabulary.VELOCITY, vocabulary.VELOCITY + len(vocabulary.VELOCITIES))
_LOUDER = (np.array(vocabulary.VELOCITIES) - vocabulary.USUAL_VELOCITY) / LOUDNESS
_DURATION = slice(vocabulary.DURATION, vocabulary.DURATION + len(vocabulary.DURATIONS))


@dataclass(slots=True)
class _Tally:
    """Counts of what has been composed, as in `firmus.tokens.events.controls.measure`."""

    quarters: float = 0.0
    onsets: int = 0
    notes: int = 0
    steps: int = 0
    pitches: int = 0
    velocity: int = 0
    velocities: int = 0

    def add(self, other: _Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Steering:
    """Tilts the logits of one request, window after window.

    Parameters
    ----------
    targets : mapping of str to float
        By control, in the units in which each is measured.
    rules : Rules
    """

    targets: Mapping[str, float]
    rules: Rules
    tilt: dict[str, float] = field(default_factory=dict)
    so_far: _Tally = field(default_factory=_Tally)
    bar: _Tally = field(default_factory=_Tally)
    classes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(12))
    _last: dict[int, int] = field(default_factory=dict)  # by lane: time of the last onset
    _bpm: float = 120.0

    def window(self) -> None:
        """Begin another window, in which times count from 0."""
        self._last = {}

    def steer(self, logits: Logits, cursor: Cursor) -> Logits:
        """The logits (V,) of the next token, tilted."""
        if not self.targets or cursor.bar < 0:
            return logits
        tilted, family = logits.copy(), cursor.family
        lane = cursor.lane
        if lane > 0:
            is_single = self.rules.parts[lane - 1].monophonic
            if family == vocabulary.FAMILY["PITCH"]:
                theta = self.tilt.get("polyphony", 0.0) / 2 - is_single * self._onset_tilt()
                tilted[_DURATION] += theta * _LOG_STEPS
                if cursor.is_chained:
                    tilted[_PITCH] += self.tilt.get("polyphony", 0.0)
                    self._tilt_pitches(tilted)
                return tilted
            if family not in (vocabulary.FAMILY["PLACE"], vocabulary.FAMILY["VELOCITY"]):
                self._tilt_continuations(tilted, cursor)
            self._tilt_pitches(tilted)
            if family == vocabulary.FAMILY["PLACE"]:
                tilted[_VELOCITY] += self.tilt.get("arousal", 0.0) * _LOUDER
        return tilted

    def _onset_tilt(self) -> float:
        return self.tilt.get("density", 0.0) + self.tilt.get("arousal", 0.0)

    def _tilt_continuations(self, tilted: Logits, cursor: Cursor) -> None:
        """Tilt the continuations of a cell: another note here, a later place, or the end of the cell."""
        theta, bar = self._onset_tilt(), cursor.bars[cursor.bar]
        if theta:
            since = max(0, bar.start - self._last.get(cursor.lane, bar.start - vocabulary.QUARTER // 2))
            before = cursor.onset if cursor.is_chained else cursor.place
            if before >= 0:
                gaps = _LOG_GAPS[np.maximum(np.arange(vocabulary.LONGEST_BAR) - before, 1) - 1]
                left = _LOG_GAPS[max(bar.length - before, 1) - 1]
            else:
                gaps = _LOG_GAPS[np.minimum(np.arange(vocabulary.LONGEST_BAR) + since, vocabulary.LONGEST_BAR) - 1]
                left = _LOG_GAPS[min(bar.length + since, vocabulary.LONGEST_BAR) - 1]
            tilted[_PLACES] -= theta * gaps
            if cursor.is_chained:  # a note that follows on
                following = theta * gaps[min(cursor.place, vocabulary.LONGEST_BAR - 1)]
                tilted[_PITCH] -= following
                tilted[_VELOCITY] -= following
            tilted[vocabulary.PART : vocabulary.PART + vocabulary.MAX_PARTS + 1] -= theta * left
            tilted[[vocabulary.BAR, vocabulary.END]] -= theta * left
        more = self.tilt.get("polyphony", 0.0)
        if cursor.is_chained:
            tilted[vocabulary.PLACE + max(cursor.onset, 0)] += more
            return
        tilted[_PITCH] += more
        tilted[_DRUM] += more

    def _tilt_pitches(self, tilted: Logits) -> None:
        """Tilt pitches to higher or lower, more major or more minor; their total probability stays."""
        theta, mode = self.tilt.get("register", 0.0), self.tilt.get("valence", 0.0)
        if not theta and not mode:
            return
        change = theta * _PITCHES
        if mode:
            change = change + mode * key_contrast(self.classes)[_PITCHES % 12]
        before = tilted[_PITCH].astype(np.float64)
        after = before + change
        tilted[_PITCH] = after - (np.logaddexp.reduce(after) - np.logaddexp.reduce(before))

    def observe(self, token: int, cursor: Cursor) -> None:
        """Count a token that was drawn; the cursor has read it."""
        if not self.targets:
            return
        family = vocabulary.FAMILY_OF[token]
        if family in (vocabulary.FAMILY["BAR"], vocabulary.FAMILY["END"]):
            self._close()
        elif family == vocabulary.FAMILY["PART"]:
            if cursor.lane > 0:
                self.bar.quarters += cursor.bars[cursor.bar].length / vocabulary.QUARTER
                tempi = [bar.tempo for bar in cursor.bars[: cursor.bar + 1] if bar.tempo is not None]
                self._bpm = vocabulary.TEMPI[tempi[-1]] if tempi else 120.0
        elif cursor.lane <= 0:
            return
        elif family == vocabulary.FAMILY["PLACE"] and not cursor.is_chained:
            self.bar.onsets += 1
            self._last[cursor.lane] = cursor.time
        elif family == vocabulary.FAMILY["DURATION"]:
            self._count(cursor)
        elif family == vocabulary.FAMILY["DRUM"]:
            self.bar.notes += 1
        elif family == vocabulary.FAMILY["VELOCITY"]:
            self.bar.velocities += 1
            self.bar.velocity += cursor.velocity

    def _count(self, cursor: Cursor) -> None:
        """Count the notes that a duration completes."""
        for start, steps, pitch, _ in cursor.notes[cursor.lane - 1][-cursor.chord_size :]:
            if cursor.is_chained and self._last.get(cursor.lane) != start:
                self.bar.onsets += 1
                self._last[cursor.lane] = start
            self.bar.notes += 1
            self.bar.steps += steps
            self.bar.pitches += pitch
            self.classes[pitch % 12] += 1

    def _close(self) -> None:
        """At the end of a bar: update every tilt by its error."""
        bar, self.bar = self.bar, _Tally()
        if not bar.onsets:
            return
        self.so_far.add(bar)
        weight = min(self.so_far.quarters / bar.quarters / WARM_UP, 1.0) * TOTAL_WEIGHT
        for name, target in self.targets.items():
            if name in ("register", "valence") and not bar.notes:
                continue
            error = self._error(name, target, bar) + self._error(name, target, self.so_far) * weight
            tilt = self.tilt.get(name, 0.0) + GAIN[name] * error
            self.tilt[name] = float(np.clip(tilt, -MOST[name], MOST[name]))

    def _error(self, name: str, target: float, tally: _Tally) -> float:
        """Error of a tally: relative to the target, in semitones, or in the measure's own units."""
        if name == "valence":
            return target - majorness(self.classes)
        if name == "register":
            return target - tally.pitches / max(tally.notes, 1)
        density = tally.onsets / tally.quarters
        if name == "arousal":
            louder = tally.velocity / tally.velocities - vocabulary.USUAL_VELOCITY if tally.velocities else 0.0
            return _relative(2**target, density * self._bpm / 60 * 2 ** (louder / LOUDNESS))
        if name == "density":
            return _relative(target, density)
        is_drums_alone = not tally.steps
        full = tally.notes / tally.onsets if is_drums_alone else tally.steps / vocabulary.QUARTER / tally.quarters
        return _relative(target, full)


def _relative(target: float, value: float) -> float:
    """Error relative to the target, within ±1.5."""
    return float(np.clip((target - value) / max(target, 1e-3), -1.5, 1.5))
