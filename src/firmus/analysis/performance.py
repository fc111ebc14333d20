"""A performance against its score: which played note is which written one, and which are wrong, missing or extra.

What it is
    Onsets (chords) of both are aligned by edit distance, of which a pair costs the share of pitches that differ; the
    pairs that agree give a map from the time of the score to that of the performance. Then each written note is paired
    with the played one of its pitch that is nearest to where the map puts it. Of what is left, a written and a played
    note at the same time are a wrong note.
Paper
    S. B. Needleman & C. D. Wunsch, *A general method applicable to the search for similarities* (1970); two passes as
    in E. Nakamura, K. Yoshii & H. Katayose, *Performance Error Detection and Post-Processing* (ISMIR 2017).
Conventions
    Times in seconds from the first note of the score and of the performance. `benchmarks/teaching.py` measures it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.score import Score
from firmus.timing import seconds

TOGETHER = 0.04  # seconds within which played notes are one chord
GAP, PAIR, AWAY = 0.6, 1.2, 1.0  # costs of an onset without another, of a pair that differs, of each second away
PASSES = 3  # all but the first know about when each onset is expected
NEAREST = 0.3  # seconds: the most that a note is from where the map puts it
WRONG = 0.25  # seconds: the most that a wrong note is from the written one
WINDOW = 8  # onsets before and after, from which the tempo of a place is taken
Floats = NDArray[np.float64]


class Place(NamedTuple):
    """A note: its onset in seconds, its pitch and velocity, and its part and index in the Score."""

    onset: float
    pitch: int
    velocity: int
    part: int
    note: int


class Pair(NamedTuple):
    """A written note and the played one; how late it was against the tempo around it, in seconds."""

    written: Place
    played: Place
    late: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which notes of a performance are which of a score.

    Parameters
    ----------
    matched : tuple of Pair
        In order of the score.
    wrong : tuple of Pair
        Written notes and what was played in their place.
    missing, extra : tuple of Place
        Written notes that were not played; played ones that are not written.
    """

    matched: tuple[Pair, ...]
    wrong: tuple[Pair, ...]
    missing: tuple[Place, ...]
    extra: tuple[Place, ...]

    @property
    def agreement(self) -> float:
        """F1 of the matched notes: 1 where every note is as written, and no other."""
        count = 2 * (len(self.matched) + len(self.wrong)) + len(self.missing) + len(self.extra)
        return 2 * len(self.matched) / count if count else 0.0


def align(score: Score, performance: Score) -> Alignment:
    """Align a performance with its score.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> written = Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((60, 62, 64, 65, 67)))),))
    >>> notes = ((0, 60), (500, 62), (1010, 66), (1500, 65), (1700, 72))
    >>> played = Score((Part("", tuple(Note(start, 400, pitch) for start, pitch in notes)),))
    >>> found = align(written, played)
    >>> [len(each) for each in (found.matched, found.wrong, found.missing, found.extra)]
    [3, 1, 1, 1]
    """
    ours, theirs = _places(score), _places(performance)
    if not ours or not theirs:
        return Alignment((), (), tuple(ours), tuple(theirs))
    mapped = _mapped(ours, theirs)
    pairs = _nearest(ours, theirs, mapped)
    left = [index for index in range(len(ours)) if index not in pairs]
    taken = set(pairs.values())
    others = [index for index in range(len(theirs)) if index not in taken]
    wrong = _wrong(ours, theirs, mapped, left, others)
    local = _LocalTempo([(ours[one].onset, theirs[two].onset) for one, two in sorted(pairs.items())], 2)

    def pair(one: int, two: int) -> Pair:
        return Pair(ours[one], theirs[two], theirs[two].onset - local(ours[one].onset))

    return Alignment(
        tuple(pair(one, two) for one, two in sorted(pairs.items())),
        tuple(pair(one, two) for one, two in sorted(wrong.items())),
        tuple(ours[index] for index in left if index not in wrong),
        tuple(theirs[index] for index in others if index not in set(wrong.values())),
    )


def _places(score: Score) -> list[Place]:
    """Notes of a pitch in order of onset; the first is at 0."""
    found = sorted(
        Place(seconds(score, note.start), note.pitch, note.velocity, part, index)
        for part, each in enumerate(score.parts)
        if not each.is_drums
        for index, note in enumerate(each.notes)
    )
    return [place._replace(onset=place.onset - found[0].onset) for place in found]


def _onsets(places: Sequence[Place], together: float) -> list[tuple[float, frozenset[int]]]:
    """Times and pitches of the chords."""
    groups: list[list[Place]] = []
    for place in places:
        if groups and place.onset - groups[-1][0].onset <= together:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [(group[0].onset, frozenset(place.pitch for place in group)) for group in groups]


def _mapped(ours: Sequence[Place], theirs: Sequence[Place]) -> Floats:
    """Where each written note is expected in the performance."""
    written, played = _onsets(ours, 1e-6), _onsets(theirs, TOGETHER)
    anchors: list[tuple[float, float]] = []
    for _ in range(PASSES):
        expected = _LocalTempo(anchors, 1) if anchors else None
        where_to = [expected(onset) for onset, _ in written] if expected else None
        anchors = [(written[one][0], played[two][0]) for one, two in _path(written, played, where_to)]
    if not anchors:
        return np.array([place.onset for place in ours])
    known, where = np.array(anchors).T
    slope = (where[-1] - where[0]) / (known[-1] - known[0]) if len(anchors) > 1 and known[-1] > known[0] else 1.0
    times = np.array([place.onset for place in ours])
    inside = np.interp(times, known, where)
    before, after = np.minimum(times - known[0], 0), np.maximum(times - known[-1], 0)
    return inside + slope * (before + after)


def _path(
    written: Sequence[tuple[float, frozenset[int]]],
    played: Sequence[tuple[float, frozenset[int]]],
    times: Sequence[float] | None,
) -> list[tuple[int, int]]:
    """The pairs of chords of the cheapest alignment that have a pitch in common; each is expected at one of `times`."""
    one, two = (_sets([pitches for _, pitches in chords]) for chords in (written, played))
    common = one @ two.T
    sizes = one.sum(axis=1)[:, None] + two.sum(axis=1)[None]
    different = 1 - 2 * common / sizes  # 0 for the same chord, 1 for none in common
    cost = PAIR * different
    if times is not None:
        away = np.abs(np.array(times)[:, None] - np.array([onset for onset, _ in played])[None])
        cost += AWAY * np.minimum(away, 1)
    rows, columns = cost.shape
    across = GAP * np.arange(columns + 1)
    total = np.empty((rows + 1, columns + 1), np.float32)
    total[0] = across
    for row in range(rows):
        best = total[row] + GAP
        best[1:] = np.minimum(best[1:], total[row, :-1] + cost[row])
        total[row + 1] = np.minimum.accumulate(best - across) + across
    pairs, row, column = [], rows, columns
    while row and column:
        here = total[row, column]
        if np.isclose(here, total[row - 1, column - 1] + cost[row - 1, column - 1], atol=1e-3):
            row, column = row - 1, column - 1
            if different[row, column] < 1:
                pairs.append((row, column))
        elif np.isclose(here, total[row - 1, column] + GAP, atol=1e-3):
            row -= 1
        else:
            column -= 1
    return pairs[::-1]


def _sets(chords: Sequence[frozenset[int]]) -> NDArray[np.float32]:
    """Which pitches each chord has (C, 128)."""
    found = np.zeros((len(chords), 128), np.float32)
    for place, chord in enumerate(chords):
        found[place, list(chord)] = 1
    return found


def _nearest(ours: Sequence[Place], theirs: Sequence[Place], mapped: Floats) -> dict[int, int]:
    """Pairs of notes of the same pitch, the nearest first."""
    by_pitch: dict[int, list[int]] = {}
    for index, place in enumerate(theirs):
        by_pitch.setdefault(place.pitch, []).append(index)
    candidates = sorted(
        (abs(theirs[other].onset - mapped[index]), index, other)
        for index, place in enumerate(ours)
        for other in by_pitch.get(place.pitch, ())
        if abs(theirs[other].onset - mapped[index]) <= NEAREST
    )
    return _greedy(candidates)


def _wrong(
    ours: Sequence[Place], theirs: Sequence[Place], mapped: Floats, left: Sequence[int], others: Sequence[int]
) -> dict[int, int]:
    """Pairs of a written note that is missing and a played one at the same time, near in time and pitch first."""
    candidates = sorted(
        (abs(theirs[other].onset - mapped[index]) + 0.01 * abs(theirs[other].pitch - ours[index].pitch), index, other)
        for index in left
        for other in others
        if abs(theirs[other].onset - mapped[index]) <= WRONG
    )
    return _greedy(candidates)


def _greedy(candidates: Sequence[tuple[float, int, int]]) -> dict[int, int]:
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, index, other in candidates:
        if index not in pairs and other not in taken:
            pairs[index] = other
            taken.add(other)
    return pairs


class _LocalTempo:
    """Where a note is expected at the tempo around it: by least squares, through the onsets near by."""

    def __init__(self, pairs: Sequence[tuple[float, float]], degree: int) -> None:
        self.degree = degree
        means: dict[float, list[float]] = {}
        for known, where in pairs:
            means.setdefault(known, []).append(where)
        self.known = sorted(means)
        self.where = [float(np.median(means[known])) for known in self.known]

    def __call__(self, onset: float) -> float:
        place = bisect_left(self.known, onset)
        near = slice(max(0, place - WINDOW), place + WINDOW + 1)
        known, where = np.array(self.known[near]), np.array(self.where[near])
        if len(known) < 3:
            return float(where[0] + onset - known[0]) if len(known) else onset
        return float(np.polyfit(known - onset, where, self.degree if len(known) > WINDOW else 1)[-1])
