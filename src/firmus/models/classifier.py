"""A classifier of what was measured of a piece: one trunk, and a head for each kind of label.

What it is
    Traits (`firmus.analysis.traits`) go through a small multilayer perceptron; each head gives the chances of its
    classes. Instruments may be missing or wrong in a file: while it learns, some examples have theirs taken away, and
    some have those of another piece. How far a piece lies from everything learnt is a second output, so that what has
    no style gets none.
Paper
    Guo, Pleiss, Sun & Weinberger, *On Calibration of Modern Neural Networks* (ICML 2017), section 4.2: a temperature a
    head. Lee, Lee, Lee & Shin, *A Simple Unified Framework for Detecting Out-of-Distribution Samples* (NeurIPS 2018),
    eq. 2: the Mahalanobis distance to the nearest class in the last hidden layer, with a common covariance.
Conventions
    ``values`` (B, F), NaN where a piece lacks what is measured; ``targets`` (B, H) whole numbers, -1 where a head has
    no label.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from firmus.models._traced import traced

TITLE = "Classifier of styles, genres and composers"
KIND = "listener"
WIDEST = 4.0  # standard deviations that count
RIDGE = 0.05  # of the covariance


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network, and how it learns.

    Parameters
    ----------
    hidden : tuple of int
        Widths of the hidden layers; none for logistic regression.
    dropout : float
    absent, wrong : float
        Share of the examples that learn without instruments, and with another piece's.
    smoothing : float
        Of the labels.
    """

    hidden: tuple[int, ...] = (128, 64)
    dropout: float = 0.5
    absent: float = 0.3
    wrong: float = 0.15
    smoothing: float = 0.05


@dataclass(frozen=True, slots=True)
class Shape:
    """What goes in and out.

    Parameters
    ----------
    instruments : tuple of bool
        Which of the F traits tell instruments.
    classes : dict of int
        How many classes each head has, by name; the first head is the one whose classes distances are measured to.
    """

    instruments: tuple[bool, ...]
    classes: dict[str, int]


class Classifier(nn.Module):
    """The network; see the module's docstring."""

    PHASES = ("classes",)
    unreliable: Tensor
    middle: Tensor
    scale: Tensor
    temperature: Tensor
    centres: Tensor
    whitening: Tensor
    unit: Tensor

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        widths = [len(shape.instruments), *config.hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.GELU(), nn.Dropout(config.dropout)]
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleDict({name: nn.Linear(widths[-1], count) for name, count in shape.classes.items()})
        first = next(iter(shape.classes.values()))
        for name, start in {
            "unreliable": torch.tensor(shape.instruments),
            "middle": torch.zeros(widths[0]), "scale": torch.ones(widths[0]),
            "temperature": torch.ones(len(shape.classes)), "centres": torch.zeros(first, widths[-1]),
            "whitening": torch.eye(widths[-1]), "unit": torch.tensor(1.0),
        }.items():  # fmt: skip
            self.register_buffer(name, start)

    def fit_scale(self, values: Tensor) -> None:
        """Learn where traits lie, and how widely, of rows (N, F)."""
        rooted = _rooted(values)
        self.middle = rooted.nanmean(0).nan_to_num()
        self.scale = (rooted - self.middle).square().nanmean(0).sqrt().nan_to_num().clamp(min=1e-3)

    def hidden(self, values: Tensor) -> Tensor:
        """The last hidden layer (B, W)."""
        scaled = ((_rooted(values) - self.middle) / self.scale).clamp(-WIDEST, WIDEST)
        return self.trunk(torch.where(scaled.isnan(), torch.zeros(()), scaled))

    def forward(self, values: Tensor) -> tuple[Tensor, ...]:
        """Logits (B, C) of each head."""
        hidden = self.hidden(values)
        return tuple(head(hidden) for head in self.heads.values())

    def judge(self, values: Tensor) -> tuple[Tensor, ...]:
        """Chances (B, C) of each head's classes, and the distance (B,) from what was learnt; 1 is far."""
        hidden = self.hidden(values)
        chances = [
            (head(hidden) / self.temperature[place]).softmax(-1) for place, head in enumerate(self.heads.values())
        ]
        return (*chances, self.distance(hidden))

    def distance(self, hidden: Tensor) -> Tensor:
        """Squared Mahalanobis distance (B,) to the nearest class, in units of `unit`."""
        apart = (hidden[:, None] - self.centres) @ self.whitening
        nearest: Tensor = apart.square().sum(-1).min(-1).values / self.unit
        return nearest

    @torch.no_grad()
    def fit_distance(self, values: Tensor, classes: Tensor) -> None:
        """Learn where the classes of the first head lie in the last hidden layer, of rows (N, F), classes (N,)."""
        hidden = self.hidden(values[classes >= 0])
        classes = classes[classes >= 0]
        self.centres = torch.stack([hidden[classes == each].mean(0) for each in range(len(self.centres))])
        spread = torch.cov((hidden - self.centres[classes]).T)
        spread = spread + RIDGE * spread.diagonal().mean() * torch.eye(len(spread))
        self.whitening = torch.linalg.cholesky(torch.linalg.inv(spread))

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross entropy, summed over the heads; and that of each."""
        values, targets = batch
        metrics = {}
        for (name, count), logits, target in zip(
            self.shape.classes.items(), self(self.disguised(values)), targets.T, strict=True
        ):
            known = target >= 0
            smoothing = self.config.smoothing if self.training and count > 1 else 0.0
            nats = functional.cross_entropy(logits[known], target[known], reduction="sum", label_smoothing=smoothing)
            metrics[name] = nats / known.sum().clamp(min=1)
        return torch.stack(list(metrics.values())).sum(), {name: each.detach() for name, each in metrics.items()}

    def disguised(self, values: Tensor) -> Tensor:
        """Examples as files may give them: while it trains, without their instruments or with another's."""
        if not self.training:
            return values
        chance = torch.rand(len(values), 1)
        others = values[torch.randperm(len(values))]
        swapped = torch.where(self.unreliable & (chance < self.config.wrong), others, values)
        return torch.where(self.unreliable & (chance > 1 - self.config.absent), torch.zeros(()), swapped)

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """What learns: everything."""
        return [self]


def _rooted(values: Tensor) -> Tensor:
    """Square roots, with their sign: shares lie more evenly so (the Hellinger distance)."""
    return values.sign() * values.abs().sqrt()


def build(config: Config, shape: Shape) -> Classifier:
    """Make a network with fresh weights."""
    return Classifier(config, shape)


def example(generator: np.random.Generator) -> tuple[Classifier, dict[str, NDArray[Any]]]:
    """A small network with fresh weights, and inputs for it."""
    network = build(Config(hidden=(16, 8)), Shape((True, *[False] * 19), {"style": 4, "composer": 3}))
    values = generator.random((40, 20), np.float32)
    network.fit_scale(torch.from_numpy(values))
    network.eval().fit_distance(torch.from_numpy(values), torch.arange(40) % 4)
    return network, {"values": values[:5] * 3 - 1}


def graph(network: Classifier) -> Any:
    """Write `judge` as an ONNX graph: ``values`` (B, F) to the chances of each head and ``distance``."""
    values = torch.zeros(2, len(network.shape.instruments))
    rows = {0: "B"}
    outputs = {**dict.fromkeys(network.shape.classes, rows), "distance": rows}
    return traced(network, network.judge, {"values": values}, outputs, {"values": rows})
