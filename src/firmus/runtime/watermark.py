"""Statistical watermark: pitches drawn with random numbers that a key and the notes before them give.

What it is: where a note's pitch is drawn, the randomness comes from a keyed hash of its context rather than from the
generator. Whoever has the key can compute the same numbers from the notes alone, and see that they are too large to be
chance (`firmus.rights.watermark`). The probability of each pitch is not changed.

Paper: exponential-minimum (Gumbel) sampling, S. Aaronson, *Watermarking GPT outputs* (2022); each context is used once,
as in S. Dathathri et al., *Scalable watermarking for identifying large language model outputs*, Nature 634 (2024).

Conventions: a context is the last `ORDER` intervals (semitones) of a part and the place in the bar of the note to come,
so that it survives transposition, another tempo and another format. The notes of a part are in order of onset and
pitch. Drums bear no watermark, nor do the first notes of a part.
"""

from __future__ import annotations

import hashlib
import hmac
from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus import timing
from firmus.runtime.sampling import GREEDY, Sampling, nucleus
from firmus.score import Score
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

ORDER = 3  # intervals of a context
PUBLIC_KEY = hashlib.sha256(b"Firmus: the watermark that everyone can detect").digest()
_WIDTH = 255  # intervals from -127 to 127
_PITCHES = slice(vocabulary.PITCH, vocabulary.PITCH + 128)


class Context(NamedTuple):
    """Where a note stands: the intervals before it, and its place in the bar (steps of 24 to the quarter)."""

    intervals: tuple[int, ...]
    place: int


def uniforms(key: bytes, context: Context) -> NDArray[np.float64]:
    """Numbers (255,) between 0 and 1, one for each interval from -127 to 127 that may follow a context.

    Examples
    --------
    >>> numbers = uniforms(PUBLIC_KEY, Context((2, 2, -4), 48))
    >>> bool(0 < numbers.min() and numbers.max() < 1), len(numbers)
    (True, 255)
    """
    message = np.array([*context.intervals, context.place], "<i4").tobytes()
    stream = hashlib.shake_256(hmac.digest(key, message, "sha256")).digest(4 * _WIDTH)
    return (np.frombuffer(stream, "<u4") + 0.5) / 2**32


class Step(NamedTuple):
    """A note that has a context, the interval that leads to it, and its place: part, and number among its notes."""

    context: Context
    interval: int
    part: int
    note: int


def steps(score: Score) -> Iterator[Step]:
    """The notes that have a context; part by part.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> notes = tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate((60, 62, 64, 65, 67)))
    >>> list(steps(Score((Part("", notes),))))
    [Step(context=Context(intervals=(2, 2, 1), place=0), interval=2, part=0, note=4)]
    """
    all_bars = timing.bars(score)
    for place, part in enumerate(score.parts):
        if part.is_drums or not all_bars:
            continue
        notes = sorted((note.start, note.pitch, number) for number, note in enumerate(part.notes))
        pitches = [pitch for _, pitch, _ in notes]
        for index in range(ORDER + 1, len(notes)):
            start, pitch, number = notes[index]
            bar = all_bars[timing.bar_at(all_bars, start)]
            context = Context(
                _intervals(pitches[index - ORDER - 1 : index]),
                round((start - bar.start + bar.place) / vocabulary.UNIT),
            )
            yield Step(context, pitch - pitches[index - 1], place, number)


class Watermark:
    """Draws pitches so that whoever has the key can detect it; each context once, as in the notes that are there.

    Parameters
    ----------
    key : bytes
        Empty for no watermark: whatever was drawn stays.
    score : Score
        What is there before anything is composed.
    """

    def __init__(self, key: bytes, score: Score) -> None:
        self.key = key
        self._used = {step.context for step in steps(score)} if key else set()

    def window(self, cursor: Cursor) -> None:
        """Begin a window, whose cursor has read the prompt."""
        self._cursor = cursor
        self._lines = [sorted((start, pitch) for start, _, pitch, _ in notes) for notes in cursor.notes]
        self._count = [len(notes) for notes in cursor.notes]
        self._given = list(self._count)

    def draw(self, token: int, logits: NDArray[np.float32], allowed: NDArray[np.bool_], sampling: Sampling) -> int:
        """The pitch to take where a pitch was drawn; any other token, and one without a new context, stays.

        Parameters
        ----------
        token : int
            As drawn from `logits` (V,) among those that are `allowed` (V,).
        logits, allowed, sampling
            See `firmus.runtime.sampling.draw`.
        """
        if not self.key or not _PITCHES.start <= token < _PITCHES.stop or sampling.temperature < GREEDY:
            return token
        before, is_first = self._before()
        context = Context(_intervals(before), self._cursor.place)
        if len(before) <= ORDER or context in self._used:
            return token
        self._used.add(context)
        if is_first:
            return token
        tokens, masses = nucleus(logits, allowed, sampling)
        is_pitch = (tokens >= _PITCHES.start) & (tokens < _PITCHES.stop) & (masses > 0)
        tokens, masses = tokens[is_pitch], masses[is_pitch]
        numbers = uniforms(self.key, context)[tokens - vocabulary.PITCH - before[-1] + 127]
        return int(tokens[(np.log(numbers) / masses).argmax()])

    def _before(self) -> tuple[list[int], bool]:
        """Pitches of the last notes of the part, and whether the next is the first of those that are composed.

        That one is drawn by the generator alone: else two attempts at the same bars began alike.
        """
        cursor, lane = self._cursor, self._cursor.lane - 1
        line, notes = self._lines[lane], cursor.notes[lane]
        for start, _, pitch, _ in notes[self._count[lane] :]:
            insort(line, (start, pitch))
        self._count[lane] = len(notes)
        now = cursor.bars[cursor.bar].start + cursor.place
        end = bisect_left(line, (now, -1))
        is_second = end < len(line) and line[end][0] == now  # beside notes of another length, drawn before
        if is_second:
            return [], False
        before = [*(pitch for _, pitch in line[max(0, end - ORDER - 1) : end]), *(pitch for pitch, _ in cursor.chord)]
        return before[-ORDER - 1 :], self._count[lane] == self._given[lane] and not cursor.chord


def _intervals(pitches: list[int]) -> tuple[int, ...]:
    return tuple(later - earlier for earlier, later in pairwise(pitches))
