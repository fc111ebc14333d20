"""Transcribing: a sound becomes a work, quantised to the beats that are heard."""

from __future__ import annotations

from dataclasses import replace

from firmus.errors import InvalidBrief
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._composing import store_works
from firmus.service.workers.handlers._sounding import titled_file
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES, SOUND = "study", "works", True
FIELDS = ("tempo",)
OPTIONS = {
    "voices": {
        "type": "string",
        "enum": ["many", "one"],
        "description": "Whether several notes may sound at once (usual), or it is a single line.",
    }
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    if not spec.is_sound:
        raise InvalidBrief("transcribe needs a sound as its source: {'sound': 'snd_…'}, after POST /v1/sounds")


def perform(task: Task) -> JobOutput:
    """Transcribe; it does not count for the quota, as nothing is composed."""
    from firmus.tasks.transcribe import transcribe

    with titled_file(task) as path:
        work = transcribe(path, task.options.get("voices", "many"), task.brief.get("tempo"), task.observer)
    return replace(store_works(task, [work]), seconds=0.0)
