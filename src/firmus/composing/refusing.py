"""What of a request can be refused before anything is loaded: by whoever accepts it, long before it is done.

The verbs refuse the same again, and more, when they compose; this says no to a typing error at once.
"""

from __future__ import annotations

from dataclasses import replace

from firmus.composing import external as engine
from firmus.composing import form, session
from firmus.composing.source import given, melody, stretches
from firmus.composing.styles import STYLES, voices
from firmus.errors import InvalidBrief
from firmus.runtime.weights import Card, card, cards
from firmus.work import Brief


def refuse(brief: Brief, verb: str) -> None:
    """Refuse a Brief that a verb can be seen to have no way of obeying.

    Parameters
    ----------
    brief : Brief
    verb : str
        One of `firmus.tasks.VERBS`.

    Raises
    ------
    InvalidBrief, ModelError
    """
    chosen = session.choose_model(_with_a_model(brief, verb), verb)
    if verb == "compose":
        _of_nothing(brief, chosen)
        return
    source = given(brief, verb)
    if chosen.kind == "stepper" and verb in ("harmonise", "accompany"):
        melody(brief, verb)
    for name in (*brief.parts, *(brief.ranges if verb in ("continue", "infill", "vary") else ())):
        session.find_part(source, name)
    if verb in ("infill", "vary"):
        stretches(source, brief.bars)


def _with_a_model(brief: Brief, verb: str) -> Brief:
    """The Brief with a model that does it, where the usual one does not."""
    if brief.model or verb in card(session.DEFAULT_MODEL).tasks:
        return brief
    able = [each for each in cards().values() if verb in each.tasks]
    fitting = [each for each in able if brief.style in (None, *each.styles)]
    return replace(brief, model=(fitting or able)[0].name) if able else brief


def _of_nothing(brief: Brief, chosen: Card) -> None:
    if brief.source is not None:
        raise InvalidBrief("compose starts from nothing: continue, infill, harmonise, accompany or vary take a source")
    if chosen.kind == "engine":
        engine.check(brief, chosen)
    if chosen.kind != "stepper":
        return
    known = [name for name in chosen.styles if name in STYLES and brief.style in (None, name)]
    if known:
        voices(STYLES[known[0]], brief.parts)
    if brief.form:
        form.lay_out(brief.form, brief.bars if isinstance(brief.bars, int) else None)
