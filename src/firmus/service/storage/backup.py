"""Backups: a consistent copy of the data folder, made while the service runs, and counted against it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from firmus.errors import FirmusError, OutputExists
from firmus.service.settings import Settings, sqlite_address
from firmus.service.storage import works
from firmus.service.storage.blobs import Blobs, sync
from firmus.service.storage.database import Store

EXTRA_FILES = ("service.toml", "webhook.key")


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: rows of all tables, files; and files that the source itself has lost."""

    rows: int
    files: int
    lost: int


def backup(data: Path, target: Path) -> Backup:
    """Copy a data folder; the copy can be served as it is.

    A snapshot of the database is taken first; then the files, which are immutable, are hard-linked where both folders
    are on one file system, else copied. A file without a row is harmless. Before it counts as done the copy is opened:
    each of its tables must have as many rows as the snapshot, and every file of a row must be there.

    Parameters
    ----------
    data : Path
    target : Path
        Created; it must not exist yet.

    Raises
    ------
    FirmusError
        If there is no such data folder or no database in it, the target exists, the database is not SQLite, or the
        copy is not whole. Nothing is left of a copy that failed.
    """
    if not data.is_dir():
        raise FirmusError(f"{data}: there is no such data folder")
    if target.exists():
        raise OutputExists(f"{target} already exists: name a new folder")
    settings = Settings.load(data.resolve())
    store = Store(settings.database)
    store.close()
    if not store.is_sqlite:
        raise FirmusError("the database is PostgreSQL: copy it with pg_dump first, then the folder files/")
    source = Path(make_url(settings.database).database or "")
    if not source.is_file():
        raise FirmusError(f"{source}: there is no database: is {data} the data folder of a service?")
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    blobs = Blobs(settings.data / "files")
    try:
        copies = Blobs(partial / "files")
        partial.chmod(0o700)
        with blobs.keeping():  # what the snapshot refers to is not deleted before it is copied
            counts = _copy_database(source, partial / "firmus.db")
            _copy_files(blobs, copies)
            done = _compared(counts, partial / "firmus.db", blobs, copies)
        for name in EXTRA_FILES:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(data / name, partial / name)
        for folder in (*copies.folder.iterdir(), copies.folder, partial):
            sync(folder)
        partial.rename(target)
        sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise FirmusError(f"{target}: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return done


def _copy_database(source: Path, target: Path) -> dict[str, int]:
    """Copy a snapshot of the database; how many rows each of its tables has."""
    with (
        contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as original,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        original.isolation_level = None
        original.execute("BEGIN")  # so that what is counted and what is copied is one state
        counts = _counts(original)
        original.backup(copy)
    return counts


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    query = 'SELECT count(*) FROM "{}"'
    return {name: connection.execute(query.format(name)).fetchone()[0] for name in names}


def _copy_files(blobs: Blobs, copies: Blobs) -> None:
    for path in blobs.folder.glob("??/*"):
        if path.suffix:
            continue  # still being written
        copy = copies.path(path.name)
        copy.parent.mkdir(exist_ok=True)
        try:
            os.link(path, copy)
        except OSError:
            with path.open("rb") as original, copy.open("xb") as file:
                shutil.copyfileobj(original, file)
                file.flush()
                os.fsync(file.fileno())


def _compared(counts: dict[str, int], database: Path, blobs: Blobs, copies: Blobs) -> Backup:
    """Open the copy, and compare it with what was there to be copied."""
    with contextlib.closing(sqlite3.connect(database)) as copy:
        status = copy.execute("PRAGMA integrity_check").fetchone()[0]
        found = _counts(copy)
    if "job" not in counts:
        raise FirmusError("the database has no tables of a service: there is nothing to back up")
    if status != "ok" or found != counts:
        raise FirmusError(f"the copy of the database is not whole ({str(status)[:100]}): try again, on another disk")
    store = Store(sqlite_address(database))
    with store.read() as connection:
        digests = works.referenced(connection)
    store.close()
    lost = [digest for digest in digests if not blobs.path(digest).is_file()]
    for digest in digests.difference(lost):
        if not copies.path(digest).is_file() or copies.path(digest).stat().st_size != blobs.path(digest).stat().st_size:
            raise FirmusError(f"the copy lacks the file {digest}, or a part of it: try again, on another disk")
    return Backup(sum(counts.values()), len(digests) - len(lost), len(lost))
