"""Sound to notes in seconds: the network listens in stretches, and notes are read off what it says.

Source: C. Hawthorne et al., *Onsets and Frames* (2018), section 3.1 (a note begins where a key is struck, and lasts as
long as it sounds). Between frames, the moment of a stroke is where a parabola through three chances has its top.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.spectrum import FRAME_SECONDS, KEYS, LOWEST_KEY
from firmus.analysis.transcribe import DetectedNote
from firmus.runtime import listener
from firmus.runtime.weights import Card

MODEL = "transcriber"
STRUCK, SOUNDING = 0.35, 0.6  # chances from which on a key is struck, and sounds
OVERTONES = (12, 19, 24, 28, 31, 34, 36)  # semitones up to them
SURE = 0.6  # chance that it takes where a surer note that begins with it has it as an overtone
TOGETHER = 0.05  # seconds within which two notes begin together
STRETCH, MARGIN = 1_200, 40  # frames the network hears at once, and those on either side that only surround them
SHORTEST = 2  # frames of a note
FAINT = 0.1  # chance below which a key does not count for the profile of pitch classes
GAP = 1  # frames in which a key may fall silent and still sound on
Chances = dict[str, NDArray[np.float32]]


def hear(levels: NDArray[np.uint8], model: str = MODEL, progress: Any = None) -> Chances:
    """Chances (T, 88) that keys are ``struck`` and ``sounding``, and their ``velocity`` from 0 to 1.

    Parameters
    ----------
    levels : uint8 array (T, 291)
        As of `firmus.analysis.spectrum.decibels`.
    model : str
    progress : callable, optional
        Takes a title, frames heard and frames in all.
    """
    network = listener.load(model)
    found: dict[str, list[NDArray[np.float32]]] = {}
    for first in range(0, len(levels), STRETCH):
        before, last = max(first - MARGIN, 0), min(first + STRETCH, len(levels))
        told = network.listen(levels=levels[None, before : last + MARGIN].astype(np.float32) / 255)
        for name, values in told.items():
            found.setdefault(name, []).append(values[0, first - before : last - before])
        if progress:
            progress("transcribe", last, len(levels))
    return {name: np.concatenate(some) for name, some in found.items()}


def profile(chances: Chances) -> list[float]:
    """How long each pitch class sounds, 12 numbers, for `firmus.analysis.keys.of_profile`."""
    sounding = np.where(chances["sounding"] > FAINT, chances["sounding"], 0.0).sum(axis=0)
    shares: list[float] = np.bincount((np.arange(KEYS) + LOWEST_KEY) % 12, sounding, 12).tolist()
    return shares


def notes(chances: Chances, struck: float = STRUCK, sounding: float = SOUNDING) -> list[DetectedNote]:
    """Notes that the chances tell of, in order of their beginning."""
    begin, sound, loud = chances["struck"], chances["sounding"], chances["velocity"]
    wide = np.pad(begin, ((1, 1), (0, 0)))
    is_top = (begin > struck) & (begin >= wide[:-2]) & (begin > wide[2:])
    found = []
    for key in np.flatnonzero(is_top.any(axis=0)).tolist():
        onsets = np.flatnonzero(is_top[:, key])
        silent = np.flatnonzero(np.append(sound[:, key] < sounding, [True] * (GAP + 1)))
        for place, first in enumerate(onsets.tolist()):
            bound = int(onsets[place + 1]) if place + 1 < len(onsets) else len(begin)
            last = min(_end(silent, first), bound)
            last = min(max(last, first + SHORTEST), len(begin))
            at = (first + _top(wide[first : first + 3, key])) * FRAME_SECONDS
            velocity = int(np.clip(round(127 * float(loud[first, key])), 1, 127))
            found.append(
                DetectedNote(max(at, 0.0), last * FRAME_SECONDS, LOWEST_KEY + key, velocity, float(begin[first, key]))
            )
    found.sort(key=lambda note: (note.start, note.pitch))
    starts = [note.start for note in found]
    return [note for note in found if note.confidence > SURE or not _is_overtone(note, found, starts)]


def _is_overtone(note: DetectedNote, notes: list[DetectedNote], starts: list[float]) -> bool:
    """Whether a surer one of the notes, in order of their `starts`, begins with it and has it as an overtone."""
    near = notes[bisect_left(starts, note.start - TOGETHER) : bisect_right(starts, note.start + TOGETHER)]
    return any(note.pitch - other.pitch in OVERTONES and other.confidence > note.confidence for other in near)


def _end(silent: NDArray[Any], first: int) -> int:
    """First frame after `first` from which on a key is silent for longer than a moment."""
    later = silent[np.searchsorted(silent, first + 1) :]
    for place in range(len(later) - GAP):
        if later[place + GAP] == later[place] + GAP:
            return int(later[place])
    return int(later[-1])


def _top(chances: NDArray[np.float32]) -> float:
    """Where, from -0.5 to 0.5 frames off the middle of three, a parabola through them is highest."""
    left, middle, right = (float(each) for each in chances)
    bend = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend < -1e-9 else 0.0


def card(model: str = MODEL) -> Card:
    """Card of the network that listens."""
    return listener.load(model).card
