"""Notes to zones: whether a note is held or dies away, where it loops, and which keys play it.

A note that is held loops where it is steady. One that dies away is played to its end; where it still sounds there, its
fall is made even, it loops, and the volume envelope falls for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from firmus.render.multisample import looping, shifting, zones
from firmus.render.multisample.zones import HELD, Zone

Wave = npt.NDArray[np.float32]

RATE = 44_100
HOP = 441
SMOOTH = 5  # hops
HELD_DECIBELS = 12.0  # below the peak: as far as a note is held, if it is
STEADY_DECIBELS = 7.0  # that a held note falls at most
INAUDIBLE_DECIBELS = 55.0  # below the peak, where a note that dies away is cut
LEAST_HELD_SECONDS = 0.25
STRUCK_FALL, STRUCK_SECONDS = 2.5, 0.06  # decibels a second, and seconds to the top, of what is struck or plucked
DAMPED_SHARE = 0.25  # of the time in which a note would have died away: what ends sooner was damped
LOWEST, HIGHEST = 21, 108  # keys of a piano
STEP, REACH = 6, 24  # semitones between the roots, and farthest from a recorded one
MOST_LAYERS = 4  # velocities


@dataclass(frozen=True, slots=True)
class Note:
    """One note that was recorded: its sound, 44,100 frames a second from its onset on, and its pitch.

    Parameters
    ----------
    wave : float32 array (frames,)
    key : float
        MIDI number; a fraction is what it is out of tune.
    """

    wave: Wave = field(repr=False)
    key: float

    @property
    def hertz(self) -> float:
        """Its pitch."""
        return float(440 * 2 ** ((self.key - 69) / 12))

    @property
    def root(self) -> int:
        """The key nearest to it."""
        return int(np.clip(round(self.key), 0, 127))


@dataclass(frozen=True, slots=True)
class Course:
    """How the level of a note goes: seconds of its attack and of its end, fall a second, and what that means."""

    attack: float
    end: float
    fall: float
    is_held: bool
    is_cut: bool  # dies away, and was cut off or damped before it had

    def faster(self, ratio: float) -> Course:
        """The same of a note that is played faster."""
        return replace(self, attack=self.attack / ratio, end=self.end / ratio, fall=self.fall * ratio)


def zones_of(notes: Sequence[Note], is_pitched: bool = True) -> tuple[Zone, ...]:
    """Zones over all keys of some notes, at each root the softer first.

    Keys far from any recorded one are played by recordings that were transposed with their colour kept, every six
    semitones, as far as two octaves; where there is no pitch, all by one.
    """
    layers: dict[int, list[Note]] = {}
    for note in sorted(notes, key=lambda note: float(np.abs(note.wave).max())):
        layers.setdefault(note.root, []).append(note)
    if not is_pitched:
        return zones.levelled([_zone(notes[0].wave, notes[0], 0.0, False)])
    made = []
    for root in _roots(sorted(layers)):
        nearest = min(layers, key=lambda each: (abs(each - root), -each))
        some = layers[nearest]
        chosen = [some[place] for place in np.unique(np.linspace(0, len(some) - 1, MOST_LAYERS).astype(int))]
        for note in chosen if root == nearest else chosen[-1:]:
            moved = note.wave if root == nearest else shifting.shifted(note.wave, RATE, note.hertz, root - nearest)
            made.append(_zone(moved, note, root - nearest, True))
    return zones.spread(zones.levelled(made))


def _roots(recorded: list[int]) -> list[int]:
    """Recorded roots, and between and about them some at every six semitones."""
    roots = set(recorded)
    for low, high in pairwise(recorded):
        count = round((high - low) / STEP)
        roots |= {round(low + (high - low) * part / count) for part in range(1, count)}
    roots |= set(range(recorded[0], max(recorded[0] - REACH, LOWEST) - 1, -STEP))
    roots |= set(range(recorded[-1], min(recorded[-1] + REACH, HIGHEST) + 1, STEP))
    return sorted(roots)


def _zone(wave: Wave, note: Note, moved: float, is_pitched: bool) -> Zone:
    """A zone of a note's sound, which was moved by so many semitones."""
    course = course_of(note.wave).faster(2 ** (moved / 12))
    tune = 100.0 * (note.root - note.key) if is_pitched else 0.0
    root = int(note.root + moved)
    wave = _faded(wave, course)
    if not is_pitched or (not course.is_held and not course.is_cut):
        return Zone(wave, RATE, root, tune)
    hertz = note.hertz * 2 ** (moved / 12)
    first = course.attack + 0.12 if course.is_held else course.attack + 0.5 * (course.end - course.attack)
    level = _even(wave, first, course.fall)
    found = looping.looped(level, RATE, hertz, first, course.end - (0.06 if course.is_held else 0.02))
    if found is None:
        return Zone(wave, RATE, root, tune)
    cut, loop = found
    envelope = HELD
    if not course.is_held:
        fall = max(course.fall, 3.0)
        envelope = replace(HELD, hold=max(first, 0.01), decay=min(100.0 / fall, 40.0), sustain=1000.0)
    return Zone(cut, RATE, root, tune, loop, envelope)


def course_of(wave: Wave) -> Course:
    """How the level of a note goes."""
    power = (wave[: len(wave) // HOP * HOP].reshape(-1, HOP).astype(np.float64) ** 2).mean(axis=1)
    if not len(power):
        power = np.array([float((wave.astype(np.float64) ** 2).mean())])
    smooth = np.convolve(np.pad(power, SMOOTH // 2, mode="edge"), np.ones(SMOOTH) / SMOOTH, "valid")
    levels = 10 * np.log10(np.maximum(smooth, 1e-14))
    top = float(levels.max())
    attack = int(np.argmax(levels >= top - 3))
    held = int(np.flatnonzero(levels >= top - HELD_DECIBELS)[-1])
    fall = _slope(levels[attack : attack + max(round(0.9 * (held - attack)), 2)])
    length = (held - attack) * HOP / RATE
    is_struck = fall > STRUCK_FALL and attack * HOP / RATE < STRUCK_SECONDS
    if length >= LEAST_HELD_SECONDS and fall * length < STEADY_DECIBELS and not is_struck:
        return Course(attack * HOP / RATE, held * HOP / RATE, fall, True, False)
    audible = int(np.flatnonzero(levels >= top - INAUDIBLE_DECIBELS)[-1])
    left = (INAUDIBLE_DECIBELS - HELD_DECIBELS) / max(fall, 1.0)  # seconds that it would have gone on
    if length >= LEAST_HELD_SECONDS and (audible - held) * HOP / RATE < DAMPED_SHARE * left:
        return Course(attack * HOP / RATE, held * HOP / RATE, fall, False, True)
    is_cut = audible >= len(levels) - 4 and float(levels[max(audible - 4, attack) : audible + 1].mean()) > top - 40
    if is_cut:
        fall = _slope(levels[(attack + audible) // 2 : audible + 1])
    return Course(attack * HOP / RATE, min((audible + 1) * HOP, len(wave)) / RATE, fall, False, is_cut)


def _slope(levels: npt.NDArray[np.float64]) -> float:
    """Decibels that a level falls in a second."""
    if len(levels) < 3:
        return 0.0
    return float(-np.polyfit(np.arange(len(levels)) * HOP / RATE, levels, 1)[0])


def _even(wave: Wave, first: float, fall: float) -> Wave:
    """A sound that falls no more from some second on."""
    times = np.maximum(np.arange(len(wave)) / RATE - first, 0)
    return wave * (10 ** np.clip(fall * times / 20, -2, 3)).astype(np.float32)


def _faded(wave: Wave, course: Course) -> Wave:
    """As far as it sounds, from silence, and, of what dies away, to silence."""
    wave = wave.copy() if course.is_held else wave[: round(course.end * RATE)].copy()
    edge = min(32, len(wave))
    wave[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    last = min(round(0.03 * RATE), len(wave))
    if not course.is_cut:
        wave[len(wave) - last :] *= np.linspace(1, 0, last, dtype=np.float32)
    return wave
