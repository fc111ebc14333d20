"""What a Brief gives: the source, the bars that are meant, the part that is the melody."""

from __future__ import annotations

from firmus.composing.session import find_part
from firmus.errors import InvalidBrief
from firmus.score import Part, Score
from firmus.timing import bars
from firmus.work import Brief, bar_numbers


def given(brief: Brief, task: str) -> Score:
    """Source of a Brief; refuses what a source decides by itself."""
    if brief.source is None:
        raise InvalidBrief(f"{task} needs a source: a music file")
    if not brief.source.parts or not any(part.notes for part in brief.source.parts):
        raise InvalidBrief(f"the source has no notes: there is nothing to {task}; compose starts from nothing")
    for name in ("meter", "tempo"):
        if getattr(brief, name) is not None:
            raise InvalidBrief(f"{name} {getattr(brief, name)}: {task} keeps the source's {name}")
    if brief.seconds is not None and task != "continue":
        raise InvalidBrief(f"seconds {brief.seconds:g}: {task} keeps the source's length")
    if brief.amount is not None and task not in ("vary", "humanise"):
        raise InvalidBrief(f"amount {brief.amount}: only vary and humanise take an amount")
    return brief.source


def stretches(score: Score, wanted: int | str | None) -> list[tuple[int, int]]:
    """Ticks (first, after the last) of the bars asked for.

    Raises
    ------
    InvalidBrief
        Where the piece has no such bars.
    """
    there = {bar.number: bar for bar in bars(score)}
    first, last = min(there), max(there)
    if wanted is None:
        return [(0, there[last].end)]
    found = []
    for start, stop in bar_numbers(str(wanted)):
        stop = last if stop is None else stop
        if start < first or stop > last:
            raise InvalidBrief(f"bars {wanted}: the piece has bars {first} to {last}")
        found.append((there[start].start, there[stop].end))
    return found


def melody(brief: Brief, task: str) -> Part:
    """The part that is the melody: the one named, or the first pitched one with notes."""
    if brief.bars is not None or brief.seconds is not None:
        raise InvalidBrief(f"{task} sets the whole melody: use infill for some bars of it")
    if len(brief.parts) > 1:
        raise InvalidBrief(f"parts {', '.join(brief.parts)}: name the one that is the melody")
    source = given(brief, task)
    if brief.parts:
        chosen = source.parts[find_part(source, brief.parts[0])]
        if chosen.is_drums or not chosen.notes:
            raise InvalidBrief(f"part {brief.parts[0]!r} is {'drums' if chosen.is_drums else 'empty'}: name a melody")
        return chosen
    for part in source.parts:
        if part.notes and not part.is_drums:
            return part
    raise InvalidBrief(f"the source has no pitched part with notes: there is no melody to {task}")
