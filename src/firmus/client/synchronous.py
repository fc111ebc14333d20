"""The client that waits for its answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from firmus import formats
from firmus.client import calls
from firmus.client.calls import Call, Patience, Stream
from firmus.client.records import Batch, Event, Job, Refused, Sound, Work
from firmus.formats import json
from firmus.score import Score

Answer = TypeVar("Answer")


class Client:
    """Asks a service; see `firmus.client` for an example.

    Parameters
    ----------
    url : str
        Such as ``"http://127.0.0.1:8340"``.
    key : str, optional
        API key, where the service needs one.
    attempts : int
        How often what may help to be sent again is sent at most; with the usual 6, about ten seconds long.

    Raises
    ------
    Refused
        What the service refuses, by every method.
    Unreachable
        Where no service answers.
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
        self, kind: str, *, formats: Sequence[str] = (), options: Mapping[str, Any] | None = None,
        webhook: str | None = None, idempotency_key: str | None = None, **brief: Any,
    ) -> Job:  # fmt: skip
        """Ask for a job of any kind, and go on at once.

        Parameters
        ----------
        kind : str
            A verb of the command line: ``"compose"``, ``"harmonise"``, ``"analyse"`` ...
        formats : sequence of str
            Files that ``"render"`` and ``"convert"`` make.
        options : mapping
            What some kinds take beside the brief; lists of works may be given as such.
        webhook : str, optional
            Where the end is to be told.
        idempotency_key : str, optional
            One is drawn for each call; give your own where this program may be started anew.
        **brief
            Fields of `firmus.Brief`. `source` and `target`: a `Work`, a `Sound` or a `firmus.Score`.
        """
        return self._send(calls.submit(kind, brief, formats, options, webhook, idempotency_key))

    def perform(self, kind: str, **asked: Any) -> Job:
        """Ask for a job as `submit` does, and wait for its end; a failed one is raised as `Refused`."""
        return self.wait(self.submit(kind, **asked)).checked()

    def wait(self, job: Job | str, seconds: float | None = None) -> Job:
        """A job at its end, or as it stands after so many seconds."""
        until = time.monotonic() + (seconds if seconds is not None else float("inf"))
        while True:
            left = until - time.monotonic()
            found = self._send(calls.job(job, left))
            if found.is_over or left <= 0:
                return found

    def follow(self, job: Job | str, after: int = 0) -> Iterator[Event]:
        """A job's events to its end, from the first after number `after`; a broken stream goes on where it stopped."""
        stream, patience = Stream(calls.name(job), after), Patience(self.attempts)
        while not stream.is_over:
            try:
                with self.http.stream(**stream.asked) as response:
                    if response.is_error:
                        response.read()
                        raise calls.refusal(response)
                    for line in response.iter_lines():
                        if event := stream.take(line):
                            patience = Patience(self.attempts)
                            yield event
            except httpx.RequestError as error:
                time.sleep(patience.pause(calls.unreachable(error, self.http.base_url)))
            except Refused as error:
                time.sleep(patience.pause(error))
            else:
                if stream.is_over or stream.ended(self.job(stream.job)):
                    return
                time.sleep(calls.PAUSE)

    def job(self, job: Job | str) -> Job:
        """How a job stands."""
        return self._send(calls.job(job))

    def jobs(self, state: str | None = None, batch: Batch | str | None = None) -> Iterator[Job]:
        """Your jobs, or those of one batch, the newest first, without their results."""
        return self._all(calls.page("jobs", Job, {"state": state, "batch": calls.name(batch) if batch else None}))

    def cancel(self, job: Job | str) -> Job:
        """Cancel a job that has not ended."""
        return self._send(calls.cancel(job))

    def submit_all(
        self, kind: str, briefs: Iterable[Mapping[str, Any]], *, webhook: str | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:  # fmt: skip
        """Ask for a job of each brief: all are accepted, or none."""
        return self._send(calls.submit_all(kind, briefs, webhook, idempotency_key))

    def batch(self, batch: Batch | str) -> Batch:
        """How a batch stands."""
        return self._send(calls.batch(batch))

    def archive(self, batch: Batch | str) -> bytes:
        """Everything that a batch made once all its jobs have ended, as a ZIP archive."""
        return self._send(calls.archive(batch))

    def upload(
        self, music: str | Path | bytes | Score, parent: Work | str | None = None, idempotency_key: str | None = None
    ) -> Work:  # fmt: skip
        """Upload a music file, its bytes, or a Score, as a work, or as a new revision of one."""
        return self._send(calls.upload(music, parent, idempotency_key))

    def upload_sound(
        self, sound: str | Path | bytes, title: str | None = None, idempotency_key: str | None = None
    ) -> Sound:  # fmt: skip
        """Upload a sound file, or its bytes; it is called as the file, or as said."""
        return self._send(calls.upload_sound(sound, title, idempotency_key))

    def work(self, work: Work | str) -> Work:
        """All that is told of a work."""
        return self._send(calls.work(work))

    def works(
        self, root: Work | str | None = None, job: Job | str | None = None, *, title: str | None = None,
        style: str | None = None, key: str | None = None,
    ) -> Iterator[Work]:  # fmt: skip
        """Your works, the newest first: of one tree, of one job, by words of the title, by style, by key."""
        asked = {"root": calls.name(root) if root else None, "job": calls.name(job) if job else None}
        asked |= {"title": title, "style": style, "key": key}
        return self._all(calls.page("works", Work, asked))

    def fetch(self, source: Work | Job | str, kind: str) -> bytes:
        """A file of a work (``"midi"``, ``"mp3"``, ``"stems"`` ...), or one that a job made; waits until it is made."""
        while (found := self._send(calls.fetch(source, kind))) is None:
            time.sleep(1)
        return found

    def save(self, source: Work | Job | str, path: str | Path) -> Path:
        """Fetch a file, which one the path's ending says, and write it there; what was there is replaced."""
        formats.save(self.fetch(source, calls.file_name(Path(path))), Path(path))
        return Path(path)

    def score(self, work: Work | str) -> Score:
        """The notes of a work."""
        return json.read(self.fetch(work, "json"))[0]

    def delete(self, thing: Work | Sound | str) -> None:
        """Take out a work or a sound."""
        self._send(calls.delete(thing))

    def capabilities(self) -> dict[str, Any]:
        """Kinds of job, the fields of a brief with their ranges, formats and limits."""
        return self._send(calls.document("/v1/capabilities"))

    def usage(self) -> dict[str, Any]:
        """What you have used today."""
        return self._send(calls.document("/v1/usage"))

    def _send(self, call: Call[Answer]) -> Answer:
        """Send a call, again where that may help, and read its answer."""
        patience, request = Patience(self.attempts), call.request(self.http)
        while True:
            try:
                return calls.read(call, self.http.send(request))
            except httpx.RequestError as error:
                pause = patience.pause(calls.unreachable(error, self.http.base_url))
            except Refused as error:
                pause = patience.pause(error)
            time.sleep(pause)

    def _all(self, call: Call[tuple[list[Answer], str | None]]) -> Iterator[Answer]:
        items, cursor = self._send(call)
        while True:
            yield from items
            if cursor is None:
                return
            items, cursor = self._send(calls.following(call, cursor))
