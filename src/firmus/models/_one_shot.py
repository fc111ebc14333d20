"""What networks share that make a window in one go: drawing windows, and their ONNX graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from firmus.models._traced import traced
from firmus.tokens import Shape

OPEN = -1  # a value that is to be made


class OneShot(nn.Module):
    """A network that makes windows (B, T, C) of points z (B, Z).

    Parameters
    ----------
    config : dataclass
        With a size ``latent`` of z.
    shape : Shape
        Of a raster.
    """

    def __init__(self, config: Any, shape: Shape) -> None:
        super().__init__()
        self.config, self.shape = config, shape

    def decode(self, z: Tensor, given: Tensor, bar: Tensor) -> Tensor:
        """Values (B, T, C) of points z (B, Z); `given` (B, T, C) comes back where it is not -1."""
        raise NotImplementedError

    def points(self, count: int, device: torch.device) -> Tensor:
        """Random points (count, Z)."""
        return torch.randn(count, self.config.latent, device=device)

    @torch.no_grad()
    def sample(self, count: int, bar: int, bars: int) -> Tensor:
        """Windows (count, T, C) of random points, nothing given."""
        device = next(self.parameters()).device
        given = torch.full((count, bar * bars, len(self.shape.columns)), OPEN, device=device)
        return self.decode(self.points(count, device), given, torch.tensor(bar, device=device))


def facts(network: OneShot) -> dict[str, Any]:
    """What the runtime must know of the graphs."""
    return {"columns": list(network.shape.columns)}


def decoding(network: OneShot) -> dict[str, Any]:
    """The graph ``decode``: ``z`` (B, Z), ``given`` (B, T, C), -1 where open, ``bar`` () to ``values`` (B, T, C)."""
    given = torch.full((2, 32, len(network.shape.columns)), OPEN)
    inputs = {"z": torch.zeros(2, network.config.latent), "given": given, "bar": torch.tensor(16)}
    times = {0: "B", 1: "T"}
    return {"decode": traced(network, network.decode, inputs, {"values": times}, {"z": {0: "B"}, "given": times})}
