"""Requests, each said once for both clients: what is sent, and how its answer is read."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx

from firmus.client.records import ENDED, Batch, Event, Job, Refused, Sound, Unreachable, Work, record
from firmus.errors import FirmusError
from firmus.formats.json import to_dict
from firmus.score import Score

Answer = TypeVar("Answer")
PAUSE = 0.5  # seconds before a stream that ended early is asked for again
AGAIN = ("in-flight", "rate-limited", "busy", "queue-full", "disk-full")  # what may help to be sent again
LONGEST_PAUSE = 60.0  # seconds; who is told to wait longer is told so
SILENCE = 45.0  # seconds; a living stream says something every 15
LONGEST_WAIT = 30  # seconds that one request waits for a job's end
NAMES = {"mid": "midi", "zip": "stems"}  # of files, by their ending; others are called like it
Thing = Work | Sound | Job | Batch | str


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """One request; `read` takes the answer, which is no refusal.

    Parameters
    ----------
    method, path : str
    read : callable
    params, headers : mapping of str to str
    json : object
        Body, where it is JSON.
    content : bytes
        Body, where it is a file.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], Answer]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None

    def request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """The request as httpx sends it."""
        return http.build_request(
            self.method, self.path, params=dict(self.params), headers=dict(self.headers), json=self.json,
            content=self.content,
        )  # fmt: skip


@dataclass(slots=True)
class Patience:
    """Whether, and after how long, what did not succeed is sent again.

    Parameters
    ----------
    attempts : int
        How often it is sent at most.
    """

    attempts: int
    sent: int = 0

    def pause(self, error: FirmusError) -> float:
        """Seconds until it is sent again.

        Raises
        ------
        FirmusError
            `error` itself, where sending it again would not help, or was done often enough.
        """
        self.sent += 1
        told = error.seconds if isinstance(error, Refused) else None
        helps = isinstance(error, Unreachable) or (isinstance(error, Refused) and error.kind in AGAIN)
        if not helps or self.sent >= self.attempts or (told or 0) > LONGEST_PAUSE:
            raise error
        return told or min(8.0, 0.25 * 2**self.sent) * random.uniform(0.5, 1.0)


def settings(url: str, key: str | None) -> dict[str, Any]:
    """What both clients of httpx are made with.

    Raises
    ------
    FirmusError
        Where the address is none.
    """
    if not url.startswith(("http://", "https://")):
        raise FirmusError(f"{url!r} is no address of a service: http://127.0.0.1:8340 would be one")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url, "headers": headers, "timeout": httpx.Timeout(30.0, read=LONGEST_WAIT + 30.0)}


def read(call: Call[Answer], response: httpx.Response) -> Answer:
    """What an answer says.

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
    """The refusal that an answer is, also one of a proxy that knows no problems."""
    try:
        document = response.json()
        if not isinstance(document, dict) or "detail" not in document:
            raise ValueError
    except ValueError:
        detail = f"{response.request.url}: {response.status_code} {response.reason_phrase}"
        kind = "busy" if response.status_code in (429, 502, 503, 504) else "unknown"
        document = {"type": f"urn:firmus:problem:{kind}", "status": response.status_code, "detail": detail}
    told = response.headers.get("Retry-After", "")
    return Refused(document, float(told) if told.isdecimal() else None)


def unreachable(error: httpx.RequestError, url: object) -> Unreachable:
    """What a broken connection is."""
    return Unreachable(f"{url}: {str(error) or type(error).__name__}; does firmus serve run there?")


def name(thing: Thing) -> str:
    """Identifier of something that the service keeps."""
    return thing if isinstance(thing, str) else thing.id


def submit(
    kind: str, brief: Mapping[str, Any], formats: Sequence[str], options: Mapping[str, Any] | None,
    webhook: str | None, key: str | None,
) -> Call[Job]:  # fmt: skip
    """Ask for a job."""
    body: dict[str, Any] = {"kind": kind, "brief": _brief(brief)}
    body |= {"formats": list(formats)} if formats else {}
    body |= {"options": _options(options)} if options else {}
    body |= {"webhook": webhook} if webhook else {}
    return Call("POST", "/v1/jobs", _reader(Job), headers=_once(key), json=body)


def submit_all(
    kind: str, briefs: Iterable[Mapping[str, Any]], webhook: str | None, key: str | None
) -> Call[Batch]:  # fmt: skip
    """Ask for many jobs of a kind."""
    body: dict[str, Any] = {"kind": kind, "briefs": [_brief(brief) for brief in briefs]}
    body |= {"webhook": webhook} if webhook else {}
    return Call("POST", "/v1/batches", _reader(Batch), headers=_once(key), json=body)


def job(thing: Thing, wait: float = 0) -> Call[Job]:
    """See how a job stands, after so many seconds or at its end."""
    headers = {"Prefer": f"wait={max(1, round(min(wait, LONGEST_WAIT)))}"} if wait > 0 else {}
    return Call("GET", f"/v1/jobs/{name(thing)}", _reader(Job), headers=headers)


def cancel(thing: Job | str) -> Call[Job]:
    """Cancel a job."""
    return Call("POST", f"/v1/jobs/{name(thing)}/cancel", _reader(Job))


def batch(thing: Batch | str) -> Call[Batch]:
    """See how a batch stands."""
    return Call("GET", f"/v1/batches/{name(thing)}", _reader(Batch))


def archive(thing: Batch | str) -> Call[bytes]:
    """Fetch everything that a batch made, as a ZIP archive."""
    return Call("GET", f"/v1/batches/{name(thing)}/zip", _content)


def upload(music: str | Path | bytes | Score, parent: Work | str | None, key: str | None) -> Call[Work]:
    """Upload music."""
    params = {"parent": name(parent)} if parent else {}
    return _upload("works", Work, _file(music), params, key)


def upload_sound(sound: str | Path | bytes, title: str | None, key: str | None) -> Call[Sound]:
    """Upload a recording."""
    told = title if title is not None else "" if isinstance(sound, bytes) else Path(sound).stem
    return _upload("sounds", Sound, _file(sound), {"title": told} if told else {}, key)


def work(thing: Work | str) -> Call[Work]:
    """See a work."""
    return Call("GET", f"/v1/works/{name(thing)}", _reader(Work))


def fetch(thing: Work | Job | str, kind: str) -> Call[bytes | None]:
    """Fetch a file of a work or a job; None where it is still being made."""
    room = "jobs" if name(thing).startswith("job_") else "works"
    return Call("GET", f"/v1/{room}/{name(thing)}/files/{kind}", _content_if_made)


def delete(thing: Work | Sound | str) -> Call[None]:
    """Take out a work or a sound."""
    room = "sounds" if name(thing).startswith("snd_") else "works"
    return Call("DELETE", f"/v1/{room}/{name(thing)}", lambda response: None)


def document(path: str) -> Call[dict[str, Any]]:
    """What the service tells at a path."""
    return Call("GET", path, httpx.Response.json)


def page(room: str, kind: type[Answer], asked: Mapping[str, str | None]) -> Call[tuple[list[Answer], str | None]]:
    """A page of a list, the newest first, and the cursor of the next."""

    def read(response: httpx.Response) -> tuple[list[Answer], str | None]:
        told = response.json()
        return [record(kind, each) for each in told["items"]], told["next"]

    return Call("GET", f"/v1/{room}", read, {name: value for name, value in asked.items() if value})


def following(call: Call[Answer], cursor: str) -> Call[Answer]:
    """The next page."""
    return replace(call, params={**call.params, "cursor": cursor})


def file_name(path: Path) -> str:
    """What the service calls the file that a path's ending asks for.

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
class Stream:
    """A job's server-sent events, taken line by line; knows where to go on after a break.

    Parameters
    ----------
    job : str
    last : int
        Number of the last event that is known.

    Examples
    --------
    >>> stream = Stream("job_1", 0)
    >>> [stream.take(line) for line in ("id: 1", "event: state", 'data: {"state": "succeeded"}', "")][-1]
    Event(number=1, kind='state', data={'state': 'succeeded'})
    >>> stream.is_over, stream.asked["headers"]["Last-Event-ID"]
    (True, '1')
    """

    job: str
    last: int
    is_over: bool = False
    _known: int = -1
    _lines: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, Any]:
        """How it is asked for to go on; what was left half-told is forgotten."""
        self._lines = {}
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(self.last)}
        return {"method": "GET", "url": f"/v1/jobs/{self.job}/events", "headers": headers, "timeout": SILENCE}

    def ended(self, job: Job) -> bool:
        """Whether nothing more will come, after the service ended the stream and then told of the job.

        It ends streams when it ends itself, and at once those of jobs of which all events are known.
        """
        was_known, self._known = self._known, self.last if job.is_over else -1
        return self.is_over or (job.is_over and was_known == self.last)

    def take(self, line: str) -> Event | None:
        """Take a line; an event, where the line ends one."""
        if line:
            told, _, value = line.partition(":")
            self._lines[told] = value.removeprefix(" ")
            return None
        lines, self._lines = self._lines, {}
        if "data" not in lines:
            return None
        event = Event(int(lines["id"]), lines["event"], httpx.Response(200, content=lines["data"]).json())
        self.last, self.is_over = event.number, event.data.get("state") in ENDED
        return event


def _reader(kind: type[Answer]) -> Callable[[httpx.Response], Answer]:
    return lambda response: record(kind, response.json())


def _content(response: httpx.Response) -> bytes:
    return response.content


def _content_if_made(response: httpx.Response) -> bytes | None:
    return None if response.status_code == httpx.codes.ACCEPTED else response.content


def _once(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid.uuid4())}


def _upload(room: str, kind: type[Answer], data: bytes, params: dict[str, str], key: str | None) -> Call[Answer]:
    headers = {**_once(key), "Content-Type": "application/octet-stream"}
    return Call("POST", f"/v1/{room}", _reader(kind), params, headers, content=data)


def _file(music: str | Path | bytes | Score) -> bytes:
    """Bytes of music that is to be uploaded."""
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
    """A brief as JSON: pieces by name, or themselves."""
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
