"""The floor of a language model of music: an interpolated n-gram over the same tokens.

What it is
    Counts of what followed the last tokens in the training music, from the longest context to none, interpolated by
    modified Kneser-Ney smoothing: seldom seen continuations are discounted, and shorter contexts ask how many
    *different* longer ones a token followed, not how often.
Paper
    Kneser & Ney 1995; Chen & Goodman 1999, section 3 (the three discounts, and equation for the weight that goes
    to the shorter context); below the shortest context, every token of the vocabulary is equally likely.
Conventions
    A sequence is scored from an empty context, every token of it; nats. Contexts are looked up by 64-bit hashes in
    sorted tables, so 10 million training tokens at order 8 take about a minute and 2 GB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.tokens import Integers

Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Table:
    """N-grams of one order: sorted hashes, what each is worth, and each context's weight for the shorter one."""

    grams: Hashes
    worth: Floats
    contexts: Hashes
    left_over: Floats


class NGram:
    """Modified Kneser-Ney model of so many orders; see the module's docstring.

    Parameters
    ----------
    sequences : sequence of arrays (T,)
        Training music, tokens from 0 to `vocabulary` - 1.
    order : int
        Tokens in the longest n-gram, the predicted one among them; at least 1.
    vocabulary : int

    Examples
    --------
    >>> scale = np.tile(np.arange(8), 50)
    >>> model = NGram([scale], order=3, vocabulary=10)
    >>> model.probabilities(np.array([3, 4])).round(1).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, sequences: Sequence[Integers], order: int, vocabulary: int) -> None:
        self.order, self.vocabulary = order, vocabulary
        self.codes = np.random.default_rng(0).integers(1, 2**63, vocabulary + 1).astype(np.uint64)
        row, every = self._row(sequences)
        grams = self._hashes(row, order)[every]
        contexts = self._contexts(row, order)[every]
        self.tables: list[Table] = []
        keys, first, counts = np.unique(grams, return_index=True, return_counts=True)
        places = every[first]
        self.tables.append(_table(keys, contexts[first], counts))
        for shorter in range(order - 1, 0, -1):
            grams = self._hashes(row, shorter)[places]  # one for each kind of longer n-gram
            keys, first, counts = np.unique(grams, return_index=True, return_counts=True)
            places = places[first]
            self.tables.append(_table(keys, self._contexts(row, shorter)[places], counts))
        self.tables.reverse()

    def nats(self, sequences: Sequence[Integers]) -> list[Floats]:
        """Negative log-likelihood (T,) of every token of each sequence, from an empty context."""
        row, places = self._row(sequences)
        chance = np.full(len(places), 1 / self.vocabulary)
        for index, table in enumerate(self.tables, 1):
            worth = _look_up(table.grams, table.worth, self._hashes(row, index)[places], 0.0)
            left_over = _look_up(table.contexts, table.left_over, self._contexts(row, index)[places], 1.0)
            chance = worth + left_over * chance
        borders = np.cumsum([len(each) for each in sequences])[:-1]
        return [np.asarray(each) for each in np.split(-np.log(chance), borders)]

    def probabilities(self, context: Integers) -> Floats:
        """Probability (V,) of each token after a context (T,)."""
        every = [np.append(context, token) for token in range(self.vocabulary)]
        return np.array([np.exp(-nats[-1]) for nats in self.nats(every)])

    def _row(self, sequences: Sequence[Integers]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All sequences end to end with marks before each, and the places of their tokens."""
        mark = np.full(self.order, self.vocabulary)
        row = np.concatenate([part for each in sequences for part in (mark, each)] or [mark]).astype(np.int64)
        return row, np.flatnonzero(row != self.vocabulary)

    def _hashes(self, row: NDArray[np.int64], length: int) -> Hashes:
        """Hash (len(row),) of the so many tokens that end at each place."""
        codes = self.codes[row]
        hashes = np.full(len(row), length, np.uint64)
        for back in range(length):
            hashes[back:] = (hashes[back:] ^ codes[: len(row) - back]) * MULTIPLIER
            hashes[back:] ^= hashes[back:] >> np.uint64(29)
        return hashes

    def _contexts(self, row: NDArray[np.int64], length: int) -> Hashes:
        """Hash of what stands before the last token of each n-gram."""
        return np.concatenate([np.zeros(1, np.uint64), self._hashes(row, length - 1)[:-1]])


def _table(grams: Hashes, contexts: Hashes, counts: NDArray[np.int64]) -> Table:
    """Discount the counts of one order (Chen & Goodman's D1, D2 and D3+)."""
    kinds = [float((counts == each).sum()) for each in (1, 2, 3, 4)]
    discounts = np.array([0.5, 0.75, 1.0])  # where too little is known of seldom seen n-grams
    if min(kinds) > 0:
        share = kinds[0] / (kinds[0] + 2 * kinds[1])
        fair = [each - (each + 1) * share * kinds[each] / kinds[each - 1] for each in (1, 2, 3)]
        discounts = np.clip(fair, 0.05, (0.95, 1.9, 2.85))
    taken = np.minimum(discounts[np.minimum(counts, 3) - 1], counts)
    known, inverse = np.unique(contexts, return_inverse=True)
    totals = np.bincount(inverse, counts)
    left_over = np.bincount(inverse, taken) / totals
    return Table(grams, (counts - taken) / totals[inverse], known, left_over)


def _look_up(keys: Hashes, values: Floats, looked_up: Hashes, otherwise: float) -> Floats:
    """Value of each key that is looked up."""
    at = np.minimum(np.searchsorted(keys, looked_up), len(keys) - 1)
    return np.where(keys[at] == looked_up, values[at], otherwise)
