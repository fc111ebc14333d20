"""Files of a Score, by format."""

from __future__ import annotations

import io
import zipfile

from firmus import plugins
from firmus.score import Score
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.storage.works import FILES
from firmus.service.workers.handlers._task import Task
from firmus.work import Work

MUSIC = tuple(name for name in FILES if name in plugins.names("firmus.formats"))


def encoded(piece: Work | Score, name: str) -> bytes:
    """A Score encoded in a format of `FILES`; that of a Work bears its label."""
    from firmus.render import files
    from firmus.rights.files import labelled

    score, ending = (piece if isinstance(piece, Score) else piece.score), f".{FILES[name][0]}"
    if name != "stems":
        data = files.encoded(score, ending)
        return data if isinstance(piece, Score) else labelled(piece, data, ending)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part, data in files.stems(score, ".wav"):
            archive.writestr(zipfile.ZipInfo(f"{part}.wav"), data)
    return buffer.getvalue()


def perform(task: Task) -> JobOutput:
    """Encode the source in each of the requested formats."""
    source, rows = task.work or task.source, []
    requested: list[str] = task.claimed.request["formats"]
    for done, name in enumerate(requested):
        task.observer(task.claimed.kind, done, len(requested))
        holder = task.claimed.work or task.claimed.id
        rows.append(works.file_row(task.blobs, holder, name, encoded(source, name)))
    return JobOutput(task.write_result(files=requested), files=rows)
