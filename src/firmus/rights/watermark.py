"""Detecting the watermark of `firmus.runtime.watermark` in notes alone.

What it is: under the key, the numbers of the intervals that a piece has in its contexts are uniform where it has no
watermark, whatever its music; where it has, they are too near 1. Each context counts once.

Paper: S. Aaronson, *Watermarking GPT outputs* (2022): the sum of -ln(1 - r) over n tokens has a gamma distribution of
shape n where there is no watermark.

Conventions: the p-value is the probability that a piece without the watermark scores as high, times the keys tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmus.rights import keys
from firmus.runtime.watermark import contexts, uniforms
from firmus.score import Score

FEWEST = 100  # contexts below which a piece that scores low may have one all the same
SURE, LIKELY = 1e-6, 1e-3  # p-values of the verdicts


@dataclass(frozen=True, slots=True)
class Detection:
    """What the notes say.

    Parameters
    ----------
    verdict : str
        ``"found"``, ``"likely"``, ``"not found"``, or ``"not detectable"`` where it has too few notes to say so.
    p : float
        Probability that a piece without a watermark scores as high.
    notes : int
        Notes that count: those whose context is new.
    key : str
        ``"public"`` or ``"private"``, which scored higher.
    """

    verdict: str
    p: float
    notes: int
    key: str


def score_of(score: Score, key: bytes) -> tuple[float, int]:
    """Sum of -ln(1 - r) over the contexts of a piece, and their number.

    Examples
    --------
    >>> score_of(Score(), b"a key")[1]
    0
    """
    found = dict(reversed(list(contexts(score))))  # of a context that comes again the first note counts
    numbers = np.array([uniforms(key, context)[interval + 127] for context, interval in found.items()])
    return float(-np.log1p(-numbers).sum()), len(numbers)


def p_value(total: float, notes: int) -> float:
    """Probability of a sum as high without a watermark.

    Examples
    --------
    >>> round(p_value(100.0, 100), 2), p_value(200.0, 100) < 1e-12
    (0.49, True)
    """
    from scipy.special import gammaincc

    return float(gammaincc(notes, total)) if notes else 1.0


def detect(score: Score) -> Detection:
    """Look for the watermark with the public keys, and with those of this installation where it has any."""
    kinds = ["public", *(["private"] if keys.exists() else [])]
    sums = [(score_of(score, key), kind) for kind in kinds for key in keys.watermark_keys(kind)]
    (total, notes), kind = max(sums)
    p = min(1.0, len(sums) * p_value(total, notes))
    nothing = "not found" if notes >= FEWEST else "not detectable"
    return Detection("found" if p < SURE else "likely" if p < LIKELY else nothing, p, notes, kind)
