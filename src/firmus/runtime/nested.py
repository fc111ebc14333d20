"""A Stepper whose large network takes one step a group of tokens, and a small one the steps within.

See `firmus.models.nested` for the networks. A row's state is the cache of the large network, its output after the last
group, and the tokens of the group that has begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.session import session
from firmus.runtime.stepper import ROWS, Logits, State, Stepper
from firmus.runtime.weights import Card
from firmus.tokens import Integers
from firmus.tokens.events.vocabulary import group_ends


class NestedState(State):
    """The state of some sequences; `lengths` and `forgotten` count groups.

    Attributes
    ----------
    hidden : array (rows, width)
        Output of the large network after the last group.
    begun : list of list of int
        Tokens of the group that has begun, of each row.
    """

    def __init__(self, memories: Sequence[Any], capacity: int, rows: int, width: int) -> None:
        super().__init__(memories, capacity, rows)
        self.hidden = np.zeros((rows, width), np.float32)
        self.begun: list[list[int]] = [[] for _ in range(rows)]

    def clear(self, row: int) -> None:
        """Empty a row."""
        super().clear(row)
        self.begun[row] = []

    def restore(self, lengths: NDArray[np.int64], forgotten: NDArray[np.int64]) -> None:
        """Drop the groups that were added since, and those that have begun."""
        super().restore(lengths, forgotten)
        self.begun = [[] for _ in self.begun]

    def move(self, source: int, target: int) -> None:
        """Copy one row over another."""
        super().move(source, target)
        self.hidden[target] = self.hidden[source]
        self.begun[target] = list(self.begun[source])


class NestedStepper(Stepper):
    """A nested transformer in memory."""

    def __init__(self, card: Card, threads: int | None = None) -> None:
        super().__init__(card, threads)
        self.inner = session(card, "inner", threads)
        self.ends = group_ends(card.facts["within"], self.vocabulary)

    @property
    def vocabulary(self) -> int:
        """Number of tokens."""
        return int(self.inner.get_outputs()[0].shape[1])

    def start(self, capacity: int = 2048, rows: int = 1) -> NestedState:
        """Empty state with room for so many groups in each row."""
        return NestedState(self.memories, capacity, rows, self.output.shape[1])

    def feed(self, tokens: Integers, slots: Integers, state: Any, row: int = 0) -> Logits:
        """Read tokens (T,) at slots (T, 3) into one row of the state; logits (V,) of the next token."""
        tokens, slots = np.asarray(tokens), np.asarray(slots)
        ended = self.ends[tokens]
        if not state.lengths[row] and not state.begun[row]:
            ended[0] = True
        last = np.flatnonzero(ended)
        whole = [*state.begun[row], *tokens.tolist()]
        if len(last):
            borders = [0, *(last + 1 + len(state.begun[row])).tolist()]
            groups = [whole[begin:end] for begin, end in pairwise(borders)]
            state.hidden[row] = self._run(self._padded(groups)[None], slots[last][None], state, row)[0]
            whole = whole[borders[-1] :]
        state.begun[row] = whole
        return self._predict(state, [row], slots[-1:])[0]

    def entries(self, tokens: Integers) -> Integers:
        """Groups (T + 1,) that have ended after the first 0, 1, 2 ... of a sequence's tokens (T,)."""
        ended = self.ends[tokens]
        ended[:1] = True
        return np.concatenate([[0], np.cumsum(ended)])

    def together(self, tokens: Integers) -> Sequence[int]:
        """Which rows to feed next: those within a group, so that the others wait for a large step of all rows."""
        within = np.flatnonzero(~self.ends[tokens]).tolist()
        return within or range(len(tokens))

    def _step(self, tokens: Integers, slots: Integers, state: Any, rows: Sequence[int]) -> Logits:
        ended = self.ends[tokens]
        if ended.any() and not ended.all():
            fed = enumerate(rows)
            return np.stack([self.feed(tokens[at : at + 1], slots[at : at + 1], state, row) for at, row in fed])
        for row, token in zip(rows, tokens.tolist(), strict=True):
            state.begun[row].append(token)
        if ended.all():
            groups = self._padded([state.begun[row] for row in rows])[:, None]
            state.hidden[rows[0] : rows[-1] + 1] = self._run(groups, slots[:, None], state, rows[0])
            for row in rows:
                state.begun[row] = []
        return self._predict(state, rows, slots)

    def _predict(self, state: NestedState, rows: Sequence[int], slots: Integers) -> Logits:
        """Logits (R, V) of the next token of some rows, the last of whose tokens are at slots (R, 3)."""
        groups = self._padded([state.begun[row] for row in rows])
        inputs = {"state": state.hidden[list(rows)], "tokens": groups, "slots": slots}
        logits: Logits = self.inner.run(None, inputs)[0]
        return logits

    def _padded(self, groups: list[list[int]]) -> Integers:
        """Groups as an array (G, N), filled up with the size of the vocabulary."""
        longest = max(1, *(len(group) for group in groups))
        return np.array([group + [self.vocabulary] * (longest - len(group)) for group in groups], np.int64)

    def _noise(self, generator: np.random.Generator) -> Integers:
        """Random tokens that end a group, one a row."""
        return generator.choice(np.flatnonzero(self.ends), ROWS)
