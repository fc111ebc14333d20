"""Sessions: music from one state to another, as sound and notes, with what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firmus import tasks
from firmus.errors import InvalidBrief
from firmus.production import sessions
from firmus.production.sessions.trajectory import MINUTES, PRESETS, Trajectory, trajectory
from firmus.rights.files import labelled
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._files import encoded
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.work import Brief

LANE, MAKES, SOURCE = "compose", "files", False
FIELDS = ("seconds", "key", "model", "seed", "effort")
FORMATS = ("mp3", "ogg", "wav", "json", "midi", "musicxml")
NUMBER = {"type": "string", "maxLength": 8, "pattern": r"^\d{1,3}(\.\d{1,2})?$"}
OPTIONS = {
    "session": {"type": "string", "enum": list(PRESETS), "description": "What it leads to."},
    "feeling": {"type": "string", "maxLength": 40, "description": "The listener's mood now: tense, sad, -0.5/0.8 ..."},
    "breathing": {**NUMBER, "description": "Breaths a minute that calm and sleep lead to, 4 to 10."},
    "steps": {**NUMBER, "description": "Steps a minute of gait, 60 to 140."},
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    if spec.brief.source is not None or spec.is_sound:
        raise InvalidBrief("soothe takes no source: it is made of the option session")
    if spec.brief.model:
        card(spec.brief.model)  # by name: a path is for people on this machine
    if length(spec.brief) > spec.longest:
        raise InvalidBrief(f"{length(spec.brief):g} seconds of music: {spec.longest:g} is the most for one piece")
    _planned(spec.options, spec.brief)
    tasks.verb("compose").commission(Brief.of(style="lead-sheet", key=spec.brief.key, model=spec.brief.model))


def length(brief: Brief) -> float:
    """Requested duration in seconds."""
    return brief.seconds or MINUTES.low * 60


def perform(task: Task) -> JobOutput:
    """Compose the session, and make its files."""
    brief = Brief.of(**task.brief)
    fields = {name: value for name, value in task.brief.items() if name != "seconds"}
    made = sessions.compose(_planned(task.options, brief), tasks.performing(task.observer), **fields)
    requested: list[str] = task.claimed.request["formats"]
    sound = made.sound() if {"mp3", "ogg", "wav"} & set(requested) else None
    rows = [works.file_row(task.blobs, task.claimed.id, name, _file(made, sound, name)) for name in requested]
    document = task.write_result(files=requested, session=made.rows, measured=made.summary)
    return JobOutput(document, files=rows, seconds=made.summary["seconds"])


def _planned(options: Mapping[str, Any], brief: Brief) -> Trajectory:
    if "session" not in options:
        raise InvalidBrief(f"soothe needs the option session: {', '.join(PRESETS)}")
    numbers = {name: float(options[name]) for name in ("breathing", "steps") if name in options}
    return trajectory(options["session"], length(brief) / 60, start=options.get("feeling"), **numbers)


def _file(made: sessions.Session, sound: Any, name: str) -> bytes:
    if name in ("mp3", "ogg", "wav"):
        from firmus.render import synth

        return labelled(made.work, synth.encode(sound, f".{name}"), f".{name}")
    return works.score_bytes(made.work) if name == "json" else encoded(made.work, name)
