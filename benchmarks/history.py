"""Benchmarks of a service with a long history, on one machine together with its client.

- *old jobs*: 300,000 jobs that ended over the last months, with their events; seconds of `/metrics`, `/v1/usage` and of
  pages of lists (the median of five), and the slowest `POST /v1/jobs` of those sent one after the other for some
  seconds after the start, while the service tidies up: what waits for a lock of the database shows there.
- *housekeeping*: seconds of the longest step of a pass over these jobs, and of the whole pass; with `keep` a ninth of
  the jobs is past its time.
- *long requests*: 100 jobs with requests of 1.9 MB; bytes and seconds of a page that holds them all, seconds of eight
  such pages at once, and the peak memory of the server after each.

    python benchmarks/history.py [--jobs 300000] [--seconds 20]
"""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import insert

from firmus.service.serving import opened
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.housekeeping import Housekeeper
from firmus.service.storage.tables import event, first_id, job

OPEN = "rate = 1e6\nburst = 1e6\nquota = 1e9\ncomposers = 0\n"
CHUNK = 10_000  # rows of one insert
DAY = 86_400.0
LONG = 1_900_000  # bytes of a request
REPEATS = 5
STATES = ("succeeded",) * 18 + ("failed", "canceled")
PAGES = {
    "metrics": "/metrics",
    "usage": "/v1/usage",
    "jobs": "/v1/jobs?limit=100",
    "failed jobs": "/v1/jobs?limit=100&state=failed",
    "running jobs": "/v1/jobs?limit=100&state=running",
}


def row(number: int, count: int, request: str) -> dict[str, Any]:
    """One job of many, which ended days ago."""
    created = time.time() - 90 * DAY + number * 80 * DAY / count
    state = STATES[number % len(STATES)]
    return {
        "id": f"{first_id('job', created)}{secrets.token_hex(8)}",
        "owner": "local",
        "kind": "compose",
        "lane": "compose",
        "priority": 1,
        "request": request,
        "state": state,
        "attempt": 1,
        "events": 3,
        "seconds": 30.0 if state == "succeeded" else 0.0,
        "result": None,
        "bytes": len(request),
        "error": None,
        "created": created,
        "started": created,
        "ended": created + 5,
    }


def fill(folder: Path, count: int, request: str) -> None:
    """Fill the database of a data folder with jobs that have ended."""
    (folder / "service.toml").write_text(OPEN)
    _, store = opened(folder)
    for start in range(0, count, CHUNK):
        rows = [row(number, count, request) for number in range(start, min(start + CHUNK, count))]
        events = [
            {"job": each["id"], "number": number, "kind": "state", "data": json.dumps({"state": state}), "at": 0.0}
            for each in rows
            for number, state in enumerate(("queued", "running", each["state"]), 1)
        ]
        with store.write() as connection:
            connection.execute(insert(job), rows)
            connection.execute(insert(event), events)
    store.close()


@contextmanager
def serving(folder: Path) -> Iterator[tuple[httpx.Client, int]]:
    """A client of ``firmus serve`` over a folder, and the number of the server's process."""
    words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--json", "--data", str(folder)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        with httpx.Client(base_url="http://127.0.0.1:{port}".format(**json.loads(line)), timeout=300) as client:
            yield client, process.pid
    finally:
        process.terminate()
        process.wait(60)


def timed(client: httpx.Client, path: str) -> tuple[float, int]:
    """Seconds of a request, and bytes of its answer."""
    begun = time.perf_counter()
    answer = client.get(path)
    answer.raise_for_status()
    return time.perf_counter() - begun, len(answer.content)


def peak(pid: int) -> int:
    """Peak memory (MB) of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def measure_old_jobs(count: int, seconds: float) -> dict[str, Any]:
    """Reads and writes beside many jobs that have ended."""
    body = {"kind": "compose", "brief": {"style": "folk", "bars": 1, "seed": 1}}
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), count, json.dumps({**body, "padding": "x" * 200}))
        with serving(Path(folder)) as (client, _):
            accepted, until = [], time.perf_counter() + seconds
            while time.perf_counter() < until:
                begun = time.perf_counter()
                client.post("/v1/jobs", json=body).raise_for_status()
                accepted.append(time.perf_counter() - begun)
                time.sleep(0.02)
            reads = {
                name: round(float(np.median([timed(client, path)[0] for _ in range(REPEATS)])), 4)
                for name, path in PAGES.items()
            }
    quantiles = [round(float(np.quantile(accepted, q)), 4) for q in (0.5, 0.99, 1.0)]
    return {"jobs": count, "seconds to accept, p50, p99, worst": quantiles, "seconds": reads}


def measure_housekeeping(count: int) -> dict[str, Any]:
    """The steps of a pass, each of which may hold the write lock."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), count, json.dumps({"kind": "compose", "brief": {"style": "folk"}}))
        settings, store = opened(Path(folder))
        for name, keep in (("seconds", ""), ("seconds with keep", "81d")):
            keeper = Housekeeper(replace(settings, keep=keep), store, Blobs(Path(folder) / "files"))
            steps, last = [], time.perf_counter()
            for _ in keeper.steps():
                steps.append(time.perf_counter() - last)
                last = time.perf_counter()
            found[f"{name}: longest step, pass"] = [round(max(steps), 4), round(sum(steps), 2)]
        store.close()
    return {"jobs": count, **found}


def measure_long_requests() -> dict[str, Any]:
    """Pages of jobs whose requests are long."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), 100, json.dumps({"kind": "compose", "brief": {"chords": "C " * (LONG // 2)}}))
        with serving(Path(folder)) as (client, pid):
            client.get("/livez")
            before = peak(pid)
            alone, size = timed(client, PAGES["jobs"])
            middle, begun = peak(pid), time.perf_counter()
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda _: timed(client, PAGES["jobs"]), range(8)))
            at_once = time.perf_counter() - begun
            return {
                "bytes of a page": size,
                "seconds of one, of eight at once": [round(alone, 3), round(at_once, 3)],
                "peak MB before, after one, after eight": [before, middle, peak(pid)],
            }


def main() -> None:
    """Measure each."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--jobs", type=int, default=300_000)
    arguments.add_argument("--seconds", type=float, default=20.0)
    options = arguments.parse_args()
    print(json.dumps({"measured": "old jobs", **measure_old_jobs(options.jobs, options.seconds)}), flush=True)
    print(json.dumps({"measured": "housekeeping", **measure_housekeeping(options.jobs)}), flush=True)
    print(json.dumps({"measured": "long requests", **measure_long_requests()}), flush=True)


if __name__ == "__main__":
    main()
