"""The remote worker: executes jobs on another machine from the bytes it is sent, without the database or the folder."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from firmus.errors import FirmusError
from firmus.runtime import batch
from firmus.service import problems
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import Claim, ClaimLost, JobOutput, NewEvent
from firmus.service.workers import cluster, handlers
from firmus.service.workers.heartbeat import GRACE, WRITE_INTERVAL, JobHandle
from firmus.service.workers.worker import limit

KEEPALIVE_INTERVAL = 1.0  # seconds between two keepalives
Outcome = tuple[JobOutput, dict[str, bytes]] | Exception
"""Output of a job, with its files by their digests; or why it failed."""


class RemoteWorker:
    """Executes jobs, several at a time.

    Parameters
    ----------
    memory : int
        Memory limit in bytes; 0 for none.
    threads : int
        Threads that a model may use.
    """

    def __init__(self, memory: int, threads: int) -> None:
        limit(memory, "RLIMIT_DATA")  # which does not count Ray's shared memory
        os.environ.setdefault("FIRMUS_THREADS", str(threads))
        batch.share()
        self.handles: dict[tuple[str, int], JobHandle] = {}

    def begin(self, versions: dict[str, str]) -> dict[str, Any]:
        """Check the installation; the host name and process id.

        Raises
        ------
        FirmusError
            If the installation differs from that of the service.
        """
        cluster.check(versions)
        return {"machine": socket.gethostname(), "process": os.getpid()}

    def live(self) -> None:
        """Block for the lifetime of the process."""
        threading.Event().wait()

    def lose(self, job: str, attempt: int) -> None:
        """Stop a job whose claim was lost."""
        if handle := self.handles.get((job, attempt)):
            handle.lose()

    def perform(self, claimed: Claim, files: Sequence[bytes]) -> Iterator[tuple[list[NewEvent], Outcome | None]]:
        """Execute a job: yields its events as they are emitted; with the last of them, its outcome."""
        handle = self.handles[claimed.id, claimed.attempt] = JobHandle(claimed)
        try:
            with tempfile.TemporaryDirectory(prefix="firmus-job-") as folder, ThreadPoolExecutor(1) as pool:
                future, sent = pool.submit(_execute, claimed, files, Path(folder), handle), 0.0
                while not future.done():
                    wait([future], WRITE_INTERVAL)
                    new_events, now = handle.take_events(), time.monotonic()
                    if new_events or now - sent > KEEPALIVE_INTERVAL:
                        sent = now
                        yield new_events, None
                    if handle.lost_at is not None and now - handle.lost_at > GRACE * len(self.handles):
                        os._exit(3)  # as the job does not stop though it should
                yield handle.take_events(), future.result()
        finally:
            del self.handles[claimed.id, claimed.attempt]


def _execute(claimed: Claim, files: Sequence[bytes], folder: Path, handle: JobHandle) -> Outcome:
    """Execute a job in a folder of its own."""
    try:
        blobs = Blobs(folder)
        inputs = {blobs.put(data) for data in files}
        output = handlers.perform(claimed, blobs, handle)
        outputs = [path for path in folder.glob("??/*") if path.name not in inputs]
        return output, {path.name: path.read_bytes() for path in outputs}
    except FirmusError as error:
        return problems.of(error)
    except (OSError, MemoryError, ClaimLost) as error:
        return type(error)(*error.args[:2])
    except Exception:
        return RuntimeError(traceback.format_exc())
