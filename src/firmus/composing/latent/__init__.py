"""Composing with a model of the kind latent (VAE, GAN): windows are encoded to points and decoded from points.

Each verb is one module with ``prepare(commission, space)``, which refuses, and
``perform(commission, space, progress)``.
"""

from __future__ import annotations

from types import ModuleType

from firmus.composing.commission import Commission
from firmus.composing.latent import accompany, compose, humanise, interpolate, vary
from firmus.composing.latent.latent_space import Space
from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.work import Work

VERBS: dict[str, ModuleType] = {
    "compose": compose,
    "vary": vary,
    "accompany": accompany,
    "interpolate": interpolate,
    "humanise": humanise,
}


def prepare(commission: Commission) -> Commission:
    """Refuse what cannot be asked for.

    Raises
    ------
    InvalidBrief
    """
    for name in ("mood", "polyphony", "form"):
        if name in commission.request:
            raise InvalidBrief(
                f"{name} {commission.request[name]}: latent models take density, register and syncopation"
            )
    VERBS[commission.verb].prepare(commission, Space(commission.card))
    return commission


def perform(commission: Commission, progress: Progress | None = None) -> list[Work]:
    """Compose a work from each seed, in order; of `interpolate` all steps from one seed."""
    works: list[Work] = VERBS[commission.verb].perform(commission, Space(commission.card), progress)
    return works
