"""Limits of rate, quota, queue and disk; each refusal says after how long to retry."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from sqlalchemy import Connection, bindparam, func, select

from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.keys import Caller
from firmus.service.storage.tables import job

DAY = 86_400.0
MAX_BUCKETS = 10_000


class TokenBuckets:
    """A token bucket for each client: `burst` requests at once, `rate` requests a second sustained.

    Parameters
    ----------
    rate, burst : float

    Examples
    --------
    >>> buckets = TokenBuckets(rate=1, burst=2)
    >>> [buckets.take("me", now=0.0) for _ in range(3)], buckets.take("me", now=1.0)
    ([(1.0, 0.0), (0.0, 0.0), (0.0, 1.0)], (0.0, 0.0))
    """

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str, now: float | None = None) -> tuple[float, float]:
        """Take one token of a client: how many are left, and seconds to wait where there was none."""
        now = time.monotonic() if now is None else now
        with self._lock:
            left, then = self._left.pop(client, (self.burst, now))
            left = min(self.burst, left + (now - then) * self.rate)
            wait = 0.0 if left >= 1 or not self.rate else (1 - left) / self.rate
            left = left - 1 if left >= 1 else left
            self._left[client] = (left, now)
            if len(self._left) > MAX_BUCKETS:
                self._left.popitem(last=False)
        return float(int(left)), wait


_OF_OWNER = job.c.owner == bindparam("owner")
_UNFINISHED = select(func.count()).select_from(job).where(job.c.state.in_(("queued", "running")))
_USED = select(func.coalesce(func.sum(job.c.seconds), 0.0)).where(_OF_OWNER, job.c.created >= bindparam("today"))
_LOAD = select(
    _UNFINISHED.scalar_subquery().label("unfinished"),
    _UNFINISHED.where(_OF_OWNER).scalar_subquery().label("owners"),
    _USED.scalar_subquery().label("used"),
)


def used(connection: Connection, owner: str) -> float:
    """Seconds of music that an owner's jobs have composed or reserved today (UTC)."""
    return float(connection.execute(_USED, {"owner": owner, "today": time.time() // DAY * DAY}).scalar_one())


def admit(connection: Connection, settings: Settings, caller: Caller, seconds: float, count: int = 1) -> None:
    """Reject jobs that exceed the queue or the day's quota.

    Raises
    ------
    Problem
    """
    load = connection.execute(_LOAD, {"owner": caller.owner, "today": time.time() // DAY * DAY}).one()
    if load.unfinished + count > settings.queue:
        raise Problem("queue-full", f"{settings.queue:,} jobs are waiting: ask again later", seconds=10)
    if load.owners + count > settings.owner_queue:
        detail = f"{load.owners} jobs of yours are unfinished: {settings.owner_queue} may be"
        raise Problem("too-many-jobs", detail, seconds=10)
    quota = settings.quota if caller.quota is None else caller.quota
    left = quota - load.used
    if seconds and seconds > left:
        detail = f"about {seconds:.0f} seconds of music, {max(left, 0):.0f} of today's {quota:.0f} are left"
        raise Problem("quota-exceeded", detail, seconds=DAY - time.time() % DAY)


def require_disk_space(settings: Settings, blobs: Blobs) -> None:
    """Reject requests while the disk is nearly full.

    Raises
    ------
    Problem
    """
    if blobs.free() < settings.room:
        raise Problem("disk-full", f"less than {settings.room // 1_000_000} MB are free", seconds=60)
