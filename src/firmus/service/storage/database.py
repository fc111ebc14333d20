"""The database: SQLite beside the files, or PostgreSQL; opened, brought up to date, read, written.

SQLite runs with a write-ahead log and ``synchronous=FULL``: a transaction that was acknowledged survives a power cut.
A write begins with ``BEGIN IMMEDIATE``, so that it waits for others at its beginning and never fails half way; threads
of one process take turns by a lock, and processes by SQLite's own waiting. Whoever writes often writes together
(`Store.together`): what waits for its turn is made in one transaction, and the disk is synced once for all of it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError

from firmus.errors import FirmusError

Result = TypeVar("Result")
AT_ONCE = 32  # writes of one transaction at most, so that the first need not wait long for the last
MOST_REST = 0.1  # seconds
LOOK = 0.002  # seconds between two looks whether another has written
BUSY = 5.0  # seconds that a writer waits for another
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph")


class Store:
    """A database.

    Parameters
    ----------
    address : str
        SQLAlchemy's, such as ``"sqlite:////var/firmus/firmus.db"`` or ``"postgresql+psycopg://…"``.
    rest : float
        How many times as long as it wrote a writer rests, where writing goes together, so that other processes find
        SQLite free most of the time.

    Raises
    ------
    FirmusError
        Where there can be no such database. A password in the address is never told.
    """

    def __init__(self, address: str, rest: float = 0.0) -> None:
        self.rest = rest
        try:
            url = make_url(address)
            self.is_sqlite = url.get_backend_name() == "sqlite"
            if self.is_sqlite:
                _refuse_remote(Path(url.database or ""))
            elif url.get_backend_name() != "postgresql":
                raise FirmusError("FIRMUS_DATABASE must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
            options: dict[str, Any] = {"connect_args": {"timeout": BUSY}} if self.is_sqlite else {"pool_pre_ping": True}
            self.engine = create_engine(url, pool_size=8, max_overflow=48, hide_parameters=True, **options)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise FirmusError(f"FIRMUS_DATABASE: {error}".splitlines()[0]) from None
        self._turn = threading.Lock()
        self._waiting: deque[tuple[Callable[[Connection], Any], Future[Any]]] = deque()
        self._writer = ThreadPoolExecutor(1, "writer")
        if self.is_sqlite:
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database and changes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is on disk when the block ends, or nothing where it raises."""
        with self._turn if self.is_sqlite else contextlib.nullcontext(), self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    def together(self, make: Callable[[Connection], Result]) -> Future[Result]:
        """Make something in one transaction with what else is waiting to be written, in the order of asking.

        Parameters
        ----------
        make : callable
            Takes the connection. What it raises undoes what it did, and nothing else.

        Returns
        -------
        concurrent.futures.Future
            Of what `make` returns or raises, once it is on disk; or of what the transaction raises.
        """
        future: Future[Result] = Future()
        self._waiting.append((make, future))
        self._writer.submit(self._write_waiting)
        return future

    def _write_waiting(self) -> None:
        count = min(len(self._waiting), AT_ONCE)
        some = [self._waiting.popleft() for _ in range(count)]
        if not some:
            return
        begun, made = time.monotonic(), list[tuple[Any, Exception | None]]()
        try:
            with self.write() as connection:
                for make, _ in some:
                    made.append(_tried(connection, make) if count > 1 else (make(connection), None))
        except Exception as error:
            made = [(None, error)] * count
        for (_, future), (result, reason) in zip(some, made, strict=True):
            future.set_exception(reason) if reason else future.set_result(result)
        if self.is_sqlite:
            time.sleep(min(MOST_REST, self.rest * (time.monotonic() - begun)))

    def take_turns(self, connection: Connection, what: int) -> None:
        """Let one transaction at a time go on from here; SQLite does so by itself."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:what)"), {"what": what})

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables up to date.

        Raises
        ------
        FirmusError
            Where the database cannot be reached.
        """
        from alembic import command

        try:
            with self.engine.connect() as connection:
                command.upgrade(migrations(connection), revision)
        except DBAPIError as error:
            raise FirmusError(f"the database does not answer: {' '.join(str(error.orig).split())}") from None

    def downgrade(self, revision: str) -> None:
        """Bring the tables back to an earlier form; what the later one added is lost."""
        from alembic import command

        with self.engine.connect() as connection:
            command.downgrade(migrations(connection), revision)

    def close(self) -> None:
        """Close every connection."""
        self._writer.shutdown()
        self.engine.dispose()


def _tried(connection: Connection, make: Callable[[Connection], Result]) -> tuple[Result | None, Exception | None]:
    """What is made, or what is raised; what the database itself raises ends the transaction."""
    try:
        with connection.begin_nested():
            return make(connection), None
    except Exception as error:
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
            raise
        return None, error


def migrations(connection: Connection | None = None) -> Any:
    """Alembic's configuration: the scripts that come with the package, and a connection for them."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={round(BUSY * 1000)}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    until = time.monotonic() + BUSY
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError:
                if time.monotonic() > until:
                    raise
            time.sleep(LOOK)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(BUSY * 1000)}")


def _refuse_remote(path: Path) -> None:
    """Refuse a file on a network's file system, where SQLite's locks do not hold."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
        place = path.resolve()
    except OSError:
        return
    found = max(
        ((folder, kind) for _, folder, kind, *_ in (line.split() for line in mounts) if place.is_relative_to(folder)),
        key=lambda each: len(each[0]), default=("", ""),
    )  # fmt: skip
    if found[1] in REMOTE:
        raise FirmusError(f"{path.parent} is on a network's file system ({found[1]}), where SQLite loses data")
