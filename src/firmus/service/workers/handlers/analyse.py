"""Analysing: what is heard in a source, notes or sound, each finding with how sure it is."""

from __future__ import annotations

from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._sounding import titled_file
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES, SOUND = "study", "analysis", True
FIELDS: tuple[str, ...] = ()


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)


def perform(task: Task) -> JobOutput:
    """Analyse."""
    if task.sound:
        from firmus.tasks.analyse.sound import analyse_sound

        with titled_file(task) as path:
            return JobOutput(task.write_result(analysis=analyse_sound(path, task.observer).as_dict()))
    from firmus.tasks.analyse.notes import analyse

    return JobOutput(task.write_result(analysis=analyse(task.source).as_dict()))
