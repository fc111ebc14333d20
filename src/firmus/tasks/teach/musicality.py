"""How natural an exercise in four voices is beside real chorales: its likelihood under the composer, as a percentile.

The nats a note of the first 4, 8 or 16 bars, in soprano, alto, tenor and bass, under the shipped composer as a chorale
are compared with those of chorales that it was not trained on, which ``assets/tables/chorales.json`` holds
(``benchmarks/teaching.py --learn``). What is likely is not therefore good: it says whether music moves as chorales do.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from firmus.analysis.excerpt import excerpt, tied
from firmus.analysis.keys import estimate
from firmus.composing.commission import DEFAULT_MODEL
from firmus.evaluation.likelihood import nats_a_note
from firmus.runtime import stepper
from firmus.score import Score
from firmus.timing import bars

SIZES = (16, 8, 4)  # bars that are compared
STYLE = "chorale"


def musicality(score: Score) -> dict[str, Any] | None:
    """Share of real chorales whose beginnings are less likely, and how many bars were compared; None below 4 bars.

    Parameters
    ----------
    score : Score
        Four parts, a voice each.
    """
    size = next((size for size in SIZES if size <= len(bars(score))), 0)
    if not size:
        return None
    known = _table()[str(size)]
    less_likely = len(known) - bisect_left(known, nats(score, size))
    return {"percentile": round(100 * less_likely / len(known)), "bars": size, "chorales": len(known)}


def nats(score: Score, size: int) -> float:
    """Nats a note of the first `size` bars; repeated notes are tied, as in what the model learnt from."""
    first = tied(excerpt(replace(score, chords=(), sections=()), 0, size))
    found = estimate(first)
    keys = score.keys[:1] or ((found.key,) if found else ())
    asked = replace(first, keys=tuple(replace(key, start=0) for key in keys))
    ((total, notes),) = nats_a_note(stepper.load(DEFAULT_MODEL), [asked], STYLE)
    return total / max(notes, 1)


@cache
def _table() -> dict[str, list[float]]:
    text = (resources.files("firmus") / "assets" / "tables" / "chorales.json").read_text(encoding="utf-8")
    return {name: values for name, values in json.loads(text).items() if name.isdecimal()}
