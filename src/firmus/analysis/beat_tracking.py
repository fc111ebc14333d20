"""The pulse of a sound: how strongly something begins in each moment, how fast one would tap to it, and when.

Source: for strength, S. Böck & G. Widmer, Maximum Filter Vibrato Suppression for Onset Detection, DAFx 2013 (a bin
counts as far as it rises above the loudest of its neighbours a moment before); for tempo and beats, D. P. W. Ellis,
Beat Tracking by Dynamic Programming, JNMR 36 (2007): section 3 (self-similarity, weighted by how fast people tap, eq.
7) and section 4 (the best chain of beats, eq. 5 and 6). Conventions: `strength` (T,) forty times a second, inside a
hundred times; times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.spectrum import FRAME_SECONDS, RANGE_DECIBELS

LEAST_SECONDS = 4.0
FEWEST_ONSETS = 4
SLOWEST, FASTEST = 35.0, 250.0  # beats a minute
USUAL, SPREAD = 110.0, 1.0  # the tempo most people would tap, and octaves around it
TIGHT = 100.0  # how much an uneven beat costs
LEVELS = (1 / 3, 1 / 2, 2, 3)  # of a tempo, at which others might tap to the same music
SHARP, EVEN = 12.0, 0.28  # how sure one is that there is a beat: of how alike the sound is to itself
BEFORE = 2  # frames back that a rise is measured over
BASS = 81  # bins below C3: basses mark the beat
QUIET = 0.05  # standard deviation below which a band is not made louder
POWER = 0.35  # of an amplitude, as loud as it seems
LATE = 0.028  # seconds by which a rise is seen before it is heard
FINE = 0.01  # seconds between the moments in which a beat may stand
LOUDNESS = np.power(10.0, (np.arange(256) / 255 - 1) * RANGE_DECIBELS / 20 * POWER).astype(np.float32)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pulse:
    """Beats a minute, how sure that is, 0 to 1, and the times of the beats in seconds."""

    bpm: float
    confidence: float
    beats: Floats


def flux(levels: NDArray[np.uint8]) -> Floats:
    """How much louder the bins of a spectrum (T, 291) become in each frame (T,), the bass as much as all the rest.

    Examples
    --------
    >>> levels = np.zeros((6, 291), np.uint8)
    >>> levels[3:, 100:110] = 200
    >>> int(flux(levels).argmax())
    3
    """
    from scipy.ndimage import maximum_filter1d

    heard = LOUDNESS[levels]
    before = maximum_filter1d(LOUDNESS[np.pad(levels, ((BEFORE, 0), (0, 0)))[: len(levels)]], 3, axis=1)
    rises = np.maximum(heard - before, 0).astype(np.float64)
    low, high = rises[:, :BASS].sum(axis=1), rises[:, BASS:].sum(axis=1)
    return low / max(float(low.std()), QUIET) + high / max(float(high.std()), QUIET)


def estimate(strength: Floats, bpm: float | None = None) -> Pulse | None:
    """Tempo and beats.

    Parameters
    ----------
    strength : array (T,)
    bpm : float, optional
        The tempo, where it is known; the beats are then found at it.

    Returns
    -------
    Pulse or None
        None where the sound is shorter than four seconds, or nothing rises in it.

    Examples
    --------
    >>> strength = np.zeros(400)
    >>> strength[20::24] = 1.0
    >>> found = estimate(strength)
    >>> round(found.bpm), round(float(found.beats[1]), 1)
    (100, 1.1)
    """
    if len(strength) * FRAME_SECONDS < LEAST_SECONDS or not np.ptp(strength):
        return None
    frames = np.arange(0, len(strength) - 1, FINE / FRAME_SECONDS)
    clean = _cleaned(np.interp(frames, np.arange(len(strength)), strength))
    alike = _self_similarity(clean)
    tempo, sure = _tempo(alike) if bpm is None else (bpm, 1.0)
    beats = _chain(clean, 60 / tempo / FINE)
    if len(beats) < FEWEST_ONSETS:
        return None
    if bpm is None:
        tempo = 60 / (FINE * float(np.polyfit(np.arange(len(beats)), beats, 1)[0]))
    return Pulse(tempo, sure, beats * FINE + LATE)


def _cleaned(strength: Floats) -> Floats:
    """Strength above its surroundings, in standard deviations."""
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d

    sharp = gaussian_filter1d(strength, 2.0)
    clean = np.maximum(sharp - uniform_filter1d(sharp, 151, mode="nearest"), 0)
    return clean / max(float(clean.std()), 1e-9)


def _self_similarity(clean: Floats) -> Floats:
    """Correlation of the strength with itself, by lag; 1 at lag 0."""
    centred = clean - clean.mean()
    size = 1 << (2 * len(clean) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    alike = np.fft.irfft(power)[: len(clean)] * len(clean) / np.arange(len(clean), 0, -1)
    return alike / max(float(alike[0]), 1e-12)


def _tempo(alike: Floats) -> tuple[float, float]:
    """The likeliest tempo, beats a minute, and how sure it is: that there is a beat, and that it is this one."""
    tempi = np.geomspace(SLOWEST, FASTEST, 400)
    marks = np.array([salience(alike, bpm) for bpm in tempi])
    weighted = np.maximum(marks, 0) * np.exp(-0.5 * (np.log2(tempi / USUAL) / SPREAD) ** 2)
    best = int(weighted.argmax())
    others = np.interp(np.log(tempi[best] * np.array(LEVELS)), np.log(tempi), weighted, left=0.0, right=0.0)
    share = float(weighted[best] / max(float(weighted[best] + others.sum()), 1e-9))
    return float(tempi[best]), share * float(1 / (1 + np.exp(-SHARP * (marks[best] - EVEN))))


def salience(alike: Floats, bpm: float) -> float:
    """How alike a sound is to itself one, two, three and four beats later."""
    lags = 60 / bpm / FINE * np.arange(1, 5)
    return float(np.interp(lags, np.arange(len(alike)), alike, right=0.0).mean())


def _chain(clean: Floats, period: float) -> NDArray[Any]:
    """Moments (N,) of the best chain of beats about `period` moments apart."""
    from scipy.ndimage import gaussian_filter1d

    local = gaussian_filter1d(clean, period / 32)
    back = np.arange(-round(2 * period), -round(period / 2))
    cost = -TIGHT * np.log(-back / period) ** 2
    total, came = local.copy(), np.full(len(local), -1)
    for frame in range(len(local)):
        before = frame + back
        good = before >= 0
        if good.any():
            marks = total[before[good]] + cost[good]
            best = int(marks.argmax())
            if marks[best] > 0 or frame > 2 * period:
                total[frame] += marks[best]
                came[frame] = before[good][best]
    frame = len(total) - 1 - int(total[: -round(period) - 1 : -1].argmax())
    chain = []
    while frame >= 0:
        chain.append(frame)
        frame = int(came[frame])
    return _trimmed(np.array(chain[::-1]), local)


def _trimmed(beats: NDArray[Any], local: Floats) -> NDArray[Any]:
    """Beats without those before anything begins or after all is over."""
    strong = local[beats] > 0.25 * np.sqrt((local[beats] ** 2).mean())
    if not strong.any():
        return beats[:0]
    first, last = np.flatnonzero(strong)[[0, -1]]
    return beats[first : last + 1]
