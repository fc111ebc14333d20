"""Playing together over a WebSocket: notes come in as they are played, and the answers go out ahead of their time.

It is no request of OpenAPI: `firmus.service.http.live_messages` has its messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from firmus.errors import FirmusError
from firmus.service import problems
from firmus.service.http import live_messages as messages
from firmus.service.http import websockets
from firmus.service.http.dependencies import Service
from firmus.service.http.limits import TokenBuckets
from firmus.service.http.playing import Playing
from firmus.service.logs import log
from firmus.service.problems import Problem

router = APIRouter(prefix="/v1/live")

MESSAGE_BYTES = 8_192  # of a message of the player
PING_SECONDS = 5.0  # between two pings, and from each to its answer
STEP = 0.015  # seconds between two looks at what is due
RATE, BURST = 200.0, 400.0  # messages a second: 120 are the pulses of MIDI clock at 300 a minute
FAULTS = 20  # messages of a session that may be refused
QUEUE = 500  # messages that wait for a slow player
SILENT = 30.0  # seconds without any message
GOING_AWAY, POLICY_VIOLATION = 1001, 1008  # status codes of a WebSocket


@router.websocket("")
async def play(websocket: WebSocket) -> None:
    """Play together until one of both ends it."""
    service: Service = websocket.app.state.service
    owner = websocket.scope["state"]["caller"].owner
    try:
        with _admitted(service, owner):
            await websocket.accept()
            await _Connection(websocket, service).serve()
    except Problem as problem:
        await websockets.refuse(websocket, problem)


@contextlib.contextmanager
def _admitted(service: Service, owner: str) -> Iterator[None]:
    """Count a session of an owner, if there may be one more."""
    settings = service.settings
    if service.playing[owner] >= settings.owner_live:
        raise Problem("busy", f"you play in {settings.owner_live} sessions: that is the most; end one", seconds=5)
    if service.playing.total() >= settings.live:
        raise Problem("busy", f"{settings.live} sessions are being played: ask again later", seconds=30)
    service.playing[owner] += 1
    try:
        yield
    finally:
        service.playing[owner] -= 1
        if not service.playing[owner]:
            del service.playing[owner]


class _Ended(Exception):
    """The session is over, for a reason that the player is told."""

    def __init__(self, problem: Problem, code: int = POLICY_VIOLATION) -> None:
        super().__init__(problem.detail)
        self.problem, self.code = problem, code


class _Connection:
    """One player's connection."""

    def __init__(self, websocket: WebSocket, service: Service) -> None:
        self.websocket, self.settings = websocket, service.settings
        self.state = websocket.scope["state"]
        self.language: str = self.state["language"]
        self.executor = ThreadPoolExecutor(1, "live")
        self.playing = Playing(self.executor)
        self.outgoing: asyncio.Queue[BaseModel] = asyncio.Queue(QUEUE)
        self.faults, self.begun = 0, time.monotonic()
        self.last_message = self.begun
        self.playing.last_press = self.begun

    async def serve(self) -> None:
        """Play until the player is gone or a limit is reached; then nothing is left of it."""
        tasks = [asyncio.create_task(each()) for each in (self._receive, self._advance, self._send)]
        reason = "closed"
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            error = next((task.exception() for task in done), None)
            if isinstance(error, _Ended):
                reason = error.problem.detail
                await self._end(error)
            elif error is not None and not isinstance(error, WebSocketDisconnect):
                raise error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.executor.shutdown(wait=False, cancel_futures=True)
            seconds = round(time.monotonic() - self.begun, 1)
            log("live", request=self.state["request_id"], key=self.state["key"], seconds=seconds, ended=reason)

    async def _receive(self) -> None:
        """Take messages as they come."""
        buckets = TokenBuckets(RATE, BURST)
        while True:
            frame = await self.websocket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame.get("code", 1005))
            self.last_message = time.monotonic()
            if buckets.take("")[1]:
                problem = Problem("rate-limited", f"{RATE:g} messages a second for long, {BURST:g} at once")
                raise _Ended(problem)
            try:
                await self._take(frame.get("text") or frame.get("bytes") or "")
            except FirmusError as error:
                self._refuse(problems.of(error))

    async def _take(self, content: str | bytes) -> None:
        """Take one message."""
        try:
            message = messages.PLAYED.validate_json(content)
        except ValidationError as error:
            listed = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
            raise problems.of(RequestValidationError(listed)) from None
        if isinstance(message, messages.Begin) and message.language:
            self.language = message.language
        if isinstance(message, messages.Keep):
            self._put(await asyncio.to_thread(self.playing.keep, message.title))
            return
        for answer in self.playing.receive(message, time.monotonic()):
            self._put(answer)

    def _refuse(self, problem: Problem) -> None:
        """Say that a message was refused; who sends nothing else is disconnected."""
        self.faults += 1
        if self.faults > FAULTS:
            raise _Ended(Problem("bad-request", f"{FAULTS} messages were refused, which is the most: {problem.detail}"))
        self._put(self._refused(problem, ends=False))

    async def _advance(self) -> None:
        """Play, as long as may be."""
        settings = self.settings
        while True:
            now = time.monotonic()
            if now - self.begun > settings.live_seconds:
                detail = f"{settings.live_seconds / 60:.0f} minutes are the most: keep what you have, and begin again"
                raise _Ended(Problem("conflict", detail), GOING_AWAY)
            if now - self.playing.last_press > settings.live_idle:
                detail = f"no note for {settings.live_idle / 60:.0f} minutes: begin again when you play"
                raise _Ended(Problem("conflict", detail), GOING_AWAY)
            if now - self.last_message > SILENT:
                raise _Ended(Problem("conflict", f"no message for {SILENT:g} seconds"), GOING_AWAY)
            for answer in self.playing.advance(now):
                self._put(answer)
            await asyncio.sleep(STEP)

    def _put(self, answer: BaseModel) -> None:
        try:
            self.outgoing.put_nowait(answer)
        except asyncio.QueueFull:
            raise _Ended(Problem("conflict", "you receive too slowly to play together")) from None

    async def _send(self) -> None:
        while True:
            answer = await self.outgoing.get()
            await self.websocket.send_text(answer.model_dump_json())

    async def _end(self, ended: _Ended) -> None:
        """Say why it ends, to whoever still listens."""
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(1.0):
                await self.websocket.send_text(self._refused(ended.problem, ends=True).model_dump_json())
                await self.websocket.close(ended.code)

    def _refused(self, problem: Problem, *, ends: bool) -> messages.Refused:
        document = problem.document(self.language)
        return messages.Refused(kind=problem.kind, detail=document["detail"], ends=ends)
