"""Housekeeping: what is past its time is deleted, in small steps beside the requests that are served.

A pass goes through everything once: records of idempotency and passing events that are a day old; jobs, works, sounds
and batches past `Settings.keep`; files of deleted rows; then all folders of files, of which those that no row refers to
are deleted (mark and sweep), be they of a process that was killed before it wrote their rows. A step deletes few rows,
in a transaction of its own, or the files of one folder, so whoever wants to write meanwhile waits for one step at most.
A step that is killed leaves garbage for the next pass, and never a row without its file: files are deleted only once
they are old and no row refers to them, and whoever stores the same content again makes them young
(`firmus.service.storage.blobs`).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from sqlalchemy import Connection, delete, select, tuple_
from sqlalchemy.exc import DBAPIError

from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage import audit, erasure, events, idempotency, works
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.tables import batch, first_id, garbage, job, sound, work

ROWS = 200  # rows that a step deletes at most, of records and events
THINGS = 20  # jobs, works and sounds that a step deletes at most, with all that belongs to them
DIGESTS = 500  # files that are looked up at a time
PASS_INTERVAL = 600.0  # seconds between two passes
REST = 4.0  # pause after a step, as a multiple of its duration
ATTEMPTS, RETRY_DELAY = 20, 0.02  # seconds between two attempts to delete files while somebody stores one
GRACE = 60.0  # seconds, beside the time limit of a job, for which a file without a row is kept


class Housekeeper:
    """Tidies up a service, from a thread of its own.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings, self.store, self.blobs = settings, store, blobs
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="housekeeping")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread, after its current step."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def steps(self, now: float | None = None) -> Iterator[None]:
        """One pass, a step at a time; `now` is the present time."""
        now = now or time.time()
        for purge in (idempotency.purge, events.purge):
            yield from self._repeat(partial(purge, most=ROWS, now=now), ROWS)
        if self.settings.keep_seconds:
            for expire in (self._expire_works, self._expire_sounds, self._expire_jobs, self._expire_batches):
                yield from self._repeat(partial(expire, oldest=now - self.settings.keep_seconds), THINGS)
        with self._writing() as connection:
            erasure.fold_counts(connection, now)
        oldest = now - self.settings.job_seconds - GRACE  # what a worker has just stored has no row yet
        yield from self._delete_garbage(oldest)
        for number in range(256):
            self._sweep(f"{number:02x}", oldest)
            yield
        self.store.truncate_log()

    def _run(self) -> None:
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                for _ in self.steps():
                    if self._stopping.wait(REST * (time.monotonic() - begun)):
                        return
                    begun = time.monotonic()
            except (DBAPIError, OSError) as error:
                log("housekeeping", error=f"{type(error).__name__}: {getattr(error, 'orig', error)}")
            self._stopping.wait(PASS_INTERVAL)

    def _repeat(self, remove: Callable[[Connection], int], most: int) -> Iterator[None]:
        """Remove up to so many things at a time, until there are no more."""
        count = most
        while count == most:
            with self._writing() as connection:
                count = remove(connection)
            yield

    def _expire_works(self, connection: Connection, oldest: float) -> int:
        query = select(work).where(work.c.id < first_id("wrk", oldest)).order_by(work.c.id).limit(THINGS)
        rows = connection.execute(query).all()
        for row in rows:
            erasure.delete_work(connection, self.blobs, row)
        return _recorded(connection, "works", len(rows))

    def _expire_sounds(self, connection: Connection, oldest: float) -> int:
        query = select(sound).where(sound.c.id < first_id("snd", oldest)).order_by(sound.c.id).limit(THINGS)
        rows = connection.execute(query).all()
        for row in rows:
            erasure.delete_sound(connection, row)
        return _recorded(connection, "sounds", len(rows))

    def _expire_jobs(self, connection: Connection, oldest: float) -> int:
        query = select(job.c.id).where(job.c.id < first_id("job", oldest), job.c.ended < oldest)
        names = connection.execute(query.order_by(job.c.id).limit(THINGS)).scalars().all()
        erasure.delete_jobs(connection, names)
        return _recorded(connection, "jobs", len(names))

    def _expire_batches(self, connection: Connection, oldest: float) -> int:
        has_jobs = select(job.c.id).where(job.c.batch == batch.c.id).exists()
        query = select(batch.c.id).where(batch.c.id < first_id("bat", oldest), ~has_jobs).limit(THINGS)
        names = connection.execute(query).scalars().all()
        erasure.delete_batches(connection, names)
        return _recorded(connection, "batches", len(names))

    def _delete_garbage(self, oldest: float) -> Iterator[None]:
        """Delete files whose rows were deleted, if no other row refers to them."""
        last, place = ("", ""), tuple_(garbage.c.holder, garbage.c.name)
        while True:
            with self.store.read() as connection:
                query = select(garbage).where(place > last).order_by(garbage.c.holder, garbage.c.name).limit(ROWS)
                rows = connection.execute(query).all()
                referenced = works.referenced(connection, [row.digest for row in rows])
            if not rows:
                return
            last = (rows[-1].holder, rows[-1].name)
            gone = self._delete({row.digest for row in rows} - referenced, oldest)
            done = [(row.holder, row.name) for row in rows if row.digest in gone or row.digest in referenced]
            if done:
                with self._writing() as connection:
                    connection.execute(delete(garbage).where(place.in_(done)))
            yield

    def _sweep(self, prefix: str, oldest: float) -> None:
        """Delete the old files of a folder that no row refers to."""
        names = self.blobs.older(prefix, oldest)
        for start in range(0, len(names), DIGESTS):
            chunk = names[start : start + DIGESTS]
            with self.store.read() as connection:
                referenced = works.referenced(connection, chunk)
            self._delete(set(chunk) - referenced, oldest)

    def _delete(self, names: Iterable[str], oldest: float) -> set[str]:
        """Delete old files, if nobody keeps all of them (a backup does); the names of those that are gone."""
        for _ in range(ATTEMPTS):
            try:
                return set(self.blobs.delete(names, oldest))
            except BlockingIOError:
                self._stopping.wait(RETRY_DELAY)
        return set()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.store.write() as connection:
            self.store.advisory_lock(connection, audit.LOCK)
            yield connection


def _recorded(connection: Connection, what: str, count: int) -> int:
    """Record in the audit log that so many things were past their time."""
    if count:
        audit.write(connection, "service", "service", "expire", f"{count} {what}")
    return count
