"""Composing: from what is asked for to the notes.

`commission` parses a Brief once. What is to be composed follows from `selection` (which bars of which parts), `rules`,
`styles`, `form`, `cadence` and `controls`. Each kind of model has a composer, a module or package with the same two
functions:

``prepare(commission) -> Commission``
    refuses what this kind of model cannot be asked for, and adds what it needs to know;
``perform(commission, progress) -> list[Work]``
    composes, best first (`ranking`).

`autoregressive` composes token by token, `latent` decodes points of a latent space, `external` asks models of others,
`rule_based` follows rules without any.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmus.composing.commission import Commission
    from firmus.progress import Progress
    from firmus.work import Work

COMPOSERS = {"stepper": "autoregressive", "latent": "latent", "engine": "external", "rules": "rule_based"}
"""Module of this package that composes with each kind of model."""


def prepare(commission: Commission) -> Commission:
    """Refuse what the commission's kind of model cannot be asked for, and add what its composer needs.

    Raises
    ------
    InvalidBrief
    """
    prepared: Commission = _composer(commission).prepare(commission)
    return prepared


def perform(commission: Commission, progress: Progress | None = None) -> list[Work]:
    """Compose what a prepared commission asks for: a work from each seed, best first.

    What is kept of a source that was played in has the player's timing.

    Parameters
    ----------
    commission : Commission
    progress : callable, optional
        Takes what is being done, how much of it is done and how much there is to do; see `firmus.composing.observer`.
    """
    from firmus.composing import levels, originality

    works = originality.checked(
        commission, lambda asked: levels.checked(asked, lambda each: _composer(each).perform(each, progress))
    )
    played = commission.quantised
    return [replace(work, score=played.with_timing(work.score)) for work in works] if played else works


def _composer(commission: Commission) -> ModuleType:
    return import_module(f"{__name__}.{COMPOSERS[commission.card.kind]}")
