"""A lesson: the next exercise for a pupil, and an answer to one, which goes into the pupil's record."""

from __future__ import annotations

from pathlib import Path

from firmus.errors import InvalidBrief
from firmus.runtime.transcription import read_performance
from firmus.score import Score
from firmus.tasks.exercise import records, sheets
from firmus.tasks.exercise.exercises import Exercise
from firmus.tasks.exercise.kinds import exercise
from firmus.tasks.exercise.marking import Mark, mark
from firmus.tasks.exercise.records import Record

DEFAULT_LEVEL = 1
WANTED = 6  # skills that are due, of which the next exercise had better need some


def next_exercise(
    kind: str | None = None, level: int | None = None, seed: int | None = None, pupil: str | None = None
) -> Exercise:
    """The exercise that is asked for; what is left open is chosen by the pupil's record.

    Raises
    ------
    InvalidBrief
        Where neither a kind nor a pupil is given.
    """
    if pupil is None:
        if kind is None:
            raise InvalidBrief("no kind of exercise and no pupil: name a kind, such as sight-reading, or --pupil NAME")
        return exercise(kind, level=DEFAULT_LEVEL if level is None else level, seed=seed)
    record = records.load(pupil)
    chosen = kind or record.next_kind()
    return exercise(
        chosen, level=record.ability.level if level is None else level, seed=seed, wanted=record.due()[:WANTED]
    )


def answer(asked: Exercise, given: str | Score, pupil: str | None = None) -> tuple[Mark, Record | None]:
    """Mark an answer, and keep it in the pupil's record.

    Parameters
    ----------
    asked : Exercise
    given : str or Score
        A name; else music, or the path of a music file or a sound, which is transcribed.
    pupil : str, optional

    Raises
    ------
    InvalidBrief, FormatError
    """
    if isinstance(given, str) and not asked.answer:
        given = read_performance(given)
    marked = mark(asked, given)
    if pupil is None:
        return marked, None
    record = records.load(pupil).with_answer(asked, marked)
    records.save(record)
    return marked, record


def of_folder(folder: str | Path) -> Exercise:
    """The exercise in a folder that Firmus wrote.

    Raises
    ------
    FormatError
    """
    return sheets.load(Path(folder))
