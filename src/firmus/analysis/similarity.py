"""A melody as a point: melodies that move alike, in steps and in rhythm, lie near each other.

What it is
    Shares of what a melody is made of: each interval, two kinds of interval in a row, three intervals in a row (put
    into 101 places by hashing) and two changes of length in a row. Of each kind the roots are taken, so that a
    product of two is the overlap of two distributions; what melodies have on the mean is taken off, so that nearness
    is told by what is unlike others; and the whole is made as long as 1. Nothing depends on key, tempo, meter or bar
    lines. The mean is that of the music that ``assets/tables/likeness.json`` names (``benchmarks/search.py --learn``).
Paper
    A. Bhattacharyya, *On a measure of divergence between two multinomial populations* (1946), for the overlap; Downie,
    *Evaluating a simple approach to music information retrieval* (1999), for runs of intervals.
Conventions
    Intervals above an octave count as an octave. A change of length is how many times longer a note is than the one
    before, in octaves, -3 to 3; lengths are those of `firmus.analysis.lines`. A melody whose rhythm is not known lies
    where that of all melodies lies on the mean.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import OCTAVE, Query

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
FEWEST = 8  # notes of a melody that can be like another
WIDEST, STEEPEST = 12, 3
KINDS = (-8, -4, -2, 0, 1, 3, 5, 9)  # semitones at which another kind of interval begins
PLACES = 101
SIZES = (2 * WIDEST + 1, (len(KINDS) + 1) ** 2, PLACES, (2 * STEEPEST + 1) ** 2)
WIDTH = sum(SIZES)  # 256
_MIX = 0x9E3779B1


def point(melody: Query) -> Floats:
    """Where (256,) a melody lies, at a distance of 1 from the middle; in the middle where it has too few notes.

    Examples
    --------
    >>> tune = Query(np.array([60, 62, 64, 65, 67, 64, 60, 67]), np.array([0, 0, 0, 0, 8, 0, 0, 8]))
    >>> higher_and_faster = Query(tune.pitches + 5, tune.lengths - 8)
    >>> upside_down = Query(120 - tune.pitches, tune.lengths)
    >>> [round(float(point(tune) @ point(each)), 2) for each in (higher_and_faster, upside_down)]
    [1.0, 0.02]
    """
    if len(melody) < FEWEST:
        return np.zeros(WIDTH, np.float32)
    off = roots(melody) - _mean()
    if melody.lengths is None:
        off[-SIZES[-1] :] = 0
    return off / max(float(np.sqrt(off @ off)), 1e-6)


def roots(melody: Query) -> Floats:
    """Roots (256,) of the shares of what a melody of at least four notes is made of; of its rhythm 0 where unknown."""
    steps = np.clip(np.diff(melody.pitches), -WIDEST, WIDEST)
    kinds = np.searchsorted(KINDS, steps, side="right")
    three = ((steps[:-2] * 25 + steps[1:-1]) * 25 + steps[2:]).astype(np.uint32) * np.uint32(_MIX)
    told = [steps + WIDEST, kinds[:-1] * (len(KINDS) + 1) + kinds[1:], three >> np.uint32(8)]
    if melody.lengths is not None:
        longer = np.clip(np.round(np.diff(melody.lengths) / OCTAVE), -STEEPEST, STEEPEST).astype(np.int64) + STEEPEST
        told.append(longer[:-1] * (2 * STEEPEST + 1) + longer[1:])
    found = np.zeros(WIDTH, np.float32)
    begins = np.cumsum((0, *SIZES))
    for each, begin, size in zip(told, begins.tolist(), SIZES, strict=False):
        found[begin : begin + size] = np.sqrt(np.bincount(each % size, minlength=size) / len(each))
    return found


@cache
def _mean() -> Floats:
    """Mean (256,) of the roots of many melodies."""
    text = (resources.files("firmus") / "assets" / "tables" / "likeness.json").read_text(encoding="utf-8")
    return np.array(json.loads(text)["mean"], np.float32)
