"""A consistency check of a data folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from firmus.errors import FirmusError
from firmus.service.settings import Settings
from firmus.service.storage import audit, works
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store, migrations

Finding = tuple[str, str]  # what was checked, and its fault; an empty text where there is none


def look(data: Path) -> Iterator[Finding]:
    """Check everything in a data folder; nothing is changed but what SQLite itself recovers."""
    try:
        settings = Settings.load(data.resolve())
        store = Store(settings.database)
    except FirmusError as error:
        yield "settings", str(error)
        return
    yield "settings", ""
    try:
        yield "database", _database(store)
        yield "audit log", _audit(store)
        yield "files", _files(store, Blobs(settings.data / "files"))
        yield "keys", _keys(data)
    except DBAPIError as error:
        yield "database", " ".join(str(error.orig).split())
    finally:
        store.close()
    free = Blobs(settings.data / "files").free()
    yield "room", "" if free >= settings.room else f"{free // 1_000_000} MB are free: nothing is accepted"


def _database(store: Store) -> str:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with store.read() as connection:
        if store.is_sqlite:
            status = connection.execute(text("PRAGMA integrity_check")).scalar_one()
            if status != "ok":
                return f"it is damaged: {str(status)[:200]}; go back to a backup"
        revision = MigrationContext.configure(connection).get_current_revision()
        head = ScriptDirectory.from_config(migrations()).get_current_head()
    return "" if revision == head else f"its tables are of revision {revision}, not {head}: firmus serve updates them"


def _audit(store: Store) -> str:
    with store.read() as connection:
        line = audit.broken(connection)
    return "" if line is None else f"line {line} is not what was written, or is missing"


def _files(store: Store, blobs: Blobs) -> str:
    with store.read() as connection:
        referenced = works.referenced(connection)
    missing, damaged = 0, 0
    for digest in referenced:
        try:
            with blobs.path(digest).open("rb") as file:
                damaged += hashlib.file_digest(file, "sha256").hexdigest() != digest
        except FileNotFoundError:
            missing += 1
    if missing or damaged:
        return f"of {len(referenced)} files {missing} are missing and {damaged} damaged: take them from a backup"
    return ""


def _keys(data: Path) -> str:
    path = data / "webhook.key"
    if path.exists() and path.stat().st_mode & 0o077:
        return f"{path} can be read by others: chmod 600 {path}"
    return ""
