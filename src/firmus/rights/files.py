"""The files of a work, each with its label, and the signed sidecar that goes with them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from firmus.errors import FormatError
from firmus.render import files
from firmus.render.engrave import NOTICE
from firmus.rights.labels import module
from firmus.rights.manifest import label_texts, notes_digest, of_work, sidecar
from firmus.score import Score
from firmus.work import Work

SIDECAR = "piece.prov.json"


def save(work: Work, folder: Path, *, force: bool = False, endings: Sequence[str] | None = None) -> list[Path]:
    """Write the files of a Work (`firmus.render.files.save`), labelled and with their sidecar."""

    def label(written: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        if not work.origin.ai_generated:
            return written
        record = of_work(work)
        done = [(name, labelled_as(record, data, Path(name).suffix)) for name, data in written]
        document = json.dumps(sidecar(work, dict(done)), ensure_ascii=False, indent=1)
        return [*done, (SIDECAR, document.encode())]

    return files.save(work, folder, force=force, endings=endings, label=label)


def label_of(score: Score, source: object = None) -> Callable[[bytes, str], bytes]:
    """What labels the files of a score, given their endings: as a work's where its file says that it is one.

    Parameters
    ----------
    score : Score
    source : path, optional
        The file it was read from: a work's, where ``piece.json`` is beside it and has the same notes.
    """
    beside = Path(source).with_name("piece.json") if isinstance(source, str | os.PathLike) else None
    if beside is None or not beside.is_file():
        return lambda data, ending: data
    try:
        work = Work.load(beside)
    except FormatError:
        return lambda data, ending: data
    is_same = notes_digest(work.score) == notes_digest(score)
    return lambda data, ending: labelled(work, data, ending) if is_same else data


def labelled(work: Work, data: bytes, ending: str) -> bytes:
    """A file of a work with its label; one of a kind that bears none, or that no model composed, stays."""
    return labelled_as(of_work(work), data, ending) if work.origin.ai_generated else data


def labelled_as(record: Mapping[str, Any], data: bytes, ending: str) -> bytes:
    """A file with the label of a record (`firmus.rights.manifest`)."""
    labels = module(ending)
    if labels is None:
        return data
    notice = f"{NOTICE} ({record['software']}, {record['model']})"
    written: bytes = labels.write(data, label_texts(record, labels.content(data), notice))
    return written
