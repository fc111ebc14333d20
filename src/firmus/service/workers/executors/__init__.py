"""Executors: where workers run. Each is one module of this folder, with a class ``Executor``.

An executor only places workers (`firmus.service.workers.worker`), which claim jobs from the table. Who has a job, its
attempts and its output are recorded there alone, under its lease and its fencing token
(`firmus.service.storage.jobs`). So whatever an executor loses is executed again, and what it executes twice is written
once. `firmus.service.workers.supervisor` starts the workers, restarts those that died, and drains them.
"""

from __future__ import annotations

from typing import Protocol

from firmus import plugins
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store


class WorkerHandle(Protocol):
    """A worker of a lane, as the supervisor sees it."""

    @property
    def is_ready(self) -> bool:
        """Whether it takes jobs."""

    @property
    def exit_reason(self) -> str:
        """Why it exited; empty as long as it runs. One that hangs is killed."""

    @property
    def is_blamable(self) -> bool:
        """Whether its exit may be the doing of a job: it was not told to, nor stopped from outside."""

    def notify(self) -> None:
        """Notify it that there may be a job."""

    def drain(self) -> None:
        """Let it finish its running jobs and exit."""

    def wait(self, seconds: float) -> None:
        """Wait until it has exited, up to so many seconds."""

    def kill(self) -> None:
        """Stop it now, with its running jobs."""


class Executor(Protocol):
    """Starts workers."""

    def spawn(self, lane: str, name: str) -> WorkerHandle:
        """Start a worker."""

    def close(self) -> None:
        """Release resources, when all workers have exited."""


def load(settings: Settings, store: Store, blobs: Blobs) -> Executor:
    """The executor that the settings name.

    Raises
    ------
    FirmusError
        If there is none of that name, or it cannot be reached.
    """
    return plugins.load(__name__, settings.executor).Executor(settings, store, blobs)
