"""Teaching: what is wrong in a pupil's part writing, with a corrected version, or in what was played of a score."""

from __future__ import annotations

from firmus.errors import InvalidBrief
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "study", "assessment"
FIELDS = ("target", "seed")
OPTIONS = {
    "species": {
        "type": "string",
        "enum": ["1", "2", "3", "4", "5"],
        "description": "Two voices that are counterpoint of this species; four voices where it is left out.",
    },
    "correct": {"type": "string", "enum": ["yes", "no"], "description": "Whether a corrected version is composed."},
    "language": {"type": "string", "enum": ["en", "zh"], "description": "Of the rules' names and reasons."},
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible: `target` is the performance, which is not corrected."""
    spec.allow_fields(*FIELDS)
    if spec.brief.target and spec.options:
        raise InvalidBrief(f"{', '.join(spec.options)}: what was played of a score takes no options")


def perform(task: Task) -> JobOutput:
    """Assess and correct, or compare."""
    from firmus.tasks.teach.assessment import assess_exercise
    from firmus.tasks.teach.performance import compare

    if (played := task.score(task.claimed.target)) is not None:
        return JobOutput(task.write_result(assessment=compare(task.source, played).as_dict()))
    species = task.options.get("species")
    found = assess_exercise(
        task.source,
        int(species) if species else None,
        task.options.get("correct") != "no",
        task.brief.get("seed", 1),
        task.observer,
    )
    work = found.corrected.as_dict() if found.corrected else None
    document = found.as_dict(task.options.get("language", "en"))
    return JobOutput(task.write_result(assessment=document, corrected=work))
