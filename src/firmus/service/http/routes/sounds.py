"""Sounds: upload, list, delete recordings that are to be analysed or transcribed, and SoundFonts that play parts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection, Row, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from firmus import formats
from firmus.analysis.sound import is_sound
from firmus.errors import FormatError
from firmus.render.soundfont import SOUNDFONTS, SoundFont, is_soundfont
from firmus.service.http import limits, schemas, serializers
from firmus.service.http.dependencies import Composing, IdempotencyKey, Reading, Service, ServiceDependency
from firmus.service.http.routes.jobs import Limit
from firmus.service.problems import Problem
from firmus.service.storage import audit, erasure, sounds
from firmus.service.storage.keys import Caller
from firmus.service.storage.tables import sound

router = APIRouter(prefix="/v1/sounds", tags=["sounds"])
Name = Annotated[str, Path(pattern=schemas.SOUND_ID)]
Cursor = Annotated[str | None, Query(pattern=schemas.SOUND_ID, description="`next` of a page.")]
Title = Annotated[str, Query(max_length=200, description="What transcriptions of it are to be called.")]
SOUND = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.post(
    "",
    status_code=201,
    response_model=schemas.Sound,
    openapi_extra={"requestBody": {"required": True, "content": SOUND}},
)
async def upload(
    request: Request,
    service: ServiceDependency,
    caller: Composing,
    title: Title = "",
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Upload a recording: WAV, FLAC, MP3, OGG or AIFF, of 15 minutes at most; or a SoundFont. Told apart by content.

    A recording is decoded when a job reads it, in a process of its own with limits on memory and time.
    """
    data = await request.body()
    with service.idempotency.serving(caller.key, idempotency_key):
        name, again = await run_in_threadpool(
            _store, service, caller, data, title, idempotency_key, request.state.digest
        )
    document = await run_in_threadpool(one, name, service, caller)
    headers = {"Location": f"/v1/sounds/{name}", **({"Idempotent-Replayed": "true"} if again else {})}
    return JSONResponse(document.model_dump(), 201, headers)


def _store(
    service: Service, caller: Caller, data: bytes, title: str, token: str | None, digest: str
) -> tuple[str, bool]:
    earlier = service.idempotency.recorded(caller.key, token, digest)
    if earlier:
        return earlier, True
    limits.require_disk_space(service.settings, service.blobs)
    stored = service.blobs.put(data)
    if is_soundfont(data):
        _check(data)
    elif not is_sound(service.blobs.path(stored)):
        raise FormatError(
            f"it is no sound and no SoundFont that Firmus reads: {', '.join((*formats.SOUND, *SOUNDFONTS))}"
        )
    printable = "".join(letter for letter in title if letter.isprintable())

    def write(connection: Connection) -> str:
        service.storage.admit(connection, caller, len(data))
        name = sounds.add(connection, caller.owner, printable, stored, len(data))
        audit.write(connection, caller.key, caller.owner, "upload", name)
        return name

    return service.idempotency.execute(caller.key, token, digest, write)


def _check(data: bytes) -> None:
    """Refuse a SoundFont that is damaged, or plays nothing."""
    if not SoundFont(data).presets:
        raise FormatError("the SoundFont holds no preset: it plays nothing")


@router.get("")
def listed(
    service: ServiceDependency, caller: Reading, cursor: Cursor = None, limit: Limit = 20
) -> schemas.Page[schemas.Sound]:
    """List your sounds, the newest first."""
    query = select(sound).where(sound.c.owner == caller.owner)
    with service.store.read() as connection:
        return serializers.serialize_page(connection, query, sound.c.id, cursor, limit, _serialize)


@router.get("/{name}")
def one(name: Name, service: ServiceDependency, caller: Reading) -> schemas.Sound:
    """See a sound."""
    with service.store.read() as connection:
        return _serialize(_find(connection, caller, name))


@router.delete("/{name}", status_code=204)
def remove(name: Name, service: ServiceDependency, caller: Composing) -> None:
    """Delete a sound, and what was found in it alone (analyses). Works that came of it stay."""
    with service.store.write() as connection:
        service.store.advisory_lock(connection, audit.LOCK)
        erasure.delete_sound(connection, _find(connection, caller, name))
        audit.write(connection, caller.key, caller.owner, "delete", name)


def _serialize(row: Row[object]) -> schemas.Sound:
    links = {"self": f"/v1/sounds/{row.id}"}
    return schemas.Sound(id=row.id, title=row.title, bytes=row.bytes, created=serializers.created_at(row), links=links)


def _find(connection: Connection, caller: Caller, name: str) -> Row[object]:
    row = sounds.find(connection, name, caller.owner)
    if row is None:
        raise Problem("not-found", f"there is no sound {name} of yours")
    return row
