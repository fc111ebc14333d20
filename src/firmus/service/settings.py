"""Settings of a service: one frozen dataclass, read from ``service.toml`` in its data folder."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from firmus.errors import FirmusError, unknown

_DURATION = re.compile("([1-9][0-9]{0,5})([mhdw])")
_SECONDS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a service.

    Parameters
    ----------
    data : Path
        Folder of the database and of all files.
    database : str
        SQLAlchemy URL of the database: ``FIRMUS_DATABASE``, or SQLite in `data`.
    executor : str
        Where workers run: a module of `firmus.service.workers.executors`.
    cluster : str
        ``HOST:PORT`` of the head of Ray's cluster, where the executor is ``"ray"``.
    composers, renderers, analysts : int
        Number of workers that compose; that render and convert; that analyse, explain, transcribe and evaluate.
    together : int
        Jobs that a worker composes concurrently, batched in the model; 1 to 64.
    lease, tick : float
        Seconds without a heartbeat before a worker's job goes to another, and a silent worker is replaced; seconds
        between checks for such jobs.
    attempts : int
        Failures after which a job is given up: its worker died while it ran alone, or found an error of the machine.
    job_seconds : float
        Time limit of an attempt.
    worker_bytes : int
        Memory limit (address space) of a worker; 0 for none.
    drain : float
        Seconds that running jobs and open connections have to end at shutdown.
    queue, owner_queue : int
        Maximal number of unfinished jobs: of all owners (beyond it 503), and of one (beyond it 429).
    piece_seconds : float
        Maximal duration of a piece that may be requested or uploaded.
    quota : float
        Seconds of music an owner may have composed in a day (UTC), unless its key has a quota of its own.
    rate, burst : float
        Requests a second of a key (or an address without one): sustained, and in a burst.
    body_bytes, sound_bytes, json_bytes, json_depth : int
        Maximal size of a music file, of a sound, of JSON, and the maximal nesting depth of JSON.
    wait : float
        Maximal ``Prefer: wait``, in seconds.
    batch : int
        Maximal number of briefs of a batch.
    storage_bytes : int
        Bytes that an owner may store, unless its key has a quota of its own.
    keep : str
        How long ended jobs, works and sounds are kept, such as ``"30d"``; by default for ever.
    room : int
        Bytes of disk that are to stay free; below it requests are rejected (507).
    live, owner_live : int
        Maximal number of sessions of playing together at once: of all owners, and of one.
    live_seconds, live_idle : float
        How long such a session may last, and how long without a note of the player.
    hosts : tuple of str
        Accepted host names, beside those of this machine.
    webhook_hosts : tuple of str
        Hosts (or ``host:port``) that webhooks may use though they are not public, also without TLS.
    """

    data: Path
    database: str
    executor: str = "process"
    cluster: str = ""
    composers: int = 1
    renderers: int = 1
    analysts: int = 1
    together: int = 16
    lease: float = 15.0
    tick: float = 1.0
    attempts: int = 3
    job_seconds: float = 900.0
    worker_bytes: int = 4 << 30
    drain: float = 20.0
    queue: int = 10_000
    owner_queue: int = 2_000
    piece_seconds: float = 600.0
    quota: float = 86_400.0
    rate: float = 100.0
    burst: float = 200.0
    body_bytes: int = 10_000_000
    sound_bytes: int = 50_000_000
    json_bytes: int = 2_000_000
    json_depth: int = 32
    wait: float = 60.0
    batch: int = 1_000
    storage_bytes: int = 10_000_000_000
    keep: str = ""
    room: int = 100_000_000
    live: int = 8
    owner_live: int = 4
    live_seconds: float = 3_600.0
    live_idle: float = 600.0
    hosts: tuple[str, ...] = ()
    webhook_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.keep and not _DURATION.fullmatch(self.keep):
            raise FirmusError(f"keep {self.keep!r} must be a number and m, h, d or w, such as 30d; or empty, for ever")

    @property
    def keep_seconds(self) -> float:
        """Seconds for which things are kept; 0 for ever."""
        match = _DURATION.fullmatch(self.keep)
        return int(match[1]) * _SECONDS[match[2]] if match else 0.0

    @classmethod
    def load(cls, data: Path) -> Settings:
        """Settings of a data folder.

        Raises
        ------
        FirmusError
            If ``service.toml`` has an unknown name or a value of another type.
        """
        path = data / "service.toml"
        try:
            values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise FirmusError(f"{path}: {error}") from None
        known = {each.name: each.default for each in fields(cls) if each.name not in ("data", "database")}
        for name, value in values.items():
            if name not in known:
                raise FirmusError(f"{path}: {unknown('setting', name, known)}")
            values[name] = _checked(f"{path}: {name}", value, known[name])
        database = os.environ.get("FIRMUS_DATABASE") or sqlite_address(data / "firmus.db")
        return cls(data=data, database=database, **values)


def sqlite_address(path: Path) -> str:
    """SQLAlchemy URL of a SQLite file, whatever characters its path has.

    Examples
    --------
    >>> sqlite_address(Path("/var/music #1?/firmus.db"))
    'sqlite:////var/music %231%3F/firmus.db'
    """
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def _checked(what: str, value: object, default: object) -> object:
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise FirmusError(f"{what} must be a list of names")
    if isinstance(default, str):
        if isinstance(value, str):
            return value
        raise FirmusError(f"{what} = {value!r} must be a name in quotes")
    kind = int if isinstance(default, int) else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or value < 0:
        raise FirmusError(f"{what} = {value!r} must be a {'whole ' if kind is int else ''}number of 0 or more")
    return value if kind is int else float(value)
