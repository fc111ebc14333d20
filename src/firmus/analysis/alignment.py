"""Edit distance from a melody to a passage of another: wrong notes, ornaments, omitted notes, another rhythm.

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

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER, OCTAVE, Lines, Query
from firmus.analysis.ngram_index import STRETCH, Candidates

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Words = NDArray[np.int16]
SEMITONE, WHOLE_TONE, WHOLE_OCTAVE, OTHER = 0.3, 0.6, 0.3, 1.0  # costs of a wrong note, by how wrong
RHYTHM = 0.3  # of a length that is twice or half what it should be, or further off
TOO_MANY, TOO_FEW, REPEATED, SLIP = 0.5, 0.5, 0.25, 0.5
SLIPS = (-1, 0, 1)  # semitones by which a singer may drift from the first transposition
NEVER = 99.0
CELLS = 1_000_000  # notes of the melody times notes of all stretches: no more are compared
SLOWEST = 96  # steps of length, above and below: that much slower or faster the melody may be

NO_NOTE = 1024  # represents a border: farther than any wrong note

_WRONG = np.full(2048, OTHER, np.float32)
_WRONG[[0, 1, 2, 12, 24]] = 0.0, SEMITONE, WHOLE_TONE, WHOLE_OCTAVE, WHOLE_OCTAVE
_WRONG[NO_NOTE // 2 :] = NEVER
_UNEVEN = np.minimum(np.arange(512, dtype=np.float32), OCTAVE) * np.float32(RHYTHM / OCTAVE)


class Aligned(NamedTuple):
    """Cost (K,) a note of the best alignment with each candidate, 0 where identical; its first and last note (K,)."""

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
        Whether slips are allowed, and the first note is located; else `first` is where the stretch begins.

    Examples
    --------
    >>> from firmus.analysis.lines import APART, of_score
    >>> from firmus.score import Note, Part, Score
    >>> pitches = (60, 62, 65, 64, 67, 69, 72, 71, 67)
    >>> tune = of_score(Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),)))
    >>> melody = Query(np.array([55, 54, 56, 59, 62]))
    >>> aligned = align(melody, tune, Candidates(*np.array([[APART], [10], [0], [0]])), closely=True)
    >>> [round(each, 2) for each in aligned.cost.tolist()], aligned.first.tolist(), aligned.last.tolist()
    ([0.06], [34], [38])
    """
    size = len(query)
    before = size // 4 + 2  # extra notes may shift the beginning
    width = before + 2 * STRETCH + size + size // 2
    most = max(CELLS // (size * width), 32)
    first, up = candidates.first[:most] - before, candidates.up[:most]
    places = np.arange(width)[:, None] + first  # (W, K), for steps of all stretches at once
    places[(places < 0) | (places >= len(lines))] = 0  # which is a border
    pitches = lines.pitches[places]
    target = pitches.astype(np.int16) - up.astype(np.int16)
    target[pitches == BORDER] = NO_NOTE
    lengths = None
    if query.lengths is not None:
        lengths = lines.lengths[places].astype(np.int16)
        lengths -= _tempi(query.pitches, query.lengths, target, lengths)
    costs, origin = _costs(query, target, lengths, closely)
    last = costs.argmin(axis=0)
    stretches = np.arange(len(first))
    begin = first + (origin[last, stretches] if origin is not None else 0)
    return Aligned(costs[last, stretches] / size, begin, first + last)


def _costs(query: Query, target: Words, lengths: Words | None, closely: bool) -> tuple[Floats, Integers | None]:
    """Cost (W, K) of the whole melody up to each note of each stretch, and the note on which it then began."""
    all_notes = np.arange(len(target))[:, None]
    skipped = np.full(target.shape, TOO_FEW, np.float32)
    skipped[1:][target[1:] == target[:-1]] = REPEATED
    skipped[target == NO_NOTE] = NEVER
    skipped = np.cumsum(skipped, axis=0)
    slips = SLIPS if closely else (0,)
    note_costs = _note_costs(query, target - np.array(slips, np.int16)[:, None, None], lengths)
    total = np.full((len(slips), *target.shape), NEVER, np.float32)
    origin = np.zeros(total.shape, np.int64) if closely else None
    for number, cost in enumerate(note_costs):
        total, origin = _with_slips(total, origin)
        begun = np.float32(TOO_MANY * number)
        goes_on = total[:, :-1]
        step = cost + begun
        np.add(cost[:, 1:], np.minimum(goes_on, begun), out=step[:, 1:])
        stays = total + np.float32(TOO_MANY)
        if origin is not None:
            begins = np.broadcast_to(all_notes, origin.shape).copy()
            np.copyto(begins[:, 1:], origin[:, :-1], where=goes_on <= begun)
            origin = np.where(step <= stays, begins, origin)
        np.minimum(step, stays, out=step)
        step -= skipped
        total = np.minimum.accumulate(step, axis=1)
        if origin is not None:
            latest = np.maximum.accumulate(np.where(step <= total, all_notes, 0), axis=1)
            origin = np.take_along_axis(origin, latest, axis=1)
        total += skipped
    if origin is None:
        return total[0], None
    best = total.argmin(axis=0)[None]
    return np.take_along_axis(total, best, axis=0)[0], np.take_along_axis(origin, best, axis=0)[0]


def _note_costs(query: Query, target: Words, lengths: Words | None) -> Iterator[Floats]:
    """Cost (slips, W, K) of matching each note of the melody with each note of each stretch."""
    wrong = {pitch: _WRONG[np.abs(target - np.int16(pitch))] for pitch in set(query.pitches.tolist())}
    if lengths is None or query.lengths is None:
        yield from (wrong[pitch] for pitch in query.pitches.tolist())
        return
    rhythm = {each: _UNEVEN[np.abs(lengths - np.int16(each))] for each in set(query.lengths.tolist())}
    for pitch, length in zip(query.pitches.tolist(), query.lengths.tolist(), strict=True):
        yield wrong[pitch] + rhythm[length]


def _with_slips(total: Floats, origin: Integers | None) -> tuple[Floats, Integers | None]:
    """Costs (slips, W, K) and their origins, where a path may come from the neighbouring transposition."""
    if origin is None:
        return total, None
    best, begun = total.copy(), origin.copy()
    for state, other in ((0, 1), (1, 0), (1, 2), (2, 1)):
        slipped = total[other] + np.float32(SLIP)
        better = slipped < best[state]
        best[state][better] = slipped[better]
        begun[state][better] = origin[other][better]
    return best, begun


def _tempi(pitches: Integers, lengths: Integers, target: Words, target_lengths: Words) -> Words:
    """How much longer (K,) notes are in each stretch than in the melody, by those of one pitch."""
    kinds, size = 2 * SLOWEST + 1, target.shape[1]
    distinct, index = np.unique(pitches, return_inverse=True)
    ballots: list[Integers] = []
    for number, pitch in enumerate(distinct.tolist()):
        matches = np.flatnonzero(target == np.int16(pitch))
        longer = target_lengths.ravel()[matches, None] - lengths[index == number].astype(np.int16)
        ballots.append(((matches % size)[:, None] * kinds + np.clip(longer, -SLOWEST, SLOWEST) + SLOWEST).ravel())
    counts = np.bincount(np.concatenate(ballots), minlength=size * kinds).reshape(-1, kinds).astype(np.float32)
    near = counts.copy()
    near[:, 1:-1] += (counts[:, 2:] + counts[:, :-2]) / 2
    return (near.argmax(axis=1) - SLOWEST).astype(np.int16)
