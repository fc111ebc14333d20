"""Which meter a Score is in, from where its notes begin, how long they last and how high they are.

Source: the accents of a melody's notes against the weights of a meter's places (D. Temperley, *The Cognition of Basic
Musical Structures* (2001), chapter 2: event, length and regularity; C. Longuet-Higgins & C. Lee 1984 for the weights).
Each meter, and each place where its first bar may begin, is a pattern of weights over a bar; the one that correlates
best with the accents wins. The quarter note is taken as written, so 2/4 and 4/4 are told apart by longer patterns
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from firmus.score import TICKS_PER_QUARTER, Meter, Score

STEP = TICKS_PER_QUARTER // 4
FEWEST_NOTES = 12
SHARPNESS = 25.0
WEIGHTS: dict[str, tuple[float, ...]] = {  # of each sixteenth of a bar
    "2/4": (4, 0, 1, 0, 2, 0, 1, 0),
    "3/4": (4, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0),
    "4/4": (5, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0),
    "6/8": (4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
    "9/8": (4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
    "12/8": (5, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0, 4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
    "3/8": (4, 0, 1, 0, 1, 0),
}
PRIOR = {"4/4": 0.03, "3/4": 0.0, "2/4": 0.0, "6/8": 0.0, "9/8": -0.05, "12/8": -0.04, "3/8": -0.03}


@dataclass(frozen=True, slots=True)
class MeterEstimate:
    """A meter that was estimated, ticks of an incomplete first bar, and how sure that is, 0 to 1."""

    meter: Meter
    pickup: int
    confidence: float


def estimate(score: Score) -> MeterEstimate | None:
    """Estimate the meter of a Score; its own `meters` are not looked at.

    Returns
    -------
    MeterEstimate or None
        None where there are fewer than twelve notes.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> waltz = [(0, 36), (480, 64), (960, 64)]
    >>> notes = [Note(1440 * bar + at, 960 if at == 0 else 240, pitch) for bar in range(8) for at, pitch in waltz]
    >>> found = estimate(Score((Part("", tuple(notes)),)))
    >>> found.meter.text if found else None
    '3/4'
    """
    accents = _accents(score)
    if accents is None:
        return None
    names = [(name, shift) for name, shape in WEIGHTS.items() for shift in range(0, len(shape), 2)]
    told = _correlations(np.concatenate([_patterns(name, len(accents)) for name in WEIGHTS]), accents).tolist()
    marks = {
        (name, shift): mark + PRIOR[name] + 0.02 * (shift == 0) for (name, shift), mark in zip(names, told, strict=True)
    }
    best = max(marks, key=lambda each: marks[each])
    of_meter = {name: max(mark for (each, _), mark in marks.items() if each == name) for name in WEIGHTS}
    confidence = 1.0 / sum(exp(SHARPNESS * (mark - marks[best])) for mark in of_meter.values())
    return MeterEstimate(Meter.parse(best[0]), best[1] * STEP, confidence)


def _patterns(name: str, length: int) -> NDArray[np.float64]:
    """Weights (P, S) of a meter, whose first bar begins no, two, four ... sixteenths late."""
    shape = np.array(WEIGHTS[name])
    late = np.arange(0, len(shape), 2)
    rows: NDArray[np.float64] = (shape - shape.mean())[(np.arange(length) - late[:, None]) % len(shape)]
    return rows


def _correlations(patterns: NDArray[np.float64], accents: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's correlation of each pattern (P, S) with the accents (S,)."""
    rows, told = patterns - patterns.mean(axis=1, keepdims=True), accents - accents.mean()
    scale = np.sqrt((rows * rows).sum(axis=1) * (told * told).sum())
    found: NDArray[np.float64] = np.divide(rows @ told, scale, out=np.zeros(len(rows)), where=scale > 0)
    return found


def _accents(score: Score) -> NDArray[np.float64] | None:
    """Accent (S,) of every sixteenth: notes that begin, the longer and the lower the more; None where too few."""
    notes = [(note.start, note.duration, note.pitch, part.is_drums) for part in score.parts for note in part.notes]
    if len(notes) < FEWEST_NOTES:
        return None
    start, duration, pitch, is_drum = np.array(notes, np.int64).T
    place = (start + STEP // 2) // STEP
    accents = np.zeros(int(place.max()) + 1)
    length = np.sqrt(np.minimum(duration, 4 * TICKS_PER_QUARTER) / TICKS_PER_QUARTER)
    low = np.where(is_drum > 0, np.isin(pitch, (35, 36)) * 1.0, np.clip((60 - pitch) / 24, 0, 1))
    np.add.at(accents, place, np.where(is_drum > 0, 0.3, length) + low)
    return np.log1p(accents)
