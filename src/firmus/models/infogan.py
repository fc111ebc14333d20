"""InfoGAN of melodies: an adversarial network some of whose noise comes to mean something, without labels.

What it is
    A generator makes melodies of z; the first entries of z are codes. A second head of the critic, the reader, reads
    the codes back from the melody. Where it can, codes and melodies share information: the generator is paid for it, so
    each code takes charge of something audible, of melodies mostly how many notes there are and how high.
    The loss, with I's lower bound L_I (the entropy of the codes less the reader's cross-entropy):

        min over G, Q, max over D:  V(D, G) - λ L_I(G, Q)
Paper
    Chen et al., *InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial
    Nets* (2016), eq. 3 for the game, eq. 5 for the bound, section 6 for the head that shares the critic's body.
Conventions
    ``values`` (B, T, 1) of `firmus.tokens.melody`, z (B, Z) from a normal distribution, all of it. The categorical code
    is the place of the largest of the first ``categorical`` entries, so any z has one and all are equally likely; each
    of the next ``continuous`` entries is a code as it stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.errors import RecipeError
from firmus.models import _adversarial as adversarial
from firmus.models import _lines as lines
from firmus.models import _one_shot as one_shot
from firmus.models._bar_position import filled, places
from firmus.models._melody_conv import Body, Generator, Head
from firmus.models._one_shot import OneShot
from firmus.tokens import Shape

TITLE = "InfoGAN of melodies"
KIND = "latent"
FINEST = -1.4  # log-variance: a code that is read more finely counts no more, or melodies become mere codes
NORMAL = 0.5 * math.log(2 * math.pi * math.e)  # entropy of a standard normal distribution, nats


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the networks, and what they are taught.

    Parameters
    ----------
    objective : str
        ``"adversarial"`` or ``"wasserstein"``.
    latent : int
        Size of z, codes included.
    categorical : int
        Values of the categorical code; 0 for none.
    continuous : int
        Continuous codes.
    width, critic_width : int
        Channels of the generator and of the critic.
    information : float
        λ, the weight of the information.
    rise : float
        Share of the training in which choices become firm.
    critics : int
        Steps of the critic for each of the generator.
    penalty : float
        λ of the gradient penalty; of no meaning but to ``"wasserstein"``.
    """

    objective: str = "wasserstein"
    latent: int = 64
    categorical: int = 4
    continuous: int = 2
    width: int = 160
    critic_width: int = 128
    information: float = 1.0
    rise: float = 0.5
    critics: int = 3
    penalty: float = 10.0


class InfoGAN(OneShot):
    """The networks; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config, shape)
        size = lines.checked(shape)
        self.PHASES = adversarial.phases(config.objective, config.critics, adversarial.PURE)
        self.generator = Generator(config.latent, config.width, size)
        self.body: Any = Body(config.critic_width, size)
        self.judge: Any = Head(config.critic_width, 1, among_others=True)
        if config.objective != "wasserstein":
            self.body, self.judge = adversarial.bounded(self.body), adversarial.bounded(self.judge)
        self.reader = Head(config.critic_width, config.categorical + 2 * config.continuous, among_others=False)

    def noise(self, z: Tensor) -> Tensor:
        """What the generator hears (B, Z) of z (B, Z): the category as a one-hot vector, the rest as it stands."""
        category = z[:, : self.config.categorical]
        if not self.config.categorical:
            return z
        chosen = functional.one_hot(category.argmax(dim=1), self.config.categorical)
        return torch.cat([chosen.to(z.dtype), z[:, self.config.categorical :]], dim=1)

    def decode(self, z: Tensor, given: Tensor, bar: Tensor) -> Tensor:
        """Values (B, T, 1) of points z (B, Z); `given` (B, T, 1) comes back where it is not -1."""
        whole = filled(given)
        return lines.kept(whole, self.generator(self.noise(z), places(whole, bar)))[:, : given.shape[1]]

    def information(self, read: Tensor, noise: Tensor) -> Tensor:
        """L_I, the least information in nats that melodies hold of their codes, of what was read (B, K + 2 M).

        E ln Q(c | x) + H(c); Q of a continuous code is normal, with the mean and log-variance that were read.
        """
        kinds, count = self.config.categorical, self.config.continuous
        bound = torch.zeros((), device=read.device)
        if kinds:
            bound = math.log(kinds) - functional.cross_entropy(read[:, :kinds], noise[:, :kinds].argmax(dim=1))
        mean, spread = read[:, kinds : kinds + count], read[:, kinds + count :].clamp(FINEST, 6)
        squared = (noise[:, kinds : kinds + count] - mean).square()
        surprise = 0.5 * (math.log(2 * math.pi) + spread + squared * (-spread).exp()).sum(dim=1)
        least: Tensor = bound + NORMAL * count - surprise.mean()
        return least

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """What critic and reader, or the generator, minimise; and what it is made of."""
        config, values = self.config, filled(batch[0])
        at = places(values, batch[1])
        noise = self.noise(self.points(len(values), values.device))
        firmness = adversarial.firmness(share, config.rise)
        if phase == adversarial.GENERATOR:
            made = adversarial.one_hot(self.generator(noise, at), firmness)
            features = self.body(made, at)
            fooled = adversarial.generator_loss(config.objective, self.judge(features, at)[:, 0])
            information = self.information(self.reader(features, at), noise)
            metrics = {"notes": made[..., 2:].detach().sum((1, 2)).mean(), "information": information.detach()}
            return fooled - config.information * information, metrics
        with torch.no_grad():
            made = adversarial.one_hot(self.generator(noise, at), firmness)
        real = lines.to_one_hot(values, made.shape[-1])
        loss, metrics = adversarial.critic_step(
            config.objective, lambda line: self.judge(self.body(line, at), at)[:, 0], (real, made), config.penalty
        )
        return loss - config.information * self.information(self.reader(self.body(made, at), at), noise), metrics

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """What learns in a phase: critic and reader, or the generator."""
        return [self.body, self.judge, self.reader] if phase == adversarial.CRITIC else [self.generator]


def build(config: Config, shape: Shape) -> InfoGAN:
    """Make networks with fresh weights."""
    codes = config.categorical + config.continuous
    if config.categorical == 1 or min(config.categorical, config.continuous, config.latent - codes) < 0 or not codes:
        raise RecipeError(
            f"categorical = {config.categorical}, continuous = {config.continuous}: codes are the first entries of z "
            f"(latent = {config.latent}), at least one, and a category is one of two or more"
        )
    return InfoGAN(config, shape)


def facts(network: InfoGAN) -> dict[str, Any]:
    """What the runtime must know of the graph, and which entries of z are codes."""
    codes = {"categorical": network.config.categorical, "continuous": network.config.continuous}
    return one_shot.facts(network) | {"codes": codes}


def graphs(network: InfoGAN) -> dict[str, Any]:
    """Write the generator as an ONNX graph, ``decode``."""
    return one_shot.decoding(network)
