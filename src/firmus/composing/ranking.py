"""Ranking candidates: how good a result is by what can be measured, so that the best of several comes first.

The score is the mean of four shares, each from 0 to 1, more being better; it is told with every Work:

========== =================================================================================================
likelihood exp(-s), s the model's mean surprise in nats a token: its mean probability (a geometric mean)
rules      1 less ten times the mean share of faults in voice leading (`firmus.analysis.voice_leading`), 0 at least
variety    1 less how far the share of bars that are new, part by part, is from what is usual in the style
obedience  1 less the mean distance of wish and result, for density, register, polyphony and mood
========== =================================================================================================

It ranks; it does not judge. A dull piece can have a high likelihood, and a good one break rules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from firmus.analysis.voice_leading import faults
from firmus.score import Part, Score
from firmus.timing import bar_at, bars

NEW_BARS = {"folk": 0.56, "band": 0.48, "hymn": 0.77}  # share of bars that are new, in 16 held-out bars of each style
USUALLY_NEW = 0.9  # in the other styles


def rank(
    score: Score, style: str, surprise: float, wished: Mapping[str, float], found: Mapping[str, float]
) -> dict[str, float]:
    """The score and what it is made of.

    Parameters
    ----------
    score : Score
    style : str
    surprise : float
        Mean nats a token.
    wished, found : mapping of str to float
        Of each control, what was asked for and what came of it, 0 to 1.

    Returns
    -------
    dict of str to float
        ``total``, ``likelihood``, ``rules``, ``variety`` and, where something was wished, ``obedience``.
    """
    wrong = faults(score)
    parts = {
        "likelihood": math.exp(-surprise),
        "rules": max(0.0, 1 - 10 * float(np.mean(list(wrong.values())))) if wrong else 1.0,
        "variety": variety(score, NEW_BARS.get(style, USUALLY_NEW)),
    }
    if wished:
        parts["obedience"] = obedience(wished, found)
    total = sum(parts.values()) / len(parts)
    return {name: round(value, 4) for name, value in {"total": total, **parts}.items()}


def obedience(wished: Mapping[str, float], found: Mapping[str, float]) -> float:
    """1 less the mean distance of wish and result; a control that could not be measured counts half.

    Examples
    --------
    >>> obedience({"density": 0.5, "register": 0.25}, {"density": 0.75})
    0.625
    """
    return 1 - float(np.mean([abs(wish - found[name]) if name in found else 0.5 for name, wish in wished.items()]))


def variety(score: Score, usual: float) -> float:
    """How near the share of new bars is to the usual one, 0 to 1."""
    new = [share for part in score.parts if (share := _new_bars(part, score)) is not None]
    return 1 - abs(float(np.mean(new)) - usual) if new else 0.0


def _new_bars(part: Part, score: Score) -> float | None:
    """Share of a part's bars, of those with notes, that are not exactly an earlier one."""
    all_bars = bars(score)
    content: dict[int, list[tuple[int, int, int]]] = {}
    for note in part.notes:
        bar = bar_at(all_bars, note.start)
        content.setdefault(bar, []).append((note.start - all_bars[bar].start, note.duration, note.pitch))
    return len({tuple(notes) for notes in content.values()}) / len(content) if content else None
