"""Counterpoint by species, by search: a line against a cantus is led so that it breaks as few rules as possible.

Notes are changed one at a time, those first that break a rule and their neighbours, to the pitch of the scale that
leaves the least broken (`firmus.analysis.part_writing`), as long as that helps; where it is stuck, from another
beginning. The rhythm stays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product

import numpy as np

from firmus.analysis.part_writing import assess
from firmus.analysis.part_writing.rules import WEIGHTS
from firmus.score import Key, Note, Part, Score

RULE, CHANGE = 100, 5  # what a point of a broken rule costs, and a changed note
CLOSING, RAISED = 2, 4  # notes at the end of a minor line that may be raised
SWEEPS = 12  # times that every note is tried
STARTS = 8
WIDEST = 16  # semitones from the cantus
IMPERFECT = (3, 4, 8, 9)
RHYTHMS = {
    1: (((0, 4),),),
    2: (((0, 2), (2, 2)),),
    3: (((0, 1), (1, 1), (2, 1), (3, 1)),),
    4: (((2, 4),),),  # tied over
    5: (((0, 2), (2, 2)), ((0, 2), (2, 1), (3, 1)), ((0, 1), (1, 1), (2, 2)), ((0, 1), (1, 1), (2, 1), (3, 1))),
}
"""Of each species: the notes against one of the cantus, as onset and length in quarters; one of several ways."""


def broken(score: Score, species: int) -> int:
    """How many rules are broken, weighed by how grave that is."""
    return sum(WEIGHTS[finding.severity] for finding in assess(score, species))


def cantus_of(score: Score) -> int:
    """Part that is the cantus: the one with fewer notes, the lower of equals."""
    return 0 if len(score.parts[0].notes) < len(score.parts[1].notes) else 1


def improved(score: Score, species: int, *, is_given: bool = True) -> Score:
    """A version of two voices in which the counterpoint breaks fewer rules; the cantus and the rhythm stay.

    Parameters
    ----------
    score : Score
        Two parts, of single notes.
    species : int
    is_given : bool
        Whether the line is a pupil's, of whose notes as many as possible stay.

    Examples
    --------
    >>> lines = (69, 72, 71, 74, 72), (62, 65, 64, 62, 60)
    >>> parts = (Part("", tuple(Note(1920 * i, 1920, pitch) for i, pitch in enumerate(line))) for line in lines)
    >>> score = Score(tuple(parts), keys=(Key.parse("C major"),))
    >>> broken(score, 1) > broken(improved(score, 1), 1)
    True
    """
    place = 1 - cantus_of(score)
    key = score.keys[0] if score.keys else Key(0, "C")
    given = [note.pitch for note in score.parts[place].notes]

    def cost(pitches: list[int]) -> int:
        line = _with(score, place, pitches)
        changed = sum(one != two for one, two in zip(pitches, given, strict=True)) if is_given else 0
        return RULE * broken(line, species) + CHANGE * changed + roughness(pitches)

    pitches, best = list(given), cost(given)
    for _ in range(SWEEPS):
        before = best
        for index in _suspects(_with(score, place, pitches), species, place):
            for pitch in _choices(score, key, place, index):
                trial = [*pitches[:index], pitch, *pitches[index + 1 :]]
                if trial != pitches and (found := cost(trial)) < best:
                    pitches, best = trial, found
        if best == before:
            break
    return _with(score, place, pitches)


def roughness(pitches: Sequence[int]) -> int:
    """How little a line sings: leaps beyond a third, repeated notes, notes to and fro, notes that come too often."""
    leaps = sum(max(0, abs(two - one) - 4) + 3 * (one == two) for one, two in pairwise(pitches))
    fro = sum(2 for one, two in zip(pitches, pitches[2:], strict=False) if one == two)
    often = max(Counter(pitches).values()) * 4 - len(pitches)
    return leaps + fro + max(0, often)


def against(cantus: Score, species: int, generator: np.random.Generator) -> Score:
    """A counterpoint above a cantus in whole notes, as faultless as it is found; the counterpoint is the first part.

    Parameters
    ----------
    cantus : Score
        One part.
    species : int
    generator : numpy.random.Generator
    """
    versions: list[tuple[int, int, Score]] = []
    for _ in range(STARTS):
        found = improved(_begun(cantus, species, generator), species, is_given=False)
        pitches = [note.pitch for note in found.parts[0].notes]
        versions.append((RULE * broken(found, species) + roughness(pitches), len(versions), found))
    return min(versions)[2]


def _begun(cantus: Score, species: int, generator: np.random.Generator) -> Score:
    """A line of imperfect consonances in the rhythm of a species, from which the search begins."""
    held, key = cantus.parts[0].notes, cantus.keys[0]
    scale = [pitch for pitch in range(128) if pitch % 12 in natural(key)]
    goals: list[int] = []
    for place, tone in enumerate(held):
        above = [pitch for pitch in scale if pitch - tone.pitch in IMPERFECT]
        if place in (0, len(held) - 1) or not above:
            above = [tone.pitch + 12]
        near = sorted(above, key=lambda pitch: abs(pitch - goals[-1]) if goals else 0)
        goals.append(int(generator.choice(near[:2])))
    notes: list[Note] = []
    for place, (tone, goal) in enumerate(zip(held, goals, strict=True)):
        is_last = place == len(held) - 1
        is_end = is_last or (place == len(held) - 2 and species not in (1, 4))
        ways = ((0, 4),) if is_end else RHYTHMS[species][generator.integers(len(RHYTHMS[species]))]
        if species == 4 and place == len(held) - 2:
            ways = ((2, 2),)
        line = _walk(goal, goals[min(place + 1, len(goals) - 1)], len(ways), scale, generator)
        notes += [Note(tone.start + at * 480, long * 480, pitch) for (at, long), pitch in zip(ways, line, strict=True)]
    return replace(cantus, parts=(Part("Counterpoint", tuple(notes), cantus.parts[0].program), cantus.parts[0]))


def _walk(one: int, two: int, count: int, scale: Sequence[int], generator: np.random.Generator) -> list[int]:
    """So many notes of a scale by step from one pitch on, of which the last is near another, and few turn back."""
    begin, end = scale.index(min(scale, key=lambda each: abs(each - one))), bisect_left(scale, two)

    def cost(steps: tuple[int, ...]) -> float:
        turns = sum(first != second for first, second in pairwise(steps))
        return abs(abs(begin + sum(steps) - end) - 1) + turns / 2 + float(generator.random())

    steps = min(product((-1, 1), repeat=count - 1), key=cost)
    return [one, *(scale[begin + sum(steps[: place + 1])] for place in range(count - 1))]


def natural(key: Key) -> frozenset[int]:
    """Pitch classes of a key, in minor those of the natural scale."""
    steps = (0, 2, 4, 5, 7, 9, 11) if key.mode == "major" else (0, 2, 3, 5, 7, 8, 10)
    return frozenset((key.pitch_class + step) % 12 for step in steps)


def _with(score: Score, place: int, pitches: list[int]) -> Score:
    part = score.parts[place]
    notes = tuple(replace(note, pitch=pitch) for note, pitch in zip(part.notes, pitches, strict=True))
    parts = list(score.parts)
    parts[place] = replace(part, notes=notes)
    return replace(score, parts=tuple(parts))


def _suspects(score: Score, species: int, place: int) -> list[int]:
    """Notes of the counterpoint that break a rule, and those beside them."""
    found: set[int] = set()
    for finding in assess(score, species):
        if WEIGHTS[finding.severity]:
            found |= {index + step for part, index in finding.notes if part == place for step in (-1, 0, 1)}
    return sorted(each for each in found if 0 <= each < len(score.parts[place].notes))


def _choices(score: Score, key: Key, place: int, index: int) -> Iterator[int]:
    """Pitches of the scale for a note, on its side of the cantus."""
    note = score.parts[place].notes[index]
    cantus = [each for each in score.parts[1 - place].notes if each.start < note.end and note.start < each.end]
    if not cantus:
        return
    low, high = (
        (max(each.pitch for each in cantus), min(each.pitch for each in cantus) + WIDEST)
        if place == 0
        else (max(each.pitch for each in cantus) - WIDEST, min(each.pitch for each in cantus))
    )
    left = len(score.parts[place].notes) - index
    scale = set(key.scale if left <= RAISED or key.mode not in ("major", "minor") else natural(key))
    if left == CLOSING and key.mode == "minor":
        scale -= {(key.pitch_class + 10) % 12}  # the leading tone
    yield from (pitch for pitch in range(low, high + 1) if pitch % 12 in scale)
