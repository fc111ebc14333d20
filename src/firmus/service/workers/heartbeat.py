"""The watch over the jobs that a worker has in hand: it alone writes of them until they end.

One thread writes the events of all jobs in one transaction, at most ten times a second, lengthens the leases, and
looks which jobs are no longer ours. A job that is lost finds out with its next progress; one that goes on regardless,
or takes too long and does not stop, ends the worker.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy.exc import DBAPIError

from firmus.formats.json import to_dict
from firmus.runtime.infilling import Bar
from firmus.score import Score
from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage import jobs
from firmus.service.storage.database import Store
from firmus.service.storage.jobs import Claim, Lost, Told

WRITE = 0.1  # seconds between two looks whether there is something to write
LOOK = 0.5  # seconds between two looks whether jobs are still ours
GRACE = 5.0  # seconds that a lost job has to stop by itself, for each job in hand
AGAIN = (0.1, 0.5, 2.0, 5.0)  # seconds before a write is tried again that the database did not take


class Hand:
    """A job in hand, as those who do it see it: where they tell how far it is, and the music on its way.

    Parameters
    ----------
    claimed : Claim
    """

    def __init__(self, claimed: Claim) -> None:
        self.claimed, self.begun = claimed, time.monotonic()
        self.lost_at: float | None = None
        self._lock = threading.Lock()
        self._waiting: list[Told] = []
        self._progress: dict[str, Any] | None = None

    def __call__(self, title: str, done: int, total: int) -> None:
        """Tell how far the job is; raises `Lost` where it is no longer ours."""
        self.check()
        with self._lock:
            self._progress = {"title": title, "done": done, "total": total}

    def begin(self, piece: int, frame: Score) -> None:
        """Tell what is given of a piece."""
        self._tell("piece", {"piece": piece, "score": to_dict(frame)})

    def bar(self, piece: int, bar: Bar) -> None:
        """Tell the notes of a bar: part, start, duration, pitch, velocity of each."""
        notes = [[part, note.start, note.duration, note.pitch, note.velocity] for part, note in bar.notes]
        self._tell("bar", {"piece": piece, "bar": bar.number, "notes": notes})

    def hear(self, told: list[Told]) -> None:
        """Take what was told elsewhere."""
        with self._lock:
            self._waiting += told

    def check(self) -> None:
        """Raise `Lost` where the job is no longer ours."""
        if self.lost_at is not None:
            raise Lost(self.claimed.id)

    def lose(self) -> None:
        """Note that the job is no longer ours."""
        self.lost_at = self.lost_at or time.monotonic()

    def taken(self) -> list[Told]:
        """What is to be written, once."""
        with self._lock:
            found, self._waiting = self._waiting, []
            if self._progress:
                found.append(("progress", self._progress))
                self._progress = None
        return found

    def give_back(self, told: list[Told]) -> None:
        """Keep for the next time what could not be written."""
        with self._lock:
            self._waiting = told + self._waiting

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        self.check()
        with self._lock:
            self._waiting.append((kind, data))


class Watch:
    """Keeps the jobs of a worker.

    Parameters
    ----------
    store : Store
    settings : Settings
    leave : callable
        Ends the worker.
    """

    def __init__(self, store: Store, settings: Settings, leave: Callable[[], None]) -> None:
        self.store, self.settings, self.leave = store, settings, leave
        self.hands: set[Hand] = set()  # a job that was lost may be in another hand, of the same worker, too
        self._writing = threading.Lock()  # so that events come in order
        self._beaten = self._looked = time.monotonic()
        self._closed = threading.Event()
        threading.Thread(target=self._run, daemon=True, name="watch").start()

    def take(self, claimed: Claim) -> Hand:
        """Watch over a job from now on."""
        hand = Hand(claimed)
        self.hands.add(hand)
        return hand

    def drop(self, hand: Hand) -> None:
        """Watch over it no longer."""
        self.hands.discard(hand)

    def end(self, hand: Hand, write: Callable[[list[Told]], Future[None]]) -> None:
        """Write the end of a job, after what is still to be told of it.

        Raises
        ------
        Lost
        """
        told: list[Told] = []
        for pause in (*AGAIN, None):
            with self._writing:
                told += hand.taken()
                written = write(told)
            try:
                return written.result()
            except DBAPIError:
                if pause is None:
                    raise
            time.sleep(pause)

    def close(self) -> None:
        """Look no longer: there is nothing in hand."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(WRITE):
            try:
                self._look()
            except DBAPIError as error:
                log("worker", error=str(error.orig))
            except Exception as error:
                log("worker", error=repr(error))

    def _look(self) -> None:
        now, hands = time.monotonic(), list(self.hands)
        for hand in hands:
            if now - hand.begun > self.settings.job_seconds and hand.lost_at is None:
                self._too_long(hand)
            if hand.lost_at is not None and now - hand.lost_at > GRACE * len(hands):
                log("job", job=hand.claimed.id, state="lost", worker="ends, for the job does not")
                self.drop(hand)  # where nobody can be made to leave, nothing more of it is told
                self.leave()
        if now - self._looked > LOOK:
            held = jobs.held(self.store, [hand.claimed for hand in hands])
            for hand in hands:
                if hand.claimed not in held:
                    hand.lose()
            self._looked = now
        self._write([hand for hand in hands if hand.lost_at is None], now)

    def _write(self, hands: list[Hand], now: float) -> None:
        """Write what is told; lengthen every lease where it is time to."""
        is_time = now - self._beaten > self.settings.lease / 3
        with self._writing:
            told = [(hand, hand.taken()) for hand in hands]
            told = [(hand, each) for hand, each in told if each or (is_time and hand in self.hands)]
            try:
                kept = jobs.beat(self.store, [(hand.claimed, each) for hand, each in told], self.settings.lease)
            except DBAPIError:
                for hand, each in told:
                    hand.give_back(each)
                raise
        for hand, _ in told:
            if hand.claimed not in kept:
                hand.lose()
        if is_time:
            self._beaten = now

    def _too_long(self, hand: Hand) -> None:
        detail = f"it took longer than {self.settings.job_seconds:g} seconds: ask for less at once"
        problem = {"type": "urn:firmus:problem:too-long", "title": "The job took too long", "detail": detail}
        hand.lose()
        try:
            jobs.fail(self.store, hand.claimed, problem).result()
        except Lost:
            return
