"""Making an instrument to take away: from a recording, new, or between two; as SoundFont and SFZ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmus.analysis.sound import is_sound
from firmus.errors import InvalidBrief
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._files import zipped
from firmus.service.workers.handlers._sounding import titled_file
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks import timbre

LANE, MAKES, SOURCE, SOUND = "study", "files", False, True
FIELDS = ("seed",)
FORMATS = (*works.INSTRUMENTS, "wav", "png")
_NUMBER = {"type": "string", "maxLength": 8, "pattern": r"^-?\d{1,2}(\.\d{1,3})?$"}
OPTIONS: dict[str, dict[str, Any]] = {
    "timbre": {"type": "string", "enum": list(timbre.KINDS), "description": "From a sound, new, or a morph of two."},
    "like": {"type": "string", "maxLength": 200, "description": "A new one in words, such as 'warm, plucked'."},
    **{name: {**_NUMBER, "description": "Of a new one: -1 to 1."} for name in timbre.SLIDERS},
    "first": {"type": "string", "maxLength": 60, "description": "Instrument that a morph begins with."},
    "second": {"type": "string", "maxLength": 60, "description": "Instrument that it leads to."},
    "steps": {**_NUMBER, "description": "How many instruments of a morph, 2 to 16; 5 by default."},
    "pitch": {
        "type": "string",
        "maxLength": 4,
        "description": "Key of the recording, such as A4, where none is heard.",
    },
    "name": {"type": "string", "maxLength": 60, "description": "Name of the instrument."},
}
NUMBERS = (*timbre.SLIDERS, "steps")


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields("source", *FIELDS)
    spec.require_formats(FORMATS)
    kind = spec.options.get("timbre")
    if kind not in timbre.KINDS:
        raise InvalidBrief(f"timbre needs the option timbre: {', '.join(timbre.KINDS)}")
    if spec.brief.source is not None or (kind == "from") != spec.is_sound:
        raise InvalidBrief("timbre takes a sound as its source where it is from one, and else none")
    _asked(spec.options, spec.brief.seed)


def perform(task: Task) -> JobOutput:
    """Make the instruments, and their files; of several each file holds all."""
    kind, options = task.options["timbre"], _asked(task.options, task.brief.get("seed"))
    if kind == "from":
        with titled_file(task) as path:
            made = timbre.timbre(kind, path, **options)
    else:
        ends = [task.options[name] for name in ("first", "second")] if kind == "morph" else []
        made = timbre.timbre(kind, *ends, **options)
    requested: list[str] = task.claimed.request["formats"]
    files = [each.files() for each in made]
    rows = [works.file_row(task.blobs, task.claimed.id, f"{name}", _file(files, name)) for name in requested]
    described = [
        {"name": each.name, "measured": each.origin.measured, "warnings": list(each.warnings)} for each in made
    ]
    return JobOutput(task.write_result(files=requested, instruments=described), files=rows)


def _asked(options: Mapping[str, Any], seed: int | None) -> dict[str, Any]:
    """Options of the verb; those that do not go with the kind are refused."""
    kind = options["timbre"]
    ends = [name for name in ("first", "second") if name in options]
    if len(ends) != (2 if kind == "morph" else 0):
        raise InvalidBrief("a morph needs the options first and second, instruments by name; other kinds take neither")
    if files := [options[name] for name in ends if _is_file(options[name])]:
        raise InvalidBrief(f"{files[0]!r} must be an instrument by its name, such as flute: no file is read")
    asked: dict[str, Any] = {
        name: value for name, value in options.items() if name not in ("timbre", "first", "second")
    } | ({"seed": seed} if seed is not None and kind == "new" else {})
    for name in NUMBERS:
        if name in asked:
            try:
                asked[name] = int(asked[name]) if name == "steps" else float(asked[name])
            except ValueError:
                raise InvalidBrief(f"{name} {asked[name]!r} must be a number") from None
    timbre.check_options(kind, asked)
    return asked


def _is_file(name: str) -> bool:
    """Whether a name would be read as a file of this machine."""
    return Path(name).name != name or is_sound(name)


def _file(made: list[dict[str, bytes]], name: str) -> bytes:
    """A file of an instrument; of several, or of SFZ, an archive."""
    if name != "sfz" and len(made) == 1:
        return next(data for file, data in made[0].items() if file.endswith(f".{name}") and "/" not in file)
    return zipped(
        (file, data)
        for files in made
        for file, data in files.items()
        if (file.endswith(f".{name}") and "/" not in file) or (name == "sfz" and "/" in file)
    )
