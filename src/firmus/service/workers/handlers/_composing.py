"""Composing: a Brief becomes works, by any verb of `firmus.tasks.verbs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from firmus import tasks
from firmus.errors import InvalidBrief
from firmus.rights.files import labelled
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._files import encoded
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.timing import seconds
from firmus.work import Brief, Work

LANE, MAKES = "compose", "works"
EAGER_FORMATS = ("midi",)  # encoded for every work, beside its json; all others are encoded on request
USUAL_TEMPO, USUAL_BARS = 100.0, 16


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    kind, brief = spec.kind, spec.brief
    for piece in tasks.verb(kind).VERB.pieces:
        if getattr(brief, piece) is None:
            raise InvalidBrief(f"{kind} needs a {piece}: a work, or a Firmus score")
    if brief.model:
        card(brief.model)  # by name: a path is for people on this machine
    tasks.verb(kind).commission(brief)
    if spec.formats:
        raise InvalidBrief(f"formats: {kind} takes none")
    if length(kind, brief) > spec.longest:
        raise InvalidBrief(
            f"about {length(kind, brief):.0f} seconds of music: {spec.longest:g} is the most for one piece"
        )


def length(kind: str, brief: Brief) -> float:
    """Approximate duration of one requested piece, in seconds."""
    source = seconds(brief.source, brief.source.end) if brief.source else 0.0
    if brief.seconds is not None:
        return brief.seconds + (source if kind == "continue" else 0.0)
    if kind not in ("compose", "continue") or (kind == "compose" and brief.source):
        return source
    bars = brief.bars if isinstance(brief.bars, int) else USUAL_BARS
    return source + bars * 4 * 60 / (brief.tempo or USUAL_TEMPO)


def reserved(kind: str, brief: Brief) -> float:
    """Seconds of music reserved in the day's quota for a job until it has ended."""
    module = tasks.verb(kind)
    return length(kind, brief) * (module.count(brief) if hasattr(module, "count") else brief.count)


def perform(task: Task) -> JobOutput:
    """Compose."""
    source, target = (task.score(digest) for digest in (task.claimed.source, task.claimed.target))
    brief = replace(Brief.of(**task.brief), source=source, target=target)
    verb = tasks.verb(task.claimed.kind)
    return store_works(task, verb.perform(verb.commission(brief), task.observer))


def store_works(task: Task, composed: Sequence[Work], **document: Any) -> JobOutput:
    """Store the files of works, and a result document of them and more; their rows."""
    rows, files, documents, total = [], [], [], 0.0
    for each in composed:
        row = works.row_of(each.score, job_id=task.claimed.id, style=task.brief.get("style"))
        row |= {name: task.claimed.request[name] for name in ("parent", "root") if task.claimed.request.get(name)}
        rows.append(row)
        files.append(works.file_row(task.blobs, row["id"], "json", labelled(each, works.score_bytes(each), ".json")))
        files += [works.file_row(task.blobs, row["id"], name, encoded(each, name)) for name in EAGER_FORMATS]
        length = seconds(each.score, each.score.end)
        total += length
        documents.append(
            {
                "id": row["id"],
                "title": row["title"],
                "seconds": round(length, 3),
                "seed": each.origin.seed,
                "score": each.origin.measured.get("score"),
            }
        )
    return JobOutput(task.write_result(works=documents, **document), rows, files, total)
