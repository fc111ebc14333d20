"""Requests, defined once for both clients: what is sent, and how the response is parsed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx

from firmus.client.records import ENDED, Batch, Event, Job, JobSummary, Refused, Sound, Unreachable, Work, record
from firmus.errors import FirmusError
from firmus.formats.json import to_dict
from firmus.score import Score

Result = TypeVar("Result")
RECONNECT_DELAY = 0.5  # seconds before reconnecting to a stream that ended early
RETRYABLE = ("in-flight", "rate-limited", "busy", "queue-full", "disk-full")
LONGEST_DELAY = 60.0  # seconds; where the service demands more, there is no retry
STREAM_TIMEOUT = 45.0  # seconds; a stream has a keepalive every 15
LONGEST_WAIT = 30  # seconds that one request waits for a job's end
NAMES = {"mid": "midi", "zip": "stems"}  # of files, by extension; the others are the extension itself
COLLECTIONS = {"snd_": "sounds", "job_": "jobs", "bat_": "batches"}  # by the beginning of an identifier
Thing = Work | Sound | JobSummary | Batch | str


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """One request; `read` parses a successful response.

    Parameters
    ----------
    method, path : str
    read : callable
    params, headers : mapping of str to str
    json : object
        Body, if it is JSON.
    content : bytes
        Body, if it is a file.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], Result]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None

    def request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """The request as httpx sends it."""
        return http.build_request(
            self.method,
            self.path,
            params=dict(self.params),
            headers=dict(self.headers),
            json=self.json,
            content=self.content,
        )


@dataclass(slots=True)
class Retry:
    """Whether, and after how long, a failed request is retried: exponential backoff with jitter.

    Parameters
    ----------
    attempts : int
        Maximal number of attempts.
    """

    attempts: int
    sent: int = 0

    def delay(self, error: FirmusError) -> float:
        """Seconds until the next attempt.

        Raises
        ------
        FirmusError
            `error` itself, if it is not retryable, or there are no attempts left.
        """
        self.sent += 1
        retry_after = error.seconds if isinstance(error, Refused) else None
        retryable = isinstance(error, Unreachable) or (isinstance(error, Refused) and error.kind in RETRYABLE)
        if not retryable or self.sent >= self.attempts or (retry_after or 0) > LONGEST_DELAY:
            raise error
        return retry_after or min(8.0, 0.25 * 2**self.sent) * random.uniform(0.5, 1.0)


def settings(url: str, key: str | None) -> dict[str, Any]:
    """Arguments of both httpx clients.

    Raises
    ------
    FirmusError
        If the URL is invalid.
    """
    if not url.startswith(("http://", "https://")):
        raise FirmusError(f"{url!r} is no address of a service: http://127.0.0.1:8340 would be one")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url, "headers": headers, "timeout": httpx.Timeout(30.0, read=LONGEST_WAIT + 30.0)}


def read(call: Call[Result], response: httpx.Response) -> Result:
    """Parse a response.

    Raises
    ------
    Refused, Unreachable
    """
    if not response.is_success:
        raise refusal(response)
    try:
        return call.read(response)
    except (ValueError, TypeError, LookupError, AttributeError):
        raise FirmusError(f"{response.request.url}: the answer is none of Firmus's; is the address right?") from None


def refusal(response: httpx.Response) -> Refused:
    """The refusal of an error response, also of one by a proxy without problem details."""
    try:
        document = response.json()
        if not isinstance(document, dict) or "detail" not in document:
            raise ValueError
    except ValueError:
        detail = f"{response.request.url}: {response.status_code} {response.reason_phrase}"
        kind = "busy" if response.status_code in (429, 502, 503, 504) else "unknown"
        document = {"type": f"urn:firmus:problem:{kind}", "status": response.status_code, "detail": detail}
    retry_after = response.headers.get("Retry-After", "")
    return Refused(document, float(retry_after) if retry_after.isdecimal() else None)


def unreachable(error: httpx.RequestError, url: object) -> Unreachable:
    """The error of a broken connection."""
    return Unreachable(f"{url}: {str(error) or type(error).__name__}; does firmus serve run there?")


def name(thing: Thing) -> str:
    """Identifier of a thing of the service."""
    return thing if isinstance(thing, str) else thing.id


def submit(
    kind: str,
    brief: Mapping[str, Any],
    formats: Sequence[str],
    options: Mapping[str, Any] | None,
    webhook: str | None,
    key: str | None,
) -> Call[Job]:
    """Submit a job."""
    body: dict[str, Any] = {"kind": kind, "brief": _brief(brief)}
    body |= {"formats": list(formats)} if formats else {}
    body |= {"options": _options(options)} if options else {}
    body |= {"webhook": webhook} if webhook else {}
    return Call("POST", "/v1/jobs", _reader(Job), headers=_idempotency_header(key), json=body)


def submit_all(kind: str, briefs: Iterable[Mapping[str, Any]], webhook: str | None, key: str | None) -> Call[Batch]:
    """Submit many jobs of a kind."""
    body: dict[str, Any] = {"kind": kind, "briefs": [_brief(brief) for brief in briefs]}
    body |= {"webhook": webhook} if webhook else {}
    return Call("POST", "/v1/batches", _reader(Batch), headers=_idempotency_header(key), json=body)


def job(thing: Thing, wait: float = 0) -> Call[Job]:
    """Get a job, after so many seconds or at its end."""
    headers = {"Prefer": f"wait={max(1, round(min(wait, LONGEST_WAIT)))}"} if wait > 0 else {}
    return Call("GET", f"/v1/jobs/{name(thing)}", _reader(Job), headers=headers)


def cancel(thing: JobSummary | str) -> Call[Job]:
    """Cancel a job."""
    return Call("POST", f"/v1/jobs/{name(thing)}/cancel", _reader(Job))


def batch(thing: Batch | str) -> Call[Batch]:
    """Get a batch."""
    return Call("GET", f"/v1/batches/{name(thing)}", _reader(Batch))


def archive(thing: Batch | str) -> Call[bytes]:
    """Fetch all works of a batch, as a ZIP archive."""
    return Call("GET", f"/v1/batches/{name(thing)}/zip", _content)


def upload(music: str | Path | bytes | Score, parent: Work | str | None, key: str | None) -> Call[Work]:
    """Upload music."""
    params = {"parent": name(parent)} if parent else {}
    return _upload("works", Work, _file(music), params, key)


def upload_sound(sound: str | Path | bytes, title: str | None, key: str | None) -> Call[Sound]:
    """Upload a recording."""
    title = title if title is not None else "" if isinstance(sound, bytes) else Path(sound).stem
    return _upload("sounds", Sound, _file(sound), {"title": title} if title else {}, key)


def work(thing: Work | str) -> Call[Work]:
    """Get a work."""
    return Call("GET", f"/v1/works/{name(thing)}", _reader(Work))


def fetch(thing: Work | JobSummary | str, kind: str) -> Call[bytes | None]:
    """Fetch a file of a work or a job; None while it is still being produced."""
    collection = "jobs" if name(thing).startswith("job_") else "works"
    return Call("GET", f"/v1/{collection}/{name(thing)}/files/{kind}", _content_if_ready)


def delete(thing: Thing) -> Call[None]:
    """Delete a work, a sound, a job or a batch."""
    collection = COLLECTIONS.get(name(thing)[:4], "works")
    return Call("DELETE", f"/v1/{collection}/{name(thing)}", lambda response: None)


def document(path: str) -> Call[dict[str, Any]]:
    """Get the JSON document at a path."""
    return Call("GET", path, httpx.Response.json)


def page(
    collection: str, kind: type[Result], filters: Mapping[str, str | None]
) -> Call[tuple[list[Result], str | None]]:
    """A page of a list, the newest first, and the cursor of the next."""

    def read(response: httpx.Response) -> tuple[list[Result], str | None]:
        body = response.json()
        return [record(kind, each) for each in body["items"]], body["next"]

    return Call("GET", f"/v1/{collection}", read, {name: value for name, value in filters.items() if value})


def next_page(call: Call[Result], cursor: str) -> Call[Result]:
    """The next page."""
    return replace(call, params={**call.params, "cursor": cursor})


def file_name(path: Path) -> str:
    """The service's name of the file format of a path's extension.

    Examples
    --------
    >>> file_name(Path("evening.mid")), file_name(Path("evening.mp3")), file_name(Path("parts.zip"))
    ('midi', 'mp3', 'stems')
    """
    ending = path.suffix.lower().removeprefix(".")
    if not ending.isalnum():
        raise FirmusError(f"{path}: the ending says what is fetched, such as .mid, .musicxml, .mp3 or .svg")
    return NAMES.get(ending, ending)


@dataclass(slots=True)
class EventStream:
    """Parser of a job's server-sent events, line by line, which can resume after a broken connection.

    Parameters
    ----------
    job : str
    last : int
        Number of the last event that is known.

    Examples
    --------
    >>> stream = EventStream("job_1", 0)
    >>> [stream.feed(line) for line in ("id: 1", "event: state", 'data: {"state": "succeeded"}', "")][-1]
    Event(number=1, kind='state', data={'state': 'succeeded'})
    >>> stream.is_over, stream.request["headers"]["Last-Event-ID"]
    (True, '1')
    """

    job: str
    last: int
    is_over: bool = False
    _last_when_over: int = -1
    _fields: dict[str, str] = field(default_factory=dict)

    @property
    def request(self) -> dict[str, Any]:
        """Arguments of the request that starts or resumes the stream; an incomplete event is discarded."""
        self._fields = {}
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(self.last)}
        return {"method": "GET", "url": f"/v1/jobs/{self.job}/events", "headers": headers, "timeout": STREAM_TIMEOUT}

    def is_complete(self, job: Job) -> bool:
        """Whether there will be no more events, given the job after the service closed the stream.

        It closes streams when it shuts down, and at once those of ended jobs without further events.
        """
        last_when_over, self._last_when_over = self._last_when_over, self.last if job.is_over else -1
        return self.is_over or (job.is_over and last_when_over == self.last)

    def feed(self, line: str) -> Event | None:
        """Parse a line; an event, if the line completes one."""
        if line:
            field_name, _, value = line.partition(":")
            self._fields[field_name] = value.removeprefix(" ")
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        event = Event(int(fields["id"]), fields["event"], httpx.Response(200, content=fields["data"]).json())
        self.last, self.is_over = event.number, event.data.get("state") in ENDED
        return event


def _reader(kind: type[Result]) -> Callable[[httpx.Response], Result]:
    return lambda response: record(kind, response.json())


def _content(response: httpx.Response) -> bytes:
    return response.content


def _content_if_ready(response: httpx.Response) -> bytes | None:
    return None if response.status_code == httpx.codes.ACCEPTED else response.content


def _idempotency_header(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid.uuid4())}


def _upload(collection: str, kind: type[Result], data: bytes, params: dict[str, str], key: str | None) -> Call[Result]:
    headers = {**_idempotency_header(key), "Content-Type": "application/octet-stream"}
    return Call("POST", f"/v1/{collection}", _reader(kind), params, headers, content=data)


def _file(music: str | Path | bytes | Score) -> bytes:
    """Content of an upload."""
    if isinstance(music, bytes):
        return music
    if isinstance(music, Score):
        import json

        return json.dumps(to_dict(music)).encode()
    try:
        return Path(music).read_bytes()
    except OSError as error:
        raise FirmusError(f"{music}: {error.strerror or error}") from None


def _brief(brief: Mapping[str, Any]) -> dict[str, Any]:
    """A brief as JSON, with pieces by identifier or in full."""
    return {name: _source(value) for name, value in brief.items() if value is not None}


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        option: [name(each) for each in value] if isinstance(value, list | tuple) else value
        for option, value in options.items()
    }


def _source(value: Any) -> Any:
    if isinstance(value, Score):
        return to_dict(value)
    if isinstance(value, Work | Sound):
        return {"work" if isinstance(value, Work) else "sound": value.id}
    return value
