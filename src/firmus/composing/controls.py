"""Controls over the music as a whole (density, register, polyphony, mood): what is requested, and what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from firmus.brief_fields import mood as valence_arousal
from firmus.errors import InvalidBrief, unknown
from firmus.runtime.weights import Card
from firmus.score import Score
from firmus.tokens import Scales, events
from firmus.tokens.events import vocabulary
from firmus.work import Brief

SHARES = ("density", "register", "polyphony", "syncopation")  # fields of a Brief that are controls as they stand
CALM, LIVELY = 0.7, 1.4  # shares of the usual tempo that a mood changes it to at most


def requested(brief: Brief) -> dict[str, float]:
    """What is asked of each control, 0 to 1.

    Examples
    --------
    >>> requested(Brief(density=0.8, mood="1,-0.5"))
    {'density': 0.8, 'valence': 1.0, 'arousal': 0.25}
    """
    shares = {name: float(getattr(brief, name)) for name in SHARES if getattr(brief, name) is not None}
    if brief.mood is not None:
        for name, value in zip(("valence", "arousal"), valence_arousal(brief.mood), strict=True):
            shares[name] = (value + 1) / 2
    return shares


def check(shares: Mapping[str, float], card: Card, style: str, single: bool, mood: str | None) -> None:
    """Refuse a control that the model has not learnt, or that means nothing in a style or in parts of single notes.

    Parameters
    ----------
    shares : mapping of str to float
        What is asked of each control.
    card : Card
    style : str
        As the model knows it.
    single : bool
        Whether every part plays one note at a time.
    mood : str or None
        As it was asked for.

    Raises
    ------
    InvalidBrief
    """
    for name, share in shares.items():
        is_mood = name in ("valence", "arousal")
        text = f"mood {mood!r}" if is_mood else f"{name} {share:g}"
        if name not in card.controls:
            raise InvalidBrief(f"{text}: model {card.name!r} has not learnt {name}")
        if not scales(card).get(style, {}).get(name) and not is_mood:
            raise InvalidBrief(f"{text}: in the style {style!r} it hardly varies; leave it out")
        if name == "polyphony" and single:
            raise InvalidBrief(f"{text}: every part plays one note at a time; leave it out, or give other parts")


def check_genre(genre: str, card: Card) -> None:
    """Refuse a genre that the model has not learnt.

    Raises
    ------
    InvalidBrief
    """
    known = card.facts.get("genres", ())
    if not known:
        raise InvalidBrief(f"genre {genre!r}: model {card.name!r} has not learnt genres; leave it out")
    if genre not in known:
        raise InvalidBrief(unknown("genre", genre, known))


def tokens(shares: Mapping[str, float], card: Card, style: str, genre: str = "") -> tuple[int, ...]:
    """Control tokens that ask for some shares, after that of the genre, if any.

    Examples
    --------
    >>> from firmus.runtime.weights import card as named
    >>> [vocabulary.name(token) for token in tokens({}, named("composer"), "piano", "mazurka")]
    ['GENRE mazurka']
    """
    borders = scales(card).get(style, {})
    of_genre = (vocabulary.GENRE + vocabulary.GENRES.index(genre),) if genre else ()
    return of_genre + tuple(
        events.control(name, min(int(share * vocabulary.CLASSES), vocabulary.CLASSES - 1))
        for name, share in shares.items()
        if borders.get(name)
    )


def targets(shares: Mapping[str, float], card: Card, style: str) -> dict[str, float]:
    """Values, as they are measured, that sampling is steered towards."""
    borders = scales(card).get(style, {})
    return {name: value_at(share, borders[name]) for name, share in shares.items() if borders.get(name)}


def tempo(shares: Mapping[str, float], card: Card, style: str, usual: float) -> float:
    """Quarter notes a minute where none are given: the usual ones, or those at which a mood needs no other density."""
    borders = scales(card).get(style, {})
    values = targets(shares, card, style)
    if "arousal" not in values or not borders.get("density"):
        return usual
    density = values.get("density", borders["density"][vocabulary.CLASSES // 2 - 1])
    return round(float(np.clip(2 ** values["arousal"] * 60 / density, CALM * usual, LIVELY * usual)), 1)


def mode(shares: Mapping[str, float]) -> str:
    """Mode that a mood asks for: ``"major"``, ``"minor"``, or ``""`` for either (valence within 0.1 of neutral)."""
    valence = shares.get("valence", 0.5)
    return "major" if valence >= 0.55 else "minor" if valence <= 0.45 else ""


def measure(score: Score, is_open: Any, style: str, card: Card) -> dict[str, dict[str, float]]:
    """Of each control: its value in what was composed, and the share (0 to 1) of the style's music that has less."""
    measured = {}
    for name, value in events.measure(events.prepare(score, style), is_open).items():
        borders = scales(card).get(style, {}).get(name)
        if borders:
            measured[name] = {"value": round(value, 4), "share": round(share(value, borders), 3)}
    return measured


def share(value: float, borders: list[float]) -> float:
    """Where a value stands among the seven borders of a control, 0 to 1, in straight lines between them.

    Examples
    --------
    >>> share(4.5, [1, 2, 3, 4, 5, 6, 7]), share(0, [1, 2, 3, 4, 5, 6, 7])
    (0.5625, 0.0)
    """
    step = np.diff(borders)
    ends = [borders[0] - step[0], *borders, borders[-1] + step[-1]]
    return float(np.interp(value, ends, np.arange(len(ends)) / vocabulary.CLASSES))


def value_at(share: float, borders: list[float]) -> float:
    """The value that so large a share of a style's music has less of; the inverse of `share`.

    Examples
    --------
    >>> value_at(0.5625, [1, 2, 3, 4, 5, 6, 7])
    4.5
    """
    step = np.diff(borders)
    ends = [borders[0] - step[0], *borders, borders[-1] + step[-1]]
    return float(np.interp(share, np.arange(len(ends)) / vocabulary.CLASSES, ends))


def scales(card: Card) -> Scales:
    """Borders between the classes of the controls that a model has learnt."""
    return card.facts.get("scales", {})
