"""Jobs: one table holds the truth; see `firmus.service` for a job's life.

::

    queued ─▶ running ─▶ succeeded | failed | canceled

What a worker writes asks that the job be still running with the worker's attempt; where it is not, `Lost` is raised
and the whole transaction undone.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, or_, select, update

from firmus.service.storage import events
from firmus.service.storage.database import Store
from firmus.service.storage.tables import file, job, new_id, work

ENDED = ("succeeded", "failed", "canceled")
TURN = 6_002  # whose turn it is to claim, in PostgreSQL; see `firmus.service.storage.database.Store.take_turns`
PRIORITIES = {"high": 2, "usual": 1, "batch": 0}
GIVEN_UP = {
    "type": "urn:firmus:problem:gave-up",
    "title": "The job was given up",
    "detail": "its worker died {attempts} times: it may need more memory or time than a job may have",
}


Told = tuple[str, Mapping[str, Any]]  # kind and data of an event


class Lost(Exception):
    """The job is no longer this worker's: it was canceled, or its lease ran out and another has it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that a worker has: what is asked, and the attempt that every write of it carries."""

    id: str
    owner: str
    kind: str
    attempt: int
    request: dict[str, Any]
    source: str | None
    target: str | None
    work: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a job, its files already on disk.

    Parameters
    ----------
    result : str
        Digest of the result document (JSON).
    works : sequence of mapping
        Rows of `firmus.service.storage.tables.work`, without the owner.
    files : sequence of mapping
        Rows of `firmus.service.storage.tables.file`.
    seconds : float
        Of music composed.
    """

    result: str
    works: Sequence[Mapping[str, Any]] = ()
    files: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0


def add(connection: Connection, *, owner: str, kind: str, request: Mapping[str, Any], **values: Any) -> str:
    """Write a new job; its identifier. `values` are other columns of the table."""
    name = new_id("job")
    usual = {"lane": "compose", "priority": PRIORITIES["usual"], "seconds": 0.0}
    fixed = {"state": "queued", "attempt": 0, "events": 1, "created": time.time()}
    row = {"id": name, "owner": owner, "kind": kind, "request": json.dumps(request), **fixed}
    connection.execute(insert(job), {**usual, **values, **row})
    events.write(connection, name, 1, [("state", {"state": "queued"})])
    return name


def find(connection: Connection, job_id: str, owner: str) -> Row[Any] | None:
    """Row of an owner's job."""
    return connection.execute(select(job).where(job.c.id == job_id, job.c.owner == owner)).first()


_LANE = job.c.lane == bindparam("lane")
_ANY = select(job.c.id).where(job.c.state == "queued", _LANE).limit(1)
_RUNNING = select(job.c.owner, func.count().label("count")).where(job.c.state == "running", _LANE)
_THEIRS = _RUNNING.group_by(job.c.owner).subquery()
_PLACE = func.row_number().over(partition_by=job.c.owner, order_by=(job.c.priority.desc(), job.c.id))
_NEXT = (
    select(job.c.id).outerjoin(_THEIRS, _THEIRS.c.owner == job.c.owner).where(job.c.state == "queued", _LANE)
    .order_by(job.c.priority.desc(), func.coalesce(_THEIRS.c.count, 0) + _PLACE, job.c.id).limit(bindparam("most"))
)  # fmt: skip
_CHOSEN = select(job.c.id).where(job.c.id.in_(_NEXT), job.c.state == "queued")


def claim(store: Store, lane: str, worker: str, lease: float, most: int = 1) -> list[Claim]:
    """Take the next jobs of a lane, as many as there are at most.

    The highest priority goes first, then the owner who has the fewest jobs running, then the oldest job.
    """
    with store.read() as connection:  # an idle worker takes no turn from those who write
        if connection.execute(_ANY, {"lane": lane}).first() is None:
            return []

    def take(connection: Connection) -> list[Claim]:
        store.take_turns(connection, TURN)
        chosen = connection.execute(_CHOSEN.with_for_update(skip_locked=True), {"lane": lane, "most": most})
        now = time.time()
        taken = update(job).where(job.c.id.in_(chosen.scalars().all())).values(
            state="running", attempt=job.c.attempt + 1, worker=worker, lease=now + lease, started=now,
            events=job.c.events + 1,
        )  # fmt: skip
        rows = sorted(connection.execute(taken.returning(job)), key=lambda row: (-row.priority, row.id))
        for row in rows:
            events.write(connection, row.id, row.events, [("state", {"state": "running", "attempt": row.attempt})])
        return [
            Claim(row.id, row.owner, row.kind, row.attempt, json.loads(row.request), row.source, row.target, row.work)
            for row in rows
        ]

    return store.together(take).result()


def beat(store: Store, told: Sequence[tuple[Claim, Sequence[Told]]], lease: float) -> list[Claim]:
    """Lengthen the leases of jobs, and write their events; which of them are still this worker's."""

    def write(connection: Connection) -> list[Claim]:
        kept: list[Claim] = []
        for claimed, each in told:
            with contextlib.suppress(Lost):
                _hold(connection, claimed, each, lease=time.time() + lease)
                kept.append(claimed)
        return kept

    return store.together(write).result() if told else []


def held(store: Store, claims: Sequence[Claim]) -> list[Claim]:
    """Which jobs are still this worker's."""
    if not claims:
        return []
    query = select(job.c.id, job.c.attempt).where(or_(*(and_(*_ours(each)) for each in claims)))
    with store.read() as connection:
        ours = {(row.id, row.attempt) for row in connection.execute(query)}
    return [each for each in claims if (each.id, each.attempt) in ours]


def finish(store: Store, claimed: Claim, made: Made, told: Sequence[Told] = ()) -> Future[None]:
    """Write what came of a job, all of it in one transaction, after the events that are `told`.

    Returns
    -------
    concurrent.futures.Future
        Of the end of writing; of `Lost` where the job is no longer this worker's.
    """

    def write(connection: Connection) -> None:
        _end(connection, claimed, told, "succeeded", {}, result=made.result, seconds=made.seconds)
        if made.works:
            connection.execute(insert(work), [{**row, "owner": claimed.owner} for row in made.works])
        holders = {row["holder"] for row in made.files}
        kept = select(file.c.holder, file.c.name).where(file.c.holder.in_(holders))
        known = {(row.holder, row.name) for row in connection.execute(kept)}
        if new := [row for row in made.files if (row["holder"], row["name"]) not in known]:
            connection.execute(insert(file), new)

    return store.together(write)


def fail(store: Store, claimed: Claim, problem: Mapping[str, Any], told: Sequence[Told] = ()) -> Future[None]:
    """Write why a job cannot be done, after the events that are `told`; what was reserved for it is given back.

    Returns
    -------
    concurrent.futures.Future
        As that of `finish`.
    """

    def write(connection: Connection) -> None:
        _end(connection, claimed, told, "failed", {"error": dict(problem)}, error=json.dumps(problem), seconds=0.0)

    return store.together(write)


def overdue(store: Store, by: float) -> list[str]:
    """Workers whose leases ran out so many seconds ago, and were not taken back."""
    late = job.c.state == "running", job.c.lease < time.time() - by
    with store.read() as connection:
        return list(connection.execute(select(job.c.worker).where(*late).distinct()).scalars())


def release(store: Store, worker: str, attempts: int) -> None:
    """Take back the jobs of a worker that is known to be dead."""
    _take_back(store, (job.c.state == "running", job.c.worker == worker), attempts)


def give_back(store: Store, claimed: Claim, attempts: int, problem: Mapping[str, Any]) -> None:
    """Give back a job that could not be done here for the reason given."""
    _take_back(store, _ours(claimed), attempts, problem)


def reap(store: Store, attempts: int, now: float | None = None) -> None:
    """Take back the jobs whose leases have run out: queued again, or failed after so many attempts."""
    _take_back(store, (job.c.state == "running", job.c.lease < (now or time.time())), attempts)


def cancel(connection: Connection, job_id: str) -> bool:
    """Cancel a job that has not ended; whether it had not. A worker that has it finds it `Lost`."""
    ended = update(job).where(job.c.id == job_id, job.c.state.in_(("queued", "running")))
    ended = ended.values(state="canceled", ended=time.time(), lease=None, seconds=0.0)
    if connection.execute(ended).rowcount != 1:
        return False
    events.add(connection, job_id, "state", {"state": "canceled"})
    return True


def _take_back(
    store: Store, where: tuple[Any, ...], attempts: int, problem: Mapping[str, Any] | None = None
) -> None:  # fmt: skip
    query = select(job.c.id, job.c.attempt).where(*where)
    with store.read() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return
    with store.write() as connection:
        for row in connection.execute(query.with_for_update(skip_locked=True)).all():
            now = time.time()
            if row.attempt < attempts:
                state: dict[str, Any] = {"state": "queued"}
                values: dict[str, Any] = {"state": "queued", "lease": None, "worker": None}
            else:
                told = problem or {**GIVEN_UP, "detail": GIVEN_UP["detail"].format(attempts=row.attempt)}
                state = {"state": "failed", "error": dict(told)}
                values = {"state": "failed", "ended": now, "lease": None, "seconds": 0.0, "error": json.dumps(told)}
            same = (job.c.id == row.id, job.c.attempt == row.attempt, *where)
            if connection.execute(update(job).where(*same).values(values)).rowcount:
                events.add(connection, row.id, "state", state)


def _ours(claimed: Claim) -> tuple[Any, ...]:
    return job.c.id == claimed.id, job.c.attempt == claimed.attempt, job.c.state == "running"


def _hold(connection: Connection, claimed: Claim, told: Sequence[Told], **values: Any) -> None:
    """Change a job's row where it is still this worker's, and write events of it."""
    changed = update(job).where(*_ours(claimed)).values(events=job.c.events + len(told), **values)
    count = connection.execute(changed.returning(job.c.events)).scalar()
    if count is None:
        raise Lost(claimed.id)
    if told:
        events.write(connection, claimed.id, count - len(told) + 1, told)


def _end(
    connection: Connection, claimed: Claim, told: Sequence[Told], state: str, more: Mapping[str, Any], **values: Any
) -> None:  # fmt: skip
    last = ("state", {"state": state, **more})
    _hold(connection, claimed, [*told, last], state=state, ended=time.time(), lease=None, **values)
