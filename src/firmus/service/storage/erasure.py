"""Deletion of works, sounds and jobs, with everything that derives from them alone.

A deleted work takes along its files, the jobs that made them, what is left of it in the job that composed it, and what
was found by jobs that were given it alone (analyses, explanations, files). Such a job stays in lists, erased: without
its request, its result, its error and its events. Works that came of it stay, as they are works of their own.

Rows of files become `garbage`: they count for their owner until `firmus.service.storage.housekeeping` has deleted the
files. Deleted jobs are counted in `deleted_jobs`, so that neither the day's quota nor the metrics forget them.

Every function runs in a transaction that holds the lock of the audit log (`Store.advisory_lock`).
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, literal, select, update

from firmus.service.storage import jobs
from firmus.service.storage.blobs import BlobMissing, Blobs
from firmus.service.storage.tables import (
    PASSING,
    batch,
    deleted_jobs,
    delivery,
    event,
    file,
    garbage,
    job,
    job_input,
    sound,
    work,
)

DAY = 86_400.0
CHUNK = 200  # identifiers of one statement
ERASED = "{}"  # request of an erased job


def delete_work(connection: Connection, blobs: Blobs, row: Row[Any]) -> None:
    """Delete a work, and what derives from it alone."""
    _forget_thing(connection, row.id)
    delete_jobs(connection, connection.execute(select(job.c.id).where(job.c.work == row.id)).scalars().all())
    _discard(connection, file.c.holder == row.id)
    connection.execute(delete(work).where(work.c.id == row.id))
    maker = connection.execute(select(job).where(job.c.id == row.job)).first() if row.job else None
    if maker is None:
        return
    others = connection.execute(select(work.c.id).where(work.c.job == row.job).limit(1)).first()
    if others is None:
        erase_jobs(connection, [row.job])
    else:  # events do not say which of the works their notes became
        connection.execute(delete(event).where(event.c.job == row.job, PASSING))
        _forget_result(connection, blobs, maker, row.id)


def delete_sound(connection: Connection, row: Row[Any]) -> None:
    """Delete a sound, and what derives from it alone."""
    _forget_thing(connection, row.id)
    reading = select(job.c.id, job.c.request).join(job_input, job_input.c.job == job.c.id)
    for each in connection.execute(reading.where(job_input.c.thing == row.id)).all():
        request = json.loads(each.request)
        request["brief"]["source"].pop("name", None)  # the sound's title
        connection.execute(update(job).where(job.c.id == each.id).values(request=json.dumps(request)))
    gone = {"holder": row.id, "name": "sound", "owner": row.owner, "digest": row.digest, "bytes": row.bytes}
    connection.execute(insert(garbage).values(**gone))
    connection.execute(delete(sound).where(sound.c.id == row.id))


def delete_jobs(connection: Connection, names: Iterable[str]) -> None:
    """Delete jobs with their files, events and webhooks, canceling those that have not ended; their works stay."""
    for chunk in _chunks(names):
        unfinished = select(job.c.id).where(job.c.id.in_(chunk), job.c.ended.is_(None))
        for name in connection.execute(unfinished).scalars().all():
            jobs.cancel(connection, name)
        _discard(connection, file.c.holder.in_(chunk))
        _discard_results(connection, chunk)
        _count(connection, chunk)
        for table in (event, job_input, delivery):
            connection.execute(delete(table).where(table.c.job.in_(chunk)))
        connection.execute(delete(job).where(job.c.id.in_(chunk)))


def delete_batches(connection: Connection, names: Sequence[str]) -> None:
    """Delete batches with all of their jobs; their works stay."""
    delete_jobs(connection, connection.execute(select(job.c.id).where(job.c.batch.in_(names))).scalars().all())
    connection.execute(delete(delivery).where(delivery.c.job.in_(names)))
    connection.execute(delete(batch).where(batch.c.id.in_(names)))


def erase_jobs(connection: Connection, names: Iterable[str]) -> None:
    """Erase what ended jobs hold, and keep only that they were."""
    for chunk in _chunks(names):
        _discard(connection, file.c.holder.in_(chunk))
        _discard_results(connection, chunk)
        for table in (event, job_input):
            connection.execute(delete(table).where(table.c.job.in_(chunk)))
        nothing = dict.fromkeys(("source", "target", "result", "error"))
        erasing = update(job).where(job.c.id.in_(chunk))
        connection.execute(erasing.values(**nothing, request=ERASED, bytes=0, erased=time.time()))


def fold_counts(connection: Connection, now: float | None = None) -> None:
    """Sum the counts of jobs that were deleted and are of earlier days, which no quota asks for."""
    earlier = (deleted_jobs.c.day < (now or time.time()) // DAY, deleted_jobs.c.day > 0)
    sums = (func.sum(deleted_jobs.c.total).label("total"), func.sum(deleted_jobs.c.seconds).label("seconds"))
    query = select(deleted_jobs.c.kind, deleted_jobs.c.state, *sums).where(*earlier)
    rows = connection.execute(query.group_by(deleted_jobs.c.kind, deleted_jobs.c.state)).all()
    connection.execute(delete(deleted_jobs).where(*earlier))
    for row in rows:
        _add_count(connection, {"owner": "", "day": 0, "kind": row.kind, "state": row.state}, row.total, row.seconds)


def _forget_thing(connection: Connection, thing: str) -> None:
    """Cancel the jobs whose piece a work or a sound is, and erase what derives from it alone."""
    reading = select(job.c.id, job.c.ended).join(job_input, job_input.c.job == job.c.id)
    every = job_input.alias()
    alone = select(func.count()).select_from(every).where(every.c.job == job.c.id).scalar_subquery() == 1
    has_works = select(work.c.id).where(work.c.job == job.c.id).exists()
    reading = reading.add_columns(alone.label("alone"), has_works.label("works"))
    rows = connection.execute(reading.where(job_input.c.thing == thing)).all()
    for row in rows:
        if row.ended is None and (row.alone or _is_piece(connection, row.id, thing)):
            jobs.cancel(connection, row.id)
    for chunk in _chunks(row.id for row in rows):
        connection.execute(delete(event).where(event.c.job.in_(chunk), PASSING))
    erase_jobs(connection, [row.id for row in rows if row.alone and not row.works])


def _is_piece(connection: Connection, name: str, thing: str) -> bool:
    """Whether a work is the source or target of a job, not one of a list, which others can do without."""
    brief = json.loads(connection.execute(select(job.c.request).where(job.c.id == name)).scalar_one()).get("brief", {})
    return any(thing in (brief.get(piece) or {}).values() for piece in ("source", "target"))


def _forget_result(connection: Connection, blobs: Blobs, row: Row[Any], work_id: str) -> None:
    """Take a work out of the result of the job that composed it."""
    with contextlib.suppress(BlobMissing):
        document = json.loads(blobs.get(row.result))
        document["works"] = [each for each in document["works"] if each["id"] != work_id]
        digest = blobs.put(json.dumps(document, ensure_ascii=False).encode())
        if digest != row.result:
            _discard_results(connection, [row.id])
            connection.execute(update(job).where(job.c.id == row.id).values(result=digest))


def _discard(connection: Connection, condition: ColumnElement[bool]) -> None:
    """Turn rows of files into garbage."""
    columns = ("holder", "name", "owner", "digest", "bytes")
    connection.execute(
        insert(garbage).from_select(columns, select(*(file.c[name] for name in columns)).where(condition))
    )
    connection.execute(delete(file).where(condition))


def _discard_results(connection: Connection, names: list[str]) -> None:
    """Turn the results of jobs into garbage."""
    columns = ("holder", "name", "owner", "digest", "bytes")
    name = literal("result ") + func.substr(job.c.result, 1, 16)
    rows = select(job.c.id, name, job.c.owner, job.c.result, job.c.bytes)
    rows = rows.where(job.c.id.in_(names), job.c.result.is_not(None))
    connection.execute(insert(garbage).from_select(columns, rows))


def _count(connection: Connection, names: list[str]) -> None:
    """Count jobs that are deleted."""
    columns = (job.c.owner, job.c.kind, job.c.state, job.c.created, job.c.seconds)
    rows = connection.execute(select(*columns).where(job.c.id.in_(names))).all()
    seconds: dict[tuple[str, int, str, str], list[float]] = {}
    for row in rows:
        seconds.setdefault((row.owner, int(row.created // DAY), row.kind, row.state), []).append(row.seconds)
    for (owner, day, kind, state), each in sorted(seconds.items()):
        _add_count(connection, {"owner": owner, "day": day, "kind": kind, "state": state}, len(each), sum(each))


def _add_count(connection: Connection, entry: dict[str, Any], total: int, seconds: float) -> None:
    same = [deleted_jobs.c[name] == value for name, value in entry.items()]
    sums = {"total": deleted_jobs.c.total + total, "seconds": deleted_jobs.c.seconds + seconds}
    if connection.execute(update(deleted_jobs).where(*same).values(**sums)).rowcount == 0:
        connection.execute(insert(deleted_jobs).values(**entry, total=total, seconds=seconds))


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    listed = list(names)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
