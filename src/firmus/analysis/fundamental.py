"""The pitch of one steady note, and how surely there is one.

What it is: in windows over the note, the lag at which it is most like itself; the pitch on which most windows agree.
It needs no library of its own, unlike `firmus.analysis.voice`, which follows a melody.

Paper: A. de Cheveigné & H. Kawahara, YIN, a fundamental frequency estimator for speech and music, JASA 111 (2002),
equations 6 (difference), 8 (cumulative mean) and steps 4 and 5 (threshold, parabolic interpolation). The lag is made
finer at its multiples, where the same error counts for less.

Conventions: samples are mono; pitches in hertz, 27 (A0) to 4,500.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWEST, HIGHEST = 27.0, 4500.0
THRESHOLD = 0.12  # of the cumulative mean difference, below which a lag is taken at once
WORST = 0.45  # above which a window has no pitch
AGREED_CENTS = 60.0
LEAST_AGREEING = 0.5  # share of the windows
MOST_WINDOWS = 48
QUIET_DECIBELS = -36.0  # below the loudest window, where nothing is measured


class Fundamental(NamedTuple):
    """A pitch, and the share (0 to 1) of the windows that agree on it."""

    hertz: float
    confidence: float

    @property
    def key(self) -> float:
        """As a MIDI number."""
        return float(69 + 12 * np.log2(self.hertz / 440))


def fundamental(samples: NDArray[np.float32], rate: int) -> Fundamental | None:
    """Pitch of a note; None where there is no steady one.

    Parameters
    ----------
    samples : float32 array (N,)
    rate : int
        Samples a second.

    Examples
    --------
    >>> times = np.arange(22050) / 44100
    >>> tone = sum(np.sin(2 * np.pi * 220 * partial * times) / partial for partial in range(1, 9))
    >>> found = fundamental(tone.astype(np.float32), 44100)
    >>> round(found.hertz, 1), found.confidence
    (220.0, 1.0)
    >>> fundamental(np.random.default_rng(1).standard_normal(22050).astype(np.float32), 44100) is None
    True
    """
    wave: Floats = samples.astype(np.float64)
    size = min(round(0.093 * rate), len(wave) // 2)
    if size < 64:
        return None
    starts = np.unique(np.linspace(0, len(wave) - 2 * size, MOST_WINDOWS).astype(int))
    levels = np.array([float((wave[start : start + 2 * size] ** 2).mean()) for start in starts])
    starts = starts[levels > levels.max() * 10 ** (QUIET_DECIBELS / 10)] if levels.max() > 0 else starts[:0]
    found = np.array([_lag(wave[start : start + 2 * size], rate) for start in starts])
    pitched = found[np.isfinite(found)]
    if not len(pitched):
        return None
    cents = 1200 * np.log2(rate / pitched)
    near = np.abs(cents[:, None] - cents) < AGREED_CENTS
    best = int(near.sum(axis=1).argmax())
    confidence = float(near[best].sum() / len(found))
    if confidence < LEAST_AGREEING:
        return None
    return Fundamental(float(2 ** (np.median(cents[near[best]]) / 1200)), round(confidence, 3))


def _lag(piece: Floats, rate: int) -> float:
    """Period of a window in samples, to a fraction; nan where it has none."""
    size = len(piece) // 2
    shortest, longest = max(int(rate / HIGHEST), 2), min(int(rate / LOWEST), size - 2)
    if longest <= shortest:
        return np.nan
    difference = _difference(piece - piece.mean(), size)
    mean = np.cumsum(difference[1:]) / np.arange(1, size)
    normal = np.concatenate(([1.0], difference[1:] / np.maximum(mean, 1e-12)))
    valleys = np.flatnonzero((normal[1:-1] <= normal[:-2]) & (normal[1:-1] < normal[2:])) + 1
    valleys = valleys[(valleys >= shortest) & (valleys <= longest)]
    if not len(valleys):
        return np.nan
    lowest = float(normal[valleys].min())
    lag = int(valleys[normal[valleys] < max(THRESHOLD, 1.5 * lowest)][0])
    if normal[lag] > WORST:
        return np.nan
    return _finer(difference, lag, size)


def _difference(piece: Floats, size: int) -> Floats:
    """Sum (lags,) of the squared differences between the first half and what is a lag behind it."""
    length = 1 << int(np.ceil(np.log2(len(piece) + size)))
    products = np.fft.irfft(np.conj(np.fft.rfft(piece[:size], length)) * np.fft.rfft(piece, length), length)[:size]
    power = np.concatenate(([0.0], np.cumsum(piece**2)))
    return np.maximum(power[size] + (power[size : 2 * size] - power[:size]) - 2 * products, 0.0)


def _finer(difference: Floats, lag: int, size: int) -> float:
    period = _valley(difference, lag)
    for multiple in (2, 4, 8, 16):
        near = round(multiple * period)
        if near + 2 >= size * 0.9:
            break
        around = np.arange(max(near - 2, 1), near + 3)
        period = _valley(difference, int(around[difference[around].argmin()])) / multiple
    return period


def _valley(difference: Floats, place: int) -> float:
    """Lowest point of the parabola through a valley and its neighbours."""
    before, at, after = difference[place - 1 : place + 2]
    bend = before - 2 * at + after
    offset = 0.5 * (before - after) / bend if bend > 0 else 0.0
    return float(place + min(max(offset, -1.0), 1.0))
