"""Backups: a consistent copy of the data folder, made while the service runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy.engine import make_url

from firmus.errors import FirmusError, OutputExists
from firmus.service.settings import Settings
from firmus.service.storage.blobs import sync
from firmus.service.storage.database import Store

EXTRA_FILES = ("service.toml", "webhook.key")


def backup(data: Path, target: Path) -> int:
    """Copy a data folder; the copy can be served as it is.

    A snapshot of the database is taken first; then the files, which are immutable, are hard-linked where both folders
    are on one file system, else copied. A file without a row is harmless.

    Parameters
    ----------
    data : Path
    target : Path
        Created; it must not exist yet.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    FirmusError
        If there is no such data folder, the target exists, or the database is not SQLite.
    """
    if not data.is_dir():
        raise FirmusError(f"{data}: there is no such data folder")
    if target.exists():
        raise OutputExists(f"{target} already exists: name a new folder")
    settings = Settings.load(data.resolve())
    if not Store(settings.database).is_sqlite:
        raise FirmusError("the database is PostgreSQL: copy it with pg_dump first, then the folder files/")
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "files").mkdir(parents=True, mode=0o700)
    try:
        _copy_database(Path(make_url(settings.database).database or ""), partial / "firmus.db")
        count = _copy_files(data / "files", partial / "files")
        for name in EXTRA_FILES:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(data / name, partial / name)
        sync(partial)
        partial.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise FirmusError(f"{target}: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return count


def _copy_database(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as original,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)


def _copy_files(source: Path, target: Path) -> int:
    count = 0
    for path in source.glob("??/*"):
        if path.suffix:
            continue  # still being written
        copy = target / path.parent.name / path.name
        copy.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # swept meanwhile, so nothing refers to it
            try:
                os.link(path, copy)
            except OSError:
                shutil.copyfile(path, copy)
            count += 1
    return count
