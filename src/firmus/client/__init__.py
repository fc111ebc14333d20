"""Clients of the service: `Client`, and `AsyncClient` for asyncio; they need the extra ``client`` (httpx).

::

    with Client("http://127.0.0.1:8340", key="firmus_…") as service:
        tune = service.upload("tune.mid")
        job = service.perform("harmonise", source=tune, style="hymn", seed=7)     # submits, and waits for the end
        service.save(job.works[0], "hymn.mp3")

        job = service.submit("compose", style="chorale", bars=16)                 # submits, and returns at once
        for event in service.follow(job):                                         # bars as they are composed
            print(event.kind, event.data)

Both have the same methods; those of `AsyncClient` are awaited, or iterated with ``async for``.

A rejected request raises `Refused`, a `firmus.FirmusError` with the service's problem details (RFC 9457); if no service
answers, `Unreachable` is raised. Requests are retried with backoff after a broken connection, or if the service is
busy, after its ``Retry-After``. Every POST carries an ``Idempotency-Key``, so that a retry is not executed twice.
"""

from firmus.errors import FirmusError

try:
    from firmus.client.asynchronous import AsyncClient
    from firmus.client.records import Batch, Event, Job, JobSummary, Refused, Sound, Unreachable, Work
    from firmus.client.synchronous import Client
except ModuleNotFoundError as error:
    raise FirmusError(f"firmus.client needs {error.name}: pip install 'firmus[client]'") from None

__all__ = ["AsyncClient", "Batch", "Client", "Event", "Job", "JobSummary", "Refused", "Sound", "Unreachable", "Work"]
