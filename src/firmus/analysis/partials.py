"""Partials and noise of one note whose pitch is known: how strong each is, at times from its onset on.

What it is
    The note is compared with a complex sinusoid at each partial's frequency (a Fourier transform at just these), in
    windows of four periods; its power in bands, evenly spaced in mel, tells what lies between them. From these levels
    the encoder of `firmus.runtime.timbre` finds an instrument, wherever the note lies.
Paper
    Serra & Smith, *Spectral Modeling Synthesis* (1990), for sound as partials and noise; Engel et al., *DDSP* (2020),
    section 4.1, for levels told pitch by pitch. Fletcher (1964) for stretched partials, see `firmus.analysis.additive`.
Conventions
    Samples are mono at `RATE`, from the onset on. Levels are amplitudes (T, K) and (T, N) at the times `TIMES`; after
    the end of the sound they stay as they last were.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import additive

RATE = 24_000
TIMES = np.geomspace(0.008, 2.2, 16)  # seconds from the onset
HARMONICS = 64  # of the features
FEATURES = HARMONICS + additive.BANDS
PERIODS, SHORTEST = 4, 0.012  # of a window, in periods and in seconds
BAND_WINDOW = 512
RANGE_DECIBELS = 80.0
DETUNED, STRETCHED = np.linspace(-40, 40, 33), np.concatenate([[0.0], np.geomspace(2e-5, 4e-3, 23)])
GAIN = 1.03  # by which stretched partials must fit better
Floats = NDArray[np.float32]


def resampled(samples: Floats, rate: int, wanted: int = RATE) -> Floats:
    """Samples at another rate."""
    from scipy.signal import resample_poly

    if rate == wanted:
        return np.asarray(samples, np.float32)
    ratio = Fraction(wanted, rate).limit_denominator(2000)
    return resample_poly(samples, ratio.numerator, ratio.denominator).astype(np.float32)


def onset(samples: Floats, rate: int) -> int:
    """First sample of the note: where it first exceeds a hundredth of its peak, a millisecond earlier."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max(initial=1e-9))
    return max(int(loud[0]) - rate // 1000, 0) if len(loud) else 0


def tuning(samples: Floats, pitch: float) -> tuple[float, float]:
    """Pitch in hertz, within 40 cents of the one named, and stretch B of the partials, by what fits the spectrum best.

    Examples
    --------
    >>> time = np.arange(24_000) / 24_000
    >>> tone = sum(np.sin(2 * np.pi * k * 441 * time) / k for k in range(1, 9)).astype(np.float32)
    >>> hertz, stretch = tuning(tone, 69.0)
    >>> round(hertz), round(stretch, 3)
    (441, 0.0)
    """
    stretch_of = samples[RATE // 20 : RATE]
    if len(stretch_of) < RATE // 20:
        stretch_of = samples
    size = 1 << (4 * len(stretch_of) - 1).bit_length()
    spectrum = np.sqrt(np.abs(np.fft.rfft(stretch_of * np.hanning(len(stretch_of)), size)))
    named = 440 * 2 ** ((pitch - 69) / 12)
    k = np.arange(1, int(np.clip(8000 / named, 1, 40)) + 1)
    ratios = k * np.sqrt((1 + STRETCHED[:, None] * k**2) / (1 + STRETCHED[:, None]))  # (B, K)
    hertz = named * 2 ** (DETUNED / 1200)
    places = hertz[:, None, None] * ratios * size / RATE  # (D, B, K)
    weights = 1 / np.sqrt(k)
    scores = (spectrum[np.minimum(np.rint(places).astype(int), len(spectrum) - 1)] * weights).sum(axis=-1)
    plain, best = int(scores[:, 0].argmax()), np.unravel_index(int(scores.argmax()), scores.shape)
    if scores[best] < GAIN * scores[plain, 0] or len(k) < 4:
        return float(hertz[plain]), 0.0
    return float(hertz[best[0]]), float(STRETCHED[best[1]])


def levels(
    samples: Floats, hertz: float, stretch: float = 0.0, count: int = additive.HARMONICS
) -> tuple[Floats, Floats]:
    """Amplitudes (T, K) of the partials and root mean squares (T, N) of the bands, at `TIMES`."""
    cut, window, centres = _windows(samples, hertz)
    frequencies = additive.partials(hertz, stretch, count)
    heard = frequencies < additive.CEILING
    amplitudes = np.zeros((len(centres), count), np.float32)
    amplitudes[:, heard] = 2 * _magnitudes(cut, window, frequencies[heard]) / window.sum(axis=1, keepdims=True)
    padded = np.pad(samples, BAND_WINDOW)
    near = np.stack([padded[max(centre + BAND_WINDOW // 2, BAND_WINDOW) :][:BAND_WINDOW] for centre in centres])
    power = np.abs(np.fft.rfft(near * np.hanning(BAND_WINDOW))) ** 2 / BAND_WINDOW
    matrix = additive.band_matrix(RATE, BAND_WINDOW // 2)
    return amplitudes, np.sqrt(power @ matrix.T / matrix.sum(axis=1)).astype(np.float32)


def noise(samples: Floats, hertz: float, stretch: float = 0.0) -> Floats:
    """Gains (T, N) of `firmus.analysis.additive.filtered_noise` for what lies half way between partials, at `TIMES`.

    A Hann window of four periods is blind there to partials that are steady.
    """
    cut, window, _ = _windows(samples, hertz)
    places = np.arange(int(additive.CEILING / hertz) + 1) + 0.5
    frequencies = hertz * places * np.sqrt((1 + stretch * places**2) / (1 + stretch))
    frequencies = frequencies[frequencies < additive.CEILING]
    power = _magnitudes(cut, window, frequencies) ** 2 / (window**2).sum(axis=1, keepdims=True)
    weights = additive.band_weights(frequencies)  # (N, F)
    total = weights.sum(axis=1)
    known = np.flatnonzero(total > 0.3)
    of_known = power @ weights[known].T / total[known]
    every = np.stack([np.interp(np.arange(len(weights)), known, row) for row in of_known])
    return np.sqrt(3 * every).astype(np.float32)  # white noise from -1 to 1 has a third of its gain's square


def power(samples: Floats, hertz: float) -> Floats:
    """Mean squares (T,) of a note at `TIMES`."""
    cut, window, _ = _windows(samples, hertz)
    return ((cut**2 * window).sum(axis=1) / window.sum(axis=1)).astype(np.float32)


def _windows(samples: Floats, hertz: float) -> tuple[Floats, NDArray[np.float64], NDArray[np.int64]]:
    """Samples (T, W) about `TIMES`, Hann windows (T, W) that begin with the note, and the samples at their centres."""
    size = 2 * round(max(PERIODS / hertz, SHORTEST) * RATE / 2)
    last = max(len(samples) / RATE - size / RATE / 2, TIMES[0])
    centres = np.rint(np.minimum(TIMES, last) * RATE).astype(int)
    padded = np.pad(samples, size)
    cut = np.stack([padded[centre + size - size // 2 :][:size] for centre in centres])
    inside = np.arange(size) - size // 2 + centres[:, None] >= 0
    return cut, np.hanning(size + 1)[:-1] * inside, centres


def _magnitudes(cut: Floats, window: NDArray[np.float64], frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Magnitudes (T, F) of the transform of windows at frequencies."""
    waves = np.exp(-2j * np.pi / RATE * np.arange(cut.shape[1])[:, None] * frequencies)
    return np.asarray(np.abs((cut * window) @ waves))


def normalised(amplitudes: Floats, bands: Floats) -> Floats:
    """Features (T, `FEATURES`) of levels: decibels below the loudest, from 0 (80 dB below, or less) to 1."""
    found = []
    for each in (amplitudes[:, :HARMONICS], bands):
        loudest = max(float(np.sqrt((each.astype(np.float64) ** 2).sum(axis=1)).max()), 1e-9)
        decibels = 20 * np.log10(np.maximum(each / loudest, 1e-9))
        found.append(np.clip(1 + decibels / RANGE_DECIBELS, 0, 1))
    return np.concatenate(found, axis=1).astype(np.float32)


def features(samples: Floats, rate: int, pitch: float) -> Floats:
    """Features of a note, at any rate and loudness, for an encoder.

    Parameters
    ----------
    samples : float array (N,)
    rate : int
    pitch : float
        MIDI number; within 40 cents the tuning is found.
    """
    samples = resampled(samples, rate)
    samples = samples[onset(samples, RATE) :]
    return normalised(*levels(samples, *tuning(samples, pitch)))
