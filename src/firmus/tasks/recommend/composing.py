"""Composing for a taste: controls that follow it, several candidates, and of those the ones that will be liked best.

Weights are drawn from the posterior (Thompson sampling): what is known of the taste decides, what is not known is tried
out. A weight in standard deviations becomes a control: density, register, polyphony, tempo, mode, meter. Each control
is obeyed as any other, and only those are set that the style knows.
"""

from __future__ import annotations

from math import tanh
from typing import Any

import numpy as np

from firmus import tasks
from firmus.analysis.character import WORDS, character
from firmus.composing.commission import DEFAULT_MODEL
from firmus.composing.controls import scales
from firmus.composing.styles import model_style, styles
from firmus.errors import InvalidBrief, unknown
from firmus.progress import Progress
from firmus.retrieval import bandit
from firmus.retrieval.taste import Taste
from firmus.runtime.weights import card
from firmus.work import Brief, Work

STYLE = "folk"
TRIES = 3  # candidates for each piece
MOST = 20  # pieces
REACH = 0.4  # how far from the middle a share goes
FASTER = 0.5  # octaves that a tempo goes at most
CLEARLY = 0.5  # standard deviations from which on mode and meter are said
SHARES = {"density": "melody notes", "register": "register", "polyphony": "polyphony"}
"""Controls that are shares, and the numbers that they move."""


def compose(
    taste: Taste, count: int = 1, *, style: str = STYLE, bars: int | None = None, seed: int | None = None,
    effort: str | None = None, tries: int = TRIES, progress: Progress | None = None,
) -> list[Work]:  # fmt: skip
    """Compose pieces for a taste, the one that will be liked best first.

    Raises
    ------
    InvalidBrief, ModelError
    """
    check(style, count, bars)
    posterior, generator, works = taste.posterior(), np.random.default_rng(seed), list[Work]()
    for number in range(count * tries):
        if progress:
            progress("compose", number, count * tries)
        wanted = controls(posterior.draw(generator), style, generator)
        brief = Brief(style=style, bars=bars, effort=effort, seed=int(generator.integers(1, 2**31)), **wanted)
        works += tasks.run_verb("compose", brief)
    values = np.array([character(work.score) for work in works])
    return [works[each] for each in bandit.diverse(posterior.expected(values), values, count)]


def check(style: str, count: int = 1, bars: int | str | None = None) -> None:
    """Refuse what nothing can be composed of.

    Raises
    ------
    InvalidBrief
    """
    if type(count) is not int or not 1 <= count <= MOST:
        raise InvalidBrief(f"count {count!r} must be a whole number from 1 to {MOST}")
    if style not in styles():
        raise InvalidBrief(unknown("style", style, styles()))
    Brief.of(style=style, bars=bars)


def controls(
    weights: np.ndarray[Any, np.dtype[np.floating[Any]]], style: str, generator: np.random.Generator
) -> dict[str, Any]:
    """Fields of a Brief that follow weights (C,) of the numbers, in standard deviations.

    Examples
    --------
    >>> given = controls(np.full(len(WORDS), 2.0), "folk", np.random.default_rng(1))
    >>> given["meter"], given["key"].endswith("major"), given["density"] > 0.8
    ('6/8', True, True)
    """
    weight = dict(zip(WORDS, weights.tolist(), strict=True))
    known, described = scales(card(DEFAULT_MODEL)).get(model_style(style), {}), styles()[style]
    single = all(voice.monophonic for voice in described.voices)
    found: dict[str, Any] = {
        name: round(0.5 + REACH * tanh(weight[number]), 3)
        for name, number in SHARES.items()
        if known.get(name) and not (name == "polyphony" and single)
    }
    if abs(weight["major"]) >= CLEARLY:
        tonic = str(generator.choice(("C", "D", "F", "G", "A")))
        found["key"] = f"{tonic} {'major' if weight['major'] > 0 else 'minor'}"
    if weight["compound meter"] >= CLEARLY or weight["triple meter"] >= CLEARLY:
        found["meter"] = "6/8" if weight["compound meter"] >= weight["triple meter"] else "3/4"
    usual = dict(described.tempi).get(found.get("meter", ""), described.tempo)
    return found | {"tempo": round(usual * 2 ** (FASTER * tanh(weight["tempo"])), 1)}
