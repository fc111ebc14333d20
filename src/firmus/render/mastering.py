"""Mastering of a mix: reverberation, loudness and a limiter.

Conventions: buffers are float32 (frames, 2), full scale is 1.0; loudness is integrated, in LUFS (ITU-R
BS.1770-4); levels are in decibels of full scale. Everything works in blocks of some seconds, so that a long
mix needs little more memory than itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Wave = npt.NDArray[np.float32]

BLOCK = 1 << 19
CEILING_DECIBELS = -1.0
LOOK_AHEAD_SECONDS = 0.005
REVERB_SECONDS = 1.6
REVERB_LEVEL = 0.16
REVERB_SEED = 1685
LOW_HERTZ, MIDDLE_HERTZ, HIGH_HERTZ = 200.0, 1000.0, 4000.0


def reverberate(mix: Wave, sample_rate: int, level: float = REVERB_LEVEL) -> None:
    """Add the reverberation of a small hall, in place.

    The impulse response is noise that decays by 60 dB in 1.6 seconds, its treble faster, after 18 ms of
    silence; `level` is its energy's square root against the direct sound.
    """
    from scipy.signal import oaconvolve

    response = _impulse_response(sample_rate) * np.float32(level)
    send = mix.mean(axis=1)
    for first in range(0, len(mix), BLOCK):
        block = send[first : first + BLOCK]
        if not block.any():
            continue
        for channel in (0, 1):
            wet = oaconvolve(block, response[:, channel])[: len(mix) - first]
            mix[first : first + len(wet), channel] += wet.astype(np.float32, copy=False)


def equalise(mix: Wave, sample_rate: int, low: float, middle: float, high: float) -> None:
    """Raise or lower bass, middle and treble by so many decibels, in place.

    A shelf below 200 Hz, a bell at 1 kHz, a shelf above 4 kHz (R. Bristow-Johnson, Audio EQ Cookbook).
    """
    from scipy.signal import sosfilt

    sections = np.array([
        _section("low", LOW_HERTZ, low, sample_rate),
        _section("bell", MIDDLE_HERTZ, middle, sample_rate),
        _section("high", min(HIGH_HERTZ, 0.4 * sample_rate), high, sample_rate),
    ])  # fmt: skip
    state = np.zeros((3, 2, 2))
    for first in range(0, len(mix), BLOCK):
        mix[first : first + BLOCK], state = sosfilt(sections, mix[first : first + BLOCK], axis=0, zi=state)


def _section(kind: str, hertz: float, decibels: float, sample_rate: int) -> list[float]:
    """Coefficients b, a of a second-order section, a[0] = 1; the slope of shelves is 1, the bell's quality 0.7."""
    root = 10 ** (decibels / 40)
    omega = 2 * np.pi * hertz / sample_rate
    cosine, alpha = np.cos(omega), np.sin(omega) / (2 * 0.7071)
    if kind == "bell":
        numerator = [1 + alpha * root, -2 * cosine, 1 - alpha * root]
        denominator = [1 + alpha / root, -2 * cosine, 1 - alpha / root]
    else:
        side = -1 if kind == "low" else 1
        plus, minus, slope = root + 1, root - 1, 2 * np.sqrt(root) * alpha
        numerator = [root * (plus + side * minus * cosine + slope), -side * 2 * root * (minus + side * plus * cosine),
                     root * (plus + side * minus * cosine - slope)]  # fmt: skip
        denominator = [plus - side * minus * cosine + slope, side * 2 * (minus - side * plus * cosine),
                       plus - side * minus * cosine - slope]  # fmt: skip
    return [each / denominator[0] for each in (*numerator, *denominator)]


def _impulse_response(sample_rate: int) -> Wave:
    from scipy.signal import lfilter

    generator = np.random.Generator(np.random.PCG64(REVERB_SEED))
    frames = round(REVERB_SECONDS * sample_rate)
    noise = generator.standard_normal((frames, 2))
    times = np.arange(frames)[:, None] / sample_rate
    dark = lfilter([0.12], [1.0, -0.88], noise, axis=0) * 2.0
    tail = noise * 10.0 ** (-3.0 * times / (0.45 * REVERB_SECONDS)) * 0.5 + dark * 10.0 ** (
        -3.0 * times / REVERB_SECONDS
    )
    tail = lfilter([1.0, -1.0], [1.0, -0.98], tail, axis=0)
    tail *= np.minimum(1.0, times / 0.012)
    tail /= np.sqrt((tail**2).sum(axis=0, keepdims=True))
    silence = np.zeros((round(0.018 * sample_rate), 2))
    return np.concatenate((silence, tail)).astype(np.float32)


def loudness(samples: Wave, sample_rate: int) -> float:
    """Integrated loudness in LUFS; minus infinity for silence.

    Blocks of 0.4 seconds, overlapping by three quarters, gated at -70 LUFS and at 10 below the mean of the rest.
    Audio shorter than a block is repeated.

    Examples
    --------
    >>> loudness(np.zeros((44100, 2), np.float32), 44100)
    -inf
    """
    if not samples.any():
        return -np.inf
    shortest = round(0.45 * sample_rate)
    if len(samples) < shortest:
        samples = np.resize(samples, (shortest, samples.shape[1]))
    energies = _hop_energies(samples, sample_rate)
    blocks = np.lib.stride_tricks.sliding_window_view(energies, 4).mean(axis=1)
    levels = -0.691 + 10 * np.log10(np.maximum(blocks, 1e-20))
    loud = levels > -70.0
    if not loud.any():
        return -np.inf
    gate = max(-70.0, -0.691 + 10 * np.log10(blocks[loud].mean()) - 10.0)
    return float(-0.691 + 10 * np.log10(blocks[levels > gate].mean()))


def _hop_energies(samples: Wave, sample_rate: int) -> npt.NDArray[np.float64]:
    """Mean square of K-weighted sound, summed over the channels, in steps of 0.1 seconds."""
    from scipy.signal import sosfilt

    sections = _k_weighting(sample_rate)
    hop = round(0.1 * sample_rate)
    state = np.zeros((2, 2, samples.shape[1]))
    energies = []
    for first in range(0, len(samples) - hop + 1, 100 * hop):
        block = samples[first : min(first + 100 * hop, len(samples) // hop * hop)]
        weighted, state = sosfilt(sections, block, axis=0, zi=state)
        energies.append((weighted**2).reshape(-1, hop, samples.shape[1]).mean(axis=1).sum(axis=1))
    return np.concatenate(energies)


def _k_weighting(sample_rate: int) -> npt.NDArray[np.float64]:
    """Head and low-cut filters of BS.1770, for any rate (B. De Man, Evaluation of Loudness Meters, 2014)."""
    shelf = np.tan(np.pi * 1681.974450955533 / sample_rate)
    gain, quality = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    middle = gain**0.4996667741545416
    scale = 1 + shelf / quality + shelf**2
    head = [
        (gain + middle * shelf / quality + shelf**2) / scale,
        2 * (shelf**2 - gain) / scale,
        (gain - middle * shelf / quality + shelf**2) / scale,
        1.0,
        2 * (shelf**2 - 1) / scale,
        (1 - shelf / quality + shelf**2) / scale,
    ]
    cut, quality = np.tan(np.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    scale = 1 + cut / quality + cut**2
    low = [1.0, -2.0, 1.0, 1.0, 2 * (cut**2 - 1) / scale, (1 - cut / quality + cut**2) / scale]
    return np.array([head, low])


def master(mix: Wave, sample_rate: int, target: float, curve: Wave | None = None) -> None:
    """Bring a mix to a loudness (LUFS) and its peaks below -1 dBFS, in place; silence stays silence.

    Limiting takes some loudness away, so a mix with high peaks is raised and limited once more. A `curve` (frames,), of
    ones, becomes the gain of each frame.
    """
    for _ in range(2):
        gain = target - loudness(mix, sample_rate)
        if not np.isfinite(gain) or abs(gain) < 0.05:
            break
        amplitude = np.float32(10.0 ** (min(gain, 60.0) / 20))
        mix *= amplitude
        if curve is not None:
            curve *= amplitude
        limit(mix, sample_rate, curve=curve)


def limit(mix: Wave, sample_rate: int, ceiling: float = CEILING_DECIBELS, curve: Wave | None = None) -> None:
    """Keep every sample below a ceiling (dBFS), in place, with a look-ahead of 5 ms; a `curve` of gains, likewise."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    ceiling_amplitude = 10.0 ** (ceiling / 20)
    window = max(round(LOOK_AHEAD_SECONDS * sample_rate), 1)
    gains = np.empty(len(mix), np.float32)
    for first in range(0, len(mix), BLOCK):
        peaks = np.abs(mix[first : first + BLOCK]).max(axis=1)
        gains[first : first + BLOCK] = ceiling_amplitude / np.maximum(peaks, ceiling_amplitude)
    if gains.min(initial=1.0) >= 1.0:
        return
    for first in range(0, len(mix), BLOCK):
        begin = max(first - 2 * window, 0)
        context = gains[begin : first + BLOCK + 2 * window]
        lowest = minimum_filter1d(context, 2 * window + 1, mode="nearest")
        smooth = uniform_filter1d(lowest, 2 * window + 1, mode="nearest")
        block = slice(first, first + BLOCK)
        lowered = np.minimum(smooth[first - begin :][:BLOCK], gains[block])
        mix[block] *= lowered[:, None]
        if curve is not None:
            curve[block] *= lowered
