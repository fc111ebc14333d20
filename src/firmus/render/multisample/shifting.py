"""A note at other pitches, for the keys that were not recorded: transposed, its spectral envelope kept.

Played faster, a recording rises in pitch, and its formants with it: a violin becomes a toy. So what makes its colour is
put back: the envelope of its partials, read at the multiples of its pitch, filters the transposed sound to where it was
before, by a filter of minimum phase, which leaves onsets as sharp as they are (A. V. Oppenheim & R. W. Schafer,
Discrete-Time Signal Processing, chapter 12: minimum phase by the real cepstrum).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

Wave = npt.NDArray[np.float32]
Curve = npt.NDArray[np.float64]

KEPT = 0.8  # of the envelope: instruments keep most of it from key to key, not all
MOST_DECIBELS = 24.0
SIZE = 4096
FLOOR_DECIBELS = -70.0
MOST_WINDOWS = 64


def shifted(wave: Wave, rate: int, hertz: float, semitones: float) -> Wave:
    """A note of a pitch, so many semitones higher.

    Parameters
    ----------
    wave : float32 array (frames,)
    rate : int
    hertz : float
        Its pitch.
    semitones : float
        -36 to 36; higher is shorter.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 441 * np.arange(44100) / 44100).astype(np.float32)
    >>> higher = shifted(tone, 44100, 441.0, 12)
    >>> int(np.abs(np.fft.rfft(higher)).argmax()) * 44100 / len(higher)
    882.0
    """
    from scipy.signal import oaconvolve, resample_poly

    ratio = Fraction(2 ** (semitones / 12)).limit_denominator(300)
    moved = resample_poly(wave, ratio.denominator, ratio.numerator).astype(np.float64)
    frequencies = np.fft.rfftfreq(SIZE, 1 / rate)
    envelope = _envelope(wave, rate, hertz)
    levels = np.interp(frequencies, *envelope) - np.interp(frequencies / float(ratio), *envelope)
    levels = np.clip(KEPT * levels, -MOST_DECIBELS, MOST_DECIBELS)
    return oaconvolve(moved, _minimum_phase(levels))[: len(moved)].astype(np.float32)


def _envelope(wave: Wave, rate: int, hertz: float) -> tuple[Curve, Curve]:
    """Frequencies, and level in decibels at each: those of the partials, of the mean spectrum."""
    size = SIZE
    while size * hertz < 6 * rate and size < 1 << 16:  # so that partials are apart
        size *= 2
    padded = np.pad(wave.astype(np.float64), (0, max(size - len(wave), 0)))
    starts = np.unique(np.linspace(0, len(padded) - size, MOST_WINDOWS).astype(int))
    window = np.hanning(size)
    power = np.mean([np.abs(np.fft.rfft(padded[start : start + size] * window)) ** 2 for start in starts], axis=0)
    partials = np.arange(1, max(int(0.45 * rate / hertz), 1) + 1) * hertz
    reach = max(round(0.25 * hertz * size / rate), 1)
    places = np.clip(np.round(partials * size / rate).astype(int), reach, len(power) - reach - 1)
    levels = 10 * np.log10(np.array([power[place - reach : place + reach + 1].max() for place in places]) + 1e-20)
    levels = np.maximum(levels, levels.max() + FLOOR_DECIBELS)
    if len(levels) > 4:  # a partial that is missing, as the even ones of a clarinet, is no part of the envelope
        levels = np.maximum(levels, (np.roll(levels, 1) + np.roll(levels, -1)) / 2 - 6.0)
    return np.asarray(partials, np.float64), np.asarray(levels, np.float64)


def _minimum_phase(levels: Curve) -> Curve:
    """Impulse response (SIZE,) of levels in decibels, (SIZE / 2 + 1,)."""
    cepstrum = np.fft.irfft(levels * np.log(10) / 20, SIZE)
    cepstrum[1 : SIZE // 2] *= 2
    cepstrum[SIZE // 2 + 1 :] = 0
    response: Curve = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), SIZE)
    return response[: SIZE // 2] * np.hanning(SIZE)[SIZE // 2 :]
