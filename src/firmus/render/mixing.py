"""What a mixer is set to: a channel strip for each part, and the synthesiser that plays them.

Conventions: parts are counted from 0; levels are in decibels, pan from -1 (left) to 1 (right).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from firmus.errors import FirmusError, unknown
from firmus.render.soundfont import SoundFont
from firmus.score import Score

REVERB_LEVEL = 0.16
SYNTHESIZERS = ("firmus", "fluidsynth")
RANGES = {
    "volume": (-60.0, 12.0, " dB"), "pan": (-1.0, 1.0, ""), "reverb": (0.0, 1.0, ""),
    "low": (-24.0, 18.0, " dB"), "middle": (-24.0, 18.0, " dB"), "high": (-24.0, 18.0, " dB"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Channel:
    """How a part is mixed.

    Parameters
    ----------
    volume : float
        Decibels above the part's own volume, -60 to 12.
    pan : float, optional
        -1 to 1; the part's own where None.
    low, middle, high : float
        Decibels, -24 to 18, below 200 Hz, about 1 kHz and above 4 kHz.
    reverb : float
        What is sent to the hall, 0 to 1.
    font : SoundFont, optional
        What plays it, instead of the usual SoundFont.

    Raises
    ------
    FirmusError

    Examples
    --------
    >>> Channel(volume=-3.0, high=2.0).is_equalised
    True
    """

    volume: float = 0.0
    pan: float | None = None
    low: float = 0.0
    middle: float = 0.0
    high: float = 0.0
    reverb: float = REVERB_LEVEL
    font: SoundFont | None = None

    def __post_init__(self) -> None:
        for name, (low, high, unit) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise FirmusError(f"the mixer's {name} {value!r} must be from {low:g} to {high:g}{unit}")

    @property
    def is_equalised(self) -> bool:
        """Whether its equaliser does anything."""
        return bool(self.low or self.middle or self.high)

    @property
    def bus(self) -> tuple[float, float, float, float]:
        """What parts that are filtered and sent together have in common."""
        return self.low, self.middle, self.high, self.reverb


USUAL = Channel()


@dataclass(frozen=True, slots=True)
class Mixer:
    """Channels of parts, by place; those that are not named are `USUAL`.

    Parameters
    ----------
    channels : mapping of int to Channel
    synthesizer : {"firmus", "fluidsynth"}
    """

    channels: Mapping[int, Channel] = field(default_factory=dict)
    synthesizer: str = "firmus"

    def __post_init__(self) -> None:
        if self.synthesizer not in SYNTHESIZERS:
            raise FirmusError(unknown("synthesizer", self.synthesizer, SYNTHESIZERS))

    def channel(self, place: int) -> Channel:
        """Channel of a part."""
        return self.channels.get(place, USUAL)

    def without_reverb(self, places: int) -> Mixer:
        """The same, dry."""
        return replace(self, channels={place: replace(self.channel(place), reverb=0.0) for place in range(places)})


@dataclass(frozen=True, slots=True)
class Mixed:
    """A score, and how it is to sound.

    Parameters
    ----------
    score : Score
    mixer : Mixer
    loudness : float, optional
        LUFS; the usual one where None.
    """

    score: Score
    mixer: Mixer
    loudness: float | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of `firmus.render.synth.render`."""
        return {"mixer": self.mixer} | ({} if self.loudness is None else {"loudness": self.loudness})
