"""What adversarial models share: their losses, gradients through decisions, and what keeps a critic smooth.

A generator makes windows of noise; a critic scores windows; each is taught against the other, in phases.

``adversarial``
    The critic tells real from made by cross-entropy; the generator wants to be taken for real (Goodfellow et al.
    2014, section 3). Real windows are only `REAL` real: one-sided label smoothing (Salimans et al. 2016, section 3.4).
``mixed``
    The same, and beside it the generator's squared error to the real window of the same condition:
    L = L_gen + λ L_adv.
``wasserstein``
    The critic's scores of real and made windows differ by as much as its slope, near to 1, lets them
    (Gulrajani et al. 2017, eq. 3: E D(made) - E D(real) + λ E (‖∇D(x̂)‖ - 1)², x̂ between the two).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.errors import RecipeError, unknown

Critic = Callable[[Tensor], Tensor]
OBJECTIVES = ("adversarial", "wasserstein", "mixed")
PURE = OBJECTIVES[:2]
REAL = 0.9
LOOKS = 4  # the slope is taken at one in so many windows
CRITIC, GENERATOR = "critic", "generator"


def phases(objective: str, critics: int, objectives: tuple[str, ...] = OBJECTIVES) -> tuple[str, ...]:
    """Phases of a step of training, under one of some objectives: so many of the critic, then one of the generator.

    Examples
    --------
    >>> phases("wasserstein", 2)
    ('critic', 'critic', 'generator')
    """
    if objective not in objectives:
        raise RecipeError(unknown("objective", objective, objectives))
    if critics < 1:
        raise RecipeError(f"critics = {critics}: the critic must learn at least once a step")
    return (CRITIC,) * critics + (GENERATOR,)


def critic_loss(objective: str, real: Tensor, made: Tensor) -> Tensor:
    """Loss of the critic, of its scores (B,) of real and of generated windows; without the penalty."""
    if objective == "wasserstein":
        return made.mean() - real.mean()
    return cross_entropy(real, REAL) + cross_entropy(made, 0.0)


def critic_step(
    objective: str, critic: Critic, windows: tuple[Tensor, Tensor], weight: float = 0.0
) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss of the critic, of real and generated windows (B, …), and its terms.

    Parameters
    ----------
    objective : str
    critic : callable
        Scores (B,) of windows.
    windows : pair of Tensor
        Real and made.
    weight : float
        λ of the penalty; there is none but in ``"wasserstein"``.
    """
    real, made = critic(windows[0]), critic(windows[1])
    loss, metrics = critic_loss(objective, real, made), {"real": real.mean(), "made": made.mean()}
    if objective == "wasserstein":
        some = max(1, len(real) // LOOKS)
        steepness = penalty(critic, windows[0][:some], windows[1][:some])
        loss, metrics = loss + weight * steepness, metrics | {"penalty": steepness}
    return loss, {name: each.detach() for name, each in metrics.items()}


def generator_loss(objective: str, made: Tensor) -> Tensor:
    """What the generator minimises, of the critic's scores (B,) of what it made."""
    return -made.mean() if objective == "wasserstein" else cross_entropy(made, 1.0)


def cross_entropy(scores: Tensor, target: float) -> Tensor:
    """Mean cross-entropy of scores (logits that a window is real) with one target for all."""
    return functional.binary_cross_entropy_with_logits(scores, torch.full_like(scores, target))


def penalty(critic: Critic, real: Tensor, made: Tensor) -> Tensor:
    """Mean squared distance from 1 of the critic's slope, at points between real and made windows (B, …).

    The second derivative is taken in single precision, whatever the rest of the training runs in.

    Examples
    --------
    >>> one, other = torch.randn(2, 8, 5)
    >>> float(penalty(lambda x: x[:, 0], one, other)), float(penalty(lambda x: 3 * x[:, 0], one, other))
    (0.0, 4.0)
    """
    share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = (share * real + (1 - share) * made).detach().float().requires_grad_()
    with torch.enable_grad(), torch.autocast(real.device.type, enabled=False):
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def binary(logits: Tensor, firmness: float = 1.0) -> Tensor:
    """Zeros and ones that let gradients through as if they were probabilities (straight-through).

    Bengio, Léonard & Courville, *Estimating or Propagating Gradients Through Stochastic Neurons* (2013), section 4;
    for piano rolls: Dong & Yang, *Convolutional Generative Adversarial Networks with Binary Neurons* (2018).

    Parameters
    ----------
    logits : Tensor
    firmness : float
        From 0, the probabilities themselves, to 1, the decisions; what lies between has something of both.
    """
    chances = logits.float().sigmoid()
    return chances + firmness * ((logits > 0).float() - chances).detach()


def one_hot(logits: Tensor, firmness: float = 1.0) -> Tensor:
    """The likeliest of several values as one of (…, V), with the gradients of a softmax; `firmness` as in `binary`."""
    chances = logits.float().softmax(-1)
    chosen = functional.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    return chances + firmness * (chosen - chances).detach()


def firmness(share: float, rise: float) -> float:
    """How firm decisions are when so much of the training is over: more and more, until at `rise` they are made.

    At first every value of a softmax learns from every window (as in Gulrajani et al. 2017, section 5.4, where symbols
    are never chosen at all); at last the critic sees what will be played.

    Examples
    --------
    >>> firmness(0.0, 0.5), firmness(0.25, 0.5), firmness(0.8, 0.5), firmness(0.0, 0.0)
    (0.0, 0.5, 1.0, 1.0)
    """
    return min(1.0, share / rise) if rise else 1.0


def bounded(network: nn.Module) -> nn.Module:
    """A critic whose layers stretch nothing: spectral normalisation (Miyato et al. 2018, algorithm 1)."""
    for part in list(network.modules()):
        if isinstance(part, nn.Linear | nn.Conv1d | nn.Conv2d):
            nn.utils.parametrizations.spectral_norm(part)
    return network


def among_others(features: Tensor) -> Tensor:
    """Features (B, F) and how much they vary in the batch (B, F + 1): a generator that repeats itself is detected.

    Karras et al., *Progressive Growing of GANs* (2018), section 3: the mean standard deviation, as one more feature.
    """
    spread = (features.float().var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
    return torch.cat([features, spread.to(features.dtype).expand(len(features), 1)], dim=1)
