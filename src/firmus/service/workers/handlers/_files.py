"""Files of a Score: which there are, and how they are made."""

from __future__ import annotations

import io
import zipfile

from firmus.score import Score
from firmus.service.storage import works
from firmus.service.storage.jobs import Made
from firmus.service.storage.works import FILES
from firmus.service.workers.handlers._task import Task

MUSIC = ("json", "midi", "musicxml", "abc")


def encoded(score: Score, name: str) -> bytes:
    """A Score as a file of the format of a name in `FILES`."""
    from firmus.render import files

    if name != "stems":
        return files.encoded(score, f".{FILES[name][0]}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part, data in files.stems(score, ".wav"):
            archive.writestr(zipfile.ZipInfo(f"{part}.wav"), data)
    return packed.getvalue()


def perform(task: Task) -> Made:
    """Make files of the source, each as it was asked for."""
    source, rows = task.source, []
    wanted: list[str] = task.claimed.request["formats"]
    for done, name in enumerate(wanted):
        task.listener(task.claimed.kind, done, len(wanted))
        holder = task.claimed.work or task.claimed.id
        rows.append(works.file_row(task.blobs, holder, name, encoded(source, name)))
    return Made(task.written(files=wanted), files=rows)
