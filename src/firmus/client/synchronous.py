"""The synchronous client."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


class Client:
    """Client of a service; see `firmus.client` for an example.

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
        self.http = httpx.Client(**calls.settings(url, key))
        self.attempts = attempts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def submit(
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
        return self._send(calls.submit(kind, brief, formats, options, webhook, idempotency_key))

    def perform(self, kind: str, **request: Any) -> Job:
        """Submit a job as `submit` does, and wait for its end; a failed one is raised as `Refused`."""
        return self.wait(self.submit(kind, **request)).checked()

    def wait(self, job: JobSummary | str, seconds: float | None = None) -> Job:
        """A job at its end, or after so many seconds."""
        until = time.monotonic() + (seconds if seconds is not None else float("inf"))
        while True:
            left = until - time.monotonic()
            current = self._send(calls.job(job, left))
            if current.is_over or left <= 0:
                return current

    def follow(self, job: JobSummary | str, after: int = 0) -> Iterator[Event]:
        """A job's events to its end, from the first after number `after`; a broken stream is resumed."""
        stream, retry = EventStream(calls.name(job), after), Retry(self.attempts)
        while not stream.is_over:
            try:
                with self.http.stream(**stream.request) as response:
                    if response.is_error:
                        response.read()
                        raise calls.refusal(response)
                    for line in response.iter_lines():
                        if event := stream.feed(line):
                            retry = Retry(self.attempts)
                            yield event
            except httpx.RequestError as error:
                time.sleep(retry.delay(calls.unreachable(error, self.http.base_url)))
            except Refused as error:
                time.sleep(retry.delay(error))
            else:
                if stream.is_over or stream.is_complete(self.job(stream.job)):
                    return
                time.sleep(calls.RECONNECT_DELAY)

    def job(self, job: JobSummary | str) -> Job:
        """Snapshot of a job."""
        return self._send(calls.job(job))

    def jobs(self, state: str | None = None, batch: Batch | str | None = None) -> Iterator[JobSummary]:
        """Your jobs, or those of one batch, the newest first, without their requests and results."""
        return self._all(
            calls.page("jobs", JobSummary, {"state": state, "batch": calls.name(batch) if batch else None})
        )

    def cancel(self, job: JobSummary | str) -> Job:
        """Cancel a job that has not ended."""
        return self._send(calls.cancel(job))

    def submit_all(
        self,
        kind: str,
        briefs: Iterable[Mapping[str, Any]],
        *,
        webhook: str | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Submit a job for each brief: all are accepted, or none."""
        return self._send(calls.submit_all(kind, briefs, webhook, idempotency_key))

    def batch(self, batch: Batch | str) -> Batch:
        """Snapshot of a batch."""
        return self._send(calls.batch(batch))

    def archive(self, batch: Batch | str) -> bytes:
        """All works of a batch, once all its jobs have ended, as a ZIP archive."""
        return self._send(calls.archive(batch))

    def upload(
        self, music: str | Path | bytes | Score, parent: Work | str | None = None, idempotency_key: str | None = None
    ) -> Work:
        """Upload a music file, its bytes, or a Score, as a work, or as a new revision of one."""
        return self._send(calls.upload(music, parent, idempotency_key))

    def upload_sound(
        self, sound: str | Path | bytes, title: str | None = None, idempotency_key: str | None = None
    ) -> Sound:
        """Upload a sound file, or its bytes; its title is by default the file's name."""
        return self._send(calls.upload_sound(sound, title, idempotency_key))

    def work(self, work: Work | str) -> Work:
        """A work, with its summary and links."""
        return self._send(calls.work(work))

    def works(
        self,
        root: Work | str | None = None,
        job: JobSummary | str | None = None,
        *,
        title: str | None = None,
        style: str | None = None,
        key: str | None = None,
    ) -> Iterator[Work]:
        """Your works, the newest first: of one tree, of one job, by words of the title, by style, by key."""
        filters = {"root": calls.name(root) if root else None, "job": calls.name(job) if job else None}
        filters |= {"title": title, "style": style, "key": key}
        return self._all(calls.page("works", Work, filters))

    def fetch(self, source: Work | JobSummary | str, kind: str) -> bytes:
        """A file of a work (``"midi"``, ``"mp3"``, ``"stems"`` ...) or of a job; waits until it is produced."""
        while (content := self._send(calls.fetch(source, kind))) is None:
            time.sleep(1)
        return content

    def save(self, source: Work | JobSummary | str, path: str | Path) -> Path:
        """Fetch the file in the format of the path's extension, and write it there; an existing file is replaced."""
        formats.save(self.fetch(source, calls.file_name(Path(path))), Path(path))
        return Path(path)

    def score(self, work: Work | str) -> Score:
        """The notes of a work."""
        return json.read(self.fetch(work, "json"))[0]

    def delete(self, thing: Work | Sound | JobSummary | Batch | str) -> None:
        """Delete a work, a sound, a job or a batch, with what the service has of it."""
        self._send(calls.delete(thing))

    def capabilities(self) -> dict[str, Any]:
        """Kinds of job, the fields of a brief with their ranges, formats and limits."""
        return self._send(calls.document("/v1/capabilities"))

    def usage(self) -> dict[str, Any]:
        """Your usage of today."""
        return self._send(calls.document("/v1/usage"))

    def _send(self, call: Call[Result]) -> Result:
        """Send a call, with retries, and parse its response."""
        retry, request = Retry(self.attempts), call.request(self.http)
        while True:
            try:
                return calls.read(call, self.http.send(request))
            except httpx.RequestError as error:
                delay = retry.delay(calls.unreachable(error, self.http.base_url))
            except Refused as error:
                delay = retry.delay(error)
            time.sleep(delay)

    def _all(self, call: Call[tuple[list[Result], str | None]]) -> Iterator[Result]:
        items, cursor = self._send(call)
        while True:
            yield from items
            if cursor is None:
                return
            items, cursor = self._send(calls.next_page(call, cursor))
