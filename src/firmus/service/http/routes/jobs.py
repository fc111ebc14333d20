"""Jobs: start, follow, wait for, cancel."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Path, Query, Request
from sqlalchemy import Connection, Row, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.responses import JSONResponse, Response, StreamingResponse

from firmus.service.http import limits, schemas, serializers, submission
from firmus.service.http.dependencies import Composing, IdempotencyKey, Reading, Service, ServiceDependency
from firmus.service.problems import Problem
from firmus.service.storage import audit, erasure, events, jobs, works
from firmus.service.storage.events import Event
from firmus.service.storage.jobs import ENDED
from firmus.service.storage.keys import Caller
from firmus.service.storage.tables import job
from firmus.service.workers import handlers, webhooks
from firmus.translation import preferred

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
Name = Annotated[str, Path(pattern="^job_[0-9a-f]{28}$")]
Cursor = Annotated[str | None, Query(pattern="^job_[0-9a-f]{28}$", description="`next` of a page.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Items of a page at most.")]
Prefer = Annotated[str | None, Header(max_length=100, description="`wait=N`: answer when it is done, in N seconds.")]
KEEPALIVE_INTERVAL = 15.0  # seconds between two keepalive comments of a stream of events


@router.post("", status_code=202, response_model=schemas.Job, responses={200: {"model": schemas.Job}})
async def start(
    request: Request,
    body: schemas.JobSubmission,
    service: ServiceDependency,
    caller: Composing,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> Response:
    """Ask for a job; it is done when its state is one of succeeded, failed and canceled.

    Answers 202 at once; with `Prefer: wait=10`, 200 if it is done within ten seconds.
    """
    with service.idempotency.serving(caller.key, idempotency_key):
        submitting = partial(_submit, service, caller, body, idempotency_key, request.state)
        outcome = await run_in_threadpool(submitting)
        if isinstance(outcome, submission.Draft):
            arguments = service.blobs.folder, service.settings.piece_seconds, [outcome]
            prepared = await service.pool.run(caller.owner, submission.examine, *arguments)
            outcome = await run_in_threadpool(submitting, *prepared)
    document, again = cast(tuple[schemas.Job, bool], outcome)
    headers = {"Location": f"/v1/jobs/{document.id}", **({"Idempotent-Replayed": "true"} if again else {})}
    seconds = _wait(prefer, service.settings.wait)
    if seconds:
        headers["Preference-Applied"] = f"wait={seconds:g}"
        document = await ended(service, caller, document.id, seconds)
    document = serializers.in_language(document, preferred(request.headers.get("accept-language", "")))
    return JSONResponse(document.model_dump(), 200 if seconds and document.state in ENDED else 202, headers)


def _submit(
    service: Service,
    caller: Caller,
    body: schemas.JobSubmission,
    token: str | None,
    state: State,
    prepared: submission.Submission | None = None,
) -> tuple[schemas.Job, bool] | submission.Draft:
    """Accept a job; a draft, where it is not short what is to be examined first, and was not."""
    earlier = service.idempotency.recorded(caller.key, token, state.digest)
    if earlier:
        return _serialized(service, caller, earlier), True
    limits.require_disk_space(service.settings, service.blobs)
    if body.webhook:
        webhooks.check(body.webhook, service.settings)
    if prepared is None:
        draft = submission.find(service, caller, body.kind, body.brief, body.formats, body.options)
        if not submission.is_short(service, [draft], state.length):
            return draft
        (prepared,) = submission.examine(service.blobs.folder, service.settings.piece_seconds, [draft])

    def write(connection: Connection) -> str:
        limits.admit(connection, service.settings, caller, prepared.seconds)
        service.storage.admit(connection, caller, prepared.bytes)
        name = submission.enqueue(connection, caller, prepared, body.webhook)
        audit.write(connection, caller.key, caller.owner, f"job {prepared.kind}", name)
        return name

    name, again = service.idempotency.execute(caller.key, token, state.digest, write)
    service.supervisor.notify(handlers.KINDS[prepared.kind].LANE)
    return _serialized(service, caller, name), again


@router.get("")
def listed(
    service: ServiceDependency,
    caller: Reading,
    cursor: Cursor = None,
    limit: Limit = 20,
    state: schemas.State | None = None,
    batch: Annotated[str | None, Query(pattern=schemas.BATCH_ID, description="only the jobs of this batch")] = None,
) -> schemas.Page[schemas.JobSummary]:
    """List your jobs, the newest first, without their requests and results; `/v1/jobs/{name}` has these."""
    query = select(*serializers.SUMMARY).where(job.c.owner == caller.owner)
    if state:
        query = query.where(job.c.state == state)
    if batch:
        query = query.where(job.c.batch == batch)
    with service.store.read() as connection:
        return serializers.serialize_page(connection, query, job.c.id, cursor, limit, serializers.serialize_summary)


@router.get("/{name}", response_model=schemas.Job)
async def one(
    request: Request,
    name: Name,
    service: ServiceDependency,
    caller: Reading,
    prefer: Prefer = None,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """See how a job stands; with `Prefer: wait=10`, wait up to ten seconds for its end."""
    document = await ended(service, caller, name, _wait(prefer, service.settings.wait))
    language = preferred(request.headers.get("accept-language", ""))
    response = JSONResponse(serializers.in_language(document, language).model_dump())
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language"}
    if if_none_match and tag in if_none_match:
        return Response(None, 304, headers)
    response.headers.update(headers)
    return response


@router.delete("/{name}", status_code=204)
def remove(name: Name, service: ServiceDependency, caller: Composing) -> None:
    """Delete a job with its request, its result, its events and the files it made; one that runs is canceled.

    Works that it composed stay.
    """
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        _find(connection, caller, name)
        erasure.delete_jobs(connection, [name])
        audit.write(connection, caller.key, caller.owner, "delete", name)


@router.post("/{name}/cancel")
def cancel(name: Name, service: ServiceDependency, caller: Composing) -> schemas.Job:
    """Cancel a job that has not ended. It counts as canceled at once; what it had begun is thrown away."""
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        row = _find(connection, caller, name)
        if jobs.cancel(connection, name):
            audit.write(connection, caller.key, caller.owner, "cancel", name)
        elif row.state != "canceled":
            raise Problem("conflict", f"the job has {row.state}: only a job that has not ended can be canceled")
        return serializers.serialize_job(connection, _find(connection, caller, name), service.blobs)


@router.get(
    "/{name}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def follow(
    name: Name,
    service: ServiceDependency,
    caller: Reading,
    last_event_id: Annotated[str | None, Header(pattern="^[0-9]{1,9}$")] = None,
) -> StreamingResponse:
    """Follow a job as server-sent events, numbered from 1, until it has ended.

    `state` and `progress`; and while a model composes note by note, the music on its way: `piece` (its number, and
    what is given of it, as a Firmus score) and `bar` (`piece`, `bar` from 0, `notes`: part, start, duration, pitch,
    velocity of each). A bar that is told again replaces what was told of it; after `state` with another `attempt`,
    everything is told again. With `Last-Event-ID` it goes on after that event. A comment comes every 15 seconds as a
    sign of life.
    """
    await run_in_threadpool(_row, service, caller, name)
    stream = _stream(service, name, int(last_event_id or 0))
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get(
    "/{name}/files/{kind}", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}}
)
def fetch(
    name: Name, kind: Annotated[str, Path(pattern="^[a-z0-9]{2,12}$")], service: ServiceDependency, caller: Reading
) -> Response:
    """Fetch a file that a render or convert job made."""
    with service.store.read() as connection:
        row = _find(connection, caller, name)
        file = works.files(connection, row.work or row.id).get(kind)
    if file is None:
        raise Problem("not-found", f"the job has no file {kind!r}")
    return works.file_response(service.blobs, file, f"{name}.{works.JOB_FILES[kind][0]}")


async def ended(service: Service, caller: Caller, name: str, seconds: float) -> schemas.Job:
    """A job, once it has ended or the time has run out."""
    until = time.monotonic() + seconds
    while seconds:
        row = await run_in_threadpool(_row, service, caller, name)
        left = until - time.monotonic()
        if row.state in ENDED or left <= 0 or service.notifier.closed:
            break
        await service.notifier.wait(name, row.events, left)
    return await run_in_threadpool(_serialized, service, caller, name)


async def _stream(service: Service, name: str, number: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    while True:
        new_events, is_over = await run_in_threadpool(_after, service, name, number)
        for each in new_events:
            number = each.number
            yield f"id: {each.number}\nevent: {each.kind}\ndata: {json.dumps(each.data, ensure_ascii=False)}\n\n"
        if new_events and new_events[-1].data.get("state") not in ENDED:
            continue
        if is_over or new_events:
            return
        if not await service.notifier.wait(name, number, KEEPALIVE_INTERVAL):
            if service.notifier.closed:
                return
            yield ": alive\n\n"


def _after(service: Service, name: str, number: int) -> tuple[list[Event], bool]:
    """Some of a job's next events after a number, and whether there will be no more, if there are none now."""
    with service.store.read() as connection:
        state = connection.execute(select(job.c.state).where(job.c.id == name)).scalar()  # none, where it was deleted
        return events.after(connection, name, number), state is None or state in ENDED


def _row(service: Service, caller: Caller, name: str) -> Row[Any]:
    with service.store.read() as connection:
        return _find(connection, caller, name)


def _serialized(service: Service, caller: Caller, name: str) -> schemas.Job:
    with service.store.read() as connection:
        return serializers.serialize_job(connection, _find(connection, caller, name), service.blobs)


def _find(connection: Connection, caller: Caller, name: str) -> Row[Any]:
    row = jobs.find(connection, name, caller.owner)
    if row is None:
        raise Problem("not-found", f"there is no job {name} of yours")
    return row


def _wait(prefer: str | None, longest: float) -> float:
    """Seconds to wait according to a Prefer header (RFC 7240)."""
    match = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", prefer or "", re.IGNORECASE)
    return min(float(match[1]), longest) if match else 0.0
