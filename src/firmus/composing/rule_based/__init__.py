"""Composing by rules that are written down, without a network: a model of the kind rules has a card and no weights.

Each verb is one module with ``prepare(commission)``, which refuses, and ``perform(commission, progress)``.
"""

from __future__ import annotations

from types import ModuleType

from firmus.composing.commission import Commission
from firmus.composing.rule_based import expression, orchestration
from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.work import Work

VERBS: dict[str, ModuleType] = {"perform": expression, "orchestrate": orchestration}
NOT_OF_RULES = (
    "genre", "key", "chords", "mood", "density", "register", "polyphony", "syncopation", "form", "temperature", "loose",
    "ranges", "top_p",
)  # fmt: skip


def prepare(commission: Commission) -> Commission:
    """Refuse what cannot be asked for.

    Raises
    ------
    InvalidBrief
    """
    for name in NOT_OF_RULES:
        if name in commission.request:
            raise InvalidBrief(f"{name} {commission.request[name]}: {commission.verb} keeps the notes; leave it out")
    VERBS[commission.verb].prepare(commission)
    return commission


def perform(commission: Commission, progress: Progress | None = None) -> list[Work]:
    """A work from each seed, in order."""
    works: list[Work] = VERBS[commission.verb].perform(commission, progress)
    return works
