"""Batches: many briefs in, one archive out."""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection, Row, func, insert, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.responses import JSONResponse, Response, StreamingResponse

from firmus.service.http import limits, schemas, serializers, submission
from firmus.service.http.dependencies import Composing, IdempotencyKey, Reading, Service, ServiceDependency
from firmus.service.http.routes.jobs import Limit
from firmus.service.problems import Problem
from firmus.service.storage import audit, erasure, jobs, works
from firmus.service.storage.blobs import BlobMissing
from firmus.service.storage.jobs import ENDED, PRIORITIES
from firmus.service.storage.keys import Caller
from firmus.service.storage.tables import batch, job, new_id
from firmus.service.workers import handlers, webhooks

router = APIRouter(prefix="/v1/batches", tags=["batches"])
Name = Annotated[str, Path(pattern=schemas.BATCH_ID)]
Cursor = Annotated[str | None, Query(pattern=schemas.BATCH_ID, description="`next` of a page.")]


@router.post("", status_code=202, response_model=schemas.Batch)
async def start(
    request: Request,
    body: schemas.BatchSubmission,
    service: ServiceDependency,
    caller: Composing,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ask for many jobs of one kind: all of them are accepted, or none. They give way to single jobs."""
    with service.idempotency.serving(caller.key, idempotency_key):
        submitting = partial(_submit, service, caller, body, idempotency_key, request.state)
        outcome = await run_in_threadpool(submitting)
        if isinstance(outcome, list):
            arguments = service.blobs.folder, service.settings.piece_seconds, outcome
            prepared = await service.pool.run(caller.owner, submission.examine, *arguments)
            outcome = await run_in_threadpool(submitting, prepared)
    name, again = cast(tuple[str, bool], outcome)
    document = await run_in_threadpool(one, name, service, caller)
    headers = {"Location": f"/v1/batches/{name}", **({"Idempotent-Replayed": "true"} if again else {})}
    return JSONResponse(document.model_dump(), 202, headers)


def _submit(
    service: Service,
    caller: Caller,
    body: schemas.BatchSubmission,
    token: str | None,
    state: State,
    prepared: list[submission.Submission] | None = None,
) -> tuple[str, bool] | list[submission.Draft]:
    """Accept a batch; drafts, where it is not short what is to be examined first, and was not."""
    earlier = service.idempotency.recorded(caller.key, token, state.digest)
    if earlier:
        return earlier, True
    if len(body.briefs) > service.settings.batch:
        raise Problem("too-large", f"{len(body.briefs)} briefs: {service.settings.batch} are the most")
    limits.require_disk_space(service.settings, service.blobs)
    if body.webhook:
        webhooks.check(body.webhook, service.settings)
    if prepared is None:
        drafts = [submission.find(service, caller, body.kind, brief) for brief in body.briefs]
        if not submission.is_short(service, drafts, state.length):
            return drafts
        prepared = submission.examine(service.blobs.folder, service.settings.piece_seconds, drafts)
    submissions, name = prepared, new_id("bat")

    def write(connection: Connection) -> str:
        seconds = sum(each.seconds for each in submissions)
        limits.admit(connection, service.settings, caller, seconds, len(submissions))
        service.storage.admit(connection, caller, sum(each.bytes for each in submissions))
        row = {"id": name, "owner": caller.owner, "kind": body.kind, "total": len(submissions), "created": time.time()}
        connection.execute(insert(batch).values(**row))
        if body.webhook:
            webhooks.add(connection, name, body.webhook)
        for each in submissions:
            submission.enqueue(connection, caller, each, batch=name, priority=PRIORITIES["batch"])
        audit.write(connection, caller.key, caller.owner, f"batch {body.kind}", name)
        return name

    result, again = service.idempotency.execute(caller.key, token, state.digest, write)
    service.supervisor.notify(handlers.KINDS[body.kind].LANE)
    return result, again


@router.get("")
def listed(
    service: ServiceDependency, caller: Reading, cursor: Cursor = None, limit: Limit = 20
) -> schemas.Page[schemas.Batch]:
    """List your batches, the newest first."""
    query = select(batch).where(batch.c.owner == caller.owner)
    with service.store.read() as connection:
        return serializers.serialize_page(
            connection, query, batch.c.id, cursor, limit, lambda row: _serialize(connection, row)
        )


@router.get("/{name}")
def one(name: Name, service: ServiceDependency, caller: Reading) -> schemas.Batch:
    """See how a batch stands."""
    with service.store.read() as connection:
        return _serialize(connection, _find(connection, caller, name))


@router.post("/{name}/cancel")
def cancel(name: Name, service: ServiceDependency, caller: Composing) -> schemas.Batch:
    """Cancel every job of a batch that has not ended."""
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        row = _find(connection, caller, name)
        for each in connection.execute(select(job.c.id).where(job.c.batch == name)).scalars().all():
            jobs.cancel(connection, each)
        audit.write(connection, caller.key, caller.owner, "cancel", name)
        return _serialize(connection, row)


@router.delete("/{name}", status_code=204)
def remove(name: Name, service: ServiceDependency, caller: Composing) -> None:
    """Delete a batch with all of its jobs; those that have not ended are canceled. Works that they composed stay."""
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        _find(connection, caller, name)
        erasure.delete_batches(connection, [name])
        audit.write(connection, caller.key, caller.owner, "delete", name)


@router.get("/{name}/zip", response_class=StreamingResponse, responses={200: {"content": {"application/zip": {}}}})
def archive(name: Name, service: ServiceDependency, caller: Reading) -> StreamingResponse:
    """Fetch all works of a batch that has ended: `0001/…` for the first brief; `batch.json` tells what came of each."""
    with service.store.read() as connection:
        summary = _serialize(connection, _find(connection, caller, name))
        unfinished = sum(total for state, total in summary.states.items() if state not in ENDED)
        if unfinished:
            raise Problem("conflict", f"{unfinished} of {summary.total} jobs have not ended")
        names = connection.execute(select(job.c.id).where(job.c.batch == name).order_by(job.c.id)).scalars().all()
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return StreamingResponse(_archive_chunks(service, names), media_type="application/zip", headers=headers)


def _archive_chunks(service: Service, names: Sequence[str]) -> Iterator[bytes]:
    """The archive, in chunks, of which one or two are in memory."""
    buffer = _ChunkBuffer()
    made: dict[str, list[str]] = {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number, name in enumerate(names, 1):
            with service.store.read() as connection:
                composed = works.made_by(connection, name)
                files = {each: works.files(connection, each) for each in composed}
            for position, each in enumerate(composed, 1):
                folder = f"{number:04}" if len(composed) == 1 else f"{number:04}/{position:02}"
                for kind, file in files[each].items():
                    with contextlib.suppress(BlobMissing):
                        content = service.blobs.get(file.digest)
                        zipped.writestr(_entry(f"{folder}/piece.{works.FILES[kind][0]}"), content)
                yield buffer.take()
            made[name] = composed
        with zipped.open(_entry("batch.json"), "w", force_zip64=True) as summary:
            for number, name in enumerate(names, 1):
                with service.store.read() as connection:
                    row = connection.execute(select(job).where(job.c.id == name)).first()
                    document = _outcome(number, name, row, made[name])
                summary.write(("[" if number == 1 else ",\n").encode())
                summary.write(json.dumps(document, ensure_ascii=False, indent=1).encode())
                yield buffer.take()
            summary.write(b"]" if names else b"[]")
    yield buffer.take()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry of the archive, without a time, so that the same works give the same bytes."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _outcome(number: int, name: str, row: Row[Any] | None, made: list[str]) -> dict[str, Any]:
    """What came of a job, as ``batch.json`` tells it."""
    return {
        "number": number,
        "job": name,
        "state": row.state if row else "deleted",
        "request": json.loads(row.request) if row else {},
        "works": made,
        "error": json.loads(row.error) if row and row.error else None,
    }


class _ChunkBuffer(io.RawIOBase):
    """A write-only file whose content is taken out in chunks; it cannot seek."""

    def __init__(self) -> None:
        self._data = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Append bytes."""
        self._data += data
        return len(data)

    def take(self) -> bytes:
        """Remove and return what was written since the last time."""
        chunk, self._data = bytes(self._data), bytearray()
        return chunk


def _serialize(connection: Connection, row: Row[Any]) -> schemas.Batch:
    counts = select(job.c.state, func.count().label("total")).where(job.c.batch == row.id).group_by(job.c.state)
    states = {row.state: row.total for row in connection.execute(counts)}
    path = f"/v1/batches/{row.id}"
    return schemas.Batch(
        id=row.id,
        kind=row.kind,
        total=row.total,
        states=states,
        webhook=webhooks.delivery_status(connection, row.id),
        created=serializers.created_at(row),
        links={"self": path, "zip": f"{path}/zip", "cancel": f"{path}/cancel"},
    )


def _find(connection: Connection, caller: Caller, name: str) -> Row[Any]:
    row = connection.execute(select(batch).where(batch.c.id == name, batch.c.owner == caller.owner)).first()
    if row is None:
        raise Problem("not-found", f"there is no batch {name} of yours")
    return row
