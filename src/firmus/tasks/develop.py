"""Developing: a motif comes back transformed; what goes between is composed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import Option, Verb
from firmus.work import Brief

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "perform"]

BARS = 16  # where no length is asked for
MOST_MOTIF = 4  # bars
USUAL = ("sequence", "inversion", "return")

VERB = Verb(
    name="develop",
    english="develop a motif of a bar or a few: it returns transformed, and what goes between is composed",
    chinese="发展一个一至数小节的动机：动机变形再现，其间由模型创作",
    counts_bars=True,
    options=(
        Option(
            "by",
            "sequence, inversion, retrograde, augmentation, diminution, fragmentation, return: in this order, again",
            "模进、倒影、逆行、扩大、缩小、裁截、再现：依此次序，循环",
            metavar="LIST",
        ),
    ),
    place=4,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.motif import laid_out
    from firmus.composing.rules import chords_over
    from firmus.composing.selection import find_part
    from firmus.composing.source import given, melody_place, source_of
    from firmus.timing import bars

    if isinstance(brief.bars, str):
        raise InvalidBrief(f"bars {brief.bars!r}: develop takes how many bars, such as 16")
    given(brief, "develop")
    begun = replace(begin(brief, "continue"), verb="develop", close=True)
    source = source_of(begun)
    part = source.parts[melody_place(replace(begun, request={}))]
    motif = [bar for bar in bars(source) if bar.start < part.end]
    if source.pickup or len(motif) > MOST_MOTIF or len({bar.meter.bar for bar in motif}) > 1:
        raise InvalidBrief(f"the motif has {len(motif)} bars: it must have 1 to {MOST_MOTIF}, alike, without a pickup")
    count = brief.bars or BARS
    if count < 2 * len(motif):
        raise InvalidBrief(f"bars {count}: a motif of {len(motif)} needs {2 * len(motif)} at least to be developed in")
    score, spans = laid_out(source, part, len(motif), count, brief.by or USUAL)
    score = replace(score, chords=chords_over(begun.progression, score) if begun.progression else ())
    ranges = {find_part(score, name): limits for name, limits in begun.named_ranges.items()}
    begun = replace(begun, source=score, quantised=None, score=score, spans=spans, chords=score.chords, ranges=ranges)
    return prepare(begun)
