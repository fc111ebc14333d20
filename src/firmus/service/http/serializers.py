"""Serializers: from rows of the database to the `schemas` of responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Row, Select, func, select

from firmus.composing.origin import MARK
from firmus.service.http import schemas
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.tables import event, job
from firmus.service.workers import webhooks
from firmus.translation import translate

Item = TypeVar("Item", bound=BaseModel)
PAGE_BYTES = 1_000_000  # of the JSON of a page
ROWS = 10  # that are read from the database at a time
_COLUMNS = ("id", "kind", "state", "attempt", "seconds", "batch", "created", "started", "ended", "erased")
SUMMARY = tuple(job.c[name] for name in _COLUMNS)  # columns of a job in lists


def timestamp(seconds: float | None) -> str | None:
    """A time in seconds since 1970 as an RFC 3339 timestamp in UTC.

    Examples
    --------
    >>> timestamp(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def created_at(row: Row[Any]) -> str:
    """Timestamp of a row's creation."""
    return timestamp(row.created) or ""


def serialize_summary(row: Row[Any]) -> schemas.JobSummary:
    """A job as lists have it, from the columns `SUMMARY`."""
    path = f"/v1/jobs/{row.id}"
    return schemas.JobSummary(
        id=row.id,
        kind=row.kind,
        state=row.state,
        attempt=row.attempt,
        seconds=round(row.seconds, 3),
        batch=row.batch,
        created=created_at(row),
        started=timestamp(row.started),
        ended=timestamp(row.ended),
        erased=timestamp(row.erased),
        links={"self": path, "events": f"{path}/events", "cancel": f"{path}/cancel"},
    )


def in_language(document: schemas.Job, language: str) -> schemas.Job:
    """A job, with why it failed in a language, ``"en"`` or ``"zh"``."""
    if document.error is None:
        return document
    told = {name: translate(getattr(document.error, name), language) for name in ("title", "detail")}
    return document.model_copy(update={"error": document.error.model_copy(update=told)})


def serialize_job(connection: Connection, row: Row[Any], blobs: Blobs) -> schemas.Job:
    """A job with everything."""
    return schemas.Job(
        **serialize_summary(row).model_dump(),
        request={name: value for name, value in json.loads(row.request).items() if name != "named"},
        progress=_progress(connection, row),
        ahead=_ahead(connection, row),
        result=json.loads(blobs.get(row.result)) if row.result else None,
        error=schemas.Told(**json.loads(row.error)) if row.error else None,
        webhook=webhooks.delivery_status(connection, row.id),
    )


def serialize_work(row: Row[Any], names: Sequence[str]) -> schemas.Work:
    """A work; `names` are those of all its files."""
    path, summary = f"/v1/works/{row.id}", json.loads(row.summary)
    links = {"self": path, **{name: f"{path}/files/{name}" for name in names}}
    is_composed = MARK in summary["composer"]
    return schemas.Work(
        id=row.id,
        title=row.title,
        parent=row.parent,
        root=row.root,
        job=row.job,
        ai_generated=is_composed,
        summary=summary,
        created=created_at(row),
        links=links,
    )


def serialize_page(
    connection: Connection,
    query: Select[Any],
    column: Any,
    cursor: str | None,
    limit: int,
    serialize: Callable[[Any], Item],
) -> schemas.Page[Item]:
    """A page of a query, the newest first: up to `limit` items, and up to `PAGE_BYTES` of JSON, but at least one.

    Rows are read a few at a time, so that those beyond the page are not.
    """
    if cursor:
        query = query.where(column < cursor)
    items: list[Item] = []
    size, last = 0, None
    query = query.order_by(column.desc()).limit(limit + 1).execution_options(yield_per=ROWS)
    with connection.execute(query) as rows:
        for row in rows:
            item = serialize(row)
            size += len(item.model_dump_json())
            if items and (len(items) == limit or size > PAGE_BYTES):
                return schemas.Page(items=items, next=last)
            items.append(item)
            last = row.id
    return schemas.Page(items=items, next=None)


def _progress(connection: Connection, row: Row[Any]) -> schemas.Progress | None:
    if row.state != "running":
        return None
    last = select(event.c.data).where(event.c.job == row.id, event.c.kind == "progress")
    data = connection.execute(last.order_by(event.c.number.desc()).limit(1)).scalar()
    return schemas.Progress(**json.loads(data)) if data else None


def _ahead(connection: Connection, row: Row[Any]) -> int | None:
    if row.state != "queued":
        return None
    before = (job.c.priority > row.priority) | ((job.c.priority == row.priority) & (job.c.id < row.id))
    count = select(func.count()).select_from(job).where(job.c.state == "queued", job.c.lane == row.lane, before)
    return int(connection.execute(count).scalar_one())
