"""The client for asyncio, with the same methods as `firmus.client.synchronous`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from firmus import formats
from firmus.client import calls
from firmus.client.calls import Call, EventStream, Retry
from firmus.client.records import Batch, Event, Job, JobSummary, Refused, Sound, Work
from firmus.formats import json
from firmus.score import Score

Result = TypeVar("Result")


class AsyncClient:
    """Asynchronous client of a service; see `firmus.client.Client`, which has the same methods.

    Parameters
    ----------
    url : str
        Such as ``"http://127.0.0.1:8340"``.
    key : str, optional
        API key, if the service requires one.
    attempts : int
        Maximal number of attempts of a retryable request; the default takes up to about ten seconds.

    Raises
    ------
    Refused
        By every method, if the service rejects the request.
    Unreachable
        If no service answers.
    """

    def __init__(self, url: str = "http://127.0.0.1:8340", key: str | None = None, *, attempts: int = 6) -> None:
        self.http = httpx.AsyncClient(**calls.settings(url, key))
        self.attempts = attempts

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def submit(
        self,
        kind: str,
        *,
        formats: Sequence[str] = (),
        options: Mapping[str, Any] | None = None,
        webhook: str | None = None,
        idempotency_key: str | None = None,
        **brief: Any,
    ) -> Job:
        """Submit a job of any kind, and return at once.

        Parameters
        ----------
        kind : str
            A verb of the command line: ``"compose"``, ``"harmonise"``, ``"analyse"`` ...
        formats : sequence of str
            File formats, for ``"render"`` and ``"convert"``.
        options : mapping
            Options of some kinds, beside the brief; a list of `Work` may be given as it is.
        webhook : str, optional
            URL to which the end is posted.
        idempotency_key : str, optional
            Drawn at random for each call; give your own if this program may be restarted.
        **brief
            Fields of `firmus.Brief`. `source` and `target`: a `Work`, a `Sound` or a `firmus.Score`.
        """
        return await self._send(calls.submit(kind, brief, formats, options, webhook, idempotency_key))

    async def perform(self, kind: str, **request: Any) -> Job:
        """Submit a job as `submit` does, and wait for its end; a failed one is raised as `Refused`."""
        return (await self.wait(await self.submit(kind, **request))).checked()

    async def wait(self, job: JobSummary | str, seconds: float | None = None) -> Job:
        """A job at its end, or after so many seconds."""
        until = time.monotonic() + (seconds if seconds is not None else float("inf"))
        while True:
            left = until - time.monotonic()
            current = await self._send(calls.job(job, left))
            if current.is_over or left <= 0:
                return current

    async def follow(self, job: JobSummary | str, after: int = 0) -> AsyncIterator[Event]:
        """A job's events to its end, from the first after number `after`; a broken stream is resumed."""
        stream, retry = EventStream(calls.name(job), after), Retry(self.attempts)
        while not stream.is_over:
            try:
                async with self.http.stream(**stream.request) as response:
                    if response.is_error:
                        await response.aread()
                        raise calls.refusal(response)
                    async for line in response.aiter_lines():
                        if event := stream.feed(line):
                            retry = Retry(self.attempts)
                            yield event
            except httpx.RequestError as error:
                await asyncio.sleep(retry.delay(calls.unreachable(error, self.http.base_url)))
            except Refused as error:
                await asyncio.sleep(retry.delay(error))
            else:
                if stream.is_over or stream.is_complete(await self.job(stream.job)):
                    return
                await asyncio.sleep(calls.RECONNECT_DELAY)

    async def job(self, job: JobSummary | str) -> Job:
        """Snapshot of a job."""
        return await self._send(calls.job(job))

    def jobs(self, state: str | None = None, batch: Batch | str | None = None) -> AsyncIterator[JobSummary]:
        """Your jobs, or those of one batch, the newest first, without their requests and results."""
        return self._all(
            calls.page("jobs", JobSummary, {"state": state, "batch": calls.name(batch) if batch else None})
        )

    async def cancel(self, job: JobSummary | str) -> Job:
        """Cancel a job that has not ended."""
        return await self._send(calls.cancel(job))

    async def submit_all(
        self,
        kind: str,
        briefs: Iterable[Mapping[str, Any]],
        *,
        webhook: str | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Submit a job for each brief: all are accepted, or none."""
        return await self._send(calls.submit_all(kind, briefs, webhook, idempotency_key))

    async def batch(self, batch: Batch | str) -> Batch:
        """Snapshot of a batch."""
        return await self._send(calls.batch(batch))

    async def archive(self, batch: Batch | str) -> bytes:
        """All works of a batch, once all its jobs have ended, as a ZIP archive."""
        return await self._send(calls.archive(batch))

    async def upload(
        self, music: str | Path | bytes | Score, parent: Work | str | None = None, idempotency_key: str | None = None
    ) -> Work:
        """Upload a music file, its bytes, or a Score, as a work, or as a new revision of one."""
        return await self._send(calls.upload(music, parent, idempotency_key))

    async def upload_sound(
        self, sound: str | Path | bytes, title: str | None = None, idempotency_key: str | None = None
    ) -> Sound:
        """Upload a sound file, or its bytes; its title is by default the file's name."""
        return await self._send(calls.upload_sound(sound, title, idempotency_key))

    async def work(self, work: Work | str) -> Work:
        """A work, with its summary and links."""
        return await self._send(calls.work(work))

    def works(
        self,
        root: Work | str | None = None,
        job: JobSummary | str | None = None,
        *,
        title: str | None = None,
        style: str | None = None,
        key: str | None = None,
    ) -> AsyncIterator[Work]:
        """Your works, the newest first: of one tree, of one job, by words of the title, by style, by key."""
        filters = {"root": calls.name(root) if root else None, "job": calls.name(job) if job else None}
        filters |= {"title": title, "style": style, "key": key}
        return self._all(calls.page("works", Work, filters))

    async def fetch(self, source: Work | JobSummary | str, kind: str) -> bytes:
        """A file of a work (``"midi"``, ``"mp3"``, ``"stems"`` ...) or of a job; waits until it is produced."""
        while (content := await self._send(calls.fetch(source, kind))) is None:
            await asyncio.sleep(1)
        return content

    async def save(self, source: Work | JobSummary | str, path: str | Path) -> Path:
        """Fetch the file in the format of the path's extension, and write it there; an existing file is replaced."""
        formats.save(await self.fetch(source, calls.file_name(Path(path))), Path(path))
        return Path(path)

    async def score(self, work: Work | str) -> Score:
        """The notes of a work."""
        return json.read(await self.fetch(work, "json"))[0]

    async def delete(self, thing: Work | Sound | JobSummary | Batch | str) -> None:
        """Delete a work, a sound, a job or a batch, with what the service has of it."""
        await self._send(calls.delete(thing))

    async def capabilities(self) -> dict[str, Any]:
        """Kinds of job, the fields of a brief with their ranges, formats and limits."""
        return await self._send(calls.document("/v1/capabilities"))

    async def usage(self) -> dict[str, Any]:
        """Your usage of today."""
        return await self._send(calls.document("/v1/usage"))

    async def _send(self, call: Call[Result]) -> Result:
        """Send a call, with retries, and parse its response."""
        retry, request = Retry(self.attempts), call.request(self.http)
        while True:
            try:
                return calls.read(call, await self.http.send(request))
            except httpx.RequestError as error:
                delay = retry.delay(calls.unreachable(error, self.http.base_url))
            except Refused as error:
                delay = retry.delay(error)
            await asyncio.sleep(delay)

    async def _all(self, call: Call[tuple[list[Result], str | None]]) -> AsyncIterator[Result]:
        items, cursor = await self._send(call)
        while True:
            for each in items:
                yield each
            if cursor is None:
                return
            items, cursor = await self._send(calls.next_page(call, cursor))
