"""Adapting: a model is adapted to the style of 5 to 20 works; the adapter, as an archive, is a model of its own."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from firmus.errors import InvalidBrief
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._files import archive
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks.adapt import adaptation

LANE, MAKES = "study", "files"
FIELDS = ("style", "model")
FORMATS = ("adapter",)
WORKS = {"pieces": "5 to 20 works of one style, such as your own."}
NAME = "adapted"


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    if spec.brief.model:
        card(spec.brief.model)  # by name: a path is for people on this machine
    adaptation.base_model(spec.brief.model, spec.brief.style)
    count = len(spec.options.get("pieces", ()))
    if not adaptation.FEWEST <= count <= adaptation.MOST:
        raise InvalidBrief(
            f"option pieces names {count} works: adapt takes {adaptation.FEWEST} to {adaptation.MOST} of them"
        )


def perform(task: Task) -> JobOutput:
    """Adapt the model, and make its archive."""
    digests: dict[str, dict[str, str]] = json.loads(task.file.read_bytes())
    scores = list(task.scores(digests["pieces"]).values())
    with tempfile.TemporaryDirectory(prefix="firmus-adapt-") as scratch:
        folder = Path(scratch) / NAME
        summary = adaptation.of_scores(scores, folder, progress=task.observer, **task.brief)
        data = archive(folder)
    del summary["folder"]
    requested: list[str] = task.claimed.request["formats"]
    rows = [works.file_row(task.blobs, task.claimed.id, name, data) for name in requested]
    return JobOutput(task.write_result(files=requested, adapted=summary), files=rows)
