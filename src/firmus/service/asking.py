"""From what came over the wire to a Brief, and from a Brief to a job."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row

from firmus import formats
from firmus.errors import InvalidBrief
from firmus.formats.json import from_dict
from firmus.score import Score
from firmus.service import jobs, kinds, works
from firmus.service.access import Service
from firmus.service.keys import Caller
from firmus.service.problems import Problem
from firmus.tasks import VERBS
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
    service: Service, caller: Caller, kind: str, document: dict[str, Any], wanted: list[str]
) -> Order:  # fmt: skip
    """Check what is asked, and put the Scores that come with it on disk.

    Raises
    ------
    FirmusError
    """
    given = dict(document)
    source, target = (_given(service, caller, name, given.pop(name, None)) for name in ("source", "target"))
    brief = replace(Brief.of(**given), source=source.score, target=target.score)
    kinds.check(kind, brief, wanted, service.settings.piece_seconds)
    if kind in VERBS and brief.seed is None:
        given["seed"] = secrets.randbelow(2**31)  # so that whoever does the job makes the same
    for name, each in (("source", source), ("target", target)):
        if each.shown is not None:
            given[name] = each.shown
    request: dict[str, Any] = {"kind": kind, "brief": given}
    if wanted:
        request["formats"] = list(dict.fromkeys(wanted))
    if source.row is not None:
        request |= {"parent": source.row.id, "root": source.row.root}
    return Order(kind, request, source.digest(service), target.digest(service), kinds.reserved(kind, brief))


def place(connection: Connection, caller: Caller, made: Order, **values: Any) -> str:
    """Write a job; its identifier."""
    return jobs.add(
        connection, owner=caller.owner, kind=made.kind, request=made.request, lane=kinds.LANES[made.kind],
        source=made.source, target=made.target, seconds=made.seconds, **values,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Given:
    """A Score as it was given: by the name of a work, or itself."""

    score: Score | None = None
    row: Row[Any] | None = None
    kept: str | None = None
    shown: dict[str, Any] | None = None

    def digest(self, service: Service) -> str | None:
        """Digest of the Score's file, which is written if need be."""
        if self.kept or self.score is None:
            return self.kept
        return service.blobs.put(works.score_bytes(self.score))


def _given(service: Service, caller: Caller, name: str, document: Any) -> _Given:
    if document is None:
        return _Given()
    if not isinstance(document, dict):
        raise InvalidBrief(f"{name} must be an object: {{'work': …}}, or a Firmus score")
    if "work" not in document:
        return _Given(kinds.bounded(from_dict(document)), shown={"format": document["format"]})
    wanted = document["work"]
    if not isinstance(wanted, str) or len(document) != 1:
        raise InvalidBrief(f"{name} must name a work, and nothing else: {{'work': 'wrk_…'}}")
    with service.store.read() as connection:
        row = works.find(connection, wanted, caller.owner)
        kept = works.files(connection, wanted)["json"].digest if row else None
    if row is None or kept is None:
        raise Problem("not-found", f"{name}: there is no work {wanted[:60]!r} of yours")
    return _Given(formats.read(service.blobs.get(kept), trusted=True), row, kept, document)
