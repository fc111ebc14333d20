"""The audit log: who changed what, line upon line, each sealed with the digest of the one before.

A line's digest is SHA-256 of the digest of the line before and of the line, so a line that is altered or taken out
breaks the chain from there on, and `broken` finds it. Cutting off the end is seen by whoever noted a later digest.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from firmus.service.storage.tables import audit

BEGINNING = "0" * 64
_LAST = select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
TURN = 6_001  # whose turn it is to write, in PostgreSQL; see `firmus.service.storage.database.Store.take_turns`


def write(connection: Connection, key: str, owner: str, action: str, target: str) -> None:
    """Write a line in the transaction of what it tells of; of two at a time, one waits (`Store.take_turns`)."""
    last = connection.execute(_LAST).first()
    line = {"number": last.number + 1 if last else 1, "at": time.time(), "key": key, "owner": owner}
    line |= {"action": action, "target": target}
    connection.execute(insert(audit), {**line, "digest": _seal(last.digest if last else BEGINNING, line)})


def lines(connection: Connection, after: int, most: int) -> list[Row[Any]]:
    """Lines after a number, in order."""
    return list(connection.execute(select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(most)))


def broken(connection: Connection) -> int | None:
    """Number of the first line that is not what was written, or is missing; None where all is well."""
    previous = BEGINNING
    for number, row in enumerate(connection.execute(select(audit).order_by(audit.c.number)), 1):
        line = {name: getattr(row, name) for name in ("number", "at", "key", "owner", "action", "target")}
        if row.number != number or row.digest != _seal(previous, line):
            return number
        previous = row.digest
    return None


def _seal(previous: str, line: dict[str, Any]) -> str:
    return hashlib.sha256((previous + json.dumps(line, sort_keys=True)).encode()).hexdigest()
