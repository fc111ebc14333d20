"""Processes of this machine, each with a bound on its memory: what a job breaks is its worker, and no more."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store


class Executor:
    """Starts a process for each member.

    Parameters
    ----------
    settings : Settings
    store, blobs : Store, Blobs
        Opened by each process for itself.
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings = settings

    def hire(self, lane: str, name: str) -> _Member:
        """A new process."""
        return _Member(self.settings, lane, name)

    def close(self) -> None:
        """Nothing is left when the processes have ended."""


class _Member:
    """A worker process, and the pipe through which it is told of work."""

    is_ready = True

    def __init__(self, settings: Settings, lane: str, name: str) -> None:
        threads = max(1, ((os.cpu_count() or 1) - 1) // max(1, settings.composers))  # one is left to those who accept
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "firmus.service.workers.worker", str(settings.data), lane, name],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, bufsize=0,
            env={"FIRMUS_THREADS": str(threads), **os.environ},
        )  # fmt: skip
        log("worker", worker=name, process=self.process.pid)
        if self.process.stdin:
            os.set_blocking(self.process.stdin.fileno(), False)  # nobody waits for a worker that does not listen

    @property
    def ended(self) -> str:
        """How the process ended."""
        code = self.process.poll()
        return "" if code is None else f"exit {code}"

    def ring(self) -> None:
        """Say that there may be work."""
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdin:
                self.process.stdin.write(b"\n")

    def finish(self) -> None:
        """Let it end when the jobs in hand are done."""
        self.process.send_signal(signal.SIGTERM)
        self.ring()

    def wait(self, seconds: float) -> None:
        """Wait for its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def end(self) -> None:
        """End the process, if it has not ended."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
