"""Workers as threads of the server: for tests, and where there is no memory for a second process.

A job's memory is not limited, and a job that crashes its process crashes the service.
"""

from __future__ import annotations

import threading

from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.workers.worker import Worker


class Executor:
    """Starts a thread for each worker.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings, self.store, self.blobs = settings, store, blobs

    def spawn(self, lane: str, name: str) -> _Thread:
        """Start a thread."""
        return _Thread(_Worker(self.settings, self.store, self.blobs, lane, name))

    def close(self) -> None:
        """Nothing to release once the threads have ended."""


class _Worker(Worker):
    """A worker with one job at a time; one that does not stop runs to its own end, and writes nothing."""

    def __init__(self, settings: Settings, store: Store, blobs: Blobs, lane: str, name: str) -> None:
        super().__init__(settings, store, blobs, lane, name)
        self.capacity = 1

    def abort(self) -> None:
        """Nothing, as a thread cannot be killed."""


class _Thread:
    """A worker thread."""

    is_ready, exit_reason, is_blamable = True, "", False

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.thread = threading.Thread(target=worker.run, daemon=True, name=worker.name)
        self.thread.start()

    def notify(self) -> None:
        """Notify it that there may be a job."""
        self.worker.notified.set()

    def drain(self) -> None:
        """Let it finish its running job and end."""
        self.worker.stop()

    def wait(self, seconds: float) -> None:
        """Wait for its end."""
        self.thread.join(seconds)

    def kill(self) -> None:
        """Leave it to itself: its job is requeued, and its claim lost."""
