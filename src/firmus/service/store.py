"""The database: SQLite beside the files, or PostgreSQL; opened, brought up to date, read, written.

SQLite runs with a write-ahead log and ``synchronous=FULL``: a transaction that was acknowledged survives a power cut.
A write begins with ``BEGIN IMMEDIATE``, so that it waits for others at its beginning and never fails half way; threads
of one process take turns by a lock, which is fair, and processes by SQLite's own waiting.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from firmus.errors import FirmusError

BUSY = 5.0  # seconds that a writer waits for another
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph")


class Store:
    """A database.

    Parameters
    ----------
    address : str
        SQLAlchemy's, such as ``"sqlite:////var/firmus/firmus.db"`` or ``"postgresql+psycopg://…"``.

    Raises
    ------
    FirmusError
        Where there can be no such database. A password in the address is never told.
    """

    def __init__(self, address: str) -> None:
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
        self.engine.dispose()


def migrations(connection: Connection | None = None) -> Any:
    """Alembic's configuration: the scripts that come with the package, and a connection for them."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={round(BUSY * 1000)}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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
