"""A melody as counts of its short turns: what a network reads that says how alike two melodies are.

What it is
    Every run of two to four intervals, of two or three intervals with the rhythm between them, and of three or four
    steps of rhythm alone, is hashed into one of 4096 places and counted there. What is counted does not depend on key,
    tempo, meter or bar lines; a wrong note or an ornament changes the few turns that it is in.
Paper
    Downie, *Evaluating a simple approach to music information retrieval* (1999), for n-grams of intervals; Weinberger
    et al., *Feature hashing for large scale multitask learning* (2009), section 2.
Conventions
    Intervals above an octave count as an octave. A step of rhythm is how many times longer a note is than the one
    before, in octaves, -3 to 3; lengths are those of `firmus.analysis.lines`.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import OCTAVE, Query

PLACES = 4096
FEWEST_NOTES = 8  # of a melody that can be like another
WIDEST, STEEPEST = 12, 3
KINDS = (
    ("interval", 2), ("interval", 3), ("interval", 4), ("both", 2), ("both", 3), ("rhythm", 3), ("rhythm", 4),
)  # fmt: skip
_MIXED = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9))


def counts(melody: Query) -> NDArray[np.float32]:
    """How often (4096,) turns of each place occur in a melody; without rhythm, those of intervals alone.

    Examples
    --------
    >>> from firmus.analysis.lines import Query
    >>> tune = Query(np.array([60, 62, 64, 65, 67]), np.array([0, 0, 0, 0, 8]))
    >>> higher_and_faster = Query(tune.pitches + 5, tune.lengths - 8)
    >>> counts(tune).sum(), bool((counts(tune) == counts(higher_and_faster)).all())
    (np.float32(14.0), True)
    """
    intervals = (np.clip(np.diff(melody.pitches), -WIDEST, WIDEST) + WIDEST).astype(np.uint64)
    told = {"interval": intervals}
    if melody.lengths is not None:
        steps = np.round(np.diff(melody.lengths) / OCTAVE)
        told["rhythm"] = (np.clip(steps, -STEEPEST, STEEPEST) + STEEPEST).astype(np.uint64)
        told["both"] = intervals * np.uint64(2 * STEEPEST + 1) + told["rhythm"]
    found = np.zeros(PLACES, np.int64)
    for kind, size in KINDS:
        values = told.get(kind)
        if values is None or len(values) < size:
            continue
        runs = np.full(len(values) - size + 1, crc32(f"{kind} {size}".encode()), np.uint64)
        for step in range(size):
            runs = (runs ^ (runs >> np.uint64(29))) * _MIXED[0] + values[step : step + len(runs)]
        runs = (runs ^ (runs >> np.uint64(29))) * _MIXED[1]
        found += np.bincount((runs >> np.uint64(52)).astype(np.int64), minlength=PLACES)
    return found.astype(np.float32)
