"""The same request, sent twice, is done once.

The rules of a request with an ``Idempotency-Key``: it is remembered for 24 hours, for the API key that sent it. The
same request again gets what the first one made; another request under the same key is refused (422); one that comes
while the first is being served is told to come again (409). What is remembered is written in the transaction of what
was made, so there is no point at which the one is there without the other.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from firmus.service.problems import Problem
from firmus.service.storage import audit
from firmus.service.storage.database import Store
from firmus.service.storage.tables import idempotency

KEPT = 86_400.0


class Once:
    """Sees to it that what is sent twice is done once.

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
        """Refuse a request while another with its Idempotency-Key is being served."""
        mine = (key, token or "")
        with self._lock:
            if token and mine in self._serving:
                raise Problem("in-flight", "a request with this Idempotency-Key is being served: ask again", seconds=1)
            self._serving.add(mine)
        try:
            yield
        finally:
            with self._lock:
                self._serving.discard(mine)

    def made(self, key: str, token: str | None, request: str) -> str | None:
        """What the first of such requests made, if there was one."""
        if not token:
            return None
        with self.store.read() as connection:
            return _found(connection, key, token, request)

    def make(
        self, key: str, token: str | None, request: str, maker: Callable[[Connection], str]
    ) -> tuple[str, bool]:  # fmt: skip
        """Make something, in one transaction with the memory of it.

        Parameters
        ----------
        key, token : str
            Of the API, and the Idempotency-Key, if any.
        request : str
            Digest of the request.
        maker : callable
            Makes it in a transaction; its identifier.

        Returns
        -------
        (str, bool)
            The identifier of what was made, and whether it was made before.
        """

        def write(connection: Connection) -> tuple[str, bool]:
            self.store.take_turns(connection, audit.TURN)
            found = _found(connection, key, token, request)
            if found:
                return found, True
            made = maker(connection)
            if token:
                _keep(connection, key, token, request, made)
            return made, False

        try:
            return self.store.together(write).result()
        except IntegrityError:  # another process was first
            if not token:
                raise
        return self.store.together(write).result()


def forget(connection: Connection, now: float | None = None) -> None:
    """Take out what is older than 24 hours."""
    connection.execute(delete(idempotency).where(idempotency.c.created < (now or time.time()) - KEPT))


def _found(connection: Connection, key: str, token: str | None, request: str) -> str | None:
    if not token:
        return None
    row = connection.execute(
        select(idempotency).where(
            idempotency.c.key == key, idempotency.c.token == token, idempotency.c.created >= time.time() - KEPT
        )
    ).first()
    if row is None:
        return None
    if row.request != request:
        raise Problem("idempotency-key-reused", "this Idempotency-Key was sent with another request before")
    return str(row.made)


def _keep(connection: Connection, key: str, token: str, request: str, made: str) -> None:
    old = delete(idempotency).where(idempotency.c.key == key, idempotency.c.token == token)
    connection.execute(old.where(idempotency.c.created < time.time() - KEPT))
    row = {"key": key, "token": token, "request": request, "made": made, "created": time.time()}
    connection.execute(insert(idempotency).values(**row))
