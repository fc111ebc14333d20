"""An uploaded sound, under the title that its owner gave it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from firmus.service.workers.handlers._task import Task


@contextlib.contextmanager
def titled_file(task: Task) -> Iterator[Path]:
    """Path of the sound, for the duration of the block: titles are taken from its name."""
    title = "".join(letter for letter in task.sound or "" if letter.isalnum() or letter in " -_'").strip() or "sound"
    with tempfile.TemporaryDirectory(prefix="firmus-sound-") as folder:
        path = Path(folder) / f"{title[:80]}.sound"
        path.symlink_to(task.file.resolve())
        yield path
