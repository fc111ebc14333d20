"""A guard against copying: a pitch that would lengthen a run of the training music past a limit is masked.

While a part is composed, the last steps of its upper line are looked up in the index of the training music
(`firmus.analysis.melody_index`). Places there whose steps and rhythms are the same are runs, and go on for as long as
both stay the same. Once a run with one note more would tell more than the limit, the pitches that would go on with it
are masked, unless nothing else is possible. What a run tells is measured in the same bits as a finished piece is
judged by, so that a long scale may go on.

Paper: Papadopoulos, Roy & Pachet, *Avoiding plagiarism in Markov sequence generation* (2014), for a limit on copied
runs that is kept while composing, not checked afterwards.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from math import log2
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER, OCTAVE, of_score
from firmus.analysis.melodies import EVEN, RATIOS, Melodies
from firmus.analysis.melody_index import MelodyIndex
from firmus.analysis.seeds import steps as steps_of
from firmus.analysis.surprise import RETURNED, figure
from firmus.score import Score
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

LIMIT = 10.0  # bits of a run beyond those that the best of so many notes tells by chance
PENALTY = 100.0  # nats: as good as forbidden
COMMON = 2000  # places: steps that stand in more of them are no beginning of a copy
Integers = NDArray[np.int64]
Ngram = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """What must not be copied.

    Parameters
    ----------
    index : MelodyIndex
    own : frozenset of n-grams
        Steps that may come whatever the index says: those of the person's own music.
    limit : float
        Bits of a run, beyond chance.
    """

    index: MelodyIndex
    own: frozenset[Ngram] = frozenset()
    limit: float = LIMIT

    @classmethod
    def of(cls, index: MelodyIndex, given: Score | None, limit: float = LIMIT) -> Guard:
        """A guard that leaves alone what a person has given."""
        if given is None:
            return cls(index, limit=limit)
        pitches = Melodies.of(of_score(given)).pitches
        modulus = index.symbols.modulus
        size = steps_of(modulus)
        windows = np.lib.stride_tricks.sliding_window_view(np.append(pitches, [BORDER] * (size + 1)), size + 1)
        steps = np.diff(windows[(windows != BORDER).all(axis=1)], axis=1) % modulus
        return cls(index, frozenset(map(tuple, steps.tolist())), limit)

    @property
    def most(self) -> float:
        """Bits of a run that may still go on."""
        return self.limit + log2(max(len(self.index.seeds.places), 2))


class _Runs(NamedTuple):
    """Places of the index (R,) that go on as the line does up to its last note; the note on which each begins (R,)."""

    places: Integers
    firsts: Integers


_NONE = _Runs(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(slots=True)
class _Line:
    """The upper line of a part so far, repeated notes as one, and the runs that end in it."""

    onsets: list[int] = field(default_factory=list)
    tops: dict[int, int] = field(default_factory=dict)
    taken: int = 0  # notes of the cursor
    starts: list[int] = field(default_factory=list)
    pitches: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)  # to each note; 0 to the first
    rhythms: list[int] = field(default_factory=list)  # of all notes but the last, whose length is not yet known
    told: list[float] = field(default_factory=list)  # bits up to each of these notes
    figures: set[Ngram] = field(default_factory=set)  # that came
    runs: _Runs = _NONE  # up to these notes


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
        self._extend(guard, line, cursor.notes[cursor.lane - 1], now)
        size, modulus = steps_of(guard.index.symbols.modulus), guard.index.symbols.modulus
        if len(line.steps) <= size:
            return ()
        rhythm = _rhythm(line, now)
        runs = _longer(guard, line, rhythm)
        if not len(runs.places):
            return ()
        told = line.told[-1] + _told(guard, line, rhythm)
        pitches = guard.index.symbols.pitches
        after = pitches[runs.places + 1].astype(np.int64)
        steps = (after - pitches[runs.places]) % modulus
        bits = (
            told - np.array(line.told)[runs.firsts] + guard.index.surprise.steps[line.steps[-2], line.steps[-1], steps]
        )
        due = set(steps[(bits > guard.most) & (after != BORDER)].tolist())
        before = tuple(line.steps[len(line.steps) - size + 1 :])
        due = {step for step in due if (*before, step) not in guard.own}
        last = line.pitches[-1]
        return tuple(vocabulary.PITCH + p for p in range(128) if p != last and (p - last) % modulus in due)

    def _extend(self, guard: Guard, line: _Line, notes: list[tuple[int, int, int, int]], now: int) -> None:
        """Take the notes that begin before a time, and lengthen the runs that they go on with."""
        for start, _, pitch, _ in notes[line.taken :]:
            if start not in line.tops:
                insort(line.onsets, start)
            line.tops[start] = max(pitch, line.tops.get(start, 0))
        line.taken = len(notes)
        reached = bisect_left(line.onsets, now)
        for onset in line.onsets[bisect_left(line.onsets, line.starts[-1] + 1) if line.starts else 0 : reached]:
            pitch = line.tops[onset]
            if not line.pitches:
                line.steps.append(0)
            elif pitch == line.pitches[-1]:
                continue
            else:
                rhythm = _rhythm(line, onset)
                line.runs = _longer(guard, line, rhythm)
                line.told.append((line.told[-1] if line.told else 0.0) + _told(guard, line, rhythm))
                line.figures.add(tuple(line.steps[-figure(guard.index.symbols.modulus) :]))
                line.rhythms.append(rhythm)
                line.steps.append((pitch - line.pitches[-1]) % guard.index.symbols.modulus)
            line.starts.append(onset)
            line.pitches.append(pitch)


def _longer(guard: Guard, line: _Line, rhythm: int) -> _Runs:
    """The runs up to the last note, whose rhythm is now known: those that go on, and those that begin."""
    index, modulus = guard.index, guard.index.symbols.modulus
    pitches, rhythms = index.symbols.pitches, index.symbols.rhythms
    places = line.runs.places + 1
    goes_on = (pitches[places] != BORDER) & (rhythms[places] == rhythm)
    goes_on &= (pitches[places].astype(np.int64) - pitches[places - 1]) % modulus == line.steps[-1]
    places, firsts = places[goes_on], line.runs.firsts[goes_on]
    size = steps_of(modulus)
    if len(line.steps) <= size:
        return _NONE
    ngram = tuple(line.steps[-size:])
    if ngram in guard.own:
        return _NONE
    found = index.seeds.exact(ngram).astype(np.int64) + size
    if len(found) <= COMMON:
        wanted = [
            *line.rhythms[len(line.rhythms) - size + 2 :],
            rhythm,
        ]  # the first note's rhythm belongs to what precedes
        for back, each in enumerate(reversed(wanted)):
            found = found[rhythms[found - back] == each]
        found = found[~np.isin(found, places)]
        places = np.concatenate([places, found])
        firsts = np.concatenate([firsts, np.full(len(found), len(line.steps) - 1 - size)])
    return _Runs(places, firsts)


def _rhythm(line: _Line, end: int) -> int:
    """Class of the last note's length, up to a time, to the length before."""
    if len(line.starts) < 2:
        return EVEN
    first, second = line.starts[-2:]
    return bisect_right(RATIOS, _length(end - second) - _length(second - first))


def _length(ticks: int) -> int:
    """Eighths of an octave from a quarter note."""
    return round(OCTAVE * log2(max(ticks, 1) / vocabulary.QUARTER))


def _told(guard: Guard, line: _Line, rhythm: int) -> float:
    """Bits that the last note tells."""
    if len(line.steps) < 4:
        return 0.0
    surprise = guard.index.surprise
    bits = float(surprise.steps[tuple(line.steps[-3:])] + surprise.rhythms[(*line.rhythms[-2:], rhythm)])
    returned = tuple(line.steps[-figure(guard.index.symbols.modulus) :]) in line.figures
    return bits * RETURNED if returned else bits
