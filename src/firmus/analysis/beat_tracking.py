"""Beat tracking of audio: onset strength, tempo and times of the beats.

Source: for onset strength, S. Böck & G. Widmer, Maximum Filter Vibrato Suppression for Onset Detection, DAFx 2013 (a
bin counts as far as it rises above the loudest of its neighbours two frames before); for tempo and beats, D. P. W.
Ellis, Beat Tracking by Dynamic Programming, JNMR 36 (2007): section 3 (autocorrelation, weighted by a tempo prior, eq.
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
USUAL, SPREAD = 110.0, 1.0  # tempo prior: its centre, and standard deviation in octaves
TIGHT = 100.0  # how much an uneven beat costs
LEVELS = (1 / 3, 1 / 2, 2, 3)  # other metrical levels, as multiples of a tempo
SHARP, EVEN = 12.0, 0.28  # slope and midpoint of the confidence that there is a beat, as a function of the salience
BEFORE = 2  # frames back that a rise is measured over
BASS = 81  # bins below C3: basses mark the beat
QUIET = 0.05  # standard deviation below which a band is not made louder
POWER = 0.35  # of an amplitude: its perceived loudness
LATE = 0.028  # seconds by which the rise of a frame precedes the onset
FINE = 0.01  # seconds between candidate times of beats
LOUDNESS = np.power(10.0, (np.arange(256) / 255 - 1) * RANGE_DECIBELS / 20 * POWER).astype(np.float32)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BeatEstimate:
    """Beats a minute, the confidence, 0 to 1, and the times of the beats in seconds."""

    bpm: float
    confidence: float
    beats: Floats


def flux(levels: NDArray[np.uint8]) -> Floats:
    """Spectral flux: rise of a spectrum (T, 291) in each frame (T,), the bass weighted as all the rest.

    Examples
    --------
    >>> levels = np.zeros((6, 291), np.uint8)
    >>> levels[3:, 100:110] = 200
    >>> int(flux(levels).argmax())
    3
    """
    from scipy.ndimage import maximum_filter1d

    loudness = LOUDNESS[levels]
    before = maximum_filter1d(LOUDNESS[np.pad(levels, ((BEFORE, 0), (0, 0)))[: len(levels)]], 3, axis=1)
    rises = np.maximum(loudness - before, 0).astype(np.float64)
    low, high = rises[:, :BASS].sum(axis=1), rises[:, BASS:].sum(axis=1)
    return low / max(float(low.std()), QUIET) + high / max(float(high.std()), QUIET)


def estimate(strength: Floats, bpm: float | None = None) -> BeatEstimate | None:
    """Tempo and beats.

    Parameters
    ----------
    strength : array (T,)
    bpm : float, optional
        The tempo, where it is known; the beats are then found at it.

    Returns
    -------
    BeatEstimate or None
        None where the sound is shorter than four seconds, or nothing rises in it.

    Examples
    --------
    >>> strength = np.zeros(400)
    >>> strength[20::24] = 1.0
    >>> result = estimate(strength)
    >>> round(result.bpm), round(float(result.beats[1]), 1)
    (100, 1.1)
    """
    if len(strength) * FRAME_SECONDS < LEAST_SECONDS or not np.ptp(strength):
        return None
    frames = np.arange(0, len(strength) - 1, FINE / FRAME_SECONDS)
    onsets = _normalised(np.interp(frames, np.arange(len(strength)), strength))
    correlation = _autocorrelation(onsets)
    tempo, confidence = _tempo(correlation) if bpm is None else (bpm, 1.0)
    beats = _best_chain(onsets, 60 / tempo / FINE)
    if len(beats) < FEWEST_ONSETS:
        return None
    if bpm is None:
        tempo = mean_tempo(beats * FINE)
    return BeatEstimate(tempo, confidence, beats * FINE + LATE)


def mean_tempo(beats: Floats) -> float:
    """Beats a minute of beat times in seconds (N,), by linear regression.

    Examples
    --------
    >>> mean_tempo(np.array([0.0, 0.5, 1.0, 1.5]))
    120.0
    """
    return 60 / float(np.polyfit(np.arange(len(beats)), beats, 1)[0])


def _normalised(strength: Floats) -> Floats:
    """Onset strength above its local mean, in standard deviations."""
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d

    smoothed = gaussian_filter1d(strength, 2.0)
    onsets = np.maximum(smoothed - uniform_filter1d(smoothed, 151, mode="nearest"), 0)
    return onsets / max(float(onsets.std()), 1e-9)


def _autocorrelation(onsets: Floats) -> Floats:
    """Autocorrelation of the onset strength, by lag; 1 at lag 0."""
    centred = onsets - onsets.mean()
    size = 1 << (2 * len(onsets) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    correlation = np.fft.irfft(power)[: len(onsets)] * len(onsets) / np.arange(len(onsets), 0, -1)
    return correlation / max(float(correlation[0]), 1e-12)


def _tempo(correlation: Floats) -> tuple[float, float]:
    """The likeliest tempo, beats a minute, and its confidence: that there is a beat, and that it is this one."""
    tempi = np.geomspace(SLOWEST, FASTEST, 400)
    saliences = np.array([salience(correlation, bpm) for bpm in tempi])
    weighted = np.maximum(saliences, 0) * np.exp(-0.5 * (np.log2(tempi / USUAL) / SPREAD) ** 2)
    best = int(weighted.argmax())
    others = np.interp(np.log(tempi[best] * np.array(LEVELS)), np.log(tempi), weighted, left=0.0, right=0.0)
    share = float(weighted[best] / max(float(weighted[best] + others.sum()), 1e-9))
    return float(tempi[best]), share * float(1 / (1 + np.exp(-SHARP * (saliences[best] - EVEN))))


def salience(correlation: Floats, bpm: float) -> float:
    """Mean autocorrelation at lags of one, two, three and four beats."""
    lags = 60 / bpm / FINE * np.arange(1, 5)
    return float(np.interp(lags, np.arange(len(correlation)), correlation, right=0.0).mean())


def _best_chain(onsets: Floats, period: float) -> NDArray[Any]:
    """Frames (N,) of the best chain of beats about `period` frames apart."""
    from scipy.ndimage import gaussian_filter1d

    local = gaussian_filter1d(onsets, period / 32)
    offsets = np.arange(-round(2 * period), -round(period / 2))
    cost = -TIGHT * np.log(-offsets / period) ** 2
    score, backpointers = local.copy(), np.full(len(local), -1)
    for frame in range(len(local)):
        before = frame + offsets
        is_inside = before >= 0
        if is_inside.any():
            totals = score[before[is_inside]] + cost[is_inside]
            best = int(totals.argmax())
            if totals[best] > 0 or frame > 2 * period:
                score[frame] += totals[best]
                backpointers[frame] = before[is_inside][best]
    frame = len(score) - 1 - int(score[: -round(period) - 1 : -1].argmax())
    chain = []
    while frame >= 0:
        chain.append(frame)
        frame = int(backpointers[frame])
    return _trimmed(np.array(chain[::-1]), local)


def _trimmed(beats: NDArray[Any], local: Floats) -> NDArray[Any]:
    """Beats without those in leading and trailing silence."""
    strong = local[beats] > 0.25 * np.sqrt((local[beats] ** 2).mean())
    if not strong.any():
        return beats[:0]
    first, last = np.flatnonzero(strong)[[0, -1]]
    return beats[first : last + 1]
