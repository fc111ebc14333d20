"""A transcriber: which keys of a piano begin, sound, and how loudly, in every frame of a sound.

What it is
    Every key looks at the spectrum from where it stands: at its own pitch, its overtones, and the pitches of which it
    would itself be an overtone, three bins each (harmonic stacking). So all keys share their weights; what they know of
    their place is one vector each. Convolutions over time and over neighbouring keys follow, a look at what the keys
    an octave, a twelfth and two octaves above and below detect, and convolutions over longer and longer times.
    Heads say the chance that a key is struck in a frame, that it sounds, and its velocity.
Paper
    Hawthorne et al., *Onsets and Frames* (2018), section 3, for the heads and their losses; Bittner et al., *A
    Lightweight Instrument-Agnostic Model for Polyphonic Note Transcription* (2022), section 2.1, for harmonic stacking;
    Wei et al., *HPPNet* (2022), section 3, for keys that share their weights and look at each other's harmonics.
Conventions
    ``levels`` (B, T, 291) from 0 to 1, of `firmus.analysis.spectrum`; ``keys`` (B, T, 88) of
    `firmus.tokens.piano_frames`;
    logits (B, T, 88) of three kinds. Inside, vectors (B, C, T, 88).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from firmus.analysis.spectrum import BINS, KEYS, PER_SEMITONE
from firmus.models._traced import traced
from firmus.tokens import Shape

TITLE = "Transcriber"
KIND = "listener"
PARTIALS = (1 / 3, 1 / 2, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12)  # of a key's frequency, that it looks at
RELATIONS = (-24, -19, -12, 12, 19, 24)  # semitones to the keys whose findings it looks at
SILENT, GOES_ON = 0, 1


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network, and what it is taught.

    Parameters
    ----------
    width : int
        Channels.
    told : int
        Channels of what keys tell each other across octaves.
    reach : int
        Convolutions over time, each looking twice as far as the one before.
    struck : float
        How much more a frame counts in which a key is struck.
    """

    width: int = 32
    told: int = 8
    reach: int = 4
    struck: float = 3.0


class Near(nn.Module):
    """A residual convolution over time and neighbouring keys."""

    def __init__(self, width: int, size: tuple[int, int], step: int = 1) -> None:
        super().__init__()
        padding = (size[0] // 2 * step, size[1] // 2)
        self.mixed = nn.Conv2d(width, width, size, padding=padding, dilation=(step, 1))
        with torch.no_grad():
            self.mixed.weight.mul_(0.5)  # so that what many of them add stays small at first

    def forward(self, x: Tensor) -> Tensor:
        """Vectors (B, C, T, 88) from vectors."""
        return x + functional.relu(self.mixed(x))


class Transcriber(nn.Module):
    """The network; see the module's docstring."""

    PHASES = ("network",)

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        width = config.width
        self.places: Tensor
        self.register_buffer("places", torch.from_numpy(places()), persistent=False)
        self.related: Tensor
        self.register_buffer("related", torch.from_numpy(related()), persistent=False)
        self.seen = nn.Conv2d(len(PARTIALS) * PER_SEMITONE, width, (3, 1), padding=(1, 0))
        self.place = nn.Parameter(torch.zeros(width, 1, KEYS))
        self.near = nn.Sequential(Near(width, (3, 3)), Near(width, (3, 3)))
        self.telling = nn.Conv2d(width, config.told, 1)
        self.asking = nn.Conv2d(len(RELATIONS) * config.told, width, 1)
        self.far = nn.Sequential(*(Near(width, (3, 1), 2**step) for step in range(config.reach)))
        self.onset = nn.Conv2d(width, 1, (3, 1), padding=(1, 0))
        self.sounding = nn.Conv2d(width, 1, (3, 1), padding=(1, 0))
        self.carried = nn.Parameter(torch.zeros(1))  # what a stroke says of sounding
        self.velocity = nn.Conv2d(width, 1, 1)
        with torch.no_grad():
            for head, chance in ((self.onset, 0.005), (self.sounding, 0.03)):
                head.bias.fill_(float(np.log(chance)))  # type: ignore[union-attr]

    def forward(self, levels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (B, T, 88) that keys are struck and that they sound, and velocities from 0 to 1."""
        looked = functional.pad(levels, (0, 1))[..., self.places]  # (B, T, 88, partials · 3), or silence
        x = self.seen(looked.permute(0, 3, 1, 2))
        x = functional.relu(x + self.place.to(x.dtype))
        x = self.near(x)
        sent = functional.pad(self.telling(x).permute(0, 2, 3, 1), (0, 0, 0, 1))  # (B, T, 89, told)
        sent = sent[:, :, self.related].flatten(3).permute(0, 3, 1, 2)  # (B, relations · told, T, 88)
        x = self.far(x + functional.relu(self.asking(sent)))
        onset = self.onset(x)
        sounding = self.sounding(x) + self.carried.to(x.dtype) * onset.detach()
        return onset[:, 0], sounding[:, 0], self.velocity(x)[:, 0].sigmoid()

    def judge(self, levels: Tensor) -> tuple[Tensor, ...]:
        """Chances (B, T, 88) that keys are struck and that they sound, and velocities."""
        onset, sounding, velocity = self(levels)
        return onset.sigmoid(), sounding.sigmoid(), velocity

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of both heads and the velocity's squared error, summed over the keys, for each frame."""
        levels, keys = batch
        if torch.is_autocast_enabled(levels.device.type):
            levels = levels.to(torch.get_autocast_dtype(levels.device.type))
        onset, sounding, velocity = (each.float() for each in self(levels))
        struck = (keys > GOES_ON).float()
        beside = functional.max_pool2d(struck[:, None], (3, 1), 1, (1, 0))[:, 0]
        wanted = torch.maximum(struck, 0.4 * beside)  # the frames beside it may be struck as well
        weight = 1 + (self.config.struck - 1) * beside
        begin = (functional.binary_cross_entropy_with_logits(onset, wanted, reduction="none") * weight).sum(-1).mean()
        hold = functional.binary_cross_entropy_with_logits(sounding, (keys != SILENT).float(), reduction="none")
        hold = hold.sum(-1).mean()
        loudness = (struck * (velocity - (keys - GOES_ON).clamp(min=0) / 127).square()).sum(-1).mean()
        loss = begin + hold + 4 * loudness
        return loss, {"struck": begin.detach(), "sounds": hold.detach(), "loudness": loudness.detach()}

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """All of it is learnt at once."""
        return [self]


def places() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Bins (88, partials · 3) that each key looks at; 291, beyond the last, where there is none."""
    steps = [round(12 * PER_SEMITONE * np.log2(partial)) + side for partial in PARTIALS for side in (-1, 0, 1)]
    rows = PER_SEMITONE * np.arange(KEYS)[:, None] + 1 + np.array(steps)
    return np.where((rows >= 0) & (rows < BINS), rows, BINS).astype(np.int64)


def related() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Keys (88, relations) whose findings each key looks at; 88 where there is none."""
    rows = np.arange(KEYS)[:, None] + np.array(RELATIONS)
    return np.where((rows >= 0) & (rows < KEYS), rows, KEYS).astype(np.int64)


def build(config: Config, shape: Shape) -> Transcriber:
    """Make a network with fresh weights."""
    network: Any = Transcriber(config, shape)  # channels last: twice as fast on a CPU
    built: Transcriber = network.to(memory_format=torch.channels_last)
    return built


def example(generator: np.random.Generator) -> tuple[Transcriber, dict[str, NDArray[Any]]]:
    """A small network with fresh weights, and inputs for it."""
    return build(Config(width=16), Shape(129, 1, 1, 24)).eval(), {"levels": generator.random((2, 40, BINS), np.float32)}


def graph(network: Transcriber) -> Any:
    """The graph: ``levels`` (B, T, 291) to the chances ``struck`` and ``sounding``, and ``velocity`` (B, T, 88)."""
    times = {0: "B", 1: "T"}
    outputs = {"struck": times, "sounding": times, "velocity": times}
    return traced(network, network.judge, {"levels": torch.zeros(1, 64, BINS)}, outputs, {"levels": times})
