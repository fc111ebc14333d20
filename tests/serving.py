"""``firmus serve`` in a process of its own, for tests that send it requests as a client does."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

QUICK = {"lease": 3.0, "tick": 0.2, "drain": 5.0, "room": 1_000_000}


class Server:
    """``firmus serve`` in a process of its own, on a free port of this machine."""

    command = (sys.executable, "-m", "firmus", "serve")
    port = 0  # any that is free

    def __init__(self, data, environment=None, **settings):
        self.data, self.environment = Path(data), {**os.environ, **(environment or {})}
        self.data.mkdir(exist_ok=True)
        merged = {**QUICK, **settings}
        (self.data / "service.toml").write_text(
            "".join(f"{name} = {json.dumps(each)}\n" for name, each in merged.items())
        )
        self.log = self.data / "log.jsonl"
        self.start()

    def start(self):
        words = [*self.command, "--port", str(self.port), "--json", "--data", str(self.data)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, env=self.environment)
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.said = json.loads(line)
        self.url = "http://127.0.0.1:{port}".format(**self.said)
        self.client = httpx.Client(base_url=self.url, timeout=90)

    def workers(self, lane):
        """Process numbers of the workers of a lane."""
        listed = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [int(each) for path in listed for each in path.read_text().split()]
        return [pid for pid in children if lane.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]

    def kill(self):
        """Kill it, as a power failure does."""
        workers = [*self.workers("compose"), *self.workers("render"), *self.workers("study")]
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.client.close()
        return workers

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            finally:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.client.close()

    def ask(self, kind, wait=60, status=None, **brief):
        """Submit a job, and wait for it; on a slow machine longer than the service keeps an answer back."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        answer = self.client.post("/v1/jobs", json={"kind": kind, "brief": brief}, headers=headers)
        if wait and status is None and answer.status_code == 202:
            return self.ended(answer.json())
        assert answer.status_code == (status or (200 if wait else 202)), answer.text
        return answer.json()

    def ended(self, job):
        """A job, once it has ended."""
        until = time.monotonic() + 300
        while time.monotonic() < until:
            current = self.client.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=30"}).json()
            if current["state"] not in ("queued", "running"):
                return current
        raise AssertionError(current)

    def until(self, job, condition, seconds=60):
        """Wait until a job fulfils a condition."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            current = self.client.get(f"/v1/jobs/{job['id']}").json()
            if condition(current):
                return current
            time.sleep(0.02)
        raise AssertionError(current)

    def ready(self):
        """Wait until it can work."""
        until = time.monotonic() + 120
        while (answer := self.client.get("/readyz", headers={"Host": "localhost"})).status_code != 200:
            assert time.monotonic() < until, answer.text
            time.sleep(0.05)
        return answer.json()

    def midi(self, job):
        """The MIDI file of each work that a job made."""
        works = self.client.get("/v1/works", params={"job": job["id"]}).json()["items"]
        return [self.client.get(work["links"]["midi"]).content for work in works]


class Studio(Server):
    """``firmus studio`` in a process of its own, with the page of a folder."""

    def __init__(self, data, page, **settings):
        launch = (
            "import pathlib, sys; from firmus.cli import main; from firmus.service.http import page; "
            "page.FOLDER = pathlib.Path(sys.argv[1]); sys.exit(main(sys.argv[2:]))"
        )
        self.command = (sys.executable, "-c", launch, str(page), "studio", "--no-browser")
        super().__init__(data, **settings)


class FaultyProxy:
    """A proxy to a server whose next connections break, each after the number of response bytes in `cuts`."""

    def __init__(self, url):
        self.target = ("127.0.0.1", int(url.rpartition(":")[2]))
        self.cuts, self.connections = [], 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.socket.accept()
                self.connections += 1
                cut = self.cuts.pop(0) if self.cuts else None
                threading.Thread(target=self._join, args=(client, cut), daemon=True).start()

    def _join(self, client, cut):
        with client, socket.create_connection(self.target) as upstream:
            requests = threading.Thread(target=self._forward, args=(client, upstream, None), daemon=True)
            requests.start()
            self._forward(upstream, client, cut)
            requests.join()

    @staticmethod
    def _forward(origin, target, cut):
        forwarded = 0
        with contextlib.suppress(OSError):
            while data := origin.recv(65536):
                data = data if cut is None else data[: cut - forwarded]
                target.sendall(data)
                forwarded += len(data)
                if forwarded == cut:
                    break
        for each in (origin, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def listening(answer):
    """Address of a local HTTP server; `answer` takes path, headers and body, and returns status and headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = answer(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
