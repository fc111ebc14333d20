"""Shared runs: the longest stretch of a melody that occurs, note for note, in another piece.

What it is
    A run is so many notes in a row of one part whose intervals, and whose times from one beginning to the next, are
    those of a run of another piece, in any key and metrical position. For each note the longest run that it
    belongs to is reported, and where that occurs.
Paper
    Matching statistics by a suffix automaton (A. Blumer et al., The Smallest Automaton Recognizing the Subwords of a
    Text, 1985; E. Ukkonen, Approximate String-Matching with q-Grams and Maximal Matches, 1992): one pass over the
    other pieces, however many.
Conventions
    As in `firmus.analysis.copying`: of notes that begin together the highest stands for the part, 24 steps to the
    quarter; drums are left out. Runs of fewer than `FEWEST` notes are ignored: every piece shares such.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from firmus.analysis.copying import STEP
from firmus.score import Part, Score
from firmus.timing import bar_at, bars

FEWEST = 6  # notes
LONGEST_GAP = 16 * 24  # steps; of longer rests it does not matter how long
Symbol = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SharedRun:
    """A run of notes that also occurs in another piece.

    Parameters
    ----------
    part : int
        Place in `Score.parts`.
    indices : tuple of int
        Places in `Part.notes` of its notes.
    piece : str
        Name of the other piece.
    bar, semitones : int
        Number of the bar there in which the run begins, and how much higher it is there.
    """

    part: int
    indices: tuple[int, ...]
    piece: str
    bar: int
    semitones: int


class Corpus(Protocol):
    """A collection of pieces: a folder that is read through, or an index."""

    def shared(self, score: Score) -> list[SharedRun]:
        """The longest runs that a piece shares with its pieces, longest first; no run lies within another."""
        ...


def shared(score: Score, others: Iterable[tuple[str, Score]]) -> list[SharedRun]:
    """The longest runs that a piece shares with others, longest first; no run lies within another.

    Parameters
    ----------
    score : Score
    others : iterable of (str, Score)
        Names and pieces, read one by one; none is held in memory.

    Examples
    --------
    >>> from firmus.score import Note
    >>> def tune(*pitches):
    ...     return Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),))
    >>> score, reference = tune(60, 62, 64, 67, 65, 64, 62, 71), tune(70, 60, 67, 69, 71, 74, 72, 71, 69)
    >>> runs = shared(score, [("other.abc", reference)])
    >>> [(each.piece, each.bar, each.semitones, len(each.indices)) for each in runs]
    [('other.abc', 1, 7, 7)]
    """
    lines = [(place, *line(part)) for place, part in enumerate(score.parts) if not part.is_drums]
    automaton = _Automaton([symbols for _, _, symbols in lines])
    for name, reference in others:
        for place, part in enumerate(reference.parts):
            if not part.is_drums:
                automaton.read(line(part)[1], (name, place, reference))
    runs: list[SharedRun] = []
    for number, (place, indices, symbols) in enumerate(lines):
        ends = [automaton.longest(number, end) for end in range(len(symbols))]
        for end, best in enumerate(ends):
            if best is None or best.length + 1 < FEWEST:
                continue
            following = ends[end + 1] if end + 1 < len(ends) else None
            if following is None or following.length <= best.length:  # else it continues
                members = indices[end + 1 - best.length : end + 2]
                note = score.parts[place].notes[members[0]]
                runs.append(SharedRun(place, tuple(members), best.piece, best.bar, best.pitch - note.pitch))
    return sorted(runs, key=lambda run: (-len(run.indices), run.part, run.indices))


def line(part: Part) -> tuple[list[int], list[Symbol]]:
    """Places in `Part.notes` of the upper line's notes (N,), and interval and gap from each to the next (N - 1,)."""
    upper: list[int] = []
    for index, note in enumerate(part.notes):  # in order of start, then pitch
        if upper and part.notes[upper[-1]].start == note.start:
            upper[-1] = index
        else:
            upper.append(index)
    notes = [part.notes[index] for index in upper]
    symbols = [
        (later.pitch - earlier.pitch, min(round((later.start - earlier.start) / STEP), LONGEST_GAP))
        for earlier, later in pairwise(notes)
    ]
    return upper, symbols


@dataclass(frozen=True, slots=True)
class _Match:
    """So many symbols in a row of another piece: where they begin, and the pitch there."""

    length: int
    piece: str
    bar: int
    pitch: int


class _Automaton:
    """All runs of some lines, as states: a state is a set of runs that end at the same places."""

    def __init__(self, lines: Sequence[Sequence[Symbol]]) -> None:
        self.onward: list[dict[Symbol, int]] = [{}]
        self.link, self.length = [-1], [0]
        self.best: dict[int, _Match] = {}
        self.ends: list[list[int]] = []  # the state of each line up to each symbol
        for symbols in lines:
            last = 0
            self.ends.append([])
            for symbol in symbols:
                last = self._add(last, symbol)
                self.ends[-1].append(last)

    def _state(self, length: int, link: int, onward: dict[Symbol, int]) -> int:
        self.onward.append(onward)
        self.link.append(link)
        self.length.append(length)
        return len(self.length) - 1

    def _add(self, last: int, symbol: Symbol) -> int:
        """The state after one more symbol of a line."""
        if symbol in self.onward[last]:  # an earlier line went this way
            there = self.onward[last][symbol]
            return there if self.length[there] == self.length[last] + 1 else self._split(last, symbol, there)
        new = self._state(self.length[last] + 1, 0, {})
        at = last
        while at >= 0 and symbol not in self.onward[at]:
            self.onward[at][symbol] = new
            at = self.link[at]
        if at >= 0:
            there = self.onward[at][symbol]
            shorter = self.length[there] == self.length[at] + 1
            self.link[new] = there if shorter else self._split(at, symbol, there)
        return new

    def _split(self, at: int, symbol: Symbol, there: int) -> int:
        """A state for the shorter runs of another, which now also end elsewhere."""
        copy = self._state(self.length[at] + 1, self.link[there], dict(self.onward[there]))
        while at >= 0 and self.onward[at].get(symbol) == there:
            self.onward[at][symbol] = copy
            at = self.link[at]
        self.link[there] = copy
        return copy

    def read(self, symbols: Sequence[Symbol], where: tuple[str, int, Score]) -> None:
        """Look for a line of another piece, and remember the longest match of each state."""
        name, place, score = where
        state = length = 0
        longest: dict[int, tuple[int, int]] = {}
        for at, symbol in enumerate(symbols):
            while state and symbol not in self.onward[state]:
                state = self.link[state]
                length = self.length[state]
            state = self.onward[state].get(symbol, 0)
            length = length + 1 if state else 0
            reached, upward = length, state
            while reached + 1 >= FEWEST and reached > longest.get(upward, (self._known(upward), 0))[0]:
                longest[upward] = (reached, at)
                upward = self.link[upward]  # shorter runs that end here too, and elsewhere in the lines
                reached = self.length[upward]
        if longest:
            part, every = score.parts[place], bars(score)
            indices = line(part)[0]
            for state, (length, at) in longest.items():
                first = part.notes[indices[at + 1 - length]]
                self.best[state] = _Match(length, name, every[bar_at(every, first.start)].number, first.pitch)

    def _known(self, state: int) -> int:
        return self.best[state].length if state in self.best else 0

    def longest(self, number: int, at: int) -> _Match | None:
        """The longest match that ends with a symbol of a line."""
        state, found = self.ends[number][at], None
        while state > 0:
            match = self.best.get(state)
            if match and (found is None or match.length > found.length):
                found = match
            state = self.link[state]
        return found
