"""Pitch of a recording that holds one note: found without more than numpy, or found to be none.

What it is
    In each of some frames the period at which the sound differs least from itself; the median over the frames, where
    most agree on it.
Paper
    de Cheveigné & Kawahara, *YIN, a Fundamental Frequency Estimator* (2002): equations 6 (difference function) and 8
    (cumulative mean normalised), the absolute threshold of section 2.4, parabolic interpolation of section 2.5.
Conventions
    Samples are mono; pitches are MIDI numbers, which need not be whole, from 28 to 108.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = 40.0, 4200.0  # hertz
THRESHOLD = 0.15
FRAMES = 24
QUIET = 0.05  # of the loudest frame's root mean square, below which a frame does not count
AGREEING = 0.7  # of the frames, within half a semitone of the median


def of_note(samples: NDArray[np.float32], rate: int) -> float:
    """Pitch of a note; 0 where there is no one pitch.

    Examples
    --------
    >>> time = np.arange(24_000) / 24_000
    >>> tone = (np.sin(2 * np.pi * 220 * time) + np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    >>> round(of_note(tone, 24_000), 1)
    57.0
    """
    longest = int(rate / LOWEST) + 2
    size = 2 * longest
    starts = np.linspace(0, max(len(samples) - 2 * size, 0), FRAMES).astype(int)
    frames = np.stack(
        [np.pad(samples[start : start + size], (0, max(size - len(samples[start:]), 0))) for start in starts]
    )
    loudness = np.sqrt((frames.astype(np.float64) ** 2).mean(axis=1))
    periods = np.array([_period(frame, longest, rate / HIGHEST) for frame in frames[loudness > QUIET * loudness.max()]])
    found = periods[periods > 0]
    if len(found) < max(AGREEING * len(periods), 1):
        return 0.0
    pitches = 69 + 12 * np.log2(rate / found / 440)
    middle = float(np.median(pitches))
    return middle if (np.abs(pitches - middle) < 0.5).mean() >= AGREEING else 0.0


def _period(frame: NDArray[np.float32], longest: int, shortest: float) -> float:
    """Period of a frame (2 · longest,) in samples; 0 where it has none."""
    window = frame[:longest].astype(np.float64)
    size = 1 << (3 * longest - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(frame, size) * np.conj(np.fft.rfft(window, size)), size)[:longest]
    powers = np.concatenate([[0.0], np.cumsum(frame.astype(np.float64) ** 2)])
    difference = powers[longest] + (powers[longest : 2 * longest] - powers[:longest]) - 2 * product
    lags = np.arange(1, longest)
    normalised = np.concatenate([[1.0], difference[1:] * lags / np.maximum(np.cumsum(difference[1:]), 1e-12)])
    first = int(shortest)
    below = np.flatnonzero(normalised[first:-1] < THRESHOLD)
    if not len(below):
        return 0.0
    lag = first + int(below[0])
    while lag + 1 < longest - 1 and normalised[lag + 1] < normalised[lag]:
        lag += 1
    left, middle, right = normalised[lag - 1 : lag + 2]
    bend = left - 2 * middle + right
    return lag + (float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend > 1e-12 else 0.0)
