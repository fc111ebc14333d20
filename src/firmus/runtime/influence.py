"""Influence of earlier notes on a note: attention to them is knocked out.

What it is
    While the model reads a note's own tokens, the keys and values of some earlier tokens (a bar of a part, a note) are
    removed from its cache, and nothing else is changed. The increase of the note's negative log-likelihood (nats) is
    the influence of those tokens. Below 0, they made the note less likely.
Paper
    Occlusion (M. D. Zeiler & R. Fergus 2014), of the cache rather than of the input: attention knockout (M.
    Geva et al., Dissecting Recall of Factual Associations in Auto-Regressive Language Models, 2023).
Conventions
    It measures direct attention alone; information that other notes had read there before, and pass on, stays. Removing
    a bar from the input instead, and reading all that follows anew, costs a hundred times as much and finds the same
    bar in most cases: `benchmarks/explain.py` measures how often, and how often the bar found is the true source of
    a bar that repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError
from firmus.runtime.note_likelihood import NoteTokens, Reading
from firmus.runtime.stepper import ROWS, State

Span = tuple[int, int]


def influences(reading: Reading, notes: Sequence[NoteTokens], spans: Sequence[Span]) -> NDArray[np.float64]:
    """Nats (N, U) by which each note gets less likely when the tokens of each span are forgotten.

    Parameters
    ----------
    reading : Reading
    notes : sequence of NoteTokens
        Of the reading.
    spans : sequence of (int, int)
        First token, and the token after the last. Tokens after a note's beginning have no influence.

    Raises
    ------
    ModelError
        Where the model has no cache per token.
    """
    if not reading.stepper.keeps_tokens:
        raise ModelError(
            f"model {reading.stepper.card.name!r} keeps one memory of all it has read: nothing in it is forgotten alone"
        )
    effects = np.zeros((len(notes), len(spans)))
    notes_by_start = sorted(range(len(notes)), key=lambda index: notes[index].first)
    spans_by_start = sorted(range(len(spans)), key=lambda index: spans[index][0])
    for begin in range(0, len(spans), ROWS):
        chosen = spans_by_start[begin : begin + ROWS]
        rows = _Rows(reading, [spans[index] for index in chosen])
        for index in notes_by_start:
            count = sum(spans[each][0] < notes[index].first for each in chosen)
            if count:
                baseline = reading.token_nats[notes[index].first : notes[index].last].sum()
                effects[index, chosen[:count]] = rows.nats(notes[index], count) - baseline
    return effects


class _Rows:
    """Rows that cache all of a sequence but a span each; they advance from note to note."""

    def __init__(self, reading: Reading, spans: Sequence[Span]) -> None:
        self.reading, self.spans = reading, spans
        self.state: State = reading.stepper.start(len(reading.example.tokens) + 8, len(spans))

    def nats(self, note: NoteTokens, count: int) -> NDArray[np.float64]:
        """Nats (R,) of a note's own tokens in the first rows, each without its span."""
        tokens, slots = self.reading.example.tokens, self.reading.example.slots
        begin = note.first - 1  # the token after which the note's first one is drawn
        for row in range(count):
            self._advance(row, begin)
        lengths, forgotten = self.state.lengths.copy(), self.state.forgotten.copy()
        nats = np.zeros(count)
        for at in range(begin, note.last - 1):
            fed = np.full(count, tokens[at]), np.repeat(slots[at][None], count, 0)
            logits = self.reading.stepper.step(*fed, self.state)
            scores = logits.astype(np.float64)
            top = scores.max(axis=1)
            nats += top + np.log(np.exp(scores - top[:, None]).sum(axis=1)) - scores[:, tokens[at + 1]]
        self.state.lengths[:], self.state.forgotten[:] = lengths, forgotten
        return nats

    def _advance(self, row: int, end: int) -> None:
        """Fill a row's cache up to a token, except for its span."""
        at, (first, last) = int(self.state.lengths[row] + self.state.forgotten[row]), self.spans[row]
        for begin, stop in ((at, min(end, max(first, at))), (max(at, last), end)):
            if begin < stop:
                self.state.recall(row, self.reading.state, begin, stop)
        self.state.forgotten[row] = end - self.state.lengths[row]
