"""The service, asked from Python: `Client`, and `AsyncClient` for asyncio; needs the extra ``client`` (httpx).

::

    with Client("http://127.0.0.1:8340", key="firmus_…") as service:
        tune = service.upload("tune.mid")
        job = service.perform("harmonise", source=tune, style="hymn", seed=7)     # asks, and waits for the end
        service.save(job.works[0], "hymn.mp3")

        job = service.submit("compose", style="chorale", bars=16)                 # asks, and goes on at once
        for event in service.follow(job):                                         # bars as they are composed
            print(event.kind, event.data)

Both have the same methods; those of `AsyncClient` are awaited, or gone through with ``async for``.

What is refused is raised as `Refused`, a `firmus.FirmusError` with all that the service told of it (RFC 9457); where no
service answers, as `Unreachable`. What may help to be sent again is sent again: after a broken connection, or where
the service is busy, as long as it says. Every POST carries an ``Idempotency-Key``, so that what is sent twice is done
once.
"""

from firmus.errors import FirmusError

try:
    from firmus.client.asynchronous import AsyncClient
    from firmus.client.records import Batch, Event, Job, Refused, Sound, Unreachable, Work
    from firmus.client.synchronous import Client
except ModuleNotFoundError as error:
    raise FirmusError(f"firmus.client needs {error.name}: pip install 'firmus[client]'") from None

__all__ = ["AsyncClient", "Batch", "Client", "Event", "Job", "Refused", "Sound", "Unreachable", "Work"]
