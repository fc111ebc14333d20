"""Transcription of one voice: its fundamental frequency in each frame (pYIN), and its notes.

Source: M. Mauch & S. Dixon, pYIN: A Fundamental Frequency Estimator Using Probabilistic Threshold Distributions,
ICASSP 2014, as implemented by librosa; notes after M. Mauch et al., Computer-aided Melody Note Transcription Using
the Tony Software, TENOR 2015: a path through pitches and silence with a penalty for changes, so that vibrato and slides
stay within a note; a rise of the level within a note begins another. A note's pitch is the median of its middle.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from firmus.analysis.transcribe import DetectedNote
from firmus.errors import FirmusError

RATE, HOP, FRAME = 16_000, 160, 1_024
LOWEST, HIGHEST = 36, 96  # MIDI: C2 to C7
CHANGE = 2.5  # penalty for leaving a note or silence, in frames that fit badly
WIDE = 0.5  # semitones of vibrato that fit as well as none
SHORTEST_SECONDS = 0.06
RISE_DECIBELS = 5.0  # by which a sound rises within a note that is struck anew,
WAVERS = 6.0  # and as a multiple of its median fluctuation in that note
SPAN = 8  # frames within which it rises
SLOW_SECONDS = 0.1  # of a change from note to note, which counts to the later one
EXTRA = "one voice is transcribed by librosa: pip install 'firmus[audio]'"
Floats = NDArray[np.float64]


def notes(samples: NDArray[np.float32]) -> list[DetectedNote]:
    """Notes of one voice.

    Parameters
    ----------
    samples : float32 array (N,)
        At 16,000 a second.

    Raises
    ------
    FirmusError
        Where librosa is not installed.
    """
    pitch, voiced, power = track(samples)
    if not np.isfinite(pitch).any():
        return []
    offset = tuning(pitch)
    path = _path(pitch - offset, voiced)
    starts = _onsets(path, power)
    result: list[DetectedNote] = []
    for first, last in zip(starts, [*starts[1:], len(path)], strict=True):
        if path[first] < 0:
            continue
        last = first + int(np.argmin(np.append(path[first:last] == path[first], False)))
        if (last - first) * HOP / RATE < SHORTEST_SECONDS:
            continue
        trim = (last - first) // 5
        middle = (pitch - offset)[first + trim : last - trim]
        sung = middle[np.isfinite(middle)]
        if not len(sung):
            continue
        loud = float(np.clip(100 + 1.2 * (power[first:last].max() - power.max()), 20, 110))
        confidence = float(np.nan_to_num(voiced[first:last]).mean())
        if result and 0 < first * HOP / RATE - result[-1].end < SLOW_SECONDS:
            first = round(result[-1].end * RATE / HOP)
        result.append(
            DetectedNote(first * HOP / RATE, last * HOP / RATE, round(float(np.median(sung))), round(loud), confidence)
        )
    return result


def track(samples: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """MIDI pitch (T,), nan where none is sung; chance (T,) that one is; and level (T,) in decibels; each 10 ms."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries that it loads
            import librosa
    except ModuleNotFoundError as error:
        raise FirmusError(EXTRA) from error
    low, high = (440.0 * 2 ** ((key - 69) / 12) for key in (LOWEST - 0.5, HIGHEST + 0.5))
    hertz, is_voiced, chance = librosa.pyin(
        np.asarray(samples, np.float64),
        fmin=low,
        fmax=high,
        sr=RATE,
        frame_length=FRAME,
        hop_length=HOP,
        resolution=0.2,
        fill_na=np.nan,
    )
    pitch = 69 + 12 * np.log2(hertz / 440.0)
    padded = np.pad(np.asarray(samples, np.float64), FRAME // 4)
    rows = np.lib.stride_tricks.sliding_window_view(padded, FRAME // 2)[::HOP][: len(pitch)]
    power = 10 * np.log10((rows**2).mean(axis=1) + 1e-9)
    power = np.pad(power, (0, len(pitch) - len(power)), mode="edge")
    return np.where(is_voiced, pitch, np.nan), chance, power


def tuning(pitch: Floats) -> float:
    """Semitones, -0.5 to 0.5, by which a voice is on the whole above the tuning of 440 Hz.

    Examples
    --------
    >>> round(tuning(np.array([60.2, 62.2, 64.25, np.nan])), 2)
    0.22
    """
    sung = pitch[np.isfinite(pitch)]
    return float(np.angle(np.exp(2j * np.pi * sung).mean()) / (2 * np.pi)) if len(sung) else 0.0


def _path(pitch: Floats, voiced: Floats) -> NDArray[np.int64]:
    """Note (T,) in each frame, -1 for none: the cheapest path (Viterbi), where each change costs the same."""
    keys = np.arange(LOWEST, HIGHEST + 1)
    is_voiced = np.isfinite(pitch)
    distance = np.maximum(np.abs(np.where(is_voiced, pitch, 0.0)[:, None] - keys) - WIDE, 0)
    fit = np.where(is_voiced[:, None], np.minimum(distance, 2.0), 1.0)
    cost = np.concatenate([np.where(is_voiced, 0.9, 0.1)[:, None], fit], axis=1)  # silence first
    costs, backpointers = cost[0].copy(), np.zeros(cost.shape, np.int64)
    states = np.arange(cost.shape[1])
    for frame in range(1, len(cost)):
        best = int(costs.argmin())
        changes = costs[best] + CHANGE < costs
        backpointers[frame] = np.where(changes, best, states)
        costs = np.where(changes, costs[best] + CHANGE, costs) + cost[frame]
    path = np.empty(len(cost), np.int64)
    path[-1] = costs.argmin()
    for frame in range(len(cost) - 1, 0, -1):
        path[frame - 1] = backpointers[frame, path[frame]]
    return np.where(path > 0, path - 1 + LOWEST, -1)


def _onsets(path: NDArray[np.int64], power: Floats) -> list[int]:
    """Frames at which a note or a silence begins: where the path changes, or the level rises within a note.

    A rise counts where it clearly exceeds the usual fluctuation of the level, as in a choir or with vibrato.
    """
    starts = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]
    low = minimum_filter1d(power, SPAN + 1, origin=SPAN // 2, mode="nearest")
    rises = power - low
    onsets = set(starts)
    for first, last in zip(starts, [*starts[1:], len(path)], strict=True):
        if path[first] < 0:
            continue
        inside = rises[first:last]
        threshold = max(RISE_DECIBELS, WAVERS * float(np.median(inside)))
        tops = (
            np.flatnonzero((inside[1:-1] > threshold) & (inside[1:-1] >= inside[:-2]) & (inside[1:-1] > inside[2:])) + 1
        )
        for peak in (first + tops).tolist():
            begin = max(peak - SPAN, first) + int(power[max(peak - SPAN, first) : peak + 1].argmin())
            if all(abs(begin - other) * HOP / RATE >= 2 * SHORTEST_SECONDS for other in onsets) and last - begin > 6:
                onsets.add(begin)
    return sorted(onsets)
