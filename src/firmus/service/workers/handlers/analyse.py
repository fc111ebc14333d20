"""Analysing: what is heard in a source, notes or sound, each finding with how sure it is."""

from __future__ import annotations

from firmus.service.storage.jobs import Made
from firmus.service.workers.handlers._sounding import named
from firmus.service.workers.handlers._task import Asked, Task

LANE, MAKES, SOUND = "study", "analysis", True
FIELDS: tuple[str, ...] = ()


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only(*FIELDS)


def perform(task: Task) -> Made:
    """Analyse."""
    if task.sound:
        from firmus.tasks.analyse.sound import analyse_sound

        with named(task) as path:
            return Made(task.written(analysis=analyse_sound(path, task.listener).as_dict()))
    from firmus.tasks.analyse.notes import analyse

    return Made(task.written(analysis=analyse(task.source).as_dict()))
