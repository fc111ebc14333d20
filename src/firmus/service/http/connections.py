"""Connections: how long one may be idle or send its headers, and which is closed when there are too many.

A connection that waits for a request, or for the rest of its headers, is closed after a while; beyond `MAX_CONNECTIONS`
the one that has waited longest is closed at once. So nobody can keep others out by connecting and saying nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 1000
MIN_FILES = 4096  # open files that the process may have, if the system lets it
HEADER_TIMEOUT = 10.0  # seconds from the connection to the end of its first headers
IDLE_TIMEOUT = 15  # seconds from a response to the end of the next headers
LOOPBACK = ("127.0.0.1", "::1")


class Connection(H11Protocol):
    """A connection that does not wait for ever."""

    _timer: asyncio.TimerHandle | None = None
    waiting_since = 0.0  # 0 while a request is being served

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, and make room for it."""
        super().connection_made(transport)
        self._wait(HEADER_TIMEOUT)
        if len(self.connections) > MAX_CONNECTIONS:
            waiting = [each for each in self.connections if isinstance(each, Connection) and each.waiting_since]
            min(waiting, key=lambda each: (each.is_local, each.waiting_since)).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._serve()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle what was received; once the headers are complete, there is nothing to wait for."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._serve()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over to a WebSocket, which has limits of its own."""
        self._serve()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._wait(IDLE_TIMEOUT)
        super().on_response_complete()

    @property
    def is_local(self) -> bool:
        """Whether the client is on this machine."""
        return self.client is not None and self.client[0] in LOOPBACK

    def _wait(self, seconds: float) -> None:
        self._serve()
        self.waiting_since = time.monotonic()
        self._timer = self.loop.call_later(seconds, self.transport.close)

    def _serve(self) -> None:
        self.waiting_since = 0.0
        if self._timer:
            self._timer.cancel()


def allow_files() -> None:
    """Raise the limit of open files, as each connection is one."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            most = MIN_FILES if hard == resource.RLIM_INFINITY else min(MIN_FILES, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
