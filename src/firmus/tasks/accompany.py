"""Accompanying: a melody is given; a piano, a band with drums, or chord symbols are composed to it."""

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
    name="accompany",
    english="compose a piano, a band or chord symbols to a melody",
    chinese="为旋律创作钢琴、乐队伴奏或和弦标记",
    options=(QUANTISE, HARMONY),
    place=5,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.selection import bar_spans, find_part
    from firmus.composing.source import given, source_of

    begun = begin(brief, "accompany")
    given(brief, "accompany")
    source = source_of(begun)
    places = tuple(find_part(source, name) for name in brief.parts)
    return prepare(replace(begun, places=places, spans=bar_spans(source, None)))
