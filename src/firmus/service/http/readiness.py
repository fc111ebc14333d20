"""Readiness: whether the service can work, found out by a thread of its own, so that no load delays the answer.

A look is taken at most once a second, whoever asks. The database is read in full at the start and every hour: damage in
its middle would be found by those alone whose rows are there. What a request stumbles over counts at once
(`Store.damage`).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from firmus.runtime.weights import cards
from firmus.service.http import limits
from firmus.service.logs import log
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import tables
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.workers.supervisor import Supervisor

FRESH = 1.0  # seconds for which the last look holds
TIMEOUT = 8.0  # seconds that one may take
READ_INTERVAL = 3600.0  # seconds between two readings of the whole database


class Readiness:
    """Finds out whether a service is ready.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    supervisor : Supervisor
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs, supervisor: Supervisor) -> None:
        self.settings, self.store, self.blobs, self.supervisor = settings, store, blobs, supervisor
        self._looker = ThreadPoolExecutor(1, "readiness")
        self._last: Future[None] | None = None
        self._begun = 0.0
        self._closed = threading.Event()

    def start(self) -> None:
        """Begin to read the database."""
        threading.Thread(target=self._read_all, daemon=True, name="database check").start()

    def close(self) -> None:
        """Stop."""
        self._closed.set()
        self._looker.shutdown(wait=False, cancel_futures=True)

    async def check(self) -> None:
        """Look, unless someone just did.

        Raises
        ------
        Problem, OSError, DBAPIError
            What keeps the service from working.
        """
        if self._last is None or (self._last.done() and time.monotonic() > self._begun + FRESH):
            self._last, self._begun = self._looker.submit(self._look), time.monotonic()
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._last)), TIMEOUT)
        except TimeoutError:
            raise Problem("busy", "database or disk do not answer in time", seconds=5) from None

    def _look(self) -> None:
        with self.store.write() as connection:
            connection.execute(text("SELECT 1"))
            for table in tables.metadata.sorted_tables:
                connection.execute(table.select().limit(1)).first()
        if self.store.damage:
            raise Problem("busy", f"the database is damaged: {self.store.damage}; go back to a backup")
        limits.require_disk_space(self.settings, self.blobs)
        if not cards():
            raise Problem("busy", "there are no models")
        if idle := self.supervisor.idle_lanes:
            raise Problem("busy", f"no worker is there to {' or to '.join(idle)}", seconds=2)

    def _read_all(self) -> None:
        """Read the whole database, again and again."""
        while not self._closed.is_set():
            with contextlib.suppress(DBAPIError):
                self.store.read_all()
            if self.store.damage:
                log("service", error=f"the database is damaged: {self.store.damage}")
            self._closed.wait(READ_INTERVAL)
