"""Evaluating: composed works beside real ones, as one report."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from firmus.errors import InvalidBrief
from firmus.service.storage.jobs import Made
from firmus.service.workers.handlers._task import Asked, Task

LANE, MAKES = "study", "report"
FIELDS: tuple[str, ...] = ()
WORKS = {"generated": "The works that are evaluated.", "reference": "The works that they are measured against."}


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only(*FIELDS)
    for name in WORKS:
        if not asked.options.get(name):
            raise InvalidBrief(f"evaluate needs options: {' and '.join(WORKS)}, each a list of works of yours")


def perform(task: Task) -> Made:
    """Evaluate."""
    from firmus.tasks.evaluate.comparison import evaluate

    digests = json.loads(task.file.read_bytes())
    with tempfile.TemporaryDirectory(prefix="firmus-evaluate-") as root:
        for name, listed in digests.items():
            folder = Path(root) / name
            folder.mkdir()
            for work_id, digest in listed.items():
                try:
                    (folder / f"{work_id}.json").write_bytes(task.blobs.get(digest))
                except FileNotFoundError:
                    raise InvalidBrief(f"{name}: the work {work_id} was deleted before it could be read") from None
        found = evaluate(Path(root) / "generated", Path(root) / "reference", task.listener)
    return Made(task.written(report={**found, "left_out": {Path(p).stem: why for p, why in found["left_out"].items()}}))
