"""Audio to notes in seconds: a network runs on overlapping segments, and notes are decoded from its outputs.

Source: C. Hawthorne et al., *Onsets and Frames* (2018), section 3.1 (a note begins at an onset, and lasts while its
frames are active). Between frames, an onset is at the peak of a parabola through three probabilities.
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
STRUCK, SOUNDING = 0.35, 0.3  # thresholds of the probabilities of an onset, and of an active frame
OVERTONES = (12, 19, 24, 28, 31, 34, 36)  # semitones up to them
SURE = 0.6  # onset probability required of a note that is an overtone of a likelier one
TOGETHER = 0.05  # seconds within which two notes begin together
STRETCH, MARGIN = 1_200, 40  # frames of a segment, and of the context on either side
SHORTEST = 2  # frames of a note
FAINT = 0.1  # probability below which a key does not count in the profile of pitch classes
GAP = 1  # inactive frames that do not end a note
Outputs = dict[str, NDArray[np.float32]]


def predict(levels: NDArray[np.uint8], model: str = MODEL, progress: Any = None) -> Outputs:
    """Probabilities (T, 88) that keys are ``struck`` and ``sounding``, and their ``velocity`` from 0 to 1.

    Parameters
    ----------
    levels : uint8 array (T, 291)
        As of `firmus.analysis.spectrum.decibels`.
    model : str
    progress : callable, optional
        Called with a title, frames done and frames in total.
    """
    network = listener.load(model)
    outputs: dict[str, list[NDArray[np.float32]]] = {}
    for first in range(0, len(levels), STRETCH):
        before, last = max(first - MARGIN, 0), min(first + STRETCH, len(levels))
        segment = network.listen(levels=levels[None, before : last + MARGIN].astype(np.float32) / 255)
        for name, values in segment.items():
            outputs.setdefault(name, []).append(values[0, first - before : last - before])
        if progress:
            progress("transcribe", last, len(levels))
    return {name: np.concatenate(segments) for name, segments in outputs.items()}


def profile(outputs: Outputs) -> list[float]:
    """How long each pitch class sounds, 12 numbers, for `firmus.analysis.keys.of_profile`."""
    sounding = np.where(outputs["sounding"] > FAINT, outputs["sounding"], 0.0).sum(axis=0)
    return np.bincount((np.arange(KEYS) + LOWEST_KEY) % 12, sounding, 12).tolist()


def notes(outputs: Outputs, struck: float = STRUCK, sounding: float = SOUNDING) -> list[DetectedNote]:
    """Notes decoded from the network's outputs, in order of their onsets."""
    begin, sound, loud = outputs["struck"], outputs["sounding"], outputs["velocity"]
    wide = np.pad(begin, ((1, 1), (0, 0)))
    is_top = (begin > struck) & (begin >= wide[:-2]) & (begin > wide[2:])
    candidates = []
    for key in np.flatnonzero(is_top.any(axis=0)).tolist():
        onsets = np.flatnonzero(is_top[:, key])
        silent = np.flatnonzero(np.append(sound[:, key] < sounding, [True] * (GAP + 1)))
        for place, first in enumerate(onsets.tolist()):
            bound = int(onsets[place + 1]) if place + 1 < len(onsets) else len(begin)
            last = min(_end(silent, first), bound)
            last = min(max(last, first + SHORTEST), len(begin))
            at = (first + _peak(wide[first : first + 3, key])) * FRAME_SECONDS
            velocity = int(np.clip(round(127 * float(loud[first, key])), 1, 127))
            candidates.append(
                DetectedNote(max(at, 0.0), last * FRAME_SECONDS, LOWEST_KEY + key, velocity, float(begin[first, key]))
            )
    candidates.sort(key=lambda note: (note.start, note.pitch))
    starts = [note.start for note in candidates]
    return [note for note in candidates if note.confidence > SURE or not _is_overtone(note, candidates, starts)]


def _is_overtone(note: DetectedNote, notes: list[DetectedNote], starts: list[float]) -> bool:
    """Whether a likelier one of the notes, in order of their `starts`, begins with it and has it as an overtone."""
    near = notes[bisect_left(starts, note.start - TOGETHER) : bisect_right(starts, note.start + TOGETHER)]
    return any(note.pitch - other.pitch in OVERTONES and other.confidence > note.confidence for other in near)


def _end(silent: NDArray[Any], first: int) -> int:
    """First frame after `first` from which on a key is inactive for more than `GAP` frames."""
    later = silent[np.searchsorted(silent, first + 1) :]
    for place in range(len(later) - GAP):
        if later[place + GAP] == later[place] + GAP:
            return int(later[place])
    return int(later[-1])


def _peak(values: NDArray[np.float32]) -> float:
    """Peak of a parabola through three values, from -0.5 to 0.5 frames off the middle one."""
    left, middle, right = (float(each) for each in values)
    bend = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend < -1e-9 else 0.0


def card(model: str = MODEL) -> Card:
    """Card of the transcription network."""
    return listener.load(model).card
