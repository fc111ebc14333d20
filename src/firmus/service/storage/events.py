"""Events of a job, numbered from 1 without gaps, so that a subscriber can resume after the last one it has."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from firmus.service.storage.database import Store
from firmus.service.storage.tables import PASSING, event, job

RETENTION = 86_400.0  # seconds for which progress and bars are kept after a job's end
MOST, MOST_BYTES, ROWS = 1_000, 1_000_000, 10  # events, and their bytes, that are read together; and in one go
POLL_INTERVAL = 0.05  # seconds between two queries, while anybody waits


class Event(NamedTuple):
    """One event: its number, its kind (``"state"``, ``"progress"``, ``"piece"`` or ``"bar"``), its data, its time."""

    number: int
    kind: str
    data: dict[str, Any]
    at: float


def add(connection: Connection, job_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """Append an event to a job; the update locks the job's row, so that numbers are in the order of commits."""
    count = update(job).where(job.c.id == job_id).values(events=job.c.events + 1).returning(job.c.events)
    write(connection, job_id, connection.execute(count).scalar_one(), [(kind, data)])


def write(connection: Connection, job_id: str, first: int, items: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Write events, given as kind and data, whose numbers are already reserved, the first being `first`."""
    now = time.time()
    rows = [
        {"job": job_id, "number": number, "kind": kind, "data": json.dumps(data), "at": now}
        for number, (kind, data) in enumerate(items, first)
    ]
    connection.execute(insert(event), rows)


def after(connection: Connection, job_id: str, number: int) -> list[Event]:
    """The next events of a job after a number, in order: not more at a time than memory has room for."""
    columns = (event.c.number, event.c.kind, event.c.data, event.c.at)
    query = select(*columns).where(event.c.job == job_id, event.c.number > number).order_by(event.c.number)
    found: list[Event] = []
    size = 0
    with connection.execute(query.limit(MOST).execution_options(yield_per=ROWS)) as rows:
        for row in rows:
            found.append(Event(row.number, row.kind, json.loads(row.data), row.at))
            size += len(row.data)
            if size > MOST_BYTES:
                break
    return found


def purge(connection: Connection, most: int, now: float | None = None) -> int:
    """Delete progress, pieces and bars of jobs that ended more than a day ago, up to so many; states stay.

    Returns
    -------
    int
        How many were deleted; fewer than `most` where no more are old enough.
    """
    oldest = (now or time.time()) - RETENTION
    old = select(event.c.job, event.c.number).join(job, job.c.id == event.c.job)
    old = old.where(PASSING, event.c.at < oldest, job.c.ended < oldest).order_by(event.c.at).limit(most)
    rows = [tuple(row) for row in connection.execute(old)]
    if rows:
        connection.execute(delete(event).where(tuple_(event.c.job, event.c.number).in_(rows)))
    return len(rows)


class EventNotifier:
    """Wakes those who wait for a job's next event, by one query for all of them, and none while nobody waits."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.closed = False
        self._waiting: dict[asyncio.Event, tuple[str, int]] = {}
        self._has_waiters = asyncio.Event()

    async def wait(self, job_id: str, number: int, seconds: float) -> bool:
        """Wait until a job has more than `number` events; False on a timeout, or when the notifier is closed."""
        wakeup = asyncio.Event()
        self._waiting[wakeup] = (job_id, number)
        self._has_waiters.set()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wakeup.wait(), seconds)
            return wakeup.is_set() and not self.closed
        finally:
            del self._waiting[wakeup]

    async def run(self) -> None:
        """Poll the database until cancelled."""
        while True:
            await self._has_waiters.wait()
            if not self._waiting:
                self._has_waiters.clear()
                continue
            counts = await asyncio.to_thread(self._counts, {name for name, _ in self._waiting.values()})
            for wakeup, (name, number) in self._waiting.items():
                if counts.get(name, number) > number:
                    wakeup.set()
            await asyncio.sleep(POLL_INTERVAL)

    def close(self) -> None:
        """Wake everybody, as the service is shutting down."""
        self.closed = True
        for wakeup in self._waiting:
            wakeup.set()

    def _counts(self, names: set[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        with self.store.read() as connection:
            for chunk in _chunks(sorted(names), 500):
                query = select(job.c.id, job.c.events).where(job.c.id.in_(chunk))
                counts.update((row.id, row.events) for row in connection.execute(query))
        return counts


def _chunks(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
