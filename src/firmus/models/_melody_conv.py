"""Networks that sing a melody in one go and networks that judge it, by convolutions over steps and quarters.

The coarsest grid is the quarter note (four steps), whatever the meter; each quarter has its place in
the bar, and which bar, as inputs (`firmus.models._bar_position`). Lines (B, T, V) are those of `firmus.models._lines`;
windows are whole numbers of quarters.
"""

from __future__ import annotations

from torch import Tensor, nn

from firmus.models import _adversarial as adversarial
from firmus.models import _lines as lines
from firmus.models._bar_position import BARS, Clock, Plan, bent, by_bar, leaky


class Generator(nn.Module):
    """Logits (B, T, V) of points z (B, Z): from quarters to steps by transposed convolutions."""

    def __init__(self, latent: int, width: int, size: int) -> None:
        super().__init__()
        self.begin, self.plan = nn.Linear(latent, width), Plan(latent, width)
        self.mix, self.mix_again = (nn.Conv1d(width, width, 3, padding=1) for _ in range(2))
        self.eighths, self.sixteenths = (nn.ConvTranspose1d(width, width, 4, 2, 1) for _ in range(2))
        self.voice = lines.Voice(width, size)

    def forward(self, z: Tensor, at: Tensor) -> Tensor:
        """At quarters (2, Q)."""
        x = bent(self.sketch(z, at))
        for layer in (self.mix, self.mix_again):
            x = bent(x + layer(x))
        x = bent(self.sixteenths(bent(self.eighths(x))))
        logits: Tensor = self.voice(x.transpose(1, 2))
        return logits

    def sketch(self, z: Tensor, at: Tensor) -> Tensor:
        """What z says of each quarter (B, width, Q): something of all, something of its bar."""
        begun: Tensor = self.begin(z)[..., None] + self.plan(z, at)
        return begun


class Body(nn.Module):
    """Features of each quarter (B, width, Q) of lines (B, T, V)."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.steps = nn.Conv1d(2 * size + lines.FEATURES, width, 3, padding=1)
        self.eighths, self.quarters = (nn.Conv1d(width, width, 4, 2, 1) for _ in range(2))
        self.clock = Clock(width)
        self.over_quarters = nn.Conv1d(width, width, 3, padding=1)

    def forward(self, line: Tensor, at: Tensor) -> Tensor:
        """At quarters (2, Q)."""
        x = leaky(self.eighths(leaky(self.steps(lines.critic_features(line).transpose(1, 2)))))
        x = leaky(self.quarters(x) + self.clock(at))
        return leaky(x + self.over_quarters(x))


class Head(nn.Module):
    """Two layers on the features of each quarter, bar by bar; the last may see how much they vary in the batch."""

    def __init__(self, width: int, out: int, *, among_others: bool) -> None:
        super().__init__()
        self.together, self.among_others = nn.Linear(BARS * width, width), among_others
        self.out = nn.Linear(width + among_others, out)

    def forward(self, features: Tensor, at: Tensor) -> Tensor:
        """Of features (B, width, Q) at quarters (2, Q)."""
        x = leaky(self.together(by_bar(features, at)))
        return self.out(adversarial.among_others(x) if self.among_others else x).float()
