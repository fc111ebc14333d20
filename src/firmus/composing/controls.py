"""Wishes for the music as a whole (density, register, polyphony, mood): how they are asked, and what came of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from firmus.errors import InvalidBrief
from firmus.runtime.weights import Card
from firmus.score import Score
from firmus.tokens import Scales, events
from firmus.tokens.events import vocabulary
from firmus.work import Brief, mood

MEASURED = ("density", "register", "polyphony")
CALM, LIVELY = 0.7, 1.4  # shares of the usual tempo that a mood changes it to at most


def wishes(brief: Brief) -> dict[str, float]:
    """What is wished of each control, 0 to 1.

    Examples
    --------
    >>> wishes(Brief(density=0.8, mood="1,-0.5"))
    {'density': 0.8, 'valence': 1.0, 'arousal': 0.25}
    """
    wished = {name: float(getattr(brief, name)) for name in MEASURED if getattr(brief, name) is not None}
    if brief.mood is not None:
        for name, value in zip(("valence", "arousal"), mood(brief.mood), strict=True):
            wished[name] = (value + 1) / 2
    return wished


def refuse_unknown(brief: Brief, chosen: Card, style: str, single: bool) -> None:
    """Refuse a wish that the model has not learnt, or that means nothing in a style or in parts of single notes."""
    for name in wishes(brief):
        said = f"mood {brief.mood!r}" if name in ("valence", "arousal") else f"{name} {getattr(brief, name):g}"
        if name not in chosen.controls:
            raise InvalidBrief(f"{said}: model {chosen.name!r} has not learnt {name}")
        if not scales(chosen).get(style, {}).get(name) and name in MEASURED:
            raise InvalidBrief(f"{said}: in the style {style!r} it hardly varies; leave it out")
        if name == "polyphony" and single:
            raise InvalidBrief(f"{said}: every part plays one note at a time; leave it out, or give other parts")


def tokens(brief: Brief, chosen: Card, style: str) -> tuple[int, ...]:
    """Control tokens that ask for what is wished."""
    between = scales(chosen).get(style, {})
    return tuple(
        events.control(name, min(int(share * vocabulary.CLASSES), vocabulary.CLASSES - 1))
        for name, share in wishes(brief).items()
        if between.get(name)
    )


def targets(brief: Brief, chosen: Card, style: str) -> dict[str, float]:
    """Values, as they are measured, that composing is steered towards."""
    between = scales(chosen).get(style, {})
    return {name: value_at(share, between[name]) for name, share in wishes(brief).items() if between.get(name)}


def tempo(brief: Brief, chosen: Card, style: str, usual: float) -> float:
    """Quarter notes a minute where none are given: the usual ones, or those at which a mood needs no other density."""
    between = scales(chosen).get(style, {})
    wished = targets(brief, chosen, style)
    if "arousal" not in wished or not between.get("density"):
        return usual
    density = wished.get("density", between["density"][vocabulary.CLASSES // 2 - 1])
    return round(float(np.clip(2 ** wished["arousal"] * 60 / density, CALM * usual, LIVELY * usual)), 1)


def mode(brief: Brief) -> str:
    """Mode that the mood asks for where no key is given: ``"major"``, ``"minor"``, or ``""`` for either."""
    valence = mood(brief.mood)[0] if brief.mood is not None else 0.0
    return "major" if valence >= 0.1 else "minor" if valence <= -0.1 else ""


def measure(score: Score, is_open: Any, style: str, chosen: Card) -> dict[str, dict[str, float]]:
    """Of each control: its value in what was composed, and the share (0 to 1) of the style's music that has less."""
    found = {}
    for name, value in events.measure(events.prepare(score, style), is_open).items():
        between = scales(chosen).get(style, {}).get(name)
        if between:
            found[name] = {"value": round(value, 4), "share": round(share(value, between), 3)}
    return found


def share(value: float, between: list[float]) -> float:
    """Where a value stands among the seven borders of a control, 0 to 1, in straight lines between them.

    Examples
    --------
    >>> share(4.5, [1, 2, 3, 4, 5, 6, 7]), share(0, [1, 2, 3, 4, 5, 6, 7])
    (0.5625, 0.0)
    """
    step = np.diff(between)
    ends = [between[0] - step[0], *between, between[-1] + step[-1]]
    return float(np.interp(value, ends, np.arange(len(ends)) / vocabulary.CLASSES))


def value_at(share: float, between: list[float]) -> float:
    """The value that so large a share of a style's music has less of; the inverse of `share`.

    Examples
    --------
    >>> value_at(0.5625, [1, 2, 3, 4, 5, 6, 7])
    4.5
    """
    step = np.diff(between)
    ends = [between[0] - step[0], *between, between[-1] + step[-1]]
    return float(np.interp(share, np.arange(len(ends)) / vocabulary.CLASSES, ends))


def scales(chosen: Card) -> Scales:
    """Borders between the classes of the controls that a model has learnt."""
    found: Scales = chosen.facts.get("scales", {})
    return found
