"""Which key a Score is in: its profile of pitch classes against those of the 24 keys, and its last bass note.

Source: C. L. Krumhansl, Cognitive Foundations of Musical Pitch (1990), chapter 4, for the method; H. Bellman,
About the Determination of Key of a Musical Excerpt, CMMR 2005, for the profiles (they did best of five on songs,
piano pieces and hymns: ``benchmarks/keys.py``). A piece tends to begin and end on its tonic, so the last and the
first bass note each count as evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal

from firmus.score import TICKS_PER_QUARTER, Key, Note, Score

FEWEST_NOTES = 4
LONGEST = 4 * TICKS_PER_QUARTER
LAST_BASS, FIRST_BASS, SHARPNESS = 0.08, 0.05, 14.0

PROFILES: dict[Literal["major", "minor"], tuple[float, ...]] = {
    "major": (16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57),
    "minor": (18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21),
}


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """A key that was estimated, and how sure that is, 0 to 1."""

    key: Key
    confidence: float


def estimate(score: Score) -> KeyEstimate | None:
    """Estimate the main key of a Score from its pitched notes; its own `keys` are not looked at.

    Returns
    -------
    KeyEstimate or None
        The key stands at tick 0, spelled with the fewest accidentals; None where there are fewer than four notes.

    Examples
    --------
    >>> from firmus.score import Part
    >>> tune = [67, 69, 71, 72, 74, 71, 66, 67]
    >>> found = estimate(Score((Part("", tuple(Note(480 * i, 480, p) for i, p in enumerate(tune))),)))
    >>> found.key.text if found else None
    'G major'
    """
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    if len(notes) < FEWEST_NOTES:
        return None
    profile = pitch_class_profile(notes)
    first, last = _outer_basses(notes)
    marks: dict[tuple[int, Literal["major", "minor"]], float] = {}
    for mode, shape in PROFILES.items():
        for tonic in range(12):
            mark = _correlation(profile, [shape[(place - tonic) % 12] for place in range(12)])
            marks[tonic, mode] = mark + LAST_BASS * (last == tonic) + FIRST_BASS * (first == tonic)
    best = max(marks, key=lambda each: marks[each])
    confidence = 1.0 / sum(exp(SHARPNESS * (mark - marks[best])) for mark in marks.values())
    return KeyEstimate(simplest(*best), confidence)


def pitch_class_profile(notes: Sequence[Note]) -> list[float]:
    """Share of sounding time of each pitch class, 12 numbers that add up to 1; a note counts at most a whole note.

    Examples
    --------
    >>> pitch_class_profile([Note(0, 480, 60), Note(0, 1440, 67)])[7]
    0.75
    """
    profile = [0.0] * 12
    for note in notes:
        profile[note.pitch % 12] += min(note.duration, LONGEST)
    total = sum(profile) or 1.0
    return [weight / total for weight in profile]


def simplest(tonic: int, mode: Literal["major", "minor"]) -> Key:
    """Key on a pitch class, spelled with the fewest accidentals; of F sharp and G flat (D sharp and E flat) the first.

    Examples
    --------
    >>> simplest(10, "major").text, simplest(6, "major").text, simplest(3, "minor").text
    ('Bb major', 'F# major', 'D# minor')
    """
    major = tonic if mode == "major" else tonic + 3
    return Key.from_signature((major * 7 + 5) % 12 - 5, mode)


def _outer_basses(notes: Sequence[Note]) -> tuple[int, int]:
    """Pitch classes of the lowest notes at the first onset and among those that sound last."""
    begin, end = min(note.start for note in notes), max(note.end for note in notes)
    first = min(note.pitch for note in notes if note.start == begin)
    slack = TICKS_PER_QUARTER // 4
    last = min(note.pitch for note in notes if note.end >= end - slack)
    return first % 12, last % 12


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's correlation of two profiles; 0 where one is flat."""
    means = sum(one) / 12, sum(other) / 12
    left, right = [each - means[0] for each in one], [each - means[1] for each in other]
    scale = sqrt(sum(each * each for each in left) * sum(each * each for each in right))
    return sum(a * b for a, b in zip(left, right, strict=True)) / scale if scale else 0.0
