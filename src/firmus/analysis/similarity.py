"""A melody as a feature vector: melodies with similar intervals and rhythm lie near each other.

What it is
    Histograms of interval n-grams: single intervals, pairs of classes of intervals, triples of intervals (hashed into
    101 bins) and pairs of changes of length. Square roots are taken, so that a dot product of two is the
    Bhattacharyya coefficient of two distributions; the mean over melodies is subtracted, so that similarity depends
    on what is unusual; and the vector is normalised to length 1. Nothing depends on key, tempo, meter or bar
    lines. The mean is that of the music that ``assets/tables/likeness.json`` names (``benchmarks/search.py --learn``).
Paper
    A. Bhattacharyya, *On a measure of divergence between two multinomial populations* (1946), for the overlap; Downie,
    *Evaluating a simple approach to music information retrieval* (1999), for runs of intervals.
Conventions
    Intervals above an octave count as an octave. A change of length is how many times longer a note is than the one
    before, in octaves, -3 to 3; lengths are those of `firmus.analysis.lines`. A melody of unknown rhythm gets the mean
    of the rhythm features.
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
FEWEST = 8  # notes of a melody that can be compared
WIDEST, STEEPEST = 12, 3
KINDS = (-8, -4, -2, 0, 1, 3, 5, 9)  # semitones at which another kind of interval begins
PLACES = 101
SIZES = (2 * WIDEST + 1, (len(KINDS) + 1) ** 2, PLACES, (2 * STEEPEST + 1) ** 2)
WIDTH = sum(SIZES)  # 256
_MIX = 0x9E3779B1


def point(melody: Query) -> Floats:
    """Feature vector (256,) of a melody, of length 1; zeros where it has too few notes.

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
    centred = roots(melody) - _mean()
    if melody.lengths is None:
        centred[-SIZES[-1] :] = 0
    return centred / max(float(np.sqrt(centred @ centred)), 1e-6)


def roots(melody: Query) -> Floats:
    """Square roots (256,) of the histograms of a melody of at least four notes; 0 for its rhythm where unknown."""
    steps = np.clip(np.diff(melody.pitches), -WIDEST, WIDEST)
    kinds = np.searchsorted(KINDS, steps, side="right")
    hashed = ((steps[:-2] * 25 + steps[1:-1]) * 25 + steps[2:]).astype(np.uint32) * np.uint32(_MIX)
    indices = [steps + WIDEST, kinds[:-1] * (len(KINDS) + 1) + kinds[1:], hashed >> np.uint32(8)]
    if melody.lengths is not None:
        longer = np.clip(np.round(np.diff(melody.lengths) / OCTAVE), -STEEPEST, STEEPEST).astype(np.int64) + STEEPEST
        indices.append(longer[:-1] * (2 * STEEPEST + 1) + longer[1:])
    features = np.zeros(WIDTH, np.float32)
    begins = np.cumsum((0, *SIZES))
    for values, begin, size in zip(indices, begins.tolist(), SIZES, strict=False):
        features[begin : begin + size] = np.sqrt(np.bincount(values % size, minlength=size) / len(values))
    return features


@cache
def _mean() -> Floats:
    """Mean (256,) of the roots of many melodies."""
    text = (resources.files("firmus") / "assets" / "tables" / "likeness.json").read_text(encoding="utf-8")
    return np.array(json.loads(text)["mean"], np.float32)
