"""Machines of a cluster, by Ray: each member is a far end on one of them, and a worker here that speaks for it.

The worker takes jobs out of the table and writes what comes of them; to the far end goes a job with the bytes it reads,
and back come bars, progress, signs of life and the bytes it made. So nothing but this process sees the database or the
folder, and no disk is shared. A far end that dies, is silent for a lease, or whose machine is gone ends its worker, and
the jobs go back into the table.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from firmus.errors import FirmusError
from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.jobs import Lost, Made
from firmus.service.workers import cluster, handlers
from firmus.service.workers.executors._remote import FarEnd
from firmus.service.workers.heartbeat import Hand
from firmus.service.workers.worker import Worker

LOOK = 0.25  # seconds between looks whether a job is still ours, while nothing comes
BESIDE = 3  # calls of a far end that go on beside its jobs
AFTERWARDS = 5.0  # seconds that a thread has to end when its far end has


class Executor:
    """Places a far end in the cluster for each member, as evenly as there is room.

    Parameters
    ----------
    settings : Settings
        Its ``cluster`` says where.
    store : Store
    blobs : Blobs

    Raises
    ------
    FirmusError
        Where the cluster cannot be reached, or anybody may.
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        if not settings.cluster:
            raise FirmusError("executor ray needs a cluster: firmus serve --cluster HOST:PORT")
        self.settings, self.store, self.blobs = settings, store, blobs
        self.ray = cluster.connect(settings.cluster)

    def hire(self, lane: str, name: str) -> _Member:
        """A new far end, as soon as a machine has room for it."""
        return _Member(self.ray, _Worker(self.ray, self.settings, self.store, self.blobs, lane, name))

    def close(self) -> None:
        """Leave the cluster, and with it everything that was placed there."""
        self.ray.shutdown()


class _Worker(Worker):
    """A worker that has its jobs done by a far end."""

    def __init__(self, ray: Any, settings: Settings, store: Store, blobs: Blobs, lane: str, name: str) -> None:
        super().__init__(settings, store, blobs, lane, name)
        self.ray, self.ended = ray, ""
        self.heard = 0.0  # when anything came of the far end, of whichever job
        placed = ray.remote(FarEnd).options(
            num_cpus=1, scheduling_strategy="SPREAD", max_restarts=0, max_concurrency=self.most + BESIDE
        )  # fmt: skip
        self.far = placed.remote(settings.worker_bytes, 1)

    def do(self, hand: Hand) -> Made:
        """Have a job done, and write its files."""
        claimed = hand.claimed
        files = handlers.reads(claimed, self.blobs)
        self.heard = time.monotonic()
        try:
            return self._followed(self.far.perform.options(num_returns="streaming").remote(claimed, files), hand)
        except self.ray.exceptions.RayError as error:
            self.end(error)
            raise Lost(claimed.id) from None
        except Lost:
            self.far.lose.remote(claimed.id, claimed.attempt)
            raise

    def leave(self) -> None:
        """End the far end: a job does not end though it should."""
        self.end("it did not let a job go")

    def end(self, reason: object) -> None:
        """Take no more jobs, for the far end is no more."""
        self.ended = self.ended or str(reason).partition("\n")[0][:200]
        self.stop()
        self.ray.kill(self.far)

    def _followed(self, stream: Any, hand: Hand) -> Made:
        """Hear what is told of a job, until its end."""
        while True:
            hand.check()
            if self.ray.wait([stream], timeout=LOOK)[0]:
                told, ended = self.ray.get(next(stream))
                self.heard = time.monotonic()
                hand.hear(told)
                if isinstance(ended, Exception):
                    raise ended
                if ended is not None:
                    return self._kept(*ended)
            elif time.monotonic() - self.heard > self.settings.lease:
                self.end(f"nothing was heard of it for {self.settings.lease:g} seconds")
                raise Lost(hand.claimed.id)

    def _kept(self, made: Made, files: dict[str, bytes]) -> Made:
        for digest, data in files.items():
            if self.blobs.put(data) != digest:
                raise OSError(f"file {digest} came damaged")
        return made


class _Member:
    """A far end, and the thread that takes jobs for it."""

    def __init__(self, ray: Any, worker: _Worker) -> None:
        self.ray, self.worker = ray, worker
        self.is_ready = False
        self._life: Any = None
        self.thread = threading.Thread(target=self._work, daemon=True, name=worker.name)
        self.thread.start()

    @property
    def ended(self) -> str:
        """What ended the far end."""
        if self._life and self.ray.wait([self._life], timeout=0)[0]:
            self.worker.end("its process or its machine died")
        return self.worker.ended

    def ring(self) -> None:
        """Say that there may be work."""
        self.worker.woken.set()

    def finish(self) -> None:
        """Let it end when the jobs in hand are done."""
        self.worker.stop()

    def wait(self, seconds: float) -> None:
        """Wait until nothing is in hand."""
        self.thread.join(seconds if self.is_ready else 0)

    def end(self) -> None:
        """End the far end, whatever it has in hand."""
        self.worker.end("told to")
        self.thread.join(AFTERWARDS)

    def _work(self) -> None:
        far, worker = self.worker.far, self.worker
        try:
            log("worker", worker=worker.name, **self.ray.get(far.begin.remote(cluster.facts())))
            self._life = far.live.remote()
        except self.ray.exceptions.RayError as error:
            worker.end(getattr(error, "cause", None) or error)
            return
        self.is_ready = True
        worker.run()
        self.is_ready = False
