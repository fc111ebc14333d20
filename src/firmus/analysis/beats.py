"""The beats of a Score, and what sounds in each: what keys and chords are read from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus.score import Score
from firmus.timing import bars, beat

Floats = NDArray[np.float64]


def grid(score: Score) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """First tick of every beat, with the end after the last; which are strong (downbeats and half bars)."""
    starts: list[int] = []
    strong: list[bool] = []
    for bar in bars(score):
        step = beat(bar.meter)
        for tick in range(bar.start, min(bar.end, max(score.end, bar.start + 1)), step):
            place = tick - bar.start + bar.place
            starts.append(tick)
            strong.append(place == 0 or (2 * place == bar.meter.bar and bar.meter.numerator % 4 == 0))
    return np.array([*starts, max(score.end, starts[-1] + 1)] if starts else [0, 1]), np.array(strong or [True])


def weights_of(score: Score, starts: NDArray[np.int64]) -> Floats:
    """Ticks for which each pitch class sounds in every beat (N, 12), all pitched parts together.

    Parameters
    ----------
    score : Score
    starts : array (N + 1,)
        First tick of every beat, and the end after the last.
    """
    place, sounding, _, pitch = shares(score, starts)
    weights = np.zeros((len(starts) - 1, 12))
    np.add.at(weights, (place, pitch % 12), sounding)
    return weights


def shares(score: Score, starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Each pitched note in each beat where it sounds: beat, ticks it sounds there, ticks it begins after it, pitch."""
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    if not notes:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing, nothing
    count = len(starts) - 1
    onset, length, pitch = np.array([(note.start, note.duration, note.pitch) for note in notes], np.int64).T
    first = np.clip(np.searchsorted(starts, onset, side="right") - 1, 0, count - 1)
    last = np.clip(np.searchsorted(starts, onset + length, side="left") - 1, first, count - 1)
    spans = last - first + 1
    which = np.repeat(np.arange(len(notes)), spans)
    place = np.arange(len(which)) - np.repeat(np.cumsum(spans) - spans, spans) + first[which]
    sounding = np.minimum(onset[which] + length[which], starts[place + 1]) - np.maximum(onset[which], starts[place])
    late = np.maximum(onset[which] - starts[place], 0)
    return place, np.maximum(sounding, 0), late, pitch[which]
