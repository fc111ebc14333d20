"""Composing from nothing: a style, and whatever else is asked for."""

from __future__ import annotations

from firmus.composing import perform, prepare
from firmus.composing.commission import Commission, begin
from firmus.errors import InvalidBrief
from firmus.work import Brief

__all__ = ["commission", "perform"]


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
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
