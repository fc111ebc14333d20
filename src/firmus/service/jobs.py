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
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from firmus.service import events
from firmus.service.store import Store
from firmus.service.tables import file, job, new_id, work

ENDED = ("succeeded", "failed", "canceled")
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
        Rows of `firmus.service.tables.work`, without the owner.
    files : sequence of mapping
        Rows of `firmus.service.tables.file`.
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
    fixed = {"state": "queued", "attempt": 0, "events": 0, "created": time.time()}
    row = {"id": name, "owner": owner, "kind": kind, "request": json.dumps(request), **fixed}
    connection.execute(insert(job).values({**usual, **values, **row}))
    events.add(connection, name, "state", {"state": "queued"})
    return name


def find(connection: Connection, job_id: str, owner: str) -> Row[Any] | None:
    """Row of an owner's job."""
    return connection.execute(select(job).where(job.c.id == job_id, job.c.owner == owner)).first()


def claim(store: Store, lane: str, worker: str, lease: float) -> Claim | None:
    """Take the next job of a lane; None where there is none.

    The highest priority goes first, then the owner who has the fewest jobs running, then the oldest job.
    """
    running = select(job.c.owner, func.count().label("count")).where(job.c.state == "running", job.c.lane == lane)
    theirs = running.group_by(job.c.owner).subquery()
    first = select(job.c.id).outerjoin(theirs, theirs.c.owner == job.c.owner)
    first = first.where(job.c.state == "queued", job.c.lane == lane)
    first = first.order_by(job.c.priority.desc(), func.coalesce(theirs.c.count, 0), job.c.id).limit(1)
    some = select(job.c.id).where(job.c.state == "queued", job.c.lane == lane).limit(1)
    with store.read() as connection:  # an idle worker takes no turn from those who write
        if connection.execute(some).first() is None:
            return None
    with store.write() as connection:
        chosen = connection.execute(first.with_for_update(of=job, skip_locked=True)).scalar()
        if chosen is None:
            return None
        now = time.time()
        taken = update(job).where(job.c.id == chosen, job.c.state == "queued")
        taken = taken.values(
            state="running", attempt=job.c.attempt + 1, worker=worker, lease=now + lease, started=now
        )  # fmt: skip
        row = connection.execute(taken.returning(job)).one()
        events.add(connection, row.id, "state", {"state": "running", "attempt": row.attempt})
    return Claim(
        row.id, row.owner, row.kind, row.attempt, json.loads(row.request), row.source, row.target, row.work
    )  # fmt: skip


def beat(store: Store, told: Sequence[tuple[Claim, Sequence[Told]]], lease: float) -> list[Claim]:
    """Lengthen the leases of jobs, and write their events; which of them are still this worker's."""
    kept: list[Claim] = []
    if told:
        with store.write() as connection:
            for claimed, each in told:
                with contextlib.suppress(Lost):
                    _hold(connection, claimed, lease=time.time() + lease)
                    if each:
                        events.add_all(connection, claimed.id, each)
                    kept.append(claimed)
    return kept


def held(store: Store, claims: Sequence[Claim]) -> list[Claim]:
    """Which jobs are still this worker's."""
    if not claims:
        return []
    query = select(job.c.id, job.c.attempt).where(or_(*(and_(*_ours(each)) for each in claims)))
    with store.read() as connection:
        ours = {(row.id, row.attempt) for row in connection.execute(query)}
    return [each for each in claims if (each.id, each.attempt) in ours]


def finish(store: Store, claimed: Claim, made: Made, told: Sequence[Told] = ()) -> None:
    """Write what came of a job, all of it in one transaction, after the events that are `told`.

    Raises
    ------
    Lost
    """
    with store.write() as connection:
        _tell(connection, claimed, told)
        _end(connection, claimed, "succeeded", {}, result=made.result, seconds=made.seconds)
        if made.works:
            connection.execute(insert(work), [{**row, "owner": claimed.owner} for row in made.works])
        for row in made.files:
            known = select(file.c.name).where(file.c.holder == row["holder"], file.c.name == row["name"])
            if connection.execute(known).first() is None:
                connection.execute(insert(file).values(**row))


def fail(store: Store, claimed: Claim, problem: Mapping[str, Any], told: Sequence[Told] = ()) -> None:
    """Write why a job cannot be done, after the events that are `told`; what was reserved for it is given back.

    Raises
    ------
    Lost
    """
    with store.write() as connection:
        _tell(connection, claimed, told)
        _end(connection, claimed, "failed", {"error": dict(problem)}, error=json.dumps(problem), seconds=0.0)


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


def _hold(connection: Connection, claimed: Claim, **values: Any) -> None:
    """Change a job's row where it is still this worker's."""
    if connection.execute(update(job).where(*_ours(claimed)).values(**values)).rowcount != 1:
        raise Lost(claimed.id)


def _tell(connection: Connection, claimed: Claim, told: Sequence[Told]) -> None:
    """Write events of a job where it is still this worker's."""
    _hold(connection, claimed, worker=job.c.worker)
    if told:
        events.add_all(connection, claimed.id, told)


def _end(connection: Connection, claimed: Claim, state: str, told: Mapping[str, Any], **values: Any) -> None:
    _hold(connection, claimed, state=state, ended=time.time(), lease=None, **values)
    events.add(connection, claimed.id, "state", {"state": state, **told})
