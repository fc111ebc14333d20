"""Loops without a joint: where a sustained sound may go back to, cross-faded at matched phase.

The loop is some tenths of a second; of the ends near that, the one whose surroundings are most like those of the
beginning (normalised cross-correlation) is taken: so it is a whole number of periods, of vibrato too. Before the end,
the sound is faded into what comes before the beginning, with gains by which two signals of that correlation keep their
power (M. Fink, M. Holters & U. Zölzer, Signal-Matched Power-Complementary Cross-Fading and Dry-Wet Mixing, DAFx 2016).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Wave = npt.NDArray[np.float32]

LOOP_SECONDS = 0.6  # of a loop, where the sound is long enough; at least four periods
FADE_SECONDS = 0.12
SEARCH_SECONDS = 0.1  # about the end that is sought, so that vibrato comes round as well
MATCHED_PERIODS = 4.0  # that are compared about each end
MOST_MATCHED_SECONDS = 0.08
LEAST_PERIODS = 4


def looped(wave: Wave, rate: int, hertz: float, first: float, last: float) -> tuple[Wave, tuple[int, int]] | None:
    """A sound as far as the end of its loop, and the loop; None where it is too short for one.

    Parameters
    ----------
    wave : float32 array (frames,)
    rate : int
    hertz : float
        Its pitch.
    first, last : float
        Seconds between which it is steady.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 441 * np.arange(44100) / 44100).astype(np.float32)
    >>> cut, (start, end) = looped(tone, 44100, 441.0, 0.2, 0.9)
    >>> len(cut) == end, (end - start) % 100
    (True, 0)
    """
    period = rate / hertz
    begin, stop = round(first * rate), min(round(last * rate), len(wave))
    half = round(min(MATCHED_PERIODS * period, MOST_MATCHED_SECONDS * rate) / 2)
    room = stop - begin - 3 * half
    if room < (LEAST_PERIODS + 1) * period or begin < 0:
        return None
    wanted = max(LOOP_SECONDS * rate, 2 * LEAST_PERIODS * period)
    periods = max(round(min(wanted, 0.7 * room) / period), LEAST_PERIODS)
    length = periods * period
    start = round(max(begin + half, stop - 2 * half - length - period))
    fade = round(min(FADE_SECONDS * rate, 0.5 * length, start))
    within = max(0.6 * period, min(SEARCH_SECONDS * rate, 0.25 * length))
    end = _best_end(wave, start, start + length, (max(fade, half), half), within)
    return _joined(wave[:end], start, end, fade), (start, end)


def _best_end(wave: Wave, start: int, near: float, reach: tuple[int, int], within: float) -> int:
    """The end, within so many frames of one, whose surroundings are most like those of the start.

    `reach` is how many frames before and behind are compared.
    """
    from scipy.signal import correlate

    before, behind = reach
    model = wave[start - before : start + behind].astype(np.float64)
    low = max(int(near - within), start + before)
    high = min(int(near + within) + 1, len(wave) - behind)
    if high <= low:
        return round(min(near, len(wave)))
    span = wave[low - before : high + behind].astype(np.float64)
    power = np.concatenate(([0.0], np.cumsum(span**2)))
    powers = power[len(model) :] - power[: -len(model)]
    alike = correlate(span, model, "valid") / np.sqrt(np.maximum(powers, 1e-20) * (model**2).sum() + 1e-20)
    return low + int(alike.argmax())


def _joined(wave: Wave, start: int, end: int, fade: int) -> Wave:
    """A sound whose end leads into its start: what is before it, faded into what is before the start."""
    if fade < 2:
        return wave.copy()
    out, into = wave[end - fade : end].astype(np.float64), wave[start - fade : start].astype(np.float64)
    alike = float(out @ into / np.sqrt((out @ out) * (into @ into) + 1e-20))
    rising = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / (fade + 1))
    falling = 1 - rising
    power = np.sqrt(rising**2 + falling**2 + 2 * np.clip(alike, 0, 1) * rising * falling)
    joined = wave.copy()
    joined[end - fade :] = ((out * falling + into * rising) / power).astype(np.float32)
    return joined


def click(wave: Wave, loop: tuple[int, int], times: int = 3) -> float:
    """How far the joint of a loop stands out: its bend, over the greatest elsewhere in it; above 1 it may be heard.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 441 * np.arange(44100) / 44100).astype(np.float32)
    >>> click(tone, (1000, 11000)) < 1.01, click(tone, (1000, 11050)) > 10
    (True, True)
    """
    piece = wave[loop[0] : loop[1]].astype(np.float64)
    bend = np.abs(np.diff(np.tile(piece, times), 3))
    joints = [len(piece) * number + offset for number in range(1, times) for offset in (-4, -3, -2, -1, 0, 1)]
    return float(bend[joints].max() / max(float(np.delete(bend, joints).max()), 1e-9))


def level_change(wave: Wave, loop: tuple[int, int], rate: int) -> float:
    """Decibels between the loudest and the softest 60 ms of a loop that goes round."""
    piece = wave[loop[0] : loop[1]].astype(np.float64)
    size = min(round(0.06 * rate), len(piece))
    power = np.cumsum(np.concatenate(([0.0], np.tile(piece, 2) ** 2)))
    levels = (power[size:] - power[:-size])[:: max(size // 8, 1)] / size
    return float(10 * np.log10(levels.max() / max(levels.min(), 1e-20)))
