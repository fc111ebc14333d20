"""The cost of a minute of music in CPU time and bytes, step by step; the memory of the processes.

- *minute*: for each style, a number of pieces of a minute: seconds of CPU time to compose them, tokens, notes.
- *files*: seconds of CPU time and bytes of each file of such a piece.
- *table*: jobs a second that one writer inserts into SQLite, each in a transaction of its own, synced to disk.
- *refusals*: milliseconds in which a brief is validated.
- *memory*: megabytes of a service's processes, after start and after each has executed a job.

    python benchmarks/capacity.py WHAT ... [--pieces 3]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

import firmus
from firmus import Brief
from firmus.render import files as produce
from firmus.tokens import events

STYLES = ("folk", "chorale", "piano", "band")
FILES = (".mid", ".musicxml", ".json", ".svg", ".wav", ".mp3")
FIRST = 100  # seed


def minute(pieces: int) -> None:
    firmus.compose(style="folk", bars=2, seed=1)  # the model is in memory
    for style in STYLES:
        tokens, notes, lasted = [], [], 0.0
        begun = time.process_time()
        for seed in range(FIRST, FIRST + pieces):
            work = firmus.compose(style=style, seconds=60, seed=seed)
            notes.append(sum(len(part.notes) for part in work.score.parts))
            lasted += work.origin.measured["seconds"]
            tokens.append(len(events.encode(work.score)))
        cost = (time.process_time() - begun) / lasted * 60
        rate = sum(tokens) / (time.process_time() - begun)
        counts = f"{np.mean(tokens):.0f} tokens, {np.mean(notes):.0f} notes"
        print(f"{style}: {cost:.2f} s a minute; {counts}; {rate:.0f} tokens/s")


def files(pieces: int) -> None:
    for style in STYLES:
        scores = [firmus.compose(style=style, seconds=60, seed=seed).score for seed in range(FIRST, FIRST + pieces)]
        costs = []
        for ending in FILES:
            begun = time.process_time()
            data = [produce.encoded(score, ending) for score in scores]
            cost = (time.process_time() - begun) / pieces
            costs.append(f"{ending} {cost:.2f} s {np.mean([len(each) for each in data]) / 1000:,.0f} kB")
        print(f"{style}: " + "; ".join(costs))


def table(pieces: int) -> None:
    from firmus.service.storage import jobs
    from firmus.service.storage.database import Store

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        store = Store(f"sqlite:///{Path(folder) / 'x.db'}")
        store.upgrade()
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + 5:
            with store.write() as connection:
                jobs.add(connection, owner="acme", kind="compose", request={"kind": "compose", "brief": {"bars": 1}})
            count += 1
        print(f"{count / 5:.0f} jobs a second; {(Path(folder) / 'x.db').stat().st_size / count:.0f} bytes each")
        store.close()


def refusals(pieces: int) -> None:
    from firmus.service.workers.handlers import JobSpec, check

    spec = JobSpec("compose", Brief(style="chorale", bars=8, key="G minor", parts=("flute",)))
    check(spec)
    begun = time.perf_counter()
    for _ in range(200):
        check(spec)
    print(f"{(time.perf_counter() - begun) * 5:.1f} ms")


def memory(pieces: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--json", "--data", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            address = json.loads(server.stdout.readline())
            with httpx.Client(base_url="http://127.0.0.1:{port}".format(**address), timeout=120) as client:
                time.sleep(5)
                print("after the start:", _resident(server.pid))
                request = {"kind": "compose", "brief": {"style": "chorale", "seconds": 60, "seed": 1}}
                job = client.post("/v1/jobs", json=request, headers={"Prefer": "wait=60"}).json()
                (work,) = job["result"]["works"]
                source = {"source": {"work": work["id"]}}
                for kind, more in (("render", {"formats": ["mp3", "svg"]}), ("analyse", {})):
                    client.post("/v1/jobs", json={"kind": kind, "brief": source, **more}, headers={"Prefer": "wait=60"})
                print("after a job of each:", _resident(server.pid))
            server.terminate()


def _resident(pid: int) -> str:
    """Megabytes of a process and its children."""
    pids = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        pids += [int(each) for each in path.read_text().split()]
    sizes = []
    for each in pids:
        words = Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")
        lane = next((word.decode() for word in words if word in (b"compose", b"render", b"study")), "server")
        pages = int(Path(f"/proc/{each}/statm").read_text().split()[1])
        sizes.append(f"{lane} {pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.0f} MB")
    return ", ".join(sizes)


def main() -> None:
    known = {each.__name__: each for each in (minute, files, table, refusals, memory)}
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("what", nargs="+", choices=known)
    words.add_argument("--pieces", type=int, default=3)
    options = words.parse_args()
    for name in options.what:
        print(f"-- {name}")
        known[name](options.pieces)


if __name__ == "__main__":
    main()
