"""Melodies as people remember them: in another key, at another tempo, ornamented, with wrong notes, hummed.

What it is
    Augmentations of a melody that keep its identity: what search and learnt similarity must be invariant to. Each
    takes a melody and a random generator, and returns another melody.
Paper
    That a singer's errors are of these kinds: Pardo, Shifrin & Birmingham, *Name that tune: a pilot study in finding a
    melody from a sung query* (2004). How often they occur is our own guess.
Conventions
    A hum is in any key, also between keys; drifts by up to a semitone from its first note to its last; is off by 25
    cents at each note (standard deviation; 50 at most); has an octave error in 3 notes of 100; leaves out 4 of 100, and
    runs half of the repeated notes together; is sung at 0.7 to 1.4 times the tempo, lengths off by 12 %. A transcriber
    then finds its tuning, and the nearest semitones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import LONGEST, OCTAVE, Query

Generator = np.random.Generator
Floats = NDArray[np.float64]
FURTHEST = 6  # semitones of a transposition
WRONG_SHARE, WRONG_BY = 0.1, (-3, -2, -1, 1, 2, 3)
ORNAMENTED_SHARE = 0.25
LEFT_OUT, RUN_TOGETHER, OCTAVE_ERRORS = 0.04, 0.5, 0.03  # chance of a note; of a repeated note
DRIFT, OFF, MOST_OFF, UNEVEN = 1.0, 0.25, 0.5, 0.12  # semitones, semitones, semitones, share of a length


def transposed(melody: Query, generator: Generator) -> Query:
    """In another key."""
    shift = int(generator.choice([step for step in range(-FURTHEST, FURTHEST + 1) if step]))
    return Query(melody.pitches + shift, melody.lengths)


def other_tempo(melody: Query, generator: Generator) -> Query:
    """At 0.6 to 1.6 times the tempo."""
    return _quantised(melody.pitches.astype(float), _quarters(melody) * generator.uniform(0.6, 1.6))


def wrong_notes(melody: Query, generator: Generator) -> Query:
    """One note in ten wrong by up to a minor third, at least one; in another key."""
    pitches = melody.pitches.copy()
    count = max(1, round(WRONG_SHARE * len(pitches)))
    pitches[generator.choice(len(pitches), count, replace=False)] += generator.choice(WRONG_BY, count)
    return transposed(Query(pitches, melody.lengths), generator)


def ornamented(melody: Query, generator: Generator) -> Query:
    """One note in four with a grace note before it, a neighbour within it, or a passing note after it; in another key.

    Examples
    --------
    >>> tune = Query(np.array([60, 62, 64, 65, 67, 65, 64, 62]), np.zeros(8, np.int64))
    >>> result = ornamented(tune, np.random.default_rng(5))
    >>> len(result) > len(tune), result.pitches.shape == result.lengths.shape
    (True, True)
    """
    pitches, lengths = melody.pitches.tolist(), _quarters(melody).tolist()
    notes: list[tuple[int, float]] = []
    for index, (pitch, length) in enumerate(zip(pitches, lengths, strict=True)):
        kind = generator.integers(3) if generator.random() < ORNAMENTED_SHARE else None
        neighbour = pitch + int(generator.choice([-2, -1, 1, 2]))
        if kind is None:
            notes.append((pitch, length))
        elif kind == 0:
            notes += [(neighbour, length / 8), (pitch, length * 7 / 8)]
        elif kind == 1:
            notes += [(pitch, length / 2), (neighbour, length / 4), (pitch, length / 4)]
        else:
            interval = (pitches[index + 1] if index + 1 < len(pitches) else pitch + 2) - pitch
            step = int(np.sign(interval) or 1) * (2 if abs(interval) > 2 else 1)
            notes += [(pitch, length / 2), (pitch + step, length / 2)]
    table = np.array(notes)
    return transposed(_quantised(table[:, 0], table[:, 1]), generator)


def hummed(melody: Query, generator: Generator) -> Query:
    """Hummed and transcribed; see the module's docstring.

    Examples
    --------
    >>> tune = Query(np.array([60, 60, 64, 65, 67, 65, 64, 62]), np.zeros(8, np.int64))
    >>> 4 <= len(hummed(tune, np.random.default_rng(1))) <= 8
    True
    """
    notes: list[list[float]] = []
    for pitch, length in zip(melody.pitches.tolist(), _quarters(melody).tolist(), strict=True):
        is_run_together = notes and pitch == notes[-1][0] and generator.random() < RUN_TOGETHER
        is_left_out = generator.random() < LEFT_OUT
        if notes and (is_run_together or is_left_out):
            notes[-1][1] += length
        else:
            notes.append([pitch, length])
    pitches, lengths = np.array(notes).T
    size = len(pitches)
    pitches = pitches + generator.uniform(-FURTHEST, FURTHEST)
    pitches += np.linspace(0, generator.uniform(-DRIFT, DRIFT), size)
    pitches += np.clip(generator.normal(0, OFF, size), -MOST_OFF, MOST_OFF)
    pitches += 12 * generator.choice([-1, 1], size) * (generator.random(size) < OCTAVE_ERRORS)
    lengths = lengths * generator.uniform(0.7, 1.4) * np.exp(generator.normal(0, UNEVEN, size))
    tuning = np.angle(np.exp(2j * np.pi * pitches).mean()) / (2 * np.pi)
    return _quantised(pitches - tuning, lengths)


ALTERATIONS: dict[str, Callable[[Query, Generator], Query]] = {
    "transposed": transposed,
    "other tempo": other_tempo,
    "wrong notes": wrong_notes,
    "ornamented": ornamented,
    "hummed": hummed,
}


def _quarters(melody: Query) -> Floats:
    """Lengths (M,) in quarter notes; 1 each where no rhythm is known."""
    lengths = np.zeros(len(melody)) if melody.lengths is None else melody.lengths
    return 2.0 ** (lengths / OCTAVE)


def _quantised(pitches: Floats, quarters: Floats) -> Query:
    steps = np.clip(np.round(OCTAVE * np.log2(quarters)), -LONGEST, LONGEST)
    return Query(np.round(pitches).astype(np.int64), steps.astype(np.int64))
