"""Humanising: a drum part that a machine plays gets the timing and the loudness of a drummer."""

from __future__ import annotations

from dataclasses import replace

from firmus.composing import perform, prepare
from firmus.composing.commission import Commission, begin
from firmus.composing.selection import bar_spans, find_part
from firmus.composing.source import given
from firmus.work import Brief

__all__ = ["commission", "perform"]

MODEL = "vae-groove"


def commission(brief: Brief) -> Commission:
    """What is to be played; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    source = given(brief, "humanise")
    begun = begin(brief, "humanise", MODEL)
    places = tuple(find_part(source, name) for name in brief.parts)
    begun = replace(begun, places=places, spans=bar_spans(source, brief.bars))
    return prepare(begun)
