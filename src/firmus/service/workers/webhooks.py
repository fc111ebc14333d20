"""Webhooks: the end of a job, or of a batch, is posted to a URL of its owner's, signed, at least once.

Messages are signed as Standard Webhooks (standardwebhooks.com) specifies: ``webhook-id`` is that of the job or batch,
``webhook-signature`` is ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body`` with the owner's secret.

Only public addresses are ever contacted (SSRF): the name is resolved once, every address of it must be public, and the
connection goes to the very address that was checked. Redirects are not followed, and of the response only the status is
kept. Hosts of `Settings.webhook_hosts` may be anywhere.
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

RETRY_DELAYS = (5.0, 30.0, 120.0, 600.0, 3600.0)  # seconds between two tries; after the last it has failed
TIMEOUT = 5.0  # seconds that a connection may be silent, and three times as long in all
CONCURRENCY = 8
_SPECIAL = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
"""IANA's registries of special-purpose addresses; older versions of Python take some of them for global."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A delivery that is due: identifier and owner of the job or batch, URL, tries so far, type and data."""

    name: str
    owner: str
    url: str
    tries: int
    kind: str
    data: dict[str, Any]


def add(connection: Connection, name: str, url: str) -> None:
    """Schedule the delivery of the end of a job or a batch."""
    row = {"job": name, "url": url, "state": "waiting", "tries": 0, "due": 0.0}
    connection.execute(insert(delivery).values(**row))


def delivery_status(connection: Connection, name: str) -> str | None:
    """Status of the delivery for a job or a batch; None where there is no webhook."""
    row = connection.execute(select(delivery).where(delivery.c.job == name)).first()
    return None if row is None else f"{row.state}: {row.told}" if row.told else str(row.state)


def check(url: str, settings: Settings) -> SplitResult:
    """Reject a URL that is evidently not public.

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
    """Whether an IP address is public.

    Raises
    ------
    ValueError
        If it is no IP address.

    Examples
    --------
    >>> [is_public(each) for each in ("9.9.9.9", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "fe80::1%eth0")]
    [True, False, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_global and not any(ip.version == each.version and ip in each for each in _SPECIAL)


def secret(settings: Settings, owner: str) -> bytes:
    """An owner's signing secret, derived from a key in the data folder, which is created if needed."""
    path = settings.data / "webhook.key"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, secrets.token_bytes(32))
            os.fsync(handle)
        finally:
            os.close(handle)
    return hmac.digest(path.read_bytes(), b"webhook of " + owner.encode(), "sha256")


def signature(key: bytes, name: str, timestamp: int, body: bytes) -> str:
    """Signature of a message."""
    return "v1," + base64.b64encode(hmac.digest(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256)).decode()


class Dispatcher:
    """Delivers the ends of jobs and batches, from a thread of its own.

    Parameters
    ----------
    store : Store
    settings : Settings
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(CONCURRENCY, "webhooks")
        self._thread = threading.Thread(target=self._run, daemon=True, name="webhooks")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; what was not delivered is delivered after the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def deliver_due(self) -> int:
        """Try the deliveries that are due; how many there were."""
        with self.store.read() as connection:
            deliveries = [*_ended_jobs(connection), *_ended_batches(connection)]
        list(self._pool.map(self._deliver, deliveries))
        return len(deliveries)

    def _run(self) -> None:
        while not self._stopping.wait(self.settings.tick):
            try:
                while not self._stopping.is_set() and self.deliver_due():
                    pass
            except (DBAPIError, OSError, RuntimeError) as error:
                log("webhook", error=f"{type(error).__name__}: {getattr(error, 'orig', error)}")

    def _deliver(self, row: _Delivery) -> None:
        """Try once; the try belongs to whoever increments its count, so that of several services only one does."""
        is_last = row.tries >= len(RETRY_DELAYS)
        due = time.time() + (0.0 if is_last else RETRY_DELAYS[row.tries])
        claiming = update(delivery).where(delivery.c.job == row.name, delivery.c.tries == row.tries)
        with self.store.write() as connection:
            if connection.execute(claiming.values(tries=row.tries + 1, due=due)).rowcount != 1:
                return
        status = self._post(row)
        state = "delivered" if status.startswith("2") else "failed" if is_last else "waiting"
        log("webhook", job=row.name, state=state, told=status, tries=row.tries + 1)
        with self.store.write() as connection:
            connection.execute(update(delivery).where(delivery.c.job == row.name).values(state=state, told=status))

    def _post(self, row: _Delivery) -> str:
        """Status of the response, or why there is none."""
        timestamp = int(time.time())
        body = json.dumps({"type": row.kind, "timestamp": timestamp, "data": row.data}).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Firmus",
            "webhook-id": row.name,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret(self.settings, row.owner), row.name, timestamp, body),
        }
        try:
            return str(send(row.url, body, headers, self.settings))
        except Problem as problem:
            return problem.detail[:200]
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"[:200]


def _ended_jobs(connection: Connection) -> list[_Delivery]:
    """Due deliveries of jobs that have ended."""
    query = select(delivery.c.tries, delivery.c.url, job).join(job, job.c.id == delivery.c.job)
    deliveries = []
    for row in _due(connection, query.where(job.c.state.in_(ENDED))):
        data = {name: getattr(row, name) for name in ("id", "kind", "state", "attempt", "batch")}
        deliveries.append(_Delivery(row.id, row.owner, row.url, row.tries, f"job.{row.state}", data))
    return deliveries


def _ended_batches(connection: Connection) -> list[_Delivery]:
    """Due deliveries of batches of which no job is unfinished."""
    unfinished = select(job.c.id).where(job.c.batch == batch.c.id, job.c.state.not_in(ENDED)).exists()
    query = select(delivery.c.tries, delivery.c.url, batch).join(batch, batch.c.id == delivery.c.job)
    deliveries = []
    for row in _due(connection, query.where(~unfinished)):
        counts = select(job.c.state, func.count().label("total")).where(job.c.batch == row.id).group_by(job.c.state)
        states = {each.state: each.total for each in connection.execute(counts)}
        data = {"id": row.id, "kind": row.kind, "total": row.total, "states": states}
        deliveries.append(_Delivery(row.id, row.owner, row.url, row.tries, "batch.finished", data))
    return deliveries


def _due(connection: Connection, query: Select[Any]) -> Sequence[Row[Any]]:
    query = query.where(delivery.c.state == "waiting", delivery.c.due <= time.time())
    return connection.execute(query.order_by(delivery.c.due).limit(CONCURRENCY)).all()


def send(url: str, body: bytes, headers: dict[str, str], settings: Settings) -> int:
    """POST to a URL that is public or trusted; the status of the response.

    Raises
    ------
    Problem
        If the URL may not be contacted.
    OSError, http.client.HTTPException
    """
    parts = check(url, settings)
    connection = _connect(parts, settings)
    timer = threading.Timer(3 * TIMEOUT, _shut, (connection,))
    timer.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        timer.cancel()
        connection.close()


def _connect(parts: SplitResult, settings: Settings) -> http.client.HTTPConnection:
    """A connection to a checked address."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    addresses = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not _is_trusted(parts, settings) and not all(is_public(each) for each in addresses):
        raise Problem("invalid-request", f"webhook: {host} is no public address")
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    plain = socket.create_connection((addresses[0], port), TIMEOUT)
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
