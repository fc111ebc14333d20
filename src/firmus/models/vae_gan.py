"""A variational autoencoder of melodies whose errors are what an adversary hears, and whose decoder it judges.

What it is
    An encoder reads a melody as a normal distribution q(z | x); a decoder, which is the generator too, sings all steps
    of a melody at once from z; a discriminator tells real melodies from sung ones. Two melodies are alike where the
    discriminator hears the same in them: its features are to come back, and the notes. So any point, not only those of
    melodies, is sung as a melody that could be real. Each network learns by its own loss:

        encoder         λ KL(q(z | x) ‖ N(0, 1)) + L_like
        decoder         L_like + γ L_gan
        discriminator   L_gan, of real melodies, of melodies of q(z | x), and of z from N(0, 1)

    L_like is the cross-entropy of the notes and the squared error of the features, each with its weight. (Larsen et al.
    have the features alone, for pictures; of symbols a wrong one is wrong however alike it looks; and L_gan there is
    cross-entropy, here one of `firmus.models._adversarial`.) With ``adversary = 0`` nothing is left but an autoencoder
    that sings all steps at once: cross-entropy + λ KL.
Paper
    Larsen, Sønderby, Larochelle & Winther, *Autoencoding beyond pixels using a learned similarity metric* (2016),
    eq. 7 to 9 and algorithm 1; Kingma & Welling, *Auto-Encoding Variational Bayes* (2014), eq. 7.
Conventions
    ``values`` (B, T, 1) of `firmus.tokens.melody`, ``bar`` steps in a bar, z (B, Z), lines (B, T, V) as in
    `firmus.models._lines`. Errors are sums over a window, for each of its steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.errors import RecipeError
from firmus.models import _adversarial as adversarial
from firmus.models import _lines as lines
from firmus.models import _one_shot as one_shot
from firmus.models._bar_position import SEATS, Clock, filled, leaky, places, seats
from firmus.models._melody_conv import Body, Generator, Head
from firmus.models._one_shot import OneShot
from firmus.models._traced import traced
from firmus.raster import HOLD
from firmus.tokens import Shape

TITLE = "Autoencoder and adversary of melodies"
KIND = "latent"
SURE, LEAST = -4.0, -8.0  # log-variance of a fresh encoder, so that the decoder uses z at first; and its least
AUTOENCODER, DISCRIMINATOR = "autoencoder", "discriminator"


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the networks, and what they are taught.

    Parameters
    ----------
    objective : str
        ``"adversarial"`` or ``"wasserstein"``.
    latent : int
        Size of z; a multiple of 24, for every quarter has a share of it.
    width, critic_width : int
        Channels of encoder and decoder, and of the discriminator.
    weight : float
        λ, the weight of the Kullback-Leibler divergence.
    rise : float
        Share of the training in which λ rises to its full weight.
    notes, features : float
        Weights of the cross-entropy of the notes, and of the squared error of the discriminator's features.
    adversary : float
        γ, what the decoder cares for the discriminator's judgement; 0 for a plain autoencoder.
    alone : float
        Share of the training, at its beginning, in which the notes alone count: against a decoder that sings nothing
        yet a discriminator wins by what is no music.
    critics : int
        Steps of the discriminator for each of the others.
    penalty : float
        Weight of the gradient penalty; of no meaning but to ``"wasserstein"``.
    """

    objective: str = "wasserstein"
    latent: int = 192
    width: int = 192
    critic_width: int = 128
    weight: float = 0.1
    rise: float = 0.3
    notes: float = 1.0
    features: float = 0.1
    adversary: float = 0.1
    alone: float = 0.3
    critics: int = 2
    penalty: float = 10.0


class Encoder(nn.Module):
    """Mean and log-variance (B, Z) of lines (B, T, V): each quarter gives its share, having seen them all."""

    def __init__(self, config: Config, size: int) -> None:
        super().__init__()
        self.hear = Body(config.width, size)
        self.over_all = nn.GRU(config.width, config.width // 2, batch_first=True, bidirectional=True)
        self.says = nn.Linear(config.width, 2 * config.latent // SEATS)
        nn.init.constant_(self.says.bias[config.latent // SEATS :], SURE)

    def forward(self, line: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
        """At quarters (2, Q)."""
        features = self.hear(line, at).transpose(1, 2)
        shares = self.says(leaky(features + self.over_all(features)[0])).float()  # (B, Q, 2 Z / 24)
        mean, spread = (seats(at).T @ each for each in shares.chunk(2, dim=-1))
        return mean.flatten(1), spread.flatten(1).clamp(LEAST, 0.0)


class Decoder(Generator):
    """Decodes each quarter's share of z, having seen them all."""

    def __init__(self, config: Config, size: int) -> None:
        super().__init__(config.latent, config.width, size)
        del self.begin, self.plan
        self.clock, self.read = Clock(config.width), nn.Linear(config.latent // SEATS, config.width)
        self.over_all = nn.GRU(config.width, config.width // 2, batch_first=True, bidirectional=True)

    def sketch(self, z: Tensor, at: Tensor) -> Tensor:
        """What z says of each quarter (B, width, Q)."""
        shares = self.read(seats(at) @ torch.unflatten(z, 1, (SEATS, -1))) + self.clock(at).T
        return (shares + self.over_all(shares)[0]).transpose(1, 2)


class Discriminator(nn.Module):
    """Features of each quarter, and whether all of it is real."""

    def __init__(self, config: Config, size: int) -> None:
        super().__init__()
        self.hear: Any = Body(config.critic_width, size)
        self.judge: Any = Head(config.critic_width, 1, among_others=True)
        if config.objective != "wasserstein":
            self.hear, self.judge = adversarial.bounded(self.hear), adversarial.bounded(self.judge)

    def forward(self, line: Tensor, at: Tensor) -> Tensor:
        """Scores (B,) of lines (B, T, V) at quarters (2, Q)."""
        scores: Tensor = self.judge(self.hear(line, at), at)[:, 0]
        return scores


class VAEGAN(OneShot):
    """The networks; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config, shape)
        size = lines.checked(shape)
        critics = len(adversarial.phases(config.objective, config.critics, adversarial.PURE)) - 1
        self.PHASES = (*[DISCRIMINATOR] * critics, AUTOENCODER) if config.adversary else (AUTOENCODER,)
        self.encoder, self.decoder = Encoder(config, size), Decoder(config, size)
        self.discriminator = Discriminator(config, size) if config.adversary else None

    def encode(self, values: Tensor, bar: Tensor, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (B, Z) of q(z | x); what is not known counts as what goes on."""
        whole = filled(values if known is None else torch.where(known, values, HOLD))
        mean, spread = self.encoder(self._line(whole), places(whole, bar))
        return mean, spread

    def decode(self, z: Tensor, given: Tensor, bar: Tensor) -> Tensor:
        """Values (B, T, 1) of points z (B, Z); `given` (B, T, 1) comes back where it is not -1."""
        whole = filled(given)
        return lines.kept(whole, self.decoder(z, places(whole, bar)))[:, : given.shape[1]]

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """What a phase minimises, and what it is made of; measured is without the adversary, who changes his mind."""
        config, values = self.config, filled(batch[0])
        at, real = places(values, batch[1]), self._line(values)
        alone = self.discriminator is None or share < config.alone or not self.training
        if phase == DISCRIMINATOR and alone:
            return self._unmoved(), {}
        mean, spread = self.encoder(real, at)
        z = mean + (spread / 2).exp() * torch.randn_like(mean)
        if phase == DISCRIMINATOR:
            return self._told_apart(z, real, at)
        logits = self.decoder(z, at)
        likeness, metrics = self._likeness(logits, values, None if alone else at)
        if not alone:
            fooled = self._fooled(z.detach(), at)
            likeness, metrics = likeness + config.adversary * fooled, metrics | {"fooled": fooled.detach()}
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(-1).mean()
        weight = config.weight * min(1.0, share / config.rise) if config.rise else config.weight
        return likeness + weight * divergence / values.shape[1], metrics | {"divergence": divergence.detach()}

    def _told_apart(self, z: Tensor, real: Tensor, at: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The discriminator's loss."""
        with torch.no_grad():
            sung = self._sung(z, at)
        judged = partial(self._judged, at=at)
        return adversarial.critic_step(self.config.objective, judged, (real, sung), self.config.penalty)

    def _fooled(self, z: Tensor, at: Tensor) -> Tensor:
        """L_gan of the decoder alone."""
        return adversarial.generator_loss(self.config.objective, self._judged(self._sung(z, at), at))

    def _sung(self, z: Tensor, at: Tensor) -> Tensor:
        """Melodies (B, T, V), the first half of points of q(z | x), the others of random points."""
        half = len(z) // 2
        return adversarial.one_hot(self.decoder(torch.cat([z[:half], torch.randn_like(z[half:])]), at))

    def _judged(self, line: Tensor, at: Tensor) -> Tensor:
        scores: Tensor = self.discriminator(line, at)  # type: ignore[misc]  # there is one, or nobody asks
        return scores

    def _unmoved(self) -> Tensor:
        """A loss that teaches the discriminator nothing."""
        weights = self.discriminator.parameters() if self.discriminator is not None else ()
        return torch.stack([weight.sum() for weight in weights]).sum() * 0.0

    def _likeness(self, logits: Tensor, values: Tensor, at: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        """L_like for each step, of logits (B, T, V) and real values (B, T, 1); of notes alone where `at` is None."""
        config, steps = self.config, values.shape[1]
        notes = functional.cross_entropy(logits.float().flatten(0, 1), values.flatten())
        metrics = {"notes": notes.detach()}
        if at is None or self.discriminator is None:
            return config.notes * notes, metrics
        with torch.no_grad():
            real = self.discriminator.hear(self._line(values), at).float()
        generated = self.discriminator.hear(adversarial.one_hot(logits), at).float()
        features = (generated - real).square().sum((1, 2)).mean() / steps
        return config.notes * notes + config.features * features, metrics | {"features": features.detach()}

    def _line(self, values: Tensor) -> Tensor:
        return lines.to_one_hot(values, self.shape.columns[0])

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """What learns in a phase."""
        return [self.encoder, self.decoder] if phase == AUTOENCODER else [self.discriminator]  # type: ignore[list-item]


def build(config: Config, shape: Shape) -> VAEGAN:
    """Make networks with fresh weights."""
    if config.latent % SEATS:
        raise RecipeError(f"latent = {config.latent}: every quarter has a share of z, so it is a multiple of {SEATS}")
    return VAEGAN(config, shape)


def facts(network: VAEGAN) -> dict[str, Any]:
    """What the runtime must know of the graphs."""
    return one_shot.facts(network)


def graphs(network: VAEGAN) -> dict[str, Any]:
    """Write the networks as ONNX graphs.

    ``decode`` as every network that makes windows in one go.
    ``encode``: ``values``, ``known`` (B, T, 1), ``bar`` () to ``mean``, ``spread`` (B, Z), the log-variance.
    """
    values = torch.zeros((2, 64, 1), dtype=torch.int64)
    inputs = {"values": values, "bar": torch.tensor(16), "known": torch.ones_like(values, dtype=torch.bool)}
    rows, times = {0: "B"}, {0: "B", 1: "T"}
    outputs, axes = {"mean": rows, "spread": rows}, {"values": times, "known": times}
    return one_shot.decoding(network) | {"encode": traced(network, network.encode, inputs, outputs, axes)}
