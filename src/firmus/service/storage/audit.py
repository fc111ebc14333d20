"""The audit log: who changed what, as a hash chain.

A line's digest is SHA-256 of the previous line's digest and of the line itself, so a line that is altered or removed
breaks the chain from there on, and `broken` finds it. Truncation is detected by whoever noted a later digest.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from firmus.service.storage.tables import audit

GENESIS = "0" * 64
_LAST = select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
LOCK = 6_001  # advisory lock of writers, in PostgreSQL; see `firmus.service.storage.database.Store.advisory_lock`


def write(connection: Connection, key: str, owner: str, action: str, target: str) -> None:
    """Write a line in the transaction that it records; concurrent writers are serialised by `Store.advisory_lock`."""
    last = connection.execute(_LAST).first()
    line = {"number": last.number + 1 if last else 1, "at": time.time(), "key": key, "owner": owner}
    line |= {"action": action, "target": target}
    connection.execute(insert(audit), {**line, "digest": _chained_digest(last.digest if last else GENESIS, line)})


def lines(connection: Connection, after: int, most: int, owner: str | None = None) -> list[Row[Any]]:
    """Lines after a number, in order; those of one owner, if it is given."""
    query = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(most)
    return list(connection.execute(query if owner is None else query.where(audit.c.owner == owner)))


def broken(connection: Connection) -> int | None:
    """Number of the first line that was altered or is missing; None where the chain is intact."""
    previous = GENESIS
    for number, row in enumerate(connection.execute(select(audit).order_by(audit.c.number)), 1):
        line = {name: getattr(row, name) for name in ("number", "at", "key", "owner", "action", "target")}
        if row.number != number or row.digest != _chained_digest(previous, line):
            return number
        previous = row.digest
    return None


def _chained_digest(previous: str, line: dict[str, Any]) -> str:
    return hashlib.sha256((previous + json.dumps(line, sort_keys=True)).encode()).hexdigest()
