"""Evaluating: composed works beside real ones, as one report."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from firmus.errors import InvalidBrief
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "study", "report"
FIELDS: tuple[str, ...] = ()
WORKS = {"generated": "The works that are evaluated.", "reference": "The works that they are measured against."}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    for name in WORKS:
        if not spec.options.get(name):
            raise InvalidBrief(f"evaluate needs options: {' and '.join(WORKS)}, each a list of works of yours")


def perform(task: Task) -> JobOutput:
    """Evaluate."""
    from firmus.tasks.evaluate.comparison import evaluate

    digests = json.loads(task.file.read_bytes())
    with tempfile.TemporaryDirectory(prefix="firmus-evaluate-") as root:
        for name, works in digests.items():
            folder = Path(root) / name
            folder.mkdir()
            for work_id, digest in works.items():
                try:
                    (folder / f"{work_id}.json").write_bytes(task.blobs.get(digest))
                except FileNotFoundError:
                    raise InvalidBrief(f"{name}: the work {work_id} was deleted before it could be read") from None
        report = evaluate(Path(root) / "generated", Path(root) / "reference", task.observer)
    left_out = {Path(path).stem: reason for path, reason in report["left_out"].items()}
    return JobOutput(task.write_result(report={**report, "left_out": left_out}))
