"""Works: upload, list, fetch as any file, delete."""

from __future__ import annotations

import json
import threading
from functools import partial
from pathlib import Path as Folder
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from sqlalchemy import Connection, Row, Select, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from firmus import formats
from firmus.render.files import is_work, read_work
from firmus.rights.files import labelled
from firmus.service.http import limits, schemas, serializers
from firmus.service.http.dependencies import Composing, IdempotencyKey, Reading, Service, ServiceDependency
from firmus.service.http.pool import SHORT
from firmus.service.http.routes import jobs as job_routes
from firmus.service.problems import Problem
from firmus.service.storage import audit, erasure, jobs, works
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import ENDED, PRIORITIES
from firmus.service.storage.keys import Caller
from firmus.service.storage.tables import job, work
from firmus.service.workers import handlers
from firmus.timing import seconds

router = APIRouter(prefix="/v1/works", tags=["works"])
Name = Annotated[str, Path(pattern=schemas.WORK_ID)]
Cursor = Annotated[str | None, Query(pattern=schemas.WORK_ID, description="`next` of a page.")]
Parent = Annotated[str | None, Query(pattern=schemas.WORK_ID, description="The work of which this is a new revision.")]
_Read = tuple[dict[str, Any], list[dict[str, Any]]]
READING = threading.BoundedSemaphore(4)  # uploads that are parsed at a time; others are rejected as busy
FILE_TIMEOUT = 20.0  # seconds to wait for a file that is produced on request
MUSIC = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.post(
    "",
    status_code=201,
    response_model=schemas.Work,
    openapi_extra={"requestBody": {"required": True, "content": MUSIC}},
)
async def upload(
    request: Request,
    service: ServiceDependency,
    caller: Composing,
    parent: Parent = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Upload a music file as a work: MIDI, MusicXML, ABC, Humdrum or Firmus JSON, told apart by content.

    It is read in a process of its own, with limits on memory and time.
    """
    data = await request.body()
    with service.idempotency.serving(caller.key, idempotency_key):
        storing = partial(_store, service, caller, data, parent, idempotency_key, request.state.digest)
        outcome = await run_in_threadpool(storing)
        if outcome is None:
            arguments = service.blobs.folder, service.settings.piece_seconds, data
            outcome = await run_in_threadpool(storing, await service.pool.run(caller.owner, _read, *arguments))
    name, again = cast(tuple[str, bool], outcome)
    document = await run_in_threadpool(one, name, service, caller)
    headers = {"Location": f"/v1/works/{name}", **({"Idempotent-Replayed": "true"} if again else {})}
    return JSONResponse(document.model_dump(), 201, headers)


def _store(
    service: Service,
    caller: Caller,
    data: bytes,
    parent: str | None,
    token: str | None,
    digest: str,
    read: _Read | None = None,
) -> tuple[str, bool] | None:
    """Store an upload; None where it is not short to read, and was not read yet."""
    earlier = service.idempotency.recorded(caller.key, token, digest)
    if earlier:
        return earlier, True
    limits.require_disk_space(service.settings, service.blobs)
    with service.store.read() as connection:
        parent_row = _find(connection, caller, parent) if parent else None
    if read is None and len(data) > SHORT:
        return None
    row, files = read or _read(service.blobs.folder, service.settings.piece_seconds, data)
    if parent_row:
        row |= {"parent": parent_row.id, "root": parent_row.root}

    def write(connection: Connection) -> str:
        service.storage.admit(connection, caller, sum(each["bytes"] for each in files))
        works.add(connection, caller.owner, row, files)
        audit.write(connection, caller.key, caller.owner, "upload", row["id"])
        return str(row["id"])

    return service.idempotency.execute(caller.key, token, digest, write)


def _read(folder: Folder, longest: float, data: bytes) -> _Read:
    """Read music, and store it, with the origin that a file of Firmus has: the rows of the work and its file."""
    if not READING.acquire(timeout=5):
        raise Problem("busy", "many files are being read: ask again", seconds=5)
    try:
        score = handlers.bounded(formats.read(data))
    finally:
        READING.release()
    length = seconds(score, score.end)
    if length > longest:
        raise Problem("too-large", f"the piece lasts {length:.0f} seconds: {longest:g} is the most")
    if not is_work(data):
        row, document = works.row_of(score), works.score_bytes(score)
    else:
        piece = read_work(data, score, "the upload")
        row = works.row_of(score, style=str(piece.origin.brief.get("style", "")) or None)
        document = labelled(piece, works.score_bytes(piece), ".json")
    return row, [works.file_row(Blobs(folder), row["id"], "json", document)]


def _filtered(
    caller: Reading,
    root: Annotated[str | None, Query(pattern=schemas.WORK_ID, description="All revisions of one piece.")] = None,
    made_by: Annotated[str | None, Query(alias="job", pattern="^job_[0-9a-f]{28}$")] = None,
    title: Annotated[str | None, Query(max_length=200, description="Words of the title, in any case.")] = None,
    style: Annotated[str | None, Query(max_length=40, description="The style that was asked for.")] = None,
    key: Annotated[str | None, Query(max_length=20, description="Written or estimated, such as `G minor`.")] = None,
) -> Select[Any]:
    """Query of the caller's works that match the parameters."""
    query = select(work).where(work.c.owner == caller.owner)
    if root:
        query = query.where(work.c.root == root)
    if made_by:
        query = query.where(work.c.job == made_by)
    return works.matching(query, title=title, style=style, key=key)


@router.get("")
def listed(
    service: ServiceDependency,
    caller: Reading,
    query: Annotated[Select[Any], Depends(_filtered)],
    cursor: Cursor = None,
    limit: job_routes.Limit = 20,
) -> schemas.Page[schemas.Work]:
    """List your works, the newest first; jobs of the kind `search` find melodies in them."""
    with service.store.read() as connection:
        return serializers.serialize_page(connection, query, work.c.id, cursor, limit, _serialize)


@router.get("/{name}")
def one(name: Name, service: ServiceDependency, caller: Reading) -> schemas.Work:
    """See a work."""
    with service.store.read() as connection:
        return _serialize(_find(connection, caller, name))


@router.delete("/{name}", status_code=204)
def remove(name: Name, service: ServiceDependency, caller: Composing) -> None:
    """Delete a work with its files, and what derives from it alone: of the job that composed it, of jobs about it.

    Works that came of it stay.
    """
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        erasure.delete_work(connection, service.blobs, _find(connection, caller, name))
        audit.write(connection, caller.key, caller.owner, "delete", name)


@router.get(
    "/{name}/files/{kind}",
    response_class=Response,
    responses={
        200: {"content": {media.partition(";")[0]: {} for _, media in works.FILES.values()}},
        202: {"model": schemas.Job, "description": "It is still being made: ask again."},
    },
)
async def fetch(
    name: Name,
    service: ServiceDependency,
    caller: Reading,
    kind: Annotated[str, Path(json_schema_extra={"enum": list(works.FILES)})],
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Fetch a work as a file. What nobody has asked for before is made by a job; it is waited for 20 seconds."""
    if kind not in works.FILES:
        raise Problem("not-found", f"a work has no file {kind[:40]!r}: {', '.join(works.FILES)}")
    row, file, job_id = await run_in_threadpool(_file, service, caller, name, kind)
    if file is None and job_id:
        encoding = await job_routes.ended(service, caller, job_id, FILE_TIMEOUT)
        if encoding.state not in ENDED:
            return JSONResponse(encoding.model_dump(), 202, {"Location": encoding.links["self"], "Retry-After": "5"})
        if encoding.error:
            raise Problem("invalid-request", encoding.error.detail)
        row, file, _ = await run_in_threadpool(_file, service, caller, name, kind)
    if file is None:
        raise Problem("busy", "the file could not be made: ask again", seconds=5)
    if if_none_match and f'"{file.digest}"' in if_none_match:
        return Response(None, 304, works.cache_headers(file))
    return works.file_response(service.blobs, file, f"{row.title or 'piece'}.{works.FILES[kind][0]}")


def _file(service: Service, caller: Caller, name: str, kind: str) -> tuple[Row[Any], Row[Any] | None, str | None]:
    """A work, its file if there is one, and else the job that produces it."""
    with service.store.read() as connection:
        row, files = _find(connection, caller, name), works.files(connection, name)
    if kind in files:
        return row, files[kind], None
    limits.require_disk_space(service.settings, service.blobs)
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        task = "convert" if kind in handlers.MUSIC else "render"
        request = {"kind": task, "brief": {"source": {"work": name}}, "formats": [kind]}
        unfinished = select(job.c.id).where(job.c.work == name, job.c.state.in_(("queued", "running")))
        unfinished = unfinished.where(job.c.owner == caller.owner, job.c.request == json.dumps(request))
        job_id = connection.execute(unfinished).scalar()
        if not job_id:
            limits.admit(connection, service.settings, caller, 0.0)
            service.storage.admit(connection, caller, 0)
            job_id = jobs.add(
                connection,
                owner=caller.owner,
                kind=task,
                request=request,
                lane=handlers.KINDS[task].LANE,
                source=files["json"].digest,
                work=name,
                priority=PRIORITIES["high"],
            )
    service.supervisor.notify(handlers.KINDS[task].LANE)
    return row, None, str(job_id)


def _serialize(row: Row[Any]) -> schemas.Work:
    return serializers.serialize_work(row, list(works.FILES))


def _find(connection: Connection, caller: Caller, name: str) -> Row[Any]:
    row = works.find(connection, name, caller.owner)
    if row is None:
        raise Problem("not-found", f"there is no work {name} of yours")
    return row
