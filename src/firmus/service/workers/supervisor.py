"""The supervisor: starts the workers of a service, replaces those that die or hang, and drains them at shutdown."""

from __future__ import annotations

import contextlib
import os
import secrets
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
        self._stopping, self._until = threading.Event(), 0.0
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
    def idle_lanes(self) -> list[str]:
        """Lanes of which no worker takes jobs, though there should be one."""
        working = {each.lane for each in list(self._workers.values()) if each.worker.is_ready}
        return [lane for lane in LANES if getattr(self.settings, WORKERS[lane]) and lane not in working]

    def drain(self) -> None:
        """Let the workers finish their running jobs, and replace none; from now on the time limit runs."""
        self._until = self._until or time.monotonic() + self.settings.drain
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for each in self._workers.values():
            each.worker.drain()

    def stop(self) -> None:
        """Drain the workers, up to the time limit; requeue what is unfinished, which is not the jobs' fault."""
        self.drain()
        for name, each in self._workers.items():
            each.worker.wait(max(0.0, self._until - time.monotonic()))
            each.worker.kill()
            with contextlib.suppress(DBAPIError):
                jobs.release(self.store, name)
        self.executor.close()

    def _spawn(self, lane: str) -> None:
        name = f"{lane}-{os.getpid()}-{secrets.token_hex(4)}"
        self._workers[name] = _Entry(self.executor.spawn(lane, name), lane)

    def _supervise(self) -> None:
        """Replace dead and hung workers, take back jobs whose leases have expired."""
        reaped = 0.0
        while not self._stopping.wait(POLL_INTERVAL):
            now = time.monotonic()
            try:
                self._replace_dead(now)
                if now - reaped > self.settings.tick:
                    reaped = now
                    jobs.reap(self.store)
            except (DBAPIError, OSError) as error:
                log("service", error=f"{type(error).__name__}: {getattr(error, 'orig', error)}")
                with contextlib.suppress(DBAPIError):
                    self._kill_hung()

    def _replace_dead(self, now: float) -> None:
        for name, each in list(self._workers.items()):
            if now - each.begun < RESTART_DELAY or not (reason := each.worker.exit_reason):
                continue
            log("worker", worker=name, ended=reason)
            jobs.release(self.store, name, self.settings.attempts if each.worker.is_blamable else None)
            del self._workers[name]
            each.worker.kill()
            self._spawn(each.lane)

    def _kill_hung(self) -> None:
        """Kill workers whose leases expired while nothing can be written: one may hang within a transaction."""
        for name in jobs.overdue_workers(self.store, by=self.settings.lease):
            if entry := self._workers.get(name):
                entry.worker.kill()
