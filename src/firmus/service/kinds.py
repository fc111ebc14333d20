"""What the kinds of job do: each is a verb of the command line.

Composing verbs take a Brief and make works; ``analyse`` says what is heard in a source; ``render`` and ``convert``
make files of it. The seam for batching across requests is `perform`: it takes one claim today, and a worker that
claims several may feed their sequences to one `firmus.runtime.batch.Batch`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from firmus import formats, plugins
from firmus.errors import FormatError, InvalidBrief, unknown
from firmus.runtime.weights import card
from firmus.score import Score
from firmus.service import works
from firmus.service.blobs import Blobs
from firmus.service.jobs import Claim, Made
from firmus.service.works import FILES
from firmus.tasks import VERBS
from firmus.timing import seconds
from firmus.work import Brief

LANES = {**dict.fromkeys(VERBS, "compose"), "analyse": "render", "render": "render", "convert": "render"}
"""Every kind of job, and the lane of workers that does it."""

MUSIC = ("json", "midi", "musicxml", "abc")
MADE_AT_ONCE = ("midi",)  # of every work; its json is always there, all else is made when it is asked for
USUAL_TEMPO, USUAL_BARS = 100.0, 16
LONGEST = 20_000_000  # ticks of a Score: 10,000 bars of 4/4
Progress = Callable[[str, int, int], None]


def check(kind: str, brief: Brief, wanted: Sequence[str], longest: float) -> None:
    """Refuse a request that can be seen to be impossible.

    Raises
    ------
    InvalidBrief, ModelError
    """
    if kind not in LANES:
        raise InvalidBrief(unknown("kind", kind, LANES))
    if kind != "compose" and brief.source is None:
        raise InvalidBrief(f"{kind} needs a source: a work, or a Firmus score")
    if kind == "interpolate" and brief.target is None:
        raise InvalidBrief("interpolate needs a target: a work, or a Firmus score")
    if kind in VERBS:
        card(brief.model or "composer")
    able = {"render": [name for name in FILES if name not in MUSIC], "convert": list(MUSIC)}.get(kind, [])
    for name in wanted:
        if name not in able:
            raise InvalidBrief(unknown("format", name, able) if able else f"formats: {kind} takes none")
    if able and not wanted:
        raise InvalidBrief(f"{kind} needs formats: some of {', '.join(able)}")
    if kind in VERBS and length(kind, brief) > longest:
        raise InvalidBrief(f"about {length(kind, brief):.0f} seconds of music: {longest:g} is the most for one piece")


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
    count = brief.steps or 8 if kind == "interpolate" else brief.count
    return length(kind, brief) * count if kind in VERBS else 0.0


def bounded(score: Score) -> Score:
    """A stranger's Score, if it is no longer than any music.

    Raises
    ------
    FormatError
    """
    if score.end > LONGEST:
        raise FormatError(f"the piece ends at tick {score.end:,}: {LONGEST:,} is the most (480 to the quarter)")
    return score


def perform(claimed: Claim, blobs: Blobs, progress: Progress) -> Made:
    """Do a job; its files are on disk when this returns, its rows are not yet written.

    Raises
    ------
    FirmusError
        Where it cannot be done, which another attempt would not change.
    """
    kind = claimed.kind
    source, target = (_score(blobs, digest) for digest in (claimed.source, claimed.target))
    if kind in VERBS:
        given = {name: value for name, value in claimed.request["brief"].items() if name not in ("source", "target")}
        return _compose(claimed, replace(Brief.of(**given), source=source, target=target), blobs, progress)
    if source is None:
        raise InvalidBrief(f"the source of this {kind} is gone")
    if kind == "analyse":
        from firmus.tasks.analyse import analyse

        return Made(_written(blobs, {"analysis": analyse(source).as_dict()}))
    wanted: list[str] = claimed.request["formats"]
    rows = []
    for done, name in enumerate(wanted):
        progress(kind, done, len(wanted))
        rows.append(works.file_row(blobs, claimed.work or claimed.id, name, encoded(source, name)))
    return Made(_written(blobs, {"files": wanted}), files=rows)


def encoded(score: Score, name: str) -> bytes:
    """A Score as a file of the format of a name in `FILES`."""
    from firmus.tasks import produce

    if name != "stems":
        return produce.encoded(score, f".{FILES[name][0]}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part, data in produce.stems(score, ".wav"):
            archive.writestr(zipfile.ZipInfo(f"{part}.wav"), data)
    return packed.getvalue()


def _compose(claimed: Claim, brief: Brief, blobs: Blobs, progress: Progress) -> Made:
    module, function = VERBS[claimed.kind]
    made = getattr(plugins.load("firmus.tasks", module), function)(brief, progress)
    rows, files, told, total = [], [], [], 0.0
    for each in made:
        row = works.row_of(each.score, job_id=claimed.id)
        row |= {name: claimed.request[name] for name in ("parent", "root") if claimed.request.get(name)}
        rows.append(row)
        files.append(works.file_row(blobs, row["id"], "json", works.score_bytes(each)))
        files += [works.file_row(blobs, row["id"], name, encoded(each.score, name)) for name in MADE_AT_ONCE]
        length = seconds(each.score, each.score.end)
        total += length
        told.append({
            "id": row["id"], "title": row["title"], "seconds": round(length, 3), "seed": each.origin.seed,
            "score": each.origin.measured.get("score"),
        })  # fmt: skip
    return Made(_written(blobs, {"works": told}), rows, files, total)


def _score(blobs: Blobs, digest: str | None) -> Score | None:
    return formats.read(blobs.get(digest), trusted=True) if digest else None


def _written(blobs: Blobs, document: dict[str, Any]) -> str:
    return blobs.put(json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
