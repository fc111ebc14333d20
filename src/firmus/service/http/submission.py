"""Submission of jobs: from a request to a Brief, and from a Brief to a queued job."""

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
class Submission:
    """A validated job that can be enqueued.

    Parameters
    ----------
    kind : str
    request : dict
        The stored request: kind, formats, options, the brief with its seed, parent and root of the future works.
    source, target : str, optional
        Digests of the input files.
    seconds : float
        Approximate duration of the music that it will compose.
    bytes : int
        Size of the request and of the pieces that it contains.
    """

    kind: str
    request: dict[str, Any]
    source: str | None
    target: str | None
    seconds: float
    bytes: int


def prepare(
    service: Service,
    caller: Caller,
    kind: str,
    document: dict[str, Any],
    formats: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
) -> Submission:
    """Validate a request, and store the Scores that it contains.

    Raises
    ------
    FirmusError
    """
    if kind not in handlers.KINDS:
        raise InvalidBrief(unknown("kind", kind, handlers.KINDS))
    fields, options = dict(document), dict(options or {})
    source, target = (_resolve(service, caller, name, fields.pop(name, None)) for name in ("source", "target"))
    brief = replace(Brief.of(**fields), source=source.score, target=target.score)
    handlers.check(handlers.JobSpec(kind, brief, formats, options, source.is_sound, service.settings.piece_seconds))
    if handlers.is_seeded(kind) and brief.seed is None:
        fields["seed"] = draw_seed()  # so that every attempt gives the same
    for name, each in (("source", source), ("target", target)):
        if each.reference is not None:
            fields[name] = each.reference
    request: dict[str, Any] = {"kind": kind, "brief": fields}
    if formats:
        request["formats"] = list(dict.fromkeys(formats))
    if options:
        request["options"] = options
    if source.row is not None and not source.is_sound:
        request |= {"parent": source.row.id, "root": source.row.root}
    input_digest = _store_lists(service, caller, kind, options) or source.digest(service)
    digests = (input_digest, target.digest(service))
    new = [digest for digest in digests if digest and digest not in (source.stored, target.stored)]
    size = len(json.dumps(request)) + sum(service.blobs.existing(digest).stat().st_size for digest in new)
    return Submission(kind, request, *digests, handlers.reserved(kind, brief), size)


def _store_lists(service: Service, caller: Caller, kind: str, options: Mapping[str, Any]) -> str | None:
    """Digest of a stored file with the works of a kind that takes lists of them, and the digests of their Scores."""
    names = [name for name in getattr(handlers.KINDS[kind], "WORKS", {}) if name in options]
    every = getattr(handlers.KINDS[kind], "EVERY", None)
    if not names and not every:
        return None
    lists: dict[str, dict[str, str]] = {}
    with service.store.read() as connection:
        for name in names:
            ids = options[name]
            if not isinstance(ids, list) or len(ids) > handlers.MOST_WORKS:
                raise InvalidBrief(f"option {name} must be a list of up to {handlers.MOST_WORKS} works")
            lists[name] = {each: _work(connection, caller, name, each)[1] for each in ids}
        if every and every not in lists:
            lists[every] = works.latest(connection, caller.owner, handlers.MOST_WORKS)
    return service.blobs.put(json.dumps(lists).encode())


def _work(connection: Connection, caller: Caller, name: str, work_id: Any) -> tuple[Row[Any], str]:
    """Row of a work, and digest of its Score."""
    if isinstance(work_id, str):
        row = works.find(connection, work_id, caller.owner)
        if row is not None:
            return row, str(works.files(connection, work_id)["json"].digest)
    raise Problem("not-found", f"{name}: there is no work {str(work_id)[:60]!r} of yours")


def enqueue(
    connection: Connection, caller: Caller, submission: Submission, webhook: str | None = None, **values: Any
) -> str:
    """Enqueue a job, and schedule its webhook; the job's identifier."""
    name = jobs.add(
        connection,
        owner=caller.owner,
        kind=submission.kind,
        request=submission.request,
        lane=handlers.KINDS[submission.kind].LANE,
        source=submission.source,
        target=submission.target,
        seconds=submission.seconds,
        bytes=submission.bytes,
        **values,
    )
    if webhook:
        webhooks.add(connection, name, webhook)
    return name


@dataclass(frozen=True, slots=True)
class _Source:
    """A source or target, given by the name of a work or a sound, or as a Score."""

    score: Score | None = None
    row: Row[Any] | None = None
    stored: str | None = None
    reference: dict[str, Any] | None = None
    is_sound: bool = False

    def digest(self, service: Service) -> str | None:
        """Digest of the file, which is stored if needed."""
        if self.stored or self.score is None:
            return self.stored
        return service.blobs.put(works.score_bytes(self.score))


def _resolve(service: Service, caller: Caller, name: str, document: Any) -> _Source:
    if document is None:
        return _Source()
    if not isinstance(document, dict):
        raise InvalidBrief(f"{name} must be an object: {{'work': …}}, {{'sound': …}} or a Firmus score")
    if "work" not in document and "sound" not in document:
        return _Source(handlers.bounded(from_dict(document)), reference={"format": document["format"]})
    if len(document) != 1:
        raise InvalidBrief(f"{name} must name a work or a sound, and nothing else: {{'work': 'wrk_…'}}")
    with service.store.read() as connection:
        if "work" in document:
            row, digest = _work(connection, caller, name, document["work"])
            return _Source(formats.read(service.blobs.get(digest), trusted=True), row, digest, document)
        sound = sounds.find(connection, document["sound"], caller.owner)
    if sound is None or name != "source":
        raise Problem("not-found", f"{name}: there is no sound {str(document['sound'])[:60]!r} of yours")
    return _Source(None, sound, sound.digest, {**document, "name": sound.title}, is_sound=True)
