"""Works: immutable revisions, each with the one that it came of, and their files."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select
from starlette.responses import FileResponse

from firmus.analysis import features
from firmus.formats import json as firmus_json
from firmus.score import Key, Score
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.tables import file, job, new_id, sound, work
from firmus.timing import seconds
from firmus.work import Work

FILES = {
    "json": ("json", "application/json"), "midi": ("mid", "audio/midi"),
    "musicxml": ("musicxml", "application/vnd.recordare.musicxml+xml"), "abc": ("abc", "text/vnd.abc; charset=utf-8"),
    "svg": ("svg", "image/svg+xml"), "png": ("png", "image/png"), "wav": ("wav", "audio/wav"),
    "flac": ("flac", "audio/flac"), "ogg": ("ogg", "audio/ogg"), "mp3": ("mp3", "audio/mpeg"),
    "stems": ("stems.zip", "application/zip"),
}  # fmt: skip
"""What a Score can be had as: file name ending and media type."""


def row_of(score: Score, *, parent: Row[Any] | None = None, job_id: str | None = None) -> dict[str, Any]:
    """Row of a new work, without its owner."""
    name = new_id("wrk")
    title = "".join(letter for letter in score.title if letter.isprintable())[:200]
    told = features.summary(score)
    told["seconds"] = round(seconds(score, score.end), 3)
    return {
        "id": name, "root": parent.root if parent else name, "parent": parent.id if parent else None, "job": job_id,
        "title": title, "summary": json.dumps(told), "created": time.time(),
    }  # fmt: skip


def file_row(blobs: Blobs, holder: str, name: str, data: bytes) -> dict[str, Any]:
    """Write a file to disk; its row."""
    return {"holder": holder, "name": name, "digest": blobs.put(data), "bytes": len(data)}


def score_bytes(made: Work | Score) -> bytes:
    """The file ``json`` of a work: the Score, and of composed ones where it came from."""
    if isinstance(made, Score):
        return firmus_json.write(made)
    return json.dumps(made.as_dict(), ensure_ascii=False).encode()


def add(connection: Connection, owner: str, row: dict[str, Any], files: list[dict[str, Any]]) -> None:
    """Write a work that was uploaded."""
    connection.execute(insert(work).values(**row, owner=owner))
    connection.execute(insert(file), files)


def find(connection: Connection, work_id: str, owner: str) -> Row[Any] | None:
    """Row of an owner's work."""
    return connection.execute(select(work).where(work.c.id == work_id, work.c.owner == owner)).first()


def files(connection: Connection, holder: str) -> dict[str, Row[Any]]:
    """Rows of the files of a work or a job, by name."""
    rows = connection.execute(select(file).where(file.c.holder == holder).order_by(file.c.name))
    return {row.name: row for row in rows}


def latest(connection: Connection, owner: str, count: int) -> dict[str, str]:
    """Digests of the Scores of an owner's latest works, by name, the newest first."""
    query = select(work.c.id, file.c.digest).join(file, (file.c.holder == work.c.id) & (file.c.name == "json"))
    query = query.where(work.c.owner == owner).order_by(work.c.id.desc()).limit(count)
    return {row.id: row.digest for row in connection.execute(query)}


def matching(query: Select[Any], *, title: str | None, style: str | None, key: str | None) -> Select[Any]:
    """Of a query of works those whose title holds some words, that were asked for in a style, that are in a key.

    Raises
    ------
    InvalidScore
        Where the key is none.
    """
    if title is not None:
        query = query.where(func.lower(work.c.title).contains(title.lower(), autoescape=True))
    if style is not None:
        asked = job.c.request.contains(f'"style": {json.dumps(style)}', autoescape=True)
        query = query.where(select(job.c.id).where(job.c.id == work.c.job, asked).exists())
    if key is not None:
        query = query.where(work.c.summary.contains(f'"key": {json.dumps(Key.parse(key).text)},', autoescape=True))
    return query


def remove(connection: Connection, work_id: str) -> None:
    """Take out a work; its files leave the disk with the next sweep. What came of it stays."""
    connection.execute(delete(file).where(file.c.holder == work_id))
    connection.execute(delete(work).where(work.c.id == work_id))


def wanted(connection: Connection) -> set[str]:
    """Digests of all files that something refers to."""
    unfinished = job.c.state.in_(("queued", "running"))
    columns = (
        select(file.c.digest),
        select(sound.c.digest),
        select(job.c.result).where(job.c.result.is_not(None)),
        select(job.c.source).where(job.c.source.is_not(None), unfinished),
        select(job.c.target).where(job.c.target.is_not(None), unfinished),
    )
    return {digest for query in columns for digest in connection.execute(query).scalars()}


def caching(held: Row[Any]) -> dict[str, str]:
    """Headers of a file that never changes."""
    return {"ETag": f'"{held.digest}"', "Cache-Control": "private, max-age=31536000, immutable"}


def sent(blobs: Blobs, held: Row[Any], name: str) -> FileResponse:
    """A file, as it is sent: always to be saved, never shown as a page."""
    return FileResponse(
        blobs.path(held.digest), media_type=FILES[held.name][1], filename=re.sub(r"[^\w .,()-]+", "_", name),
        headers=caching(held),
    )  # fmt: skip
