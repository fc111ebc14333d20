"""Checking: what of a source stands in the music that Firmus learnt from, and how much people borrow."""

from __future__ import annotations

from firmus.formats.json import to_dict
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "study", "originality"
FIELDS = ("style",)


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)


def perform(task: Task) -> JobOutput:
    """Check."""
    from firmus.tasks.check.report import check as examine
    from firmus.tasks.check.report import read

    report = examine(read(task.file), style=task.brief.get("style"), progress=task.observer)
    pairs = [[to_dict(own), other and to_dict(other)] for own, other in report.pairs()]
    return JobOutput(task.write_result(originality=report.as_dict(), pairs=pairs))
