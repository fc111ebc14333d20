"""The supervisor: starts the workers of a service, restarts those that die, and drains them at shutdown."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import threading
import time
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage import jobs
from firmus.service.storage.database import Store
from firmus.service.workers.executors import Executor, WorkerHandle
from firmus.service.workers.handlers import LANES

POLL_INTERVAL = 0.1  # seconds between two checks whether a worker died
RESTART_DELAY = 1.0  # seconds from a worker's start before it is restarted
WORKERS = {"compose": "composers", "render": "renderers", "study": "analysts"}
"""Setting with the number of workers, by lane."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A worker, its lane, and when it was started."""

    worker: WorkerHandle
    lane: str
    begun: float = field(default_factory=time.monotonic)


class Supervisor:
    """Supervises the workers, wherever the executor places them.

    Parameters
    ----------
    settings : Settings
    store : Store
    executor : Executor
    """

    def __init__(self, settings: Settings, store: Store, executor: Executor) -> None:
        self.settings, self.store, self.executor = settings, store, executor
        self._workers: dict[str, _Entry] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        """Start every worker, and supervise them."""
        for lane in LANES:
            for _ in range(getattr(self.settings, WORKERS[lane])):
                self._spawn(lane)
        self._thread.start()

    def notify(self, lane: str) -> None:
        """Notify a lane's workers that there may be a job."""
        for each in list(self._workers.values()):
            if each.lane == lane:
                each.worker.notify()

    @property
    def is_ready(self) -> bool:
        """Whether any worker takes jobs."""
        return any(each.worker.is_ready for each in list(self._workers.values()))

    def stop(self) -> None:
        """Drain the workers, up to the time limit; requeue what is unfinished."""
        self._stopping.set()
        self._thread.join()
        for each in self._workers.values():
            each.worker.drain()
        until = time.monotonic() + self.settings.drain
        for name, each in self._workers.items():
            each.worker.wait(max(0.0, until - time.monotonic()))
            each.worker.kill()
            with contextlib.suppress(DBAPIError):
                jobs.release(self.store, name, sys.maxsize)  # it is not the job's fault
        self.executor.close()

    def _spawn(self, lane: str) -> None:
        name = f"{lane}-{os.getpid()}-{secrets.token_hex(4)}"
        self._workers[name] = _Entry(self.executor.spawn(lane, name), lane)

    def _supervise(self) -> None:
        """Restart dead workers, take back jobs whose leases have expired."""
        reaped = 0.0
        while not self._stopping.wait(POLL_INTERVAL):
            now = time.monotonic()
            try:
                self._restart_dead(now)
                if now - reaped > self.settings.tick:
                    reaped = now
                    jobs.reap(self.store, self.settings.attempts)
            except (DBAPIError, OSError) as error:
                log("service", error=f"{type(error).__name__}: {getattr(error, 'orig', error)}")
                with contextlib.suppress(DBAPIError):
                    self._kill_hung()

    def _restart_dead(self, now: float) -> None:
        for name, each in list(self._workers.items()):
            if not each.worker.exit_reason or now - each.begun < RESTART_DELAY:
                continue
            log("worker", worker=name, ended=each.worker.exit_reason)
            jobs.release(self.store, name, self.settings.attempts)
            del self._workers[name]
            each.worker.kill()
            self._spawn(each.lane)

    def _kill_hung(self) -> None:
        """Kill workers whose leases expired while nothing can be written: one may hang within a transaction."""
        for name in jobs.overdue_workers(self.store, by=self.settings.lease):
            if entry := self._workers.get(name):
                entry.worker.kill()
