"""The tables. Times are seconds since 1970, identifiers are text that sorts by time of creation.

What may be long is in the last columns: SQLite reads a row from its start to the last column that is asked for.
"""

from __future__ import annotations

import secrets
import threading
import time

from sqlalchemy import Boolean, Column, Double, Index, Integer, MetaData, String, Table, Text, false, text

metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"})

ID, DIGEST = String(40), String(64)
# Conditions of partial indices, which are used only where a query has them literally.
_UNFINISHED, _PASSING = text("state IN ('queued', 'running')"), text("kind <> 'state'")
UNFINISHED, PASSING = text("job.state IN ('queued', 'running')"), text("event.kind <> 'state'")

api_key = Table(
    "api_key", metadata,
    Column("id", ID, primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("digest", DIGEST, nullable=False),  # SHA-256 of the secret, which is 256 random bits and stored nowhere
    Column("quota", Double),  # seconds of music a day; null for the service's
    Column("storage", Double),  # bytes that its owner may store; null for the service's
    Column("created", Double, nullable=False),
    Column("revoked", Double),
)  # fmt: skip

job = Table(
    "job", metadata,
    Column("id", ID, primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("lane", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("source", DIGEST),  # Scores that it reads, as files
    Column("target", DIGEST),
    Column("work", ID),  # the work whose files it makes, if it does
    Column("batch", ID),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),  # attempts that ended by what seems its own doing
    Column("is_suspect", Boolean, nullable=False, server_default=false()),  # its process died while others ran, too
    Column("worker", String(80)),
    Column("lease", Double),  # when it expires
    Column("events", Integer, nullable=False),  # how many there are
    Column("seconds", Double, nullable=False),  # of music: reserved, then composed
    Column("result", DIGEST),
    Column("bytes", Integer, nullable=False),  # of request and result
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("ended", Double),
    Column("erased", Double),  # when the works or sounds that it was about were deleted, and what it held of them
    Column("error", Text),  # JSON of a problem
    Column("request", Text, nullable=False),  # JSON, with the seed, so that another attempt gives the same
    Index(None, "state", "lane", "priority", "id"),  # to claim
    Index(None, "state", "lane", "kind", "created", "seconds"),  # to count
    Index(None, "owner", "created", "seconds", "bytes"),  # for quotas
    Index(None, "owner", "id"),  # to list
    Index(None, "owner", "state", "id"),
    Index(None, "batch", "state"),
    Index(None, "work"),
    Index(None, "result"),
    Index("ix_job_unfinished_source", "source", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
    Index("ix_job_unfinished_target", "target", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
)  # fmt: skip

job_input = Table(
    "job_input", metadata,
    Column("job", ID, primary_key=True),
    Column("thing", ID, primary_key=True),  # a work or a sound that its request names
    Index(None, "thing"),
)  # fmt: skip

deleted_jobs = Table(
    "deleted_jobs", metadata,
    Column("owner", String(80), primary_key=True),
    Column("day", Integer, primary_key=True),  # days since 1970 on which they were submitted; 0 for all that are over
    Column("kind", String(16), primary_key=True),
    Column("state", String(16), primary_key=True),
    Column("total", Integer, nullable=False),
    Column("seconds", Double, nullable=False),  # of music
)  # fmt: skip

event = Table(
    "event", metadata,
    Column("job", ID, primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1
    Column("kind", String(16), nullable=False),
    Column("data", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index("ix_event_passing", "at", sqlite_where=_PASSING, postgresql_where=_PASSING),
)  # fmt: skip

work = Table(
    "work", metadata,
    Column("id", ID, primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("root", ID, nullable=False),  # first of its tree; itself where it has no parent
    Column("parent", ID),
    Column("job", ID),
    Column("title", String(200), nullable=False),
    Column("style", String(80)),  # that was asked for
    Column("created", Double, nullable=False),
    Column("summary", Text, nullable=False),  # JSON
    Index(None, "owner", "id"),
    Index(None, "root"),
    Index(None, "job"),
)  # fmt: skip

file = Table(
    "file", metadata,
    Column("holder", ID, primary_key=True),  # a work or a job
    Column("name", String(80), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("bytes", Integer, nullable=False),
    Index(None, "digest"),
    Index(None, "owner", "bytes"),
)  # fmt: skip

garbage = Table(
    "garbage", metadata,  # rows of files that were deleted; they count for their owner as long as they are on disk
    Column("holder", ID, primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("bytes", Integer, nullable=False),
    Index(None, "owner", "bytes"),
)  # fmt: skip

sound = Table(
    "sound", metadata,
    Column("id", ID, primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("title", String(200), nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("created", Double, nullable=False),
    Index(None, "owner", "id"),
    Index(None, "digest"),
)  # fmt: skip

delivery = Table(
    "delivery", metadata,
    Column("job", ID, primary_key=True),  # or batch
    Column("url", Text, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, delivered or failed
    Column("tries", Integer, nullable=False),
    Column("due", Double, nullable=False),
    Column("told", String(200)),  # outcome of the last try
    Index(None, "state", "due"),
)  # fmt: skip

batch = Table(
    "batch", metadata,
    Column("id", ID, primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("total", Integer, nullable=False),
    Column("created", Double, nullable=False),
    Index(None, "owner", "id"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    Column("key", ID, primary_key=True),
    Column("token", String(200), primary_key=True),
    Column("request", DIGEST, nullable=False),
    Column("made", ID, nullable=False),  # result of the first request
    Column("created", Double, nullable=False),
    Index(None, "created"),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("key", ID, nullable=False),
    Column("owner", String(80), nullable=False),
    Column("action", String(40), nullable=False),
    Column("target", String(80), nullable=False),
    Column("digest", DIGEST, nullable=False),  # SHA-256 of the line before and of this one
)  # fmt: skip


_LATEST = [0, 0]  # milliseconds and random part of the last identifier
_LOCK = threading.Lock()


def new_id(prefix: str) -> str:
    """A new identifier: a prefix, milliseconds since 1970, and random bits.

    Those of one process are monotonic, also within a millisecond and when the clock is set back: the pieces of a batch
    are in the order of the request.

    Examples
    --------
    >>> first, second = new_id("job"), new_id("job")
    >>> first[:4], len(first), first != second
    ('job_', 32, True)
    >>> first < second
    True
    """
    with _LOCK:
        now = time.time_ns() // 1_000_000
        if now > _LATEST[0]:
            _LATEST[:] = now, secrets.randbits(62)
        else:
            _LATEST[1] += 1 + secrets.randbits(40)  # random too: a forked process starts from the same value
        return f"{prefix}_{_LATEST[0]:012x}{_LATEST[1]:016x}"


def first_id(prefix: str, at: float) -> str:
    """What sorts before every identifier that is made at or after a time.

    Examples
    --------
    >>> first_id("job", time.time() - 1) < new_id("job") < first_id("job", time.time() + 1)
    True
    """
    return f"{prefix}_{max(0, int(at * 1000)):012x}"
