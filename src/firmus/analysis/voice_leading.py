"""How parts move against each other: parallels, crossings, wide leaps.

Each is a share of the places where it could have happened, so that short and long pieces compare. Only
monophonic parts are compared, at every onset of one of them. The rules are those of
four-part writing (A. Schoenberg, Theory of Harmony, 1911, chapter IV); other music does not follow them.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.features import is_monophonic
from firmus.score import Part, Score

WIDE = 12  # semitones; a leap beyond it is wide
PERFECT = (0, 7)  # interval classes that should not follow each other in parallel


def faults(score: Score) -> dict[str, float]:
    """Shares, 0 to 1, of parallel fifths and octaves, of crossed voices and of wide leaps.

    Parameters
    ----------
    score : Score

    Returns
    -------
    dict of str to float
        ``parallels``: of the moves of two parts in the same direction, those from one perfect fifth or octave to
        another; ``crossings``: of the moments in which two neighbouring parts sound, those in which the one that is
        higher on the mean is the lower; ``leaps``: of the steps from note to note, those wider than an octave. What
        cannot occur (parallels in one part) is left out.

    Examples
    --------
    >>> from firmus.score import Note
    >>> upper = Part("A", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((67, 69, 71))))
    >>> lower = Part("B", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((60, 62, 67))))
    >>> faults(Score((upper, lower)))
    {'leaps': 0.0, 'parallels': 0.5, 'crossings': 0.0}
    """
    parts = [part for part in score.parts if part.notes and not part.is_drums and is_monophonic(part)]
    steps = [abs(two.pitch - one.pitch) for part in parts for one, two in pairwise(part.notes)]
    rates = {"leaps": float(np.mean([step > WIDE for step in steps]))} if steps else {}
    if len(parts) < 2:
        return rates
    sounding = _sounding(parts)
    parallel: list[bool] = []
    for one, two in combinations(range(len(parts)), 2):
        parallel += _parallels(sounding[one], sounding[two])
    if parallel:
        rates["parallels"] = float(np.mean(parallel))
    order = np.argsort([-np.mean([note.pitch for note in part.notes]) for part in parts])
    crossed: list[bool] = []
    for upper, lower in pairwise(order):
        both = (sounding[upper] >= 0) & (sounding[lower] >= 0)
        crossed += (sounding[upper] < sounding[lower])[both].tolist()
    if crossed:
        rates["crossings"] = float(np.mean(crossed))
    return rates


def parallel_motion(score: Score) -> tuple[dict[int, int], int]:
    """How often two parts move in parallel octaves (0) and fifths (7), and how often in the same direction at all.

    A part that doubles another, in more than half of such moves, is no part of its own and is left out.

    Examples
    --------
    >>> from firmus.score import Note
    >>> upper = Part("A", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((67, 69, 71))))
    >>> lower = Part("B", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((60, 62, 67))))
    >>> parallel_motion(Score((upper, lower)))
    ({0: 0, 7: 1}, 2)
    """
    parts = [part for part in score.parts if part.notes and not part.is_drums and is_monophonic(part)]
    counts, moves = dict.fromkeys(PERFECT, 0), 0
    sounding = _sounding(parts)
    for one, two in combinations(sounding, 2):
        both = (one[1:] >= 0) & (one[:-1] >= 0) & (two[1:] >= 0) & (two[:-1] >= 0)
        similar = both & (np.diff(one) * np.diff(two) > 0)
        interval = np.abs(one - two) % 12
        parallel = {each: int((similar & (interval[1:] == each) & (interval[:-1] == each)).sum()) for each in PERFECT}
        if 2 * parallel[0] <= similar.sum():
            moves += int(similar.sum())
            counts = {each: counts[each] + parallel[each] for each in PERFECT}
    return counts, moves


def _sounding(parts: list[Part]) -> NDArray[np.int64]:
    """Pitch of each part (P, M) at each moment at which a note begins; -1 for silence."""
    moments = np.array(sorted({note.start for part in parts for note in part.notes}))
    pitches = np.full((len(parts), len(moments)), -1)
    for row, part in enumerate(parts):
        for note in part.notes:
            pitches[row, np.searchsorted(moments, note.start) : np.searchsorted(moments, note.end)] = note.pitch
    return pitches


def _parallels(one: NDArray[np.int64], two: NDArray[np.int64]) -> list[bool]:
    """Of the moves of both parts in the same direction, which lead from a perfect interval to the same one."""
    both = (one >= 0) & (two >= 0)
    one, two = one[both], two[both]
    moved, other = np.diff(one), np.diff(two)
    together = (moved * other) > 0
    interval = np.abs(one - two) % 12
    perfect = np.isin(interval[1:], PERFECT) & (interval[1:] == interval[:-1])
    return list((perfect & together)[together].tolist())
