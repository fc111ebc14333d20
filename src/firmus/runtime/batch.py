"""Continuous batching: each sequence joins and leaves a running batch between any two tokens.

A sequence is a generator: it yields the tokens to read (`Feed`), is sent the logits of the next token, and returns its
result. It is independent of the other rows and draws from its own random generator; since `Stepper.step` gives each
row the bits that it would get alone, the result of a sequence does not depend on the rest of the batch.

A caller that composes alone steps a `Batch` of its own. In a process whose threads compose at once (`share`), each
thread gets a `BatchClient` of one `SharedBatch`, which is stepped by a separate thread.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from firmus.runtime.stepper import ROWS, Logits, Stepper
from firmus.tokens import Integers

Result = TypeVar("Result")


class Feed(NamedTuple):
    """The tokens that a sequence asks the model to read next.

    Parameters
    ----------
    tokens : array (T,)
    slots : array (T, 3)
    restart : bool
        Whether the row's cache is cleared first; otherwise there is exactly one token.
    """

    tokens: Integers | list[int]
    slots: Integers | list[tuple[int, int, int]]
    restart: bool = False


Sequence = Generator[Feed, Logits, Result]


class _Row(Generic[Result]):
    """A sequence in the batch, the tokens it waits for, and the future of its result."""

    def __init__(self, sequence: Sequence[Result]) -> None:
        self.sequence = sequence
        self.future: Future[Result] = Future()
        self.feed: Feed | None = None

    def advance(self, logits: Logits | None) -> None:
        """Run the sequence to its next `Feed`, or to its end; a cancelled one ends here."""
        if self.future.cancelled():
            self.finish(None, None)
            return
        try:
            self.feed = next(self.sequence) if logits is None else self.sequence.send(logits)
        except StopIteration as end:
            self.finish(end.value, None)
        except Exception as error:  # of this sequence alone: raised where its result is awaited
            self.finish(None, error)

    def finish(self, result: Any, error: Exception | None) -> None:
        """Leave the batch and set the future's result or exception, unless it was cancelled."""
        self.feed = None
        self.sequence.close()
        if self.future.set_running_or_notify_cancel():
            if error is None:
                self.future.set_result(result)
            else:
                self.future.set_exception(error)


class Batch:
    """Sequences fed together, a row each; the others wait for a free row.

    One thread calls `step` repeatedly; any thread may call `add` at any time.

    Parameters
    ----------
    stepper : Stepper
    rows : int
        Batch size at most.

    Examples
    --------
    >>> from firmus.runtime.stepper import load
    >>> def likeliest(token, count):
    ...     tokens = []
    ...     logits = yield Feed([token], [(0, 0, 0)], restart=True)
    ...     for time in range(count):
    ...         tokens.append(int(logits.argmax()))
    ...         logits = yield Feed(tokens[-1:], [(time, 0, 0)])
    ...     return tokens
    >>> batch = Batch(load("composer"))
    >>> futures = [batch.add(likeliest(0, count)) for count in (3, 5)]
    >>> while batch.step():
    ...     pass
    >>> futures[1].result()[:3] == futures[0].result()
    True
    """

    def __init__(self, stepper: Stepper, rows: int = ROWS) -> None:
        self.stepper, self.rows = stepper, min(rows, ROWS)
        self.state = stepper.start(stepper.card.shape["length"] + 256, self.rows)
        self._waiting: deque[_Row[Any]] = deque()
        self._running: list[_Row[Any]] = []

    def add(self, sequence: Sequence[Result]) -> Future[Result]:
        """Add a sequence, which joins before the next token.

        Returns
        -------
        concurrent.futures.Future
            Of what the sequence returns or raises; once cancelled, the sequence leaves after the current token.
        """
        row: _Row[Result] = _Row(sequence)
        self._waiting.append(row)
        return row.future

    def call_soon(self, call: Callable[[], None]) -> None:
        """Call in the thread that steps: this one."""
        call()

    def close(self) -> None:
        """Nothing to release: the batch has one user."""

    def step(self) -> bool:
        """Admit waiting sequences, feed one token to each, remove those that end; whether there is more to do.

        What a sequence raises goes to its future, and the others continue. What the model raises, and an interrupt
        (``KeyboardInterrupt``), propagates: the batch cannot be used any further, except for the futures that are done.
        """
        self._admit()
        running = self._running
        if running:
            tokens = np.array([row.feed.tokens[0] for row in running if row.feed])
            slots = np.array([row.feed.slots[0] for row in running if row.feed])
            logits = self.stepper.step(tokens, slots, self.state)
            for place, row in enumerate(running):
                row.advance(logits[place])
            self._remove_ended()
        return bool(running or self._waiting)

    def fail(self, error: Exception) -> None:
        """Set an exception on every unfinished future."""
        for row in [*self._running, *self._waiting]:
            row.finish(None, error)

    def _admit(self) -> None:
        """Give free rows to waiting sequences, and feed prompts: of those, and of sequences that restart."""
        while self._waiting and len(self._running) < self.rows:
            row = self._waiting.popleft()
            row.advance(None)
            self._running.append(row)
        for place, row in enumerate(self._running):
            while row.feed is not None and row.feed.restart:
                self.state.lengths[place] = 0
                tokens, slots = np.asarray(row.feed.tokens), np.asarray(row.feed.slots)
                row.advance(self.stepper.feed(tokens, slots, self.state, place))
        self._remove_ended()

    def _remove_ended(self) -> None:
        """Remove the rows that have ended; the last row moves into the gap."""
        for place in reversed(range(len(self._running))):
            row = self._running[place]
            if row.feed is None:
                last = self._running.pop()
                if last is not row:
                    self._running[place] = last
                    self.state.move(len(self._running), place)


SHARE = 4  # rows at most per client, so that later ones need not wait long


class SharedBatch:
    """A batch that threads share, stepped by a thread of its own while there is anything to feed.

    Parameters
    ----------
    stepper : Stepper

    Attributes
    ----------
    clients : int
        Threads that share it; when the last one leaves, it ends.
    """

    def __init__(self, stepper: Stepper) -> None:
        self.stepper, self.batch = stepper, Batch(stepper)
        self.clients = 0
        self.wake = threading.Event()
        threading.Thread(target=self._run, daemon=True, name=f"shared batch of {stepper.card.name}").start()

    def _run(self) -> None:
        while True:
            self.wake.wait()
            self.wake.clear()
            try:
                while self.clients and self.batch.step():
                    pass
            except Exception as error:  # of the model: every sequence of the batch fails, and a new batch begins
                broken, self.batch = self.batch, Batch(self.stepper)
                broken.fail(error)
            if not self.clients:
                return


class BatchClient:
    """A thread's handle on a `SharedBatch`, with the interface of a `Batch`."""

    def __init__(self, shared: SharedBatch) -> None:
        self._shared = shared
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    @property
    def rows(self) -> int:
        """Rows that this client may use."""
        return max(1, min(SHARE, ROWS // max(1, self._shared.clients)))

    def add(self, sequence: Sequence[Result]) -> Future[Result]:
        """Add a sequence; see `Batch.add`."""
        future = self._shared.batch.add(sequence)
        future.add_done_callback(lambda _: self.call_soon(_nothing))
        self._shared.wake.set()
        return future

    def call_soon(self, call: Callable[[], None]) -> None:
        """Call in the client's thread, when it steps."""
        self._calls.put(call)

    def close(self) -> None:
        """Leave the shared batch."""
        with _lock:
            self._shared.clients -= 1
            if not self._shared.clients and _shared_batches:
                del _shared_batches[id(self._shared.stepper)]
        self._shared.wake.set()

    def step(self) -> bool:
        """Wait for a queued call, and run all that are queued."""
        self._calls.get()()
        while not self._calls.empty():
            self._calls.get()()
        return True


def _nothing() -> None:
    """A call that only wakes the waiting thread."""


_shared_batches: dict[int, SharedBatch] | None = None
_lock = threading.Lock()


def share() -> None:
    """From now on, batch what different threads of this process compose with the same model."""
    global _shared_batches  # noqa: PLW0603
    _shared_batches = {} if _shared_batches is None else _shared_batches


def open_batch(stepper: Stepper, rows: int) -> Batch | BatchClient:
    """A batch with so many rows, or a client of the shared one where the process's threads share."""
    if _shared_batches is None:
        return Batch(stepper, rows)
    with _lock:
        shared = _shared_batches.get(id(stepper))
        if shared is None:
            shared = _shared_batches[id(stepper)] = SharedBatch(stepper)
        shared.clients += 1
    return BatchClient(shared)
