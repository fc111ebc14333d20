"""What is not short leaves the threads of the service; owners take turns, and nothing is waited for for ever."""

import asyncio
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import httpx
import pytest

from firmus import formats
from firmus.score import Note, Part, Score
from firmus.service.http import pool
from firmus.service.http.pool import ProcessPool
from firmus.service.problems import Problem

MANY = 60_000


def order(path, name):
    """Append a name to a file."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(name)
    time.sleep(0.05)


@pytest.fixture
def processes():
    running = ProcessPool(0, timeout=60.0)
    yield running
    running.close()


def test_owners_take_turns_and_one_that_asks_for_much_is_refused(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "PROCESSES", 1)

    async def ask():
        calls = [processes.run(name, order, tmp_path / "order", name) for name in ["a"] * 12 + ["b"] * 2]
        return await asyncio.gather(*calls, return_exceptions=True)

    refused = [each for each in asyncio.run(ask()) if each]
    assert len(refused) == 12 - 1 - pool.MAX_WAITING_BY_OWNER
    assert {each.kind for each in refused} == {"busy"}
    assert (tmp_path / "order").read_text().startswith("aabab")


def test_what_takes_too_long_or_crashes_ends_alone(tmp_path):
    processes = ProcessPool(0, timeout=3.0)

    async def ask():
        with pytest.raises(Problem, match="longer than 3 seconds"):
            await processes.run("a", time.sleep, 600)
        processes.timeout = 60.0
        with pytest.raises(Problem, match="ask again"):
            await processes.run("a", os._exit, 1)
        await processes.run("a", order, tmp_path / "order", "x")

    asyncio.run(ask())
    processes.close()
    assert (tmp_path / "order").read_text() == "x"


@pytest.fixture
def busy(serve):
    """A server that is asked for much of a large work: the server, the pending answers, and their pool."""
    server = serve(analysts=0, drain=3.0)
    notes = tuple(Note(60 * (n // 8), 50, 40 + n % 8) for n in range(MANY))
    large = server.client.post("/v1/works", content=formats.json.write(Score((Part("A", notes),)))).json()
    body = {"kind": "analyse", "brief": {"source": {"work": large["id"]}}}
    begun = threading.Semaphore(0)

    def ask(number):
        begun.release()
        return httpx.post(f"{server.url}/v1/jobs", json=body, timeout=120)

    threads = ThreadPoolExecutor(60)
    pending = [threads.submit(ask, number) for number in range(60)]
    for _ in pending:
        begun.acquire()
    yield server, pending
    threads.shutdown()


def test_requests_of_a_large_work_leave_room_for_others(busy):
    server, pending = busy
    small = server.client.post("/v1/works", content=b"X:1\nK:C\nCDEF|")
    ready, listed = server.client.get("/livez"), server.client.get("/v1/works")
    assert [each.status_code for each in (small, ready, listed)] == [201, 200, 200]
    assert not all(each.done() for each in pending)
    statuses = {each.result().status_code for each in pending}
    assert statuses <= {202, 503}
    assert 202 in statuses


def test_a_server_that_reads_much_ends_when_it_is_told_to(busy):
    server, pending = busy
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) in (0, 1)  # where nothing limits it, it reads on for minutes
    wait(pending)
