"""The far end: what does jobs on another machine, with bytes it was sent, and knows neither database nor folder."""

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
from firmus.service.storage.jobs import Claim, Lost, Made, Told
from firmus.service.workers import cluster, handlers
from firmus.service.workers.heartbeat import GRACE, WRITE, Hand
from firmus.service.workers.worker import limit

SIGN = 1.0  # seconds between two signs of life
Ended = tuple[Made, dict[str, bytes]] | Exception
"""What came of a job, with the files that it made by their digests; or why nothing did."""


class FarEnd:
    """Does jobs, some at a time.

    Parameters
    ----------
    memory : int
        Bytes that it may have; 0 for any.
    threads : int
        Threads that a model may use.
    """

    def __init__(self, memory: int, threads: int) -> None:
        limit(memory, "RLIMIT_DATA")  # which does not count the memory that machines of a cluster share
        os.environ.setdefault("FIRMUS_THREADS", str(threads))
        batch.share()
        self.hands: dict[tuple[str, int], Hand] = {}

    def begin(self, wanted: dict[str, str]) -> dict[str, Any]:
        """Where it is.

        Raises
        ------
        FirmusError
            Where something is not installed here as it is there.
        """
        cluster.check(wanted)
        return {"machine": socket.gethostname(), "process": os.getpid()}

    def live(self) -> None:
        """End with the process, and not before."""
        threading.Event().wait()

    def lose(self, job: str, attempt: int) -> None:
        """Stop a job: it is no longer ours."""
        if hand := self.hands.get((job, attempt)):
            hand.lose()

    def perform(self, claimed: Claim, files: Sequence[bytes]) -> Iterator[tuple[list[Told], Ended | None]]:
        """Do a job: what is to be told of it, as it comes; with the last of it, what came of it."""
        hand = self.hands[claimed.id, claimed.attempt] = Hand(claimed)
        try:
            with tempfile.TemporaryDirectory(prefix="firmus-job-") as folder, ThreadPoolExecutor(1) as pool:
                doing, heard = pool.submit(_done, claimed, files, Path(folder), hand), 0.0
                while not doing.done():
                    wait([doing], WRITE)
                    told, now = hand.taken(), time.monotonic()
                    if told or now - heard > SIGN:
                        heard = now
                        yield told, None
                    if hand.lost_at is not None and now - hand.lost_at > GRACE * len(self.hands):
                        os._exit(3)  # for the job does not end though it should
                yield hand.taken(), doing.result()
        finally:
            del self.hands[claimed.id, claimed.attempt]


def _done(claimed: Claim, files: Sequence[bytes], folder: Path, hand: Hand) -> Ended:
    """What came of a job."""
    try:
        blobs = Blobs(folder)
        given = {blobs.put(data) for data in files}
        made = handlers.perform(claimed, blobs, hand)
        found = [path for path in folder.glob("??/*") if path.name not in given]
        return made, {path.name: path.read_bytes() for path in found}
    except FirmusError as error:
        return problems.of(error)
    except (OSError, MemoryError, Lost) as error:
        return type(error)(*error.args[:2])
    except Exception:
        return RuntimeError(traceback.format_exc())
