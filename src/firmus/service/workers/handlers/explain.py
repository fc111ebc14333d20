"""Explaining: of each note of a source how surprising it is, what forced it, what it was composed in the light of."""

from __future__ import annotations

from firmus.runtime.weights import card
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "study", "explanation"
FIELDS = ("model", "style", "bars", "parts")
OPTIONS = {
    "note": {"type": "string", "maxLength": 200, "description": "One note above all, such as `bar 7 beat 2 alto`."}
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    card(spec.brief.model or "composer")


def perform(task: Task) -> JobOutput:
    """Explain."""
    from firmus.tasks.explain.explainer import explain, read

    explanation = explain(read(task.file), note=task.options.get("note"), progress=task.observer, **task.brief)
    return JobOutput(task.write_result(explanation=explanation.as_dict()))
