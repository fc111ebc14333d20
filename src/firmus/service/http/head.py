"""HEAD, answered wherever GET is: as GET, without the body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class _Answered(Exception):
    """The headers were sent, and the body is not needed."""


class HeadMiddleware:
    """The application, which is asked with GET for what a client asks with HEAD.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; of an answer to HEAD, stop the application once it begins with the body."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_headers(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            raise _Answered

        asked = {**scope, "method": "GET"}
        try:
            await self.app(asked, receive, send_headers)
        except _Answered:
            pass
        finally:
            if "route" in asked:
                scope["route"] = asked["route"]
