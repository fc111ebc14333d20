"""Making sound of words, by a model that whoever runs the service has put among its models."""

from __future__ import annotations

from dataclasses import asdict

from firmus.errors import InvalidBrief
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers import _files as files
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks.sound import generation
from firmus.work import Brief

LANE, MAKES, SOURCE = "study", "files", False
FIELDS = ("model", "seconds", "seed", "temperature")
FORMATS = ("wav", "flac", "ogg", "mp3")
OPTIONS = {
    "prompt": {"type": "string", "maxLength": generation.MOST_WORDS, "description": "What is to be heard, in words."},
    **files.MARKS,
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    files.check_marks(spec)
    if spec.brief.source is not None or spec.is_sound:
        raise InvalidBrief("sound takes no source: it is made of the option prompt")
    brief = spec.brief
    generation.choose(card(brief.model) if brief.model else None)
    temperature = 1.0 if brief.temperature is None else brief.temperature
    generation.check_values(spec.options.get("prompt", ""), length(brief), brief.seed or 0, temperature)


def length(brief: Brief) -> float:
    """Requested duration in seconds."""
    return generation.USUAL_SECONDS if brief.seconds is None else brief.seconds


def perform(task: Task) -> JobOutput:
    """Generate the sound, and its files."""
    result = generation.sound(task.options["prompt"], progress=task.observer, **task.brief)
    requested: list[str] = task.claimed.request["formats"]
    written = {name: result.encoded(f".{name}", **files.requested_marks(task.options)) for name in requested}
    rows = [works.file_row(task.blobs, task.claimed.id, name, data) for name, data in written.items()]
    document = task.write_result(files=requested, origin=asdict(result.origin))
    return JobOutput(document, files=rows, seconds=result.audio.seconds)
