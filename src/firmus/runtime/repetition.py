"""A guard against loops: what has come three times in a row loses some nats when it would come once more.

Models fall into loops, the sooner the cooler they are sampled (Holtzman et al. 2020, *The Curious Case of Neural Text
Degeneration*). In real music an ostinato lasts long in one part, but all pitched parts together hardly ever repeat a
bar, or a pattern of two, three or four bars, more than three times in a row (``benchmarks/loops.py``). So the pitches
that would do so lose nats, each more than the one before, until enough notes of the bar are others.

Conventions: two bars are alike where at least `ALIKE` of the notes of both are in both: part, place and pitch. Chord
symbols and drums do not count; the drums of a piece for drums alone do.
"""

from __future__ import annotations

from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

ALIKE = 0.6  # share of the notes of two bars
TIMES = 3  # that a pattern may come in a row
PERIODS = (1, 2, 3, 4)  # bars of a pattern
PENALTY = 2.0  # nats of the first pitch that repeats, of the second twice as many, and so on
_SOUNDS = (vocabulary.FAMILY["PITCH"], vocabulary.FAMILY["DRUM"])
_Notes = set[tuple[int, int, int]]  # lane, place, token


class Repetition:
    """The pitches that would repeat a pattern once more, and what they lose.

    Parameters
    ----------
    cursor : Cursor
        Reads the tokens of a window, its prompt first; `observe` is called after each.
    """

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._bars: list[_Notes] = []
        self._pattern: _Notes = set()  # the notes that would come once more
        self._repeated = self._changed = 0  # notes of this bar that are the pattern's, and that are not

    def observe(self, token: int) -> None:
        """Take note of a token that the cursor has read."""
        cursor, family = self.cursor, vocabulary.FAMILY_OF[token]
        if family == vocabulary.FAMILY["BAR"]:
            if cursor.phase == "bars":
                self._bars.append(set())
            else:
                self._begin()
        elif family in _SOUNDS:
            note = (cursor.lane, cursor.place, token)
            self._bars[cursor.bar].add(note)
            if self._pattern:
                self._repeated += note in self._pattern
                self._changed += note not in self._pattern
                if self._changed > (1 - ALIKE) * len(self._pattern):
                    self._pattern = set()

    def penalty(self) -> tuple[list[int], float]:
        """Tokens of the pitches (or drums) that would repeat a pattern at the cursor's place, and their nats."""
        if not self._pattern:
            return [], 0.0
        here = (self.cursor.lane, self.cursor.place)
        return [token for *where, token in self._pattern if (*where,) == here], PENALTY * (self._repeated + 1)

    def _begin(self) -> None:
        """At the beginning of a bar that is composed: the pattern that it might repeat."""
        bar, self._pattern, self._repeated, self._changed = self.cursor.bar, set(), 0, 0
        for period in PERIODS:
            more = range(bar - (TIMES - 1) * period, bar)
            if more[0] >= period and all(self._is_repeated(each, period) for each in more):
                self._pattern = self._counted(self._bars[bar - period])
                return

    def _is_repeated(self, bar: int, period: int) -> bool:
        """Whether a bar is like the one a period before."""
        one, other = self._counted(self._bars[bar]), self._counted(self._bars[bar - period])
        return bool(one) and len(one & other) >= ALIKE * len(one | other)

    def _counted(self, notes: _Notes) -> _Notes:
        """The pitches; the drums where there is nothing else."""
        programs = self.cursor.programs
        if all(each == vocabulary.DRUMS for each in programs):
            return notes
        return {note for note in notes if programs[note[0] - 1] != vocabulary.DRUMS}
