"""From what came over the wire to a Brief, and from a Brief to a job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row

from firmus import formats
from firmus.composing.commission import draw_seed
from firmus.errors import InvalidBrief, unknown
from firmus.formats.json import from_dict
from firmus.score import Score
from firmus.service.http.dependencies import Service
from firmus.service.problems import Problem
from firmus.service.storage import jobs, sounds, works
from firmus.service.storage.keys import Caller
from firmus.service.workers import handlers, webhooks
from firmus.work import Brief


@dataclass(frozen=True, slots=True)
class Order:
    """A job that has been checked and can be written.

    Parameters
    ----------
    kind : str
    request : dict
        What is kept: kind, formats, the brief with its seed, the parent of what will be made.
    source, target : str, optional
        Digests of the Scores that are read.
    seconds : float
        Of music, about.
    """

    kind: str
    request: dict[str, Any]
    source: str | None
    target: str | None
    seconds: float


def order(
    service: Service, caller: Caller, kind: str, document: dict[str, Any], wanted: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
) -> Order:  # fmt: skip
    """Check what is asked, and put the Scores that come with it on disk.

    Raises
    ------
    FirmusError
    """
    if kind not in handlers.KINDS:
        raise InvalidBrief(unknown("kind", kind, handlers.KINDS))
    given, asked_for = dict(document), dict(options or {})
    source, target = (_given(service, caller, name, given.pop(name, None)) for name in ("source", "target"))
    brief = replace(Brief.of(**given), source=source.score, target=target.score)
    handlers.check(handlers.Asked(kind, brief, wanted, asked_for, source.is_sound, service.settings.piece_seconds))
    if handlers.draws(kind) and brief.seed is None:
        given["seed"] = draw_seed()  # so that whoever does the job makes the same
    for name, each in (("source", source), ("target", target)):
        if each.shown is not None:
            given[name] = each.shown
    request: dict[str, Any] = {"kind": kind, "brief": given}
    if wanted:
        request["formats"] = list(dict.fromkeys(wanted))
    if asked_for:
        request["options"] = asked_for
    if source.row is not None and not source.is_sound:
        request |= {"parent": source.row.id, "root": source.row.root}
    read = _listed(service, caller, kind, asked_for) or source.digest(service)
    return Order(kind, request, read, target.digest(service), handlers.reserved(kind, brief))


def _listed(service: Service, caller: Caller, kind: str, options: Mapping[str, Any]) -> str | None:
    """Digest of a file that says which works a kind reads that takes lists of them, and where their Scores are."""
    names = [name for name in getattr(handlers.KINDS[kind], "WORKS", {}) if name in options]
    every = getattr(handlers.KINDS[kind], "EVERY", None)
    if not names and not every:
        return None
    found: dict[str, dict[str, str]] = {}
    with service.store.read() as connection:
        for name in names:
            ids = options[name]
            if not isinstance(ids, list) or len(ids) > handlers.MOST_WORKS:
                raise InvalidBrief(f"option {name} must be a list of up to {handlers.MOST_WORKS} works")
            found[name] = {each: _work(connection, caller, name, each)[1] for each in ids}
        if every and every not in found:
            found[every] = works.latest(connection, caller.owner, handlers.MOST_WORKS)
    return service.blobs.put(json.dumps(found).encode())


def _work(connection: Connection, caller: Caller, name: str, wanted: Any) -> tuple[Row[Any], str]:
    """Row of a work, and digest of its Score."""
    if isinstance(wanted, str):
        row = works.find(connection, wanted, caller.owner)
        if row is not None:
            return row, str(works.files(connection, wanted)["json"].digest)
    raise Problem("not-found", f"{name}: there is no work {str(wanted)[:60]!r} of yours")


def place(connection: Connection, caller: Caller, made: Order, webhook: str | None = None, **values: Any) -> str:
    """Write a job, and where its end is to be told; its identifier."""
    name = jobs.add(
        connection, owner=caller.owner, kind=made.kind, request=made.request, lane=handlers.KINDS[made.kind].LANE,
        source=made.source, target=made.target, seconds=made.seconds, **values,
    )  # fmt: skip
    if webhook:
        webhooks.add(connection, name, webhook)
    return name


@dataclass(frozen=True, slots=True)
class _Given:
    """A source as it was given: by the name of a work or a sound, or itself."""

    score: Score | None = None
    row: Row[Any] | None = None
    kept: str | None = None
    shown: dict[str, Any] | None = None
    is_sound: bool = False

    def digest(self, service: Service) -> str | None:
        """Digest of the file, which is written if need be."""
        if self.kept or self.score is None:
            return self.kept
        return service.blobs.put(works.score_bytes(self.score))


def _given(service: Service, caller: Caller, name: str, document: Any) -> _Given:
    if document is None:
        return _Given()
    if not isinstance(document, dict):
        raise InvalidBrief(f"{name} must be an object: {{'work': …}}, {{'sound': …}} or a Firmus score")
    if "work" not in document and "sound" not in document:
        return _Given(handlers.bounded(from_dict(document)), shown={"format": document["format"]})
    if len(document) != 1:
        raise InvalidBrief(f"{name} must name a work or a sound, and nothing else: {{'work': 'wrk_…'}}")
    with service.store.read() as connection:
        if "work" in document:
            row, kept = _work(connection, caller, name, document["work"])
            return _Given(formats.read(service.blobs.get(kept), trusted=True), row, kept, document)
        heard = sounds.find(connection, document["sound"], caller.owner)
    if heard is None or name != "source":
        raise Problem("not-found", f"{name}: there is no sound {str(document['sound'])[:60]!r} of yours")
    return _Given(None, heard, heard.digest, {**document, "name": heard.title}, is_sound=True)
