"""The crew: the worker processes of a service, started anew when they die, told to finish when the service ends."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time

from sqlalchemy.exc import DBAPIError

from firmus.service import events, idempotency, jobs, works
from firmus.service.blobs import Blobs
from firmus.service.kinds import LANES
from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.store import Store

LOOK = 0.1  # seconds between looks whether a worker died
HASTE = 1.0  # a worker that dies younger (seconds) is started again only after as long
SWEEP = 600.0  # seconds between two sweeps of the disk
PROCESSES = {"compose": "composers", "render": "renderers", "study": "analysts"}
"""Setting that says how many workers a lane has."""


class Crew:
    """Worker processes.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings, self.store, self.blobs = settings, store, blobs
        self._members: dict[str, _Member] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look_after, daemon=True)

    def start(self) -> None:
        """Start every worker, and look after them."""
        for lane in LANES:
            for _ in range(getattr(self.settings, PROCESSES[lane])):
                self._hire(lane)
        self._thread.start()

    def ring(self) -> None:
        """Tell idle workers that there may be work."""
        for member in list(self._members.values()):
            member.ring()

    @property
    def processes(self) -> dict[str, int]:
        """Process number of each worker."""
        return {name: member.process.pid for name, member in list(self._members.items())}

    def stop(self) -> None:
        """Let every worker finish its job, as long as there is time; give back what is left."""
        self._ending.set()
        self._thread.join()
        for member in self._members.values():
            member.process.send_signal(signal.SIGTERM)
            member.ring()
        until = time.monotonic() + self.settings.drain
        for name, member in self._members.items():
            with contextlib.suppress(subprocess.TimeoutExpired):
                member.process.wait(max(0.0, until - time.monotonic()))
            member.end()
            with contextlib.suppress(DBAPIError):
                jobs.release(self.store, name, sys.maxsize)  # it is not the job's fault

    def _hire(self, lane: str) -> None:
        name = f"{lane}-{os.getpid()}-{secrets.token_hex(4)}"
        self._members[name] = _Member(self.settings, lane, name)

    def _look_after(self) -> None:
        """Replace workers that died, take back jobs whose leases ran out, sweep the disk."""
        looked = swept = 0.0
        while not self._ending.wait(LOOK):
            now = time.monotonic()
            try:
                self._replace_the_dead(now)
                if now - looked > self.settings.tick:
                    looked = now
                    jobs.reap(self.store, self.settings.attempts)
                if now - swept > SWEEP:
                    swept = now
                    self._sweep()
            except (DBAPIError, OSError) as error:
                log("service", error=f"{type(error).__name__}: {getattr(error, 'orig', error)}")

    def _replace_the_dead(self, now: float) -> None:
        for name, member in list(self._members.items()):
            if member.process.poll() is None or now - member.begun < HASTE:
                continue
            log("worker", worker=name, exit=member.process.returncode)
            jobs.release(self.store, name, self.settings.attempts)
            del self._members[name]
            member.end()
            self._hire(member.lane)

    def _sweep(self) -> None:
        with self.store.write() as connection:
            idempotency.forget(connection)
            events.forget(connection)
        with self.store.read() as connection:
            wanted = works.wanted(connection)
        self.blobs.sweep(wanted)


class _Member:
    """One worker process, and the pipe through which it is told of work."""

    def __init__(self, settings: Settings, lane: str, name: str) -> None:
        self.lane, self.begun = lane, time.monotonic()
        threads = max(1, (os.cpu_count() or 1) // max(1, settings.composers))
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "firmus.service.worker", str(settings.data), lane, name],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, bufsize=0,
            env={"FIRMUS_THREADS": str(threads), **os.environ},
        )  # fmt: skip
        if self.process.stdin:
            os.set_blocking(self.process.stdin.fileno(), False)  # nobody waits for a worker that does not listen

    def ring(self) -> None:
        """Say that there may be work."""
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdin:
                self.process.stdin.write(b"\n")

    def end(self) -> None:
        """End the process, if it has not ended."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
