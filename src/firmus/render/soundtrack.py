"""Sound cut to the sample: a mix of an exact length, or a loop without a joint, and the stems that add up to it.

Conventions: buffers are float32 (frames, 2), full scale 1.0. Loudness is integrated, in LUFS (ITU-R BS.1770-4), the
true peak that of the sound at four times its rate (Annex 2), in dBTP. Whatever changes the level (loudness, limiter,
room for speech, fades) is one gain a frame, the same for every stem: so the stems add up to the mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmus.errors import FirmusError
from firmus.render import mastering, synth
from firmus.score import Score

Wave = npt.NDArray[np.float32]

LOUDNESS = -40.0, -8.0
CEILING = -1.0  # dBTP
MARGIN = 0.05  # decibels that the limiter keeps from the ceiling
RELEASE_SECONDS = 3.0  # until the last note of a part, and the hall, have died away
FADE_SHARE, FADE_SECONDS = 0.15, 1.2  # the last of a piece that has an end
EDGE_SECONDS = 0.002  # in which whatever begins or ends at once is faded
SPEECH_DECIBELS, SPEECH_RAMP = -9.0, 0.35  # how far music goes down for speech, and in how many seconds
TOLERANCE = 0.05  # LUFS


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix and its stems, by the names of the parts, each as long as the mix."""

    audio: synth.Audio
    stems: tuple[tuple[str, synth.Audio], ...]
    loudness: float
    true_peak: float


def mix(
    score: Score,
    seconds: float,
    *,
    sample_rate: int = synth.SAMPLE_RATE,
    loudness: float = synth.LOUDNESS,
    loop: bool = False,
    speech: Sequence[tuple[float, float]] = (),
) -> Mix:
    """Render a score into exactly so many seconds.

    Parameters
    ----------
    score : Score
    seconds : float
        Length, to the nearest frame. What still sounds at the end fades before it, or, in a loop, sounds on over the
        beginning, as it does when the loop is played again.
    sample_rate : int
    loudness : float
        In LUFS, -40 to -8; the true peak stays below -1 dBTP, whatever that costs of it.
    loop : bool
    speech : sequence of (float, float)
        Seconds from and to which there is speech, for which the music goes down by 9 dB.

    Raises
    ------
    FirmusError
    """
    low, high = LOUDNESS
    if not low <= loudness <= high:
        raise FirmusError(f"loudness {loudness!r} must be from {low:g} to {high:g} LUFS, such as -14, -16 or -23")
    frames = round(seconds * sample_rate)
    stems = [_part(score, place, frames, sample_rate, loop) for place in range(len(score.parts))]
    shape = _shape(frames, sample_rate, loop, speech)
    for stem in stems:
        stem *= shape[:, None]
    total = _sum(stems, frames)
    gain = level(total, sample_rate, loudness, loop)
    for stem in stems:
        stem *= gain[:, None]
    total = _sum(stems, frames)
    names = [f"{number:02d} {part.name}".strip() for number, part in enumerate(score.parts, 1)]
    return Mix(
        synth.Audio(total, sample_rate),
        tuple((name, synth.Audio(stem, sample_rate)) for name, stem in zip(names, stems, strict=True)),
        mastering.loudness(total, sample_rate),
        true_peak(total, loop),
    )


def true_peak(samples: Wave, loop: bool = False) -> float:
    """True peak in dBTP, at four times the rate; minus infinity for silence.

    Examples
    --------
    >>> quarter = np.sin(np.pi * np.arange(4000) / 2 + np.pi / 4, dtype=np.float32)
    >>> round(float(20 * np.log10(abs(quarter).max())), 1), round(true_peak(np.stack([quarter] * 2, 1)), 1)
    (-3.0, 0.1)
    """
    from scipy.signal import resample_poly

    if not samples.any():
        return -np.inf
    block, lead = mastering.BLOCK, 64
    padded = np.pad(samples, ((lead, lead), (0, 0)), mode="wrap" if loop else "constant")
    highest = 0.0
    for first in range(0, len(samples), block):
        piece = padded[first : first + block + 2 * lead]
        highest = max(highest, float(np.abs(resample_poly(piece, 4, 1, axis=0)).max()))
    return float(20 * np.log10(max(highest, 1e-10)))


def joint(samples: Wave, sample_rate: int) -> float:
    """How far the joint of a loop stands out: its step, over the steepest within 50 ms of it; above 1 it clicks.

    Examples
    --------
    >>> wave = np.sin(2 * np.pi * 10 * np.arange(44100) / 44100).astype(np.float32)
    >>> whole = np.stack([wave, wave], 1)
    >>> joint(whole, 44100) < 1.01, joint(whole[:-1000], 44100) > 100
    (True, True)
    """
    near = round(0.05 * sample_rate)
    around = np.concatenate((samples[-near:], samples[:near])).astype(np.float64)
    bend = np.abs(np.diff(around, n=2, axis=0))  # a click is a corner, which a smooth wave has not
    middle = slice(near - 3, near + 2)
    at_joint = float(bend[middle].max())
    elsewhere = float(np.delete(bend, np.arange(near - 3, near + 2), axis=0).max())
    return at_joint / max(elsewhere, 1e-9)


def _part(score: Score, place: int, frames: int, sample_rate: int, loop: bool) -> Wave:
    """A part with its reverberation; in a loop, what sounds beyond the end is folded onto the beginning."""
    length = frames + round(RELEASE_SECONDS * sample_rate)
    buffer = np.zeros((length, 2), np.float32)
    synth.add_part(buffer, score, place, sample_rate)
    if buffer.any():
        mastering.reverberate(buffer, sample_rate)
    if not loop:
        return buffer[:frames].copy()
    edge = round(0.2 * sample_rate)
    buffer[-edge:] *= np.linspace(1.0, 0.0, edge, dtype=np.float32)[:, None]
    folded = buffer[:frames].copy()
    for first in range(frames, length, frames):
        rest = buffer[first : first + frames]
        folded[: len(rest)] += rest
    return folded


def _shape(frames: int, sample_rate: int, loop: bool, speech: Sequence[tuple[float, float]]) -> Wave:
    """Gain of each frame: down for speech, and from silence to silence where it is no loop."""
    gain = np.ones(frames, np.float32)
    times = np.arange(frames) / sample_rate
    for first, last in speech:
        near = np.clip(np.minimum(times - first + SPEECH_RAMP, last + SPEECH_RAMP - times) / SPEECH_RAMP, 0, 1)
        gain = np.minimum(gain, 10 ** (SPEECH_DECIBELS * near / 20)).astype(np.float32)
    if loop:
        return gain
    edge = min(round(EDGE_SECONDS * sample_rate), frames)
    gain[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    fade = round(min(FADE_SECONDS, FADE_SHARE * frames / sample_rate) * sample_rate)
    gain[frames - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade)).astype(np.float32) ** 2
    return gain


def level(total: Wave, sample_rate: int, target: float, loop: bool) -> Wave:
    """Gain of each frame that brings a mix to a loudness and below the ceiling of its true peak."""
    gain = np.ones(len(total), np.float32)
    if not total.any():
        return gain
    pad = min(round(0.02 * sample_rate), len(total))
    ceiling, aim = CEILING - MARGIN, target
    for _ in range(6):
        current = total * gain[:, None]
        loudness = mastering.loudness(current, sample_rate)
        peak = true_peak(current, loop)
        if abs(loudness - target) < TOLERANCE and peak <= CEILING:
            break
        if peak > CEILING and gain.min() != gain.max():
            ceiling -= peak - CEILING + MARGIN / 5
        aim += target - loudness if gain.min() != gain.max() else 0.0
        fixed = 10 ** ((aim - mastering.loudness(total, sample_rate)) / 20)
        raised = np.pad(total * np.float32(fixed), ((pad, pad), (0, 0)), mode="wrap" if loop else "constant")
        before = np.abs(raised).max(axis=1)
        mastering.limit(raised, sample_rate, ceiling)
        after = np.abs(raised).max(axis=1)
        ratio = np.divide(after, before, out=np.ones_like(before), where=before > 1e-6)
        gain = (fixed * ratio[pad : pad + len(total)]).astype(np.float32)
    peak = true_peak(total * gain[:, None], loop)
    return gain * np.float32(10 ** (min(0.0, CEILING - peak) / 20))


def _sum(stems: Sequence[Wave], frames: int) -> Wave:
    total = np.zeros((frames, 2), np.float64)
    for stem in stems:
        total += stem
    return total.astype(np.float32)
