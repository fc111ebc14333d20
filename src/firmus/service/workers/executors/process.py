"""Workers as processes of this machine, each with a memory limit: a job can crash its worker, and no more.

A worker that sends no sign of life for a lease, as it hangs or was stopped, is killed, so that it is replaced.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store

START_TIMEOUT = 120.0  # seconds in which a worker must begin, however slow the machine
MIN_SILENCE = 5.0  # seconds of silence that are always suffered
MAX_STEP = 1.0  # seconds of silence that count between two looks: more is a pause of this process, too
INNOCENT_CODES = (0, 3)  # exits by itself: when told to, or rid of a job that is not its own any more


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

    def __init__(self, settings: Settings, lane: str, name: str) -> None:
        threads = max(1, ((os.cpu_count() or 1) - 1) // max(1, settings.composers))  # one is left for serving requests
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "firmus.service.workers.worker", str(settings.data), lane, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
            env={"FIRMUS_THREADS": str(threads), **os.environ},
        )
        log("worker", worker=name, process=self.process.pid)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                os.set_blocking(pipe.fileno(), False)  # a worker that does not read or write blocks nobody
        self.is_ready = False
        self.is_blamable = True
        self._max_silence = max(settings.lease, MIN_SILENCE)
        self._silence, self._looked = 0.0, time.monotonic()

    @property
    def exit_reason(self) -> str:
        """How the process exited; one that is silent for too long is killed."""
        code = self.process.poll()
        if code is not None:
            self.is_blamable = self.is_blamable and code not in INNOCENT_CODES
            return f"exit {code}"
        self._listen()
        if self._silence <= (self._max_silence if self.is_ready else START_TIMEOUT):
            return ""
        was_stopped = _state(self.process.pid) in ("T", "t")
        self.kill()
        self.is_blamable = not was_stopped
        return f"it was silent for {self._silence:.0f} seconds"

    def _listen(self) -> None:
        """Take the signs of life, or count the seconds of silence.

        What counts are looks, not the clock: if this process was suspended, with its workers, nobody was silent.
        """
        now = time.monotonic()
        self._silence += min(now - self._looked, MAX_STEP)
        self._looked = now
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdout and self.process.stdout.read(4096):
                self.is_ready, self._silence = True, 0.0

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
        self.is_blamable = self.is_blamable and self.process.poll() is not None
        self.is_ready = False
        self.process.kill()
        self.wait(MIN_SILENCE)  # in vain where it hangs in the kernel
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


def _state(pid: int) -> str:
    """State of a process, as the letter of proc(5); empty where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
