"""Which part has the melody, and where its phrases end.

Phrases: E. Cambouropoulos, The Local Boundary Detection Model (LBDM), ICMC 2001: a boundary is likely where the
interval of pitch, the time to the next onset or a rest differs much from those beside it. Peaks of its strength that
stand out, on the mean a phrase in four bars, are taken.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.features import overlap
from firmus.score import TICKS_PER_QUARTER, Part, Score
from firmus.timing import bars

BASSES = range(32, 40)  # General MIDI programs
PITCH, ONSET, REST = 0.25, 0.5, 0.25  # weights of the three profiles
STANDS_OUT = 1.0  # standard deviations above the mean
SHORTEST = 4 * TICKS_PER_QUARTER


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a melody, from tick `start` to tick `end`, and how clearly it ends, 0 to 1."""

    start: int
    end: int
    confidence: float


def melody_part(score: Score, *, even_a_bass: bool = True) -> Part | None:
    """The part with the melody: the first, if one note at a time, or else the highest.

    Drums do not count; basses only where there is nothing else, and `even_a_bass`.
    """
    pitched = [part for part in score.parts if part.notes and not part.is_drums]
    candidates = [part for part in pitched if part.program not in BASSES] or (pitched if even_a_bass else [])
    for part in candidates[:1]:
        if overlap(part) < 0.1:
            return part
    return max(candidates, key=lambda part: float(np.mean([note.pitch for note in part.notes])), default=None)


def bass_part(score: Score) -> Part | None:
    """The part of a bass, or else the lowest of several; None where there is one part alone."""
    pitched = [part for part in score.parts if part.notes and not part.is_drums]
    basses = [part for part in pitched if part.program in BASSES]
    if basses:
        return max(basses, key=lambda part: len(part.notes))
    melody = melody_part(score)
    others = [part for part in pitched if part is not melody]
    return min(others, key=lambda part: float(np.mean([note.pitch for note in part.notes])), default=None)


def skyline(part: Part) -> NDArray[np.int64]:
    """Starts, ends and pitches (N, 3) of the highest note at each onset.

    Examples
    --------
    >>> from firmus.score import Note
    >>> skyline(Part("", (Note(0, 960, 60), Note(0, 480, 64), Note(480, 480, 62)))).tolist()
    [[0, 480, 64], [480, 960, 62]]
    """
    highest: dict[int, tuple[int, int]] = {}
    for note in part.notes:
        if note.start not in highest or note.pitch > highest[note.start][1]:
            highest[note.start] = (note.end, note.pitch)
    return np.array([(start, *highest[start]) for start in sorted(highest)], np.int64).reshape(-1, 3)


def phrases(score: Score) -> tuple[Phrase, ...]:
    """Phrases of the melody of a Score, from its first note to its last.

    Examples
    --------
    >>> from firmus.score import Note
    >>> line = [(0, 480), (480, 480), (960, 480), (1440, 1440)] * 4
    >>> notes = [Note(start + 3360 * (i // 4), length, 60 + i % 4) for i, (start, length) in enumerate(line)]
    >>> [phrase.start for phrase in phrases(Score((Part("", tuple(notes)),)))]
    [0, 3360, 6720, 10080]
    """
    part = melody_part(score)
    if part is None:
        return ()
    line = skyline(part)
    if len(line) < 4:
        return (Phrase(int(line[0, 0]), score.end, 0.0),) if len(line) else ()
    strength = boundaries(line)
    cuts = _peaks(line, strength, score)
    starts = [int(line[0, 0]), *(int(line[cut, 0]) for cut in cuts)]
    ends = [*(int(line[cut - 1, 1]) for cut in cuts), int(line[-1, 1])]
    strongest = float(strength.max()) or 1.0
    confidences = [*(float(strength[cut]) / strongest for cut in cuts), 1.0]
    return tuple(Phrase(*each) for each in zip(starts, ends, confidences, strict=True))


def boundaries(line: NDArray[np.int64]) -> NDArray[np.float64]:
    """Strength (N,), 0 to 1, of a boundary before each note of a line (N, 3) of starts, ends and pitches (LBDM)."""
    start, end, pitch = line.T
    gaps = ((PITCH, np.abs(np.diff(pitch))), (ONSET, np.diff(start)), (REST, np.maximum(start[1:] - end[:-1], 0)))
    total = np.zeros(len(line))
    for weight, profile in gaps:
        values = profile.astype(float)
        both = values[1:] + values[:-1]
        change = np.divide(np.abs(np.diff(values)), both, out=np.zeros_like(both), where=both > 0)
        around = np.concatenate([[0.0], change]) + np.concatenate([change, [0.0]])
        strength = values * around
        total[1:] += weight * strength / (strength.max() or 1.0)
    return total


def _peaks(line: NDArray[np.int64], strength: NDArray[np.float64], score: Score) -> list[int]:
    """Notes that begin a phrase: local peaks that stand out, at least a bar apart, the strongest first."""
    padded = np.concatenate([[0.0], strength, [0.0]])
    is_peak = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]) & (strength > 0)
    bar = max(bars(score)[0].meter.bar, SHORTEST // 2)
    threshold = strength.mean() + STANDS_OUT * strength.std()
    chosen: list[int] = []
    for index in np.argsort(-strength, kind="stable").tolist():
        if strength[index] < threshold or len(chosen) > score.end // bar:
            break
        rank = bisect(chosen, index)
        neighbours = [int(line[0, 0]), *(int(line[other, 0]) for other in chosen[max(rank - 1, 0) : rank + 1])]
        if is_peak[index] and all(abs(int(line[index, 0]) - other) >= bar for other in neighbours):
            chosen.insert(rank, index)
    return chosen
