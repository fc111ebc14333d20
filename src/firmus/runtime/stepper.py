"""A Stepper: an autoregressive model with a cache; tokens in, logits of the next token out.

The graph of a transformer (see `firmus.models.transformer.graph`) reads and writes pre-allocated key/value buffers,
bound as input and output at once: nothing is copied from token to token. That of a recurrent network (see
`firmus.models.recurrent.graph`) has a state of fixed size instead. A buffer has a row for each sequence, and the rows
may have different lengths, so sequences can join and leave between any two tokens (see `firmus.runtime.batch`).

Same seed, same bytes: `Stepper.step` gives each row exactly the bits that `Stepper.feed` gives it alone. The runtime's
kernels do so by themselves wherever they were measured; `Stepper.exact` measures it on this machine, and where it
does not hold, rows are fed one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError
from firmus.runtime import adapter
from firmus.runtime.model_cache import ModelLoader
from firmus.runtime.session import session
from firmus.runtime.weights import Card
from firmus.tokens import Integers

HEAD = 64
ROWS = 16  # largest batch size
_INPUTS = ("tokens", "index", "slots", "last", "total")
Logits = NDArray[np.float32]


class State:
    """The caches of some sequences, a row each, and how many tokens each has read.

    Parameters
    ----------
    memories : sequence of onnxruntime.NodeArg
        Inputs of the graph that hold the cache: (rows, heads, capacity, 64), or of fixed size (rows, width).
    capacity : int
        Tokens that a row has room for; it grows when needed.
    rows : int

    Attributes
    ----------
    lengths : array (rows,)
        Tokens in the cache of each row; setting one to 0 empties the row.
    forgotten : array (rows,)
        Tokens of each row that count as positions but are not in its cache; see `recall`.
    buffers : dict of arrays
        Memory that was never written to takes up no room.
    """

    def __init__(self, memories: Sequence[Any], capacity: int, rows: int = 1) -> None:
        self.lengths, self.forgotten = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        self.capacity = capacity
        self.buffers: dict[str, NDArray[Any]] = {}
        for each in memories:
            size = [rows, *each.shape[1:]]
            size = [capacity if side == "capacity" else side for side in size]
            self.buffers[each.name] = np.zeros(size, "int8" if each.type == "tensor(int8)" else "float32")
        self.calls: dict[tuple[int, int], _Call] = {}

    def reserve(self, length: int) -> None:
        """Make room for so many tokens in every row, preserving the contents."""
        if length <= self.capacity:
            return
        filled = int(self.lengths.max())
        self.capacity = max(2 * self.capacity, length)
        self.calls.clear()
        for name, old in self.buffers.items():
            if _grows(old):
                self.buffers[name] = np.zeros((*old.shape[:2], self.capacity, HEAD), old.dtype)
                self.buffers[name][:, :, :filled] = old[:, :, :filled]

    def move(self, source: int, target: int) -> None:
        """Copy one row over another."""
        length = self.lengths[target] = self.lengths[source]
        self.forgotten[target] = self.forgotten[source]
        for buffer in self.buffers.values():
            if _grows(buffer):
                buffer[target, :, :length] = buffer[source, :, :length]
            else:
                buffer[target] = buffer[source]

    def recall(self, row: int, source: State, first: int, last: int) -> None:
        """Append to a row the cache entries of tokens `first` to `last` (exclusive) of another state's first row.

        The row's next position is then `last`. Tokens between its previous position and `first` are forgotten: it
        cannot attend to them. Nothing else changes, as in attention knockout (M. Geva et al., Dissecting Recall of
        Factual Associations in Auto-Regressive Language Models, 2023).

        Parameters
        ----------
        row : int
        source : State
            Of the same model, with nothing forgotten; it holds keys and values of each token.
        first, last : int
        """
        at = int(self.lengths[row])
        self.reserve(at + last - first)
        for name, buffer in self.buffers.items():
            buffer[row, :, at : at + last - first] = source.buffers[name][0, :, first:last]
        self.lengths[row] = at + last - first
        self.forgotten[row] = first - at


def _grows(buffer: NDArray[Any]) -> bool:
    """Whether a buffer holds entries for every token, rather than a state of fixed size."""
    return buffer.ndim == 4


class Stepper:
    """One model in memory; safe to share between threads that have a `State` each."""

    def __init__(self, card: Card, threads: int | None = None) -> None:
        if card.kind != "stepper":
            raise ModelError(f"model {card.name!r} is a {card.kind}, not a stepper: it composes no sequences")
        self.card = card
        self.session = session(card, threads=threads)
        self.adapter = adapter.load(card.folder / adapter.FILE) if "base" in card.facts else None
        self.vocabulary: int = self.session.get_outputs()[0].shape[1]
        self.memories = [each for each in self.session.get_inputs() if each.name not in _INPUTS]

    @property
    def keeps_tokens(self) -> bool:
        """Whether the cache has entries for each token; a recurrent network has one state for all."""
        return all(len(each.shape) == 4 for each in self.memories)

    def start(self, capacity: int = 2048, rows: int = 1) -> State:
        """Empty state with room for so many tokens in each row."""
        return State(self.memories, capacity, rows)

    def feed(self, tokens: Integers, slots: Integers, state: State, row: int = 0) -> Logits:
        """Read tokens (T,) at slots (T, 3) into one row of the state; logits (V,) of the next token.

        A prompt and a single step are the same call.
        """
        logits: Logits = self._run(np.asarray(tokens)[None], np.asarray(slots)[None], state, row)[0]
        return logits

    def step(self, tokens: Integers, slots: Integers, state: State) -> Logits:
        """Read a token into each of the first rows: tokens (R,) at slots (R, 3); logits (R, V) of the next ones.

        Each row's logits are, bit for bit, those that `feed` would give.
        """
        if len(tokens) == 1 or self.exact:
            return self._run(np.asarray(tokens)[:, None], np.asarray(slots)[:, None], state, 0)
        rows = range(len(tokens))
        return np.stack([self.feed(tokens[row : row + 1], slots[row : row + 1], state, row) for row in rows])

    def _run(self, tokens: Integers, slots: Integers, state: State, first: int) -> Logits:
        """Read tokens (R, T) at slots (R, T, 3) into rows from the first on; logits (R, V)."""
        rows, count = tokens.shape
        lengths = state.lengths[first : first + rows]
        total = int(lengths.max()) + count
        state.reserve(total)
        call = state.calls.get((first, rows)) if count == 1 else None
        if call is None:
            call = _Call(self, state, slice(first, first + rows), count)
            if count == 1:
                state.calls[first, rows] = call
        call.inputs["tokens"][:] = tokens
        call.inputs["slots"][:] = slots
        call.inputs["index"][:] = (lengths + state.forgotten[first : first + rows])[:, None] + call.range
        lengths += count
        call.inputs["last"][:] = lengths - 1
        call.inputs["total"][...] = total
        self.session.run_with_iobinding(call.binding)
        for name, after in call.after.items():
            call.memories[name][:] = after
        return self.adapter(call.logits) if self.adapter else call.logits.copy()

    @cached_property
    def exact(self) -> bool:
        """Whether rows fed together give the bits that each gives alone, for every number of rows.

        Measured once, on rows of noise that end at different places; it takes about a tenth of a second.
        """
        generator = np.random.default_rng(0)
        state = self.start(ROWS * 13 + 64, ROWS)
        lengths = 40 + 13 * np.arange(ROWS)
        for buffer in state.buffers.values():
            noise = generator.standard_normal(buffer.shape[1:], np.float32) * (20 if buffer.dtype == np.int8 else 1)
            for row, length in enumerate(lengths):
                if _grows(buffer):
                    buffer[row, :, :length] = np.roll(noise, row, axis=-1)[:, :length]
                else:
                    buffer[row] = np.roll(noise, row)
        before = {name: buffer.copy() for name, buffer in state.buffers.items() if not _grows(buffer)}
        tokens = generator.integers(0, self.vocabulary, ROWS)
        slots = np.zeros((ROWS, 3), np.int64)
        alone = []
        for row in range(ROWS):
            _reset(state, lengths, before)
            alone.append(self.feed(tokens[row : row + 1], slots[row : row + 1], state, row))
        for rows in range(2, ROWS + 1):
            _reset(state, lengths, before)
            together = self._run(tokens[:rows, None], slots[:rows, None], state, 0)
            if not np.array_equal(together, np.stack(alone[:rows])):
                return False
        return True


def _reset(state: State, lengths: NDArray[np.int64], before: dict[str, NDArray[Any]]) -> None:
    """Restore lengths and states of fixed size."""
    state.lengths[:] = lengths
    for name, buffer in before.items():
        state.buffers[name][:] = buffer


class _Call:
    """Inputs and outputs of the graph for some rows of a state and a number of tokens, bound once."""

    def __init__(self, stepper: Stepper, state: State, rows: slice, count: int) -> None:
        from onnxruntime import OrtValue

        size = rows.stop - rows.start
        self.range = np.arange(count)
        self.inputs: dict[str, NDArray[Any]] = {
            "tokens": np.zeros((size, count), np.int64),
            "index": np.zeros((size, count), np.int64),
            "slots": np.zeros((size, count, 3), np.int64),
            "last": np.zeros(size, np.int32),
            "total": np.zeros((), np.int32),
        }
        self.logits = np.zeros((size, stepper.vocabulary), np.float32)
        self.memories = {name: buffer[rows] for name, buffer in state.buffers.items()}
        self.after = {name: np.empty_like(each) for name, each in self.memories.items() if not _grows(each)}
        self.binding = stepper.session.io_binding()
        graph_inputs = {each.name for each in stepper.session.get_inputs()}
        for name, array in self.inputs.items():
            if name in graph_inputs:
                self.binding.bind_ortvalue_input(name, OrtValue.ortvalue_from_numpy(array))
        for name, memory in self.memories.items():
            value = OrtValue.ortvalue_from_numpy(memory)
            self.binding.bind_ortvalue_input(name, value)
            after = OrtValue.ortvalue_from_numpy(self.after[name]) if name in self.after else value
            self.binding.bind_ortvalue_output(f"new_{name}", after)
        self.binding.bind_ortvalue_output("logits", OrtValue.ortvalue_from_numpy(self.logits))


load = ModelLoader(Stepper)
"""Load a model by name, cached in memory; see `firmus.runtime.model_cache`."""
