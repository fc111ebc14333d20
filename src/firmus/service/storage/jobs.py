"""The job queue, in one table; see `firmus.service` for a job's life cycle.

::

    queued ─▶ running ─▶ succeeded | failed | canceled

Every write of a worker is conditional on the job still running with the worker's attempt (the fencing token);
otherwise `ClaimLost` is raised and the transaction rolled back.

A job may be begun any number of times. It is given up after so many *failures*: a process that died, or an error of its
machine, while the job ran alone. Of several that ran together nobody knows whose fault it was; they become *suspects*,
and each runs alone the next time. The end of a server and an expired lease are nobody's fault.
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
from firmus.service.storage.tables import file, job, job_input, new_id, work

ENDED = ("succeeded", "failed", "canceled")
LOCK = 6_002  # advisory lock of claims, in PostgreSQL; see `firmus.service.storage.database.Store.advisory_lock`
PRIORITIES = {"high": 2, "usual": 1, "batch": 0}
GIVEN_UP = {
    "type": "urn:firmus:problem:gave-up",
    "title": "The job was given up",
    "detail": "its worker died {failures} times of it: it may need more memory or time than a job may have",
}


NewEvent = tuple[str, Mapping[str, Any]]  # kind and data of an event that has no number yet


class ClaimLost(Exception):
    """The job is no longer this worker's: it was canceled, or its lease expired and another worker has it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that a worker has claimed: the request, and the attempt, which is the fencing token of every write.

    A suspect (see above) runs alone.
    """

    id: str
    owner: str
    kind: str
    attempt: int
    request: dict[str, Any]
    source: str | None
    target: str | None
    work: str | None
    is_suspect: bool = False


@dataclass(frozen=True, slots=True)
class JobOutput:
    """Output of a job whose files are already on disk.

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
    bytes : int
        Size of the result document.
    """

    result: str
    works: Sequence[Mapping[str, Any]] = ()
    files: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0
    bytes: int = 0


def add(connection: Connection, *, owner: str, kind: str, request: Mapping[str, Any], **values: Any) -> str:
    """Enqueue a job; its identifier. `values` are other columns of the table."""
    name, text = new_id("job"), json.dumps(request)
    defaults = {"lane": "compose", "priority": PRIORITIES["usual"], "seconds": 0.0, "bytes": len(text)}
    fixed = {"state": "queued", "attempt": 0, "events": 1, "created": time.time()}
    row = {"id": name, "owner": owner, "kind": kind, "request": text, **fixed}
    connection.execute(insert(job), {**defaults, **values, **row})
    if things := _inputs(request):
        connection.execute(insert(job_input), [{"job": name, "thing": each} for each in things])
    events.write(connection, name, 1, [("state", {"state": "queued"})])
    return name


def find(connection: Connection, job_id: str, owner: str) -> Row[Any] | None:
    """Row of an owner's job."""
    return connection.execute(select(job).where(job.c.id == job_id, job.c.owner == owner)).first()


def _inputs(request: Mapping[str, Any]) -> list[str]:
    """Identifiers of the works and sounds that a request names; not of the job that adapted its model."""
    pieces = [request.get("brief", {}).get(name) or {} for name in ("source", "target")]
    lists = [each for each in request.get("options", {}).values() if isinstance(each, list)]
    named = [each[name] for each in pieces for name in ("work", "sound") if name in each]
    fonts = [each for each in request.get("named", {}) if each.startswith("snd_")]
    return list(dict.fromkeys([*named, *fonts, *(each for listed in lists for each in listed)]))


_LANE = job.c.lane == bindparam("lane")
_REQUEST_BYTES = func.length(job.c.request)  # what is left of a job's input once it has ended
_ANY = select(job.c.id).where(job.c.state == "queued", _LANE).limit(1)
_RUNNING = select(job.c.owner, func.count().label("count")).where(job.c.state == "running", _LANE)
_RUNNING_BY_OWNER = _RUNNING.group_by(job.c.owner).subquery()
_POSITION = func.row_number().over(partition_by=job.c.owner, order_by=(job.c.priority.desc(), job.c.id))
_NEXT = (
    select(job.c.id)
    .outerjoin(_RUNNING_BY_OWNER, _RUNNING_BY_OWNER.c.owner == job.c.owner)
    .where(job.c.state == "queued", _LANE)
    .order_by(job.c.priority.desc(), func.coalesce(_RUNNING_BY_OWNER.c.count, 0) + _POSITION, job.c.id)
    .limit(bindparam("most"))
)
_CANDIDATES = select(job.c.id, job.c.is_suspect).where(job.c.id.in_(_NEXT), job.c.state == "queued")


def claim(store: Store, lane: str, worker: str, lease: float, most: int = 1, *, is_idle: bool = True) -> list[Claim]:
    """Claim the next jobs of a lane, up to `most`; of suspects one, alone, and only for a worker that is idle.

    The highest priority goes first, then the owner with the fewest running jobs, then the oldest job.
    """
    with store.read() as connection:  # an idle worker does not contend for the write lock
        if connection.execute(_ANY, {"lane": lane}).first() is None:
            return []

    def take(connection: Connection) -> list[Claim]:
        store.advisory_lock(connection, LOCK)
        candidates = connection.execute(_CANDIDATES.with_for_update(skip_locked=True), {"lane": lane, "most": most})
        rows = candidates.all()
        suspects = sorted(row.id for row in rows if row.is_suspect)
        chosen = suspects[: 1 if is_idle else 0] if suspects else [row.id for row in rows]
        now = time.time()
        claiming = (
            update(job)
            .where(job.c.id.in_(chosen))
            .values(
                state="running",
                attempt=job.c.attempt + 1,
                worker=worker,
                lease=now + lease,
                started=now,
                events=job.c.events + 1,
            )
        )
        claimed = sorted(connection.execute(claiming.returning(job)), key=lambda row: (-row.priority, row.id))
        for row in claimed:
            events.write(connection, row.id, row.events, [("state", {"state": "running", "attempt": row.attempt})])
        return [_claim_of(row) for row in claimed]

    return store.group_write(take).result()


def _claim_of(row: Row[Any]) -> Claim:
    columns = {name: getattr(row, name) for name in ("id", "owner", "kind", "attempt", "source", "target", "work")}
    return Claim(**columns, request=json.loads(row.request), is_suspect=row.is_suspect)


def heartbeat(store: Store, batch: Sequence[tuple[Claim, Sequence[NewEvent]]], lease: float) -> list[Claim]:
    """Renew the leases of jobs, and write their events; those of the claims that are still valid."""

    def write(connection: Connection) -> list[Claim]:
        valid: list[Claim] = []
        for claimed, new_events in batch:
            with contextlib.suppress(ClaimLost):
                _update_claimed(connection, claimed, new_events, lease=time.time() + lease)
                valid.append(claimed)
        return valid

    return store.group_write(write).result() if batch else []


def still_claimed(store: Store, claims: Sequence[Claim]) -> list[Claim]:
    """Those of the claims that are still valid."""
    if not claims:
        return []
    query = select(job.c.id, job.c.attempt).where(or_(*(and_(*_is_valid(each)) for each in claims)))
    with store.read() as connection:
        valid = {(row.id, row.attempt) for row in connection.execute(query)}
    return [each for each in claims if (each.id, each.attempt) in valid]


def finish(store: Store, claimed: Claim, output: JobOutput, new_events: Sequence[NewEvent] = ()) -> Future[None]:
    """Write a job's output in one transaction, after its remaining events.

    Returns
    -------
    concurrent.futures.Future
        Done when it is committed; raises `ClaimLost` if the job is no longer this worker's.
    """

    def write(connection: Connection) -> None:
        size = _REQUEST_BYTES + output.bytes
        values = {"result": output.result, "seconds": output.seconds, "bytes": size}
        _end(connection, claimed, new_events, "succeeded", {}, **values)
        if output.works:
            connection.execute(insert(work), [{**row, "owner": claimed.owner} for row in output.works])
        holders = {row["holder"] for row in output.files}
        existing = select(file.c.holder, file.c.name).where(file.c.holder.in_(holders))
        known = {(row.holder, row.name) for row in connection.execute(existing)}
        if new := [row for row in output.files if (row["holder"], row["name"]) not in known]:
            connection.execute(insert(file), [{**row, "owner": claimed.owner} for row in new])

    return store.group_write(write)


def fail(store: Store, claimed: Claim, problem: Mapping[str, Any], new_events: Sequence[NewEvent] = ()) -> Future[None]:
    """Write why a job failed, after its remaining events; its reserved quota is released.

    Returns
    -------
    concurrent.futures.Future
        As that of `finish`.
    """

    def write(connection: Connection) -> None:
        error = {"error": dict(problem)}
        values = {"error": json.dumps(problem), "seconds": 0.0, "bytes": _REQUEST_BYTES}
        _end(connection, claimed, new_events, "failed", error, **values)

    return store.group_write(write)


def overdue_workers(store: Store, by: float) -> list[str]:
    """Workers whose leases expired `by` seconds ago and whose jobs were not taken back."""
    late = job.c.state == "running", job.c.lease < time.time() - by
    with store.read() as connection:
        return list(connection.execute(select(job.c.worker).where(*late).distinct()).scalars())


def release(store: Store, worker: str, attempts: int | None = None) -> None:
    """Take back the jobs of a worker that is known to be dead.

    Parameters
    ----------
    store : Store
    worker : str
    attempts : int, optional
        After how many failures a job is given up, where one may be to blame: the only one that ran, or one of several.
    """
    _take_back(store, (job.c.state == "running", job.c.worker == worker), attempts)


def requeue(
    store: Store, claimed: Claim, attempts: int | None, problem: Mapping[str, Any], *, is_suspect: bool = False
) -> None:
    """Give back a job that could not be done here.

    Parameters
    ----------
    store : Store
    claimed : Claim
    attempts : int, optional
        After how many failures it is given up, if this is one.
    problem : mapping
        Why it could not be done, for when it is given up.
    is_suspect : bool
        Whether it is to run alone the next time.
    """
    _take_back(store, _is_valid(claimed), attempts, problem, is_suspect=is_suspect)


def reap(store: Store, now: float | None = None) -> None:
    """Queue the jobs again whose leases have expired, which is not their fault."""
    _take_back(store, (job.c.state == "running", job.c.lease < (now or time.time())))


def cancel(connection: Connection, job_id: str) -> bool:
    """Cancel a job that has not ended; whether it had not. A worker that has it gets `ClaimLost`."""
    canceling = update(job).where(job.c.id == job_id, job.c.state.in_(("queued", "running")))
    canceling = canceling.values(state="canceled", ended=time.time(), lease=None, seconds=0.0, bytes=_REQUEST_BYTES)
    if connection.execute(canceling).rowcount != 1:
        return False
    events.add(connection, job_id, "state", {"state": "canceled"})
    return True


def _take_back(
    store: Store,
    where: tuple[Any, ...],
    attempts: int | None = None,
    problem: Mapping[str, Any] | None = None,
    *,
    is_suspect: bool = False,
) -> None:
    """Queue running jobs again, or fail the only one if it is to blame, for the last time."""
    query = select(job.c.id, job.c.attempt, job.c.failures).where(*where)
    with store.read() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return
    with store.write() as connection:
        rows = connection.execute(query.with_for_update(skip_locked=True)).all()
        is_blamed = attempts is not None and len(rows) == 1
        is_suspect = is_suspect or (attempts is not None and problem is None)
        for row in rows:
            failures = row.failures + is_blamed
            values: dict[str, Any] = {"state": "queued", "lease": None, "worker": None, "failures": failures}
            if is_suspect:
                values["is_suspect"] = True
            event: dict[str, Any] = {"state": "queued"}
            if attempts is not None and is_blamed and failures >= attempts:
                reason = problem or {**GIVEN_UP, "detail": GIVEN_UP["detail"].format(failures=failures)}
                event = {"state": "failed", "error": dict(reason)}
                values |= {"state": "failed", "ended": time.time(), "seconds": 0.0, "error": json.dumps(reason)}
                values |= {"bytes": _REQUEST_BYTES}
            same = (job.c.id == row.id, job.c.attempt == row.attempt, *where)
            if connection.execute(update(job).where(*same).values(values)).rowcount:
                events.add(connection, row.id, "state", event)


def _is_valid(claimed: Claim) -> tuple[Any, ...]:
    """Conditions under which a claim is valid."""
    return job.c.id == claimed.id, job.c.attempt == claimed.attempt, job.c.state == "running"


def _update_claimed(connection: Connection, claimed: Claim, new_events: Sequence[NewEvent], **values: Any) -> None:
    """Update a job's row if the claim is still valid, and write its events."""
    updating = update(job).where(*_is_valid(claimed)).values(events=job.c.events + len(new_events), **values)
    count = connection.execute(updating.returning(job.c.events)).scalar()
    if count is None:
        raise ClaimLost(claimed.id)
    if new_events:
        events.write(connection, claimed.id, count - len(new_events) + 1, new_events)


def _end(
    connection: Connection,
    claimed: Claim,
    new_events: Sequence[NewEvent],
    state: str,
    more: Mapping[str, Any],
    **values: Any,
) -> None:
    last = ("state", {"state": state, **more})
    _update_claimed(connection, claimed, [*new_events, last], state=state, ended=time.time(), lease=None, **values)
