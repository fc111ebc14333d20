"""Problem details (RFC 9457) of every rejected request; the one place that maps errors to HTTP.

``type`` is ``urn:firmus:problem:<name>``; programs distinguish problems by it, people read ``detail``.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from firmus.errors import FirmusError, FormatError, InvalidBrief, InvalidScore, ModelError, cut
from firmus.service.storage.blobs import BlobMissing
from firmus.translation import translate

DAMAGE = ("malformed", "is not a database", "invalid page in block")  # in messages of SQLite and PostgreSQL
MEDIA = "application/problem+json"
KINDS = {
    "bad-request": (400, "The request is malformed"),
    "unauthorised": (401, "A valid API key is needed"),
    "forbidden": (403, "This key may not do that"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This cannot be done there"),
    "gone": (410, "It is no longer there"),
    "conflict": (409, "It is too late for that"),
    "in-flight": (409, "The same request is being served"),
    "too-large": (413, "The request is too large"),
    "storage-exceeded": (413, "The storage of this owner is used up"),
    "unsupported-media-type": (415, "The body is of another type than it should be"),
    "misdirected": (421, "This service is not asked for under that name"),
    "invalid-request": (422, "A field of the request is missing or wrong"),
    "invalid-brief": (422, "What is asked for cannot be composed"),
    "unreadable-music": (422, "The music cannot be read"),
    "unknown-model": (422, "There is no such model"),
    "idempotency-key-reused": (422, "The Idempotency-Key was used for another request"),
    "rate-limited": (429, "Too many requests"),
    "quota-exceeded": (429, "The day's quota of music is used up"),
    "too-many-jobs": (429, "Too many unfinished jobs"),
    "headers-too-large": (431, "The headers are too large"),
    "internal": (500, "Our fault"),
    "busy": (503, "The service is busy"),
    "queue-full": (503, "The queue is full"),
    "disk-full": (507, "There is no room on the disk"),
}
_STATUS = {status: name for name, (status, _) in reversed(KINDS.items())}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Problem(FirmusError):
    """A refusal.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    detail : str
        One line: the value, what is allowed, the likely mistake.
    seconds : float, optional
        After how long it may help to retry.
    errors : list of dict
        For each invalid field, a ``pointer`` into the body and a ``detail``.
    """

    def __init__(
        self, kind: str, detail: str, *, seconds: float | None = None, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.seconds, self.errors = kind, cut(detail), seconds, errors or []

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Problem, seconds=self.seconds, errors=self.errors), (self.kind, self.detail)

    @property
    def status(self) -> int:
        """Status of the response."""
        return KINDS[self.kind][0]

    def document(self, language: str = "en") -> dict[str, Any]:
        """The problem as JSON, what people read in a language, ``"en"`` or ``"zh"``."""
        status, title = KINDS[self.kind]
        members = {"type": f"urn:firmus:problem:{self.kind}", "title": translate(title, language), "status": status}
        members["detail"] = translate(self.detail, language)
        errors = [{**each, "detail": translate(each["detail"], language)} for each in self.errors]
        return {**members, **({"errors": errors} if errors else {})}

    def response(self, request_id: str, headers: Mapping[str, str] | None = None, language: str = "en") -> Response:
        """The response."""
        extra = {
            "Cache-Control": "no-store",
            "Content-Language": language,
            "Vary": "Accept-Language",
            **(headers or {}),
        }
        if self.seconds is not None:
            extra["Retry-After"] = str(max(1, round(self.seconds + 0.5)))
        if self.kind == "unauthorised":
            extra["WWW-Authenticate"] = 'Bearer realm="firmus"'
        content = json.dumps({**self.document(language), "instance": f"urn:firmus:request:{request_id}"})
        return Response(content, self.status, extra, MEDIA)


def of(error: Exception) -> Problem:
    """The problem that corresponds to an error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return Problem(_STATUS.get(error.status_code, "bad-request"), str(error.detail))
    if isinstance(error, FirmusError):
        return Problem(_kind(error), " ".join(str(error).split()))
    if isinstance(error, BlobMissing):
        return Problem("gone", f"{error}: it may be in a backup of the service")
    if isinstance(error, OSError) and error.errno in _FULL:
        return Problem("disk-full", "nothing was written; ask again when there is room", seconds=60)
    if isinstance(error, DBAPIError):
        return _database(error)
    return Problem("internal", "an error that we did not foresee; please report it with this request's id")


def _kind(error: FirmusError) -> str:
    if isinstance(error, ModelError):
        return "unknown-model"
    if isinstance(error, FormatError | InvalidScore):
        return "unreadable-music"
    return "invalid-brief" if isinstance(error, InvalidBrief) else "invalid-request"


def _database(error: DBAPIError) -> Problem:
    if isinstance(error, DataError):
        return Problem("invalid-request", "a value that the database cannot store: it is too large, or no text")
    message = str(error.orig).lower()
    if "full" in message or "disk i/o" in message or "no space" in message:
        return Problem("disk-full", "nothing was written; ask again when there is room", seconds=60)
    if (
        any(word in message for word in ("locked", "busy", "deadlock"))
        or error.connection_invalidated
        or "connect" in message
    ):
        return Problem("busy", "the database does not answer in time: ask again", seconds=2)
    if any(word in message for word in DAMAGE):
        return Problem("busy", "the database is damaged: whoever runs the service must go back to a backup", seconds=60)
    return Problem("internal", "an error of the database; please report it with this request's id")


def _invalid(error: RequestValidationError) -> Problem:
    """The validation errors of FastAPI, with pointers into the body."""
    errors = []
    for each in error.errors():
        place, *path = each["loc"]
        pointer = (
            "/" + "/".join(str(step) for step in path) if place == "body" else f"{place} {' '.join(map(str, path))}"
        )
        errors.append({"pointer": cut(pointer), "detail": cut(str(each["msg"]))})
    first = errors[0] if errors else {"pointer": "", "detail": "it is not what it should be"}
    return Problem("invalid-request", f"{first['pointer']}: {first['detail']}", errors=errors[:20])
