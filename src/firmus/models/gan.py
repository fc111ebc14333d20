"""A generative adversarial network of a band: four bars of five instruments, painted at once out of noise.

What it is
    A generator paints piano rolls (`firmus.models._rolls`) from a point z and from what is given: chords, instruments,
    both or neither. A critic, who knows what was given, compares them with real windows; each learns against the
    other. What the generator paints is on or off, and the critic never sees anything between: gradients pass the
    decision as if it were not there. Three objectives are known (`firmus.models._adversarial`), two builds of the
    networks (`firmus.models._roll_conv`). Which instruments rest in which bars is not painted: the first number of z
    picks one of the last 256 patterns that were met in training, from thin to full, and what rests is wiped out. Cells
    that decide one by one never all fall silent together (empty bars were off by 70 %, all else by 2 to 18 %).
Paper
    Goodfellow et al., *Generative Adversarial Nets* (2014), eq. 1; Mirza & Osindero, *Conditional Generative
    Adversarial Nets* (2014), eq. 2; Radford, Metz & Chintala, *Unsupervised Representation Learning with Deep
    Convolutional GANs* (2016); Gulrajani et al., *Improved Training of Wasserstein GANs* (2017), eq. 3; Dong et al.,
    *MuseGAN* (2018), for music; Dong & Yang, *Convolutional GANs with Binary Neurons* (2018), for the decision.
    The mixed objective is that of pix2pix (Isola et al. 2017, eq. 4) with squared error: L_gen + λ L_adv.
Conventions
    ``values`` (B, T, 641) of `firmus.tokens.band`, ``bar`` steps in a bar, z (B, Z) from a normal distribution, planes
    (B, 9, T, 128).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from firmus.errors import RecipeError, unknown
from firmus.models import _adversarial as adversarial
from firmus.models import _one_shot as one_shot
from firmus.models import _rolls as rolls
from firmus.models._bar_position import BARS, QUARTER, filled, places
from firmus.models._one_shot import OneShot
from firmus.models._roll_conv import Critic, Dense, PictureCritic, StepCritic, Transposed
from firmus.tokens import Shape, band

TITLE = "Generative adversarial network of a band"
KIND = "latent"
PATTERNS = 256
BUILDS: dict[str, tuple[Any, type[Critic]]] = {"transposed": (Transposed, PictureCritic), "dense": (Dense, StepCritic)}


CHOICES = {"architecture": tuple(BUILDS)}


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the networks, and what they are taught.

    Parameters
    ----------
    architecture : str
        ``"transposed"`` (pictures, 2-D transposed convolutions) or ``"dense"`` (dense layers, convolutions over time).
    objective : str
        ``"adversarial"``, ``"mixed"`` or ``"wasserstein"``.
    latent : int
        Size of z.
    width, critic_width : int
        Channels of the generator and of the critic at quarter notes.
    critics : int
        Steps of the critic for each of the generator.
    rise : float
        Share of the training in which decisions become firm.
    penalty : float
        λ of the gradient penalty; of no meaning but to ``"wasserstein"``.
    adversary : float
        λ of the adversarial loss beside the squared error; of no meaning but to ``"mixed"``.
    """

    architecture: str = "transposed"
    objective: str = "wasserstein"
    latent: int = 64
    width: int = 96
    critic_width: int = 128
    critics: int = 2
    rise: float = 0.5
    penalty: float = 10.0
    adversary: float = 0.1


class Resting(nn.Module):
    """Which instruments play in which bars: patterns (256, 5, 4) of real windows, the last that were met."""

    def __init__(self) -> None:
        super().__init__()
        self.patterns: Tensor
        self.met: Tensor
        self.register_buffer("patterns", torch.ones(PATTERNS, band.PARTS, BARS))
        self.register_buffer("met", torch.zeros((), dtype=torch.int64))

    def forward(self, z: Tensor, at: Tensor) -> Tensor:
        """Ones where planes (B, 9, T, 1) may sound, of points z (B, Z): the more, the greater their first number."""
        share = 0.5 * (1 + torch.erf(z[:, 0].float() / 2**0.5))
        by_fullness = self.patterns[self.patterns.sum((1, 2)).argsort()]
        plays = by_fullness[(share * PATTERNS).long().clamp(0, PATTERNS - 1)][..., at[1]]  # (B, 5, Q)
        steps = plays[..., None].expand(-1, -1, -1, QUARTER).flatten(2)
        return steps[:, list(rolls.OWNERS), :, None]

    def meet(self, real: Tensor, at: Tensor) -> None:
        """Remember which instruments play in windows (B, 9, T, 128) of four bars, in the place of the oldest."""
        sounds = real[:, : band.PARTS].amax(-1)  # (B, 5, T)
        inside = at[1].repeat_interleave(QUARTER)[None] == torch.arange(BARS, device=at.device)[:, None]
        plays = (sounds[:, :, None] * inside[None, None]).amax(-1)
        rows = (self.met + torch.arange(len(real), device=at.device)) % PATTERNS
        self.patterns[rows] = plays.to(self.patterns.dtype)
        self.met += len(real)


class GAN(OneShot):
    """The networks; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config, shape)
        self.PHASES = adversarial.phases(config.objective, config.critics)
        generator, critic = BUILDS[config.architecture]
        self.conditions = rolls.Conditions()
        self.generator, self.resting = generator(config.latent, config.width), Resting()
        self.critic: Any = critic(config.critic_width)
        if config.objective != "wasserstein":
            self.critic = adversarial.bounded(self.critic)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a fifth faster

    def paint(self, z: Tensor, at: Tensor, given: rolls.Given, firmness: float = 1.0) -> tuple[Tensor, Tensor]:
        """Planes (B, 9, T, 128) of points z (B, Z), with what was given in its place; and their logits."""
        logits = self.generator(z, at, given)
        cells = adversarial.binary(logits, firmness) * self.resting(z, at)
        return rolls.with_given(given, rolls.played(cells)), logits

    def decode(self, z: Tensor, given: Tensor, bar: Tensor) -> Tensor:
        """Values (B, T, 641) of points z (B, Z); `given` (B, T, 641) comes back where it is not -1."""
        whole = filled(given)
        conditions = self.conditions(whole.clamp(min=0), rolls.conditioned(whole))
        planes, _ = self.paint(z, places(whole, bar), conditions)
        return rolls.kept(whole, planes)[:, : given.shape[1]]

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """What the critic or the generator minimises; and what it is made of."""
        config, values = self.config, filled(batch[0])
        at, real = places(values, batch[1]), rolls.begun(rolls.to_planes(values))
        given = self.conditions(values, rolls.drawn(values))
        z, firmness = self.points(len(values), values.device), adversarial.firmness(share, config.rise)
        if phase == adversarial.CRITIC:
            if self.training:
                self.resting.meet(real, at)
            with torch.no_grad():
                made, _ = self.paint(z, at, given, firmness)
            return self._critic_step((real, made), at, given.facts)
        planes, logits = self.paint(z, at, given, firmness)
        fooled = adversarial.generator_loss(config.objective, self.critic(planes, at, given.facts))
        metrics = {"sounding": planes.mean()}
        if config.objective != "mixed":
            return fooled, {name: each.detach() for name, each in metrics.items()}
        error = (rolls.played(logits.float().sigmoid()) - real).square().sum((1, 2, 3)).mean() / values.shape[1]
        metrics |= {"error": error, "fooled": fooled}
        return error + config.adversary * fooled, {name: each.detach() for name, each in metrics.items()}

    def _critic_step(
        self, windows: tuple[Tensor, Tensor], at: Tensor, facts: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        def critic(planes: Tensor) -> Tensor:
            scores: Tensor = self.critic(planes, at, facts[: len(planes)])
            return scores

        return adversarial.critic_step(self.config.objective, critic, windows, self.config.penalty)

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """What learns in a phase: the critic, or the generator."""
        return [self.critic if phase == adversarial.CRITIC else self.generator]


def build(config: Config, shape: Shape) -> GAN:
    """Make networks with fresh weights."""
    if config.architecture not in BUILDS:
        raise RecipeError(unknown("architecture", config.architecture, BUILDS))
    if shape.columns != band.COLUMNS:
        raise RecipeError('this network paints a band: choose representation = "band"')
    return GAN(config, shape)


def facts(network: GAN) -> dict[str, Any]:
    """What the runtime must know of the graphs."""
    return one_shot.facts(network) | {"conditioned": True}


def graphs(network: GAN) -> dict[str, Any]:
    """Write the generator as an ONNX graph, ``decode``."""
    return one_shot.decoding(network)
