"""Workers on the machines of a Ray cluster: each is a Ray actor on one of them, and a local worker as its proxy.

The proxy claims jobs and writes their output; the actor is sent a job with the bytes of its input files, and sends back
bars, progress, keepalives and the bytes of its output files. So this process alone accesses the database and the
folder, and no disk is shared. If an actor dies, is silent for a lease, or its machine is gone, its proxy stops, and its
jobs are requeued.
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
from firmus.service.storage.jobs import ClaimLost, JobOutput
from firmus.service.workers import cluster, handlers
from firmus.service.workers.executors._remote import RemoteWorker
from firmus.service.workers.heartbeat import JobHandle
from firmus.service.workers.worker import Worker

POLL_INTERVAL = 0.25  # seconds between two checks whether a claim is valid, while nothing is received
EXTRA_CALLS = 3  # calls of an actor that are concurrent with its jobs
JOIN_TIMEOUT = 5.0  # seconds that a thread has to end when its actor has


class Executor:
    """Places an actor in the cluster for each worker, spread as evenly as resources allow.

    Parameters
    ----------
    settings : Settings
        Its ``cluster`` is the address.
    store : Store
    blobs : Blobs

    Raises
    ------
    FirmusError
        If the cluster cannot be reached, or does not require a token.
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        if not settings.cluster:
            raise FirmusError("executor ray needs a cluster: firmus serve --cluster HOST:PORT")
        self.settings, self.store, self.blobs = settings, store, blobs
        self.ray = cluster.connect(settings.cluster)

    def spawn(self, lane: str, name: str) -> _RemoteHandle:
        """Start an actor, as soon as a machine has the resources for it."""
        return _RemoteHandle(self.ray, _Proxy(self.ray, self.settings, self.store, self.blobs, lane, name))

    def close(self) -> None:
        """Disconnect from the cluster, which removes the actors."""
        self.ray.shutdown()


class _Proxy(Worker):
    """A worker whose jobs are executed by an actor."""

    def __init__(self, ray: Any, settings: Settings, store: Store, blobs: Blobs, lane: str, name: str) -> None:
        super().__init__(settings, store, blobs, lane, name)
        self.ray, self.exit_reason, self.is_blamable = ray, "", False
        self.last_received = 0.0  # when the actor last sent anything, of whichever job
        actor_class = ray.remote(RemoteWorker).options(
            num_cpus=1, scheduling_strategy="SPREAD", max_restarts=0, max_concurrency=self.capacity + EXTRA_CALLS
        )
        self.actor = actor_class.remote(settings.worker_bytes, 1)

    def perform(self, handle: JobHandle) -> JobOutput:
        """Have a job executed by the actor, and store its files."""
        claimed = handle.claimed
        files = handlers.input_files(claimed, self.blobs)
        self.last_received = time.monotonic()
        try:
            return self._receive(self.actor.perform.options(num_returns="streaming").remote(claimed, files), handle)
        except self.ray.exceptions.RayError as error:
            self.kill(error, is_blamable="node has died" not in str(error))
            raise ClaimLost(claimed.id) from None
        except ClaimLost:
            self.actor.lose.remote(claimed.id, claimed.attempt)
            raise

    def abort(self) -> None:
        """Kill the actor, as a job does not stop though it should."""
        self.kill("it did not let a job go")

    def kill(self, reason: object, *, is_blamable: bool = False) -> None:
        """Kill the actor, and claim no more jobs."""
        if not self.exit_reason:
            self.is_blamable, self.exit_reason = is_blamable, str(reason).partition("\n")[0][:200]
        self.stop()
        self.ray.kill(self.actor)

    def _receive(self, stream: Any, handle: JobHandle) -> JobOutput:
        """Receive the events of a job, until its end."""
        while True:
            handle.check()
            if self.ray.wait([stream], timeout=POLL_INTERVAL)[0]:
                new_events, outcome = self.ray.get(next(stream))
                self.last_received = time.monotonic()
                handle.relay(new_events)
                if isinstance(outcome, Exception):
                    raise outcome
                if outcome is not None:
                    return self._store(*outcome)
            elif time.monotonic() - self.last_received > self.settings.lease:
                self.kill(f"nothing was heard of it for {self.settings.lease:g} seconds", is_blamable=True)
                raise ClaimLost(handle.claimed.id)

    def _store(self, output: JobOutput, files: dict[str, bytes]) -> JobOutput:
        for digest, data in files.items():
            if self.blobs.put(data) != digest:
                raise OSError(f"file {digest} came damaged")
        return output


class _RemoteHandle:
    """An actor, and the thread of its proxy."""

    def __init__(self, ray: Any, worker: _Proxy) -> None:
        self.ray, self.worker = ray, worker
        self.is_ready = False
        self._liveness: Any = None
        self.thread = threading.Thread(target=self._run, daemon=True, name=worker.name)
        self.thread.start()

    @property
    def exit_reason(self) -> str:
        """Why the actor exited."""
        if self._liveness and self.ray.wait([self._liveness], timeout=0)[0]:
            self.worker.kill("its process or its machine died", is_blamable=self._is_machine_there())
        return self.worker.exit_reason

    @property
    def is_blamable(self) -> bool:
        """Whether the exit may be the doing of a job: the machine is there."""
        return self.worker.is_blamable

    def _is_machine_there(self) -> bool:
        try:
            self.ray.get(self._liveness)
        except self.ray.exceptions.RayError as error:
            return "node has died" not in str(error)
        return True

    def notify(self) -> None:
        """Notify it that there may be a job."""
        self.worker.notified.set()

    def drain(self) -> None:
        """Let it finish its running jobs and end."""
        self.worker.stop()

    def wait(self, seconds: float) -> None:
        """Wait until its jobs are finished."""
        self.thread.join(seconds if self.is_ready else 0)

    def kill(self) -> None:
        """Kill the actor, with its running jobs."""
        self.worker.kill("told to")
        self.thread.join(JOIN_TIMEOUT)

    def _run(self) -> None:
        actor, worker = self.worker.actor, self.worker
        try:
            log("worker", worker=worker.name, **self.ray.get(actor.begin.remote(cluster.facts())))
            self._liveness = actor.live.remote()
        except self.ray.exceptions.RayError as error:
            worker.kill(getattr(error, "cause", None) or error)
            return
        self.is_ready = True
        worker.run()
        self.is_ready = False
