"""Teaching: what breaks a rule in a pupil's part writing, where and why, and a corrected version."""

from __future__ import annotations

from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "study", "assessment"
FIELDS = ("seed",)
OPTIONS = {
    "species": {
        "type": "string",
        "enum": ["1", "2", "3", "4", "5"],
        "description": "Two voices that are counterpoint of this species; four voices where it is left out.",
    },
    "correct": {"type": "string", "enum": ["yes", "no"], "description": "Whether a corrected version is composed."},
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)


def perform(task: Task) -> JobOutput:
    """Assess and correct."""
    from firmus.tasks.teach.assessment import assess_exercise

    species = task.options.get("species")
    found = assess_exercise(
        task.source,
        int(species) if species else None,
        task.options.get("correct") != "no",
        task.brief.get("seed", 1),
        task.observer,
    )
    work = found.corrected.as_dict() if found.corrected else None
    return JobOutput(task.write_result(assessment=found.as_dict(), corrected=work))
