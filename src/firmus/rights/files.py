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
from firmus.rights import content_credentials
from firmus.rights.labels import module
from firmus.rights.manifest import label_texts, notes_digest, of_work, sidecar
from firmus.score import Score
from firmus.work import Work

SIDECAR = "piece.prov.json"


def save(
    work: Work,
    folder: Path,
    *,
    force: bool = False,
    endings: Sequence[str] | None = None,
    audible_label: bool = False,
    c2pa: bool = False,
) -> list[Path]:
    """Write the files of a Work (`firmus.render.files.save`), labelled and with their sidecar.

    Sound begins with an audible label, or has a C2PA manifest, where these are asked for.
    """
    check_marks([Path(name).suffix for name in files.names(endings)], audible_label=audible_label, c2pa=c2pa)

    def label(written: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        if not work.origin.ai_generated:
            return written
        record = of_work(work)
        done = [(name, labelled_as(record, data, Path(name).suffix, c2pa=c2pa)) for name, data in written]
        document = json.dumps(sidecar(work, dict(done)), ensure_ascii=False, indent=1)
        return [*done, (SIDECAR, document.encode())]

    return files.save(work, folder, force=force, endings=endings, audible_label=audible_label, label=label)


def check_marks(endings: Sequence[str], *, audible_label: bool = False, c2pa: bool = False) -> None:
    """Refuse what files of some endings cannot bear, before anything is made.

    Raises
    ------
    FormatError, FirmusError
    """
    files.check_audible(endings, audible_label)
    if c2pa:
        content_credentials.check(endings)


def label_of(score: Score, source: object = None, *, c2pa: bool = False) -> Callable[[bytes, str], bytes]:
    """What labels the files of a score, given their endings: as a work's where its file says that it is one.

    Parameters
    ----------
    score : Score
    source : path, optional
        The file it was read from: a work's, where ``piece.json`` is beside it and has the same notes.
    c2pa : bool
        Whether sound has a C2PA manifest.

    Raises
    ------
    FormatError
        Where a manifest is asked for and there is no such work.
    """
    work = _beside(source)
    if work is not None and work.origin.ai_generated and notes_digest(work.score) == notes_digest(score):
        record = of_work(work)
        return lambda data, ending: labelled_as(record, data, ending, c2pa=c2pa)
    if c2pa:
        raise FormatError("no piece.json with the same notes is beside the source: a C2PA manifest is of works alone")
    return lambda data, ending: data


def _beside(source: object) -> Work | None:
    """The work in whose folder a file is."""
    beside = Path(source).with_name("piece.json") if isinstance(source, str | os.PathLike) else None
    if beside is None or not beside.is_file():
        return None
    try:
        return Work.load(beside)
    except FormatError:
        return None


def labelled(work: Work, data: bytes, ending: str, *, c2pa: bool = False) -> bytes:
    """A file of a work with its label; one of a kind that bears none, or that no model composed, stays."""
    return labelled_as(of_work(work), data, ending, c2pa=c2pa) if work.origin.ai_generated else data


def labelled_as(record: Mapping[str, Any], data: bytes, ending: str, *, c2pa: bool = False) -> bytes:
    """A file with the label of a record (`firmus.rights.manifest`), and, where asked for, a manifest, signed last."""
    labels = module(ending)
    if labels is None:
        return data
    notice = f"{NOTICE} ({record['software']}, {record['model']})"
    written: bytes = labels.write(data, label_texts(record, labels.content(data), notice))
    return content_credentials.signed(written, ending, record) if c2pa else written
