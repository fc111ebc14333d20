"""How far two sounds are apart: the distance of their logarithmic spectra, at several resolutions.

What it is
    The mean absolute difference of two sounds' levels in decibels, over all times and frequencies of spectra of six
    sizes; what lies more than 60 decibels below the louder sound's highest level counts as silence.
Paper
    The logarithmic part of the multi-scale spectral loss of Engel et al., *DDSP* (2020), equation 4. It is no measure
    of how alike two sounds seem: *Evaluating generative audio systems and their metrics* (Vinay & Lerch 2022).
Conventions
    Samples are mono, of one rate and length, in time with each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZES = (2048, 1024, 512, 256, 128, 64)
FLOOR_DECIBELS = 60.0


def decibels(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """Distance of two sounds (N,) in decibels; 0 where they are the same.

    Examples
    --------
    >>> tone = np.sin(np.arange(8000) / 10).astype(np.float32)
    >>> decibels(tone, tone), round(decibels(tone / 2, tone), 1) > 0.5
    (0.0, True)
    """
    distances = []
    for size in SIZES:
        one, other = (_magnitudes(each, size) for each in (found, wanted))
        floor = max(float(one.max()), float(other.max()), 1e-9) * 10 ** (-FLOOR_DECIBELS / 20)
        distances.append(np.abs(np.log10(np.maximum(one, floor)) - np.log10(np.maximum(other, floor))).mean())
    return float(20 * np.mean(distances))


def _magnitudes(samples: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    padded = np.pad(samples, (0, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2]
    return np.abs(np.fft.rfft(frames * np.hanning(size)))
