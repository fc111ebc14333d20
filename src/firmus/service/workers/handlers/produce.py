"""Producing: a scene becomes music of an exact length, as a mix, stems and notes."""

from __future__ import annotations

from typing import Any

from firmus import tasks
from firmus.errors import InvalidBrief
from firmus.production import cues, scenes
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._files import encoded, zipped
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.work import Brief

LANE, MAKES, SOURCE = "compose", "files", False
FIELDS = ("seconds", *cues.FIELDS)
FORMATS = ("wav", "stems", "json", "midi", "musicxml")
OPTIONS = {
    "scene": {
        "type": "string",
        "maxLength": 2000,
        "description": "Moods and their times, such as 'calm until 0:12, danger 0:12-0:20, release'.",
    },
    "loudness": {"type": "string", "enum": ["-14", "-16", "-23"], "description": "LUFS; -14 by default."},
    "loop": {"type": "string", "enum": ["no", "yes"], "description": "Whether it ends where it begins."},
    "speech": {"type": "string", "maxLength": 2000, "description": "When there is speech, such as '0:05-0:12'."},
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    if spec.brief.source is not None or spec.is_sound:
        raise InvalidBrief("produce takes no source: it is made of the option scene")
    if spec.brief.model:
        card(spec.brief.model)  # by name: a path is for people on this machine
    if spec.brief.seconds is None:
        raise InvalidBrief("a scene needs its length: give seconds, such as 30")
    if length(spec.brief) > spec.longest:
        raise InvalidBrief(f"{length(spec.brief):g} seconds of music: {spec.longest:g} is the most for one piece")
    scenes.read(spec.options.get("scene", ""), spec.brief.seconds)
    cues.speech_spans(spec.options.get("speech", ""), spec.brief.seconds)
    tasks.verb("compose").commission(Brief.of(style=spec.brief.style, key=spec.brief.key, model=spec.brief.model))


def length(brief: Brief) -> float:
    """Requested duration in seconds."""
    return brief.seconds or 0.0


def perform(task: Task) -> JobOutput:
    """Compose the cue, and make its files."""
    options: dict[str, Any] = {name: task.options[name] for name in ("scene", "speech") if name in task.options}
    options["loudness"] = float(task.options.get("loudness", -14))
    options["loop"] = task.options.get("loop") == "yes"
    cue = cues.produce(perform=tasks.performing(task.observer), **options, **task.brief)
    mix = cue.mix()
    requested: list[str] = task.claimed.request["formats"]
    rows = [works.file_row(task.blobs, task.claimed.id, name, _file(cue, mix, name)) for name in requested]
    document = task.write_result(files=requested, sheet=cue.sheet(), loudness=round(mix.loudness, 2))
    return JobOutput(document, files=rows, seconds=cue.seconds)


def _file(cue: cues.Cue, mix: Any, name: str) -> bytes:
    if name == "wav":
        return cue.sound(mix)
    if name != "stems":
        return works.score_bytes(cue.work) if name == "json" else encoded(cue.work, name)
    return zipped(cue.stems(mix))
