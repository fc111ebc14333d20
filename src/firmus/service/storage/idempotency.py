"""Idempotency: the same request, sent twice, is executed once.

A request with an ``Idempotency-Key`` is remembered for 24 hours, per API key. The same request again gets the result of
the first; another request with the same key is rejected (422), and so is one that arrives while the first is still
being served (409). The record is written in the transaction of the result, so neither exists without the other.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, delete, insert, select, tuple_
from sqlalchemy.exc import IntegrityError

from firmus.service.problems import Problem
from firmus.service.storage import audit
from firmus.service.storage.database import Store
from firmus.service.storage.tables import idempotency

RETENTION = 86_400.0


class Idempotency:
    """Executes each request once per Idempotency-Key.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._serving: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def serving(self, key: str, token: str | None) -> Iterator[None]:
        """Reject a request while another with its Idempotency-Key is being served."""
        entry = (key, token or "")
        with self._lock:
            if token and entry in self._serving:
                raise Problem("in-flight", "a request with this Idempotency-Key is being served: ask again", seconds=1)
            self._serving.add(entry)
        try:
            yield
        finally:
            with self._lock:
                self._serving.discard(entry)

    def recorded(self, key: str, token: str | None, request: str) -> str | None:
        """Identifier of the result of an earlier request with the same Idempotency-Key, if there was one."""
        if not token:
            return None
        with self.store.read() as connection:
            return _find(connection, key, token, request)

    def execute(
        self, key: str, token: str | None, request: str, create: Callable[[Connection], str]
    ) -> tuple[str, bool]:
        """Execute a request, in one transaction with its record.

        Parameters
        ----------
        key, token : str
            Identifier of the API key, and the Idempotency-Key, if any.
        request : str
            Digest of the request.
        create : callable
            Creates the result in a transaction; returns its identifier.

        Returns
        -------
        (str, bool)
            The identifier of the result, and whether it is that of an earlier request.
        """

        def write(connection: Connection) -> tuple[str, bool]:
            self.store.advisory_lock(connection, audit.LOCK)
            earlier = _find(connection, key, token, request)
            if earlier:
                return earlier, True
            result = create(connection)
            if token:
                _record(connection, key, token, request, result)
            return result, False

        try:
            return self.store.group_write(write).result()
        except IntegrityError:  # another process was first
            if not token:
                raise
        return self.store.group_write(write).result()


def purge(connection: Connection, most: int, now: float | None = None) -> int:
    """Delete records older than 24 hours, up to so many; how many there were."""
    entry = tuple_(idempotency.c.key, idempotency.c.token)
    old = select(idempotency.c.key, idempotency.c.token).where(idempotency.c.created < (now or time.time()) - RETENTION)
    rows = connection.execute(old.order_by(idempotency.c.created).limit(most)).all()
    if rows:
        connection.execute(delete(idempotency).where(entry.in_([(row.key, row.token) for row in rows])))
    return len(rows)


def _find(connection: Connection, key: str, token: str | None, request: str) -> str | None:
    if not token:
        return None
    row = connection.execute(
        select(idempotency).where(
            idempotency.c.key == key, idempotency.c.token == token, idempotency.c.created >= time.time() - RETENTION
        )
    ).first()
    if row is None:
        return None
    if row.request != request:
        raise Problem("idempotency-key-reused", "this Idempotency-Key was sent with another request before")
    return str(row.made)


def _record(connection: Connection, key: str, token: str, request: str, result: str) -> None:
    old = delete(idempotency).where(idempotency.c.key == key, idempotency.c.token == token)
    connection.execute(old.where(idempotency.c.created < time.time() - RETENTION))
    row = {"key": key, "token": token, "request": request, "made": result, "created": time.time()}
    connection.execute(insert(idempotency).values(**row))
