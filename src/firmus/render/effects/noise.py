"""Noise, its filters and slow curves, all periodic: the last frame leads into the first, so a loop has no joint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from firmus.render.effects.settings import SAMPLE_RATE, Curve

WINDOW = 2048
Sample = TypeVar("Sample", bound=np.floating[Any])
Shape = Callable[[Curve], Curve]


def coloured(frames: int, generator: np.random.Generator, shape: Shape) -> Curve:
    """Noise (frames,) of root mean square 1, whose spectrum has a shape: amplitude of each frequency in hertz.

    Examples
    --------
    >>> pink = coloured(44100, np.random.default_rng(1), lambda hertz: hertz**-0.5)
    >>> pink.shape, round(float((pink**2).mean()), 3)
    ((44100,), 1.0)
    """
    from scipy import fft

    hertz = np.maximum(fft.rfftfreq(frames, 1 / SAMPLE_RATE), 20.0)
    spectrum = (generator.standard_normal(len(hertz)) + 1j * generator.standard_normal(len(hertz))) * shape(hertz)
    spectrum[0] = 0
    wave = fft.irfft(spectrum, frames)
    return wave / max(float(np.sqrt((wave**2).mean())), 1e-12)


def wander(frames: int, generator: np.random.Generator, rate: float) -> Curve:
    """A slow random curve (frames,), from -1 to 1, with about `rate` swings a second."""
    from scipy import fft

    highest = max(round(rate * frames / SAMPLE_RATE), 1)
    spectrum = np.zeros(frames // 2 + 1, complex)
    count = min(highest, len(spectrum) - 1)
    spectrum[1 : count + 1] = np.exp(2j * np.pi * generator.random(count))
    curve = fft.irfft(spectrum, frames)
    return curve / max(float(np.abs(curve).max()), 1e-12)


def moving(wave: Curve, gain: Callable[[Curve, Curve], Curve]) -> Curve:
    """A wave (frames,) through a filter that changes: overlap-add of windows of 46 ms.

    Parameters
    ----------
    wave : array (frames,)
    gain : callable
        Gain of places (n, 1), from 0 to 1 in the wave, and frequencies (1, bins) in hertz.
    """
    frames = len(wave)
    size = min(WINDOW, frames)
    count = max(round(frames / (size // 4)), 1)
    starts = np.round(np.arange(count) * frames / count).astype(int)
    window = np.hanning(size + 2)[1:-1]
    places = (starts[:, None] + np.arange(size)) % frames
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)[None, :]
    filtered, weight = np.zeros(frames), np.zeros(frames)
    for first in range(0, count, 512):
        rows = slice(first, first + 512)
        middle = ((starts[rows] + size / 2) % frames / frames)[:, None]
        spectrum = np.fft.rfft(wave[places[rows]] * window, axis=1) * gain(middle, np.asarray(hertz, np.float64))
        np.add.at(filtered, places[rows], np.fft.irfft(spectrum, size, axis=1))
        np.add.at(weight, places[rows], np.broadcast_to(window, places[rows].shape))
    return filtered / np.maximum(weight, 1e-3)


def band(hertz: Curve, centre: Curve | float, octaves: Curve | float) -> Curve:
    """Gain of frequencies in a band about a centre, which falls to a third in so many octaves to either side."""
    return np.exp(-((np.log2(np.maximum(hertz, 20.0) / centre) / octaves) ** 2))


def scattered(frames: int, onsets: Curve, levels: Curve, grain: Curve) -> Curve:
    """A grain at each onset (frames from the beginning), at its level; what lasts beyond the end begins again."""
    from scipy.signal import oaconvolve

    strokes = np.zeros(frames)
    np.add.at(strokes, onsets.astype(int) % frames, levels)
    return folded(oaconvolve(strokes, grain), frames)


def folded(wave: npt.NDArray[Sample], frames: int) -> npt.NDArray[Sample]:
    """What lasts beyond the end, over the beginning: first axis `frames` long."""
    whole = wave[:frames].copy()
    for first in range(frames, len(wave), frames):
        rest = wave[first : first + frames]
        whole[: len(rest)] += rest
    return whole


def stereo(sides: Iterable[Curve], width: float = 1.0) -> Curve:
    """Two waves (frames,), left and right, as (frames, 2): in one place (`width` 0) to apart (1)."""
    left, right = sides
    middle, side = (left + right) / 2, (left - right) / 2 * width
    return np.stack([middle + side, middle - side], axis=1)
