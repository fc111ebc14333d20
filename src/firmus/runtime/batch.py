"""Sequences that are fed together: each joins and leaves a running batch between any two tokens.

A sequence is a generator: it yields what it wants read (`Feed`), is sent the logits of what comes next, and returns
its result. It knows nothing of its neighbours, and draws from its own random generator; since `Stepper.step` gives
each row the bits that it would get alone, what a sequence returns does not depend on who else is in the batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from firmus.runtime.stepper import ROWS, Logits, Stepper
from firmus.tokens import Integers

Result = TypeVar("Result")


class Feed(NamedTuple):
    """What a sequence wants read next.

    Parameters
    ----------
    tokens : array (T,)
    slots : array (T, 3)
    anew : bool
        Whether all that was read before is to be forgotten first; without it there is one token.
    """

    tokens: Integers | list[int]
    slots: Integers | list[tuple[int, int, int]]
    anew: bool = False


Sequence = Generator[Feed, Logits, Result]


class _Row(Generic[Result]):
    """A sequence in the batch, what it waits for, and where its result goes."""

    def __init__(self, sequence: Sequence[Result]) -> None:
        self.sequence = sequence
        self.future: Future[Result] = Future()
        self.wanted: Feed | None = None

    def go(self, logits: Logits | None) -> None:
        """Let the sequence go on to what it wants next, or to its end; one that was cancelled ends here."""
        if self.future.cancelled():
            self.settle(None, None)
            return
        try:
            self.wanted = next(self.sequence) if logits is None else self.sequence.send(logits)
        except StopIteration as end:
            self.settle(end.value, None)
        except Exception as error:  # of this sequence alone: it is told who waits for it
            self.settle(None, error)

    def settle(self, result: Any, error: Exception | None) -> None:
        """Leave the batch with a result or an error; nobody hears it who has cancelled."""
        self.wanted = None
        self.sequence.close()
        if self.future.set_running_or_notify_cancel():
            if error is None:
                self.future.set_result(result)
            else:
                self.future.set_exception(error)


class Batch:
    """Sequences fed together, a row each; those for which there is no row wait for one.

    One thread calls `step` again and again; any thread may `add`, at any time.

    Parameters
    ----------
    stepper : Stepper
    rows : int
        Sequences that are fed together at most.

    Examples
    --------
    >>> from firmus.runtime.stepper import load
    >>> def likeliest(token, count):
    ...     found = []
    ...     logits = yield Feed([token], [(0, 0, 0)], anew=True)
    ...     for time in range(count):
    ...         found.append(int(logits.argmax()))
    ...         logits = yield Feed(found[-1:], [(time, 0, 0)])
    ...     return found
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
        """Let a sequence join before the next token.

        Returns
        -------
        concurrent.futures.Future
            Of what the sequence returns or raises; once cancelled, the sequence leaves after the token in hand.
        """
        row: _Row[Result] = _Row(sequence)
        self._waiting.append(row)
        return row.future

    def step(self) -> bool:
        """Let sequences join, feed one token to each, let those leave that end; whether there is more to do.

        What a sequence raises goes to its future, and the others go on. What the model raises, and an interrupt
        (``KeyboardInterrupt``), goes through: the batch is then of no more use, but for the futures that are done.
        """
        self._join()
        running = self._running
        if running:
            tokens = np.array([row.wanted.tokens[0] for row in running if row.wanted])
            slots = np.array([row.wanted.slots[0] for row in running if row.wanted])
            logits = self.stepper.step(tokens, slots, self.state)
            for place, row in enumerate(running):
                row.go(logits[place])
            self._leave()
        return bool(running or self._waiting)

    def _join(self) -> None:
        """Give rows to those who wait, and let each read its prompt; and those their next who begin anew."""
        while self._waiting and len(self._running) < self.rows:
            row = self._waiting.popleft()
            row.go(None)
            self._running.append(row)
        for place, row in enumerate(self._running):
            while row.wanted is not None and row.wanted.anew:
                self.state.lengths[place] = 0
                tokens, slots = np.asarray(row.wanted.tokens), np.asarray(row.wanted.slots)
                row.go(self.stepper.feed(tokens, slots, self.state, place))
        self._leave()

    def _leave(self) -> None:
        """Take out who has ended; the last row moves into the gap."""
        for place in reversed(range(len(self._running))):
            row = self._running[place]
            if row.wanted is None:
                last = self._running.pop()
                if last is not row:
                    self._running[place] = last
                    self.state.move(len(self._running), place)
