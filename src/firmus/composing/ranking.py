"""Ranking candidates: how good a result is by what can be measured, so that the best of several comes first.

The score is the mean of shares, each from 0 to 1, more being better; every Origin has it. Where the critic was asked,
it stands for likelihood, rules and variety, which it hears better:

========== =================================================================================================
critic     share of what the composer usually writes in the style that is less like real music
           (`firmus.runtime.critic`)
likelihood exp(-s), s the mean negative log-likelihood in nats a token: the mean probability (a geometric mean)
rules      1 less ten times the mean share of faults in voice leading (`firmus.analysis.voice_leading`), 0 at least
variety    1 less how far the share of bars that are new, part by part, is from what is usual in the style
obedience  1 less the mean distance of request and result, for density, register, polyphony and mood
========== =================================================================================================

It ranks; it does not judge. A dull piece can have a high likelihood, a good one break rules, and the critic knows only
what it was taught.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from firmus.analysis.voice_leading import faults
from firmus.composing.styles import styles
from firmus.score import Part, Score
from firmus.timing import bar_at, bars

NEW_BARS = 0.9  # share of bars that are new where a style does not say


def rank(
    score: Score,
    style: str,
    nats: float,
    requested: Mapping[str, float],
    measured: Mapping[str, float],
    critic: float | None = None,
) -> dict[str, float]:
    """The score and what it is made of.

    Parameters
    ----------
    score : Score
    style : str
    nats : float
        Mean negative log-likelihood a token.
    requested, measured : mapping of str to float
        Of each control, what was asked for and what came of it, 0 to 1.
    critic : float, optional
        The critic's rank, where it was asked.

    Returns
    -------
    dict of str to float
        ``total``, ``likelihood``, ``rules``, ``variety``, where it was asked ``critic``, and, where a control was
        requested, ``obedience``.
    """
    shares = faults(score)
    parts = {
        "likelihood": math.exp(-nats),
        "rules": max(0.0, 1 - 10 * float(np.mean(list(shares.values())))) if shares else 1.0,
        "variety": variety(score, styles()[style].new_bars if style in styles() else NEW_BARS),
    }
    counted = list(parts.values()) if critic is None else [critic]
    if critic is not None:
        parts["critic"] = critic
    if requested:
        parts["obedience"] = obedience(requested, measured)
        counted.append(parts["obedience"])
    total = sum(counted) / len(counted)
    return {name: round(value, 4) for name, value in {"total": total, **parts}.items()}


def obedience(requested: Mapping[str, float], measured: Mapping[str, float]) -> float:
    """1 less the mean distance of request and result; a control that could not be measured counts half.

    Examples
    --------
    >>> obedience({"density": 0.5, "register": 0.25}, {"density": 0.75})
    0.625
    """
    return 1 - float(
        np.mean([abs(share - measured[name]) if name in measured else 0.5 for name, share in requested.items()])
    )


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
