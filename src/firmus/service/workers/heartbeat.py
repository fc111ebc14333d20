"""The heartbeat of a worker: the only writer for its running jobs until they end.

One thread writes the events of all jobs in one transaction, at most ten times a second, renews the leases, and checks
which claims are still valid. A lost job is interrupted at its next progress report; one that goes on regardless, or
exceeds its time limit and does not stop, makes the worker exit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy.exc import DBAPIError

from firmus.formats.json import to_dict
from firmus.runtime.request import Bar
from firmus.score import Score
from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage import jobs
from firmus.service.storage.database import Store
from firmus.service.storage.jobs import Claim, ClaimLost, NewEvent

WRITE_INTERVAL = 0.1  # seconds between two writes of events
CHECK_INTERVAL = 0.5  # seconds between two checks whether the claims are valid
GRACE = 5.0  # seconds that a lost job has to stop by itself, times the number of running jobs
RETRY_DELAYS = (0.1, 0.5, 2.0, 5.0)  # seconds before a failed write is retried


class JobHandle:
    """A running job, as its handler sees it: takes progress and the music as it is composed.

    Parameters
    ----------
    claimed : Claim
    """

    def __init__(self, claimed: Claim) -> None:
        self.claimed, self.begun = claimed, time.monotonic()
        self.lost_at: float | None = None
        self._lock = threading.Lock()
        self._pending: list[NewEvent] = []
        self._progress: dict[str, Any] | None = None

    def __call__(self, title: str, done: int, total: int) -> None:
        """Report progress; raises `ClaimLost` if the job is no longer this worker's."""
        self.check()
        with self._lock:
            self._progress = {"title": title, "done": done, "total": total}

    def begin(self, piece: int, frame: Score) -> None:
        """Emit the given part of a piece."""
        self._emit("piece", {"piece": piece, "score": to_dict(frame)})

    def bar(self, piece: int, bar: Bar) -> None:
        """Emit the notes of a bar: part, start, duration, pitch, velocity of each."""
        notes = [[part, note.start, note.duration, note.pitch, note.velocity] for part, note in bar.notes]
        self._emit("bar", {"piece": piece, "bar": bar.number, "notes": notes})

    def relay(self, new_events: list[NewEvent]) -> None:
        """Take events that were emitted by a remote worker."""
        with self._lock:
            self._pending += new_events

    def check(self) -> None:
        """Raise `ClaimLost` if the job is no longer this worker's."""
        if self.lost_at is not None:
            raise ClaimLost(self.claimed.id)

    def lose(self) -> None:
        """Note that the job is no longer this worker's."""
        self.lost_at = self.lost_at or time.monotonic()

    def take_events(self) -> list[NewEvent]:
        """Remove and return the events that are to be written."""
        with self._lock:
            pending, self._pending = self._pending, []
            if self._progress:
                pending.append(("progress", self._progress))
                self._progress = None
        return pending

    def put_back(self, new_events: list[NewEvent]) -> None:
        """Put back events that could not be written."""
        with self._lock:
            self._pending = new_events + self._pending

    def _emit(self, kind: str, data: dict[str, Any]) -> None:
        self.check()
        with self._lock:
            self._pending.append((kind, data))


class Heartbeat:
    """Keeps the claims of a worker alive, and writes the events of its jobs.

    Parameters
    ----------
    store : Store
    settings : Settings
    abort : callable
        Makes the worker exit.
    """

    def __init__(self, store: Store, settings: Settings, abort: Callable[[], None]) -> None:
        self.store, self.settings, self.abort = store, settings, abort
        self.handles: set[JobHandle] = set()  # a lost job may have a second handle, where this worker claimed it again
        self._write_lock = threading.Lock()  # so that events are in order
        self._renewed = self._checked = time.monotonic()
        self._closed = threading.Event()
        threading.Thread(target=self._run, daemon=True, name="heartbeat").start()

    def add(self, claimed: Claim) -> JobHandle:
        """Start keeping a job; its handle."""
        handle = JobHandle(claimed)
        self.handles.add(handle)
        return handle

    def remove(self, handle: JobHandle) -> None:
        """Stop keeping a job."""
        self.handles.discard(handle)

    def end(self, handle: JobHandle, write: Callable[[list[NewEvent]], Future[None]]) -> None:
        """Write the end of a job, after its remaining events.

        Raises
        ------
        ClaimLost
        """
        new_events: list[NewEvent] = []
        for delay in (*RETRY_DELAYS, None):
            with self._write_lock:
                new_events += handle.take_events()
                written = write(new_events)
            try:
                return written.result()
            except DBAPIError:
                if delay is None:
                    raise
            time.sleep(delay)

    def close(self) -> None:
        """Stop the thread, when there are no running jobs."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(WRITE_INTERVAL):
            try:
                self._beat()
            except DBAPIError as error:
                log("worker", error=str(error.orig))
            except Exception as error:
                log("worker", error=repr(error))

    def _beat(self) -> None:
        now, handles = time.monotonic(), list(self.handles)
        for handle in handles:
            if now - handle.begun > self.settings.job_seconds and handle.lost_at is None:
                self._time_out(handle)
            if handle.lost_at is not None and now - handle.lost_at > GRACE * len(handles):
                log("job", job=handle.claimed.id, state="lost", worker="ends, for the job does not")
                self.remove(handle)  # where the worker cannot exit, nothing more is written for this job
                self.abort()
        if now - self._checked > CHECK_INTERVAL:
            valid = jobs.still_claimed(self.store, [handle.claimed for handle in handles])
            for handle in handles:
                if handle.claimed not in valid:
                    handle.lose()
            self._checked = now
        self._write([handle for handle in handles if handle.lost_at is None], now)

    def _write(self, handles: list[JobHandle], now: float) -> None:
        """Write the pending events; renew every lease when it is due."""
        is_due = now - self._renewed > self.settings.lease / 3
        with self._write_lock:
            batch = [(handle, handle.take_events()) for handle in handles]
            batch = [(handle, each) for handle, each in batch if each or (is_due and handle in self.handles)]
            try:
                claims = [(handle.claimed, each) for handle, each in batch]
                valid = jobs.heartbeat(self.store, claims, self.settings.lease)
            except DBAPIError:
                for handle, each in batch:
                    handle.put_back(each)
                raise
        for handle, _ in batch:
            if handle.claimed not in valid:
                handle.lose()
        if is_due:
            self._renewed = now

    def _time_out(self, handle: JobHandle) -> None:
        detail = f"it took longer than {self.settings.job_seconds:g} seconds: ask for less at once"
        problem = {"type": "urn:firmus:problem:too-long", "title": "The job took too long", "detail": detail}
        handle.lose()
        try:
            jobs.fail(self.store, handle.claimed, problem).result()
        except ClaimLost:
            return
