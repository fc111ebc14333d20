"""The rights card of a work: who made which notes, the person or the model, and what the model learnt from."""

from __future__ import annotations

from firmus.errors import InvalidBrief
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "render", "rights"
FIELDS = ("target",)


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)


def perform(task: Task) -> JobOutput:
    """Say whose the notes are, and which training works are like it; the target is what the person gave."""
    from firmus.rights.card import attributed, of_work
    from firmus.rights.manifest import sidecar

    work = task.work
    if work is None:
        raise InvalidBrief("the source is a score, but no work of Firmus: it does not say who made which note")
    card = attributed(of_work(work, source=task.score(task.claimed.target)), work.score)
    return JobOutput(task.write_result(rights=card, sidecar=sidecar(work, {"piece.json": task.file.read_bytes()})))
