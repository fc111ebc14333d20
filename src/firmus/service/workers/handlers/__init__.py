"""Handlers, one for each kind of job; a kind is a verb of the command line.

Composing verbs (`firmus.tasks.verbs`) take a Brief and make works. Every other kind is one module of this folder, with

``LANE``
    the workers that execute it: ``"compose"``, ``"render"`` (interactive) or ``"study"`` (long-running);
``MAKES``
    key of its result document: ``"works"``, ``"files"``, ``"analysis"`` ...;
``check(spec)``
    rejects a job that is evidently impossible, and every field of the brief that it does not take;
``perform(task) -> JobOutput``
    executes it; its files are on disk when it returns, its rows not yet written;
``FIELDS``
    the fields of the brief that it takes, beside its source;
``OPTIONS``, ``WORKS``, ``BESIDE``, ``SOUND``, ``SOURCE``, ``FORMATS``
    optional: JSON schemas of its options; options that are lists of works, with descriptions, in place of a source and
    beside one; whether its source may be a sound; False if it has no source; the file formats that it produces;
``length(brief)``
    if it generates audio: seconds of it that count for the day's quota.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from firmus import plugins, tasks
from firmus.composing.observer import Observer
from firmus.errors import FormatError, InvalidBrief, unknown
from firmus.score import Score
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import Claim, JobOutput
from firmus.service.workers.handlers import _composing as composing
from firmus.service.workers.handlers import _named
from firmus.service.workers.handlers._files import MUSIC
from firmus.service.workers.handlers._named import FONTS, MOST_WORKS, listed
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.work import Brief

__all__ = [
    "FONTS",
    "KINDS",
    "LANES",
    "MOST_WORKS",
    "MUSIC",
    "JobSpec",
    "bounded",
    "check",
    "described",
    "fields",
    "is_seeded",
    "listed",
    "named",
    "needs_source",
    "options",
    "perform",
    "reserved",
]

KINDS: dict[str, ModuleType] = {
    **dict.fromkeys(tasks.verbs(), composing),
    **{name: plugins.load(__name__, name) for name in plugins.names(__name__)},
}
"""Module of every kind of job."""

LANES = sorted({module.LANE for module in KINDS.values()})
LONGEST = 20_000_000  # ticks of a Score: 10,000 bars of 4/4
_LIST = {"type": "array", "items": {"type": "string", "pattern": "^wrk_[0-9a-f]{28}$"}, "maxItems": MOST_WORKS}


def options(kind: str) -> dict[str, Any]:
    """JSON schemas of what a kind takes beside the brief, by name."""
    works = {**getattr(KINDS[kind], "WORKS", {}), **getattr(KINDS[kind], "BESIDE", {})}
    lists = {name: {**_LIST, "description": description} for name, description in works.items()}
    return {**getattr(KINDS[kind], "OPTIONS", {}), **lists}


def fields(kind: str) -> list[str]:
    """Fields of the brief that a kind takes, beside its source."""
    if kind not in tasks.verbs():
        return list(KINDS[kind].FIELDS)
    verb = tasks.verb(kind).VERB
    offered = [option.name for option in (*tasks.OPTIONS, *verb.options)]
    return [*(piece for piece in verb.pieces if piece != "source"), "bars", "loose", *offered]


def described(kind: str) -> dict[str, Any]:
    """What a kind makes and takes, as a form is built of it."""
    module = KINDS[kind]
    return {
        "makes": module.MAKES,
        "fields": fields(kind),
        "options": options(kind),
        "formats": list(getattr(module, "FORMATS", ())),
        "needs_source": needs_source(kind),
        "takes_sound": hasattr(module, "SOUND"),
    }


def needs_source(kind: str) -> bool:
    """Whether a kind requires a source."""
    if kind in tasks.verbs():
        return bool(tasks.verb(kind).VERB.pieces)
    module = KINDS[kind]
    return not hasattr(module, "WORKS") and getattr(module, "SOURCE", True)


def is_seeded(kind: str) -> bool:
    """Whether the output of a kind depends on a seed."""
    return kind in tasks.verbs() or "seed" in KINDS[kind].FIELDS


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible.

    Raises
    ------
    InvalidBrief, ModelError
    """
    module, kind = KINDS[spec.kind], spec.kind
    if needs_source(kind) and spec.brief.source is None and not spec.is_sound:
        raise InvalidBrief(f"{kind} needs a source: a work, or a Firmus score")
    if spec.is_sound and not hasattr(module, "SOUND"):
        able = [name for name, each in KINDS.items() if hasattr(each, "SOUND")]
        raise InvalidBrief(f"{kind} takes no sound as its source: {', '.join(able)} do; transcribe it first")
    for name, value in spec.options.items():
        _check_option(kind, name, value)
    if spec.formats and module.MAKES != "files":
        raise InvalidBrief(f"formats: {kind} takes none")
    with _named.adapted(spec.named):
        module.check(spec)


def _check_option(kind: str, name: str, value: Any) -> None:
    schemas = options(kind)
    if name not in schemas:
        raise InvalidBrief(unknown("option", name, schemas) if schemas else f"options: {kind} takes none")
    schema = schemas[name]
    if schema["type"] == "array":
        return  # of works, which are looked up later
    if not isinstance(value, str) or len(value) > schema.get("maxLength", 200):
        raise InvalidBrief(f"option {name} must be text of up to {schema.get('maxLength', 200)} characters")
    if value not in schema.get("enum", [value]):
        raise InvalidBrief(unknown(f"option {name}", value, schema["enum"]))


def named(kind: str, brief: Mapping[str, Any], options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names of an adapted model, of SoundFonts and of works that a request has beside its source and target.

    Returns
    -------
    list of (str, str)
        The field or option, and the name.

    Raises
    ------
    InvalidBrief
    """
    return _named.named(KINDS[kind], brief, options)


def reserved(kind: str, brief: Brief) -> float:
    """Seconds of music reserved in the day's quota for a job until it has ended."""
    module = KINDS[kind]
    if module is composing:
        return composing.reserved(kind, brief)
    return float(module.length(brief)) if hasattr(module, "length") else 0.0


def bounded(score: Score) -> Score:
    """An untrusted Score, if its length is plausible.

    Raises
    ------
    FormatError
    """
    if score.end > LONGEST:
        raise FormatError(f"the piece ends at tick {score.end:,}: {LONGEST:,} is the most (480 to the quarter)")
    return score


def input_files(claimed: Claim, blobs: Blobs) -> list[bytes]:
    """All files that a job reads, to be executed elsewhere; deleted works are left to the handler to report."""
    files = {digest: blobs.get(digest) for digest in (claimed.source, claimed.target) if digest}
    others = list(claimed.request.get("named", {}).values())
    if claimed.source and hasattr(KINDS[claimed.kind], "WORKS"):
        others += [digest for digests in json.loads(files[claimed.source]).values() for digest in digests.values()]
    for digest in others:
        with contextlib.suppress(FileNotFoundError):
            files[digest] = blobs.get(digest)
    return list(files.values())


def perform(claimed: Claim, blobs: Blobs, observer: Observer) -> JobOutput:
    """Execute a job; its files are on disk when this returns, its rows are not yet written.

    Raises
    ------
    FirmusError
        If it cannot be done, which another attempt would not change.
    """
    task = Task(claimed, blobs, observer)
    models = [name for where, name in named(claimed.kind, task.brief, task.options) if where == "model"]
    with _named.adapted({name: task.named(name) for name in models}):
        output: JobOutput = KINDS[claimed.kind].perform(task)
    return replace(output, bytes=blobs.existing(output.result).stat().st_size)
