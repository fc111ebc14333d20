"""What happened to a job, numbered from 1 without a gap, so that a listener can go on where it stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from firmus.service.storage.database import Store
from firmus.service.storage.tables import event, job

KEPT = 86_400.0  # seconds that progress and bars are kept after a job's end
POLL = 0.05  # seconds between looks, while anybody waits


class Event(NamedTuple):
    """One event: its number, its kind (``"state"``, ``"progress"``, ``"piece"`` or ``"bar"``), what it says, when."""

    number: int
    kind: str
    data: dict[str, Any]
    at: float


def add(connection: Connection, job_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """Write a job's next event; the update holds the job's row, so that numbers come in the order of commits."""
    count = update(job).where(job.c.id == job_id).values(events=job.c.events + 1).returning(job.c.events)
    write(connection, job_id, connection.execute(count).scalar_one(), [(kind, data)])


def write(connection: Connection, job_id: str, first: int, told: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Write events that have been counted: the first has this number."""
    now = time.time()
    rows = [
        {"job": job_id, "number": number, "kind": kind, "data": json.dumps(data), "at": now}
        for number, (kind, data) in enumerate(told, first)
    ]
    connection.execute(insert(event), rows)


def after(connection: Connection, job_id: str, number: int) -> list[Event]:
    """Events of a job after a number, in order."""
    columns = (event.c.number, event.c.kind, event.c.data, event.c.at)
    query = select(*columns).where(event.c.job == job_id, event.c.number > number).order_by(event.c.number)
    return [Event(row.number, row.kind, json.loads(row.data), row.at) for row in connection.execute(query)]


def forget(connection: Connection, now: float | None = None) -> None:
    """Take out what was told on the way of jobs that ended more than a day ago; their states stay."""
    ended = select(job.c.id).where(job.c.ended < (now or time.time()) - KEPT)
    connection.execute(delete(event).where(event.c.kind != "state", event.c.job.in_(ended)))


class Bell:
    """Wakes those who wait for a job's next event: one query for all of them, and none while nobody waits."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.closed = False
        self._waiting: dict[asyncio.Event, tuple[str, int]] = {}
        self._wanted = asyncio.Event()

    async def wait(self, job_id: str, number: int, seconds: float) -> bool:
        """Wait until a job has more than so many events; False where the time runs out first, or the bell closes."""
        rung = asyncio.Event()
        self._waiting[rung] = (job_id, number)
        self._wanted.set()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), seconds)
            return rung.is_set() and not self.closed
        finally:
            del self._waiting[rung]

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self._wanted.wait()
            if not self._waiting:
                self._wanted.clear()
                continue
            counts = await asyncio.to_thread(self._counts, {name for name, _ in self._waiting.values()})
            for rung, (name, number) in self._waiting.items():
                if counts.get(name, number) > number:
                    rung.set()
            await asyncio.sleep(POLL)

    def close(self) -> None:
        """Wake everybody: the service ends."""
        self.closed = True
        for rung in self._waiting:
            rung.set()

    def _counts(self, names: set[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        with self.store.read() as connection:
            for part in _in_parts(sorted(names), 500):
                query = select(job.c.id, job.c.events).where(job.c.id.in_(part))
                found.update((row.id, row.events) for row in connection.execute(query))
        return found


def _in_parts(names: list[str], most: int) -> Iterator[list[str]]:
    for start in range(0, len(names), most):
        yield names[start : start + most]
