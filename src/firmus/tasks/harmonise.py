"""Harmonising: a melody is set for four voices; it stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.tasks import HARMONY, QUANTISE, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

VERB = Verb(
    name="harmonise",
    english="set a melody for four voices",
    chinese="为旋律配四部和声",
    options=(QUANTISE, HARMONY),
    place=4,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.selection import find_part
    from firmus.composing.source import given, source_of

    begun = begin(brief, "harmonise")
    given(brief, "harmonise")
    source = source_of(begun)
    return prepare(replace(begun, places=tuple(find_part(source, name) for name in brief.parts)))
