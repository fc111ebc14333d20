"""A pool of few processes for what is not short in a request: reading large music, and checking what is asked of it.

Threads would not do: they share one interpreter, and each holds a place that short requests need. Owners take turns:
whoever asks for much waits for itself. What takes too long is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from firmus.service.problems import Problem
from firmus.service.workers.worker import NICENESS, limit

Result = TypeVar("Result")
PROCESSES = 2
MAX_WAITING, MAX_WAITING_BY_OWNER = 64, 8  # calls
TIMEOUT = 30.0  # seconds of a call
SHORT = 100_000  # bytes of music that may be read in a thread of the service


class ProcessPool:
    """Runs functions in processes of its own, which are started when they are first needed.

    Parameters
    ----------
    memory : int
        Memory limit (address space) of each process; 0 for none.
    timeout : float
        Seconds that a call may take.
    """

    def __init__(self, memory: int, timeout: float = TIMEOUT) -> None:
        self.memory, self.timeout = memory, timeout
        self._executor: ProcessPoolExecutor | None = None
        self._running = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # by owner, whose turn is first

    async def run(self, owner: str, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function of a module in a process, when it is the owner's turn.

        Raises
        ------
        Problem
            If too many calls are waiting, or the call takes too long or crashes its process.
        """
        await self._turn(owner)
        executor = self._executor = self._executor or self._started()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(executor.submit(function, *arguments)), self.timeout)
        except TimeoutError:
            self._discard(executor)
            raise Problem("too-large", f"it takes longer than {self.timeout:g} seconds to read: send less") from None
        except BrokenProcessPool:
            self._discard(executor)
            raise Problem("busy", "the process that reads music ended: ask again", seconds=1) from None
        finally:
            self._pass_on()

    def close(self) -> None:
        """Kill the processes."""
        if self._executor:
            self._discard(self._executor)

    async def _turn(self, owner: str) -> None:
        """Wait for the owner's turn."""
        if self._running < PROCESSES:
            self._running += 1
            return
        own, total = len(self._waiting.get(owner, ())), sum(map(len, self._waiting.values()))
        if own >= MAX_WAITING_BY_OWNER or total >= MAX_WAITING:
            raise Problem("busy", f"{own} large requests of yours are waiting: ask again", seconds=5)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the place that is free to the next owner."""
        while self._waiting:
            owner, turns = next(iter(self._waiting.items()))
            turn = turns.popleft()
            if turns:
                self._waiting.move_to_end(owner)
            else:
                del self._waiting[owner]
            if not turn.done():
                turn.set_result(None)
                return
        self._running -= 1

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(PROCESSES, context, initializer=_initialise, initargs=(self.memory,))

    def _discard(self, executor: ProcessPoolExecutor) -> None:
        """Kill the processes; those that are needed later are started anew."""
        if executor is self._executor:
            self._executor = None
        processes = list((executor._processes or {}).values())  # no public name until Python 3.14
        executor.shutdown(wait=False, cancel_futures=True)
        for each in processes:
            with contextlib.suppress(OSError, ValueError):
                each.kill()


def _initialise(memory: int) -> None:
    """Limit a process of the pool, and let it die with the service."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit(memory, "RLIMIT_AS")
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(0)
