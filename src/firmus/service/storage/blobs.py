"""Content-addressed files: each is stored under its SHA-256, written once and immutable.

A file is written before the row that refers to it is committed, so one without a row is deleted only once it is old.
Whoever stores content that is there already makes it young again (its time of modification), under a lock that
excludes deletion: so between the check that a file is old and its deletion nobody begins to rely on it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path


class BlobMissing(FileNotFoundError):
    """A file that a row refers to is no longer on disk."""


class Blobs:
    """A folder of content-addressed files.

    Parameters
    ----------
    folder : Path
        Created if needed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     blobs = Blobs(Path(folder))
    ...     digest = blobs.put(b"music")
    ...     digest[:8], blobs.get(digest)
    ('80f18998', b'music')
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Write a file atomically and durably; its digest."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        with self.keeping(), contextlib.suppress(FileNotFoundError):
            os.utime(path)
            return digest
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_name(f"{digest}.{secrets.token_hex(4)}.part")
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        for folder in (path.parent, self.folder):
            sync(folder)
        return digest

    def get(self, digest: str) -> bytes:
        """Read a file.

        Raises
        ------
        BlobMissing
        """
        return self.existing(digest).read_bytes()

    def path(self, digest: str) -> Path:
        """Path of a file."""
        return self.folder / digest[:2] / digest

    def existing(self, digest: str) -> Path:
        """Path of a file that is on disk.

        Raises
        ------
        BlobMissing
        """
        path = self.path(digest)
        if not path.is_file():
            raise BlobMissing(f"the file {digest} is no longer on disk")
        return path

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep every file as long as the block lasts: nothing is deleted meanwhile, by any process."""
        with self._lock(fcntl.LOCK_SH):
            yield

    def older(self, prefix: str, oldest: float) -> list[str]:
        """Names of the files of one folder (two hexadecimal digits) that were last stored before a time."""
        try:
            with os.scandir(self.folder / prefix) as entries:
                return [each.name for each in entries if each.stat().st_mtime < oldest]
        except FileNotFoundError:
            return []

    def delete(self, names: Iterable[str], oldest: float) -> list[str]:
        """Delete files, but those that were stored again after a time; the names of those that are gone.

        Raises
        ------
        BlockingIOError
            If somebody keeps all files (`keeping`): try again later.
        """
        gone = []
        with self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    if self.path(name).stat().st_mtime >= oldest:
                        continue
                    self.path(name).unlink()
                gone.append(name)
        return gone

    def free(self) -> int:
        """Free disk space in bytes."""
        stats = os.statvfs(self.folder)
        return stats.f_bavail * stats.f_frsize

    @contextlib.contextmanager
    def _lock(self, operation: int) -> Iterator[None]:
        """Hold the lock of the folder, which all processes share."""
        handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, operation)
            yield
        finally:
            os.close(handle)


def sync(folder: Path) -> None:
    """Flush a folder's entries to disk (fsync)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
