"""The crew: all who do the jobs of a service, replaced when they die, told to finish when the service ends."""

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
from firmus.service.storage import events, idempotency, jobs, works
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.workers.executors import Executor, Member
from firmus.service.workers.handlers import LANES

LOOK = 0.1  # seconds between looks whether a worker died
HASTE = 1.0  # a worker that dies younger (seconds) is started again only after as long
SWEEP = 600.0  # seconds between two sweeps of the disk
WORKERS = {"compose": "composers", "render": "renderers", "study": "analysts"}
"""Setting that says how many workers a lane has."""


@dataclass(frozen=True, slots=True)
class _Hired:
    """A member, what it was hired for, and when."""

    member: Member
    lane: str
    begun: float = field(default_factory=time.monotonic)


class Crew:
    """Workers, wherever the executor has them.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    executor : Executor
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs, executor: Executor) -> None:
        self.settings, self.store, self.blobs, self.executor = settings, store, blobs, executor
        self._hired: dict[str, _Hired] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look_after, daemon=True)

    def start(self) -> None:
        """Hire every worker, and look after them."""
        for lane in LANES:
            for _ in range(getattr(self.settings, WORKERS[lane])):
                self._hire(lane)
        self._thread.start()

    def ring(self, lane: str) -> None:
        """Tell a lane's workers that there may be work."""
        for each in list(self._hired.values()):
            if each.lane == lane:
                each.member.ring()

    @property
    def is_ready(self) -> bool:
        """Whether anybody takes jobs."""
        return any(each.member.is_ready for each in list(self._hired.values()))

    def stop(self) -> None:
        """Let every worker finish its jobs, as long as there is time; give back what is left."""
        self._ending.set()
        self._thread.join()
        for each in self._hired.values():
            each.member.finish()
        until = time.monotonic() + self.settings.drain
        for name, each in self._hired.items():
            each.member.wait(max(0.0, until - time.monotonic()))
            each.member.end()
            with contextlib.suppress(DBAPIError):
                jobs.release(self.store, name, sys.maxsize)  # it is not the job's fault
        self.executor.close()

    def _hire(self, lane: str) -> None:
        name = f"{lane}-{os.getpid()}-{secrets.token_hex(4)}"
        self._hired[name] = _Hired(self.executor.hire(lane, name), lane)

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
                with contextlib.suppress(DBAPIError):
                    self._end_the_hung()

    def _replace_the_dead(self, now: float) -> None:
        for name, each in list(self._hired.items()):
            if not each.member.ended or now - each.begun < HASTE:
                continue
            log("worker", worker=name, ended=each.member.ended)
            jobs.release(self.store, name, self.settings.attempts)
            del self._hired[name]
            each.member.end()
            self._hire(each.lane)

    def _end_the_hung(self) -> None:
        """End who lets leases run out while nothing can be written: it may have stopped in the midst of writing."""
        for name in jobs.overdue(self.store, by=self.settings.lease):
            if hired := self._hired.get(name):
                hired.member.end()

    def _sweep(self) -> None:
        with self.store.write() as connection:
            idempotency.forget(connection)
            events.forget(connection)
        with self.store.read() as connection:
            wanted = works.wanted(connection)
        self.blobs.sweep(wanted)
