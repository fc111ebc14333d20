"""Explaining: of each note of a source how surprising it is, what forced it, what it was composed in the light of."""

from __future__ import annotations

from firmus.runtime.weights import card
from firmus.service.storage.jobs import Made
from firmus.service.workers.handlers._task import Asked, Task

LANE, MAKES = "study", "explanation"
FIELDS = ("model", "style", "bars", "parts")
OPTIONS = {
    "note": {"type": "string", "maxLength": 200, "description": "One note above all, such as `bar 7 beat 2 alto`."}
}


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only(*FIELDS)
    card(asked.brief.model or "composer")


def perform(task: Task) -> Made:
    """Explain."""
    from firmus.tasks.explain.explainer import explain, read

    found = explain(read(task.file), note=task.options.get("note"), progress=task.listener, **task.brief)
    return Made(task.written(explanation=found.as_dict()))
