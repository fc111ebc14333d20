"""The database, SQLite beside the files or PostgreSQL: connections, migrations, transactions.

SQLite runs with a write-ahead log and ``synchronous=FULL``: a committed transaction survives a power failure. A write
begins with ``BEGIN IMMEDIATE``, so that it waits for the write lock at its beginning and never fails half way; threads
of one process are serialised by a lock, processes by SQLite's own locking. Frequent writes are grouped
(`Store.group_write`): those that are waiting share one transaction, and so one sync of the disk (group commit).
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError

from firmus.errors import FirmusError
from firmus.service.problems import DAMAGE

Result = TypeVar("Result")
MAX_GROUP = 32  # writes of one transaction at most, so that the first need not wait long for the last
MAX_REST = 0.1  # seconds
POLL_INTERVAL = 0.002  # seconds between two attempts to get the write lock
BUSY_TIMEOUT = 5.0  # seconds for which a writer waits for the write lock
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph")


class Store:
    """A database.

    Parameters
    ----------
    address : str
        SQLAlchemy URL, such as ``"sqlite:////var/firmus/firmus.db"`` or ``"postgresql+psycopg://…"``.
    rest : float
        Pause after a grouped write, as a multiple of its duration, so that SQLite's write lock is free for other
        processes most of the time.

    Raises
    ------
    FirmusError
        If the address is invalid. The message never contains the password of the address.
    """

    def __init__(self, address: str, rest: float = 0.0) -> None:
        self.rest = rest
        try:
            url = make_url(address)
            self.is_sqlite = url.get_backend_name() == "sqlite"
            if self.is_sqlite:
                _reject_network_file_system(Path(url.database or ""))
            elif url.get_backend_name() != "postgresql":
                raise FirmusError("FIRMUS_DATABASE must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
            options: dict[str, Any] = (
                {"connect_args": {"timeout": BUSY_TIMEOUT}} if self.is_sqlite else {"pool_pre_ping": True}
            )
            self.engine = create_engine(url, pool_size=8, max_overflow=48, hide_parameters=True, **options)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise FirmusError(f"FIRMUS_DATABASE: {error}".splitlines()[0]) from None
        self.damage = ""  # what was found damaged, if anything was
        event.listen(self.engine, "handle_error", self._note_damage)
        self._write_lock = threading.Lock()
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
        with self._write_lock if self.is_sqlite else contextlib.nullcontext(), self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    def group_write(self, operation: Callable[[Connection], Result]) -> Future[Result]:
        """Run an operation in one transaction with the others that are waiting, in the order of submission.

        Parameters
        ----------
        operation : callable
            Takes the connection. If it raises, it alone is rolled back.

        Returns
        -------
        concurrent.futures.Future
            What `operation` returns or raises, once it is committed; or what the transaction raises.
        """
        future: Future[Result] = Future()
        self._waiting.append((operation, future))
        self._writer.submit(self._write_waiting)
        return future

    def _write_waiting(self) -> None:
        count = min(len(self._waiting), MAX_GROUP)
        group = [self._waiting.popleft() for _ in range(count)]
        if not group:
            return
        begun, outcomes = time.monotonic(), list[tuple[Any, Exception | None]]()
        try:
            with self.write() as connection:
                for operation, _ in group:
                    outcomes.append(
                        _in_savepoint(connection, operation) if count > 1 else (operation(connection), None)
                    )
        except Exception as error:
            outcomes = [(None, error)] * count
        for (_, future), (result, failure) in zip(group, outcomes, strict=True):
            future.set_exception(failure) if failure else future.set_result(result)
        if self.is_sqlite:
            time.sleep(min(MAX_REST, self.rest * (time.monotonic() - begun)))

    def read_all(self) -> None:
        """Read the whole database, where it is SQLite, and note damage; PostgreSQL finds its own."""
        if self.is_sqlite:
            with self.read() as connection:
                found = str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one())
            if found != "ok":
                self.damage = " ".join(found.split())[:200]

    def _note_damage(self, context: ExceptionContext) -> None:
        message = " ".join(str(context.original_exception).split())
        if any(word in message for word in DAMAGE):
            self.damage = message[:200]

    def advisory_lock(self, connection: Connection, lock: int) -> None:
        """Hold a lock until the end of the transaction; SQLite's writers are serialised anyway."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:what)"), {"what": lock})

    def upgrade(self, revision: str = "head") -> None:
        """Migrate the tables.

        Raises
        ------
        FirmusError
            If the database cannot be reached.
        """
        from alembic import command

        try:
            with self.engine.connect() as connection:
                command.upgrade(migrations(connection), revision)
        except DBAPIError as error:
            raise FirmusError(f"the database does not answer: {' '.join(str(error.orig).split())}") from None

    def downgrade(self, revision: str) -> None:
        """Migrate the tables back to an earlier revision; what the later ones added is lost."""
        from alembic import command

        with self.engine.connect() as connection:
            command.downgrade(migrations(connection), revision)

    def truncate_log(self) -> None:
        """Empty SQLite's write-ahead log, which still holds what was deleted; if nobody reads or writes just now."""
        if self.is_sqlite:
            with self.engine.connect() as plain:
                connection = plain.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("PRAGMA busy_timeout=0")
                try:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(BUSY_TIMEOUT * 1000)}")

    def close(self) -> None:
        """Close every connection."""
        self._writer.shutdown()
        self.engine.dispose()


def _in_savepoint(
    connection: Connection, operation: Callable[[Connection], Result]
) -> tuple[Result | None, Exception | None]:
    """Result or exception of an operation; errors of the database itself are raised and end the transaction."""
    try:
        with connection.begin_nested():
            return operation(connection), None
    except Exception as error:
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
            raise
        return None, error


def migrations(connection: Connection | None = None) -> Any:
    """Alembic's configuration: the package's migration scripts, and a connection for them."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",  # what is deleted is overwritten
        "foreign_keys=ON",
        f"busy_timeout={round(BUSY_TIMEOUT * 1000)}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    until = time.monotonic() + BUSY_TIMEOUT
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError:
                if time.monotonic() > until:
                    raise
            time.sleep(POLL_INTERVAL)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(BUSY_TIMEOUT * 1000)}")


def _reject_network_file_system(path: Path) -> None:
    """Reject a file on a network file system, where SQLite's locks do not hold."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
        location = path.resolve()
    except OSError:
        return
    mount = max(
        (
            (folder, kind)
            for _, folder, kind, *_ in (_unescaped(line).split("\0") for line in mounts)
            if location.is_relative_to(folder)
        ),
        key=lambda each: len(each[0]),
        default=("", ""),
    )
    if mount[1] in NETWORK_FILE_SYSTEMS:
        raise FirmusError(f"{path.parent} is on a network's file system ({mount[1]}), where SQLite loses data")


def _unescaped(line: str) -> str:
    r"""A line of /proc/mounts with its fields apart by zeros, as a space within one is written ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), line.replace(" ", "\0"))
