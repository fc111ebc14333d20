"""Additive synthesis in numpy: a bank of harmonic oscillators, and noise filtered in bands.

What it is
    The inverse of `firmus.analysis.partials`: levels to sound. A neural instrument's decoder controls it
    (`firmus.runtime.timbre`); training does the same in PyTorch (`firmus.models.ddsp_vae`), and a test holds the two
    together.
Paper
    Engel et al., *DDSP: Differentiable Digital Signal Processing* (2020): equations 1 and 2, the harmonic oscillator
    x(n) = Σ A_k(n) sin φ_k(n); section 3.4, subtractive noise. Fletcher, *Normal Vibration Frequencies of a Stiff Piano
    String* (1964), for stretched partials: f_k = k f √(1 + B k²), here divided by √(1 + B), so that f_1 = f.
Conventions
    Controls come at frames, `FRAMES` a second, and amplitudes are interpolated linearly between them; J + 1 frames make
    J · hop samples. Amplitudes are those of waves; nothing sounds above `CEILING`.

The pitch of a note is constant, so each oscillator is a rotation: with α of the frame and β of the sample within it,
sin(α + β) = sin α cos β + cos α sin β, and the whole bank is two matrix products.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAMES = 187.5  # a second: 128 samples each at 24 kHz
HARMONICS = 96
BANDS = 32
CEILING = 11_900.0  # hertz
LOWEST = 60.0  # hertz, of a band
NATIVE = 24_000  # rate at which white noise of unit gain has the level that bands are measured by
Floats = NDArray[np.float32]


def partials(hertz: float, stretch: float, count: int = HARMONICS) -> NDArray[np.float64]:
    """Frequencies of the partials of a stiff string, in hertz.

    Examples
    --------
    >>> partials(100.0, 0.0, 3).tolist()
    [100.0, 200.0, 300.0]
    """
    k = np.arange(1, count + 1)
    return k * hertz * np.sqrt((1 + stretch * k**2) / (1 + stretch))


def phases(count: int = HARMONICS) -> NDArray[np.float64]:
    """Phases of the partials at the beginning, which keep the peaks low (Schroeder 1970)."""
    k = np.arange(1, count + 1)
    return -np.pi * k * (k - 1) / count


def harmonic(levels: Floats, hertz: float, stretch: float, rate: int, hop: int) -> Floats:
    """Sum of oscillators.

    Parameters
    ----------
    levels : float32 array (J + 1, K)
        Amplitudes at the frames.
    hertz, stretch : float
        Pitch, and inharmonicity B (0: none).
    rate, hop : int
        Samples a second and a frame.

    Returns
    -------
    float32 array (J · hop,)

    Examples
    --------
    >>> wave = harmonic(np.ones((11, 1), np.float32), 441.0, 0.0, 44_100, 100)
    >>> bool(np.allclose(wave, np.sin(2 * np.pi * np.arange(1000) / 100), atol=1e-6))
    True
    """
    frequencies = partials(hertz, stretch, levels.shape[1])
    levels = levels * (frequencies < min(CEILING, rate / 2))
    turn = 2 * np.pi * frequencies / rate
    start = (turn * hop * np.arange(len(levels) - 1)[:, None] + phases(levels.shape[1])) % (2 * np.pi)  # (J, K)
    within = turn[:, None] * np.arange(hop)  # (K, hop)
    basis = np.concatenate([np.cos(within), np.sin(within)]).astype(np.float32)
    first, last = (
        np.concatenate([each * np.sin(start), each * np.cos(start)], axis=1).astype(np.float32) @ basis
        for each in (levels[:-1], levels[1:])
    )
    share = np.arange(hop, dtype=np.float32) / hop
    return ((1 - share) * first + share * last).reshape(-1)


def filtered_noise(bands: Floats, white: Floats, rate: int) -> Floats:
    """White noise, filtered frame by frame.

    Parameters
    ----------
    bands : float32 array (J + 1, N)
        Gains at the frequencies of `band_matrix`.
    white : float32 array (J + 1, 2 · hop)
        Uniform from -1 to 1, anew for each frame.
    rate : int

    Returns
    -------
    float32 array (J · hop,)
    """
    hop = white.shape[1] // 2
    gains = bands @ band_matrix(rate, hop, bands.shape[1]) * np.float32(np.sqrt(rate / NATIVE))
    frames = np.fft.irfft(np.fft.rfft(white) * gains, 2 * hop) * window(hop)
    return (frames[:-1, hop:] + frames[1:, :hop]).reshape(-1).astype(np.float32)


def window(hop: int) -> Floats:
    """Half a sine: neighbours that overlap by half keep the power of noise even."""
    return np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)).astype(np.float32)


def band_matrix(rate: int, hop: int, count: int = BANDS) -> Floats:
    """Matrix (N, hop + 1) from gains of bands, evenly spaced in mel, to gains of frequencies, linear between them."""
    return band_weights(np.arange(hop + 1) * rate / (2 * hop), count)


def band_weights(hertz: NDArray[np.float64], count: int = BANDS) -> Floats:
    """Weights (N, F) of frequencies in bands, evenly spaced in mel: 1 at a band's own, falling to 0 at its neighbours'.

    Examples
    --------
    >>> band_weights(np.array([60.0, 20_000.0]), 4)[:, 0].tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    place = np.interp(_mel(hertz), np.linspace(_mel(LOWEST), _mel(CEILING), count), np.arange(count))
    weights = np.maximum(1 - np.abs(place - np.arange(count)[:, None]), 0)
    weights[:, hertz > CEILING] = 0
    return weights.astype(np.float32)


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(2595 * np.log10(1 + np.asarray(hertz) / 700))
