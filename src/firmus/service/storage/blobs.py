"""Files by their content: each lies under its SHA-256, is written once, and is never changed."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Container
from pathlib import Path

FRESH = 3600.0  # seconds that a file without a row is left alone: its row may be coming


class Blobs:
    """A folder of files by their content.

    Parameters
    ----------
    folder : Path
        Made if need be.

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
        """Write a file; its digest. It is whole and on disk when this returns, or not there at all."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if path.exists():
            os.utime(path)  # so that `sweep` leaves it alone until its new row is there
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
        """Where a file lies."""
        return self.folder / digest[:2] / digest

    def sweep(self, wanted: Container[str], now: float | None = None) -> int:
        """Take out files that nothing refers to and that are older than an hour; how many there were."""
        oldest = (now or time.time()) - FRESH
        gone = 0
        for path in self.folder.glob("??/*"):
            if path.name not in wanted and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def free(self) -> int:
        """Bytes of disk that are free."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


def sync(folder: Path) -> None:
    """Have a folder's names on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
