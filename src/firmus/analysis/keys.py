"""Key estimation: the pitch-class profile of a Score against those of the 24 keys, and its last bass note.

Within a piece keys change: `regions` finds the best path through the 24 keys, beat by beat.

Source: C. L. Krumhansl, Cognitive Foundations of Musical Pitch (1990), chapter 4, for the method; H. Bellman,
About the Determination of Key of a Musical Excerpt, CMMR 2005, for the profiles (they did best of five on songs,
piano pieces and hymns: ``benchmarks/keys.py``). A piece tends to begin and end on its tonic, so the last and the
first bass note each count as evidence. For regions: D. Temperley & E. W. Marvin, Pitch-Class Distribution and the
Identification of Key, Music Perception 25 (2008): each beat's pitch classes as drawn from the key's profile, and a
path that changes rarely and preferably to near keys (G. Weber's neighbours: the relative, the parallel, and a fifth
up or down), by the forward-backward algorithm for confidence and Viterbi's for the path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.beats import chroma, grid
from firmus.score import TICKS_PER_QUARTER, Chord, Key, Note, Score

FEWEST_NOTES = 4
LONGEST = 4 * TICKS_PER_QUARTER
LAST_BASS, FIRST_BASS, OUTER_CHORD, SHARPNESS = 0.25, 0.05, 0.1, 12.0

PROFILES: dict[Literal["major", "minor"], tuple[float, ...]] = {
    "major": (16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57),
    "minor": (18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21),
}


SHAPES = {  # profiles of the twelve keys of a mode (12, 12): their product with a standardised profile correlates them
    mode: np.array([np.roll(np.array(shape) - np.mean(shape), tonic) / (np.std(shape) * 12) for tonic in range(12)])
    for mode, shape in PROFILES.items()
}
STAY, STEP = (
    0.96,
    1.1,
)  # probability to stay in a key from one beat to the next; cost of each step to a farther key, nats
LEANINGS = (0.1, 0.2, 0.4, 0.8)  # nats a beat by which the main key is made likelier until it is the longest
FLOOR = 0.3  # per cent of any pitch class in any key, besides its profile
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """An estimated key, and the confidence, 0 to 1."""

    key: Key
    confidence: float


def estimate(score: Score) -> KeyEstimate | None:
    """Estimate the main key of a Score from its pitched notes; its own `keys` are ignored.

    Returns
    -------
    KeyEstimate or None
        The key stands at tick 0, spelled with the fewest accidentals; None where there are fewer than four notes.

    Examples
    --------
    >>> from firmus.score import Part
    >>> tune = [67, 69, 71, 72, 74, 71, 66, 67]
    >>> result = estimate(Score((Part("", tuple(Note(480 * i, 480, p) for i, p in enumerate(tune))),)))
    >>> result.key.text if result else None
    'G major'
    """
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    if len(notes) < FEWEST_NOTES:
        return None
    return of_profile(pitch_class_profile(notes), *_outer_basses(notes))


def of_profile(profile: Sequence[float], first: int = -1, last: int = -1) -> KeyEstimate:
    """Estimate a key from shares of the pitch classes.

    Parameters
    ----------
    profile : sequence of 12 floats
    first, last : int
        Pitch classes of the first and the last bass note; -1 where they are not known.

    Examples
    --------
    >>> of_profile([5, 0, 3, 0, 4, 2, 0, 5, 0, 3, 0, 2]).key.text
    'C major'
    """
    correlations: dict[tuple[int, Literal["major", "minor"]], float] = {}
    for mode, shape in PROFILES.items():
        for tonic in range(12):
            correlation = _correlation(profile, [shape[(place - tonic) % 12] for place in range(12)])
            correlations[tonic, mode] = correlation + max(correlation, 0.0) * (
                LAST_BASS * (last == tonic) + FIRST_BASS * (first == tonic)
            )
    best = max(correlations, key=lambda each: correlations[each])
    confidence = 1.0 / sum(exp(SHARPNESS * (correlation - correlations[best])) for correlation in correlations.values())
    return KeyEstimate(simplest(*best), confidence)


def of_chords(chords: Sequence[Chord]) -> Key | None:
    """Key of a progression: the profile of its chords' tones, and whether it begins or ends on the tonic's triad.

    Where no chord sounds (N.C.) is left out; None where none does anywhere.

    Examples
    --------
    >>> [of_chords([Chord.parse(each) for each in text.split()]).text for text in ("Dm G7 C", "Em C G D", "Am Dm E Am")]
    ['C major', 'G major', 'A minor']
    """
    chords = [chord for chord in chords if chord.pitch_classes]
    if not chords:
        return None
    tones = [tone % 12 for chord in chords for tone in chord.pitch_classes]
    profile = np.bincount([*tones, *(chord.pitch_classes[0] for chord in chords)], minlength=12).tolist()
    ends = [(chord.pitch_classes[0], (chord.pitch_classes[0] + 3) % 12 in chord.pitch_classes) for chord in chords]
    correlations: dict[tuple[int, Literal["major", "minor"]], float] = {}
    for mode, shape in PROFILES.items():
        for tonic in range(12):
            tonic_triad = (tonic, mode == "minor")
            correlation = _correlation(profile, [shape[(place - tonic) % 12] for place in range(12)])
            correlations[tonic, mode] = correlation + OUTER_CHORD * (
                (ends[0] == tonic_triad) + (ends[-1] == tonic_triad)
            )
    return simplest(*max(correlations, key=lambda each: correlations[each]))


@dataclass(frozen=True, slots=True)
class KeyRegion:
    """A stretch of a piece in one key, from tick `start` to tick `end`, and the confidence, 0 to 1."""

    start: int
    end: int
    key: Key
    confidence: float


def main_and_regions(score: Score) -> tuple[KeyEstimate | None, tuple[KeyRegion, ...]]:
    """The main key and the keys over time, of which the main one is the longest.

    Keys over time lean to the main key as far as it takes for that; where it takes too much, the piece is in the key
    that it is longest in.

    Examples
    --------
    >>> from firmus.score import Part
    >>> tune = Part("", tuple(Note(480 * i, 480, p) for i, p in enumerate([60, 64, 67, 65, 62, 67, 59, 60] * 4)))
    >>> key, areas = main_and_regions(Score((tune,)))
    >>> key.key.text, [area.key.text for area in areas]
    ('C major', ['C major'])
    """
    key, areas = estimate(score), regions(score)
    if key is None or not areas:
        return key, areas
    for leaning in LEANINGS:
        if _longest(areas) == key.key.text:
            return key, areas
        areas = regions(score, key.key, leaning)
    if _longest(areas) != key.key.text:
        areas = regions(score)
        longest = next(area.key for area in areas if area.key.text == _longest(areas))
        key = KeyEstimate(Key(0, longest.tonic, longest.mode), 1 - key.confidence)
    return key, areas


def _longest(areas: Sequence[KeyRegion]) -> str:
    """The key that lasts longest in all."""
    ticks: dict[str, int] = {}
    for area in areas:
        ticks[area.key.text] = ticks.get(area.key.text, 0) + area.end - area.start
    return max(ticks, key=lambda each: ticks[each])


def regions(score: Score, main: Key | None = None, leaning: float = 0.0) -> tuple[KeyRegion, ...]:
    """Keys of a Score, one after the other, from its pitched notes; its own `keys` are ignored.

    Parameters
    ----------
    score : Score
    main : Key, optional
        The main key, to which the others lean.
    leaning : float
        Nats a beat by which the main key is likelier.

    Returns
    -------
    tuple of KeyRegion
        In order, from tick 0 to the end; empty where there are fewer than four notes.

    Examples
    --------
    >>> from firmus.score import Part
    >>> opening = [60, 64, 67, 65, 62, 67, 59, 60] * 4
    >>> modulated = [each + 7 for each in opening]
    >>> tune = Part("", tuple(Note(480 * i, 480, p) for i, p in enumerate(opening + modulated)))
    >>> [(region.start // 1920, region.key.text) for region in regions(Score((tune,)))]
    [(0, 'C major'), (8, 'G major')]
    """
    if sum(len(part.notes) for part in score.parts if not part.is_drums) < FEWEST_NOTES:
        return ()
    starts, _ = grid(score)
    sound = chroma(score, starts) / TICKS_PER_QUARTER
    log_likelihoods = sound @ np.log(_profiles()).T  # (N, 24)
    if main is not None:
        log_likelihoods[:, 2 * main.pitch_class + (main.mode == "minor")] += leaning
    posteriors, path = _path(log_likelihoods)
    borders = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    result = []
    for first, last in pairwise(borders):
        tonic, minor = divmod(int(path[first]), 2)
        key = simplest(tonic, "minor" if minor else "major")
        confidence = float(posteriors[first:last, path[first]].mean())
        start = int(starts[first])
        result.append(KeyRegion(start, int(starts[last]), Key(start, key.tonic, key.mode), confidence))
    return tuple(result)


@cache
def _profiles() -> Floats:
    """Probability of each pitch class (24, 12) in each key; key 2 t is major on t, 2 t + 1 minor."""
    rows = [np.roll(PROFILES["minor" if minor else "major"], tonic) for tonic in range(12) for minor in (0, 1)]
    table = np.array(rows) + FLOOR
    return table / table.sum(axis=1, keepdims=True)


@cache
def _transitions() -> Floats:
    """Log-probability (24, 24) of a transition from one key to another within a beat."""
    near = np.full((24, 24), np.inf)
    for tonic in range(12):
        major, minor = 2 * tonic, 2 * tonic + 1
        neighbours = [(major, minor), (major, 2 * ((tonic + 9) % 12) + 1)]
        neighbours += [(place + major, place + 2 * ((tonic + 7) % 12)) for place in (0, 1)]
        for one, other in neighbours:
            near[one, other] = near[other, one] = 1
    np.fill_diagonal(near, 0)
    for middle in range(24):  # shortest paths (Floyd & Warshall)
        near = np.minimum(near, near[:, middle, None] + near[None, middle])
    weight = np.exp(-STEP * near) * (near > 0)
    weight *= (1 - STAY) / weight.sum(axis=1, keepdims=True)
    return np.log(weight + STAY * np.eye(24))


def _path(log_likelihoods: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Posteriors (N, 24) of the keys at each beat, and the best path (N,), from log-likelihoods (N, 24)."""
    moves, count = _transitions(), len(log_likelihoods)
    transitions = np.exp(moves)
    forward, backward = np.empty_like(log_likelihoods), np.zeros_like(log_likelihoods)
    best, backpointers = log_likelihoods[0].copy(), np.zeros((count, 24), np.int64)
    forward[0] = log_likelihoods[0]
    for n in range(1, count):
        top = forward[n - 1].max()
        forward[n] = np.log(np.exp(forward[n - 1] - top) @ transitions) + top + log_likelihoods[n]
        through = best[:, None] + moves
        backpointers[n] = through.argmax(axis=0)
        best = through.max(axis=0) + log_likelihoods[n]
    for n in range(count - 2, -1, -1):
        later = backward[n + 1] + log_likelihoods[n + 1]
        backward[n] = np.log(transitions @ np.exp(later - later.max())) + later.max()
    both = forward + backward
    posteriors = np.exp(both - both.max(axis=1, keepdims=True))
    path = np.empty(count, np.int64)
    path[-1] = best.argmax()
    for n in range(count - 1, 0, -1):
        path[n - 1] = backpointers[n, path[n]]
    return posteriors / posteriors.sum(axis=1, keepdims=True), path


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


def majorness(profile: NDArray[Any]) -> float:
    """Best correlation of a pitch-class profile (12,) with the major keys, less the best with the minor ones.

    A flat profile, of all pitch classes alike or none, gives 0.

    Examples
    --------
    >>> major, minor = np.isin(np.arange(12), [0, 4, 7]), np.isin(np.arange(12), [0, 3, 7])
    >>> majorness(major) > 0 > majorness(minor), majorness(np.ones(12))
    (True, 0.0)
    """
    spread = profile.std()
    if spread == 0:
        return 0.0
    even = (profile - profile.mean()) / spread
    return float((SHAPES["major"] @ even).max() - (SHAPES["minor"] @ even).max())


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
