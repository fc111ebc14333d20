"""Composing from nothing, or under a plan: a style, and whatever else is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import LEVEL, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

VERB = Verb(
    name="compose",
    english="compose a piece from nothing, or under a plan",
    chinese="从零开始或依照规划作曲",
    pieces=(),
    may_take=("source",),
    counts_bars=True,
    options=(LEVEL,),
    place=1,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.planning import check

    begun = begin(brief, "compose")
    if brief.source is not None:
        check(begun, brief.source)
    if isinstance(brief.bars, str):
        raise InvalidBrief(f"bars {brief.bars!r}: compose takes how many, such as 16")
    if brief.amount is not None:
        raise InvalidBrief(f"amount {brief.amount}: only vary takes an amount")
    return prepare(begun)
