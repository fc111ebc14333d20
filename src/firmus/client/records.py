"""Records of the service: jobs, works, sounds, batches, events, refusals.

The fields are those of the service's responses (``/openapi.json``). Unknown fields of a newer service are ignored, so
that an older client keeps working.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeVar

from firmus.errors import FirmusError

ENDED = ("succeeded", "failed", "canceled")
Record = TypeVar("Record")


class Refused(FirmusError):
    """A request that the service rejected, or a job that failed.

    Parameters
    ----------
    document : mapping
        The problem details (RFC 9457).
    seconds : float, optional
        The service's ``Retry-After``.

    Examples
    --------
    >>> problem = Refused({"type": "urn:firmus:problem:invalid-brief", "status": 422, "detail": "tempo 999 must be …"})
    >>> problem.kind, str(problem)
    ('invalid-brief', 'tempo 999 must be …')
    """

    def __init__(self, document: Mapping[str, Any], seconds: float | None = None) -> None:
        self.document, self.seconds = dict(document), seconds
        self.type: str = document.get("type", "about:blank")
        self.title: str = document.get("title", "")
        self.detail: str = document.get("detail", "") or self.title
        self.status: int | None = document.get("status")
        self.instance: str | None = document.get("instance")
        self.errors: list[dict[str, str]] = document.get("errors", [])
        super().__init__(self.detail)

    @property
    def kind(self) -> str:
        """Last word of the `type`: ``"invalid-brief"``, ``"quota-exceeded"`` ..."""
        return self.type.rpartition(":")[2]


class Unreachable(FirmusError):
    """No service answers there, or its responses broke off, in every attempt."""


@dataclass(frozen=True, slots=True)
class Work:
    """A work: one immutable revision of a piece. `summary` has bars, notes, key, parts, seconds."""

    id: str
    title: str = ""
    parent: str | None = None
    root: str | None = None
    job: str | None = None
    ai_generated: bool = False
    summary: dict[str, Any] = field(default_factory=dict)
    created: str = ""
    links: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording, to be analysed or transcribed."""

    id: str
    title: str
    bytes: int
    created: str
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job as lists have it; `Client.job` gives the rest."""

    id: str
    kind: str
    state: str
    attempt: int
    seconds: float
    batch: str | None
    created: str
    started: str | None
    ended: str | None
    erased: str | None
    links: dict[str, str]

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Job(JobSummary):
    """Snapshot of a job; see the service's documentation for each field."""

    request: dict[str, Any]
    progress: dict[str, Any] | None
    ahead: int | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    webhook: str | None

    @property
    def works(self) -> list[Work]:
        """The works that it composed, best first: identifier, title and links; `Client.work` fetches the rest."""
        works = (self.result or {}).get("works", [])
        return [
            Work(each["id"], each["title"], job=self.id, links={"self": f"/v1/works/{each['id']}"}) for each in works
        ]

    def checked(self) -> Job:
        """The job itself, if it has not failed and was not canceled.

        Raises
        ------
        Refused
        """
        if self.error:
            raise Refused(self.error)
        if self.state == "canceled":
            raise Refused({"type": "urn:firmus:problem:canceled", "detail": f"job {self.id} was canceled"})
        return self


@dataclass(frozen=True, slots=True)
class Batch:
    """Snapshot of a batch: how many of its jobs are in each state."""

    id: str
    kind: str
    total: int
    states: dict[str, int]
    webhook: str | None
    created: str
    links: dict[str, str]

    @property
    def is_over(self) -> bool:
        """Whether all of its jobs have ended, or were deleted."""
        return all(state in ENDED for state, total in self.states.items() if total)


class Event(NamedTuple):
    """An event of a job.

    Its number from 1; its kind, ``"state"``, ``"progress"``, ``"piece"`` or ``"bar"``; and its data.
    """

    number: int
    kind: str
    data: dict[str, Any]


def record(kind: type[Record], document: Mapping[str, Any]) -> Record:
    """A record of a kind from its JSON.

    Examples
    --------
    >>> record(Work, {"id": "wrk_1", "title": "Evening", "a newer service's field": 1}).title
    'Evening'
    """
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in document.items() if name in known})
