"""Settings of a sound effect, the same for every kind, as a kind's function takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 44100
Wave = npt.NDArray[np.float32]
Curve = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a sound effect is to be.

    Parameters
    ----------
    seconds : float
    pitch : float
        Hertz: where a riser arrives, the boom of an impact, a hum, the drops of rain, the first note of a coin.
    brightness : float
        0 to 1; each tenth tilts the spectrum by 1.2 decibels an octave, 0.5 leaves it.
    tone : float
        0 (noise) to 1 (pitched).
    space : float
        0 (dry) to 1: how much reverberation.
    rate : float
        Events a second: pulses of a riser, flutter of a sweep, drops, gusts, strokes; 0 for none.
    loop : bool
    generator : numpy.random.Generator
    """

    seconds: float
    pitch: float
    brightness: float
    tone: float
    space: float
    rate: float
    loop: bool
    generator: np.random.Generator

    @property
    def frames(self) -> int:
        """Length in frames."""
        return max(round(self.seconds * SAMPLE_RATE), 1)

    @property
    def times(self) -> Curve:
        """Seconds of each frame, (frames,)."""
        return np.arange(self.frames) / SAMPLE_RATE

    @property
    def progress(self) -> Curve:
        """From 0 at the first frame to 1 at the last, (frames,)."""
        return np.linspace(0.0, 1.0, self.frames)

    def blend(self, noise: Curve, tone: Curve) -> Curve:
        """Noise and tone at equal power, by `tone`; arrays of one shape."""
        return np.sqrt(1 - self.tone) * noise + np.sqrt(self.tone) * tone
