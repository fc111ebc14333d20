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
from firmus.service.storage.tables import deleted_jobs, file, garbage, job, sound

DAY = 86_400.0
MAX_BUCKETS = 10_000
COUNT_INTERVAL = 10.0  # seconds between two counts of what an owner stores


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
_TODAY = select(func.coalesce(func.sum(job.c.seconds), 0.0)).where(_OF_OWNER, job.c.created >= bindparam("today"))
_DELETED = select(func.coalesce(func.sum(deleted_jobs.c.seconds), 0.0)).where(
    deleted_jobs.c.owner == bindparam("owner"), deleted_jobs.c.day == bindparam("day")
)
_USED = select((_TODAY.scalar_subquery() + _DELETED.scalar_subquery()).label("used"))
_LOAD = select(
    _UNFINISHED.scalar_subquery().label("unfinished"),
    _UNFINISHED.where(_OF_OWNER).scalar_subquery().label("owners"),
    _USED.scalar_subquery().label("used"),
)


def used(connection: Connection, owner: str) -> float:
    """Seconds of music that an owner's jobs have composed or reserved today (UTC)."""
    return float(connection.execute(_USED, _today(owner)).scalar_one())


def _today(owner: str) -> dict[str, object]:
    day = int(time.time() // DAY)
    return {"owner": owner, "day": day, "today": day * DAY}


def admit(connection: Connection, settings: Settings, caller: Caller, seconds: float, count: int = 1) -> None:
    """Reject jobs that exceed the queue or the day's quota.

    Raises
    ------
    Problem
    """
    load = connection.execute(_LOAD, _today(caller.owner)).one()
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


_STORED = [
    select(func.coalesce(func.sum(table.c.bytes), 0)).where(table.c.owner == bindparam("owner"))
    for table in (file, garbage, sound, job)
]
_BYTES = select(*(query.scalar_subquery() for query in _STORED))


def stored(connection: Connection, owner: str) -> int:
    """Bytes that an owner stores: files, sounds, requests and results; what was deleted, until it is off the disk."""
    return sum(map(int, connection.execute(_BYTES, {"owner": owner}).one()))


def storage_quota(settings: Settings, caller: Caller) -> int:
    """Bytes that the owner of a caller may store."""
    return settings.storage_bytes if caller.storage is None else round(caller.storage)


class StorageMeter:
    """What owners store, counted in the database now and then, and between by what they add.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._counted: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def admit(self, connection: Connection, caller: Caller, size: int) -> None:
        """Reject what an owner has no storage for; nothing is rejected by a count that is not of this moment.

        Raises
        ------
        Problem
        """
        quota, now = storage_quota(self.settings, caller), time.monotonic()
        with self._lock:
            used_bytes, counted_at = self._counted.get(caller.owner, (0, -COUNT_INTERVAL))
        if now - counted_at >= COUNT_INTERVAL or used_bytes + size > quota:
            used_bytes, counted_at = stored(connection, caller.owner), now
        if used_bytes + size > quota:
            raise Problem(
                "storage-exceeded",
                f"{size:,} bytes more: {used_bytes:,} of {quota:,} are used; delete works, sounds or jobs, whose files "
                f"are removed from disk within the hour",
            )
        with self._lock:
            if len(self._counted) > MAX_BUCKETS:
                self._counted.clear()
            self._counted[caller.owner] = (used_bytes + size, counted_at)
