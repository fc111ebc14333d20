"""Rendering: a source becomes sound, an engraved score, a piano roll."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmus.errors import InvalidBrief
from firmus.production.mixer_options import mixer, values
from firmus.render.mixing import Mixed
from firmus.score import Score
from firmus.service.storage.jobs import JobOutput
from firmus.service.storage.works import FILES
from firmus.service.workers.handlers import _files as files
from firmus.service.workers.handlers._named import FONTS
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks.render import humanised

LANE, MAKES = "render", "files"
FIELDS: tuple[str, ...] = ()
MIXING: dict[str, dict[str, Any]] = {
    name: {"type": "string", "maxLength": 1000, "description": f"{description}: PART=VALUE, divided by commas."}
    for name, description in {
        "volume": "Decibels of parts", "pan": "-1 (left) to 1", "eq": "Decibels low/middle/high", "reverb": "0 to 1",
    }.items()
}  # fmt: skip
"""Options of `firmus.production.mixer_options`."""
INSTRUMENT = {
    "type": "string",
    "maxLength": 1000,
    "description": "SoundFonts that play parts, uploaded as sounds: PART=snd_…, divided by commas.",
}
HUMANISE = {"type": "string", "enum": ["no", "yes"], "description": "Whether it is played as people do."}
OPTIONS = {**files.MARKS, "instrument": INSTRUMENT, **MIXING, "humanise": HUMANISE}
FORMATS = tuple(name for name in FILES if name not in files.MUSIC)
SOUNDING = ("wav", "flac", "ogg", "mp3", "stems")


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    files.check_marks(spec)
    if mixing := [name for name in spec.options if name in (*FONTS, *MIXING, "humanise")]:
        if others := [name for name in spec.formats if name not in SOUNDING]:
            raise InvalidBrief(f"{', '.join(mixing)}: of sound alone, not of {', '.join(others)}")
        if spec.brief.source is not None:
            mixer(spec.brief.source, files=spec.named, **_settings(spec.options))


def perform(task: Task) -> JobOutput:
    """Encode the source in each of the requested formats, mixed as was asked."""
    settings, amount = _settings(task.options), 0.5 if task.options.get("humanise") == "yes" else 0.0
    if not settings and not amount:
        return files.perform(task)

    fonts: dict[str, Path] = {name: task.named(name) for name in values(settings.get("instrument", ""))}

    def mixed(score: Score) -> Mixed:
        return Mixed(humanised(score, amount), mixer(score, files=fonts, **settings))

    return files.perform(task, mixed)


def _settings(options: Mapping[str, Any]) -> dict[str, str]:
    return {name: options[name] for name in (*FONTS, *MIXING) if name in options}
