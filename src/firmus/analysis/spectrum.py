"""The spectrogram that analysis of audio begins with: three bins a semitone, forty frames a second.

A constant-Q transform: each bin has a window as long as resolving its pitch from its neighbours needs, but at most a
quarter of a second, so that onsets of bass notes stay localised, and at least 16 ms. Centred windows of all bins are
applied to one Fourier transform of 4,096 samples.

Source: J. C. Brown & M. S. Puckette, An efficient algorithm for the calculation of a constant Q transform, JASA 92
(1992), eq. 5; Hann windows. Conventions: samples are float32 (N,), mono, `RATE` a second; frame t is centred on sample
400 t; bin 3 k + 1 is tuned to the k-th key of a piano (k = 0 is A0, MIDI 21), the bins beside it are a third of a
semitone off.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE, HOP, SIZE = 16_000, 400, 4_096
FRAME_SECONDS = HOP / RATE
PER_SEMITONE = 3
LOWEST_KEY, KEYS = 21, 88
BINS = 291  # eight octaves and a semitone, up to 7.3 kHz
SHORTEST = 256  # samples of a window
RANGE_DECIBELS = 80.0
LOUD = 0.995  # quantile of the frames' loudest bins that becomes full scale
BLOCK = 2_048  # frames at once

Floats = NDArray[np.float32]


def magnitudes(samples: Floats) -> Floats:
    """Amplitudes (T, 291) of the bins of audio; a sine of amplitude 1 gives 1.

    Parameters
    ----------
    samples : float32 array (N,)
        At 16,000 a second.

    Examples
    --------
    >>> sine = np.sin(2 * np.pi * 440.0 * np.arange(16000) / 16000).astype(np.float32)
    >>> amplitudes = magnitudes(sine)
    >>> amplitudes.shape, int(amplitudes[20].argmax()), round(float(amplitudes[20].max()), 2)
    ((41, 291), 145, 1.0)
    """
    from scipy.fft import rfft

    frames = len(samples) // HOP + 1
    padded = np.pad(np.asarray(samples, np.float32), (SIZE // 2, SIZE // 2 + HOP))
    rows = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP][:frames]
    kernel = _kernel()
    amplitudes = np.empty((frames, BINS), np.float32)
    for first in range(0, frames, BLOCK):
        spectra = rfft(rows[first : first + BLOCK], axis=1)
        amplitudes[first : first + BLOCK] = np.abs(kernel @ spectra.T).T
    return amplitudes


def decibels(amplitudes: Floats) -> NDArray[np.uint8]:
    """Levels (T, 291), 255 for the loudest frames' loudest bins and 0 for 80 dB below and less.

    Examples
    --------
    >>> decibels(np.array([[1.0, 0.1, 0.0]], np.float32)).tolist()
    [[255, 191, 0]]
    """
    full = float(np.quantile(amplitudes.max(axis=1), LOUD)) if amplitudes.size else 0.0
    if full <= 0:
        return np.zeros(amplitudes.shape, np.uint8)
    levels = 20 * np.log10(np.maximum(amplitudes / full, 1e-9)) / RANGE_DECIBELS + 1
    return np.rint(255 * np.clip(levels, 0, 1)).astype(np.uint8)


def tuning(levels: NDArray[np.uint8]) -> float:
    """Cents, -50 to 50, by which audio is tuned above 440 Hz; 0 where there are no peaks.

    The circular mean of the deviations of spectral peaks from 100 Hz to 2 kHz from the nearest semitone, weighted by
    amplitude.

    Examples
    --------
    >>> sine = np.sin(2 * np.pi * 450.0 * np.arange(16000) / 16000).astype(np.float32)
    >>> round(tuning(decibels(magnitudes(sine))), -1)
    40.0
    """
    band = levels[:, 67:224].astype(np.float64)
    middle, left, right = band[:, 1:-1], band[:, :-2], band[:, 2:]
    frame, place = np.nonzero((middle > left) & (middle >= right) & (middle > 160))
    if not len(frame):
        return 0.0
    one, two, three = (each[frame, place] for each in (left, middle, right))
    bins = 68 + place + 0.5 * (one - three) / np.minimum(one - 2 * two + three, -1e-9)
    mean = (10 ** (two / 255 * RANGE_DECIBELS / 20) * np.exp(2j * np.pi * (bins - 1) / PER_SEMITONE)).sum()
    return float(np.angle(mean) / (2 * np.pi) * 100)


def frequencies() -> NDArray[np.float64]:
    """Hertz of the middle of each bin (291,)."""
    return 27.5 * 2.0 ** ((np.arange(BINS) - 1) / (12 * PER_SEMITONE))


@cache
def _kernel() -> Any:
    """Spectra of the bins' windowed sines, a sparse matrix (291, 2049): values below 1 % of a peak are left out."""
    from scipy.sparse import csr_matrix

    quality = 1 / (2 ** (1 / (12 * PER_SEMITONE)) - 1)
    rows = np.zeros((BINS, SIZE // 2 + 1), np.complex128)
    for index, hertz in enumerate(frequencies()):
        length = int(np.clip(round(quality * RATE / hertz), SHORTEST, SIZE)) // 2 * 2
        window = np.hanning(length + 1)[:-1]
        place = np.arange(length) - length // 2
        wave = np.zeros(SIZE, np.complex128)
        wave[SIZE // 2 + place] = window / window.sum() * np.exp(2j * np.pi * hertz / RATE * place)
        spectrum = np.fft.fft(wave)[: SIZE // 2 + 1].conj() * 2 / SIZE
        spectrum[np.abs(spectrum) < 0.01 * np.abs(spectrum).max()] = 0
        rows[index] = spectrum
    return csr_matrix(rows.astype(np.complex64))
