"""Wherever jobs are done, the same comes of them: one suite for threads, processes and the machines of a cluster."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import firmus
from firmus import formats
from firmus.errors import FirmusError
from firmus.formats import json as firmus_json
from firmus.render import files
from firmus.rights.files import labelled
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.workers import cluster, executors
from machines import Machines
from serving import Server

CHORALE = {"style": "chorale", "bars": 32, "seed": 5, "key": "G minor"}
FOLK = {"style": "folk", "bars": 1}
ENDLESS = {"style": "chorale", "bars": 120, "seed": 1}
RAY = pytest.param("ray", marks=pytest.mark.cluster)


@pytest.fixture(scope="module", params=["inline", "process", RAY])
def executor(request):
    """Name of an executor."""
    return request.param


@pytest.fixture(scope="module")
def mortal(executor):
    """An executor whose workers can be killed alone."""
    if executor == "inline":
        pytest.skip("a thread dies with the server")


@pytest.fixture(scope="module")
def machines_of(executor, request):
    """The cluster, where the executor has one."""
    if executor != "ray":
        pytest.skip("this machine alone does its jobs")
    return request.getfixturevalue("machines")


@pytest.fixture(scope="module")
def server(executor, request, tmp_path_factory):
    """A server with one worker a lane that has one job at a time, and room for three jobs."""
    options = {"executor": executor, "together": 1, "queue": 3, "lease": 4.0, "drain": 30.0}
    if executor == "ray":
        machines = request.getfixturevalue("machines")
        options |= {"cluster": machines.address, "environment": machines.environment}
    running = Server(tmp_path_factory.mktemp(executor) / "data", **options)
    running.ended(running.ask("compose", wait=0, **FOLK, seed=0))  # somebody is there, however slow the machine
    yield running
    running.stop()


@pytest.fixture(scope="module")
def undisturbed():
    """The chorale, composed without any service."""
    work = firmus.compose(**CHORALE)
    return labelled(work, files.encoded(work.score, ".mid"), ".mid")


def log_lines(server, what):
    """Lines of the log of one kind."""
    return [line for line in map(json.loads, server.log.read_text().splitlines()) if line["what"] == what]


def composer(server):
    """Number of the process that composes."""
    return [line for line in log_lines(server, "worker") if line["worker"].startswith("compose") and "process" in line][
        -1
    ]["process"]


def begun(server, attempt=1, job=None, **brief):
    """A job that is being composed."""
    job = job or server.ask("compose", wait=0, **brief)
    return server.until(job, lambda current: current["attempt"] == attempt and current["progress"])


def events(server, job):
    """Numbers, kinds and data of a job's events."""
    text = server.client.get(f"/v1/jobs/{job['id']}/events").text
    lines = [dict(line.split(": ", 1) for line in each.splitlines()) for each in text.split("\n\n") if "data: " in each]
    return [(int(each["id"]), each["event"], json.loads(each["data"])) for each in lines]


def test_the_same_seed_makes_the_same_bytes_and_the_bars_are_told_on_the_way(server, undisturbed):
    job = server.ask("compose", **CHORALE)
    assert (job["state"], job["attempt"]) == ("succeeded", 1)
    assert server.midi(job) == [undisturbed]
    received = events(server, job)
    assert [number for number, _, _ in received] == list(range(1, len(received) + 1))
    assert [data["state"] for _, kind, data in received if kind == "state"] == ["queued", "running", "succeeded"]
    assert [data for _, kind, data in received if kind == "progress"][-1]["total"] == CHORALE["bars"]
    bars = {data["bar"]: data["notes"] for _, kind, data in received if kind == "bar"}
    assert sorted(bars) == list(range(CHORALE["bars"]))
    work = server.client.get(f"/v1/works/{job['result']['works'][0]['id']}/files/json").content
    made = [[part, *note] for part, each in enumerate(formats.read(work).parts) for note in _plain(each.notes)]
    assert sorted(note for notes in bars.values() for note in notes) == sorted(made)


def _plain(notes):
    return [[note.start, note.duration, note.pitch, note.velocity] for note in notes]


def test_every_lane_reads_what_it_needs(server):
    works = [server.ask("compose", style="folk", bars=4, seed=seed)["result"]["works"][0]["id"] for seed in (1, 2)]
    source = {"work": works[0]}
    analysed = server.ask("analyse", source=source)
    assert analysed["result"]["analysis"]["meter"]
    request = {"kind": "evaluate", "brief": {}, "options": {"generated": works[:1], "reference": works[1:]}}
    report = server.client.post("/v1/jobs", json=request, headers={"Prefer": "wait=60"}).json()
    assert report["result"]["report"]["pieces"] == {"generated": 1, "reference": 1}
    between = server.ask("interpolate", source=source, target={"work": works[1]}, steps=3, seed=1)
    assert len(server.midi(between)) == 3
    assert server.client.get(f"/v1/works/{works[0]}/files/svg").content.lstrip().startswith(b"<svg")


def test_what_cannot_be_done_says_why(server):
    job = server.ask("compose", style="folk", seconds=500, tempo=400, meter="2/4")
    assert (job["state"], job["attempt"]) == ("failed", 1)
    assert job["error"]["type"] == "urn:firmus:problem:invalid-brief"
    assert "512 is the most" in job["error"]["detail"]


def test_a_canceled_job_ends_at_once_and_makes_room_for_the_next(server):
    job = begun(server, **ENDLESS)
    assert server.client.post(f"/v1/jobs/{job['id']}/cancel").json()["state"] == "canceled"
    assert server.ask("compose", **FOLK, seed=1)["state"] == "succeeded"
    assert server.client.get("/v1/works", params={"job": job["id"]}).json()["items"] == []
    assert events(server, job)[-1][1:] == ("state", {"state": "canceled"})


def test_sent_twice_is_done_once(server):
    body = {"kind": "compose", "brief": FOLK}
    sent = [server.client.post("/v1/jobs", json=body, headers={"Idempotency-Key": "k"}).json() for _ in range(3)]
    assert len({job["id"] for job in sent}) == 1
    assert server.ended(sent[0])["attempt"] == 1
    assert len(server.midi(sent[0])) == 1


def test_more_than_there_is_room_for_is_refused_and_what_was_accepted_is_done(server):
    endless = begun(server, **ENDLESS)
    accepted = [server.ask("compose", wait=0, **FOLK, seed=seed) for seed in (1, 2)]
    refused = server.client.post("/v1/jobs", json={"kind": "compose", "brief": FOLK})
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    server.client.post(f"/v1/jobs/{endless['id']}/cancel")
    assert [server.ended(job)["state"] for job in accepted] == ["succeeded"] * 2
    assert server.ask("compose", **FOLK, seed=3)["state"] == "succeeded"


def test_a_job_that_finds_no_file_is_tried_three_times(server):
    work = server.client.post("/v1/works", content=firmus_json.write(firmus.compose(**FOLK, seed=7).score)).json()
    endless = begun(server, **ENDLESS)
    job = server.ask("vary", wait=0, source={"work": work["id"]})
    digest = server.client.get(work["links"]["json"]).headers["etag"].strip('"')
    (server.data / "files" / digest[:2] / digest).unlink()
    server.client.post(f"/v1/jobs/{endless['id']}/cancel")
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("failed", 3)
    assert server.ask("compose", **FOLK, seed=1)["state"] == "succeeded"


def test_a_server_that_is_told_to_end_finishes_what_is_in_hand(server):
    job = begun(server, **CHORALE)
    server.stop()
    assert log_lines(server, "service")[-1]["state"] == "ended"
    server.start()
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("succeeded", 1)


def test_a_killed_server_leaves_nobody_and_loses_nothing(server, executor, undisturbed):
    job = begun(server, **CHORALE)
    worker = None if executor == "inline" else composer(server)
    server.kill()
    until = time.monotonic() + 30
    while worker and Path(f"/proc/{worker}/cmdline").exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not worker or not Path(f"/proc/{worker}/cmdline").exists()
    server.start()
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("succeeded", 2)
    assert server.midi(job) == [undisturbed]


def test_a_killed_workers_job_is_done_again_with_the_same_bytes(mortal, server, undisturbed):
    job = begun(server, **CHORALE)
    os.kill(composer(server), signal.SIGKILL)
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("succeeded", 2)
    assert server.midi(job) == [undisturbed]


def test_a_worker_that_hangs_loses_its_job_and_can_write_nothing(mortal, server, undisturbed):
    job, worker = begun(server, **CHORALE), composer(server)
    os.kill(worker, signal.SIGSTOP)
    try:
        server.until(job, lambda current: current["attempt"] == 2 or current["state"] == "queued")
    finally:
        if composer(server) == worker:
            os.kill(worker, signal.SIGCONT)
    assert server.ended(job)["state"] == "succeeded"
    assert server.midi(job) == [undisturbed]


def test_a_job_that_kills_its_worker_is_given_up_after_three_attempts(mortal, server):
    job = server.ask("compose", wait=0, **ENDLESS)
    for attempt in (1, 2, 3):
        begun(server, attempt, job)
        os.kill(composer(server), signal.SIGKILL)
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("failed", 3)
    assert current["error"]["type"] == "urn:firmus:problem:gave-up"
    assert server.ask("compose", **FOLK, seed=1)["state"] == "succeeded"


@pytest.mark.cluster
def test_a_machine_that_dies_takes_no_job_with_it(machines_of, server, undisturbed):
    job = begun(server, **CHORALE)
    others = [server.ask("compose", wait=0, **FOLK, seed=seed) for seed in (1, 2)]
    machines_of.kill_node_of(composer(server))
    current = server.ended(job)
    assert (current["state"], current["attempt"]) == ("succeeded", 2)
    assert server.midi(job) == [undisturbed]
    assert [server.ended(other)["state"] for other in others] == ["succeeded"] * 2


def test_an_executor_that_is_not_there_is_refused(tmp_path):
    usual, blobs = Settings(data=tmp_path, database=f"sqlite:///{tmp_path / 'x.db'}"), Blobs(tmp_path / "files")
    for name, hint in (("proces", "did you mean 'process'"), ("ray", "needs a cluster")):
        with pytest.raises(FirmusError, match=hint):
            executors.load(replace(usual, executor=name), Store(usual.database), blobs)


REFUSED = [("192.0.2.1:6379", {}, "RAY_AUTH_MODE=token"), ("head", {"RAY_AUTH_MODE": "token"}, "must be HOST:PORT"),
           ("127.0.0.1:9", {"RAY_AUTH_MODE": "token"}, "does not answer")]  # fmt: skip


@pytest.mark.parametrize(("address", "environment", "hint"), REFUSED)
def test_a_cluster_that_cannot_be_trusted_or_reached_is_refused(address, environment, hint, monkeypatch):
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(FirmusError, match=hint) as refused:
        cluster.connect(address)
    assert "\n" not in str(refused.value)


@pytest.mark.cluster
def test_a_cluster_that_lets_anybody_in_is_refused(tmp_path):
    machines = Machines(nodes=0, mode="disabled")
    try:
        words = [sys.executable, "-m", "firmus", "serve", "--cluster", machines.address, "--data", str(tmp_path)]
        environment = {**os.environ, **machines.environment, "RAY_AUTH_MODE": "token"}
        run = subprocess.run(words, check=False, env=environment, capture_output=True, text=True, timeout=60)
    finally:
        machines.stop()
    assert run.returncode == 2
    assert "lets anybody in" in run.stderr
    assert run.stderr.count("\n") == 1
