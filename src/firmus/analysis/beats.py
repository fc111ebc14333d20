"""The beats of a Score, and what sounds in each: the input of key and chord estimation."""

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


def chroma(score: Score, starts: NDArray[np.int64]) -> Floats:
    """Beat-synchronous chromagram (N, 12): ticks for which each pitch class sounds, all pitched parts together.

    Parameters
    ----------
    score : Score
    starts : array (N + 1,)
        First tick of every beat, and the end after the last.
    """
    beat, sounding, _, pitch = overlaps(score, starts)
    weights = np.zeros((len(starts) - 1, 12))
    np.add.at(weights, (beat, pitch % 12), sounding)
    return weights


def overlaps(score: Score, starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Overlaps of pitched notes with beats: beat, ticks of overlap, ticks from the beat to the onset, pitch."""
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    if not notes:
        empty = np.zeros(0, np.int64)
        return empty, empty, empty, empty
    count = len(starts) - 1
    onset, length, pitch = np.array([(note.start, note.duration, note.pitch) for note in notes], np.int64).T
    first = np.clip(np.searchsorted(starts, onset, side="right") - 1, 0, count - 1)
    last = np.clip(np.searchsorted(starts, onset + length, side="left") - 1, first, count - 1)
    spans = last - first + 1
    index = np.repeat(np.arange(len(notes)), spans)
    beat = np.arange(len(index)) - np.repeat(np.cumsum(spans) - spans, spans) + first[index]
    sounding = np.minimum(onset[index] + length[index], starts[beat + 1]) - np.maximum(onset[index], starts[beat])
    late = np.maximum(onset[index] - starts[beat], 0)
    return beat, np.maximum(sounding, 0), late, pitch[index]
