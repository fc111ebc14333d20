"""A recurrent generative adversarial network of melodies: both who sings and who listens go from step to step.

What it is
    A generator, a stack of gated recurrent units, sings a melody from noise: at each step it hears the whole of z and
    something of z that is new at this step, and what place of the bar it is. A critic listens in both directions.
    What is sung is one value a step and nothing between; gradients pass the choice as those of a softmax would.
Paper
    Mogren, *C-RNN-GAN: Continuous Recurrent Neural Networks with Adversarial Training* (2016), sections 2 and 3, for
    the two networks, here with symbols for continuous tones and gated units for long short-term memory. Objectives:
    see `firmus.models._adversarial`; Gulrajani et al. (2017), section 5.4, for symbols. Bengio, Léonard & Courville
    (2013) for gradients through choices.
Conventions
    ``values`` (B, T, 1) of `firmus.tokens.melody`, ``bar`` steps in a bar, z (B, Z) from a normal distribution, lines
    (B, T, V) of ones and zeros. Any number of steps is sung, in bars of any length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from firmus.models import _adversarial as adversarial
from firmus.models import _lines as lines
from firmus.models import _one_shot as one_shot
from firmus.models._bar_position import BARS, PLACES, Clock, leaky, places
from firmus.models._one_shot import OneShot
from firmus.tokens import Shape

TITLE = "Recurrent adversarial network of melodies"
KIND = "latent"


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the networks, and what they are taught.

    Parameters
    ----------
    objective : str
        ``"adversarial"`` or ``"wasserstein"``.
    latent : int
        Size of z.
    width, critic_width : int
        Of each recurrent state.
    layers : int
        Of the generator.
    fresh : int
        Size of what is new of z at each step.
    rise : float
        Share of the training in which choices become firm.
    critics : int
        Steps of the critic for each of the generator.
    penalty : float
        λ of the gradient penalty; of no meaning but to ``"wasserstein"``.
    """

    objective: str = "wasserstein"
    latent: int = 64
    width: int = 192
    critic_width: int = 128
    layers: int = 2
    fresh: int = 32
    rise: float = 0.5
    critics: int = 3
    penalty: float = 10.0


class Singer(nn.Module):
    """The generator: logits (B, T, V) of points z (B, Z)."""

    def __init__(self, config: Config, size: int) -> None:
        super().__init__()
        self.fresh = config.fresh
        self.bars = nn.Linear(config.latent, BARS * config.fresh)
        self.places = nn.Linear(config.latent, PLACES * config.fresh)
        self.clock = Clock(config.width)
        self.begin = nn.Linear(config.latent + config.fresh, config.width)
        self.sing = nn.GRU(config.width, config.width, config.layers, batch_first=True)
        self.voice = lines.Voice(config.width, size)

    def forward(self, z: Tensor, at: Tensor) -> Tensor:
        """At places (2, T); see `firmus.models._bar_position`."""
        of_bar = self.bars(z).view(-1, BARS, self.fresh)[:, at[1]]
        new = of_bar * self.places(z).view(-1, PLACES, self.fresh)[:, at[0]]  # no two steps have the same input
        inputs = torch.cat([z[:, None].expand(-1, at.shape[1], -1), new], dim=-1)
        state, _ = self.sing(leaky(self.begin(inputs) + self.clock(at).T))
        logits: Tensor = self.voice(state)
        return logits


class Critic(nn.Module):
    """Scores (B,) of lines (B, T, V), the mean over the steps."""

    def __init__(self, config: Config, size: int) -> None:
        super().__init__()
        width = config.critic_width
        self.read = nn.Linear(2 * size + lines.FEATURES, width)
        self.clock = Clock(width)
        self.listen = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.together = nn.Linear(2 * width, width)
        self.score = nn.Linear(width + 1, 1)

    def forward(self, line: Tensor, at: Tensor) -> Tensor:
        """At places (2, T)."""
        states, _ = self.listen(leaky(self.read(lines.critic_features(line)) + self.clock(at).T))
        whole = leaky(self.together(states)).mean(dim=1)
        scores: Tensor = self.score(adversarial.among_others(whole))[:, 0]
        return scores.float()


class RecurrentGAN(OneShot):
    """The networks; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config, shape)
        size = lines.checked(shape)
        self.PHASES = adversarial.phases(config.objective, config.critics, adversarial.PURE)
        self.generator, self.critic = Singer(config, size), Critic(config, size)

    def decode(self, z: Tensor, given: Tensor, bar: Tensor) -> Tensor:
        """Values (B, T, 1) of points z (B, Z); `given` (B, T, 1) comes back where it is not -1."""
        return lines.kept(given, self.generator(z, places(given, bar, 1)))

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """What the critic or the generator minimises; and what it is made of."""
        values, bar = batch
        at = places(values, bar, 1)
        z = self.points(len(values), values.device)
        firmness = adversarial.firmness(share, self.config.rise)
        if phase == adversarial.GENERATOR:
            made = adversarial.one_hot(self.generator(z, at), firmness)
            loss = adversarial.generator_loss(self.config.objective, self.critic(made, at))
            return loss, {"notes": made[..., 2:].detach().sum((1, 2)).mean()}
        with torch.no_grad():
            made = adversarial.one_hot(self.generator(z, at), firmness)
        real = lines.to_one_hot(values, made.shape[-1])
        with torch.backends.cudnn.flags(enabled=False):  # its recurrent networks have no second derivative
            return adversarial.critic_step(
                self.config.objective, lambda line: self.critic(line, at), (real, made), self.config.penalty
            )

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """What learns in a phase: the critic, or the generator."""
        return [self.critic if phase == adversarial.CRITIC else self.generator]


def build(config: Config, shape: Shape) -> RecurrentGAN:
    """Make networks with fresh weights."""
    return RecurrentGAN(config, shape)


def facts(network: RecurrentGAN) -> dict[str, Any]:
    """What the runtime must know of the graphs."""
    return one_shot.facts(network)


def graphs(network: RecurrentGAN) -> dict[str, Any]:
    """Write the generator as an ONNX graph, ``decode``."""
    return one_shot.decoding(network)
