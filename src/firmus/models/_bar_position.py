"""Where in its bar, and in which bar, each quarter or step of a window lies; what lasts; what z says of each.

Networks that make a window at once know nothing of time but this. Bars may have any length; bars are distinguished by
fours, so a window of eight has two halves alike.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus import raster

PLACES = raster.LONGEST_BAR
BARS = 4  # distinct bars
QUARTER = 4  # steps
SEATS = BARS * (PLACES // QUARTER)  # of distinct quarters


def places(values: Tensor, bar: Tensor, every: int = QUARTER) -> Tensor:
    """Place in its bar, in steps, and number of its bar, 0 to 3, (2, Q) of every so many steps of windows (B, T, C).

    Examples
    --------
    >>> places(torch.zeros(1, 24, 1), torch.tensor(12)).tolist()
    [[0, 4, 8, 0, 4, 8], [0, 0, 0, 1, 1, 1]]
    """
    first = torch.arange(values.shape[1] // every, device=values.device) * every
    return torch.stack([first % bar, torch.div(first, bar, rounding_mode="floor") % BARS])


def filled(values: Tensor) -> Tensor:
    """Windows (B, T, C) whose last step lasts until a quarter is full."""
    whole = (values.shape[1] + QUARTER - 1) // QUARTER * QUARTER
    return torch.cat([values, *[values[:, -1:]] * (QUARTER - 1)], dim=1)[:, :whole]


def by_bar(features: Tensor, at: Tensor) -> Tensor:
    """Means (B, F · 4) of features (B, F, Q) over each of four bars; zeros for a bar that is not there."""
    bars = torch.arange(BARS, device=at.device)
    inside = (at[1][:, None] == bars).to(features.dtype)  # (Q, 4)
    return (features @ (inside / inside.sum(dim=0).clamp(min=1))).flatten(1)


def seats(at: Tensor) -> Tensor:
    """Which of the `SEATS` (Q, 24) each quarter of `places` (2, Q) takes, one-hot.

    Examples
    --------
    >>> seats(places(torch.zeros(1, 24, 1), torch.tensor(12))).argmax(1).tolist()
    [0, 1, 2, 6, 7, 8]
    """
    seat = at[1] * (PLACES // QUARTER) + torch.div(at[0], QUARTER, rounding_mode="floor")
    return (seat[:, None] == torch.arange(SEATS, device=at.device)).float()


def sustained(begins: Tensor, goes_on: Tensor, *, near: bool = False) -> Tensor:
    """What sounds at each step (…, T, P): what begins, and what sounded and goes on: s_t = b_t + g_t s_{t-1}.

    With `near`, gradients of a step go no further back than to the step.

    In a graph, where loops are slow, it is computed for all steps at once (`doubled`).

    Examples
    --------
    >>> begins, goes_on = torch.tensor([1.0, 0, 0, 0, 1])[:, None], torch.tensor([1.0, 1, 1, 0, 1])[:, None]
    >>> sustained(begins, goes_on).flatten().tolist(), doubled(begins, goes_on).flatten().tolist()
    ([1.0, 1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0, 1.0])
    """
    if torch.onnx.is_in_onnx_export():
        return doubled(begins, goes_on)
    sounds: list[Tensor] = []
    for new, on in zip(begins.unbind(-2), goes_on.unbind(-2), strict=True):
        if sounds:
            new = new + on * (sounds[-1].detach() if near else sounds[-1])
        sounds.append(new)
    return torch.stack(sounds, dim=-2)


def doubled(begins: Tensor, goes_on: Tensor) -> Tensor:
    """As `sustained`, in as few steps as possible (Hillis & Steele 1986); nothing lasts longer than 128 steps."""
    for far in (1, 2, 4, 8, 16, 32, 64):
        earlier = [functional.pad(each, (0, 0, far, 0))[..., :-far, :] for each in (begins, goes_on)]
        begins, goes_on = begins + goes_on * earlier[0], goes_on * earlier[1]
    return begins


def bent(x: Tensor) -> Tensor:
    """Leaky rectifier, then channels (B, F, …) of one length at each place (Karras et al. 2018, section 4.2)."""
    x = leaky(x)
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-6)


def leaky(x: Tensor) -> Tensor:
    """Leaky rectifier (Radford et al. 2016)."""
    return functional.leaky_relu(x, 0.2)


class Clock(nn.Module):
    """Places (2, Q) as vectors (width, Q)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.place, self.number = nn.Embedding(PLACES, width), nn.Embedding(BARS, width)
        for table in (self.place, self.number):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, at: Tensor) -> Tensor:
        """Of places in the bar and numbers of bars."""
        return (self.place(at[0]) + self.number(at[1])).T


class Plan(nn.Module):
    """What z says at each place (B, width, Q): something of each bar, and what is the same for every z."""

    def __init__(self, latent: int, width: int) -> None:
        super().__init__()
        self.clock, self.width = Clock(width), width
        self.bars = nn.Linear(latent, BARS * width)

    def forward(self, z: Tensor, at: Tensor) -> Tensor:
        """Of points z (B, Z)."""
        return self.bars(z).view(-1, self.width, BARS)[..., at[1]] + self.clock(at)
