"""Melodies as one-hot lines: at each step one of 90 values (`firmus.tokens.melody`), the first never "goes on"."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.errors import RecipeError
from firmus.models._bar_position import sustained
from firmus.raster import FIRST, HOLD
from firmus.tokens import Shape

NEVER = -1e4  # logit
FEATURES = 11  # more than twice as many values as a line has


def to_one_hot(values: Tensor, size: int) -> Tensor:
    """Lines (B, T, V) of values (B, T, 1)."""
    return functional.one_hot(values[..., 0], size).float()


def critic_features(line: Tensor) -> Tensor:
    """Input of a critic of lines (B, T, V): them, what sounds at each step, and its pitch class (B, T, 2 V + 11).

    What sounds is what begins, or, where the line goes on, what sounded before.
    """
    sounding = sustained(line[..., HOLD + 1 :], line[..., HOLD : HOLD + 1])  # a rest, then pitches
    pitches = functional.pad(sounding[..., 1:], (0, -(line.shape[2] - 2) % 12))
    classes = torch.unflatten(pitches, -1, (-1, 12)).sum(-2)
    return torch.cat([line, sounding, classes], dim=-1)


class Voice(nn.Module):
    """Logits (B, T, V) of features (B, T, F): each value's own, and of a pitch those of its class and of its height.

    The twelve classes are a scale, the height is where the melody just is, and how far it may leap.
    """

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.own, self.classes, self.height = nn.Linear(width, size), nn.Linear(width, 12), nn.Linear(width, 2)
        pitches = size - FIRST
        self.octaves: Tensor
        self.register_buffer("octaves", (torch.arange(pitches) - pitches / 2) / 12, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Of features of each step."""
        middle, narrow = self.height(features).float().unbind(-1)
        distance = (self.octaves - middle[..., None]).square()
        near = -distance * functional.softplus(narrow + 1)[..., None]
        classes = torch.cat([self.classes(features)] * (len(self.octaves) // 12 + 1), dim=-1)[..., : len(self.octaves)]
        return singable(self.own(features) + functional.pad(near + classes, (FIRST, 0)))


def singable(logits: Tensor) -> Tensor:
    """Logits (B, T, V) by which the first step begins a note or a rest."""
    first = functional.pad(torch.full_like(logits[:, :1, :1], NEVER), (HOLD, logits.shape[2] - 1 - HOLD))
    return torch.cat([logits[:, :1] + first, logits[:, 1:]], dim=1)


def kept(given: Tensor, logits: Tensor) -> Tensor:
    """Values (B, T, 1), the likeliest, with what is given in its place (not -1)."""
    return torch.where(given >= 0, given, logits.argmax(-1, keepdim=True))


def checked(shape: Shape) -> int:
    """Number of values of the one column that a raster must have."""
    if len(shape.columns) != 1:
        raise RecipeError('this network sings one line: choose representation = "melody"')
    return shape.columns[0]
