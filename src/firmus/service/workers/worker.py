"""A worker claims jobs of its lane and executes them, in a process of its own or wherever an executor places it.

``python -m firmus.service.workers.worker DATA LANE NAME`` is the process, which dies with the service: a line on its
standard input notifies it of jobs; end of file means that the service is dead. On SIGTERM it drains: it finishes its
running jobs and exits.

A composing worker runs several jobs, a thread each, and their sequences are batched in the model
(`firmus.runtime.batch.share`). A job whose process died before may be the cause; so that it does not take others with
it, and is known to be the cause if the process dies again, it runs alone.

On standard output the process sends a byte several times a lease, whatever its jobs do: one that is silent is hung or
was stopped, and is replaced.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from firmus.errors import FirmusError
from firmus.runtime import batch
from firmus.service import problems
from firmus.service.logs import log
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import jobs
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.jobs import Claim, ClaimLost, JobOutput
from firmus.service.workers import handlers
from firmus.service.workers.heartbeat import Heartbeat, JobHandle

CLAIM_SIZE = 4  # jobs claimed at a time, so that the workers of a lane share the queue
REST = 4.0  # pause after a write, as a multiple of its duration, so that submissions get the write lock
BEATS = 10  # signs of life in a lease
NICENESS = 5  # so that submissions take precedence over jobs, where processors are scarce


class Worker:
    """Claims and executes jobs, several at a time.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    lane, name : str
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs, lane: str, name: str) -> None:
        self.settings, self.store, self.blobs, self.lane, self.name = settings, store, blobs, lane, name
        self.heartbeat = Heartbeat(store, settings, self.abort)
        self.capacity = settings.together if lane == "compose" else 1
        self.notified, self.stopping = threading.Event(), False
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        """Work until stopped, then finish the running jobs."""
        while not self.stopping:
            free = self.capacity - len(self.heartbeat.handles)
            handles = [self.heartbeat.add(claimed) for claimed in self._claim(min(CLAIM_SIZE, free))]
            alone = [each for each in handles if self.capacity == 1 or each.claimed.is_suspect]
            self._threads = [each for each in self._threads if each.is_alive()]
            for handle in handles:
                if handle not in alone:
                    self._threads.append(threading.Thread(target=self.process, args=(handle,), daemon=True))
                    self._threads[-1].start()
            for handle in alone:
                self._join()
                self.process(handle)
            if not handles:
                self.notified.wait(self.settings.tick)
                self.notified.clear()
        self._join()
        self.heartbeat.close()

    def stop(self) -> None:
        """Claim no more jobs."""
        self.stopping = True
        self.notified.set()

    def perform(self, handle: JobHandle) -> JobOutput:
        """Execute a job in this process."""
        return handlers.perform(handle.claimed, self.blobs, handle)

    def abort(self) -> None:
        """Exit at once, as a running job does not stop though it should."""
        os._exit(3)

    def process(self, handle: JobHandle) -> None:
        """Execute one job and write its outcome."""
        claimed = handle.claimed
        log("job", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt, worker=self.name)
        try:
            handle.check()
            output = self.perform(handle)
            self.heartbeat.end(handle, lambda new_events: jobs.finish(self.store, claimed, output, new_events))
        except ClaimLost:
            log("job", job=claimed.id, attempt=claimed.attempt, state="lost")
        except FirmusError as error:
            self._fail(handle, problems.of(error))
        except (OSError, MemoryError) as error:  # of this machine, not of the job
            log("job", job=claimed.id, error=f"{type(error).__name__}: {error}")
            self._requeue(handle, error)
        except DBAPIError as error:  # the lease expires, and another worker takes the job
            log("job", job=claimed.id, error=str(error.orig))
        except Exception as error:
            log("job", job=claimed.id, error=repr(error), trace=traceback.format_exc())
            self._fail(handle, problems.of(error))
        finally:
            self.heartbeat.remove(handle)
            self.notified.set()

    def _claim(self, most: int) -> list[Claim]:
        try:
            if most <= 0:
                return []
            is_idle = not self.heartbeat.handles
            return jobs.claim(self.store, self.lane, self.name, self.settings.lease, most, is_idle=is_idle)
        except DBAPIError as error:
            log("worker", worker=self.name, error=str(error.orig))
            return []

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _fail(self, handle: JobHandle, problem: Problem) -> None:
        with contextlib.suppress(ClaimLost, DBAPIError):
            self.heartbeat.end(
                handle, lambda new_events: jobs.fail(self.store, handle.claimed, problem.document(), new_events)
            )

    def _requeue(self, handle: JobHandle, error: Exception) -> None:
        problem = problems.of(error) if isinstance(error, OSError) else Problem("internal", "out of memory")
        is_shared = isinstance(error, MemoryError) and len(self.heartbeat.handles) > 1  # another may have taken it
        is_innocent = is_shared or problem.kind == "disk-full"
        time.sleep(min(handle.claimed.attempt, self.settings.lease / 3))
        with contextlib.suppress(DBAPIError):
            attempts = None if is_innocent else self.settings.attempts
            jobs.requeue(self.store, handle.claimed, attempts, problem.document(), is_suspect=is_shared)


def main() -> None:
    """Work until standard input ends."""
    data, lane, name = sys.argv[1:]
    settings = Settings.load(Path(data))
    limit(settings.worker_bytes, "RLIMIT_AS")
    batch.share()
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    worker = Worker(settings, Store(settings.database, REST), Blobs(settings.data / "files"), lane, name)

    def beat() -> None:
        with contextlib.suppress(OSError):
            while True:
                os.write(1, b".")
                time.sleep(settings.lease / BEATS)

    def listen() -> None:
        while sys.stdin.buffer.readline():
            worker.notified.set()
        os._exit(0)

    signal.signal(signal.SIGTERM, lambda number, frame: worker.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for target in (beat, listen):
        threading.Thread(target=target, daemon=True).start()
    worker.run()
    os._exit(0)  # without waiting for the thread that reads


def limit(memory: int, resource_name: str) -> None:
    """Limit this process's memory in bytes, where the system can; 0 for no limit."""
    if memory:
        with contextlib.suppress(ImportError, AttributeError, ValueError, OSError):
            import resource

            resource.setrlimit(getattr(resource, resource_name), (memory, memory))


if __name__ == "__main__":
    main()
