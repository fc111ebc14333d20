"""Sequences that are fed together: each joins and leaves a running batch between any two tokens.

A sequence is a generator: it yields what it wants read (`Feed`), is sent the logits of what comes next, and returns
its result. It knows nothing of its neighbours, and draws from its own random generator; since `Stepper.step` gives
each row the bits that it would get alone, what a sequence returns does not depend on who else is in the batch.

Whoever composes alone steps a `Batch` of its own. A process whose threads compose for many (`share`) gives each a
`Seat` in one batch, which a thread of its own steps.
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

    def later(self, call: Callable[[], None]) -> None:
        """Do something in the thread that steps: this one."""
        call()

    def leave(self) -> None:
        """A batch of one's own need not be left."""

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

    def fail(self, error: Exception) -> None:
        """Tell everybody that nothing more comes."""
        for row in [*self._running, *self._waiting]:
            row.settle(None, error)

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


SHARE = 4  # rows at most that a seat asks for, so that who comes later need not wait long


class Conductor:
    """A batch that threads share: another one steps it as long as there is anything to feed.

    Parameters
    ----------
    stepper : Stepper

    Attributes
    ----------
    seats : int
        Threads that share it; when the last one leaves, it ends.
    """

    def __init__(self, stepper: Stepper) -> None:
        self.stepper, self.batch = stepper, Batch(stepper)
        self.seats = 0
        self.woken = threading.Event()
        threading.Thread(target=self._run, daemon=True, name=f"conductor of {stepper.card.name}").start()

    def _run(self) -> None:
        while True:
            self.woken.wait()
            self.woken.clear()
            try:
                while self.seats and self.batch.step():
                    pass
            except Exception as error:  # of the model: told to all who are in the batch, which is of no more use
                broken, self.batch = self.batch, Batch(self.stepper)
                broken.fail(error)
            if not self.seats:
                return


class Seat:
    """A thread's place at a `Conductor`, used as a `Batch` of its own is."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor
        self._heard: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    @property
    def rows(self) -> int:
        """Rows that may be asked for."""
        return max(1, min(SHARE, ROWS // max(1, self._conductor.seats)))

    def add(self, sequence: Sequence[Result]) -> Future[Result]:
        """Let a sequence join; see `Batch.add`."""
        future = self._conductor.batch.add(sequence)
        future.add_done_callback(lambda _: self.later(_nothing))
        self._conductor.woken.set()
        return future

    def later(self, call: Callable[[], None]) -> None:
        """Do something in the thread that has the seat, when it steps."""
        self._heard.put(call)

    def leave(self) -> None:
        """Give the seat back."""
        with _conducting:
            self._conductor.seats -= 1
            if not self._conductor.seats and _conductors:
                del _conductors[id(self._conductor.stepper)]
        self._conductor.woken.set()

    def step(self) -> bool:
        """Wait until something happened, and do what is to be done."""
        self._heard.get()()
        while not self._heard.empty():
            self._heard.get()()
        return True


def _nothing() -> None:
    """Wakes who waits."""


_conductors: dict[int, Conductor] | None = None
_conducting = threading.Lock()


def share() -> None:
    """From now on, feed together what different threads of this process compose with the same model."""
    global _conductors  # noqa: PLW0603
    _conductors = {} if _conductors is None else _conductors


def place(stepper: Stepper, rows: int) -> Batch | Seat:
    """A batch of one's own with so many rows, or a seat where the process's threads share."""
    if _conductors is None:
        return Batch(stepper, rows)
    with _conducting:
        conductor = _conductors.get(id(stepper))
        if conductor is None:
            conductor = _conductors[id(stepper)] = Conductor(stepper)
        conductor.seats += 1
    return Seat(conductor)
