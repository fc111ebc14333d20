"""What networks over sequences of tokens share: how they are learnt."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class SequenceNetwork(nn.Module):
    """A network whose ``forward(tokens (B, T), slots (B, T, 3))`` gives logits (B, T, V) of the next token."""

    PHASES = ("network",)

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean cross-entropy, in nats, of the tokens to be learnt; see `firmus.models`."""
        tokens, slots, targets = batch
        logits: Any = self(tokens, slots)
        return functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=-100), {}

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """All of it is learnt at once."""
        return [self]
