"""Varying: some bars of a piece are composed anew, scattered over it, in the light of all the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import AMOUNT, QUANTISE, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

VERB = Verb(
    name="vary",
    english="compose a share of a piece anew",
    chinese="变奏：重写乐曲的一部分",
    options=(AMOUNT, QUANTISE),
    place=6,
)


def commission(brief: Brief) -> Commission:
    """What is to be varied; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.selection import bar_spans, find_part
    from firmus.composing.source import given, source_of

    begun = begin(brief, "vary")
    given(brief, "vary")
    source = source_of(begun)
    if brief.chords:
        raise InvalidBrief("vary keeps the source's harmony: use infill to compose bars over other chords")
    places = tuple(find_part(source, name) for name in brief.parts)
    spans = bar_spans(source, brief.bars)
    ranges = {find_part(source, name): limits for name, limits in begun.named_ranges.items()}
    begun = replace(begun, score=source, spans=spans, places=places, ranges=ranges)
    return prepare(begun)
