"""The edge middleware, which every request passes before and after the routes.

Before: a request identifier; limits on the size of headers; checks of Host, and of Origin where no key is required; the
key and its scope, before anything of the body is received; a body of limited size, received in limited time, of the
right content type; JSON of limited depth, without duplicate names or characters that no database stores. After:
security headers, an access log line, a metric; and for an unexpected error a problem document instead of silence.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders

from firmus.service import problems
from firmus.service.http import browsers, websockets
from firmus.service.http.connections import LOOPBACK
from firmus.service.http.dependencies import Service, authorise
from firmus.service.http.permissions import Permissions
from firmus.service.http.throttle import Throttle
from firmus.service.logs import log
from firmus.service.problems import Problem
from firmus.translation import preferred

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

UPLOADS = {"/v1/works": "body_bytes", "/v1/sounds": "sound_bytes"}  # paths whose body is not JSON, and its limit
MAX_BUFFERED = 256_000_000  # bytes of all bodies that are being received
MAX_BUFFERED_BY_OWNER = 110_000_000  # and of one owner's: two sounds
MAX_REQUESTS, MAX_REQUESTS_BY_OWNER = 900, 400  # that are being served, streams among them
PROBES = ("/livez", "/readyz")
HEADER_BYTES, MAX_HEADERS = 16_384, 100
SHORT = 10_000  # bytes of JSON that are checked in the event loop
MAX_WAITING = 40  # requests waiting for a thread, of which there are as many; more would wait in vain
BODY_TIMEOUT = 30.0  # seconds in which a body must be received
METHODS = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class EdgeMiddleware:
    """The application behind its checks, as an ASGI application.

    Parameters
    ----------
    app : ASGI application
    service : Service
    permissions : Permissions
    """

    def __init__(
        self, app: Callable[[Scope, Receive, Send], Awaitable[None]], service: Service, permissions: Permissions
    ) -> None:
        self.app, self.service, self.permissions = app, service, permissions
        self.serving = Counter[str]()  # requests that are being served, by owner, of those that have one
        self.served = 0  # and of all
        self._buffered = Counter[str]()  # bytes of bodies that are being received, by owner
        self.throttle = Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        if scope["type"] == "websocket":
            await websockets.connect(self, scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Exchange(self, scope, send).serve(receive)

    async def body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body, if it is acceptable."""
        headers, settings = Headers(scope=scope), self.service.settings
        is_upload = scope["method"] == "POST" and scope["path"] in UPLOADS
        limit: int = getattr(settings, UPLOADS[scope["path"]]) if is_upload else settings.json_bytes
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            raise Problem("too-large", f"the body has {length[:20]} bytes: {limit:,} is the most")
        content = await self._receive_body(receive, limit, scope["state"]["caller"].owner)
        if content and not is_upload:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise Problem("unsupported-media-type", f"the body is {kind[:80]!r}: it must be application/json")
            if len(content) > SHORT:
                await asyncio.to_thread(check_json, bytes(content), settings.json_depth)
            else:
                check_json(bytes(content), settings.json_depth)
        return bytes(content)

    async def _receive_body(self, receive: Receive, limit: int, owner: str) -> bytearray:
        """Receive the body, within the limits."""
        content = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnected
                part = message.get("body", b"")
                content += part
                self._buffered[owner] += len(part)
                if len(content) > limit:
                    raise Problem("too-large", f"the body has more than {limit:,} bytes, which is the most")
                if self._buffered[owner] > max(MAX_BUFFERED_BY_OWNER, limit) or self._buffered.total() > MAX_BUFFERED:
                    raise Problem("busy", "too much is being uploaded: ask again", seconds=5)
                if not message.get("more_body"):
                    return content
        finally:
            self._buffered[owner] -= len(content)
            if not self._buffered[owner]:
                del self._buffered[owner]

    def check(self, scope: Scope) -> None:
        """Reject headers that are too large, and foreign hosts and origins."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES or (
            len(scope["headers"]) > MAX_HEADERS
        ):
            raise Problem("headers-too-large", f"{HEADER_BYTES:,} bytes and {MAX_HEADERS} headers are the most")
        if b"%00" in scope["query_string"]:
            raise Problem("bad-request", "a query with a zero character (%00), which no database stores")
        headers, settings = Headers(scope=scope), self.service.settings
        if self.service.is_open or settings.hosts:
            browsers.check_host(headers, settings.hosts)
        if self.service.is_open:
            browsers.check_page(headers, scope.get("method", "CONNECT"), self.service.token)


def _waiting() -> int:
    """Number of requests that wait for a thread."""
    return current_default_thread_limiter().statistics().tasks_waiting


class ClientDisconnected(Exception):
    """The client closed the connection."""


class _Exchange:
    """One request and its response."""

    def __init__(self, edge: EdgeMiddleware, scope: Scope, send: Send) -> None:
        self.edge, self.scope, self._send = edge, scope, send
        requested = Headers(scope=scope).get("x-request-id", "")
        self.id = requested if re.fullmatch(r"[\w-]{1,64}", requested, re.ASCII) else secrets.token_hex(8)
        self.state: dict[str, Any] = scope.setdefault("state", {})
        self.state |= {"request_id": self.id, "headers": {}, "key": None}
        self.begun, self.status, self.owner = time.perf_counter(), 0, ""

    async def serve(self, receive: Receive) -> None:
        """Pass the request on, or reject it."""
        self.edge.served += 1
        try:
            self.edge.check(self.scope)
            self._check_room()
            self.edge.throttle.enter(self.scope)
            try:
                content = await self._admit(receive)
                self.state["length"] = len(content)
                self.state["digest"] = hashlib.sha256(self._target() + content).hexdigest()
                await self.edge.app(self.scope, _replayed(content, receive), self.send)
            except Problem as problem:
                self.state["problem"] = problem
                raise
            finally:
                self.edge.throttle.leave(self.scope)
        except ClientDisconnected:
            self.status = 499
        except TimeoutError:
            await self._reject(Problem("bad-request", f"the body did not come within {BODY_TIMEOUT:g} seconds"))
        except Problem as problem:
            await self._reject(problem)
        except Exception as error:
            log("request", request=self.id, error=repr(error), trace=traceback.format_exc())
            await self._reject(problems.of(error))
        finally:
            self.edge.served -= 1
            self._leave()
            self._record()

    def _check_room(self) -> None:
        """Reject the request where too many are being served; some room is left for probes and this machine."""
        is_local = (self.scope.get("client") or ("",))[0] in LOOPBACK
        if self.edge.served > MAX_REQUESTS and not is_local and self.scope["path"] not in PROBES:
            raise Problem("busy", f"{MAX_REQUESTS} requests are being served: ask again", seconds=2)

    def _enter(self, owner: str) -> None:
        """Count a request of an owner, and reject it if it has too many, such as streams."""
        if self.edge.serving[owner] >= MAX_REQUESTS_BY_OWNER:
            raise Problem("busy", f"{MAX_REQUESTS_BY_OWNER} requests of yours are being served: ask again", seconds=2)
        self.edge.serving[owner] += 1
        self.owner = owner

    def _leave(self) -> None:
        if self.owner:
            self.edge.serving[self.owner] -= 1
            if not self.edge.serving[self.owner]:
                del self.edge.serving[self.owner]

    async def _admit(self, receive: Receive) -> bytes:
        """Authorise the request, then receive its body; where no key is required, no body is received."""
        required = self.edge.permissions.scope(self.scope["method"], self.scope["path"])
        if required is None:
            return b""
        if _waiting() > MAX_WAITING:
            raise Problem("busy", f"{MAX_WAITING} requests are waiting to be served: ask again", seconds=1)
        caller = await run_in_threadpool(authorise, self.edge.service, self.scope, required)
        self._enter(caller.owner)
        self.state["caller"] = caller
        return await asyncio.wait_for(self.edge.body(self.scope, receive), BODY_TIMEOUT)

    def _target(self) -> bytes:
        """Path and query, as a line."""
        return str(self.scope["path"]).encode() + b"?" + bytes(self.scope["query_string"]) + b"\n"

    async def send(self, message: Message) -> None:
        """Add the headers of every response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.id
            for name, value in {"Cache-Control": "no-store", **SECURITY_HEADERS, **self.state["headers"]}.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def _reject(self, problem: Problem) -> None:
        if not self.status:
            language = preferred(Headers(scope=self.scope).get("accept-language", ""))
            await problem.response(self.id, language=language)(self.scope, _nothing, self.send)

    def _record(self) -> None:
        route = getattr(self.scope.get("route"), "path", "none")
        seconds = time.perf_counter() - self.begun
        method = self.scope["method"] if self.scope["method"] in METHODS else "other"
        self.edge.service.metrics.requests.labels(method, route, str(self.status)).observe(seconds)
        log(
            "request",
            request=self.id,
            method=self.scope["method"],
            path=self.scope["path"][:200],
            status=self.status,
            seconds=round(seconds, 4),
            key=self.state["key"],
        )


def check_json(content: bytes, depth: int) -> None:
    """Reject JSON that is invalid, too deep or ambiguous, or has characters that no database stores.

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
        document = json.loads(content, parse_constant=_reject_constant, object_pairs_hook=_unambiguous)
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


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a name comes twice in one object")
    return unique


def _replayed(content: bytes, receive: Receive) -> Receive:
    """A `receive` that returns the body again, then the messages after it."""
    pending = [{"type": "http.request", "body": content, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
