"""Which earlier notes a note was composed in the light of: the model is made to forget them.

What it is
    While the model reads a note's own tokens, the keys and values of some earlier tokens (a bar of a part, a note) are
    taken out of what it keeps, and nothing else is changed. By how many nats the note gets less likely is what it had
    read there: its influence. Below 0, what stood there spoke against the note.
Paper
    Occlusion (M. D. Zeiler & R. Fergus 2014), of what is remembered rather than of the input: attention knockout (M.
    Geva et al., Dissecting Recall of Factual Associations in Auto-Regressive Language Models, 2023).
Conventions
    It measures what a note reads there itself; what other notes had read there before, and hand on, stays. Taking a
    bar out of the input instead, and reading all that follows anew, costs a hundred times as much and finds the same
    bar in most cases: `benchmarks/explain.py` measures how often, and how often the bar found is the true source of
    a bar that repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError
from firmus.runtime.stepper import ROWS, State
from firmus.runtime.surprise import Reading, ToldNote

Spans = tuple[int, int]


def influences(reading: Reading, notes: Sequence[ToldNote], places: Sequence[Spans]) -> NDArray[np.float64]:
    """Nats (N, U) by which each note gets less likely when what stands at each place is forgotten.

    Parameters
    ----------
    reading : Reading
    notes : sequence of ToldNote
        Of the reading.
    places : sequence of (int, int)
        First token, and the token after the last. What of it stands after a note's beginning is of no influence.

    Raises
    ------
    ModelError
        Where the model keeps no tokens apart.
    """
    if not reading.stepper.keeps_tokens:
        raise ModelError(
            f"model {reading.stepper.card.name!r} keeps one memory of all it has read: nothing in it is forgotten alone"
        )
    found = np.zeros((len(notes), len(places)))
    told = sorted(range(len(notes)), key=lambda index: notes[index].first)
    by_place = sorted(range(len(places)), key=lambda index: places[index][0])
    for begin in range(0, len(places), ROWS):
        chosen = by_place[begin : begin + ROWS]
        rows = _Rows(reading, [places[index] for index in chosen])
        for index in told:
            count = sum(places[each][0] < notes[index].first for each in chosen)
            if count:
                own = reading.costs[notes[index].first : notes[index].last].sum()
                found[index, chosen[:count]] = rows.nats(notes[index], count) - own
    return found


class _Rows:
    """Rows that keep all of a story but a place each; they follow it from note to note."""

    def __init__(self, reading: Reading, places: Sequence[Spans]) -> None:
        self.reading, self.places = reading, places
        self.state: State = reading.stepper.start(len(reading.story.tokens) + 8, len(places))

    def nats(self, note: ToldNote, count: int) -> NDArray[np.float64]:
        """Nats (R,) of a note's own tokens in the first rows, each without its place."""
        tokens, slots = self.reading.story.tokens, self.reading.story.slots
        begin = note.first - 1  # the token after which the note's first one is drawn
        for row in range(count):
            self._follow(row, begin)
        kept, forgotten = self.state.lengths.copy(), self.state.forgotten.copy()
        found = np.zeros(count)
        for at in range(begin, note.last - 1):
            fed = np.full(count, tokens[at]), np.repeat(slots[at][None], count, 0)
            logits = self.reading.stepper.step(*fed, self.state)
            scores = logits.astype(np.float64)
            top = scores.max(axis=1)
            found += top + np.log(np.exp(scores - top[:, None]).sum(axis=1)) - scores[:, tokens[at + 1]]
        self.state.lengths[:], self.state.forgotten[:] = kept, forgotten
        return found

    def _follow(self, row: int, end: int) -> None:
        """Bring a row up to a token, but for its place."""
        at, (first, last) = int(self.state.lengths[row] + self.state.forgotten[row]), self.places[row]
        for begin, stop in ((at, min(end, max(first, at))), (max(at, last), end)):
            if begin < stop:
                self.state.recall(row, self.reading.state, begin, stop)
        self.state.forgotten[row] = end - self.state.lengths[row]
