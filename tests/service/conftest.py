"""A real server in a process of its own, and a real PostgreSQL where Debian's is installed."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from serving import FaultyProxy, Server

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture
def serve(tmp_path):
    """Starts servers, and ends them after the test."""
    running = []

    def start(name="data", **options):
        running.append(Server(tmp_path / name, **options))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server without keys, for the tests of one file."""
    running = Server(tmp_path_factory.mktemp("service") / "data")
    yield running
    running.stop()


@pytest.fixture
def proxy(server):
    """A proxy to the server whose connections can be broken."""
    faulty = FaultyProxy(server.url)
    yield faulty
    faulty.socket.close()


@pytest.fixture(scope="session")
def postgres():
    """Address of a PostgreSQL that was started for the tests; each test that wants one makes its own database."""
    if not BINARIES:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: .ci/run installs it")
        pytest.skip("PostgreSQL is not installed")
    initdb, folder = BINARIES[-1], Path(tempfile.mkdtemp(prefix="firmus-postgres-"))
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    as_user = {"user": user.pw_uid, "group": user.pw_gid} if user else {}

    def run(*words):
        subprocess.run(words, check=True, capture_output=True, cwd=folder, **as_user)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    try:
        run(initdb, "-D", data, "-U", "firmus", "-A", "trust", "-E", "UTF8", "--no-locale")
        flags = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        control = initdb.with_name("pg_ctl")
        run(control, "-D", data, "-w", "-l", folder / "log", "-o", flags, "start")
        yield f"postgresql+psycopg://firmus@127.0.0.1:{port}"
        run(control, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_database(postgres):
    """Address of an empty database in PostgreSQL."""
    name = f"test_{secrets.token_hex(4)}"
    with psycopg.connect(f"{postgres.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Address of an empty database: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'firmus.db'}"
    return request.getfixturevalue("new_database")
