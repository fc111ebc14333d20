"""Serving: the socket, the application, the workers; from start to the end of the last request."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn

from firmus.errors import FirmusError
from firmus.service.http import browsers
from firmus.service.http.application import build
from firmus.service.http.connections import IDLE_TIMEOUT, Connection, allow_files
from firmus.service.http.dependencies import Service
from firmus.service.http.routes import live
from firmus.service.logs import log
from firmus.service.settings import Settings
from firmus.service.storage import audit, keys
from firmus.service.storage.backup import backup
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.housekeeping import Housekeeper
from firmus.service.workers import executors
from firmus.service.workers.supervisor import Supervisor
from firmus.service.workers.webhooks import Dispatcher

OVERTIME = 5.0  # seconds that the end may take beyond the time limit of running jobs

__all__ = ["add_key", "backup", "listed_keys", "opened", "revoke_key", "serve"]


def opened(data: Path) -> tuple[Settings, Store]:
    """Settings and database of a data folder, which is created and migrated if needed.

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
    data: Path,
    host: str,
    port: int,
    ready: Callable[[str, int, str], None],
    *,
    cluster: str | None = None,
    keep: str | None = None,
    page: bool = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the requests that are being served.

    Parameters
    ----------
    data : Path
        Folder of the database and the files.
    host : str
        Address to listen at; other than loopback only if there is a key.
    port : int
        0 for any that is free.
    ready : callable
        Called once it listens, with host, port, and the token of browsers, which is empty where keys are needed.
    cluster : str, optional
        ``HOST:PORT`` of the head of a cluster whose machines execute the jobs.
    keep : str, optional
        How long ended jobs, works and sounds are kept, such as ``"30d"``, instead of as long as the settings say.
    page : bool
        Whether to serve the page of the Studio, too, which has no key.

    Raises
    ------
    FirmusError
        If it may not or cannot listen there.
    """
    sys.dont_write_bytecode = True  # on a full disk Python leaves truncated bytecode, and fails on it later
    allow_files()
    settings, store = opened(data)
    if cluster:
        settings = replace(settings, executor="ray", cluster=cluster)
    if keep is not None:
        settings = replace(settings, keep=keep)
    token = _browser_token(settings, store, host, page)
    blobs = Blobs(settings.data / "files")
    supervisor = Supervisor(settings, store, executors.load(settings, store, blobs))
    dispatcher, housekeeper = Dispatcher(store, settings), Housekeeper(settings, store, blobs)
    service = Service(settings, store, blobs, supervisor, is_open=bool(token), token=token, has_page=page)
    server = _Server(service, host, port, settings.drain)
    try:
        bound = server.config.bind_socket()
        bound.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )  # else the body waits 40 ms for the acknowledgement of the headers
        bound.listen(server.config.backlog)  # so that clients can connect once `ready` is called
    except SystemExit:
        raise FirmusError(f"port {port} of {host} cannot be listened at: give another --port") from None
    signal.signal(signal.SIGTERM, lambda number, frame: server.end())  # before uvicorn listens to it, and after
    supervisor.start()
    dispatcher.start()
    housekeeper.start()
    try:
        address = bound.getsockname()
        log("service", state="listening", host=address[0], port=address[1], database=store.engine.name)
        if service.is_open:
            log("service", state="open", warning="there is no key: everybody on this machine has full access")
        ready(address[0], address[1], token)
        server.run([bound])
    finally:
        supervisor.stop()
        dispatcher.stop()
        housekeeper.stop()
        store.close()
        server.last_resort.cancel()
        log("service", state="ended")


def _browser_token(settings: Settings, store: Store, host: str, page: bool) -> str:
    """The token of browsers, where no key is needed; refuses to serve others without a key, and a page with one."""
    with store.read() as connection:
        had_keys = keys.have_existed(connection)
    data = settings.data
    if page and had_keys:
        raise FirmusError(f"{data}: there are keys, and the page has none: give firmus studio another --data")
    if not had_keys and not _is_local(host):
        raise FirmusError(
            f"host {host}: others could use the service without a key; first: "
            f"firmus serve keys add --owner NAME --role operator --data {data}"
        )
    return browsers.read_token(data) if _is_local(host) and not had_keys else ""


def add_key(data: Path, owner: str, role: str, quota: float | None, storage: float | None = None) -> str:
    """Create a key, which cannot be recovered later."""
    _, store = opened(data)
    with store.write() as connection:
        store.advisory_lock(connection, audit.LOCK)
        name, key = keys.add(connection, owner, role, quota, storage)
        audit.write(connection, "console", "console", "key add", name)
    return key


def listed_keys(data: Path) -> list[dict[str, object]]:
    """All keys, without their secrets."""
    _, store = opened(data)
    with store.read() as connection:
        return [
            {name: getattr(row, name) for name in ("id", "owner", "role", "quota", "storage", "created", "revoked")}
            for row in keys.rows(connection)
        ]


def revoke_key(data: Path, name: str) -> None:
    """Revoke a key.

    Raises
    ------
    FirmusError
        If there is no such key.
    """
    _, store = opened(data)
    with store.write() as connection:
        store.advisory_lock(connection, audit.LOCK)
        if not keys.revoke(connection, name):
            raise FirmusError(f"there is no valid key {name!r}: firmus serve keys list shows them")
        audit.write(connection, "console", "console", "key revoke", name)


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn says of a fault: it calls one, too, each WebSocket that is refused by a response."""
    return "without completing handshake" not in record.getMessage()


class _Server(uvicorn.Server):
    """A server that ends event streams at shutdown."""

    def __init__(self, service: Service, host: str, port: int, drain: float) -> None:
        logger = logging.getLogger("uvicorn.error")
        logger.setLevel(logging.ERROR)
        logger.addFilter(_is_fault)
        super().__init__(
            uvicorn.Config(
                build(service),
                host=host,
                port=port,
                http=Connection,
                ws="websockets-sansio",
                ws_max_size=live.MESSAGE_BYTES,
                ws_ping_interval=live.PING_SECONDS,
                ws_ping_timeout=live.PING_SECONDS,
                ws_per_message_deflate=False,
                loop="asyncio",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=round(drain),
                backlog=1024,
                h11_max_incomplete_event_size=32_768,
                timeout_keep_alive=IDLE_TIMEOUT,
                proxy_headers=False,
                lifespan="on",
            )
        )
        self.service = service
        self.last_resort = threading.Timer(drain + OVERTIME, _exit_at_once)
        self.last_resort.daemon = True
        self._is_ending = False

    def end(self) -> None:
        """Wake waiting requests and streams, drain the workers, and shut down, all within one time limit."""
        self.should_exit = True
        if not self._is_ending:
            self._is_ending = True
            self.last_resort.start()
            self.service.notifier.close()
            threading.Thread(target=self.service.supervisor.drain, daemon=True).start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Shut down; the second Ctrl-C does not wait."""
        super().handle_exit(sig, frame)
        self.end()


def _exit_at_once() -> None:
    """End the process, as something does not end within its time limit; its jobs go to the next server."""
    log("service", state="ended", warning="something did not end in time, and was left behind")
    os._exit(1)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
