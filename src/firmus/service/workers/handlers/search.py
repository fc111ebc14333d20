"""Searching: among works for a melody, or for those that are like one of them."""

from __future__ import annotations

import json
from typing import Any

from firmus.errors import InvalidBrief
from firmus.formats import read
from firmus.retrieval.query import melody
from firmus.score import Score
from firmus.service.storage.jobs import Made
from firmus.service.workers.handlers._task import Asked, Task

LANE, MAKES = "study", "found"
FIELDS: tuple[str, ...] = ()
WORKS = {
    "among": "The works that are searched; your latest thousand, where none are named.",
    "like": "The one work that others are to be like.",
}
EVERY = "among"  # of which all are meant, where it is not given
OPTIONS = {"melody": {"type": "string", "maxLength": 2000, "description": "Notes, such as `G4 G4 A4:2 B4`."}}


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only(*FIELDS)
    if ("melody" in asked.options) == ("like" in asked.options):
        raise InvalidBrief("search needs one of the options melody and like: what is to be searched for")
    if "melody" in asked.options:
        melody(asked.options["melody"])
    elif not isinstance(asked.options["like"], list) or len(asked.options["like"]) != 1:
        raise InvalidBrief("option like must be a list of one work")


def perform(task: Task) -> Made:
    """Search."""
    from firmus.tasks.search.matching import search

    listed: dict[str, dict[str, str]] = json.loads(task.file.read_bytes())
    like = _scores(task, listed.get("like", {}))
    if "like" in listed and not like:
        raise InvalidBrief("the work that others are to be like was deleted before it could be read")
    among = {name: digest for name, digest in listed["among"].items() if name not in like}
    asked: dict[str, Any] = {"like": next(iter(like.values()))} if like else {"melody": task.options["melody"]}
    found = search(_scores(task, among), progress=task.listener, count=50, **asked).as_dict()
    for match in found["matches"]:
        match["work"] = match.pop("file")
        del match["tune"]
    return Made(task.written(found=found))


def _scores(task: Task, listed: dict[str, str]) -> dict[str, Score]:
    """Scores of works, by name; those that were deleted meanwhile are left out."""
    found = {}
    for name, digest in listed.items():
        try:
            found[name] = read(task.blobs.get(digest), trusted=True)
        except FileNotFoundError:
            continue
    return found
