"""Recommending: among works, by a taste that is learnt from works that its owner rated; or composing for that taste.

Nothing is kept beside the job, whose request has the ratings: it is exported and deleted with the owner's jobs.
"""

from __future__ import annotations

import json

from firmus.errors import InvalidBrief
from firmus.retrieval.taste import RATINGS, Taste
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._composing import store_works
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks.recommend import composing
from firmus.translation import translate
from firmus.work import Brief

LANE, MAKES = "study", "found"
COMPOSED = ("style", "bars", "count", "seed", "effort")
FIELDS = COMPOSED
OPTIONS = {
    "compose": {"type": "string", "enum": ["no", "yes"], "description": "Compose for the taste, instead of choosing."},
    "language": {"type": "string", "enum": ["en", "zh"], "description": "Of the reasons."},
}
USUAL_TEMPO, USUAL_BARS = 100.0, 16
WORKS = {
    "among": "The works to choose from; your latest thousand, where none are named.",
    "like": "Works that you like, the oldest rating first.",
    "finish": "Works that you listened to to their end.",
    "skip": "Works that you skipped.",
    "dislike": "Works that you dislike.",
}
EVERY = "among"  # option that defaults to all works
MOST = 50  # works that are recommended


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    if spec.options.get("compose") == "yes":
        spec.allow_fields(*COMPOSED)
        composing.check(spec.brief.style or composing.STYLE, spec.brief.count, spec.brief.bars)
        if "among" in spec.options:
            raise InvalidBrief("among: nothing is chosen where music is composed: leave it out")
        if not any(spec.options.get(kind) for kind in RATINGS):
            raise InvalidBrief("to compose for a taste, name works that you like, finish, skip or dislike")
    elif given := [name for name in spec.brief.as_dict() if name in COMPOSED]:
        raise InvalidBrief(f"{given[0]}: of what is composed: say the option compose, 'yes', or leave it out")
    else:
        spec.allow_fields()
    named = [(work, kind) for kind in RATINGS for work in spec.options.get(kind, ()) if isinstance(work, str)]
    for work, kind in named:
        if others := [each for which, each in named if which == work and each != kind]:
            raise InvalidBrief(f"{work} is rated {kind} and {others[0]}: say one of the two")


def length(brief: Brief) -> float:
    """Approximate duration of what is composed, in seconds; 0 where nothing says that it is."""
    if brief.bars is None and brief.style is None:
        return 0.0
    bars = brief.bars if isinstance(brief.bars, int) else USUAL_BARS
    return bars * 4 * 60 / USUAL_TEMPO * brief.count


def perform(task: Task) -> JobOutput:
    """Recommend."""
    from firmus.retrieval import embeddings
    from firmus.tasks.recommend import recommendation

    digests: dict[str, dict[str, str]] = json.loads(task.file.read_bytes())
    rated = {kind: list(task.scores(digests.get(kind, {})).values()) for kind in RATINGS}
    taste = recommendation.rate(Taste(), None, rated)
    if task.options.get("compose") == "yes":
        return store_works(task, composing.compose(taste, progress=task.observer, **task.brief))
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
