"""Continuing and infilling: what stands before and after a gap stays as it is, note for note."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firmus.composing import external as engine
from firmus.composing import session
from firmus.composing.source import given, stretches
from firmus.errors import InvalidBrief
from firmus.timing import bars
from firmus.work import MOST_BARS, Brief, Work

USUAL_BARS = 8


def extend(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Continue a piece (the command is ``firmus continue``).

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `bars` (how many to add), and the controls.
    progress : callable, optional

    Returns
    -------
    list of Work
        `count` of them, best first.
    """
    brief = brief or Brief.of(**options)
    chosen = session.choose_model(brief, "continue")
    source = given(brief, "continue")
    if isinstance(brief.bars, str):
        raise InvalidBrief(f"bars {brief.bars!r}: continue takes how many bars to add, such as 8")
    if brief.parts:
        raise InvalidBrief(f"parts {', '.join(brief.parts)}: continue composes every part; infill takes parts")
    there = bars(source)
    meter, end = there[-1].meter, there[-1].end
    added = brief.bars or USUAL_BARS
    if brief.seconds:
        added = max(1, round(brief.seconds * source.tempi[-1].bpm * 480 / 60 / meter.bar))
    if added > MOST_BARS:
        raise InvalidBrief(f"{added} bars to add: {MOST_BARS} is the most")
    if chosen.kind == "engine":
        return engine.extend(brief, chosen, source, added, progress)
    score = replace(source, end=end + added * meter.bar)
    chords = session.chords_over(brief.chords, score, end) if brief.chords else ()
    score = replace(score, chords=tuple(chord for chord in source.chords if chord.start < end) + chords)
    is_open = session.cells_between(score, [(end, score.end)], range(len(score.parts)))
    return session.refill(brief, "continue", chosen, score, is_open, source, chords, progress)


def infill(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Compose some bars of some parts anew; everything else stays.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `bars` (``"9-12"``; all by default), `parts` (all by default), and
        the controls.
    progress : callable, optional

    Returns
    -------
    list of Work
        `count` of them, best first.
    """
    brief = brief or Brief.of(**options)
    chosen = session.choose_model(brief, "infill")
    source = given(brief, "infill")
    if brief.bars is None and not brief.parts:
        raise InvalidBrief("infill needs bars, parts or both: what is to be composed? Such as bars 9-12, parts alto")
    spans = stretches(source, brief.bars)
    parts = [session.find_part(source, name) for name in brief.parts] or list(range(len(source.parts)))
    if chosen.kind == "engine":
        return engine.infill(brief, chosen, source, spans, parts, progress)
    is_open = session.cells_between(source, spans, parts)
    chords = session.chords_over(brief.chords, source, min(start for start, _ in spans)) if brief.chords else ()
    inside = [chord for chord in chords if any(start <= chord.start < stop for start, stop in spans)]
    kept = [chord for chord in source.chords if not inside or not any(a <= chord.start < b for a, b in spans)]
    score = replace(source, chords=tuple(sorted([*kept, *inside], key=lambda chord: chord.start)))
    return session.refill(brief, "infill", chosen, score, is_open, source, tuple(inside), progress)
