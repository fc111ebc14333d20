"""The source: what a Brief gives, and which part of it is the melody."""

from __future__ import annotations

from firmus.analysis.melody import melody_part
from firmus.composing.commission import Commission
from firmus.errors import InvalidBrief
from firmus.score import Score
from firmus.work import Brief


def given(brief: Brief, verb: str) -> Score:
    """Source of a Brief; refuses what a source decides by itself.

    Raises
    ------
    InvalidBrief
    """
    if brief.source is None:
        raise InvalidBrief(f"{verb} needs a source: a music file")
    if not brief.source.parts or not any(part.notes for part in brief.source.parts):
        raise InvalidBrief(f"the source has no notes: there is nothing to {verb}; compose starts from nothing")
    for name in ("meter", "tempo"):
        if getattr(brief, name) is not None:
            raise InvalidBrief(f"{name} {getattr(brief, name)}: {verb} keeps the source's {name}")
    if brief.seconds is not None and verb != "continue":
        raise InvalidBrief(f"seconds {brief.seconds:g}: {verb} keeps the source's length")
    if brief.amount is not None and verb not in ("vary", "humanise", "perform"):
        raise InvalidBrief(f"amount {brief.amount}: only vary, humanise and perform take an amount")
    return brief.source


def source_of(commission: Commission) -> Score:
    """Source of a commission.

    Raises
    ------
    InvalidBrief
        Where it has none.
    """
    if commission.source is None:
        raise InvalidBrief(f"{commission.verb} needs a source: a music file")
    return commission.source


def target_of(commission: Commission) -> Score:
    """Target of a commission.

    Raises
    ------
    InvalidBrief
        Where it has none.
    """
    if commission.target is None:
        raise InvalidBrief(f"{commission.verb} needs a target: a second music file")
    return commission.target


def melody_place(commission: Commission) -> int:
    """Place of the part that is the melody: the one named, or the one that sings (`firmus.analysis.melody`).

    Raises
    ------
    InvalidBrief
    """
    verb, source, names = commission.verb, source_of(commission), commission.named_parts
    if "bars" in commission.request or "seconds" in commission.request:
        raise InvalidBrief(f"{verb} sets the whole melody: use infill for some bars of it")
    if len(names) > 1:
        raise InvalidBrief(f"parts {', '.join(names)}: name the one that is the melody")
    if commission.places:
        part = source.parts[commission.places[0]]
        if part.is_drums or not part.notes:
            raise InvalidBrief(f"part {names[0]!r} is {'drums' if part.is_drums else 'empty'}: name a melody")
        return commission.places[0]
    melody = melody_part(source)
    for place, part in enumerate(source.parts):
        if part is melody:
            return place
    raise InvalidBrief(f"the source has no pitched part with notes: there is no melody to {verb}")
