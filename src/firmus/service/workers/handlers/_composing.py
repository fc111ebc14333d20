"""Composing: a Brief becomes works, by any verb of `firmus.tasks.verbs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmus import tasks
from firmus.errors import InvalidBrief
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import Made
from firmus.service.workers.handlers._files import encoded
from firmus.service.workers.handlers._task import Asked, Task
from firmus.timing import seconds
from firmus.work import Brief, Work

LANE, MAKES = "compose", "works"
MADE_AT_ONCE = ("midi",)  # of every work; its json is always there, all else is made when it is asked for
USUAL_TEMPO, USUAL_BARS = 100.0, 16


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    kind, brief = asked.kind, asked.brief
    for piece in tasks.verb(kind).VERB.pieces:
        if getattr(brief, piece) is None:
            raise InvalidBrief(f"{kind} needs a {piece}: a work, or a Firmus score")
    if brief.model:
        card(brief.model)  # by name: a path is for people on this machine
    tasks.verb(kind).commission(brief)
    if asked.formats:
        raise InvalidBrief(f"formats: {kind} takes none")
    if length(kind, brief) > asked.longest:
        raise InvalidBrief(
            f"about {length(kind, brief):.0f} seconds of music: {asked.longest:g} is the most for one piece"
        )


def length(kind: str, brief: Brief) -> float:
    """Seconds of one piece that is asked for, about."""
    source = seconds(brief.source, brief.source.end) if brief.source else 0.0
    if brief.seconds is not None:
        return brief.seconds + (source if kind == "continue" else 0.0)
    if kind not in ("compose", "continue"):
        return source
    bars = brief.bars if isinstance(brief.bars, int) else USUAL_BARS
    return source + bars * 4 * 60 / (brief.tempo or USUAL_TEMPO)


def reserved(kind: str, brief: Brief) -> float:
    """Seconds of music that a job counts for in the day's quota until it is known how many it made."""
    module = tasks.verb(kind)
    return length(kind, brief) * (module.count(brief) if hasattr(module, "count") else brief.count)


def perform(task: Task) -> Made:
    """Compose."""
    source, target = (task.score(digest) for digest in (task.claimed.source, task.claimed.target))
    brief = replace(Brief.of(**task.brief), source=source, target=target)
    verb = tasks.verb(task.claimed.kind)
    return kept(task, verb.perform(verb.commission(brief), task.listener))


def kept(task: Task, made: Sequence[Work]) -> Made:
    """Write works to disk; their rows."""
    rows, files, told, total = [], [], [], 0.0
    for each in made:
        row = works.row_of(each.score, job_id=task.claimed.id)
        row |= {name: task.claimed.request[name] for name in ("parent", "root") if task.claimed.request.get(name)}
        rows.append(row)
        files.append(works.file_row(task.blobs, row["id"], "json", works.score_bytes(each)))
        files += [works.file_row(task.blobs, row["id"], name, encoded(each.score, name)) for name in MADE_AT_ONCE]
        length = seconds(each.score, each.score.end)
        total += length
        told.append({
            "id": row["id"], "title": row["title"], "seconds": round(length, 3), "seed": each.origin.seed,
            "score": each.origin.measured.get("score"),
        })  # fmt: skip
    return Made(task.written(works=told), rows, files, total)
