"""Making sound of words, by a model that whoever runs the service has put among its models."""

from __future__ import annotations

from dataclasses import asdict

from firmus.errors import InvalidBrief
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import Made
from firmus.service.workers.handlers._task import Asked, Task
from firmus.tasks.sound import generation as task_of
from firmus.work import Brief

LANE, MAKES, SOURCE = "study", "files", False
FIELDS = ("model", "seconds", "seed", "temperature")
FORMATS = ("wav", "flac", "ogg", "mp3")
OPTIONS = {
    "prompt": {"type": "string", "maxLength": task_of.MOST_WORDS, "description": "What is to be heard, in words."}
}


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only(*FIELDS)
    asked.some_of(FORMATS)
    if asked.brief.source is not None or asked.is_sound:
        raise InvalidBrief("sound takes no source: it is made of the option prompt")
    brief = asked.brief
    task_of.choose(card(brief.model) if brief.model else None)
    heat = 1.0 if brief.temperature is None else brief.temperature
    task_of.check_values(asked.options.get("prompt", ""), length(brief), brief.seed or 0, heat)


def length(brief: Brief) -> float:
    """Seconds that are asked for."""
    return task_of.USUAL_SECONDS if brief.seconds is None else brief.seconds


def perform(task: Task) -> Made:
    """Make the sound, and its files."""
    made = task_of.sound(task.options["prompt"], progress=task.listener, **task.brief)
    wanted: list[str] = task.claimed.request["formats"]
    rows = [works.file_row(task.blobs, task.claimed.id, name, made.encoded(f".{name}")) for name in wanted]
    return Made(task.written(files=wanted, origin=asdict(made.origin)), files=rows, seconds=made.audio.seconds)
