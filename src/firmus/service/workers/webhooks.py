"""Webhooks: the end of a job, or of a batch, is told to an address of its owner's, signed, at least once.

What is sent is signed as Standard Webhooks (standardwebhooks.com) has it: ``webhook-id`` is the job's or batch's, and
``webhook-signature`` is ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body`` with the owner's secret.

Nothing but public addresses is ever reached: the name is looked up once, every address that it has must be public, and
the connection goes to the very address that was checked. No redirect is followed, nothing that is answered is kept but
the status. Hosts of `Settings.webhook_hosts` may be anywhere.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from firmus.service.logs import log
from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage.database import Store
from firmus.service.storage.jobs import ENDED
from firmus.service.storage.tables import batch, delivery, job

PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0)  # seconds between two tries; after the last it has failed
SECONDS = 5.0  # that a connection may be silent, and three times as long in all
AT_ONCE = 8
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class _Ended:
    """A job or a batch that has ended: whose it is, where that is to be told, how often it was tried, what is told."""

    name: str
    owner: str
    url: str
    tries: int
    kind: str
    data: dict[str, Any]


def add(connection: Connection, name: str, url: str) -> None:
    """Write where the end of a job or a batch is to be told."""
    row = {"job": name, "url": url, "state": "waiting", "tries": 0, "due": 0.0}
    connection.execute(insert(delivery).values(**row))


def shown(connection: Connection, name: str) -> str | None:
    """How the telling of a job or a batch stands; None where nobody is to be told."""
    row = connection.execute(select(delivery).where(delivery.c.job == name)).first()
    return None if row is None else f"{row.state}: {row.told}" if row.told else str(row.state)


def check(url: str, settings: Settings) -> SplitResult:
    """Refuse an address that can be seen to be none of the public network.

    Raises
    ------
    Problem
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Problem("invalid-request", f"webhook {url[:80]!r} is no address") from None
    is_trusted = _is_trusted(parts, settings)
    if parts.scheme != "https" and not (is_trusted and parts.scheme == "http"):
        raise Problem("invalid-request", f"webhook {url[:80]!r} must be https://…")
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not host or port == 0 or parts.username is not None or parts.fragment or not is_plain:
        raise Problem("invalid-request", f"webhook {url[:80]!r} must be https://HOST/PATH, no user, no fragment")
    with contextlib.suppress(ValueError):
        if not is_trusted and not is_public(host):
            raise Problem("invalid-request", f"webhook: {host} is no public address")
    return parts


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public network.

    Raises
    ------
    ValueError
        Where it is no IP address.

    Examples
    --------
    >>> [is_public(each) for each in ("9.9.9.9", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "fe80::1%eth0")]
    [True, False, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            found = found.ipv4_mapped
        elif found.sixtofour or found.teredo or found in _NAT64:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def secret(settings: Settings, owner: str) -> bytes:
    """What is told to an owner is signed with this; it follows from a key in the data folder, made if need be."""
    path = settings.data / "webhook.key"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, secrets.token_bytes(32))
            os.fsync(handle)
        finally:
            os.close(handle)
    return hmac.digest(path.read_bytes(), b"webhook of " + owner.encode(), "sha256")


def signature(key: bytes, name: str, moment: int, body: bytes) -> str:
    """Signature of what is sent."""
    return "v1," + base64.b64encode(hmac.digest(key, f"{name}.{moment}.".encode() + body, hashlib.sha256)).decode()


class Herald:
    """Tells the ends of jobs and batches, from a thread of its own.

    Parameters
    ----------
    store : Store
    settings : Settings
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self._ending = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, "herald")
        self._thread = threading.Thread(target=self._run, daemon=True, name="herald")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what was not told is told after the next start."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def tell(self) -> int:
        """Tell what is due; how much that was."""
        with self.store.read() as connection:
            found = [*_ended_jobs(connection), *_ended_batches(connection)]
        list(self._pool.map(self._one, found))
        return len(found)

    def _run(self) -> None:
        while not self._ending.wait(self.settings.tick):
            try:
                while not self._ending.is_set() and self.tell():
                    pass
            except (DBAPIError, OSError, RuntimeError) as error:
                log("webhook", error=f"{type(error).__name__}: {getattr(error, 'orig', error)}")

    def _one(self, row: _Ended) -> None:
        """Try once; whoever counts the try up makes it, so that of several services one does."""
        is_last = row.tries >= len(PAUSES)
        due = time.time() + (0.0 if is_last else PAUSES[row.tries])
        mine = update(delivery).where(delivery.c.job == row.name, delivery.c.tries == row.tries)
        with self.store.write() as connection:
            if connection.execute(mine.values(tries=row.tries + 1, due=due)).rowcount != 1:
                return
        told = self._sent(row)
        state = "delivered" if told.startswith("2") else "failed" if is_last else "waiting"
        log("webhook", job=row.name, state=state, told=told, tries=row.tries + 1)
        with self.store.write() as connection:
            connection.execute(update(delivery).where(delivery.c.job == row.name).values(state=state, told=told))

    def _sent(self, row: _Ended) -> str:
        """Status that was answered, or why there is none."""
        moment = int(time.time())
        body = json.dumps({"type": row.kind, "timestamp": moment, "data": row.data}).encode()
        headers = {
            "Content-Type": "application/json", "User-Agent": "Firmus", "webhook-id": row.name,
            "webhook-timestamp": str(moment),
            "webhook-signature": signature(secret(self.settings, row.owner), row.name, moment, body),
        }  # fmt: skip
        try:
            return str(send(row.url, body, headers, self.settings))
        except Problem as problem:
            return problem.detail[:200]
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"[:200]


def _ended_jobs(connection: Connection) -> list[_Ended]:
    """Jobs that have ended, where that is due to be told."""
    query = select(delivery.c.tries, delivery.c.url, job).join(job, job.c.id == delivery.c.job)
    found = []
    for row in _due(connection, query.where(job.c.state.in_(ENDED))):
        data = {name: getattr(row, name) for name in ("id", "kind", "state", "attempt", "batch")}
        found.append(_Ended(row.id, row.owner, row.url, row.tries, f"job.{row.state}", data))
    return found


def _ended_batches(connection: Connection) -> list[_Ended]:
    """Batches of which no job is unfinished, where that is due to be told."""
    unfinished = select(job.c.id).where(job.c.batch == batch.c.id, job.c.state.not_in(ENDED)).exists()
    query = select(delivery.c.tries, delivery.c.url, batch).join(batch, batch.c.id == delivery.c.job)
    found = []
    for row in _due(connection, query.where(~unfinished)):
        counts = select(job.c.state, func.count().label("total")).where(job.c.batch == row.id).group_by(job.c.state)
        states = {each.state: each.total for each in connection.execute(counts)}
        data = {"id": row.id, "kind": row.kind, "total": row.total, "states": states}
        found.append(_Ended(row.id, row.owner, row.url, row.tries, "batch.finished", data))
    return found


def _due(connection: Connection, query: Select[Any]) -> Sequence[Row[Any]]:
    query = query.where(delivery.c.state == "waiting", delivery.c.due <= time.time())
    return connection.execute(query.order_by(delivery.c.due).limit(AT_ONCE)).all()


def send(url: str, body: bytes, headers: dict[str, str], settings: Settings) -> int:
    """POST to an address that is public, or trusted; the status that is answered.

    Raises
    ------
    Problem
        Where it may not be reached.
    OSError, http.client.HTTPException
    """
    parts = check(url, settings)
    connection = _connected(parts, settings)
    stopper = threading.Timer(3 * SECONDS, _shut, (connection,))
    stopper.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        stopper.cancel()
        connection.close()


def _connected(parts: SplitResult, settings: Settings) -> http.client.HTTPConnection:
    """A connection to an address that was checked."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not _is_trusted(parts, settings) and not all(is_public(each) for each in found):
        raise Problem("invalid-request", f"webhook: {host} is no public address")
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    plain = socket.create_connection((found[0], port), SECONDS)
    try:
        is_tls = parts.scheme == "https"
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain
    except Exception:
        plain.close()
        raise
    return connection


def _is_trusted(parts: SplitResult, settings: Settings) -> bool:
    return bool({parts.hostname, parts.netloc} & set(settings.webhook_hosts))


def _shut(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError):
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)
