"""What the kinds of job do: each is a verb of the command line.

Composing verbs (`firmus.tasks.verbs`) take a Brief and make works. Every other kind is one module of this folder, with

``LANE``
    the workers that do it: ``"compose"``, ``"render"`` (what people wait for) or ``"study"`` (what takes long);
``MAKES``
    what its result holds: ``"works"``, ``"files"`` or the name of what was found;
``check(asked)``
    refuses what can be seen to be impossible, and every field of the brief that it does not take;
``perform(task) -> Made``
    does it; its files are on disk when it returns, its rows not yet written;
``FIELDS``
    the fields of the brief that it takes, beside its source;
``OPTIONS``, ``WORKS``, ``SOUND``, ``SOURCE``, ``FORMATS``
    where it takes them: JSON schemas of what is asked beside the brief; options that are lists of works, and what they
    are for; whether its source may be a sound; False where it has none; which files it makes;
``length(brief)``
    where it makes something new: seconds of it that count for the day's quota.
"""

from __future__ import annotations

import contextlib
import json
from types import ModuleType
from typing import Any

from firmus import plugins, tasks
from firmus.composing.observer import Observer
from firmus.errors import FormatError, InvalidBrief, unknown
from firmus.score import Score
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import Claim, Made
from firmus.service.workers.handlers import _composing as composing
from firmus.service.workers.handlers._files import MUSIC
from firmus.service.workers.handlers._task import Asked, Task
from firmus.work import Brief

__all__ = [
    "KINDS", "LANES", "MOST_WORKS", "MUSIC", "Asked", "bounded", "check", "draws", "needs_source", "options", "perform",
    "reserved",
]  # fmt: skip

KINDS: dict[str, ModuleType] = {
    **dict.fromkeys(tasks.verbs(), composing),
    **{name: plugins.load(__name__, name) for name in plugins.names(__name__)},
}
"""Module of every kind of job."""

LANES = sorted({module.LANE for module in KINDS.values()})
LONGEST = 20_000_000  # ticks of a Score: 10,000 bars of 4/4
MOST_WORKS = 1000  # of an option that is a list of them
_LIST = {"type": "array", "items": {"type": "string", "pattern": "^wrk_[0-9a-f]{28}$"}, "maxItems": MOST_WORKS}


def options(kind: str) -> dict[str, Any]:
    """JSON schemas of what a kind takes beside the brief, by name."""
    lists = {name: {**_LIST, "description": told} for name, told in getattr(KINDS[kind], "WORKS", {}).items()}
    return {**getattr(KINDS[kind], "OPTIONS", {}), **lists}


def needs_source(kind: str) -> bool:
    """Whether a kind can do nothing without a source."""
    if kind in tasks.verbs():
        return bool(tasks.verb(kind).VERB.pieces)
    module = KINDS[kind]
    return not hasattr(module, "WORKS") and getattr(module, "SOURCE", True)


def draws(kind: str) -> bool:
    """Whether what a kind makes depends on a seed."""
    return kind in tasks.verbs() or "seed" in KINDS[kind].FIELDS


def check(asked: Asked) -> None:
    """Refuse a request that can be seen to be impossible.

    Raises
    ------
    InvalidBrief, ModelError
    """
    module, kind = KINDS[asked.kind], asked.kind
    if needs_source(kind) and asked.brief.source is None and not asked.is_sound:
        raise InvalidBrief(f"{kind} needs a source: a work, or a Firmus score")
    if asked.is_sound and not hasattr(module, "SOUND"):
        able = [name for name, each in KINDS.items() if hasattr(each, "SOUND")]
        raise InvalidBrief(f"{kind} takes no sound as its source: {', '.join(able)} do; transcribe it first")
    for name, value in asked.options.items():
        _check_option(kind, name, value)
    if asked.formats and module.MAKES != "files":
        raise InvalidBrief(f"formats: {kind} takes none")
    module.check(asked)


def _check_option(kind: str, name: str, value: Any) -> None:
    able = options(kind)
    if name not in able:
        raise InvalidBrief(unknown("option", name, able) if able else f"options: {kind} takes none")
    schema = able[name]
    if schema["type"] == "array":
        return  # of works, which are looked up
    if not isinstance(value, str) or len(value) > schema.get("maxLength", 200):
        raise InvalidBrief(f"option {name} must be text of up to {schema.get('maxLength', 200)} characters")
    if value not in schema.get("enum", [value]):
        raise InvalidBrief(unknown(f"option {name}", value, schema["enum"]))


def reserved(kind: str, brief: Brief) -> float:
    """Seconds of music that a job counts for in the day's quota until it is known how many it made."""
    module = KINDS[kind]
    if module is composing:
        return composing.reserved(kind, brief)
    return float(module.length(brief)) if hasattr(module, "length") else 0.0


def bounded(score: Score) -> Score:
    """A stranger's Score, if it is no longer than any music.

    Raises
    ------
    FormatError
    """
    if score.end > LONGEST:
        raise FormatError(f"the piece ends at tick {score.end:,}: {LONGEST:,} is the most (480 to the quarter)")
    return score


def reads(claimed: Claim, blobs: Blobs) -> list[bytes]:
    """All files that a job reads, for whoever does it elsewhere; deleted works are for the kind to miss."""
    found = {digest: blobs.get(digest) for digest in (claimed.source, claimed.target) if digest}
    if claimed.source and hasattr(KINDS[claimed.kind], "WORKS"):
        for listed in json.loads(found[claimed.source]).values():
            for digest in listed.values():
                with contextlib.suppress(FileNotFoundError):
                    found[digest] = blobs.get(digest)
    return list(found.values())


def perform(claimed: Claim, blobs: Blobs, listener: Observer) -> Made:
    """Do a job; its files are on disk when this returns, its rows are not yet written.

    Raises
    ------
    FirmusError
        Where it cannot be done, which another attempt would not change.
    """
    made: Made = KINDS[claimed.kind].perform(Task(claimed, blobs, listener))
    return made
