"""A worker: a process that claims jobs of its lane, does them, and dies with the service.

``python -m firmus.service.worker DATA LANE NAME``. A line on its standard input says that there may be work; its end
says that the service is dead, and the worker with it. SIGTERM lets it finish the job in hand.

A thread lengthens the lease where a job tells no progress, looks whether the job is still ours, and ends the process
where a job that is lost does not stop by itself, or takes too long.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from firmus.errors import FirmusError
from firmus.service import jobs, kinds, problems
from firmus.service.blobs import Blobs
from firmus.service.jobs import Claim, Lost
from firmus.service.logs import log
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.store import Store

LOOK = 0.5  # seconds between looks whether a job is still ours
TELL = 0.25  # seconds between two events of progress
GRACE = 5.0  # seconds that a lost job has to stop by itself
AGAIN = (0.1, 0.5, 2.0, 5.0)  # seconds before a write is tried again that the database did not take


class Worker:
    """Claims and does jobs, one at a time.

    Parameters
    ----------
    settings : Settings
    lane, name : str
    """

    def __init__(self, settings: Settings, lane: str, name: str) -> None:
        self.settings, self.lane, self.name = settings, lane, name
        self.store, self.blobs = Store(settings.database), Blobs(settings.data / "files")
        self.woken, self.stopping = threading.Event(), False

    def run(self) -> None:
        """Work until told to stop."""
        while not self.stopping:
            try:
                claimed = jobs.claim(self.store, self.lane, self.name, self.settings.lease)
            except DBAPIError as error:
                log("worker", worker=self.name, error=str(error.orig))
                claimed = None
            if claimed:
                self.work(claimed)
            else:
                self.woken.wait(self.settings.tick)
                self.woken.clear()

    def work(self, claimed: Claim) -> None:
        """Do one job, whatever comes of it."""
        log("job", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt, worker=self.name)
        watch = Watch(self.store, claimed, self.settings)
        try:
            made = kinds.perform(claimed, self.blobs, watch.progress)
            _again(lambda: jobs.finish(self.store, claimed, made))
        except Lost:
            log("job", job=claimed.id, attempt=claimed.attempt, state="lost")
        except FirmusError as error:
            self._fail(claimed, problems.of(error))
        except (OSError, MemoryError) as error:  # of this machine, not of the job
            log("job", job=claimed.id, error=f"{type(error).__name__}: {error}")
            told = problems.of(error) if isinstance(error, OSError) else Problem("internal", "out of memory")
            time.sleep(min(claimed.attempt, self.settings.lease / 3))
            with contextlib.suppress(DBAPIError):
                jobs.release(self.store, self.name, self.settings.attempts, told.document())
        except DBAPIError as error:  # the lease runs out, and another does it
            log("job", job=claimed.id, error=str(error.orig))
        except Exception as error:
            log("job", job=claimed.id, error=repr(error), trace=traceback.format_exc())
            self._fail(claimed, problems.of(error))
        finally:
            watch.end()

    def _fail(self, claimed: Claim, problem: Problem) -> None:
        with contextlib.suppress(Lost, DBAPIError):
            _again(lambda: jobs.fail(self.store, claimed, problem.document()))


class Watch:
    """Keeps a job while it is done, and notices when it is lost.

    Parameters
    ----------
    store : Store
    claimed : Claim
    settings : Settings
    """

    def __init__(self, store: Store, claimed: Claim, settings: Settings) -> None:
        self.store, self.claimed, self.settings = store, claimed, settings
        self.begun = self.beaten = time.monotonic()
        self.told = 0.0
        self.lost_at: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def progress(self, title: str, done: int, total: int) -> None:
        """Tell how far the job is; raises `Lost` where it is no longer ours."""
        if self.lost_at is not None:
            raise Lost(self.claimed.id)
        now = time.monotonic()
        if now - self.told >= TELL or done == total:
            self.told = now
            self._beat({"title": title, "done": done, "total": total})

    def end(self) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()

    def _beat(self, progress: dict[str, object] | None = None) -> None:
        jobs.beat(self.store, self.claimed, self.settings.lease, progress)
        self.beaten = time.monotonic()

    def _run(self) -> None:
        while not self._over.wait(LOOK):
            now = time.monotonic()
            try:
                if now - self.begun > self.settings.job_seconds:
                    self._too_long()
                if self.lost_at is None and not jobs.is_held(self.store, self.claimed):
                    self.lost_at = now
                elif self.lost_at is None and now - self.beaten > self.settings.lease / 3:
                    self._beat()
            except Lost:
                self.lost_at = now
            except DBAPIError as error:
                log("job", job=self.claimed.id, error=str(error.orig))
            if self.lost_at is not None and now - self.lost_at > GRACE:
                log("job", job=self.claimed.id, state="lost", worker="ends, for the job does not")
                os._exit(3)

    def _too_long(self) -> None:
        detail = f"it took longer than {self.settings.job_seconds:g} seconds: ask for less at once"
        problem = {"type": "urn:firmus:problem:too-long", "title": "The job took too long", "detail": detail}
        with contextlib.suppress(Lost, DBAPIError):
            jobs.fail(self.store, self.claimed, problem)
        os._exit(3)


def _again(action: Callable[[], None]) -> None:
    """Do something that the database may not take at once."""
    for pause in AGAIN:
        try:
            return action()
        except DBAPIError:
            time.sleep(pause)
    return action()


def main() -> None:
    """Work until standard input ends."""
    data, lane, name = sys.argv[1:]
    settings = Settings.load(Path(data))
    _limit(settings.worker_bytes)
    worker = Worker(settings, lane, name)

    def stop(number: int, frame: object) -> None:
        worker.stopping = True
        worker.woken.set()

    def listen() -> None:
        while sys.stdin.buffer.readline():
            worker.woken.set()
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=listen, daemon=True).start()
    worker.run()
    os._exit(0)  # without waiting for the thread that reads


def _limit(memory: int) -> None:
    if memory:
        with contextlib.suppress(ImportError, ValueError, OSError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    main()
