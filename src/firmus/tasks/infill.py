"""Infilling: some bars of some parts are composed anew; everything else stays as it is, note for note."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import QUANTISE, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

VERB = Verb(
    name="infill",
    english="compose some bars of some parts anew",
    chinese="重写某些声部的某些小节",
    options=(QUANTISE,),
    place=3,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.rules import chords_over
    from firmus.composing.selection import bar_spans, find_part
    from firmus.composing.source import given, source_of

    begun = begin(brief, "infill")
    given(brief, "infill")
    source = source_of(begun)
    if brief.bars is None and not brief.parts:
        raise InvalidBrief("infill needs bars, parts or both: what is to be composed? Such as bars 9-12, parts alto")
    spans = bar_spans(source, brief.bars)
    places = tuple(find_part(source, name) for name in brief.parts)
    progression = begun.progression
    laid = chords_over(progression, source, min(start for start, _ in spans)) if progression else ()
    inside = tuple(chord for chord in laid if any(start <= chord.start < stop for start, stop in spans))
    kept = [chord for chord in source.chords if not inside or not any(a <= chord.start < b for a, b in spans)]
    score = replace(source, chords=tuple(sorted([*kept, *inside], key=lambda chord: chord.start)))
    ranges = {find_part(source, name): limits for name, limits in begun.named_ranges.items()}
    begun = replace(begun, score=score, spans=spans, places=places, chords=inside, ranges=ranges)
    return prepare(begun)
