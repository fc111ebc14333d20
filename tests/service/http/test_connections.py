"""Who connects and says nothing, or little, keeps nobody out."""

import contextlib
import resource
import socket

import httpx

from firmus.service.http.connections import MAX_CONNECTIONS
from firmus.service.http.middleware import MAX_REQUESTS_BY_OWNER


def connect(server):
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=60)


def answer(raw, request=b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"):
    raw.sendall(request)
    return raw.recv(65536).partition(b"\r\n")[0]


@contextlib.contextmanager
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_idle_connections_keep_nobody_out(server):
    with many_files(), contextlib.ExitStack() as stack:
        first = stack.enter_context(connect(server))
        for _ in range(MAX_CONNECTIONS + 100):
            stack.enter_context(connect(server))
        assert httpx.get(f"{server.url}/readyz").status_code in (200, 503)
        assert httpx.get(f"{server.url}/v1/works").status_code == 200
        with contextlib.suppress(ConnectionResetError):
            assert first.recv(1) == b""  # it had waited longest


def test_slow_headers_and_idle_connections_are_closed(server):
    with connect(server) as slow, connect(server) as silent, connect(server) as second:
        assert b" 200 " in answer(second)
        slow.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n")
        second.sendall(b"GET /livez HTTP/1.1\r\nX-Slow: ")  # after a request, which uvicorn suffers for ever
        for each in (slow, silent, second):
            while each.recv(4096):  # the rest of an answer
                pass


def test_a_stream_is_not_taken_for_an_idle_connection_and_an_owner_has_so_many(serve):
    server = serve(rate=1e6, burst=1e6, composers=0)  # so that the job waits, and its streams last
    job = server.ask("compose", style="folk", bars=1, seed=1, wait=0)
    request = f"GET {job['links']['events']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with many_files(), contextlib.ExitStack() as stack:
        for _ in range(MAX_REQUESTS_BY_OWNER):
            assert b" 200 " in answer(stack.enter_context(connect(server)), request)
        refused = httpx.get(f"{server.url}/v1/works")
        assert refused.status_code == 503
        assert "of yours" in refused.json()["detail"]
        assert httpx.get(f"{server.url}/livez").status_code == 200
    while server.client.post(job["links"]["cancel"]).status_code == 503:  # until the streams' ends were noticed
        pass
