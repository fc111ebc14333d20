"""Composing from nothing: a style, and whatever else is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

VERB = Verb(
    name="compose",
    english="compose a piece from nothing",
    chinese="从零开始作曲",
    pieces=(),
    counts_bars=True,
    place=1,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin

    begun = begin(brief, "compose")
    if brief.source is not None:
        raise InvalidBrief(
            "compose starts from nothing: use continue, infill, harmonise, accompany or vary with a source"
        )
    if isinstance(brief.bars, str):
        raise InvalidBrief(f"bars {brief.bars!r}: compose takes how many, such as 16")
    if brief.amount is not None:
        raise InvalidBrief(f"amount {brief.amount}: only vary takes an amount")
    return prepare(begun)
