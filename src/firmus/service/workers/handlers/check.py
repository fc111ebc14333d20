"""Checking: what of a source stands in the music that Firmus learnt from, and how much people borrow."""

from __future__ import annotations

from firmus.errors import InvalidBrief
from firmus.formats.json import to_dict
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "study", "originality"
FIELDS = ("style",)
BESIDE = {"against": "Works that it is compared with, instead of the music that Firmus learnt from."}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)


def perform(task: Task) -> JobOutput:
    """Check."""
    from firmus.tasks.check.report import check as examine
    from firmus.tasks.check.report import read

    named: list[str] | None = task.options.get("against")
    against = None if named is None else task.scores({name: task.claimed.request["named"][name] for name in named})
    if against is not None and not against:
        raise InvalidBrief("option against: there is nothing to compare with")
    report = examine(read(task.file), against=against, style=task.brief.get("style"), progress=task.observer)
    pairs = [[to_dict(own), other and to_dict(other)] for own, other in report.pairs()]
    return JobOutput(task.write_result(originality=report.as_dict(), pairs=pairs))
