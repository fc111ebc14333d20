"""Measures of a piece, as the literature defines them: MusPy's, Wu & Yang's, MuseGAN's; one number each.

Papers
    Dong, Chen, McAuley & Berg-Kirkpatrick, *MusPy* (ISMIR 2020), section 5, after Mogren (2016) and Dong et al. (2018);
    Wu & Yang, *The Jazz Transformer on the Front Line* (ISMIR 2020), section 4, for entropies of stretches of bars,
    groove and structureness, the last after Müller, Grosche & Jiang, *A Segment-Based Fitness Measure* (ISMIR 2011).
Conventions
    Drums count where a measure is of rhythm. A time step is a tick; a beat a quarter note; bars are the score's own.
    Where a piece has nothing to be measured the value is NaN, as in MusPy. Structureness is how much of a piece the
    best repeated stretch of so many seconds covers, by bars: the mean similarity of bars along a diagonal of the
    self-similarity matrix, over the best lag.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import form
from firmus.evaluation.distribution import groove_consistency, pitch_class_entropy, scale_consistency
from firmus.score import TICKS_PER_QUARTER, Score
from firmus.timing import bars

Floats = NDArray[np.float64]
MANY = 2  # pitches at once above which a moment counts as polyphonic


def pitch_range(score: Score) -> float:
    """Semitones from the lowest to the highest note.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> pitch_range(Score((Part("", (Note(0, 480, 60), Note(480, 480, 67))),)))
    7.0
    """
    pitches = _table(score)[2]
    return float(pitches.max() - pitches.min()) if len(pitches) else float("nan")


def pitches_used(score: Score) -> float:
    """How many different pitches there are."""
    return float(len(np.unique(_table(score)[2])))


def pitch_classes_used(score: Score) -> float:
    """How many different pitch classes there are."""
    return float(len(np.unique(_table(score)[2] % 12)))


def pitch_entropy(score: Score) -> float:
    """Entropy of the pitches of all notes, bits."""
    return _entropy(np.bincount(_table(score)[2], minlength=128))


def polyphony(score: Score) -> float:
    """Mean number of different pitches that sound at once, over the time in which any does."""
    count, length = _sounding(score)
    sounding = length[count > 0].sum()
    return float((count * length).sum() / sounding) if sounding else float("nan")


def polyphony_rate(score: Score) -> float:
    """Share of the time in which more than two different pitches sound."""
    count, length = _sounding(score)
    return float(length[count > MANY].sum() / length.sum()) if length.sum() else float("nan")


def empty_beats(score: Score) -> float:
    """Share of beats (quarter notes) in which nothing sounds."""
    return _empty(score, np.arange(0, _last(score) + 1, TICKS_PER_QUARTER))


def empty_bars(score: Score) -> float:
    """Share of bars in which nothing sounds."""
    return _empty(score, np.array([bar.start for bar in bars(score) if bar.start <= _last(score)]))


def drums_on_the_beat(score: Score) -> float:
    """Share of drum strokes on quarters of a beat, or on thirds: the more (MusPy: drum pattern consistency)."""
    place = np.array([note.start for part in score.parts if part.is_drums for note in part.notes], np.int64)
    if not len(place):
        return float("nan")
    return float(max((place % (TICKS_PER_QUARTER // parts) == 0).mean() for parts in (4, 3)))


def bar_entropy(score: Score, count: int = 1) -> float:
    """Mean entropy of the pitch classes of every `count` bars in a row, bits (Wu & Yang's H1 and H4).

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate([60, 62, 64, 65] * 2)))
    >>> bar_entropy(Score((tune,))), bar_entropy(Score((tune,)), 2)
    (2.0, 2.0)
    """
    start, _, pitch = _table(score)
    starts = [bar.start for bar in bars(score) if bar.number > 0]
    counts = np.zeros((len(starts) + 1, 12), np.int64)
    np.add.at(counts, (np.searchsorted(starts, start, side="right"), pitch % 12), 1)  # row 0: before the first full bar
    sums = np.concatenate([np.zeros((1, 12), np.int64), counts[1:].cumsum(axis=0)])
    entropies = [_entropy(inside) for inside in sums[count:] - sums[:-count] if inside.any()]
    return float(np.mean(entropies)) if entropies else float("nan")


def structureness(score: Score, low: float, high: float) -> float:
    """How alike the best repetition of `low` to `high` seconds is, 0 to 1 (Wu & Yang's structureness indicator).

    NaN where there are fewer than two bars, or more than `firmus.analysis.form.MOST_BARS`.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> line = [60, 62, 64, 65, 72, 71, 69, 67]
    >>> tune = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line * 2)))
    >>> structureness(Score((tune,)), 3, 8)
    1.0
    """
    every = [bar for bar in bars(score) if bar.number > 0]
    if not 2 <= len(every) <= form.MOST_BARS:
        return float("nan")
    seconds = 60.0 / score.tempi[0].bpm * every[0].meter.bar / TICKS_PER_QUARTER
    alike = form.similarity(score)[-len(every) :, -len(every) :]
    shortest, longest = max(1, round(low / seconds)), round(high / seconds)
    best = [
        _best_run(np.diagonal(alike, lag), size)
        for lag in range(shortest, len(every))
        for size in range(shortest, min(longest, lag, len(every) - lag) + 1)
    ]
    return float(max(best)) if best else float("nan")


def _best_run(values: Floats, size: int) -> float:
    sums = np.concatenate([[0.0], values.cumsum()])
    return float((sums[size:] - sums[:-size]).max() / size) if len(values) >= size else 0.0


MEASURES: dict[str, Callable[[Score], float]] = {
    "pitch range": pitch_range,
    "pitches used": pitches_used,
    "pitch classes used": pitch_classes_used,
    "pitch entropy": pitch_entropy,
    "pitch-class entropy": pitch_class_entropy,
    "pitch-class entropy, 1 bar": bar_entropy,
    "pitch-class entropy, 4 bars": lambda score: bar_entropy(score, 4),
    "scale consistency": scale_consistency,
    "polyphony": polyphony,
    "polyphony rate": polyphony_rate,
    "empty beats": empty_beats,
    "empty bars": empty_bars,
    "groove consistency": lambda score: groove_consistency(score, 12),
    "drums on the beat": drums_on_the_beat,
    "structureness, 3 to 8 s": lambda score: structureness(score, 3, 8),
    "structureness, 8 to 15 s": lambda score: structureness(score, 8, 15),
    "structureness, over 15 s": lambda score: structureness(score, 15, 60),
}


def measure(score: Score) -> dict[str, float]:
    """Every measure of a Score, NaN where it has none."""
    return {name: float(each(score)) for name, each in MEASURES.items()}


def _table(score: Score) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Starts, ends and pitches of the pitched notes."""
    rows = [(note.start, note.end, note.pitch) for part in score.parts if not part.is_drums for note in part.notes]
    start, end, pitch = np.array(rows, np.int64).reshape(-1, 3).T
    return start, end, pitch


def _sounding(score: Score) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of different pitches between each two moments at which any begins or ends, and the ticks between them."""
    start, end, pitch = _table(score)
    moments = np.unique(np.concatenate([[0], start, end]))
    last = _last(score)
    moments = np.unique(np.append(moments, last))
    change = np.zeros((len(moments), 128), np.int32)
    np.add.at(change, (np.searchsorted(moments, start), pitch), 1)
    np.add.at(change, (np.searchsorted(moments, end), pitch), -1)
    count = (change.cumsum(axis=0) > 0).sum(axis=1)[:-1]
    return count, np.diff(moments)


def _last(score: Score) -> int:
    return max((note.end for part in score.parts for note in part.notes), default=0)


def _empty(score: Score, starts: NDArray[np.int64]) -> float:
    """Share of stretches that begin at these ticks in which no note sounds; its very end counts as sound."""
    if _last(score) < 1:
        return float("nan")
    sounding = np.zeros(len(starts) + 1, np.int64)
    for part in score.parts:
        for note in part.notes:
            first, last = np.searchsorted(starts, (note.start, note.end), side="right") - 1
            sounding[first] += 1
            sounding[last + 1] -= 1
    return float((sounding.cumsum()[:-1] <= 0).mean())


def _entropy(counts: NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(shares * np.log2(shares)).sum() + 0.0) if counts.sum() else float("nan")
