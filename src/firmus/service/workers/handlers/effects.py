"""Sound effects: a riser, an impact, rain, a click, synthesised by rules, and their picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from firmus.errors import InvalidBrief
from firmus.production import effects
from firmus.render import spectrogram
from firmus.render.effects.kinds import KINDS
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.work import Brief

LANE, MAKES, SOURCE = "render", "files", False
FIELDS = ("seconds", "seed")
FORMATS = ("wav", "png")
NUMBER = {"type": "string", "maxLength": 10, "pattern": r"^-?\d{1,5}(\.\d{1,3})?$"}
OPTIONS = {
    "effect": {"type": "string", "enum": list(KINDS), "description": "What is to be heard."},
    "pitch": {**NUMBER, "description": "Hertz, 20 to 12,000: where it arrives, hums, rings."},
    "brightness": {**NUMBER, "description": "0 dark to 1 bright."},
    "tone": {**NUMBER, "description": "0 noise to 1 pitched."},
    "space": {**NUMBER, "description": "0 dry to 1: how much reverberation."},
    "rate": {**NUMBER, "description": "Pulses, drops, gusts or strokes a second."},
    "loudness": {**NUMBER, "description": "LUFS, -40 to -8; -20 by default."},
    "loop": {"type": "string", "enum": ["no", "yes"], "description": "Whether it ends where it begins (ambiences)."},
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    if spec.brief.source is not None or spec.is_sound:
        raise InvalidBrief("effects takes no source: it is made of the option effect")
    if length(spec.brief) > spec.longest:
        raise InvalidBrief(f"{length(spec.brief):g} seconds of sound: {spec.longest:g} is the most for one piece")
    effects.check(*_settings(spec.options, spec.brief))


def length(brief: Brief) -> float:
    """Requested duration in seconds; 0 where it is as is usual of the effect, which is short."""
    return brief.seconds or 0.0


def perform(task: Task) -> JobOutput:
    """Synthesise the effect, and its files."""
    kind, settings = _settings(task.options, Brief.of(**task.brief))
    made = effects.effect(kind, **settings)
    makers: dict[str, Callable[[], bytes]] = {
        "wav": made.encoded,
        "png": lambda: spectrogram.png(made.audio, f"{made.kind}, seed {made.origin.seed}"),
    }
    requested: list[str] = task.claimed.request["formats"]
    rows = [works.file_row(task.blobs, task.claimed.id, name, makers[name]()) for name in requested]
    document = task.write_result(files=requested, effect=made.kind, origin=asdict(made.origin))
    return JobOutput(document, files=rows, seconds=made.audio.seconds)


def _settings(options: Mapping[str, Any], brief: Brief) -> tuple[str, dict[str, Any]]:
    """The kind of effect, and its settings."""
    if "effect" not in options:
        raise InvalidBrief(f"effects needs the option effect: {', '.join(KINDS)}")
    settings: dict[str, Any] = {"seconds": brief.seconds, "seed": brief.seed, "loop": options.get("loop") == "yes"}
    for name in ("pitch", "brightness", "tone", "space", "rate", "loudness"):
        if name in options:
            try:
                settings[name] = float(options[name])
            except ValueError:
                raise InvalidBrief(f"option {name} {options[name]!r} must be a number, such as 0.5") from None
    return options["effect"], settings
