"""A guard against copying: a pitch that would lengthen a run of the training music past a limit is masked.

While a part is composed, each n-gram of its upper line is looked up in the index of the training music
(`firmus.analysis.fingerprints`). N-grams that follow each other in one piece are a run. Once a run has as many notes as
the limit, the pitches that would go on with it are masked, unless nothing else is possible. The shipped index keeps one
n-gram of eleven in a row, so that a run may be longer by some notes before it is noticed.

Paper: Papadopoulos, Roy & Pachet, *Avoiding plagiarism in Markov sequence generation* (2014), for a limit on the length
of copied runs that is kept while composing, not checked afterwards.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.fingerprints import NOTES, PLACE_BITS, PLACES, WIDEST, Index, Melodies, hashed, hashed_one, hashes
from firmus.analysis.lines import OCTAVE, of_score
from firmus.score import Score
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

LIMIT = 12  # notes of a run, repeated ones counted once
PATIENCE = 20  # n-grams of a run that may be missing between two that are found
PENALTY = 100.0  # nats: as good as forbidden
_INTERVALS = np.append(np.arange(-WIDEST, 0), np.arange(1, WIDEST + 1))  # to the next note, which is another


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """What must not be copied.

    Parameters
    ----------
    index : Index
    own : frozenset of int
        Hashes of n-grams that may come whatever the index says: those of the person's own music.
    limit : int
        Notes of a run.
    """

    index: Index
    own: frozenset[int] = frozenset()
    limit: int = LIMIT

    @classmethod
    def of(cls, index: Index, given: Score | None, limit: int = LIMIT) -> Guard:
        """A guard that leaves alone what a person has given."""
        own = hashes(Melodies.of(of_score(given))).hashes.tolist() if given is not None else ()
        return cls(index, frozenset(own), limit)

    def among(self, ngrams: NDArray[np.uint64]) -> tuple[list[int], list[int]]:
        """Which of some n-grams are in the index, by their places among them and their hashes."""
        first = ngrams << np.uint64(PLACE_BITS)
        begins = np.minimum(self.index.words.searchsorted(first), max(len(self.index.words) - 1, 0))
        rows = np.flatnonzero(self.index.words[begins] >> np.uint64(PLACE_BITS) == ngrams)
        return rows.tolist(), ngrams[rows].tolist()

    def places(self, ngram: int) -> list[int]:
        """Where an n-gram stands in the index."""
        words, first = self.index.words, np.uint64(ngram << PLACE_BITS)
        begin = int(words.searchsorted(first))
        found = []
        while begin < len(words) and int(words[begin]) >> PLACE_BITS == ngram:
            found.append(int(words[begin] & PLACES))
            begin += 1
        return found


@dataclass(slots=True)
class _Line:
    """The upper line of a part so far, repeated notes as one, and the runs that end in it."""

    onsets: list[int] = field(default_factory=list)
    tops: dict[int, int] = field(default_factory=dict)
    taken: int = 0  # notes of the cursor
    runs: dict[int, tuple[int, int]] = field(default_factory=dict)  # diagonal: first note, last n-gram
    looked_up: int = 0  # notes whose n-grams were
    starts: list[int] = field(default_factory=list)
    pitches: list[int] = field(default_factory=list)


class CopyGuard:
    """Pitches that would lengthen a copied run.

    Parameters
    ----------
    cursor : Cursor
        Reads the tokens of a window; its notes so far are taken from it.
    guard : Guard or None
        None forbids nothing.
    """

    def __init__(self, cursor: Cursor, guard: Guard | None) -> None:
        self.cursor, self.guard = cursor, guard
        self._lines: dict[int, _Line] = {}

    def forbidden(self) -> tuple[int, ...]:
        """Tokens of the pitches that would lengthen a run past the limit at the cursor's place."""
        cursor, guard = self.cursor, self.guard
        if guard is None or cursor.lane <= 0 or cursor.programs[cursor.lane - 1] == vocabulary.DRUMS:
            return ()
        now = cursor.bars[cursor.bar].start + cursor.place
        line = self._lines.setdefault(cursor.lane, _Line())
        self._extend(line, cursor.notes[cursor.lane - 1], now)
        count = len(line.pitches)
        first = count - NOTES + 1
        due = [
            diagonal
            for diagonal, (begin, last) in line.runs.items()
            if count + 1 - begin > guard.limit and first - last <= PATIENCE
        ]
        if not due or first < 0:
            return ()
        notes = np.tile(np.array(line.pitches[first:]), (len(_INTERVALS), 1))
        pitches = np.concatenate([notes, notes[:, -1:] + _INTERVALS[:, None]], axis=1)
        lengths = np.tile(np.array(_lengths([*line.starts[first:], now])), (len(_INTERVALS), 1))
        ngrams = hashed(pitches, lengths)
        known = {diagonal + first for diagonal in due}
        return tuple(
            vocabulary.PITCH + int(pitches[row, -1])
            for row, ngram in zip(*guard.among(ngrams), strict=True)
            if 0 <= pitches[row, -1] < 128 and ngram not in guard.own and known.intersection(guard.places(ngram))
        )

    def _extend(self, line: _Line, notes: list[tuple[int, int, int, int]], now: int) -> None:
        """Take the notes that begin before a time, and look up the n-grams that they complete."""
        for start, _, pitch, _ in notes[line.taken :]:
            if start not in line.tops:
                insort(line.onsets, start)
            line.tops[start] = max(pitch, line.tops.get(start, 0))
        line.taken = len(notes)
        reached = bisect_left(line.onsets, now)
        for onset in line.onsets[bisect_left(line.onsets, line.starts[-1] + 1) if line.starts else 0 : reached]:
            if not line.pitches or line.tops[onset] != line.pitches[-1]:
                self._look_up(line, onset)
                line.starts.append(onset)
                line.pitches.append(line.tops[onset])

    def _look_up(self, line: _Line, onset: int) -> None:
        """Look up the n-gram that ends with the last note, now that it is known how long that lasts."""
        guard, first = self.guard, len(line.pitches) - NOTES
        if guard is None or first < 0:
            return
        ngram = hashed_one(line.pitches[first:], _lengths(line.starts[first:]))
        if ngram in guard.own:
            return
        places: Iterable[int] = guard.places(ngram)
        for place in places:
            begin, last = line.runs.get(place - first, (first, first))
            line.runs[place - first] = (begin if first - last <= PATIENCE else first, first)


def _lengths(starts: list[int]) -> list[int]:
    """Eighths of an octave from a quarter note, of each note until the next one begins."""
    steps = (max(later - earlier, 1) for earlier, later in pairwise(starts))
    return [round(OCTAVE * log2(each / vocabulary.QUARTER)) for each in steps]
