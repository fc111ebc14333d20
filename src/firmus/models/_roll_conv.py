"""Networks that paint piano rolls and networks that judge them, of two builds: as 2-D pictures, or as steps.

What they share: the coarsest grid is the quarter note (four steps), whatever the meter, and each quarter has as input
where in which bar it lies, so bars of any length are painted; windows are whole numbers of quarters. Planes are those
of `firmus.models._rolls`; octaves are whole (twelve pitches from a C), as a chord's tones are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.models import _adversarial as adversarial
from firmus.models._bar_position import BARS, Clock, Plan, bent, by_bar, leaky
from firmus.models._rolls import FACTS, OCTAVES, PITCHED, PLANES, Given
from firmus.tokens.band import PITCHES

STRIKING, HOLDING = -2.0, 0.0  # logits that a fresh network gives every cell: few are struck, and last a while


def in_octaves(planes: Tensor) -> Tensor:
    """Planes (B, P, T, 128) filled up with silence to whole octaves (B, P, T, 132)."""
    return functional.pad(planes, (0, 12 * OCTAVES - PITCHES))


def fresh() -> Tensor:
    """Logits (9, 1, 1) of each plane (see `firmus.models._rolls.played`) before anything is learnt."""
    return torch.tensor([STRIKING] + [HOLDING] * PITCHED + [STRIKING] * PITCHED)[:, None, None]


def in_steps(planes: Tensor) -> Tensor:
    """Planes (B, 9, T, 128) as vectors of steps (B, 9 · 128, T)."""
    return planes.transpose(2, 3).flatten(1, 2)


class Reading(nn.Module):
    """What is given, read at steps, eighths and quarters (B, F, …, 11), each from the one before."""

    def __init__(self, width: int) -> None:
        super().__init__()
        down = (4, 3), (2, 1), 1
        self.facts = nn.Conv1d(FACTS, width, 1)
        self.octaves = nn.Conv2d(PLANES, width, (1, 12), (1, 12))
        self.eighths, self.quarters = nn.Conv2d(width, width, *down), nn.Conv2d(width, width, *down)

    def forward(self, given: Given) -> list[Tensor]:
        """Of what is given."""
        steps = bent(self.octaves(in_octaves(given.planes)) + self.facts(given.facts)[..., None])
        eighths = bent(self.eighths(steps))
        return [steps, eighths, bent(self.quarters(eighths))]


class Transposed(nn.Module):
    """Paints pictures: from quarters and octaves to steps and pitches by transposed convolutions.

    DCGAN (Radford, Metz & Chintala 2016), its kernels laid along quarters and octaves as in MuseGAN.
    """

    def __init__(self, latent: int, width: int) -> None:
        super().__init__()
        half, beside, up = 2 * width // 3, width // 2, ((4, 3), (2, 1), 1)
        self.plan, self.width = Plan(latent, width), width
        self.begin = nn.Linear(latent, width * OCTAVES)
        self.reading = Reading(beside)
        self.mix = nn.Conv2d(width + beside, width, 3, padding=1)
        self.mix_again = nn.Conv2d(width, width, 3, padding=1)
        self.eighths = nn.ConvTranspose2d(width, half, *up)
        self.sixteenths = nn.ConvTranspose2d(half + beside, half, *up)
        self.pitches = nn.ConvTranspose2d(half + beside, PLANES, (1, 12), (1, 12))
        self.level = nn.Parameter(fresh().expand(PLANES, 1, PITCHES).clone())

    def forward(self, z: Tensor, at: Tensor, given: Given) -> Tensor:
        """Logits (B, 9, T, 128) of striking and holding, of points z (B, Z), quarters at (2, Q)."""
        steps, eighths, quarters = self.reading(given)
        x = self.begin(z).view(-1, self.width, 1, OCTAVES) + self.plan(z, at)[..., None]
        x = bent(self.mix(torch.cat([bent(x), quarters], dim=1)))
        x = bent(x + self.mix_again(x))
        x = bent(self.eighths(x))
        x = bent(self.sixteenths(torch.cat([x, eighths], dim=1)))
        logits: Tensor = self.pitches(torch.cat([x, steps], dim=1))[..., :PITCHES] + self.level
        return logits


class Dense(nn.Module):
    """Paints steps: convolutions over time, every pitch of a step from one dense layer."""

    def __init__(self, latent: int, width: int) -> None:
        super().__init__()
        beside, down, up = width // 2, (4, 2, 1), (4, 2, 1)
        self.plan, self.begin = Plan(latent, width), nn.Linear(latent, width)
        self.read = nn.Conv1d(FACTS + PLANES * PITCHES, beside, 1)
        self.read_eighths, self.read_quarters = nn.Conv1d(beside, beside, *down), nn.Conv1d(beside, beside, *down)
        self.mix = nn.Conv1d(width + beside, width, 3, padding=1)
        self.mix_again = nn.Conv1d(width, width, 3, padding=1)
        self.eighths = nn.ConvTranspose1d(width, width, *up)
        self.sixteenths = nn.ConvTranspose1d(width + beside, width, *up)
        self.pitches = nn.Conv1d(width + beside, PLANES * PITCHES, 1, bias=False)
        self.level = nn.Parameter(fresh().expand(PLANES, 1, PITCHES).clone())

    def forward(self, z: Tensor, at: Tensor, given: Given) -> Tensor:
        """Logits (B, 9, T, 128) of striking and holding, of points z (B, Z), quarters at (2, Q)."""
        steps = bent(self.read(torch.cat([given.facts, in_steps(given.planes)], dim=1)))
        eighths = bent(self.read_eighths(steps))
        x = bent(self.begin(z)[..., None] + self.plan(z, at))
        x = bent(self.mix(torch.cat([x, bent(self.read_quarters(eighths))], dim=1)))
        x = bent(x + self.mix_again(x))
        x = bent(self.eighths(x))
        x = bent(self.sixteenths(torch.cat([x, eighths], dim=1)))
        logits = self.pitches(torch.cat([x, steps], dim=1))
        return torch.unflatten(logits, 1, (PLANES, PITCHES)).transpose(2, 3) + self.level


class Critic(nn.Module):
    """Judges windows: what it sees of each quarter, then of four bars together.

    It is conditioned on the facts of what is given; the instruments that are given it sees.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.clock = Clock(width)
        self.over_quarters = nn.Conv1d(width, width, 3, padding=1)
        self.together = nn.Linear(BARS * width, width)
        self.score = nn.Linear(width + 1, 1)

    def look(self, planes: Tensor, facts: Tensor) -> Tensor:
        """What it sees of each quarter, (B, width, Q), without knowing which one it is."""
        raise NotImplementedError

    def features(self, planes: Tensor, at: Tensor, facts: Tensor) -> Tensor:
        """What it sees of each quarter (B, width, Q) of planes (B, 9, T, 128)."""
        seen = leaky(self.look(planes, facts) + self.clock(at))
        return leaky(seen + self.over_quarters(seen))

    def judge(self, features: Tensor, at: Tensor) -> Tensor:
        """Scores (B,) of what it saw."""
        whole = leaky(self.together(by_bar(features, at)))
        scores: Tensor = self.score(adversarial.among_others(whole))[:, 0]
        return scores.float()

    def forward(self, planes: Tensor, at: Tensor, facts: Tensor) -> Tensor:
        """Scores (B,)."""
        return self.judge(self.features(planes, at, facts), at)


class PictureCritic(Critic):
    """Looks at octaves and quarters of the picture, and beside it at the pitch classes of each step."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        half, down = width // 2, ((4, 3), (2, 1), 1)
        self.octaves = nn.Conv2d(PLANES, half, (1, 12), (1, 12))
        self.eighths = nn.Conv2d(half, 3 * width // 4, *down)
        self.quarters = nn.Conv2d(3 * width // 4, width, *down)
        self.high_and_low = nn.Conv2d(width, width, (1, OCTAVES))
        self.classes = nn.Conv1d(12 * PITCHED + FACTS, width, 1)
        self.class_eighths, self.class_quarters = nn.Conv1d(width, half, 4, 2, 1), nn.Conv1d(half, width, 4, 2, 1)

    def look(self, planes: Tensor, facts: Tensor) -> Tensor:
        """Of the picture and of its pitch classes."""
        x = in_octaves(planes)
        chroma = torch.unflatten(x[:, 1 : 1 + PITCHED], -1, (OCTAVES, 12)).sum(-2)  # (B, 4, T, 12)
        for layer in (self.octaves, self.eighths, self.quarters):
            x = leaky(layer(x))
        y = torch.cat([in_steps(chroma), facts], dim=1)
        for line in (self.classes, self.class_eighths):
            y = leaky(line(y))
        seen: Tensor = self.high_and_low(x)[..., 0] + self.class_quarters(y)
        return seen


class StepCritic(Critic):
    """Looks at all that sounds and is known at each step, then over time."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.steps = nn.Conv1d(PLANES * PITCHES + FACTS, width, 1)
        self.eighths, self.quarters = nn.Conv1d(width, width, 4, 2, 1), nn.Conv1d(width, width, 4, 2, 1)

    def look(self, planes: Tensor, facts: Tensor) -> Tensor:
        """Of the steps."""
        x = torch.cat([in_steps(planes), facts], dim=1)
        for layer in (self.steps, self.eighths):
            x = leaky(layer(x))
        seen: Tensor = self.quarters(x)
        return seen
