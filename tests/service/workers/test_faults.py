"""What dies is done again, what was done stays, and nothing is done twice."""

import contextlib
import hashlib
import json
import os
import resource
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest

CHORALE = {"style": "chorale", "bars": 24, "seed": 5, "key": "G minor"}
FOLK = {"style": "folk", "bars": 1}


def works(server, job):
    return server.client.get("/v1/works", params={"job": job["id"]}).json()["items"]


def begun(server):
    """A job that has begun to compose, and the worker that does it."""
    job = server.ask("compose", wait=0, **CHORALE)
    server.until(job, lambda current: current["progress"])
    (worker,) = server.workers("compose")
    return job, worker


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_workers_job_is_done_once_with_the_same_bytes(serve):
    server = serve()
    undisturbed = server.midi(server.ask("compose", **CHORALE))
    job, worker = begun(server)
    os.kill(worker, signal.SIGKILL)
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("succeeded", 2)
    assert server.midi(job) == undisturbed
    assert len(undisturbed) == 1


def test_a_worker_that_wakes_up_after_its_lease_can_write_nothing(serve):
    server = serve(lease=1.0, attempts=20)
    undisturbed = server.midi(server.ask("compose", **CHORALE))
    job, worker = begun(server)
    os.kill(worker, signal.SIGSTOP)
    try:
        server.until(job, lambda current: current["state"] == "queued")
    finally:
        os.kill(worker, signal.SIGCONT)
    current = server.ended(job)
    assert current["state"] == "succeeded"
    assert current["attempt"] >= 2
    assert server.midi(job) == undisturbed
    log = server.log.read_text()
    assert '"state": "lost"' in log or '"ended": "exit -9"' in log  # the latter where it was stopped while it wrote


def test_a_worker_that_stops_while_it_writes_is_ended(serve):
    server = serve(lease=0.5, attempts=20)
    undisturbed = server.midi(server.ask("compose", **CHORALE))
    job, worker = begun(server)
    with contextlib.closing(sqlite3.connect(server.data / "firmus.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")  # as the worker does, which is then stopped
        os.kill(worker, signal.SIGSTOP)
        until = time.monotonic() + 30
        while alive(worker) and time.monotonic() < until:
            time.sleep(0.1)
    assert not alive(worker)
    current = server.ended(job)
    assert (current["state"], current["attempt"] >= 2) == ("succeeded", True)
    assert server.midi(job) == undisturbed


def replaced(server, lane, before):
    """The worker that took the place of another."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for pid in server.workers(lane):
            if pid != before:
                return pid
        time.sleep(0.1)
    raise AssertionError(server.log.read_text())


def test_a_worker_that_is_stopped_is_replaced_and_its_jobs_are_done_uncharged(serve):
    server = serve(attempts=1, executor="process")
    server.ready()
    (idle,) = server.workers("compose")
    os.kill(idle, signal.SIGSTOP)  # before it has any job, so that no lease tells of it
    job = server.ask("compose", wait=0, **FOLK, seed=1)
    assert server.ended(job)["state"] == "succeeded"
    assert not alive(idle)
    job, worker = begun(server)
    os.kill(worker, signal.SIGSTOP)
    replaced(server, "compose", worker)
    assert server.ended(job)["state"] == "succeeded"
    assert not alive(worker)
    assert "it was silent for" in server.log.read_text()
    server.ready()


def test_a_service_whose_workers_cannot_start_is_not_ready(serve):
    server = serve(worker_bytes=30_000_000)
    until = time.monotonic() + 60
    while '"ended": "exit' not in server.log.read_text() and time.monotonic() < until:
        answer = server.client.get("/readyz")
        assert answer.status_code == 503, answer.text
        time.sleep(0.05)
    assert '"ended": "exit' in server.log.read_text()
    answer = server.client.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:firmus:problem:busy")
    assert "no worker is there to compose" in answer.json()["detail"]


def damage(server):
    """Overwrite the middle of the database, where the rows are."""
    database = server.data / "firmus.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'job'").fetchone()[0]
    with database.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)


def test_a_service_whose_database_is_damaged_is_not_ready(serve):
    server = serve()
    server.ready()
    for seed in range(3):
        server.ask("compose", **FOLK, seed=seed)
    server.stop()
    damage(server)
    server.start()
    until = time.monotonic() + 60
    while "damaged" not in (answer := server.client.get("/readyz")).text:
        assert time.monotonic() < until, answer.text
        time.sleep(0.1)
    assert answer.status_code == 503
    listed = server.client.get("/v1/jobs")
    assert (listed.status_code, listed.json()["type"]) == (503, "urn:firmus:problem:busy")
    assert server.client.get("/livez").status_code == 200


def test_the_ends_of_servers_are_not_charged_to_a_job(serve):
    server = serve(attempts=1)
    job, _ = begun(server)
    for number in range(3):
        server.kill() if number % 2 else server.stop()
        server.start()
    current = server.ended(job)
    assert current["state"] == "succeeded"


def test_a_killed_server_loses_nothing_and_leaves_no_worker(serve):
    server = serve()
    done = server.ask("compose", **FOLK, seed=0)
    jobs = [server.ask("compose", wait=0, **FOLK, seed=seed) for seed in range(1, 6)]
    workers = server.kill()
    until = time.monotonic() + 10
    while any(alive(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in workers)
    server.start()
    for job in (done, *jobs):
        assert server.ended(job)["state"] == "succeeded"
        assert len(works(server, job)) == 1
    again = server.ask("compose", **FOLK, seed=3)
    assert server.midi(again) == server.midi(jobs[2])


def test_a_service_that_is_told_to_end_finishes_what_it_does(serve):
    server = serve()
    job = server.ask("compose", wait=0, **FOLK, seed=1)
    server.until(job, lambda current: current["state"] != "queued")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0
    log = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert log[-1]["state"] == "ended"
    server.stop()
    server.start()
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("succeeded", 1)


def test_a_stream_ends_with_the_service_and_goes_on_with_the_next(serve):
    server = serve()
    job, _ = begun(server)
    numbers = []
    with httpx.stream("GET", f"{server.url}/v1/jobs/{job['id']}/events", timeout=30) as answer:
        server.process.send_signal(signal.SIGTERM)
        numbers += [int(line[4:]) for line in answer.iter_lines() if line.startswith("id: ")]
    server.process.wait(30)
    server.stop()
    server.start()
    server.ended(job)
    headers = {"Last-Event-ID": str(numbers[-1])}
    rest = server.client.get(f"/v1/jobs/{job['id']}/events", headers=headers).text
    numbers += [int(line[4:]) for line in rest.splitlines() if line.startswith("id: ")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_full_disk_is_said_and_leaves_nothing_half_written(serve):
    server = serve()
    server.ask("compose", **FOLK, seed=1)
    tune = server.client.get(server.client.get("/v1/works").json()["items"][0]["links"]["json"]).content
    usual = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (512, usual[1]))
    answers = [
        server.client.post("/v1/works", content=tune.replace(b"Tune", b"Other")),
        server.client.post("/v1/jobs", json={"kind": "compose", "brief": FOLK}),
    ]
    assert [each.status_code for each in answers] == [507, 507]
    assert answers[0].json()["type"] == "urn:firmus:problem:disk-full"
    assert server.client.get("/livez").status_code == 200
    assert len(server.client.get("/v1/works").json()["items"]) == 1
    for path in (server.data / "files").glob("*/*"):  # each is whole, with or without its row
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, usual)
    assert server.client.post("/v1/works", content=tune.replace(b"Tune", b"Other")).status_code == 201
    assert server.ask("compose", **FOLK, seed=2)["state"] == "succeeded"


def test_little_room_on_the_disk_is_refused_before_it_is_full(serve):
    server = serve(room=10**18)
    assert server.client.post("/v1/jobs", json={"kind": "compose", "brief": FOLK}).status_code == 507
    assert server.client.get("/readyz").status_code == 507


def test_a_locked_database_is_said(serve):
    server = serve()
    other = sqlite3.connect(server.data / "firmus.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = server.client.post("/v1/jobs", json={"kind": "compose", "brief": FOLK})
    other.execute("ROLLBACK")
    other.close()
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert server.ask("compose", **FOLK, seed=1)["state"] == "succeeded"


def test_a_job_that_takes_too_long_is_ended(serve):
    server = serve(job_seconds=1.0)
    job = server.ended(server.ask("compose", wait=0, **{**CHORALE, "bars": 120}))
    assert (job["state"], job["attempt"]) == ("failed", 1)
    assert "took longer" in job["error"]["detail"]


@pytest.mark.slow
def test_one_client_asking_for_much_does_not_stall_another_kind_of_work(serve):
    server = serve()
    source = {"work": server.ask("compose", **FOLK, seed=1)["result"]["works"][0]["id"]}
    others = [server.ask("compose", wait=0, **{**CHORALE, "bars": 240, "seed": seed}) for seed in range(4)]
    assert server.ask("analyse", source=source)["state"] == "succeeded"
    states = {server.client.get(f"/v1/jobs/{each['id']}").json()["state"] for each in others}
    assert states <= {"queued", "running"}


def test_requests_that_would_wait_for_nothing_are_refused_at_once(serve):
    server = serve()
    server.ask("compose", **FOLK, seed=0)

    # one client for all: a hundred that each load certificates arrive after those before them were given up
    client = httpx.Client(base_url=server.url, timeout=60, limits=httpx.Limits(max_connections=120))

    def ask(seed):
        return client.post("/v1/jobs", json={"kind": "compose", "brief": {**FOLK, "seed": seed}})

    with contextlib.closing(sqlite3.connect(server.data / "firmus.db", isolation_level=None)) as database, client:
        database.execute("BEGIN IMMEDIATE")  # whoever has a thread waits for this
        with ThreadPoolExecutor(120) as pool:
            futures = [pool.submit(ask, seed) for seed in range(120)]
            refused = next(as_completed(futures)).result()  # while nothing at all can be written
            database.execute("ROLLBACK")
            answers = [each.result() for each in futures]
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:firmus:problem:busy"
    assert refused.headers["retry-after"]
    assert {each.status_code for each in answers} == {202, 503}
