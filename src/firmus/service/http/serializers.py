"""Rows as they are shown: what is kept in the database, in the words of `wire`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

from firmus.composing.origin import MARK
from firmus.service.http import schemas
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.tables import event, job
from firmus.service.workers import webhooks

Item = TypeVar("Item")


def at(moment: float | None) -> str | None:
    """A moment as RFC 3339 has it, in UTC.

    Examples
    --------
    >>> at(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(row: Row[Any]) -> str:
    """When a row was made."""
    return at(row.created) or ""


def a_job(connection: Connection, row: Row[Any], blobs: Blobs | None = None) -> schemas.Job:
    """A job; with its result where it is said where the files are."""
    path = f"/v1/jobs/{row.id}"
    return schemas.Job(
        id=row.id, kind=row.kind, state=row.state, attempt=row.attempt, request=json.loads(row.request),
        progress=_progress(connection, row), ahead=_ahead(connection, row),
        result=json.loads(blobs.get(row.result)) if row.result and blobs else None,
        error=schemas.Told(**json.loads(row.error)) if row.error else None,
        seconds=round(row.seconds, 3), batch=row.batch, webhook=webhooks.shown(connection, row.id) if blobs else None,
        created=moment(row), started=at(row.started), ended=at(row.ended),
        links={"self": path, "events": f"{path}/events", "cancel": f"{path}/cancel"},
    )  # fmt: skip


def a_work(row: Row[Any], names: Sequence[str]) -> schemas.Work:
    """A work; `names` are those of all files that it can be had as."""
    path, told = f"/v1/works/{row.id}", json.loads(row.summary)
    links = {"self": path, **{name: f"{path}/files/{name}" for name in names}}
    is_composed = MARK in told["composer"]
    return schemas.Work(
        id=row.id, title=row.title, parent=row.parent, root=row.root, job=row.job, ai_generated=is_composed,
        summary=told, created=moment(row), links=links,
    )  # fmt: skip


def a_page(
    connection: Connection, query: Select[Any], column: Any, cursor: str | None, limit: int, show: Callable[[Any], Item]
) -> tuple[list[Item], str | None]:  # fmt: skip
    """A page of a query, the newest first, and the cursor of the next."""
    if cursor:
        query = query.where(column < cursor)
    rows = connection.execute(query.order_by(column.desc()).limit(limit + 1)).all()
    return [show(row) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


def _progress(connection: Connection, row: Row[Any]) -> schemas.Progress | None:
    if row.state != "running":
        return None
    last = select(event.c.data).where(event.c.job == row.id, event.c.kind == "progress")
    found = connection.execute(last.order_by(event.c.number.desc()).limit(1)).scalar()
    return schemas.Progress(**json.loads(found)) if found else None


def _ahead(connection: Connection, row: Row[Any]) -> int | None:
    if row.state != "queued":
        return None
    before = (job.c.priority > row.priority) | ((job.c.priority == row.priority) & (job.c.id < row.id))
    count = select(func.count()).select_from(job).where(job.c.state == "queued", job.c.lane == row.lane, before)
    return int(connection.execute(count).scalar_one())
