"""Threads of the server itself: for tests, and where there is no memory for a second process.

Nothing bounds what a job may use, and a job that breaks its process breaks the service.
"""

from __future__ import annotations

import threading

from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.workers.worker import Worker


class Executor:
    """Starts a thread for each member.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings, self.store, self.blobs = settings, store, blobs

    def hire(self, lane: str, name: str) -> _Member:
        """A new thread."""
        return _Member(_Worker(self.settings, self.store, self.blobs, lane, name))

    def close(self) -> None:
        """Nothing is left when the threads have ended."""


class _Worker(Worker):
    """A worker with one job in hand; what cannot be made to leave goes on to its own end, and writes nothing."""

    def __init__(self, settings: Settings, store: Store, blobs: Blobs, lane: str, name: str) -> None:
        super().__init__(settings, store, blobs, lane, name)
        self.most = 1

    def leave(self) -> None:
        """Nobody ends a thread."""


class _Member:
    """A thread that works."""

    is_ready, ended = True, ""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.thread = threading.Thread(target=worker.run, daemon=True, name=worker.name)
        self.thread.start()

    def ring(self) -> None:
        """Say that there may be work."""
        self.worker.woken.set()

    def finish(self) -> None:
        """Let it end when the job in hand is done."""
        self.worker.stop()

    def wait(self, seconds: float) -> None:
        """Wait for its end."""
        self.thread.join(seconds)

    def end(self) -> None:
        """Leave it to itself: what it has in hand is given back, and lost to it."""
