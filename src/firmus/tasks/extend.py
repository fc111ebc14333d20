"""Continuing a piece (the command is ``firmus continue``); what there is stays as it is, note for note."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.brief_fields import MOST_BARS
from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import QUANTISE, Option, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

BARS = 8  # where no length is asked for

VERB = Verb(
    name="continue",
    english="continue a piece",
    chinese="续写一首乐曲",
    counts_bars=True,
    options=(QUANTISE, Option("close", "come to an end on the tonic", "收束于主和弦", bool)),
    place=2,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.rules import chords_over
    from firmus.composing.selection import find_part
    from firmus.composing.source import given, source_of
    from firmus.timing import bars

    begun = begin(brief, "continue")
    given(brief, "continue")
    source = source_of(begun)
    if isinstance(brief.bars, str):
        raise InvalidBrief(f"bars {brief.bars!r}: continue takes how many bars to add, such as 8")
    if brief.parts:
        raise InvalidBrief(f"parts {', '.join(brief.parts)}: continue composes every part; infill takes parts")
    meter, end = bars(source)[-1].meter, bars(source)[-1].end
    added = brief.bars or BARS
    if brief.seconds:
        added = max(1, round(brief.seconds * source.tempi[-1].bpm * 480 / 60 / meter.bar))
    if added > MOST_BARS:
        raise InvalidBrief(f"{added} bars to add: {MOST_BARS} is the most")
    score = replace(source, end=end + added * meter.bar)
    chords = chords_over(begun.progression, score, end) if begun.progression else ()
    score = replace(score, chords=tuple(chord for chord in source.chords if chord.start < end) + chords)
    ranges = {find_part(source, name): limits for name, limits in begun.named_ranges.items()}
    begun = replace(begun, score=score, spans=((end, score.end),), chords=chords, ranges=ranges)
    return prepare(begun)
