"""Accompanying: a melody is given; a piano, a band with drums, or chord symbols are composed to it."""

from __future__ import annotations

from dataclasses import replace

from firmus.composing import perform, prepare
from firmus.composing.commission import Commission, begin
from firmus.composing.selection import bar_spans, find_part
from firmus.composing.source import given, melody_place
from firmus.work import Brief

__all__ = ["commission", "perform"]


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    A stepper sets one part, the melody; other models keep all parts of the source, or those that are named.

    Raises
    ------
    InvalidBrief, ModelError
    """
    begun = begin(brief, "accompany")
    if begun.card.kind == "stepper":
        begun = replace(begun, places=(melody_place(brief, "accompany"),))
    else:
        source = given(brief, "accompany")
        places = tuple(find_part(source, name) for name in brief.parts)
        begun = replace(begun, places=places, spans=bar_spans(source, None))
    return prepare(begun)
