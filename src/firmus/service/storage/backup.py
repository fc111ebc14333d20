"""Backups: a copy of the data folder that is whole, made while the service runs."""

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

KEPT = ("service.toml", "webhook.key")


def backup(data: Path, target: Path) -> int:
    """Copy a data folder; the copy can be served as it is.

    The database is copied first, as it is at one moment; then the files, which never change: linked where both folders
    are on one disk, else copied. A file without its row does no harm.

    Parameters
    ----------
    data : Path
    target : Path
        Made; it must not be there yet.

    Returns
    -------
    int
        How many files there are.

    Raises
    ------
    FirmusError
        Where there is no such data folder, the target is there, or the database is not SQLite.
    """
    if not data.is_dir():
        raise FirmusError(f"{data}: there is no such data folder")
    if target.exists():
        raise OutputExists(f"{target} already exists: name a new folder")
    settings = Settings.load(data.resolve())
    if not Store(settings.database).is_sqlite:
        raise FirmusError("the database is PostgreSQL: copy it with pg_dump first, then the folder files/")
    making = target.with_name(f".{target.name}.part")
    shutil.rmtree(making, ignore_errors=True)
    (making / "files").mkdir(parents=True, mode=0o700)
    try:
        _copy_database(Path(make_url(settings.database).database or ""), making / "firmus.db")
        count = _copy_files(data / "files", making / "files")
        for name in KEPT:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(data / name, making / name)
        sync(making)
        making.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise FirmusError(f"{target}: {error}") from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return count


def _copy_database(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as here,
        contextlib.closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)


def _copy_files(source: Path, target: Path) -> int:
    count = 0
    for path in source.glob("??/*"):
        if path.suffix:
            continue  # on its way
        copy = target / path.parent.name / path.name
        copy.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # it was swept meanwhile, so nothing refers to it
            try:
                os.link(path, copy)
            except OSError:
                shutil.copyfile(path, copy)
            count += 1
    return count
