"""A worker claims jobs of its lane and does them, in a process of its own or wherever an executor has it.

``python -m firmus.service.workers.worker DATA LANE NAME`` is the process, which dies with the service: a line on its
standard input says that there may be work; its end says that the service is dead. SIGTERM lets it finish the jobs in
hand.

A worker that composes has several jobs in hand, a thread each, and their sequences are fed to the model together
(`firmus.runtime.batch.share`). A job whose process died before may be the reason; so that it takes no other with it to
the end, its last attempt is made alone.
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
from firmus.service.storage.jobs import Claim, Lost, Made
from firmus.service.workers import handlers
from firmus.service.workers.heartbeat import Hand, Watch

SHARE = 4  # jobs claimed at a time, so that the workers of a lane share what comes
REST = 4.0  # times as long as it wrote, so that accepting finds its turn
KINDNESS = 5  # so that accepting goes before doing, where there are not processors enough for both


class Worker:
    """Claims and does jobs, some at a time.

    Parameters
    ----------
    settings : Settings
    store : Store
    blobs : Blobs
    lane, name : str
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs, lane: str, name: str) -> None:
        self.settings, self.store, self.blobs, self.lane, self.name = settings, store, blobs, lane, name
        self.watch = Watch(store, settings, self.leave)
        self.most = settings.together if lane == "compose" else 1
        self.woken, self.stopping = threading.Event(), False
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        """Work until told to stop, then end what is in hand."""
        while not self.stopping:
            hands = [self.watch.take(claimed) for claimed in self._claim(min(SHARE, self.most - len(self.watch.hands)))]
            alone = [hand for hand in hands if self.most == 1 or hand.claimed.attempt >= self.settings.attempts]
            self._threads = [each for each in self._threads if each.is_alive()]
            for hand in hands:
                if hand not in alone:
                    self._threads.append(threading.Thread(target=self.work, args=(hand,), daemon=True))
                    self._threads[-1].start()
            for hand in alone:
                self._wait()
                self.work(hand)
            if not hands:
                self.woken.wait(self.settings.tick)
                self.woken.clear()
        self._wait()
        self.watch.close()

    def stop(self) -> None:
        """Take no more jobs."""
        self.stopping = True
        self.woken.set()

    def do(self, hand: Hand) -> Made:
        """Do a job, here."""
        return handlers.perform(hand.claimed, self.blobs, hand)

    def leave(self) -> None:
        """End at once, for a job in hand does not end though it should."""
        os._exit(3)

    def work(self, hand: Hand) -> None:
        """Do one job, whatever comes of it."""
        claimed = hand.claimed
        log("job", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt, worker=self.name)
        try:
            hand.check()
            made = self.do(hand)
            self.watch.end(hand, lambda told: jobs.finish(self.store, claimed, made, told))
        except Lost:
            log("job", job=claimed.id, attempt=claimed.attempt, state="lost")
        except FirmusError as error:
            self._fail(hand, problems.of(error))
        except (OSError, MemoryError) as error:  # of this machine, not of the job
            log("job", job=claimed.id, error=f"{type(error).__name__}: {error}")
            self._give_back(hand, error)
        except DBAPIError as error:  # the lease runs out, and another does it
            log("job", job=claimed.id, error=str(error.orig))
        except Exception as error:
            log("job", job=claimed.id, error=repr(error), trace=traceback.format_exc())
            self._fail(hand, problems.of(error))
        finally:
            self.watch.drop(hand)
            self.woken.set()

    def _claim(self, most: int) -> list[Claim]:
        try:
            return jobs.claim(self.store, self.lane, self.name, self.settings.lease, most) if most > 0 else []
        except DBAPIError as error:
            log("worker", worker=self.name, error=str(error.orig))
            return []

    def _wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def _fail(self, hand: Hand, problem: Problem) -> None:
        with contextlib.suppress(Lost, DBAPIError):
            self.watch.end(hand, lambda told: jobs.fail(self.store, hand.claimed, problem.document(), told))

    def _give_back(self, hand: Hand, error: Exception) -> None:
        told = problems.of(error) if isinstance(error, OSError) else Problem("internal", "out of memory")
        time.sleep(min(hand.claimed.attempt, self.settings.lease / 3))
        with contextlib.suppress(DBAPIError):
            jobs.give_back(self.store, hand.claimed, self.settings.attempts, told.document())


def main() -> None:
    """Work until standard input ends."""
    data, lane, name = sys.argv[1:]
    settings = Settings.load(Path(data))
    limit(settings.worker_bytes, "RLIMIT_AS")
    batch.share()
    with contextlib.suppress(AttributeError, OSError):
        os.nice(KINDNESS)
    worker = Worker(settings, Store(settings.database, REST), Blobs(settings.data / "files"), lane, name)

    def listen() -> None:
        while sys.stdin.buffer.readline():
            worker.woken.set()
        os._exit(0)

    signal.signal(signal.SIGTERM, lambda number, frame: worker.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=listen, daemon=True).start()
    worker.run()
    os._exit(0)  # without waiting for the thread that reads


def limit(memory: int, what: str) -> None:
    """Bound this process's memory in bytes, where the machine can; 0 leaves it."""
    if memory:
        with contextlib.suppress(ImportError, AttributeError, ValueError, OSError):
            import resource

            resource.setrlimit(getattr(resource, what), (memory, memory))


if __name__ == "__main__":
    main()
