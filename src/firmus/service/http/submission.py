"""Submission of jobs: from a request to a Brief, and from a Brief to a queued job."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from firmus import formats as formats_
from firmus.composing.commission import draw_seed
from firmus.errors import InvalidBrief, unknown
from firmus.formats.json import from_dict
from firmus.score import Score
from firmus.service.http.dependencies import Service
from firmus.service.http.pool import SHORT
from firmus.service.problems import Problem
from firmus.service.storage import jobs, sounds, works
from firmus.service.storage.blobs import Blobs
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


@dataclass(frozen=True, slots=True)
class _Source:
    """A source or target, given by the name of a work or a sound, or as a Score.

    Parameters
    ----------
    document : dict, optional
        The Score, as it was given.
    stored : str, optional
        Digest of the file of a work or a sound.
    work, root : str, optional
        Names of the work, and of the first in its tree.
    reference : dict, optional
        What the stored request has of it.
    is_sound : bool
    """

    document: dict[str, Any] | None = None
    stored: str | None = None
    work: str | None = None
    root: str | None = None
    reference: dict[str, Any] | None = None
    is_sound: bool = False

    def read(self, read: Callable[[str], Score]) -> Score | None:
        """The Score, if it is given as one or by a work."""
        if self.document is not None:
            return handlers.bounded(from_dict(self.document))
        return None if self.stored is None or self.is_sound else read(self.stored)


@dataclass(frozen=True, slots=True)
class Draft:
    """A request whose works and sounds were found; its music is not read yet.

    Parameters
    ----------
    kind : str
    fields : dict
        The brief, without source and target.
    formats : sequence of str
    options : dict
    source, target : _Source
    lists : str, optional
        Digest of the lists of works, for a kind that takes them.
    named : dict of str to str
        Digests of what else it names: an adapted model, SoundFonts, works.
    """

    kind: str
    fields: dict[str, Any]
    formats: Sequence[str]
    options: dict[str, Any]
    source: _Source
    target: _Source
    lists: str | None
    named: dict[str, str]


def find(
    service: Service,
    caller: Caller,
    kind: str,
    document: dict[str, Any],
    formats: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
) -> Draft:
    """Find the works and sounds that a request names.

    Raises
    ------
    FirmusError
    """
    if kind not in handlers.KINDS:
        raise InvalidBrief(unknown("kind", kind, handlers.KINDS))
    fields, options = dict(document), dict(options or {})
    source, target = (_resolve(service, caller, name, fields.pop(name, None)) for name in ("source", "target"))
    if _takes_lists(kind):  # what is evidently wrong is told before a work that is not there
        longest = service.settings.piece_seconds
        handlers.check(handlers.JobSpec(kind, Brief.of(**fields), formats, options, source.is_sound, longest))
    lists, named = _store_lists(service, caller, kind, options), _find_named(service, caller, kind, fields, options)
    return Draft(kind, fields, formats, options, source, target, lists, named)


def is_short(service: Service, drafts: Sequence[Draft], body: int) -> bool:
    """Whether requests are checked in no time: bytes of their body, and of the works that they name, are few."""
    digests = {each.stored for draft in drafts for each in (draft.source, draft.target) if each.stored}
    return body + sum(service.blobs.existing(digest).stat().st_size for digest in digests) < SHORT


def examine(folder: Path, longest: float, drafts: Sequence[Draft]) -> list[Submission]:
    """Read the music of requests, check what is asked of it, and store the Scores that they contain.

    Parameters
    ----------
    folder : Path
        Of the files.
    longest : float
        Seconds of a piece at most.
    drafts : sequence of Draft

    Raises
    ------
    FirmusError
    """
    blobs = Blobs(folder)
    read = cache(lambda digest: formats_.read(blobs.get(digest), trusted=True))
    return [_examine(blobs, read, longest, draft) for draft in drafts]


def _examine(blobs: Blobs, read: Callable[[str], Score], longest: float, draft: Draft) -> Submission:
    kind, fields, given = draft.kind, dict(draft.fields), {"source": draft.source, "target": draft.target}
    scores: dict[str, Any] = {name: each.read(read) for name, each in given.items()}
    brief = replace(Brief.of(**fields), **scores)
    named = {name: blobs.existing(digest) for name, digest in draft.named.items()}
    handlers.check(handlers.JobSpec(kind, brief, draft.formats, draft.options, draft.source.is_sound, longest, named))
    if handlers.is_seeded(kind) and brief.seed is None:
        fields["seed"] = draw_seed()  # so that every attempt gives the same
    digests = {}
    for name, each in given.items():
        score = scores[name]
        digests[name] = blobs.put(works.score_bytes(score)) if score is not None and not each.stored else each.stored
        if each.reference is not None:
            fields[name] = each.reference
    request: dict[str, Any] = {"kind": kind, "brief": fields}
    if draft.formats:
        request["formats"] = list(dict.fromkeys(draft.formats))
    if draft.options:
        request["options"] = draft.options
    if draft.named:
        request["named"] = draft.named
    if draft.source.work:
        request |= {"parent": draft.source.work, "root": draft.source.root}
    inputs = (draft.lists or digests["source"], digests["target"])
    new = [digest for digest in inputs if digest and digest not in (draft.source.stored, draft.target.stored)]
    size = len(json.dumps(request)) + sum(blobs.existing(digest).stat().st_size for digest in new)
    return Submission(kind, request, *inputs, handlers.reserved(kind, brief), size)


def _takes_lists(kind: str) -> bool:
    module = handlers.KINDS[kind]
    return hasattr(module, "WORKS") or hasattr(module, "EVERY")


def _store_lists(service: Service, caller: Caller, kind: str, options: Mapping[str, Any]) -> str | None:
    """Digest of a stored file with the works of a kind that takes lists of them, and the digests of their Scores."""
    names = [name for name in getattr(handlers.KINDS[kind], "WORKS", {}) if name in options]
    every = getattr(handlers.KINDS[kind], "EVERY", None)
    if not names and not every:
        return None
    lists: dict[str, dict[str, str]] = {}
    with service.store.read() as connection:
        for name in names:
            ids = handlers.listed(name, options[name])
            lists[name] = {each: _work(connection, caller, name, each)[1] for each in ids}
        if every and every not in lists:
            lists[every] = works.latest(connection, caller.owner, handlers.MOST_WORKS)
    return service.blobs.put(json.dumps(lists).encode())


def _find_named(
    service: Service, caller: Caller, kind: str, fields: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, str]:
    """Digests of what a request names beside its source and target."""
    with service.store.read() as connection:
        return {
            name: _font(connection, caller, where, name)
            if where in handlers.FONTS
            else _model(connection, caller, name)
            if where == "model"
            else _work(connection, caller, where, name)[1]
            for where, name in handlers.named(kind, fields, options)
        }


def _font(connection: Connection, caller: Caller, where: str, name: str) -> str:
    """Digest of a SoundFont."""
    row = sounds.find(connection, name, caller.owner)
    if row is None:
        raise Problem("not-found", f"{where}: there is no sound {name[:60]!r} of yours")
    return str(row.digest)


def _model(connection: Connection, caller: Caller, name: str) -> str:
    """Digest of the archive of a model that a job adapted."""
    row = jobs.find(connection, name, caller.owner)
    file = works.files(connection, row.id).get("adapter") if row else None
    if file is None:
        raise Problem("not-found", f"model: there is no job {name} of yours that has adapted one")
    return str(file.digest)


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


def _resolve(service: Service, caller: Caller, name: str, document: Any) -> _Source:
    if document is None:
        return _Source()
    if not isinstance(document, dict):
        raise InvalidBrief(f"{name} must be an object: {{'work': …}}, {{'sound': …}} or a Firmus score")
    if "work" not in document and "sound" not in document:
        return _Source(document, reference={"format": document.get("format")})
    if len(document) != 1:
        raise InvalidBrief(f"{name} must name a work or a sound, and nothing else: {{'work': 'wrk_…'}}")
    with service.store.read() as connection:
        if "work" in document:
            row, digest = _work(connection, caller, name, document["work"])
            return _Source(None, digest, row.id, row.root, document)
        sound = sounds.find(connection, document["sound"], caller.owner)
    if sound is None or name != "source":
        raise Problem("not-found", f"{name}: there is no sound {str(document['sound'])[:60]!r} of yours")
    return _Source(None, sound.digest, reference={**document, "name": sound.title}, is_sound=True)
