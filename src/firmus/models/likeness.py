"""Likeness: a melody's turns to a point, near the points of melodies that are the same to the ear.

What it is
    Counts of turns (`firmus.analysis.likeness`), each weighed by how much it tells, and one matrix that makes 128
    numbers of them, of length 1. It learns by contrast: two excerpts of one stretch of music, one of them altered as
    people alter melodies, are to lie nearer to each other than to any other excerpt of the batch.
Paper
    Oord, Li & Vinyals, *Representation learning with contrastive predictive coding* (2018), equation 4 (InfoNCE);
    Chen et al., *A simple framework for contrastive learning of visual representations* (2020), for the temperature
    and for both directions.
Conventions
    ``counts`` (N, 4096); ``points`` (N, 128) of length 1, so that their product is the cosine of their angle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.analysis import alterations
from firmus.analysis.likeness import PLACES, counts
from firmus.analysis.lines import Query, query
from firmus.models._traced import traced
from firmus.tokens import Shape, melody, shape

TITLE = "Likeness of melodies"
KIND = "listener"
SHORTEST = 0.35  # share of a stretch that an excerpt has at least
FEWEST = 12  # notes of an excerpt
ALTERED = (alterations.ornamented, alterations.wrong_notes, alterations.hummed)


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network, and how it learns.

    Parameters
    ----------
    width : int
        Numbers of a point.
    temperature : float
        Of the contrast: the lower, the more the nearest of the others count.
    """

    width: int = 128
    temperature: float = 0.05


class Likeness(nn.Module):
    """The network; see the module's docstring."""

    PHASES = ("network",)

    def __init__(self, config: Config, raster: Shape) -> None:
        super().__init__()
        self.config, self.shape = config, raster
        self.telling = nn.Parameter(torch.zeros(PLACES))  # logarithm of how much a turn tells
        self.to_point = nn.Linear(PLACES, config.width, bias=False)

    def forward(self, counts: Tensor) -> Tensor:
        """Points (N, width) of counts (N, 4096)."""
        weighed = torch.log1p(counts) * self.telling.exp()
        return _of_length_one(self.to_point(_of_length_one(weighed)))

    def judge(self, counts: Tensor) -> tuple[Tensor]:
        """What the graph computes."""
        return (self(counts),)

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """InfoNCE of excerpts of windows (N, T, 1); ``found`` is how often the other excerpt is the nearest."""
        seed = int(torch.randint(2**31, ())) if self.training else 0
        generator = np.random.default_rng(seed)
        device = self.telling.device
        told = [pair for values in batch[0].cpu().numpy() if (pair := pair(values, generator)) is not None]
        if len(told) < 2:
            nothing = self.telling.sum() * 0
            return nothing, {"found": nothing.detach()}
        one, other = (self(torch.from_numpy(np.stack(side)).to(device)) for side in zip(*told, strict=True))
        near = one.float() @ other.float().T / self.config.temperature
        right = torch.arange(len(told), device=device)
        loss = (functional.cross_entropy(near, right) + functional.cross_entropy(near.T, right)) / 2
        return loss, {"found": (near.argmax(dim=1) == right).float().mean().detach()}

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """All of it is learnt at once."""
        return [self]


def _of_length_one(x: Tensor) -> Tensor:
    return x / (x.square().sum(dim=-1, keepdim=True) + 1e-9).sqrt()


def pair(values: Any, generator: np.random.Generator) -> tuple[Any, Any] | None:
    """Counts of two excerpts of a window (T, 1) of `firmus.tokens.melody`, the second altered; None of one too bare."""
    told = query(melody.decode(values))
    if len(told) < FEWEST or told.lengths is None:
        return None
    found = []
    for is_altered in (False, True):
        size = max(FEWEST, round(len(told) * generator.uniform(SHORTEST, 1)))
        first = int(generator.integers(len(told) - size + 1))
        excerpt = Query(told.pitches[first : first + size], told.lengths[first : first + size])
        if is_altered:
            excerpt = ALTERED[generator.integers(len(ALTERED))](excerpt, generator)
        found.append(counts(excerpt))
    return found[0], found[1]


def build(config: Config, raster: Shape) -> Likeness:
    """A fresh network."""
    return Likeness(config, raster)


def example(generator: np.random.Generator) -> tuple[Likeness, dict[str, Any]]:
    """A small network with fresh weights, and inputs for it by name."""
    return Likeness(Config(width=16), shape(melody)), {"counts": generator.poisson(0.02, (3, PLACES)).astype(np.float32)}


def graph(network: Likeness) -> Any:
    """The ONNX graph: ``counts`` (N, 4096) to ``points`` (N, width)."""
    some = {0: "N"}
    return traced(network, network.forward, {"counts": torch.ones(2, PLACES)}, {"points": some}, {"counts": some})
