"""Works: immutable revisions, each with its parent, and their files."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select
from starlette.responses import FileResponse

from firmus import plugins
from firmus.analysis import features
from firmus.composing.styles import styles
from firmus.errors import InvalidBrief, unknown
from firmus.formats import json as firmus_json
from firmus.render.files import PICTURES, SOUNDS
from firmus.score import Key, Score
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.tables import UNFINISHED, file, job, new_id, sound, work
from firmus.timing import seconds
from firmus.work import Work

ORDER = ("json", "midi", "musicxml", "abc", "kern")  # in which formats are listed, before those of others


def _files() -> dict[str, tuple[str, str]]:
    """Extension and media type of each format of music, then of pictures, sounds, and the sounds of all parts."""
    names = sorted(plugins.names("firmus.formats"), key=lambda name: (*ORDER, name).index(name))
    modules = {name: plugins.load("firmus.formats", name) for name in names}
    music = {
        name: (module.EXTENSIONS[0][1:], getattr(module, "MEDIA_TYPE", "application/octet-stream"))
        for name, module in modules.items()
    }
    rendered = {ending[1:]: (ending[1:], media) for ending, media in {**PICTURES, **SOUNDS}.items()}
    return {**music, **rendered, "stems": ("stems.zip", "application/zip")}


FILES = _files()
"""Formats in which a Score is available: file name extension and media type."""
INSTRUMENTS = {"sf2": ("sf2", "audio/x-soundfont"), "sfz": ("sfz.zip", "application/zip")}
"""Formats of instruments, likewise."""
ARCHIVES = {"pack": ("pack.zip", "application/zip"), "adapter": ("adapter.zip", "application/zip")}
JOB_FILES = {**FILES, **INSTRUMENTS, **ARCHIVES}
"""Formats of files that jobs make: those of a Score, of instruments, archives of game packs and of adapted models."""


def row_of(
    score: Score, *, parent: Row[Any] | None = None, job_id: str | None = None, style: str | None = None
) -> dict[str, Any]:
    """Row of a new work, without its owner."""
    name = new_id("wrk")
    title = "".join(letter for letter in score.title if letter.isprintable())[:200]
    summary = features.summary(score)
    summary["seconds"] = round(seconds(score, score.end), 3)
    return {
        "id": name,
        "root": parent.root if parent else name,
        "parent": parent.id if parent else None,
        "job": job_id,
        "title": title,
        "style": style,
        "summary": json.dumps(summary),
        "created": time.time(),
    }


def file_row(blobs: Blobs, holder: str, name: str, data: bytes) -> dict[str, Any]:
    """Store a file; its row."""
    return {"holder": holder, "name": name, "digest": blobs.put(data), "bytes": len(data)}


def score_bytes(piece: Work | Score) -> bytes:
    """The file ``json`` of a work: the Score, and its origin if it was composed."""
    if isinstance(piece, Score):
        return firmus_json.write(piece)
    return json.dumps(piece.as_dict(), ensure_ascii=False).encode()


def add(connection: Connection, owner: str, row: dict[str, Any], files: list[dict[str, Any]]) -> None:
    """Insert an uploaded work."""
    connection.execute(insert(work).values(**row, owner=owner))
    connection.execute(insert(file), [{**each, "owner": owner} for each in files])


def find(connection: Connection, work_id: str, owner: str) -> Row[Any] | None:
    """Row of an owner's work."""
    return connection.execute(select(work).where(work.c.id == work_id, work.c.owner == owner)).first()


def files(connection: Connection, holder: str) -> dict[str, Row[Any]]:
    """Rows of the files of a work or a job, by name."""
    rows = connection.execute(select(file).where(file.c.holder == holder).order_by(file.c.name))
    return {row.name: row for row in rows}


def made_by(connection: Connection, job_id: str) -> list[str]:
    """Identifiers of the works that a job composed, in their order."""
    return list(connection.execute(select(work.c.id).where(work.c.job == job_id).order_by(work.c.id)).scalars())


def latest(connection: Connection, owner: str, count: int) -> dict[str, str]:
    """Digests of the Scores of an owner's latest works, by name, the newest first."""
    query = select(work.c.id, file.c.digest).join(file, (file.c.holder == work.c.id) & (file.c.name == "json"))
    query = query.where(work.c.owner == owner).order_by(work.c.id.desc()).limit(count)
    return {row.id: row.digest for row in connection.execute(query)}


def matching(query: Select[Any], *, title: str | None, style: str | None, key: str | None) -> Select[Any]:
    """Filter a query of works by words of the title, by the requested style, by the key.

    Raises
    ------
    InvalidBrief
        If there is no such style.
    InvalidScore
        If the key cannot be parsed.
    """
    if title is not None:
        query = query.where(func.lower(work.c.title).contains(title.lower(), autoescape=True))
    if style is not None:
        if style not in styles():
            raise InvalidBrief(unknown("style", style, styles()))
        query = query.where(work.c.style == style)
    if key is not None:
        query = query.where(work.c.summary.contains(f'"key": {json.dumps(Key.parse(key).text)},', autoescape=True))
    return query


def referenced(connection: Connection, digests: Sequence[str] | None = None) -> set[str]:
    """Digests of the files that any row refers to: of all files, or of those that are given."""
    columns = (
        select(file.c.digest.label("digest")),
        select(sound.c.digest.label("digest")),
        select(job.c.result.label("digest")),
        select(job.c.source.label("digest")).where(UNFINISHED),
        select(job.c.target.label("digest")).where(UNFINISHED),
    )
    found: set[str] = set()
    for query in columns:
        column = query.selected_columns.digest
        wanted = query.where(column.is_not(None) if digests is None else column.in_(digests))
        found.update(connection.execute(wanted).scalars())
    return found


def cache_headers(file_row: Row[Any]) -> dict[str, str]:
    """Caching headers of an immutable file."""
    return {"ETag": f'"{file_row.digest}"', "Cache-Control": "private, max-age=31536000, immutable"}


def file_response(blobs: Blobs, file_row: Row[Any], name: str) -> FileResponse:
    """Response that sends a file as an attachment, never displayed as a page."""
    return FileResponse(
        blobs.existing(file_row.digest),
        media_type=JOB_FILES[file_row.name][1],
        filename=re.sub(r"[^\w .,()-]+", "_", name),
        headers=cache_headers(file_row),
    )
