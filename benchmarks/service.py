"""The service under load, on one machine with the load itself: accepting, the first bar, more than it can take.

- *accept*: `POST /v1/jobs` at 50 requests a second for so many seconds, sent when they are due, whether or not earlier
  ones were answered; seconds from due to answered, so a stall counts for all that it delays.
- *first bar*: seconds from the request to the first event of progress, one request at a time and 16 at once.
- *overload*: ten times as many requests a second as *accept*, with room for 200 jobs: which answers come, how many
  jobs are done a second meanwhile, and how many when nothing more is sent (*peak*).

    python benchmarks/service.py [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np

RATE = 50.0
SMALL = {"kind": "compose", "brief": {"style": "folk", "bars": 1}}
CHORALE = {"kind": "compose", "brief": {"style": "chorale", "bars": 8, "key": "G minor"}}


async def steady(client: httpx.AsyncClient, rate: float, seconds: float) -> tuple[list[float], Counter[int]]:
    """Seconds that each request took from when it was due, and how many answers of each status came."""
    begun, times, statuses = time.perf_counter(), [], Counter[int]()

    async def one(due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            statuses[(await client.post("/v1/jobs", json=SMALL)).status_code] += 1
            times.append(time.perf_counter() - due)
        except httpx.HTTPError:
            statuses[0] += 1

    await asyncio.gather(*(one(begun + number / rate) for number in range(round(rate * seconds))))
    return times, statuses


async def first_bar(client: httpx.AsyncClient, seed: int) -> float:
    """Seconds to the first event of progress."""
    begun = time.perf_counter()
    body = {**CHORALE, "brief": {**CHORALE["brief"], "seed": seed}}
    job = (await client.post("/v1/jobs", json=body)).json()
    found = float("nan")
    async with client.stream("GET", job["links"]["events"]) as answer:
        async for line in answer.aiter_lines():
            if line == "event: progress":
                found = time.perf_counter() - begun
                break
    await client.post(job["links"]["cancel"])
    return found


async def counted(client: httpx.AsyncClient, state: str) -> int:
    """How many jobs have come to a state."""
    text = (await client.get("/metrics")).text
    lines = [
        line for line in text.splitlines() if line.startswith(f'firmus_jobs_total{{kind="compose",state="{state}"')
    ]
    return sum(round(float(line.rpartition(" ")[2])) for line in lines)


async def goodput(client: httpx.AsyncClient, seconds: float, rate: float) -> tuple[float, Counter[int]]:
    """Jobs done a second while so many more are asked for, and the answers that come."""
    for seed in range(100):
        await client.post("/v1/jobs", json={**SMALL, "brief": {**SMALL["brief"], "seed": seed}})
    before, begun = await counted(client, "succeeded"), time.perf_counter()
    _, statuses = await steady(client, rate, seconds) if rate else (await asyncio.sleep(seconds), Counter[int]())
    return (await counted(client, "succeeded") - before) / (time.perf_counter() - begun), statuses


async def phase(name: str, url: str, seconds: float) -> dict[str, object]:
    """One measurement, on a server of its own."""
    limits = httpx.Limits(max_connections=300)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        await client.post("/v1/jobs", json=SMALL, headers={"Prefer": "wait=60"})
        if name == "first bar":
            alone = [await first_bar(client, seed) for seed in range(5)]
            together = await asyncio.gather(*(first_bar(client, seed) for seed in range(16)))
            return {
                "seconds alone, median": round(float(np.median(alone)), 3),
                "seconds of 16, median and worst": [round(float(np.median(together)), 3), round(max(together), 3)],
            }
        if name == "accept":
            times, statuses = await steady(client, RATE, seconds)
            quantiles = [round(float(np.quantile(times, q)), 4) for q in (0.5, 0.99)]
            return {"seconds p50, p99": quantiles, "answers": dict(statuses)}
        done, statuses = await goodput(client, seconds, 0.0 if name == "peak" else 10 * RATE)
        return {"jobs a second": round(done, 2), "answers": dict(statuses)}


@contextlib.contextmanager
def serving(room: int) -> Iterator[str]:
    """Address of a server with room for so many jobs, which ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "service.toml").write_text(f"rate = 1e6\nburst = 1e6\nowner_queue = {room}\nquota = 1e9\n")
        words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--json", "--data", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                yield "http://127.0.0.1:{port}".format(**json.loads(server.stdout.readline() if server.stdout else ""))
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(60)


def main() -> None:
    """Measure each on a server of its own."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=20.0)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that the server ends, too
    for name in ("first bar", "accept", "peak", "overload"):
        with serving(round(RATE * options.seconds) + 100 if name == "accept" else 200) as url:
            load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
            found = asyncio.run(phase(name, url, options.seconds))
            print(json.dumps({"measured": name, "load before": round(load, 1), **found}), flush=True)


if __name__ == "__main__":
    main()
