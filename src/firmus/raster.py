"""Rasters: steps of a sixteenth, bars of equal length, monophonic lines.

A line (S,) has a value a step for what begins there: 0 nothing (the last note is held), 1 a rest, 2 to 89 the pitches
21 to 108. A line begins with a rest or a pitch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.errors import TokenError
from firmus.score import TICKS_PER_QUARTER, Note, Score
from firmus.timing import bars

Integers = NDArray[np.integer[Any]]
Prepared = dict[str, NDArray[Any]]  # arrays of a piece, as training stores them

QUARTER = 4
STEP = TICKS_PER_QUARTER // QUARTER
LONGEST_BAR = 24  # steps: 6/4 and 12/8
MOST_STEPS = 1 << 16
HOLD, REST, FIRST = 0, 1, 2
LOWEST, HIGHEST = 21, 108
LINE = FIRST + HIGHEST - LOWEST + 1  # values of a line


@dataclass(frozen=True, slots=True)
class Window:
    """Some bars of a raster, all of one length.

    Parameters
    ----------
    values : array (T, C)
    bar : int
        Steps in each bar; T is a multiple of it.
    style : str
    """

    values: Integers
    bar: int
    style: str = ""


def steps(score: Score, limit: int = MOST_STEPS) -> int:
    """Sixteenths that a score lasts, the last one full.

    Raises
    ------
    TokenError
        Where it is too long.
    """
    count = -(-score.end // STEP)
    if count > limit:
        raise TokenError(f"the score lasts {count} sixteenths: this raster holds {limit} at most")
    return count


def bar_lines(score: Score) -> Integers:
    """First step and length (B, 2) of every bar; length 0 where a bar is no whole number of sixteenths, or too long."""
    rows = []
    for bar in bars(score):
        length = bar.end - bar.start
        fits = bar.number > 0 and bar.start % STEP == length % STEP == 0 and length <= LONGEST_BAR * STEP
        rows.append((bar.start // STEP, length // STEP if fits else 0))
    return np.array(rows, np.int32).reshape(-1, 2)


def packed(raster: Integers, score: Score, style: str) -> Prepared:
    """A raster (S, C) and the other arrays of a piece that training stores."""
    return {"raster": raster, "bars": bar_lines(score), "style": np.frombuffer(style.encode(), np.uint8)}


def table(values: Integers, columns: int) -> Integers:
    """Raster (S, columns) of any array, an incomplete last step left out."""
    flat = np.asarray(values).astype(np.int64).reshape(-1)
    return flat[: len(flat) // columns * columns].reshape(-1, columns)


def draw(prepared: Prepared, generator: np.random.Generator, count: int) -> tuple[Window, Integers] | None:
    """A random window of `count` bars of equal length, and the step before it; None where the piece has none."""
    lines = prepared["bars"]
    candidates = possible(lines, count, len(prepared["raster"]))
    if not len(candidates):
        return None
    first, length = lines[int(generator.choice(candidates))]
    values = prepared["raster"][first : first + count * length].astype(np.int64)
    style = bytes(prepared["style"]).decode()
    return Window(values, int(length), style), prepared["raster"][:first]


def possible(lines: Integers, count: int, end: int) -> NDArray[np.int64]:
    """Bars from which `count` bars of equal length follow within `end` steps."""
    if len(lines) < count:
        return np.empty(0, np.int64)
    lengths = np.lib.stride_tricks.sliding_window_view(lines[:, 1], count)
    is_regular = (lengths[:, :1] > 0).ravel() & (lengths == lengths[:, :1]).all(axis=1)
    fits = lines[: len(lengths), 0] + lengths.sum(axis=1) <= end
    return np.flatnonzero(is_regular & fits)


def begun(line: Integers, before: Integers) -> Integers:
    """A cut line (T,) whose first step restates what sounds there, by the steps before it."""
    if len(line) and line[0] == HOLD:
        earlier = before[before != HOLD]
        line = line.copy()
        line[0] = earlier[-1] if len(earlier) else REST
    return line


def moved(line: Integers, shift: int) -> Integers:
    """A line transposed by semitones; pitches that would leave the range move back by an octave."""
    pitches = line >= FIRST
    shifted = line + np.where(pitches, shift, 0)
    shifted = np.where(pitches & (shifted < FIRST), shifted + 12, shifted)
    return np.where(pitches & (shifted >= LINE), shifted - 12, shifted)


def to_line(notes: Iterable[Note], count: int, *, lowest: bool = False) -> Integers:
    """Line (count,) of some notes: of several at a time the highest, or the lowest, by octaves into the range."""
    chosen: dict[int, tuple[int, int]] = {}
    for note in notes:
        first = nearest(note.start)
        pitch, last = in_range(note.pitch), max(nearest(note.end), first + 1)
        if first < count:
            current = chosen.get(first)
            better = current is None or (pitch < current[0] if lowest else pitch > current[0])
            if better or (current and pitch == current[0] and last > current[1]):
                chosen[first] = (pitch, last)
    line = np.zeros(count, np.int16)
    onsets = sorted(chosen)
    for onset, next_onset in zip(onsets, [*onsets, count][1:], strict=True):
        pitch, last = chosen[onset]
        line[onset] = FIRST + pitch - LOWEST
        if last < next_onset:
            line[last] = REST
    return begun(line, line[:0])


def from_line(line: Integers, velocity: int = 80) -> tuple[Note, ...]:
    """Notes of any line; the inverse of `to_line`. Invalid values count as `HOLD`."""
    line = np.where((line < 0) | (line >= LINE), HOLD, line)
    changes = np.flatnonzero(line != HOLD)
    ends = np.append(changes, len(line))[1:]
    return tuple(
        Note(int(start) * STEP, int(end - start) * STEP, int(line[start]) - FIRST + LOWEST, velocity)
        for start, end in zip(changes, ends, strict=True)
        if line[start] >= FIRST
    )


def in_range(pitch: int) -> int:
    """A pitch, moved by octaves into the range of a line."""
    pitch += 12 * max(0, -((pitch - LOWEST) // 12))
    return pitch - 12 * max(0, -((HIGHEST - pitch) // 12))


def nearest(tick: int) -> int:
    """The nearest step, the later of two."""
    return (tick + STEP // 2) // STEP
