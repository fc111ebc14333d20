"""Searching: among works for a melody, or for those that are like one of them."""

from __future__ import annotations

import json
from typing import Any

from firmus.errors import InvalidBrief
from firmus.retrieval.query import melody
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES = "study", "found"
FIELDS: tuple[str, ...] = ()
WORKS = {
    "among": "The works that are searched; your latest thousand, where none are named.",
    "like": "The one work that others are to be like.",
}
EVERY = "among"  # option that defaults to all works
OPTIONS = {"melody": {"type": "string", "maxLength": 2000, "description": "Notes, such as `G4 G4 A4:2 B4`."}}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    if ("melody" in spec.options) == ("like" in spec.options):
        raise InvalidBrief("search needs one of the options melody and like: what is to be searched for")
    if "melody" in spec.options:
        melody(spec.options["melody"])
    elif not isinstance(spec.options["like"], list) or len(spec.options["like"]) != 1:
        raise InvalidBrief("option like must be a list of one work")


def perform(task: Task) -> JobOutput:
    """Search."""
    from firmus.tasks.search.matching import search

    digests: dict[str, dict[str, str]] = json.loads(task.file.read_bytes())
    like = task.scores(digests.get("like", {}))
    if "like" in digests and not like:
        raise InvalidBrief("the work that others are to be like was deleted before it could be read")
    among = {name: digest for name, digest in digests["among"].items() if name not in like}
    query: dict[str, Any] = {"like": next(iter(like.values()))} if like else {"melody": task.options["melody"]}
    found = search(task.scores(among), progress=task.observer, count=50, **query).as_dict()
    for match in found["matches"]:
        match["work"] = match.pop("file")
        del match["tune"]
    return JobOutput(task.write_result(found=found))
