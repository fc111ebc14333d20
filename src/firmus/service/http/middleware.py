"""The edge: what every request passes before and after the routes.

Before: an identifier; headers of bounded size; a host that is ours; no foreign page where no key is asked for; a body
of bounded size, received in bounded time, of the type it should be; JSON of bounded depth, without names that come
twice or characters that no database holds. After: headers that make browsers careful, a line of the log, a
measurement; and where something went wrong that nobody foresaw, a problem instead of silence.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from anyio.to_thread import current_default_thread_limiter
from starlette.datastructures import Headers, MutableHeaders

from firmus.service import problems
from firmus.service.http.dependencies import Service
from firmus.service.http.throttle import Refused
from firmus.service.logs import log
from firmus.service.problems import Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

UPLOADS = {"/v1/works": "body_bytes", "/v1/sounds": "sound_bytes"}  # where a body is not JSON, and what bounds it
MOST_HELD = 256_000_000  # bytes of all bodies that are being received
HEADER_BYTES, MOST_HEADERS = 16_384, 100
SHORT = 10_000  # bytes of JSON that are checked at once
MOST_WAITING = 40  # requests that wait for a thread, of which there are as many; more would wait for nothing
PATIENCE = 30.0  # seconds that a body may take to come
METHODS = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")
LOCAL = ("127.0.0.1", "localhost", "::1")
CAREFUL = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Edge:
    """The application, as the network meets it.

    Parameters
    ----------
    app : ASGI application
    service : Service
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], service: Service) -> None:
        self.app, self.service = app, service
        self._held = 0  # bytes of bodies on their way
        self.refused = Refused()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Exchange(self, scope, send).serve(receive)

    async def body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body, if it is what it may be."""
        headers, settings = Headers(scope=scope), self.service.settings
        is_upload = scope["method"] == "POST" and scope["path"] in UPLOADS
        most: int = getattr(settings, UPLOADS[scope["path"]]) if is_upload else settings.json_bytes
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            raise Problem("too-large", f"the body has {length[:20]} bytes: {most:,} is the most")
        content = await self._received(receive, most)
        if content and not is_upload:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise Problem("unsupported-media-type", f"the body is {kind[:80]!r}: it must be application/json")
            if len(content) > SHORT:
                await asyncio.to_thread(check_json, bytes(content), settings.json_depth)
            else:
                check_json(bytes(content), settings.json_depth)
        return bytes(content)

    async def _received(self, receive: Receive, most: int) -> bytearray:
        """The body, as long as there is room for it."""
        content = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                part = message.get("body", b"")
                content += part
                self._held += len(part)
                if len(content) > most:
                    raise Problem("too-large", f"the body has more than {most:,} bytes, which is the most")
                if self._held > MOST_HELD:
                    raise Problem("busy", "too much is being uploaded: ask again", seconds=5)
                if not message.get("more_body"):
                    return content
        finally:
            self._held -= len(content)

    def check(self, scope: Scope) -> None:
        """Refuse headers, hosts and origins that are not ours."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES or (
            len(scope["headers"]) > MOST_HEADERS
        ):
            raise Problem("headers-too-large", f"{HEADER_BYTES:,} bytes and {MOST_HEADERS} headers are the most")
        headers, hosts = Headers(scope=scope), (*LOCAL, *self.service.settings.hosts)
        host = _host(f"//{headers.get('host', '')}")
        if host not in hosts and (self.service.is_open or self.service.settings.hosts):
            raise Problem("misdirected", f"host {host!r}: name it under hosts in service.toml")
        if self.service.is_open and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            origin = headers.get("origin")
            if origin and _host(origin) not in hosts:
                raise Problem("forbidden", "a page of another origin may not ask this service")


def _waiting() -> int:
    """Requests that wait for a thread."""
    return current_default_thread_limiter().statistics().tasks_waiting


class Gone(Exception):
    """The client went away."""


class _Exchange:
    """One request and its answer."""

    def __init__(self, edge: Edge, scope: Scope, send: Send) -> None:
        self.edge, self.scope, self._send = edge, scope, send
        asked = Headers(scope=scope).get("x-request-id", "")
        self.id = asked if re.fullmatch(r"[\w-]{1,64}", asked, re.ASCII) else secrets.token_hex(8)
        self.state: dict[str, Any] = scope.setdefault("state", {})
        self.state |= {"request_id": self.id, "headers": {}, "key": None}
        self.begun, self.status = time.perf_counter(), 0

    async def serve(self, receive: Receive) -> None:
        """Let the request through, or refuse it."""
        try:
            self.edge.check(self.scope)
            content = await asyncio.wait_for(self.edge.body(self.scope, receive), PATIENCE)
            if self.scope["path"].startswith("/v1/") and _waiting() > MOST_WAITING:
                raise Problem("busy", f"{MOST_WAITING} requests are waiting to be served: ask again", seconds=1)
            self.edge.refused.enter(self.scope)
            self.state["digest"] = hashlib.sha256(self._address() + content).hexdigest()
            try:
                await self.edge.app(self.scope, _replayed(content, receive), self.send)
            finally:
                self.edge.refused.leave(self.scope)
        except Gone:
            self.status = 499
        except TimeoutError:
            await self._refuse(Problem("bad-request", f"the body did not come within {PATIENCE:g} seconds"))
        except Problem as problem:
            await self._refuse(problem)
        except Exception as error:
            log("request", request=self.id, error=repr(error), trace=traceback.format_exc())
            await self._refuse(problems.of(error))
        finally:
            self._tell()

    def _address(self) -> bytes:
        """What is asked for, as a line."""
        return str(self.scope["path"]).encode() + b"?" + bytes(self.scope["query_string"]) + b"\n"

    async def send(self, message: Message) -> None:
        """Add what every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.id
            for name, value in {"Cache-Control": "no-store", **CAREFUL, **self.state["headers"]}.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def _refuse(self, problem: Problem) -> None:
        if not self.status:
            await problem.response(self.id)(self.scope, _nothing, self.send)

    def _tell(self) -> None:
        route = getattr(self.scope.get("route"), "path", "none")
        seconds = time.perf_counter() - self.begun
        method = self.scope["method"] if self.scope["method"] in METHODS else "other"
        self.edge.service.metrics.requests.labels(method, route, str(self.status)).observe(seconds)
        log(
            "request", request=self.id, method=self.scope["method"], path=self.scope["path"][:200],
            status=self.status, seconds=round(seconds, 4), key=self.state["key"],
        )  # fmt: skip


def check_json(content: bytes, depth: int) -> None:
    """Refuse JSON that is none, too deep, or ambiguous, or holds what no database does.

    Raises
    ------
    Problem

    Examples
    --------
    >>> check_json(b'{"a": [1, 2]}', depth=2)
    >>> check_json(b'[[[1]]]', depth=2)
    Traceback (most recent call last):
        ...
    firmus.service.problems.Problem: JSON nested more than 2 deep
    """
    try:
        document = json.loads(content, parse_constant=_refuse_constant, object_pairs_hook=_unambiguous)
    except RecursionError:
        raise Problem("bad-request", f"JSON nested more than {depth} deep") from None
    except ValueError as error:
        raise Problem("bad-request", f"no valid JSON: {str(error)[:200]}") from None
    level, deep = [document], 0
    while level:
        deep += any(isinstance(each, dict | list) for each in level)
        if deep > depth:
            raise Problem("bad-request", f"JSON nested more than {depth} deep")
        below: list[Any] = []
        for each in level:
            if isinstance(each, str) and not _is_plain(each):
                raise Problem("bad-request", "JSON with a zero character or half a character")
            below += [*each, *each.values()] if isinstance(each, dict) else each if isinstance(each, list) else ()
        level = below


def _is_plain(text: str) -> bool:
    return "\0" not in text and not re.search("[\ud800-\udfff]", text)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice in one object")
    return found


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _replayed(content: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body again, then what comes after it."""
    left = [{"type": "http.request", "body": content, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
