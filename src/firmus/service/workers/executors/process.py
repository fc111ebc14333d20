"""Workers as processes of this machine, each with a memory limit: a job can crash its worker, and no more."""

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
    """Starts a process for each worker.

    Parameters
    ----------
    settings : Settings
    store, blobs : Store, Blobs
        Opened by each process for itself.
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings = settings

    def spawn(self, lane: str, name: str) -> _Process:
        """Start a process."""
        return _Process(self.settings, lane, name)

    def close(self) -> None:
        """Nothing to release once the processes have ended."""


class _Process:
    """A worker process, and the pipe through which it is notified of jobs."""

    is_ready = True

    def __init__(self, settings: Settings, lane: str, name: str) -> None:
        threads = max(1, ((os.cpu_count() or 1) - 1) // max(1, settings.composers))  # one is left for serving requests
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "firmus.service.workers.worker", str(settings.data), lane, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            env={"FIRMUS_THREADS": str(threads), **os.environ},
        )
        log("worker", worker=name, process=self.process.pid)
        if self.process.stdin:
            os.set_blocking(self.process.stdin.fileno(), False)  # a worker that does not read blocks nobody

    @property
    def exit_reason(self) -> str:
        """How the process exited."""
        code = self.process.poll()
        return "" if code is None else f"exit {code}"

    def notify(self) -> None:
        """Notify it that there may be a job."""
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdin:
                self.process.stdin.write(b"\n")

    def drain(self) -> None:
        """Let it finish its running jobs and exit."""
        self.process.send_signal(signal.SIGTERM)
        self.notify()

    def wait(self, seconds: float) -> None:
        """Wait for its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def kill(self) -> None:
        """Kill the process, if it has not exited."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
