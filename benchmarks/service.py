"""Benchmarks and fault injection of the service, on one machine together with the load generator.

- *first bar*: latency in seconds from the request to the first bar on the stream, one request at a time and 16 at once.
- *together*: seconds for 16 chorales one after the other, and concurrently.
- *accept*: `POST /v1/jobs` at 50 requests a second (open loop: sent when due, whether or not earlier ones were
  answered); latency in seconds from due to answered, so a stall counts for all requests that it delays.
- *overload*: throughput in jobs a second at capacity, and at ten times that load, with a queue of 400; counts of
  statuses.
- *kills*: jobs are submitted with an Idempotency-Key, and retried until accepted, while workers and servers are killed
  (SIGKILL). Then: jobs lost (accepted, but not succeeded), done twice (more than one work or end), made twice of one
  key, and with other content than the same seed gave before.
- *bombs*: malformed and oversized uploads; the slowest response, the peak memory of the processes that parse.
- *cases*: whatever the OpenAPI document allows, by schemathesis; responses of 5xx.

    python benchmarks/service.py WHAT ... [--seconds 20] [--kills 1000] [--server-kills 200] [--cases 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from firmus.service.serving import add_key

RATE = 50.0
SMALL = {"kind": "compose", "brief": {"style": "folk", "bars": 1}}
CHORALE = {"kind": "compose", "brief": {"style": "chorale", "bars": 8, "key": "G minor"}}
TOGETHER = 16
OPEN = "rate = 1e6\nburst = 1e6\nquota = 1e9\n"
QUEUE = 400  # jobs that may be queued under overload
KILL_INTERVAL = 0.5  # seconds between two kills, at least
SEEDS = 20  # of the jobs that are submitted while processes are killed


class Server:
    """``firmus serve``, on a port of its own, which can be killed and restarted."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        (folder / "service.toml").write_text(OPEN + settings)
        self.start()

    def start(self) -> None:
        """Start or restart."""
        words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--json", "--data", str(self.folder)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline() if self.process.stdout else ""
        self.url = "http://127.0.0.1:{port}".format(**json.loads(line))

    def workers(self) -> list[int]:
        """Process numbers of the workers."""
        paths = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        with contextlib.suppress(OSError):
            return [int(each) for path in paths for each in path.read_text().split()]
        return []

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal, and wait."""
        self.process.send_signal(number)
        self.process.wait(60)
        if self.process.stdout:
            self.process.stdout.close()


@contextlib.contextmanager
def serving(settings: str) -> Iterator[Server]:
    """A server that ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), settings)
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.end()


class LoadClient:
    """Posts a small job repeatedly over keep-alive connections, at little cost to the machine it shares."""

    def __init__(self, url: str) -> None:
        self.host, _, self.port = url.removeprefix("http://").partition(":")
        body = json.dumps(SMALL).encode()
        head = f"POST /v1/jobs HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        self.request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self) -> int:
        """Send one; the status of the answer."""
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(self.host, self.port)
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        await reader.readexactly(int(fields[b"content-length"]))
        if fields.get(b"connection") == b"close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return int(head[9:12])


async def steady(url: str, rate: float, seconds: float) -> tuple[list[float], Counter[int]]:
    """Latency of each request in seconds, from when it was due, and counts of the statuses."""
    client, begun, times, statuses = LoadClient(url), time.perf_counter(), [], Counter[int]()

    async def one(due: float) -> None:
        try:
            statuses[await client.post()] += 1
            times.append(time.perf_counter() - due)
        except (OSError, EOFError):
            statuses[0] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(round(rate * seconds)):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    return times, statuses


async def followed(client: httpx.AsyncClient, seed: int, until: str) -> float:
    """Seconds to the first event of a kind, for one seed's chorale."""
    begun = time.perf_counter()
    job = (await client.post("/v1/jobs", json={**CHORALE, "brief": {**CHORALE["brief"], "seed": seed}})).json()
    async with client.stream("GET", job["links"]["events"]) as answer:
        async for line in answer.aiter_lines():
            if line == f"event: {until}" or (line.startswith("data: ") and '"succeeded"' in line):
                break
    elapsed = time.perf_counter() - begun
    await client.post(job["links"]["cancel"])
    return elapsed


async def measure_first_bar(client: httpx.AsyncClient, seconds: float) -> dict[str, Any]:
    alone = [await followed(client, seed, "bar") for seed in range(5)]
    together = await asyncio.gather(*(followed(client, seed, "bar") for seed in range(TOGETHER)))
    return {
        "seconds alone, median": round(float(np.median(alone)), 3),
        "seconds of 16, median and worst": [round(float(np.median(together)), 3), round(max(together), 3)],
    }


async def measure_together(client: httpx.AsyncClient, seconds: float) -> dict[str, Any]:
    begun = time.perf_counter()
    for seed in range(TOGETHER):
        await followed(client, seed, "end")
    alone = time.perf_counter() - begun
    begun = time.perf_counter()
    await asyncio.gather(*(followed(client, seed, "end") for seed in range(TOGETHER)))
    at_once = time.perf_counter() - begun
    return {"seconds one by one, at once": [round(alone, 2), round(at_once, 2)], "ratio": round(alone / at_once, 2)}


async def measure_accept(client: httpx.AsyncClient, seconds: float) -> dict[str, Any]:
    times, statuses = await steady(str(client.base_url).rstrip("/"), RATE, seconds)
    quantiles = [round(float(np.quantile(times, q)), 4) for q in (0.5, 0.99)]
    return {"seconds p50, p99": quantiles, "answers": dict(statuses)}


async def counted(client: httpx.AsyncClient) -> int:
    """How many jobs have succeeded."""
    metric = 'firmus_jobs_total{kind="compose",state="succeeded"}'
    lines = (await client.get("/metrics")).text.splitlines()
    return sum(round(float(line.rpartition(" ")[2])) for line in lines if line.startswith(metric))


async def measure_overload(client: httpx.AsyncClient, seconds: float) -> dict[str, Any]:
    done, begun = await counted(client), time.perf_counter()
    batch = {"kind": "compose", "briefs": [SMALL["brief"]] * QUEUE}
    await client.post("/v1/batches", json=batch)
    await asyncio.sleep(seconds / 2)
    peak = (await counted(client) - done) / (time.perf_counter() - begun)
    done, begun = await counted(client), time.perf_counter()
    _, statuses = await steady(str(client.base_url).rstrip("/"), 10 * peak, seconds)
    loaded = (await counted(client) - done) / (time.perf_counter() - begun)
    return {
        "jobs a second, peak and under load": [round(peak, 2), round(loaded, 2)],
        "ratio": round(loaded / peak, 2),
        "sent a second": round(10 * peak),
        "answers": dict(statuses),
    }


LOADS: dict[str, Callable[[httpx.AsyncClient, float], Any]] = {
    "first bar": measure_first_bar,
    "together": measure_together,
    "accept": measure_accept,
    "overload": measure_overload,
}


async def load(name: str, url: str, seconds: float) -> dict[str, Any]:
    """One measurement, on a server of its own that has composed once."""
    limits = httpx.Limits(max_connections=300)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        await client.post("/v1/jobs", json=SMALL, headers={"Prefer": "wait=60"})
        return await LOADS[name](client, seconds)


class FaultInjection:
    """Jobs submitted by several threads while processes are killed."""

    def __init__(self, server: Server) -> None:
        self.server, self.over = server, threading.Event()
        self.accepted: dict[str, str] = {}
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(6)]

    def run(self, kills: int, server_kills: int) -> Counter[str]:
        """Submit jobs and kill processes; counts of what was killed."""
        for thread in self._threads:
            thread.start()
        left = ["worker"] * kills + ["server"] * server_kills
        random.Random(0).shuffle(left)
        killed = Counter[str]()
        for what in left:
            time.sleep(KILL_INTERVAL + random.random() * KILL_INTERVAL)
            if what == "server":
                self.server.end(signal.SIGKILL)
                self.server.start()
            else:
                while not (workers := self.server.workers()):
                    time.sleep(0.05)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(random.choice(workers), signal.SIGKILL)
            killed[what] += 1
        self.over.set()
        for thread in self._threads:
            thread.join()
        return killed

    def _send(self, number: int) -> None:
        count = 0
        while not self.over.is_set():
            count += 1
            key, seed = f"{number}-{count}", (number * 7 + count) % SEEDS
            while key not in self.accepted:
                try:
                    body = {**SMALL, "brief": {**SMALL["brief"], "bars": 2, "seed": seed}}
                    headers = {"Idempotency-Key": key}
                    answer = httpx.post(f"{self.server.url}/v1/jobs", json=body, headers=headers, timeout=10)
                    if answer.status_code == 202:
                        with self._lock:
                            self.accepted[key] = answer.json()["id"]
                except httpx.HTTPError:
                    time.sleep(0.1)
            while not self.over.is_set() and len(self._unfinished()) > 40:
                time.sleep(0.2)

    def _unfinished(self) -> list[Any]:
        return query(self.server, "SELECT id FROM job WHERE state IN ('queued', 'running')")


def query(server: Server, text: str) -> list[Any]:
    """Rows of the server's database."""
    with contextlib.closing(sqlite3.connect(f"{(server.folder / 'firmus.db').as_uri()}?mode=ro", uri=True)) as database:
        return database.execute(text).fetchall()


def under_fire(options: argparse.Namespace) -> dict[str, Any]:
    """Kill processes, wait for the end of all jobs, count the faults."""
    with serving("lease = 3\ntick = 0.2\ncomposers = 2\n") as server:
        begun, faults = time.monotonic(), FaultInjection(server)
        killed = faults.run(options.kills, options.server_kills)
        until = time.monotonic() + 300
        while faults._unfinished() and time.monotonic() < until:
            time.sleep(0.5)
        server.end()
        states = dict(query(server, "SELECT id, state FROM job"))
        works = Counter(job for (job,) in query(server, "SELECT job FROM work"))
        ends = Counter(job for (job,) in query(server, "SELECT job FROM event WHERE data LIKE '%succeeded%'"))
        rows = query(
            server,
            "SELECT job.request, file.digest FROM job JOIN work ON work.job = job.id "
            "JOIN file ON file.holder = work.id AND file.name = 'midi'",
        )
        attempts = query(server, "SELECT max(attempt), sum(attempt) FROM job")[0]
    contents: dict[int, set[str]] = {}
    for request, digest in rows:
        contents.setdefault(json.loads(request)["brief"]["seed"], set()).add(digest)
    return {
        "killed": dict(killed),
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "accepted": len(faults.accepted),
        "begun": attempts[1],
        "most attempts": attempts[0],
        "lost": sum(states.get(name) != "succeeded" for name in faults.accepted.values()),
        "done twice": sum(count != 1 for count in (works | ends).values()),
        "made twice": len(states) - len(set(faults.accepted.values())),
        "of other content": sum(len(each) != 1 for each in contents.values()),
    }


def bombs() -> dict[str, bytes]:
    """Malformed and oversized music."""

    def midi(events: bytes, division: bytes = b"\x01\xe0") -> bytes:
        return b"MThd\0\0\0\6\0\0\0\1" + division + b"MTrk" + len(events).to_bytes(4, "big") + events

    def packed(files: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    end, note = b"\0\xff\x2f\0", b"\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\0"
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    container = b'<container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>'
    return {
        "one endless note": midi(b"\0" + note + end), "wrapping ticks": midi((b"\0" + note) * 20 + end),
        "no division": midi(b"\0\x90\x3c\x40\x10\x80\x3c\0" + end, b"\0\0"),
        "running status": midi(b"\0\x90\x3c\x40" + b"\0\x3c\x40" * 1_400_000 + end),
        "empty tracks": b"MThd\0\0\0\6\0\1\xff\xff\1\xe0" + b"MTrk\0\0\0\4\0\xff\x2f\0" * 60_000,
        "half": midi(b"\0\x90\x3c\x40")[:-2], "noise": bytes(range(256)) * 4000, "gzip": gzip.compress(bytes(10**8)),
        "laughs": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "l">' + laughs + b"]><score-partwise>&l9;",
        "zip bomb": packed({"META-INF/container.xml": container, "a.xml": b"<score-partwise>" + bytes(10**9)}),
        "many entries": packed({"META-INF/container.xml": container} | {f"f{n}": b"" for n in range(20_000)}),
        "deep xml": b"<score-partwise>" + b"<a>" * 1_000_000, "deep json": b'{"a":' * 1_000_000,
        "wide json": b'{"format": "firmus-score", "version": 1, "parts": [' + b"{}," * 2_000_000 + b"{}]}",
        "abc": b"X:1\nT:x\nK:C\n" + b"C" * 9_000_000, "abc lines": b"X:1\nK:C\n" + b"C|\n" * 3_000_000,
        "abc repeats": b"X:1\nK:C\n" + b"|:" * 500_000 + b"C:|" * 500_000,
        "abc brackets": b"X:1\nK:C\n" + b"[" * 3_000_000, "long abc": b"X:1\nL:1/1\nK:C\nC999999999|",
        "big": bytes(10_000_001),
    }  # fmt: skip


def refusing(options: argparse.Namespace) -> dict[str, Any]:
    """Upload each bomb; the slowest response, the peak memory of the server's processes."""
    responses: dict[str, tuple[int, float]] = {}
    with serving("") as server, httpx.Client(base_url=server.url, timeout=60) as client:
        client.post("/v1/works", content=b"X:1\nK:C\nCDEF|")  # whose reader is then there
        for name, content in bombs().items():
            begun = time.perf_counter()
            status = client.post("/v1/works", content=content).status_code
            responses[name] = (status, round(time.perf_counter() - begun, 2))
        peak = {
            "server": high_water(server.process.pid),
            "reader": max((high_water(pid) for pid in server.workers()), default=0),
        }
    slowest = max(responses, key=lambda name: responses[name][1])
    return {
        "bombs": len(responses),
        "accepted": [name for name, (status, _) in responses.items() if status < 300],
        "slowest": [slowest, responses[slowest][1]],
        "over 1 s": {n: s for n, (_, s) in responses.items() if s > 1},
        "5xx": [name for name, (status, _) in responses.items() if status >= 500],
        "MB at most": peak,
    }


def high_water(pid: int) -> int:
    """Peak memory (MB) of a process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def cases(options: argparse.Namespace) -> dict[str, Any]:
    """Send whatever the OpenAPI document allows."""
    import schemathesis
    from hypothesis import HealthCheck, given, settings

    statuses, wrong = Counter[int](), []
    with serving("composers = 0\n") as server:
        key = add_key(server.folder, "cases", "operator", None)
        document = httpx.get(f"{server.url}/openapi.json").json()
        operations = [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]
        for operation in operations:

            @settings(
                max_examples=-(-options.cases // len(operations)),
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def send(case: Any) -> None:
                case.headers = {**(case.headers or {}), "Authorization": f"Bearer {key}"}  # so that they are authorised
                answer = case.call(base_url=server.url, timeout=60)
                statuses[answer.status_code] += 1
                if answer.status_code >= 500:
                    wrong.append((case.method, case.formatted_path, answer.status_code))

            send()
    return {"operations": len(operations), "answers": dict(sorted(statuses.items())), "5xx": wrong[:5]}


FAULTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "kills": under_fire,
    "bombs": refusing,
    "cases": cases,
}


def main() -> None:
    """Measure each on a server of its own."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "what", nargs="*", metavar="WHAT", default=[*LOADS, *FAULTS], help=", ".join([*LOADS, *FAULTS])
    )
    arguments.add_argument("--seconds", type=float, default=20.0)
    arguments.add_argument("--kills", type=int, default=1000)
    arguments.add_argument("--server-kills", type=int, default=200)
    arguments.add_argument("--cases", type=int, default=10_000)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that the server ends, too
    for name in options.what:
        before = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
        if name in FAULTS:
            results = FAULTS[name](options)
        else:
            queue = round(RATE * options.seconds) + 100 if name == "accept" else QUEUE
            with serving(f"owner_queue = {queue}\n") as server:
                results = asyncio.run(load(name, server.url, options.seconds))
        print(json.dumps({"measured": name, "load before": before, **results}), flush=True)


if __name__ == "__main__":
    main()
