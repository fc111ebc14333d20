"""Measures of bars as wholes, all parts together: how many are different, how long one is repeated, the groove.

Conventions
    Bars are equal where all parts have the same notes at the same places, to a twelfth of a quarter note. Only full
    bars count. Of drums: a snare is any of General MIDI's snares, side sticks and claps; cymbals are hi-hats and rides.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from firmus.drums import SNARES
from firmus.score import TICKS_PER_QUARTER, Score
from firmus.timing import bar_at, bars, beat

GRID = TICKS_PER_QUARTER // 12
CYMBALS = (22, 26, 42, 44, 46, 51, 53, 59)
NEAR = TICKS_PER_QUARTER // 8  # ticks by which a drummer may miss a place
Content = frozenset[tuple[int, int, int]]


def distinct_bars(score: Score) -> float:
    """Share of the bars that are different from all before.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> bar, tune = [60, 62, 64, 65], Part("", tuple(Note(480 * i, 480, 60 + i % 4) for i in range(16)))
    >>> distinct_bars(Score((tune,))), longest_run(Score((tune,)))
    (0.25, 4.0)
    """
    found = _contents(score)
    return len(set(found)) / len(found) if found else float("nan")


def longest_run(score: Score) -> float:
    """Bars of the longest run of equal ones, silent ones aside; 1 where none is repeated at once."""
    runs = [len(list(some)) for content, some in groupby(_contents(score)) if content]
    return float(max(runs)) if runs else float("nan")


def backbeat(score: Score) -> float:
    """Share of the bars of four beats with drums in which the snare is struck on the second and the fourth.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> strokes = (Note(0, 60, 36), Note(480, 60, 38), Note(960, 60, 36), Note(1440, 60, 38), Note(1920, 1920, 36))
    >>> backbeat(Score((Part("", strokes, is_drums=True),)))
    0.5
    """
    found = []
    for start, step, count, strokes in _drum_bars(score):
        if count == 4:
            snares = np.array([tick for tick, drum in strokes if drum in SNARES])
            wanted = (start + step, start + 3 * step)
            found.append(len(snares) > 0 and all(np.abs(snares - tick).min() <= NEAR for tick in wanted))
    return float(np.mean(found)) if found else float("nan")


def steady_cymbal(score: Score) -> float:
    """Share of the bars with drums in which a hi-hat or ride is struck evenly, on every beat at least.

    A crash may stand for one stroke, and one stroke may be added.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> strokes = (*(Note(240 * i, 60, 42) for i in range(8)), Note(1920, 60, 42), Note(2640, 60, 42))
    >>> steady_cymbal(Score((Part("", strokes, is_drums=True),)))
    0.5
    """
    found = []
    for start, step, count, strokes in _drum_bars(score):
        places = np.array(sorted({tick - start for tick, drum in strokes if drum in CYMBALS}))
        found.append(len(places) > 0 and any(_is_even(places, step / parts, parts * count) for parts in (1, 2, 3, 4)))
    return float(np.mean(found)) if found else float("nan")


def _is_even(places: NDArray[np.int64], distance: float, count: int) -> bool:
    """Whether strokes fall on all places at this distance but one, and on one other at most."""
    wanted = distance * np.arange(count)
    struck = np.abs(places[:, None] - wanted).min(axis=0) <= NEAR
    return bool(struck.sum() >= count - 1 and len(places) <= count + 1)


def _contents(score: Score) -> list[Content]:
    """Notes of each full bar: place, pitch, part."""
    all_bars = bars(score)
    found: list[set[tuple[int, int, int]]] = [set() for _ in all_bars]
    for number, part in enumerate(score.parts):
        for note in part.notes:
            bar = bar_at(all_bars, note.start)
            found[bar].add(((note.start - all_bars[bar].start + GRID // 2) // GRID, note.pitch, number))
    return [frozenset(content) for bar, content in zip(all_bars, found, strict=True) if bar.number > 0]


def _drum_bars(score: Score) -> list[tuple[int, int, int, list[tuple[int, int]]]]:
    """Of each full bar in which drums play: its start, ticks of a beat, beats, and strokes (tick, drum)."""
    strokes = sorted((note.start, note.pitch) for part in score.parts if part.is_drums for note in part.notes)
    ticks = [tick for tick, _ in strokes]
    found = []
    for bar in bars(score):
        step = beat(bar.meter)
        inside = strokes[bisect_left(ticks, bar.start - NEAR) : bisect_left(ticks, bar.end - NEAR)]
        if bar.number > 0 and inside:
            found.append((bar.start, step, (bar.end - bar.start) // step, inside))
    return found
