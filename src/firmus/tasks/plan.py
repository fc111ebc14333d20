"""Planning: form, keys and chords of a piece, without its notes; compose takes the plan (``compose PLAN.json``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

OF_NOTES = ("density", "register", "polyphony", "syncopation", "temperature", "amount", "close", "effort")
"""Fields that say how notes are composed, of which a plan has none."""

VERB = Verb(
    name="plan",
    english="plan form, keys and chords of a piece, for compose",
    chinese="规划乐曲的曲式、调性与和弦，供 compose 使用",
    pieces=(),
    counts_bars=True,
    formats=("musicxml", "svg"),
    place=2,
)


def commission(brief: Brief) -> Commission:
    """What is to be planned; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin

    begun = replace(begin(brief, "compose"), verb="plan")
    if begun.card.kind != "stepper":
        raise InvalidBrief(f"model {begun.card.name!r} composes without a plan: leave --model out")
    if brief.source is not None:
        raise InvalidBrief("plan starts from nothing: edit the plan, and give it to compose")
    if isinstance(brief.bars, str):
        raise InvalidBrief(f"bars {brief.bars!r}: plan takes how many, such as 16")
    for name in OF_NOTES:
        if getattr(brief, name):
            raise InvalidBrief(f"{name} {getattr(brief, name)}: a plan has no notes; give it to compose")
    return prepare(begun)
