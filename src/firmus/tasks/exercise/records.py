"""A pupil's record: every answer, and from them the level, what went wrong, and what to practise next.

It is one JSON file a pupil on this machine, in ``FIRMUS_PUPILS`` or ``pupils`` in the user's data folder, and nothing
sends it anywhere. A skill that went wrong is due at once; each right answer puts it off, for 1, 3, 7, 14, 30 days
(S. Leitner, *So lernt man lernen*, 1972). The level is that of `firmus.analysis.item_response`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from firmus import formats
from firmus.analysis import item_response
from firmus.analysis.item_response import Ability
from firmus.errors import FirmusError, InvalidBrief
from firmus.tasks.exercise.exercises import Exercise
from firmus.tasks.exercise.kinds import KINDS, NAMED
from firmus.tasks.exercise.marking import Mark

VARIABLE = "FIRMUS_PUPILS"
FORMAT = "firmus-pupil"
DAYS = (0, 1, 3, 7, 14, 30)  # until a skill is due, by right answers in a row
RECENT = 24  # answers that show the level once it was found
Answer = dict[str, Any]
"""One answer: kind, level, seed, choices (how many), right, share, skills, wrong, time."""


@dataclass(frozen=True, slots=True)
class Record:
    """The answers of a pupil, in order of time."""

    name: str
    answers: tuple[Answer, ...] = ()

    @property
    def ability(self) -> Ability:
        """What the answers show: all until the level is found, then the recent ones."""
        return item_response.ability(
            [
                (each["level"], each["right"], 1 / each["choices"] if each["choices"] else 0.0)
                for each in self.answers[-RECENT:]
            ]
        )

    def with_answer(self, exercise: Exercise, mark: Mark, now: datetime | None = None) -> Record:
        """The record with one more answer."""
        answer = {
            "kind": exercise.kind,
            "level": exercise.level,
            "seed": exercise.seed,
            "choices": len(exercise.choices),
            "right": mark.is_right,
            "share": round(mark.share, 3),
            "skills": list(exercise.skills),
            "wrong": list(mark.wrong),
            "time": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        }
        return Record(self.name, (*self.answers, answer))

    def due(self, now: datetime | None = None) -> list[str]:
        """Skills that are due, those most often wrong first."""
        now, runs, last, faults = now or datetime.now(UTC), dict[str, int](), dict[str, datetime](), dict[str, int]()
        for answer in self.answers:
            when = datetime.fromisoformat(answer["time"])
            for skill in dict.fromkeys([*answer["skills"], *answer["wrong"]]):
                is_wrong = skill in answer["wrong"]
                if not is_wrong and not answer["right"]:
                    continue  # the answer says nothing of it
                runs[skill] = 0 if is_wrong else runs.get(skill, 0) + 1
                faults[skill] = faults.get(skill, 0) + is_wrong
                last[skill] = when
        wait = {skill: timedelta(days=DAYS[min(run, len(DAYS) - 1)]) for skill, run in runs.items()}
        found = [skill for skill in runs if faults[skill] and now >= last[skill] + wait[skill]]
        return sorted(found, key=lambda skill: (runs[skill], -faults[skill], skill))

    def next_kind(self, now: datetime | None = None) -> str:
        """The kind to practise: until the level is found those that are quick to answer, then what is due."""
        if not self.ability.is_found:
            return NAMED[len(self.answers) % len(NAMED)]
        due = self.due(now)
        for skill in due:
            for answer in reversed(self.answers):
                if skill in answer["wrong"]:
                    return str(answer["kind"])
        practised = [answer["kind"] for answer in self.answers]
        return min(KINDS, key=practised.count)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with what they show."""
        found = self.ability
        return {
            "format": FORMAT,
            "version": 1,
            "name": self.name,
            "level": found.level,
            "ability": round(found.mean, 2),
            "deviation": round(found.deviation, 2),
            "found": found.is_found,
            "due": self.due(),
            "answers": list(self.answers),
        }


def folder() -> Path:
    """Folder of the records."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    import platformdirs

    return platformdirs.user_data_path("firmus", appauthor=False) / "pupils"


def path_of(name: str) -> Path:
    """File of a pupil.

    Raises
    ------
    InvalidBrief
        Where the name cannot be one of a file.
    """
    if not re.fullmatch(r"\w[\w .-]{0,59}", name) or name.endswith("."):
        raise InvalidBrief(f"pupil {name[:60]!r} must have 1 to 60 letters, digits, spaces, dots or hyphens")
    return folder() / f"{name}.json"


def load(name: str) -> Record:
    """The record of a pupil; an empty one where there is none.

    Raises
    ------
    FirmusError
        Where the file is no record.
    """
    path = path_of(name)
    if not path.exists():
        return Record(name)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        answers = tuple(document["answers"])
        record = Record(name, answers)
        record.as_dict()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FirmusError(f"{path}: it is no record of a pupil ({error}); --forget deletes it") from None
    return record


def save(record: Record) -> Path:
    """Write a record; nobody else on the machine may read it."""
    path = path_of(record.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    formats.save((json.dumps(record.as_dict(), ensure_ascii=False, indent=1) + "\n").encode(), path)
    path.chmod(0o600)
    return path


def forget(name: str) -> None:
    """Delete a record.

    Raises
    ------
    InvalidBrief
        Where there is none.
    """
    path = path_of(name)
    if not path.exists():
        raise InvalidBrief(f"pupil {name!r} has no record: {_known()}")
    path.unlink()


def _known() -> str:
    names: Sequence[str] = sorted(path.stem for path in folder().glob("*.json")) if folder().is_dir() else []
    return f"there are {', '.join(names)}" if names else "there is none"
