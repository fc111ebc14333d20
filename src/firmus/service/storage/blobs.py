"""Content-addressed files: each is stored under its SHA-256, written once and immutable."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Container
from pathlib import Path

GRACE = 3600.0  # seconds for which a file without a row is kept: its row may not be committed yet


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
        if path.exists():
            os.utime(path)  # so that `sweep` keeps it until its new row is committed
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
        """Read a file."""
        return self.path(digest).read_bytes()

    def path(self, digest: str) -> Path:
        """Path of a file."""
        return self.folder / digest[:2] / digest

    def sweep(self, referenced: Container[str], now: float | None = None) -> int:
        """Delete files that nothing refers to and that are older than an hour; how many there were."""
        oldest = (now or time.time()) - GRACE
        deleted = 0
        for path in self.folder.glob("??/*"):
            if path.name not in referenced and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
                deleted += 1
        return deleted

    def free(self) -> int:
        """Free disk space in bytes."""
        stats = os.statvfs(self.folder)
        return stats.f_bavail * stats.f_frsize


def sync(folder: Path) -> None:
    """Flush a folder's entries to disk (fsync)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
