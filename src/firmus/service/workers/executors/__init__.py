"""Executors: where jobs are done. Each is one module of this folder, with a class ``Executor``.

An executor places work and knows nothing else: it hires members, each with a worker (`firmus.service.workers.worker`)
that takes jobs out of the table. Whose a job is, how often it was tried and what came of it stands there alone, under
its lease and its fencing token (`firmus.service.storage.jobs`). So whatever an executor loses is done again, and what
it does twice is written once. `firmus.service.workers.supervisor` hires, replaces who died, and lets everybody go.
"""

from __future__ import annotations

from typing import Protocol

from firmus import plugins
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store


class Member(Protocol):
    """One who does jobs of a lane."""

    @property
    def is_ready(self) -> bool:
        """Whether it takes jobs."""

    @property
    def ended(self) -> str:
        """What ended it; nothing as long as it lives."""

    def ring(self) -> None:
        """Tell it that there may be work."""

    def finish(self) -> None:
        """Let it end when the jobs in hand are done."""

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, so long at most."""

    def end(self) -> None:
        """End it now, whatever it has in hand."""


class Executor(Protocol):
    """Hires members."""

    def hire(self, lane: str, name: str) -> Member:
        """A new member."""

    def close(self) -> None:
        """Leave, when all members have ended."""


def chosen(settings: Settings, store: Store, blobs: Blobs) -> Executor:
    """The executor that the settings name.

    Raises
    ------
    FirmusError
        Where there is none of that name, or it cannot be reached.
    """
    made: Executor = plugins.load(__name__, settings.executor).Executor(settings, store, blobs)
    return made
