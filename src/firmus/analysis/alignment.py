"""How much must be altered of a melody to find it in another: wrong notes, ornaments, notes left out, another rhythm.

What it is
    The cheapest way to turn a whole melody into some stretch of a line that it was transposed to, note by note. A note
    that is the same costs nothing; a wrong one up to 1, a length that differs up to 0.3, a note too many or too few
    0.5, and 0.25 where it only repeats the one before. A singer who slips by a semitone, and goes on from there, costs
    0.5 once. The sum is divided by the number of notes of the melody.
Paper
    Mongeau & Sankoff, *Comparison of musical sequences* (1990): dissimilarity by replacing, inserting and deleting
    notes, with weights for interval and length. Theirs is of whole melodies; here the line may begin and end anywhere.
Conventions
    Many stretches are compared with one melody at once, each with its own transposition. The tempo of each stretch is
    that at which most of its equal notes are equally long.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER, OCTAVE, Lines, Query
from firmus.analysis.seeds import STRETCH, Candidates

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Words = NDArray[np.int16]
SEMITONE, WHOLE_TONE, WHOLE_OCTAVE, OTHER = 0.3, 0.6, 0.3, 1.0  # costs of a wrong note, by how wrong
RHYTHM = 0.3  # of a length that is twice or half what it should be, or further off
TOO_MANY, TOO_FEW, REPEATED, SLIP = 0.5, 0.5, 0.25, 0.5
SLIPS = (-1, 0, 1)  # semitones from the first transposition that a singer may come to
NEVER = 99.0
CELLS = 1_000_000  # notes of the melody times notes of all stretches: no more are compared
SLOWEST = 96  # steps of length, above and below: that much slower or faster the melody may be

_WRONG = np.full(512, OTHER, np.float32)
_WRONG[[0, 1, 2, 12, 24]] = 0.0, SEMITONE, WHOLE_TONE, WHOLE_OCTAVE, WHOLE_OCTAVE


class Aligned(NamedTuple):
    """What it costs (K,) a note to find the melody at each place, 0 for the very same; the first and last note (K,)."""

    cost: Floats
    first: Integers
    last: Integers


def align(query: Query, lines: Lines, candidates: Candidates, closely: bool = False) -> Aligned:
    """Find a melody in many stretches of lines.

    Parameters
    ----------
    query : Query
    lines : Lines
    candidates : Candidates
        The best come first: where there are too many for the length of the melody, the last are left out.
    closely : bool
        Whether slips are allowed, and the first note is wanted; else `first` is where the stretch begins.

    Examples
    --------
    >>> from firmus.analysis.lines import of_score
    >>> from firmus.score import Note, Part, Score
    >>> pitches = (60, 62, 65, 64, 67, 69, 72, 71, 67)
    >>> tune = of_score(Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),)))
    >>> asked = Query(np.array([55, 54, 56, 59, 62]))
    >>> found = align(asked, tune, Candidates(*np.array([[0], [10], [0], [0]])), closely=True)
    >>> [round(each, 2) for each in found.cost.tolist()], found.first.tolist(), found.last.tolist()
    ([0.06], [3], [7])
    """
    size = len(query)
    before = size // 4 + 2  # notes too many may have moved the beginning
    width = before + 2 * STRETCH + size + size // 2
    most = max(CELLS // (size * width), 32)
    first, up = candidates.first[:most] - before, candidates.up[:most]
    places = first[:, None] + np.arange(width)
    places[(places < 0) | (places >= len(lines))] = 0  # which is a border
    found = lines.pitches[places]
    text = found.astype(np.int16) - up[:, None].astype(np.int16)
    lengths = None
    if query.lengths is not None:
        lengths = lines.lengths[places].astype(np.int16)
        lengths -= _tempi(query.pitches, query.lengths, text, lengths)[:, None]
    told, origin = _costs(query, text, lengths, found == BORDER, closely)
    last = told.argmin(axis=1)
    rows = np.arange(len(told))
    begin = first + (origin[rows, last] if origin is not None else 0)
    return Aligned(told[rows, last] / size, begin, first + last)


def _costs(
    query: Query, text: Words, lengths: Words | None, borders: NDArray[np.bool_], closely: bool
) -> tuple[Floats, Integers | None]:
    """Cost (K, W) of the whole melody up to each note of each stretch, and the note on which it then began."""
    width = text.shape[1]
    skipped = np.full(text.shape, TOO_FEW, np.float32)
    skipped[:, 1:][text[:, 1:] == text[:, :-1]] = REPEATED
    skipped[borders] = NEVER
    skipped = np.cumsum(skipped, axis=1)
    slips = SLIPS if closely else (0,)
    moved = text - np.array(slips, np.int16)[:, None, None]  # (slips, K, W)
    told = np.full(moved.shape, NEVER, np.float32)
    origin = np.zeros(moved.shape, np.int64) if closely else None
    for number, pitch in enumerate(query.pitches.tolist()):
        cost = _WRONG[np.abs(moved - np.int16(pitch))]
        if lengths is not None and query.lengths is not None:
            off = np.abs(lengths - np.int16(query.lengths[number]))
            cost += np.minimum(off, OCTAVE).astype(np.float32) * np.float32(RHYTHM / OCTAVE)
        cost[:, borders] = NEVER
        told, origin = _slipped(told, origin)
        goes_on = np.roll(told, 1, axis=2)
        goes_on[:, :, 0] = NEVER
        begun = np.float32(TOO_MANY * number)
        step = cost + np.minimum(goes_on, begun)
        stays = told + np.float32(TOO_MANY)
        if origin is not None:
            begins = np.where(goes_on <= begun, np.roll(origin, 1, axis=2), np.arange(width))
            origin = np.where(step <= stays, begins, origin)
        step = np.minimum(step, stays) - skipped
        told = np.minimum.accumulate(step, axis=2)
        if origin is not None:
            latest = np.maximum.accumulate(np.where(step <= told, np.arange(width), 0), axis=2)
            origin = np.take_along_axis(origin, latest, axis=2)
        told += skipped
    if origin is None:
        return told[0], None
    best = told.argmin(axis=0)[None]
    return np.take_along_axis(told, best, axis=0)[0], np.take_along_axis(origin, best, axis=0)[0]


def _slipped(told: Floats, origin: Integers | None) -> tuple[Floats, Integers | None]:
    """Costs (slips, K, W) and where they began, where one may come from the transposition beside."""
    if origin is None:
        return told, None
    found, begun = told.copy(), origin.copy()
    for mine, other in ((0, 1), (1, 0), (1, 2), (2, 1)):
        dear = told[other] + np.float32(SLIP)
        better = dear < found[mine]
        found[mine][better] = dear[better]
        begun[mine][better] = origin[other][better]
    return found, begun


def _tempi(pitches: Integers, lengths: Integers, text: Words, found: Words) -> Words:
    """How much longer (K,) notes are in each stretch than in the melody, by those of one pitch."""
    row, place, note = np.nonzero(text[:, :, None] == pitches.astype(np.int16))
    longer = np.clip(found[row, place] - lengths[note], -SLOWEST, SLOWEST) + SLOWEST
    kinds = 2 * SLOWEST + 1
    counts = np.bincount(row * kinds + longer, minlength=len(text) * kinds).reshape(-1, kinds).astype(np.float32)
    near = counts.copy()
    near[:, 1:-1] += (counts[:, 2:] + counts[:, :-2]) / 2
    best: Words = (near.argmax(axis=1) - SLOWEST).astype(np.int16)
    return best
