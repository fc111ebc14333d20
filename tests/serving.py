"""``firmus serve`` in a process of its own, for tests that ask it as a client does."""

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

    def __init__(self, data, environment=None, **settings):
        self.data, self.environment = Path(data), {**os.environ, **(environment or {})}
        self.data.mkdir(exist_ok=True)
        told = {**QUICK, **settings}
        (self.data / "service.toml").write_text(
            "".join(f"{name} = {json.dumps(each)}\n" for name, each in told.items())
        )
        self.log = self.data / "log.jsonl"
        self.start()

    def start(self):
        words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--json", "--data", str(self.data)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, env=self.environment)
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.url = "http://127.0.0.1:{port}".format(**json.loads(line))
        self.client = httpx.Client(base_url=self.url, timeout=90)

    def workers(self, lane):
        """Process numbers of the workers of a lane."""
        listed = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [int(each) for path in listed for each in path.read_text().split()]
        return [pid for pid in children if lane.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]

    def kill(self):
        """As a power cut does it."""
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
        """Ask for a job, and wait for it."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        answer = self.client.post("/v1/jobs", json={"kind": kind, "brief": brief}, headers=headers)
        assert answer.status_code == (status or (200 if wait else 202)), answer.text
        return answer.json()

    def ended(self, job):
        """A job, once it has ended."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            found = self.client.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=30"}).json()
            if found["state"] not in ("queued", "running"):
                return found
        raise AssertionError(found)

    def until(self, job, wanted, seconds=60):
        """Wait until a job looks as wanted."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.client.get(f"/v1/jobs/{job['id']}").json()
            if wanted(found):
                return found
            time.sleep(0.02)
        raise AssertionError(found)

    def midi(self, job):
        """The MIDI file of each work that a job made."""
        works = self.client.get("/v1/works", params={"job": job["id"]}).json()["items"]
        return [self.client.get(work["links"]["midi"]).content for work in works]


class Wire:
    """A wire to a server that can be told to break: the next `cut` connections end after so many bytes of answer."""

    def __init__(self, url):
        self.target = ("127.0.0.1", int(url.rpartition(":")[2]))
        self.cuts, self.made = [], 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.socket.accept()
                self.made += 1
                cut = self.cuts.pop(0) if self.cuts else None
                threading.Thread(target=self._join, args=(near, cut), daemon=True).start()

    def _join(self, near, cut):
        with near, socket.create_connection(self.target) as far:
            asking = threading.Thread(target=self._carry, args=(near, far, None), daemon=True)
            asking.start()
            self._carry(far, near, cut)
            asking.join()

    @staticmethod
    def _carry(origin, target, cut):
        carried = 0
        with contextlib.suppress(OSError):
            while data := origin.recv(65536):
                data = data if cut is None else data[: cut - carried]
                target.sendall(data)
                carried += len(data)
                if carried == cut:
                    break
        for each in (origin, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def listening(answer):
    """Address of a listener of this machine; `answer` takes path, headers and body, and gives status and headers."""

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
