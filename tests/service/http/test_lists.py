"""Lists are short whatever they list; wrong filters are refused; each address answers HEAD and says its methods."""

import json
import re
import time
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from firmus.service.problems import KINDS
from firmus.service.serving import opened
from firmus.service.storage import events, jobs
from firmus.service.storage.tables import delivery, job, new_id, work
from serving import listening

TUNE = b"X:1\nT:Tune\nK:G\nGABc dedB|]\n"
LONG = {"brief": {"chords": "C " * 900_000}}
STATES = ("queued", "running", "succeeded", "failed", "canceled")


def problem(answer, kind):
    assert answer.status_code == KINDS[kind][0], answer.text
    assert answer.json()["type"] == f"urn:firmus:problem:{kind}"
    return answer.json()["detail"]


def memory(process):
    """Peak memory of a process in MB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


@pytest.fixture
def filled(serve, tmp_path):
    """A server over a folder that was filled by a function, with nobody who composes."""

    def start(fill):
        (tmp_path / "data").mkdir()
        _, store = opened(tmp_path / "data")
        with store.write() as connection:
            fill(connection)
        store.close()
        return serve(composers=0, renderers=0, analysts=0)

    return start


def test_a_list_of_jobs_has_no_requests_and_does_not_read_them(filled):
    def fill(connection):
        for _ in range(50):
            jobs.add(connection, owner="local", kind="compose", request=LONG)

    server = filled(fill)
    server.client.get("/v1/usage")
    before = memory(server.process)
    answer = server.client.get("/v1/jobs", params={"limit": 100})
    assert len(answer.json()["items"]) == 50
    assert len(answer.content) < 50_000
    assert memory(server.process) < before + 40  # the requests alone are 90 MB
    first = answer.json()["items"][0]
    assert not {"request", "result", "error", "progress", "ahead", "webhook"} & set(first)
    one = server.client.get(first["links"]["self"]).json()
    assert one["request"] == LONG
    assert {name: one[name] for name in first} == first


def test_a_page_is_bounded_in_bytes_and_loses_nothing(filled):
    names = [new_id("wrk") for _ in range(7)]

    def fill(connection):
        summary = {"composer": "", "parts": ["x" * 300_000]}
        plain = {"owner": "local", "title": "", "created": 0.0, "summary": json.dumps(summary)}
        connection.execute(insert(work), [{**plain, "id": name, "root": name} for name in names])

    server = filled(fill)
    found, cursor = [], None
    while cursor or not found:
        answer = server.client.get("/v1/works", params={"limit": 100, **({"cursor": cursor} if cursor else {})})
        assert len(answer.content) < 1_100_000
        found += [each["id"] for each in answer.json()["items"]]
        cursor = answer.json()["next"]
    assert found == sorted(names, reverse=True)


def test_many_and_large_events_are_streamed_in_pieces(filled):
    def fill(connection):
        name = jobs.add(connection, owner="local", kind="compose", request={})
        rows = [("piece", {"score": "x" * 400_000})] * 6 + [("progress", {"done": 1})] * 2500
        events.write(connection, name, 2, [*rows, ("state", {"state": "succeeded"})])
        connection.execute(update(job).values(state="succeeded", events=len(rows) + 2, ended=time.time()))
        assert len(events.after(connection, name, 0)) == 4  # of the first megabyte
        assert len(events.after(connection, name, 7)) == 1_000

    server = filled(fill)
    (listed,) = server.client.get("/v1/jobs").json()["items"]
    answer = server.client.get(listed["links"]["events"])
    assert [int(each) for each in re.findall(r"^id: (\d+)$", answer.text, re.MULTILINE)] == list(range(1, 2509))


@pytest.mark.parametrize(
    ("query", "kind", "hint"),
    [
        ("jobs?state=nope", "invalid-request", "'queued', 'running', 'succeeded', 'failed' or 'canceled'"),
        ("jobs?batch=nope", "invalid-request", "bat_"),
        ("jobs?cursor=wrk_0123456789abcdef0123456789ab", "invalid-request", "job_"),
        ("works?cursor=job_0123456789abcdef0123456789ab", "invalid-request", "wrk_"),
        ("batches?cursor=nope", "invalid-request", "bat_"),
        ("sounds?cursor=nope", "invalid-request", "snd_"),
        ("works?style=fokl", "invalid-brief", "did you mean 'folk'"),
        ("works?key=H+major", "unreadable-music", "H major"),
        ("works?root=nope", "invalid-request", "wrk_"),
        ("audit?after=-1", "invalid-request", "greater than or equal to 0"),
    ],
)
def test_filters_that_nothing_can_match_are_refused(server, query, kind, hint):
    assert hint in problem(server.client.get(f"/v1/{query}"), kind)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_zero_character_is_refused_by_both_databases(serve, request, database):
    is_sqlite = database == "sqlite"
    environment = {} if is_sqlite else {"FIRMUS_DATABASE": request.getfixturevalue("new_database")}
    server = serve(environment=environment, composers=0, renderers=0, analysts=0)
    for query in ("works?title=a%00b", "works?style=%00", "jobs?batch=%00", "sounds?x=%00"):
        assert "%00" in problem(server.client.get(f"/v1/{query}"), "bad-request")
    assert "%00" in problem(server.client.post("/v1/sounds?title=%00", content=b""), "bad-request")


def test_a_lost_file_is_told_as_gone(serve):
    server = serve()
    uploaded = server.client.post("/v1/works", content=TUNE).json()
    analysed = server.ask("analyse", source={"work": uploaded["id"]})
    batch = {"kind": "compose", "briefs": [{"style": "folk", "bars": 1, "seed": 1}]}
    batch = server.client.post("/v1/batches", json=batch).json()
    (composed,) = server.client.get("/v1/jobs", params={"batch": batch["id"]}).json()["items"]
    assert server.ended(composed)["state"] == "succeeded"
    for path in (server.data / "files").glob("??/*"):
        path.unlink()
    assert "backup" in problem(server.client.get(uploaded["links"]["json"]), "gone")
    problem(server.client.get(analysed["links"]["self"]), "gone")
    body = {"kind": "analyse", "brief": {"source": {"work": uploaded["id"]}}}
    problem(server.client.post("/v1/jobs", json=body), "gone")
    assert server.client.get(batch["links"]["zip"]).status_code == 200
    assert server.client.get("/v1/jobs").status_code == 200


def test_head_is_answered_wherever_get_is_and_405_says_what_is(serve):
    server = serve()
    uploaded = server.client.post("/v1/works", content=TUNE).json()
    body = {"kind": "convert", "brief": {"source": {"work": uploaded["id"]}}, "formats": ["midi"]}
    job_ = server.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).json()
    batch = {"kind": "compose", "briefs": [{"style": "folk", "bars": 1, "seed": 1}]}
    batch = server.client.post("/v1/batches", json=batch).json()
    server.client.post(batch["links"]["cancel"])
    sound = server.client.post("/v1/sounds", content=b"RIFF\0\0\0\0WAVE" + bytes(100)).json()
    things = {"works": uploaded["id"], "jobs": job_["id"], "batches": batch["id"], "sounds": sound["id"]}
    things |= {"models": "composer", "keys": "0" * 12}
    document = server.client.get("/openapi.json").json()
    for path, operations in {"/openapi.json": {"get": {}}, **document["paths"]}.items():
        noun = path.split("/")[2] if path.startswith("/v1/") else ""
        address = path.replace("{name}", things.get(noun, "")).replace("{kind}", "midi")
        methods = {method.upper() for method in operations}
        if "GET" in methods:
            got, head = server.client.get(address), server.client.head(address)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert head.status_code == 200
            assert head.headers["content-type"] == got.headers["content-type"]
            methods.add("HEAD")
        for method in ("PATCH", "PUT"):
            answer = server.client.request(method, address)
            problem(answer, "method-not-allowed")
            assert set(answer.headers["allow"].split(", ")) == methods, path
    assert server.client.head("/v1/works/nope").status_code == 422
    assert server.client.head("/nope").status_code == 404


def test_the_etag_of_a_job_changes_with_all_that_it_shows(serve):
    told = []

    def answer(path, headers, body):
        told.append(path)
        return 200, {}

    with listening(answer) as url:
        server = serve(webhook_hosts=[url.removeprefix("http://")])
        body = {"kind": "compose", "brief": {"style": "folk", "bars": 1, "seed": 1}, "webhook": f"{url}/done"}
        job_ = server.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).json()
        server.until(job_, lambda current: current["webhook"].startswith("delivered"))
        server.stop()
        _, store = opened(server.data)
        tags = []
        for state in ("waiting", "failed", "failed"):
            with store.write() as connection:
                connection.execute(update(delivery).values(state=state, due=time.time() + 9_999))
            server.start()
            tags.append(server.client.get(f"/v1/jobs/{job_['id']}").headers["etag"])
            same = server.client.get(f"/v1/jobs/{job_['id']}", headers={"If-None-Match": tags[-1]})
            assert (same.status_code, same.headers["etag"]) == (304, tags[-1])
            server.stop()
        store.close()
    assert tags[0] != tags[1] == tags[2]
    assert told == ["/done"]


def test_jobs_and_batches_can_be_deleted(server):
    job_ = server.ask("compose", style="folk", bars=1, seed=1)
    (composed,) = job_["result"]["works"]
    running = server.ask("compose", wait=0, style="chorale", bars=64, seed=1)
    for each in (job_, running):
        assert server.client.delete(f"/v1/jobs/{each['id']}").status_code == 204
        for path in (each["links"]["self"], each["links"]["events"]):
            problem(server.client.get(path), "not-found")
        problem(server.client.delete(f"/v1/jobs/{each['id']}"), "not-found")
    assert server.client.get(f"/v1/works/{composed['id']}").json()["job"] == job_["id"]
    body = {"kind": "compose", "briefs": [{"style": "folk", "bars": 1, "seed": seed} for seed in range(3)]}
    batch = server.client.post("/v1/batches", json=body).json()
    listed = server.client.get("/v1/jobs", params={"batch": batch["id"]}).json()["items"]
    server.client.post(batch["links"]["cancel"])
    server.client.delete(f"/v1/jobs/{listed[0]['id']}")
    assert server.client.get(batch["links"]["zip"]).status_code == 200
    assert server.client.delete(batch["links"]["self"]).status_code == 204
    problem(server.client.get(batch["links"]["self"]), "not-found")
    assert server.client.get("/v1/jobs", params={"batch": batch["id"]}).json()["items"] == []


def test_an_owner_stores_no_more_than_it_may(serve):
    server = serve(storage_bytes=2_000, composers=0, analysts=0)
    first = server.client.post("/v1/works", content=TUNE)
    usage = server.client.get("/v1/usage").json()
    assert (first.status_code, usage["storage"]) == (201, 2_000)
    assert 0 < usage["stored"] < 2_000
    sound = b"RIFF\0\0\0\0WAVE" + bytes(2_000)
    detail = problem(server.client.post("/v1/sounds", content=sound), "storage-exceeded")
    assert f"{usage['stored']:,} of 2,000 are used" in detail
    document = server.client.get(first.json()["links"]["json"]).json()
    document["title"] = "x" * 2_000
    brief = {"source": document}
    for path, body in (
        ("jobs", {"kind": "analyse", "brief": brief}),
        ("batches", {"kind": "analyse", "briefs": [brief]}),
    ):
        problem(server.client.post(f"/v1/{path}", json=body), "storage-exceeded")
    assert server.client.get("/v1/usage").json()["stored"] == usage["stored"]
