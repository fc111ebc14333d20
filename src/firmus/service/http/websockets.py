"""Opening WebSockets: the same checks as of every request, and a key that may compose; to have one is to change things.

A refusal is an HTTP response with a problem, as of any request; browsers show it to nobody but as a failed connection.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.websockets import WebSocket

from firmus.service import problems
from firmus.service.http.dependencies import authorise
from firmus.service.logs import log
from firmus.service.problems import Problem
from firmus.translation import preferred

if TYPE_CHECKING:
    from firmus.service.http.middleware import EdgeMiddleware

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
SCOPE = "compose"  # that a key needs


async def connect(edge: EdgeMiddleware, scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a WebSocket on, or refuse it before it is open."""
    state = scope.setdefault("state", {})
    state |= {"request_id": secrets.token_hex(8), "headers": {}, "key": None, "language": _language(scope)}
    try:
        edge.check(scope)
        state["caller"] = await run_in_threadpool(authorise, edge.service, scope, SCOPE)
    except Exception as error:
        await refuse(WebSocket(scope, receive, send), problems.of(error))
    else:
        await edge.app(scope, receive, send)


async def refuse(socket: WebSocket, problem: Problem) -> None:
    """Refuse a WebSocket that is not open yet."""
    state = socket.scope["state"]
    log("live", request=state["request_id"], path=socket.scope["path"][:200], status=problem.status, key=state["key"])
    headers = {"X-Request-Id": state["request_id"], **state["headers"]}
    await socket.send_denial_response(problem.response(state["request_id"], headers, state["language"]))


def _language(scope: Scope) -> str:
    return preferred(Headers(scope=scope).get("accept-language", ""))
