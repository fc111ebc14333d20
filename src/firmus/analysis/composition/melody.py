"""Measures of the melody: range, steps, rests, density, bars that return, phrases, the note it ends on.

Conventions
    The melody is `firmus.analysis.melody.melody_part`, of its chords the highest note. A note is as long as the time to
    the next one, so that short gaps, which many files have, make no difference. Only full bars count as bars.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.melody import melody_part, skyline
from firmus.score import TICKS_PER_QUARTER, Score
from firmus.timing import bars, beat

Line = NDArray[np.int64]
STEP = 2  # semitones, at most
REST = TICKS_PER_QUARTER // 2  # ticks; a shorter silence is articulation
UNIT = 4  # bars
FEWEST = 3  # notes of a bar that has a contour
GRID = TICKS_PER_QUARTER // 12


def melody(score: Score) -> Line:
    """Starts, ends and pitches (N, 3) of the melody; empty where there is none."""
    part = melody_part(score)
    return np.empty((0, 3), np.int64) if part is None else skyline(part)


def melody_range(score: Score) -> float:
    """Semitones from the lowest to the highest note of the melody."""
    pitches = melody(score)[:, 2]
    return float(np.ptp(pitches)) if len(pitches) else float("nan")


def steps(score: Score) -> float:
    """Share of the melody's intervals, repeated notes aside, that are a second.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate([60, 62, 62, 64, 60])))
    >>> round(steps(Score((tune,))), 2)
    0.67
    """
    intervals = np.abs(np.diff(melody(score)[:, 2]))
    return _share(intervals[intervals > 0] <= STEP)


def rests(score: Score) -> float:
    """Share of the time from the melody's first note to its last in which it rests for at least an eighth."""
    line = melody(score)
    if len(line) < 2:
        return float("nan")
    silent = line[1:, 0] - np.maximum.accumulate(line[:-1, 1])
    return float(silent[silent >= REST].sum() / (line[-1, 0] - line[0, 0]))


def notes_per_bar(score: Score) -> float:
    """Notes of the melody in a bar, on the mean."""
    full = [bar for bar in bars(score) if bar.number > 0]
    inside = sum(1 for start in melody(score)[:, 0].tolist() if full and start >= full[0].start)
    return inside / len(full) if inside else float("nan")


def motif_returns(score: Score) -> float:
    """Share of the melody's bars that have rhythm and contour (up, down, same) of an earlier one, at any pitch.

    Bars of fewer than three notes have no contour and are left out.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> line = [60, 64, 62, 60, 65, 69, 67, 65, 60, 59, 60, 62]
    >>> motif_returns(Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))),)))
    0.3333333333333333
    """
    line, known, returns = melody(score), set(), []
    for bar in bars(score):
        inside = line[(line[:, 0] >= bar.start) & (line[:, 0] < bar.end)]
        if bar.number > 0 and len(inside) >= FEWEST:
            places = (inside[:, 0] - bar.start + GRID // 2) // GRID
            motif = (places.tobytes(), np.sign(np.diff(inside[:, 2])).tobytes())
            returns.append(motif in known)
            known.add(motif)
    return _share(returns)


def phrase_ends(score: Score) -> float:
    """Share of the melody's units of four bars whose longest note (or the last of several) begins in the fourth.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> bar, close = [480, 480, 480, 480], [960, 960]
    >>> lengths = bar * 3 + close + bar + close + bar * 2
    >>> starts = [sum(lengths[:index]) for index in range(len(lengths))]
    >>> phrase_ends(Score((Part("", tuple(Note(at, size, 60) for at, size in zip(starts, lengths))),)))
    0.5
    """
    line, full = melody(score), [bar for bar in bars(score) if bar.number > 0]
    lengths = np.diff(line[:, 0], append=score.end)
    found = []
    for first in range(0, len(full) - UNIT + 1, UNIT):
        last = full[first + UNIT - 1]
        inside = (line[:, 0] >= full[first].start) & (line[:, 0] < last.end)
        if inside.sum() > 1:
            longest = line[inside & (lengths >= lengths[inside].max() - GRID), 0]
            found.append(longest[-1] >= last.start)
    return _share(found)


def last_note(score: Score) -> float:
    """Length of the melody's last note, beats."""
    line = melody(score)
    return float(line[-1, 1] - line[-1, 0]) / beat(score.meters[-1]) if len(line) else float("nan")


def pickup(score: Score) -> float:
    """Whether the piece begins with an incomplete bar: 1 or 0."""
    return float(score.pickup > 0)


def _share(values: object) -> float:
    flags = np.asarray(values, float)
    return float(flags.mean()) if flags.size else float("nan")
