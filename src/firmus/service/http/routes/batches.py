"""Batches: many briefs in, one archive out."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection, Row, func, insert, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from firmus.service.http import limits, schemas, serializers, submission
from firmus.service.http.dependencies import Composing, Here, IdempotencyKey, Reading, Service
from firmus.service.http.routes.jobs import Cursor, Limit
from firmus.service.problems import Problem
from firmus.service.storage import audit, jobs, works
from firmus.service.storage.jobs import ENDED, PRIORITIES
from firmus.service.storage.keys import Caller
from firmus.service.storage.tables import batch, job, new_id, work
from firmus.service.workers import handlers, webhooks

router = APIRouter(prefix="/v1/batches", tags=["batches"])
Name = Annotated[str, Path(pattern="^bat_[0-9a-f]{28}$")]


@router.post("", status_code=202, response_model=schemas.Batch)
async def start(
    request: Request, asked: schemas.BatchRequest, service: Here, caller: Composing,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Ask for many jobs of one kind: all of them are accepted, or none. They give way to single jobs."""
    with service.once.serving(caller.key, idempotency_key):
        name, again = await run_in_threadpool(_submit, service, caller, asked, idempotency_key, request.state.digest)
    found = await run_in_threadpool(one, name, service, caller)
    headers = {"Location": f"/v1/batches/{name}", **({"Idempotent-Replayed": "true"} if again else {})}
    return JSONResponse(found.model_dump(), 202, headers)


def _submit(
    service: Service, caller: Caller, asked: schemas.BatchRequest, token: str | None, digest: str
) -> tuple[str, bool]:  # fmt: skip
    made = service.once.made(caller.key, token, digest)
    if made:
        return made, True
    if len(asked.briefs) > service.settings.batch:
        raise Problem("too-large", f"{len(asked.briefs)} briefs: {service.settings.batch} are the most")
    limits.room(service.settings, service.blobs)
    if asked.webhook:
        webhooks.check(asked.webhook, service.settings)
    orders = [submission.order(service, caller, asked.kind, brief) for brief in asked.briefs]
    name = new_id("bat")

    def write(connection: Connection) -> str:
        seconds = sum(order.seconds for order in orders)
        limits.admit(connection, service.settings, caller, seconds, len(orders))
        row = {"id": name, "owner": caller.owner, "kind": asked.kind, "total": len(orders), "created": time.time()}
        connection.execute(insert(batch).values(**row))
        if asked.webhook:
            webhooks.add(connection, name, asked.webhook)
        for order in orders:
            submission.place(connection, caller, order, batch=name, priority=PRIORITIES["batch"])
        audit.write(connection, caller.key, caller.owner, f"batch {asked.kind}", name)
        return name

    made, again = service.once.make(caller.key, token, digest, write)
    service.crew.ring(handlers.KINDS[asked.kind].LANE)
    return made, again


@router.get("")
def listed(service: Here, caller: Reading, cursor: Cursor = None, limit: Limit = 20) -> schemas.Page[schemas.Batch]:
    """List your batches, the newest first."""
    query = select(batch).where(batch.c.owner == caller.owner)
    with service.store.read() as connection:
        items, following = serializers.a_page(
            connection, query, batch.c.id, cursor, limit, lambda row: _shown(connection, row)
        )  # fmt: skip
    return schemas.Page(items=items, next=following)


@router.get("/{name}")
def one(name: Name, service: Here, caller: Reading) -> schemas.Batch:
    """See how a batch stands."""
    with service.store.read() as connection:
        return _shown(connection, _found(connection, caller, name))


@router.post("/{name}/cancel")
def cancel(name: Name, service: Here, caller: Composing) -> schemas.Batch:
    """Cancel every job of a batch that has not ended."""
    with service.store.write() as connection:
        service.store.take_turns(connection, audit.TURN)
        row = _found(connection, caller, name)
        for each in connection.execute(select(job.c.id).where(job.c.batch == name)).scalars().all():
            jobs.cancel(connection, each)
        audit.write(connection, caller.key, caller.owner, "cancel", name)
        return _shown(connection, row)


@router.get(
    "/{name}/zip", response_class=StreamingResponse, responses={200: {"content": {"application/zip": {}}}}
)  # fmt: skip
def archive(name: Name, service: Here, caller: Reading) -> StreamingResponse:
    """Fetch all works of a batch that has ended: `0001/…` for the first brief; `batch.json` tells what came of each."""
    with service.store.read() as connection:
        found = _shown(connection, _found(connection, caller, name))
        unfinished = found.total - sum(found.states.get(state, 0) for state in ENDED)
        if unfinished:
            raise Problem("conflict", f"{unfinished} of {found.total} jobs have not ended")
        rows = connection.execute(select(job).where(job.c.batch == name).order_by(job.c.id)).all()
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return StreamingResponse(_packed(service, rows), media_type="application/zip", headers=headers)


def _packed(service: Service, rows: Any) -> Iterator[bytes]:
    """The archive, piece by piece."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:
        told = []
        for number, row in enumerate(rows, 1):
            with service.store.read() as connection:
                made = connection.execute(select(work).where(work.c.job == row.id).order_by(work.c.id)).all()
                held = {each.id: works.files(connection, each.id) for each in made}
            for place, each in enumerate(made, 1):
                folder = f"{number:04}" if len(made) == 1 else f"{number:04}/{place:02}"
                for name, file in held[each.id].items():
                    entry = zipfile.ZipInfo(f"{folder}/piece.{works.FILES[name][0]}")
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(entry, service.blobs.get(file.digest))
                yield pipe.taken()
            told.append({
                "number": number, "job": row.id, "state": row.state, "request": json.loads(row.request),
                "works": [each.id for each in made], "error": json.loads(row.error) if row.error else None,
            })  # fmt: skip
        packed.writestr(zipfile.ZipInfo("batch.json"), json.dumps(told, ensure_ascii=False, indent=1))
    yield pipe.taken()


class _Pipe(io.RawIOBase):
    """A file that cannot be wound back, and gives away what was written to it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes."""
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found, self._held = bytes(self._held), bytearray()
        return found


def _shown(connection: Connection, row: Row[Any]) -> schemas.Batch:
    counts = select(job.c.state, func.count().label("total")).where(job.c.batch == row.id).group_by(job.c.state)
    states = {row.state: row.total for row in connection.execute(counts)}
    path = f"/v1/batches/{row.id}"
    return schemas.Batch(
        id=row.id, kind=row.kind, total=row.total, states=states, webhook=webhooks.shown(connection, row.id),
        created=serializers.moment(row),
        links={"self": path, "zip": f"{path}/zip", "cancel": f"{path}/cancel"},
    )  # fmt: skip


def _found(connection: Connection, caller: Caller, name: str) -> Row[Any]:
    row = connection.execute(select(batch).where(batch.c.id == name, batch.c.owner == caller.owner)).first()
    if row is None:
        raise Problem("not-found", f"there is no batch {name} of yours")
    return row
