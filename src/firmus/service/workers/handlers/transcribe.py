"""Transcribing: a sound becomes a work, quantised to the beats that are heard."""

from __future__ import annotations

from dataclasses import replace

from firmus.errors import InvalidBrief
from firmus.service.storage.jobs import Made
from firmus.service.workers.handlers._composing import kept
from firmus.service.workers.handlers._sounding import named
from firmus.service.workers.handlers._task import Asked, Task

LANE, MAKES, SOUND = "study", "works", True
FIELDS = ("tempo",)
OPTIONS = {
    "voices": {
        "type": "string", "enum": ["many", "one"],
        "description": "Whether several notes may sound at once (usual), or it is a single line.",
    }
}  # fmt: skip


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only(*FIELDS)
    if not asked.is_sound:
        raise InvalidBrief("transcribe needs a sound as its source: {'sound': 'snd_…'}, after POST /v1/sounds")


def perform(task: Task) -> Made:
    """Transcribe; it counts for no quota, as nothing is composed."""
    from firmus.tasks.transcribe import transcribe

    with named(task) as path:
        made = transcribe(path, task.options.get("voices", "many"), task.brief.get("tempo"), task.listener)
    return replace(kept(task, [made]), seconds=0.0)
