"""Exercises: one for a music lesson, composed within a level; or the mark of an answer to one."""

from __future__ import annotations

from typing import Any

from firmus.errors import InvalidBrief
from firmus.formats.json import to_dict
from firmus.score import Score
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks.exercise.exercises import TITLES
from firmus.translation import translate

LANE, MAKES, SOURCE = "compose", "exercise", False
FIELDS = ("level", "seed", "target")
OPTIONS = {
    "exercise": {"type": "string", "enum": list(TITLES), "description": "The kind of exercise."},
    "answer": {
        "type": "string",
        "maxLength": 200,
        "description": "The name that answers an exercise for the ear; music that answers one is the target.",
    },
    "language": {"type": "string", "enum": ["en", "zh"], "description": "Of the title, the names and the remarks."},
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    if spec.brief.source is not None or spec.is_sound:
        raise InvalidBrief("exercise takes no source: the option exercise names its kind, target is a written answer")
    if "exercise" not in spec.options:
        raise InvalidBrief(f"exercise needs the option exercise: one of {', '.join(TITLES)}")
    if (spec.brief.target or "answer" in spec.options) and spec.brief.seed is None:
        raise InvalidBrief("an answer needs the seed of its exercise")


def perform(task: Task) -> JobOutput:
    """Compose the exercise; mark the answer, if there is one."""
    from firmus.render import engrave
    from firmus.tasks.exercise import sheets
    from firmus.tasks.exercise.kinds import exercise
    from firmus.tasks.exercise.marking import mark

    language = task.options.get("language", "en")
    made = exercise(task.options["exercise"], level=task.brief.get("level", 1), seed=task.brief.get("seed"))
    answer = task.score(task.claimed.target) or task.options.get("answer")
    marked = mark(made, answer).as_dict() if answer is not None else None
    document: dict[str, Any] = {**made.as_dict(), "sheet": _written(made.sheet), "sound": _written(made.sound)}
    document["title"] = translate(made.title, language)
    document["engraved"] = engrave.svg_of_musicxml(sheets.notated(made.sheet, made.figures)) if made.sheet else None
    document["work"] = made.work.as_dict()
    if marked:
        marked["remarks"] = [_worded(each, language) for each in marked["remarks"]]
    names = (*made.choices, *made.skills, *(marked["wrong"] if marked else ()))
    words = {name: _worded(name, language) for name in names}
    return JobOutput(task.write_result(exercise=document, mark=marked, words=words))


def _worded(text: str, language: str) -> str:
    """A name or a remark in a language; the names of rules have their own words."""
    from firmus.analysis.part_writing.rules import RULES

    name, said = text.rpartition(": ")[2].removeprefix("rule "), translate(text, language)
    if name not in RULES:
        return said
    word = RULES[name].chinese if language == "zh" else name
    return word if text.startswith("rule ") else said.replace(name, word)


def _written(score: Score | None) -> dict[str, Any] | None:
    return to_dict(score) if score else None
