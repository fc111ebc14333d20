"""A variational autoencoder of a band whose errors are what an adversary hears, not what differs cell by cell.

What it is
    An encoder reads piano rolls as a normal distribution q(z | x); a decoder paints rolls of z; a discriminator tells
    real rolls from painted ones. Two rolls are alike where the discriminator sees the same in them: its features, not
    the cells, are to come back. So windows that differ by a shifted stroke are near, and what is decoded is sharp.
    Each learns by its own loss:

        encoder         λ KL(q(z | x) ‖ N(0, 1)) + L_like
        decoder         L_like + γ L_gan
        discriminator   L_gan: cross-entropy on real rolls, rolls decoded of q(z | x), and of z from N(0, 1)

    L_like is the squared error of the features and the cross-entropy of the cells, each with its weight. (Larsen et al.
    have the features alone. A band's cells are so few among so many that with these alone, and with squared error of
    the cells too, silence was all that was learnt.) With ``adversary = 0`` nothing is left but a convolutional
    autoencoder: cross-entropy of the cells + λ KL.
Paper
    Larsen, Sønderby, Larochelle & Winther, *Autoencoding beyond pixels using a learned similarity metric* (2016),
    eq. 7 to 9 and algorithm 1; Kingma & Welling, *Auto-Encoding Variational Bayes* (2014), eq. 7.
Conventions
    ``values`` (B, T, 641) of `firmus.tokens.band`, chords not read; ``bar`` steps in a bar, z (B, Z), planes
    (B, 9, T, 128) as in `firmus.models._rolls`. Errors are sums over a window, for each of its steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from firmus.errors import RecipeError
from firmus.models import _adversarial as adversarial
from firmus.models import _one_shot as one_shot
from firmus.models import _rolls as rolls
from firmus.models._clock import SEATS, Clock, bent, filled, leaky, places, seats
from firmus.models._one_shot import OneShot
from firmus.models._painting import PictureCritic, Transposed
from firmus.models._traced import traced
from firmus.tokens import Shape, band

TITLE = "Autoencoder and adversary of a band"
KIND = "latent"
ADVERSARIAL = adversarial.OBJECTIVES[0]
SURE, LEAST = -4.0, -8.0  # log-variance of a fresh encoder, for at first z is to be heard at all; and its least
RARE = -3.0  # of a fresh decoder, what is struck is rarer by so many nats than of other painters
AUTOENCODER, DISCRIMINATOR, DECODER, ENCODER = "autoencoder", "discriminator", "decoder", "encoder"


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the networks, and what they are taught.

    Parameters
    ----------
    latent : int
        Size of z.
    width, critic_width : int
        Channels of encoder and decoder, and of the discriminator, at quarter notes.
    weight : float
        λ, the weight of the Kullback-Leibler divergence.
    rise : float
        Share of the training in which λ rises to its full weight.
    cells, features : float
        Weights of the cross-entropy of the cells, and of the squared error of the discriminator's features.
    adversary : float
        γ, what the decoder cares for the discriminator's judgement; 0 for a plain autoencoder.
    alone : float
        Share of the training, at its beginning, in which the cells alone count: against a decoder that paints nothing
        yet a discriminator wins by what is no music.
    """

    latent: int = 96
    width: int = 96
    critic_width: int = 96
    weight: float = 0.02
    rise: float = 0.3
    cells: float = 1.0
    features: float = 0.1
    adversary: float = 0.1
    alone: float = 0.5


class Encoder(nn.Module):
    """Mean and log-variance (B, Z) of planes (B, 9, T, 128)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.look = PictureCritic(config.width, facts=0)
        self.together = nn.Linear(SEATS * config.width, 2 * config.width)
        self.to_latent = nn.Linear(2 * config.width, 2 * config.latent)
        nn.init.constant_(self.to_latent.bias[config.latent :], SURE)
        del self.look.together, self.look.score  # it judges nothing

    def forward(self, planes: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
        """At quarters (2, Q)."""
        whole = leaky(self.together((self.look.features(planes, at) @ seats(at)).flatten(1)))
        mean, spread = self.to_latent(whole).chunk(2, dim=-1)
        return mean, spread.clamp(LEAST, 0.0)


class Decoder(Transposed):
    """Paints what z says of every octave of every quarter: of a bar alone, no window could come back."""

    def __init__(self, config: Config) -> None:
        super().__init__(config.latent, config.width, reads=False)
        del self.begin, self.plan
        self.seats, self.clock = nn.Linear(config.latent, SEATS * config.width), Clock(config.width)
        self.octaves = nn.Conv1d(config.width, config.width * rolls.OCTAVES, 1)
        with torch.no_grad():
            self.level[0] += RARE
            self.level[1 + rolls.PITCHED :] += RARE

    def sketch(self, z: Tensor, at: Tensor) -> Tensor:
        """Quarters and octaves (B, width, Q, 11)."""
        told = bent(self.seats(z).view(-1, self.width, SEATS) @ seats(at).T + self.clock(at))
        begun: Tensor = self.octaves(told).unflatten(1, (self.width, rolls.OCTAVES)).transpose(2, 3)
        return begun


class VAEGAN(OneShot):
    """The networks; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config, shape)
        self.PHASES = (DISCRIMINATOR, DECODER, ENCODER) if config.adversary else (AUTOENCODER,)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.discriminator: Any = None
        if config.adversary:
            self.discriminator = adversarial.bounded(PictureCritic(config.critic_width, facts=0))

    def encode(self, values: Tensor, bar: Tensor, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (B, Z) of q(z | x); what is not known counts as silence."""
        whole = filled(values if known is None else torch.where(known, values, band.SILENT))
        return self._encoded(whole, places(whole, bar))

    def _encoded(self, values: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = self.encoder(rolls.begun(rolls.to_planes(values)), at)
        return mean, spread

    def decode(self, z: Tensor, given: Tensor, bar: Tensor) -> Tensor:
        """Values (B, T, 641) of points z (B, Z); `given` (B, T, 641) comes back where it is not -1."""
        whole = filled(given)
        return rolls.kept(whole, self._painted(self.decoder(z, places(whole, bar))))[:, : given.shape[1]]

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """What the network of a phase minimises; and what it is made of."""
        config, values = self.config, filled(batch[0])
        at, real = places(values, batch[1]), rolls.begun(rolls.to_planes(values))
        mean, spread = (each.float() for each in self.encoder(real, at))
        z = mean + (spread / 2).exp() * torch.randn_like(mean)
        alone = share < config.alone or not config.adversary
        if phase == DISCRIMINATOR:
            return self._told_apart(z.detach(), real, at) if not alone else (self._unmoved(), {})
        if phase == DECODER and not alone:
            return self._decoded(z.detach(), real, at)
        logits = self.decoder(z.detach() if phase == DECODER else z, at)
        likeness, told = self._likeness(logits, real, at, alone)
        if phase == DECODER:
            return likeness, {}
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(-1).mean()
        weight = config.weight * min(1.0, share / config.rise) if config.rise else config.weight
        return likeness + weight * divergence / values.shape[1], told | {"divergence": divergence.detach()}

    def _told_apart(self, z: Tensor, real: Tensor, at: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The discriminator's loss: both kinds of painted rolls together count as much as the real ones."""
        with torch.no_grad():
            painted = self._painted(self.decoder(torch.cat([z, torch.randn_like(z)]), at))
        return adversarial.critic_step(ADVERSARIAL, lambda planes: self.discriminator(planes, at), (real, painted))

    def _decoded(self, z: Tensor, real: Tensor, at: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The decoder's loss."""
        logits = self.decoder(torch.cat([z, torch.randn_like(z)]), at)
        fooled = adversarial.generator_loss(ADVERSARIAL, self.discriminator(self._painted(logits), at))
        likeness, _ = self._likeness(logits[: len(z)], real, at)
        return likeness + self.config.adversary * fooled, {"fooled": fooled.detach()}

    def _unmoved(self) -> Tensor:
        """A loss that teaches the discriminator nothing."""
        return torch.stack([weight.sum() for weight in self.discriminator.parameters()]).sum() * 0.0

    def _likeness(
        self, logits: Tensor, real: Tensor, at: Tensor, alone: bool = False
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """L_like for each step, of logits and real planes (B, 9, T, 128)."""
        config, steps = self.config, real.shape[2]
        cells = rolls.unlikeliness(logits, real).mean()
        told = {"cells": cells.detach()}
        if alone:
            return config.cells * cells, told
        with torch.no_grad():
            wanted = self.discriminator.features(real, at).float()
        found = self.discriminator.features(self._painted(logits), at).float()
        features = (found - wanted).square().sum((1, 2)).mean() / steps
        return config.cells * cells + config.features * features, told | {"features": features.detach()}

    def _painted(self, logits: Tensor) -> Tensor:
        return rolls.played(adversarial.binary(logits))

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """What learns in a phase."""
        if phase == AUTOENCODER:
            return [self.encoder, self.decoder]
        found: list[nn.Module] = [getattr(self, phase)]
        return found


def build(config: Config, shape: Shape) -> VAEGAN:
    """Make networks with fresh weights."""
    if shape.columns != band.COLUMNS:
        raise RecipeError('this network paints a band: choose representation = "band"')
    return VAEGAN(config, shape)


def facts(network: VAEGAN) -> dict[str, Any]:
    """What the runtime must know of the graphs."""
    return one_shot.facts(network)


def graphs(network: VAEGAN) -> dict[str, Any]:
    """Write the networks as ONNX graphs.

    ``decode`` as every network that makes windows in one go.
    ``encode``: ``values``, ``known`` (B, T, 641), ``bar`` () to ``mean``, ``spread`` (B, Z), the log-variance.
    """
    values = torch.zeros((2, 64, len(network.shape.columns)), dtype=torch.int64)
    inputs = {"values": values, "bar": torch.tensor(16), "known": torch.ones_like(values, dtype=torch.bool)}
    rows, times = {0: "B"}, {0: "B", 1: "T"}
    outputs, axes = {"mean": rows, "spread": rows}, {"values": times, "known": times}
    return one_shot.decoding(network) | {"encode": traced(network, network.encode, inputs, outputs, axes)}
