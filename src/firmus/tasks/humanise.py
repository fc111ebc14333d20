"""Humanising: a drum part that a machine plays gets the timing and the loudness of a drummer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.tasks import AMOUNT, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

MODEL = "vae-groove"

VERB = Verb(
    name="humanise",
    english="give quantised drums human timing and loudness",
    chinese="为量化的鼓点赋予真人的时值与力度",
    options=(AMOUNT,),
    place=8,
)


def commission(brief: Brief) -> Commission:
    """What is to be played; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.selection import bar_spans, find_part
    from firmus.composing.source import given

    source = given(brief, "humanise")
    begun = begin(brief, "humanise", MODEL)
    places = tuple(find_part(source, name) for name in brief.parts)
    begun = replace(begun, places=places, spans=bar_spans(source, brief.bars))
    return prepare(begun)
