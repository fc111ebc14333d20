"""What a sampled instrument is: zones, each a recording and the keys and velocities that play it.

Conventions: waves are mono float32, full scale 1.0; a loop is its first frame and the one behind its last; keys are
MIDI numbers; tuning is in cents to be added so that the root key sounds in tune. A volume envelope is that of
`firmus.render.soundfont`: its decay and release are the seconds of a fall by 100 dB, its sustain is in centibels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from firmus.errors import FirmusError
from firmus.render.soundfont import Envelope

Wave = npt.NDArray[np.float32]

PEAK = 0.9  # of the loudest zone
MOST_ZONES = 1000
MOST_FRAMES = 60_000_000  # of all zones: 120 MB of 16 bits
RELEASE_SECONDS = 0.4
HELD = Envelope(0.0, 0.0, 0.0, 0.0, 0.0, RELEASE_SECONDS, 0, 0)
"""A sample that is played as it is, and released."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A recording, and what plays it.

    Parameters
    ----------
    wave : float32 array (frames,)
    rate : int
        Frames a second.
    root : int
        The key that plays it as it was recorded, 0 to 127.
    tune : float
        Cents.
    loop : (int, int), optional
    envelope : Envelope
    keys, velocities : (int, int)
        Lowest and highest, both included.

    Examples
    --------
    >>> Zone(np.zeros(100, np.float32), 44100, 60, keys=(48, 72)).seconds < 0.01
    True
    """

    wave: Wave = field(repr=False)
    rate: int
    root: int
    tune: float = 0.0
    loop: tuple[int, int] | None = None
    envelope: Envelope = HELD
    keys: tuple[int, int] = (0, 127)
    velocities: tuple[int, int] = (1, 127)

    def __post_init__(self) -> None:
        if not 8000 <= self.rate <= 96_000 or not len(self.wave):
            raise FirmusError(f"a sample of {len(self.wave)} frames, {self.rate} a second: it needs 8000 to 96000")
        if not 0 <= self.root <= 127 or not abs(self.tune) <= 100:
            raise FirmusError(f"root key {self.root!r} must be 0 to 127, its tuning {self.tune!r} -100 to 100 cents")
        if self.loop and not 0 <= self.loop[0] < self.loop[1] - 3 <= len(self.wave) - 3:
            raise FirmusError(f"loop {self.loop} must lie within the {len(self.wave)} frames of its sample")
        for name, low, (first, last) in (("keys", 0, self.keys), ("velocities", 1, self.velocities)):
            if not low <= first <= last <= 127:
                raise FirmusError(f"{name} {first} to {last} must be from {low} to 127, the lower first")

    @property
    def seconds(self) -> float:
        """Length of the recording."""
        return len(self.wave) / self.rate


@dataclass(frozen=True, slots=True)
class Instrument:
    """A sampled instrument.

    Parameters
    ----------
    name : str
    zones : tuple of Zone
        1 to 1000, of 60 million frames in all at most.
    comment : str
        Where it comes from.
    """

    name: str
    zones: tuple[Zone, ...]
    comment: str = ""

    def __post_init__(self) -> None:
        frames = sum(len(zone.wave) for zone in self.zones)
        if not 1 <= len(self.zones) <= MOST_ZONES or frames > MOST_FRAMES:
            raise FirmusError(
                f"an instrument of {len(self.zones)} zones, {frames:,} frames: 1 to {MOST_ZONES} zones are written, "
                f"of {MOST_FRAMES:,} frames in all at most"
            )


def spread(zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """Zones over all keys: each plays those nearest to its root; at one root, the later the louder.

    Examples
    --------
    >>> wave = np.zeros(100, np.float32)
    >>> [zone.keys for zone in spread([Zone(wave, 44100, root) for root in (54, 60, 66)])]
    [(0, 57), (58, 63), (64, 127)]
    """
    roots = sorted({zone.root for zone in zones})
    edges = [-1, *((low + high) // 2 for low, high in pairwise(roots)), 127]
    placed = []
    for index, root in enumerate(roots):
        layers = [zone for zone in zones if zone.root == root]
        steps = [round(127 * (layer / len(layers)) ** 0.7) for layer in range(len(layers) + 1)]
        placed += [
            replace(zone, keys=(edges[index] + 1, edges[index + 1]), velocities=(low + 1, high))
            for zone, low, high in zip(layers, steps, steps[1:], strict=False)
        ]
    return tuple(placed)


def levelled(zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """Zones that are equally loud, the highest peak at 0.9: how loud a key sounds is left to its velocity."""
    levels = []
    for zone in zones:
        frames = max(round(0.05 * zone.rate), 1)
        power = (zone.wave[: len(zone.wave) // frames * frames].reshape(-1, frames) ** 2).mean(axis=1)
        levels.append(max(float(np.sqrt(power.max(initial=float((zone.wave**2).mean())))), 1e-6))
    peaks = [float(np.abs(zone.wave).max()) / level for zone, level in zip(zones, levels, strict=True)]
    scale = PEAK / max(*peaks, 1e-6)
    return tuple(
        replace(zone, wave=(zone.wave * np.float32(scale / level))) for zone, level in zip(zones, levels, strict=True)
    )
