"""Processes that do tasks, a core each; they end when the process that started them does, however it ends.

Not those of ``multiprocessing``: they would run a script of the user's again, and outlive a parent that was killed.
Tasks and results are pickled from one of our own processes to another, through pipes that nobody else has.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, BinaryIO

from firmus.errors import FirmusError

THREADS = "FIRMUS_THREADS"
_START = "from firmus.production.batches.workers import serve; serve()"


class Here:
    """Does each task at once, in this process."""

    size = 1

    def submit(self, function: Callable[[Any], Any], task: Any) -> Future[Any]:
        """Do a task."""
        future: Future[Any] = Future()
        future.set_result(function(task))
        return future

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Workers:
    """So many processes, each of one thread.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all: list[_Worker] = []
        self._threads = ThreadPoolExecutor(size)

    def submit(self, function: Callable[[Any], Any], task: Any) -> Future[Any]:
        """Do a task in a process that is free; the function is one of a module.

        The future raises what the function raises, and `FirmusError` where the process dies.
        """
        return self._threads.submit(self._do, function, task)

    def _do(self, function: Callable[[Any], Any], task: Any) -> Any:
        worker = self._free.get()
        try:
            return worker.ask(function, task)
        finally:
            self._free.put(worker)

    def __enter__(self) -> Workers:
        for _ in range(self.size):
            worker = _Worker()
            self._all.append(worker)
            self._free.put(worker)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._all:
            worker.end(at_once=kind is not None)
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._all:
            worker.close()


class _Worker:
    """A process, and the pipes to it."""

    def __init__(self) -> None:
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths, THREADS: "1"},
            start_new_session=True,  # an interrupt at the terminal is for us: we end it
        )

    def ask(self, function: Callable[[Any], Any], task: Any) -> Any:
        """What a function makes of a task."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise FirmusError("a process of the batch has no pipes")
        try:
            pickle.dump((function, task), process.stdin)
            process.stdin.flush()
            is_done, value = pickle.load(process.stdout)  # noqa: S301
        except (OSError, EOFError, pickle.UnpicklingError, ValueError):
            raise FirmusError(
                "a process of the batch has ended (is the memory full?): what is finished stays; give the command again"
            ) from None
        if not is_done:
            raise value
        return value

    def end(self, *, at_once: bool) -> None:
        """End the process, in the middle of a task where `at_once`."""
        if at_once:
            self._process.kill()
        else:
            self._close(self._process.stdin)
        self._process.wait()

    def close(self) -> None:
        """Close the pipes to a process that has ended."""
        self._close(self._process.stdin)
        self._close(self._process.stdout)

    @staticmethod
    def _close(pipe: IO[bytes] | None) -> None:
        with suppress(OSError):  # what it has not read is lost
            if pipe:
                pipe.close()


def serve() -> None:
    """Do tasks from the standard input until it ends."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anybody prints is no result
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, tasks), daemon=True).start()
    while True:
        function, task = tasks.get()
        try:
            answer = True, function(task)
        except Exception as error:  # raised where the task was submitted
            answer = False, error
        try:
            pickle.dump(answer, target)
            target.flush()
        except OSError:
            return


def _listen(source: BinaryIO, tasks: queue.SimpleQueue[Any]) -> None:
    """Take tasks; end this process, even in the middle of one, when nobody is there who would take its result."""
    while True:
        try:
            tasks.put(pickle.load(source))  # noqa: S301
        except (EOFError, OSError):
            os._exit(0)


def count() -> int:
    """Processes that a batch uses: ``FIRMUS_THREADS``, or as many as there are cores for this process."""
    from firmus.runtime.session import default_threads

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return default_threads() or cores or 1
