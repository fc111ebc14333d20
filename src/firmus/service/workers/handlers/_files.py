"""Files of a Score, by format."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from firmus import plugins
from firmus.errors import InvalidBrief
from firmus.render.mixing import Mixed
from firmus.score import Score
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.storage.works import FILES
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks import AUDIBLE_LABEL, C2PA
from firmus.work import Work

_SWITCH = {"type": "string", "enum": ["no", "yes"]}
MARKS = {
    name: {**_SWITCH, "description": f"{option.english[0].upper()}{option.english[1:]}."}
    for name, option in (("audible_label", AUDIBLE_LABEL), ("c2pa", C2PA))
}
"""Options of kinds that write sound."""
MUSIC = tuple(name for name in FILES if name in plugins.names("firmus.formats"))


def encoded(
    piece: Work | Score,
    name: str,
    *,
    audible_label: bool = False,
    c2pa: bool = False,
    mixed: Callable[[Score], Mixed] | None = None,
) -> bytes:
    """A Score encoded in a format of `FILES`; that of a Work bears its label, each of its stems too."""
    from firmus.render import files
    from firmus.rights.files import labelled

    plain, ending = (piece if isinstance(piece, Score) else piece.score), f".{FILES[name][0]}"
    score = mixed(plain) if mixed else plain

    def label(data: bytes, ending: str) -> bytes:
        return data if isinstance(piece, Score) else labelled(piece, data, ending, c2pa=c2pa)

    if name != "stems":
        return label(files.encoded(score, ending, audible_label and ending in files.SOUNDS), ending)
    stems = files.encoded_stems(score, ".wav", audible_label)
    return zipped((f"{part}.wav", label(data, ".wav")) for part, data in stems)


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files by name as a ZIP archive, in order, without times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, data in files:
            target.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def archive(folder: Path) -> bytes:
    """All files below a folder as a ZIP archive."""
    paths = sorted(each for each in folder.rglob("*") if each.is_file())
    return zipped((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)


def requested_marks(options: Mapping[str, Any]) -> dict[str, bool]:
    """Which of `MARKS` are asked for."""
    return {name: options.get(name) == "yes" for name in MARKS}


def check_marks(spec: JobSpec) -> None:
    """Reject marks of sound that none of the requested files can bear."""
    from firmus.rights.files import check_marks as check

    endings = [".wav" if name == "stems" else f".{FILES[name][0]}" for name in spec.formats]
    check(endings, **requested_marks(spec.options))


def perform(task: Task, mixed: Callable[[Score], Mixed] | None = None) -> JobOutput:
    """Encode the source in each of the requested formats; its sound as it is mixed, where that is said."""
    source, rows = task.work or task.source, []
    requested: list[str] = task.claimed.request["formats"]
    marks = requested_marks(task.options)
    if marks["c2pa"] and task.work is None:
        raise InvalidBrief("the source is a score, but no work of Firmus: a C2PA manifest is of works alone")
    for done, name in enumerate(requested):
        task.observer(task.claimed.kind, done, len(requested))
        holder = task.claimed.work or task.claimed.id
        rows.append(works.file_row(task.blobs, holder, name, encoded(source, name, mixed=mixed, **marks)))
    return JobOutput(task.write_result(files=requested), files=rows)
