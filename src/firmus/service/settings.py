"""Settings of a service: one frozen dataclass, read from ``service.toml`` in its data folder."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from firmus.errors import FirmusError, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a service.

    Parameters
    ----------
    data : Path
        Folder of the database and of all files.
    database : str
        SQLAlchemy's address of the database: SQLite in `data`, or what ``FIRMUS_DATABASE`` says.
    executor : str
        Where jobs are done: a module of `firmus.service.workers.executors`.
    cluster : str
        ``HOST:PORT`` of the head of Ray's cluster, where the executor is ``"ray"``.
    composers, renderers, analysts : int
        Workers that compose; that render and convert; that analyse, explain, transcribe and evaluate.
    together : int
        Jobs that a worker composes at a time, fed to the model together; 1 to 64.
    lease, tick : float
        Seconds that a worker may be silent before its job is given to another; seconds between looks for such jobs.
    attempts : int
        How often a job is tried whose worker dies.
    job_seconds : float
        Longest time that an attempt may take.
    worker_bytes : int
        Memory (address space) that a worker may have; 0 for any.
    drain : float
        Seconds that running jobs and open connections have to end when the service is told to stop.
    queue, owner_queue : int
        Unfinished jobs at most: of all owners (beyond it 503), and of one (beyond it 429).
    piece_seconds : float
        Longest piece that may be asked for or uploaded.
    quota : float
        Seconds of music an owner may have composed in a day (UTC), where its keys say nothing else.
    rate, burst : float
        Requests a second that a key (or an address without one) may make for long, and at once.
    body_bytes, sound_bytes, json_bytes, json_depth : int
        Largest music file, largest sound, largest JSON, and how deep it may be nested.
    wait : float
        Longest ``Prefer: wait``, in seconds.
    batch : int
        Briefs of a batch at most.
    room : int
        Bytes of disk that are to stay free; below it nothing is accepted (507).
    hosts : tuple of str
        Names under which the service may be asked for; those of this machine always.
    webhook_hosts : tuple of str
        Hosts (or ``host:port``) to which jobs may be told though they are not public, also without TLS.
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
    room: int = 100_000_000
    hosts: tuple[str, ...] = ()
    webhook_hosts: tuple[str, ...] = ()

    @classmethod
    def load(cls, data: Path) -> Settings:
        """Settings of a data folder.

        Raises
        ------
        FirmusError
            Where ``service.toml`` has an unknown name or a value of another kind.
        """
        path = data / "service.toml"
        try:
            given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise FirmusError(f"{path}: {error}") from None
        known = {each.name: each.default for each in fields(cls) if each.name not in ("data", "database")}
        for name, value in given.items():
            if name not in known:
                raise FirmusError(f"{path}: {unknown('setting', name, known)}")
            given[name] = _fitting(f"{path}: {name}", value, known[name])
        database = os.environ.get("FIRMUS_DATABASE") or f"sqlite:///{data / 'firmus.db'}"
        return cls(data=data, database=database, **given)


def _fitting(what: str, value: object, usual: object) -> object:
    if isinstance(usual, tuple):
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise FirmusError(f"{what} must be a list of names")
    if isinstance(usual, str):
        if isinstance(value, str):
            return value
        raise FirmusError(f"{what} = {value!r} must be a name in quotes")
    kind = int if isinstance(usual, int) else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or value < 0:
        raise FirmusError(f"{what} = {value!r} must be a {'whole ' if kind is int else ''}number of 0 or more")
    return value if kind is int else float(value)
