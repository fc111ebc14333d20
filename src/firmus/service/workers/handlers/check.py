"""Checking: what of a source stands in the music that Firmus learnt from, and how much people borrow."""

from __future__ import annotations

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
    return JobOutput(task.write_result(originality=report.as_dict()))
