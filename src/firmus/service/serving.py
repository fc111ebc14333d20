"""Serving: the socket, the application, the crew; from start to the end of the last request."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn

from firmus.errors import FirmusError
from firmus.service.http.application import build
from firmus.service.http.dependencies import Service
from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage import audit, keys
from firmus.service.storage.backup import backup
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.workers import executors
from firmus.service.workers.supervisor import Crew
from firmus.service.workers.webhooks import Herald

__all__ = ["add_key", "backup", "listed_keys", "opened", "revoke_key", "serve"]


def opened(data: Path) -> tuple[Settings, Store]:
    """Settings and database of a data folder, made if need be and brought up to date.

    Raises
    ------
    FirmusError
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise FirmusError(f"{data}: {error.strerror or error}") from None
    settings = Settings.load(data.resolve())
    store = Store(settings.database)
    store.upgrade()
    return settings, store


def serve(
    data: Path, host: str, port: int, ready: Callable[[str, int], None], cluster: str | None = None
) -> None:  # fmt: skip
    """Serve until told to stop (SIGTERM, Ctrl-C), then finish what is being served.

    Parameters
    ----------
    data : Path
        Folder of the database and the files.
    host : str
        Address to listen at; another than this machine's own only where there is a key.
    port : int
        0 for any that is free.
    ready : callable
        Takes host and port, once the service listens.
    cluster : str, optional
        ``HOST:PORT`` of the head of a cluster whose machines do the jobs.

    Raises
    ------
    FirmusError
        Where it may not or cannot listen there.
    """
    sys.dont_write_bytecode = True  # Python keeps what it could write of a module on a full disk, and chokes on it
    settings, store = opened(data)
    if cluster:
        settings = replace(settings, executor="ray", cluster=cluster)
    with store.read() as connection:
        has_keys = keys.are_any(connection)
    is_local = _is_local(host)
    if not is_local and not has_keys:
        raise FirmusError(
            f"host {host}: others could use the service without a key; first: "
            f"firmus serve keys add --owner NAME --role admin --data {data}"
        )
    blobs = Blobs(settings.data / "files")
    crew = Crew(settings, store, blobs, executors.chosen(settings, store, blobs))
    herald = Herald(store, settings)
    service = Service(settings, store, blobs, crew, is_open=is_local and not has_keys)
    server = _Server(service, host, port, settings.drain)
    try:
        bound = server.config.bind_socket()
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the body waits 40 ms for the head's receipt
        bound.listen(server.config.backlog)  # so that whoever is told that it listens can connect
    except SystemExit:
        raise FirmusError(f"port {port} of {host} cannot be listened at: give another --port") from None
    signal.signal(signal.SIGTERM, lambda number, frame: None)  # uvicorn hands it on after its end
    crew.start()
    herald.start()
    try:
        address = bound.getsockname()
        log("service", state="listening", host=address[0], port=address[1], database=store.engine.name)
        ready(address[0], address[1])
        server.run([bound])
    finally:
        crew.stop()
        herald.stop()
        store.close()
        log("service", state="ended")


def add_key(data: Path, owner: str, role: str, quota: float | None) -> str:
    """Make a key, which is told this once."""
    _, store = opened(data)
    with store.write() as connection:
        store.take_turns(connection, audit.TURN)
        name, key = keys.add(connection, owner, role, quota)
        audit.write(connection, "console", "console", "key add", name)
    return key


def listed_keys(data: Path) -> list[dict[str, object]]:
    """All keys, without their secrets."""
    _, store = opened(data)
    with store.read() as connection:
        return [
            {name: getattr(row, name) for name in ("id", "owner", "role", "quota", "created", "revoked")}
            for row in keys.rows(connection)
        ]


def revoke_key(data: Path, name: str) -> None:
    """Make a key worthless.

    Raises
    ------
    FirmusError
        Where there is no such key.
    """
    _, store = opened(data)
    with store.write() as connection:
        store.take_turns(connection, audit.TURN)
        if not keys.revoke(connection, name):
            raise FirmusError(f"there is no valid key {name!r}: firmus serve keys list shows them")
        audit.write(connection, "console", "console", "key revoke", name)


class _Server(uvicorn.Server):
    """A server that ends streams when it is told to end."""

    def __init__(self, service: Service, host: str, port: int, drain: float) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        super().__init__(
            uvicorn.Config(
                build(service), host=host, port=port, http="h11", ws="none", loop="asyncio", access_log=False,
                log_config=None, server_header=False, timeout_graceful_shutdown=round(drain), backlog=1024,
                h11_max_incomplete_event_size=32_768, timeout_keep_alive=15, limit_concurrency=1_000,
                proxy_headers=False, lifespan="on",
            )
        )  # fmt: skip
        self.service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more jobs, let what waits answer, end."""
        self.service.bell.close()
        super().handle_exit(sig, frame)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
