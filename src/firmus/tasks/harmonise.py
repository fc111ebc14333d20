"""Harmonising: a melody is set for four voices; it stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.tasks import Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

VERB = Verb(
    name="harmonise",
    english="set a melody for four voices",
    chinese="为旋律配四部和声",
    place=4,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.source import melody_place

    begun = begin(brief, "harmonise")
    begun = replace(begun, places=(melody_place(brief, "harmonise"),))
    return prepare(begun)
