"""Recommending: among works, by a taste that is learnt from works that its owner rated.

Nothing is kept beside the job, whose request has the ratings: it is exported and deleted with the owner's jobs.
"""

from __future__ import annotations

import json

from firmus.errors import InvalidBrief
from firmus.retrieval.taste import RATINGS, Taste
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.translation import translate

LANE, MAKES = "study", "found"
FIELDS: tuple[str, ...] = ()
WORKS = {
    "among": "The works to choose from; your latest thousand, where none are named.",
    "like": "Works that you like, the oldest rating first.",
    "finish": "Works that you listened to to their end.",
    "skip": "Works that you skipped.",
    "dislike": "Works that you dislike.",
}
OPTIONS = {"language": {"type": "string", "enum": ["en", "zh"], "description": "Of the reasons."}}
EVERY = "among"  # option that defaults to all works
MOST = 50  # works that are recommended


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    named = [(work, kind) for kind in RATINGS for work in spec.options.get(kind, ()) if isinstance(work, str)]
    for work, kind in named:
        if others := [each for which, each in named if which == work and each != kind]:
            raise InvalidBrief(f"{work} is rated {kind} and {others[0]}: say one of the two")


def perform(task: Task) -> JobOutput:
    """Recommend."""
    from firmus.retrieval import embeddings
    from firmus.tasks.recommend import recommendation

    digests: dict[str, dict[str, str]] = json.loads(task.file.read_bytes())
    rated = {kind: list(task.scores(digests.get(kind, {})).values()) for kind in RATINGS}
    taste = recommendation.rate(Taste(), None, rated)
    library = embeddings.of_scores(task.scores(digests["among"]))
    if not library.pieces:
        raise InvalidBrief("there is nothing to recommend: none of your works is there")
    found = recommendation.recommend(taste, library, MOST).as_dict()
    for piece in found["pieces"]:
        piece["work"] = piece.pop("file")
        for reason in piece["reasons"]:
            reason["words"] = translate(reason["words"], task.options.get("language", "en"))
        del piece["tune"]
    del found["left_out"]
    return JobOutput(task.write_result(found=found))
