"""Grooves: where in the bar notes begin, how the beat is divided, how even it is.

Sources: swing ratio, F. Friberg & A. Sundström, Swing ratios and ensemble timing in jazz performance (2002);
consistency, S.-L. Wu & Y.-H. Yang, The Jazz Transformer on the Front Line (ISMIR 2020), grooving pattern similarity;
syncopation, `firmus.analysis.features.syncopation`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from firmus.analysis.features import syncopation
from firmus.score import Score
from firmus.timing import bars, beat

STEPS = 4  # of a beat
FEWEST = 8  # onsets between beats, needed to estimate swing


@dataclass(frozen=True, slots=True)
class Groove:
    """Rhythm of a piece.

    Parameters
    ----------
    swing : float or None
        Where the second half of a beat begins, as a ratio: 1 even, 2 as triplets; None where too little falls there.
    syncopation : float
        Mean over the notes, 0 on the beat.
    consistency : float
        Mean likeness of neighbouring bars' patterns, 0 to 1.
    pattern : str
        The commonest pattern of a bar in sixteenths (of a beat's quarters): ``x`` where notes begin.
    share : float
        Of the bars that have it.
    """

    swing: float | None
    syncopation: float
    consistency: float
    pattern: str
    share: float


def groove(score: Score) -> Groove | None:
    """Groove of a Score; None where nothing begins.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> straight = tuple(Note(240 * i, 240, 60) for i in range(16))
    >>> result = groove(Score((Part("", straight),)))
    >>> (result.swing, result.pattern) if result else None
    (1.0, 'x-x-x-x-x-x-x-x-')
    """
    onsets = np.unique([note.start for part in score.parts for note in part.notes])
    if not len(onsets):
        return None
    patterns, within = [], []
    for bar in bars(score):
        unit = beat(bar.meter)
        inside = onsets[(onsets >= bar.start) & (onsets < bar.end)] - bar.start + bar.place
        within.append(inside % unit / unit)
        if bar.number > 0:
            row = np.zeros(max(1, bar.meter.bar * STEPS // unit), bool)
            row[np.minimum((inside * STEPS + unit // 2) // unit, len(row) - 1)] = True
            patterns.append(row)
    same = [1 - float(np.mean(one ^ other)) for one, other in pairwise(patterns) if len(one) == len(other)]
    counts = Counter("".join("x" if each else "-" for each in row) for row in patterns)
    pattern, count = counts.most_common(1)[0] if counts else ("", 0)
    return Groove(
        _swing(np.concatenate(within)),
        round(syncopation(score), 3),
        round(float(np.mean(same)) if same else 1.0, 3),
        pattern,
        round(count / max(len(patterns), 1), 3),
    )


def _swing(places: np.ndarray) -> float | None:
    """Ratio of the first to the second part of a beat, by where onsets between 0.42 and 0.78 of it fall."""
    off = places[(places > 0.42) & (places < 0.78)]
    if len(off) < FEWEST:
        return None
    middle = float(np.median(off))
    return round(middle / (1 - middle), 2)
