"""Sound sample by sample: dilated causal convolutions that predict each sample from those before it.

What it is
    Samples are 256 classes (μ-law). Each layer looks twice as far back as the one before, through a gated unit, and
    adds to what is skipped to the end, where two layers name the chances of the next sample. Every layer is told the
    timbre of the note, its pitch and velocity, and at each sample the phase of its fundamental and the time.
Paper
    van den Oord et al., *WaveNet: A Generative Model for Raw Audio* (2016): equation 1, p(x) = Π p(x_t | x_1 … x_t-1);
    section 2.2, f(x) = sign(x) ln(1 + μ |x|) / ln(1 + μ); equation 2, z = tanh(W_f * x) ⊙ σ(W_g * x); section 2.5,
    conditioning, global and local. Le Paine et al., *Fast Wavenet Generation Algorithm* (2016), for the queues with
    which it runs step by step.
Conventions
    16 kHz. ``samples`` (B, N) from -1 to 1; ``local`` (B, 5, N) of `local_conditions`; points (B, Z) of timbre, found
    from the same ``features`` as in `firmus.models.ddsp_vae`. A recording without one pitch has pitch and hertz 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from firmus.analysis import partials
from firmus.models._traced import traced
from firmus.tokens import Shape

TITLE = "WaveNet"
KIND = "instrument"
RATE, SECONDS, PITCHED = 16_000, 2.4, False  # of the notes it learns from; those of no pitch as well
CLASSES = 256
LOCAL = 5


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network.

    Parameters
    ----------
    latent : int
        Numbers of a point of timbre.
    width, skip : int
        Channels of the layers, and of what is skipped to the end.
    dilations, cycles : int
        Layers whose reach doubles from one to the next, and how often they stand one after another.
    """

    latent: int = 16
    width: int = 32
    skip: int = 64
    dilations: int = 8
    cycles: int = 2


class WaveNet(nn.Module):
    """The network; see the module's docstring."""

    PHASES = ("network",)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, self.layers = config.width, config.dilations * config.cycles
        self.reaches = [2**step for _ in range(config.cycles) for step in range(config.dilations)]
        self.encoder = nn.Sequential(
            nn.Linear(len(partials.TIMES) * partials.FEATURES + 1, 128),
            nn.GELU(),
            nn.Linear(128, config.latent),
            nn.Tanh(),
        )
        self.note = nn.Sequential(nn.Linear(config.latent + 3, 128), nn.GELU(), nn.Linear(128, self.layers * 2 * width))
        self.embedding = nn.Embedding(CLASSES, width)
        self.taps = nn.ModuleList(nn.Linear(2 * width + LOCAL, 2 * width) for _ in self.reaches)
        self.back = nn.ModuleList(nn.Linear(width, width) for _ in self.reaches)
        self.skipped = nn.Linear(self.layers * width, config.skip)
        self.last = nn.Linear(config.skip, config.skip)
        self.classes = nn.Linear(config.skip, CLASSES)

    def encode(self, features: Tensor, pitch: Tensor) -> Tensor:
        """Points (B, Z) of notes: features (B, 16, 96), MIDI pitches (B,)."""
        point: Tensor = self.encoder(torch.cat([features.flatten(1), pitch[:, None] / 64 - 1], dim=1))
        return point

    def condition(self, latent: Tensor, pitch: Tensor, velocity: Tensor) -> Tensor:
        """What each layer is told of a note (B, L, 2 C)."""
        known = (pitch > 0).float()
        of_note = torch.stack([known * (pitch / 64 - 1), velocity / 64 - 1, known], dim=1)
        return self.note(torch.cat([latent, of_note], dim=1)).unflatten(1, (self.layers, -1))

    def forward(self, codes: Tensor, local: Tensor, condition: Tensor) -> Tensor:
        """Logits (B, N, 256) of each sample, from the codes (B, N) of those one before it."""
        x, gated = self.embedding(codes), []
        for layer, reach in enumerate(self.reaches):
            earlier = functional.pad(x, (0, 0, reach, 0))[:, : x.shape[1]]
            x, z = self._layer(layer, earlier, x, local, condition[:, layer, None])
            gated.append(z)
        return self._classes(gated)

    def step(self, code: Tensor, local: Tensor, condition: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, 256) of the next sample, and what each layer saw (B, L, C), from the last code (B,).

        `local` (B, 5), `condition` (B, L, 2 C); `past` (B, L, C) is what each layer saw as long ago as it looks back.
        """
        x, gated, seen = self.embedding(code), [], []
        earlier, told = past.unbind(1), condition.unbind(1)
        for layer in range(self.layers):
            seen.append(x)
            x, z = self._layer(layer, earlier[layer], x, local, told[layer])
            gated.append(z)
        return self._classes(gated), torch.stack(seen, dim=1)

    def _layer(self, layer: int, earlier: Tensor, x: Tensor, local: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        gates = self.taps[layer](torch.cat([earlier, x, local], dim=-1)) + condition
        filtered, gate = gates.chunk(2, dim=-1)
        z = filtered.tanh() * gate.sigmoid()
        return x + self.back[layer](z), z

    def _classes(self, gated: list[Tensor]) -> Tensor:
        skipped = self.skipped(torch.cat(gated, dim=-1))  # one matrix for the sum of what each layer skips
        logits: Tensor = self.classes(functional.relu(self.last(functional.relu(skipped))))
        return logits

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of each sample, in nats; beside it the squared error of the mean that is predicted."""
        samples, first, pitch, velocity, hertz, _, _, features, other = (each.float() for each in batch[:9])
        codes = encoded(samples)
        before = functional.pad(codes[:, :-1], (1, 0), value=CLASSES // 2)
        condition = self.condition(self.encode(features, other), pitch, velocity)
        time = first[:, None].double() + torch.arange(samples.shape[1], device=samples.device)
        logits = self(before, local_conditions(time, hertz), condition)
        known = (first == 0)[:, None] | (torch.arange(samples.shape[1], device=samples.device) >= sum(self.reaches))
        nats = functional.cross_entropy(logits.flatten(0, 1), codes.flatten(), reduction="none").view_as(samples)
        loss = (nats * known).sum() / known.sum()
        with torch.no_grad():
            mean = logits.softmax(-1) @ decoded(torch.arange(CLASSES, device=samples.device))
            squared = ((mean - samples) ** 2 * known).sum() / known.sum()
        return loss, {"squared_error": squared}

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """All of it is learnt at once."""
        return [self]


def encoded(samples: Tensor) -> Tensor:
    """Classes 0 to 255 of samples from -1 to 1, by the μ-law."""
    mu = CLASSES - 1
    squeezed = samples.sign() * torch.log1p(mu * samples.abs().clamp(max=1)) / math.log1p(mu)
    return ((squeezed + 1) / 2 * mu + 0.5).long()


def decoded(codes: Tensor) -> Tensor:
    """Samples of classes."""
    mu = CLASSES - 1
    squeezed = 2 * codes.float() / mu - 1
    return squeezed.sign() * torch.expm1(squeezed.abs() * math.log1p(mu)) / mu


def local_conditions(time: Tensor, hertz: Tensor) -> Tensor:
    """Sine and cosine of the fundamental's phase, the time on two scales, and whether there is a fundamental (B, N, 5).

    `time` (B, N) in samples from the onset, `hertz` (B,), 0 where there is no one pitch.
    """
    phase = (2 * math.pi / RATE * torch.remainder(time * hertz[:, None].double(), RATE)).float()
    known = (hertz > 0).float()[:, None].expand_as(phase)
    seconds = (time / RATE).float()
    return torch.stack(
        [phase.sin() * known, phase.cos() * known, torch.exp(-seconds / 0.05), torch.exp(-seconds / 0.6), known], dim=-1
    )


def build(config: Config, shape: Shape | None = None) -> WaveNet:
    """Make a network with fresh weights."""
    return WaveNet(config)


def example(generator: np.random.Generator) -> tuple[WaveNet, dict[str, dict[str, NDArray[Any]]]]:
    """A small network with fresh weights, and inputs for each of its graphs."""
    network = build(Config(latent=8, width=16, skip=16, dilations=4, cycles=2)).eval()
    pitch, velocity = generator.uniform(30, 90, 2).astype(np.float32), generator.uniform(1, 127, 2).astype(np.float32)
    features = generator.random((2, len(partials.TIMES), partials.FEATURES), np.float32)
    return network, {
        "encode": {"features": features, "pitch": pitch},
        "condition": {"latent": generator.random((2, 8), np.float32), "pitch": pitch, "velocity": velocity},
        "step": {
            "code": generator.integers(0, CLASSES, 2),
            "local": generator.random((2, LOCAL), np.float32),
            "condition": generator.random((2, 8, 32), np.float32),
            "past": generator.random((2, 8, 16), np.float32),
        },
    }


def graphs(network: WaveNet) -> dict[str, Any]:
    """Its functions: ``encode`` (features, pitch), ``condition`` (latent, pitch, velocity) and ``step``."""
    rows, one, config = {0: "B"}, torch.zeros(2), network.config
    features = torch.zeros(2, len(partials.TIMES), partials.FEATURES)
    condition, past = (torch.zeros(2, network.layers, size) for size in (2 * config.width, config.width))
    inputs = {
        "code": torch.zeros(2, dtype=torch.long),
        "local": torch.zeros(2, LOCAL),
        "condition": condition,
        "past": past,
    }
    return {
        "encode": traced(
            network, network.encode, {"features": features, "pitch": one}, {"mean": rows},
            {"features": rows, "pitch": rows},
        ),
        "condition": traced(
            network, network.condition, {"latent": torch.zeros(2, config.latent), "pitch": one, "velocity": one},
            {"condition": rows}, {"latent": rows, "pitch": rows, "velocity": rows},
        ),
        "step": traced(network, network.step, inputs, {"logits": rows, "seen": rows}, dict.fromkeys(inputs, rows)),
    }  # fmt: skip


def facts(network: WaveNet) -> dict[str, Any]:
    """What the runtime must know besides its sizes."""
    return {"rate": RATE, "seconds": SECONDS, "reaches": network.reaches}


def sizes(network: WaveNet) -> dict[str, int]:
    """Sizes of what goes in and comes out."""
    return {"latent": network.config.latent, "width": network.config.width, "classes": CLASSES}
