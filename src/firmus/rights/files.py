"""The files of a work, each with its label, and the signed sidecar that goes with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from firmus.render import files
from firmus.rights.labels import module
from firmus.rights.manifest import label_texts, of_work, sidecar
from firmus.work import Work

SIDECAR = "piece.prov.json"
NOTICE = "AI生成 / AI-generated"


def save(work: Work, folder: Path, *, force: bool = False, endings: Sequence[str] | None = None) -> list[Path]:
    """Write the files of a Work (`firmus.render.files.save`), labelled and with their sidecar."""

    def label(written: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        done = [(name, labelled(work, data, Path(name).suffix)) for name, data in written]
        document = json.dumps(sidecar(work, dict(done)), ensure_ascii=False, indent=1)
        return [*done, (SIDECAR, document.encode())]

    return files.save(work, folder, force=force, endings=endings, label=label)


def labelled(work: Work, data: bytes, ending: str) -> bytes:
    """A file of a work with its label; one of a kind that bears none stays."""
    labels = module(ending)
    if labels is None:
        return data
    record = of_work(work)
    notice = f"{NOTICE} ({record['software']}, {record['model']})"
    written: bytes = labels.write(data, label_texts(record, labels.content(data), notice))
    return written
