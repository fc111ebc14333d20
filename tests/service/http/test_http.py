"""The service as a developer meets it: a real server, real workers, real music."""

import io
import json
import re
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
import soundfile

from firmus import formats
from firmus.score import Key, Meter, Note, Part, Score
from firmus.service.problems import KINDS
from firmus.service.settings import Settings

FOLK = {"style": "folk", "bars": 1, "seed": 3}


@pytest.fixture(scope="module")
def tune(tmp_path_factory):
    """A tune typed in by us: four bars of G major, as MIDI."""
    pitches = [67, 69, 71, 72, 74, 71, 69, 67]
    notes = tuple(Note(place * 960, 960, pitch) for place, pitch in enumerate(pitches))
    score = Score((Part("Melody", notes, 73),), meters=(Meter(0, 4, 4),), keys=(Key(0, "G"),), title="Four bars")
    path = tmp_path_factory.mktemp("tune") / "tune.mid"
    formats.write(score, path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def uploaded(server, tune):
    answer = server.client.post("/v1/works", content=tune)
    assert answer.status_code == 201, answer.text
    return answer.json()


def problem(answer, kind):
    """Whether an answer is a problem of a kind, as RFC 9457 has it."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == document["status"] == KINDS[kind][0], document
    assert document["type"] == f"urn:firmus:problem:{kind}"
    assert document["instance"] == f"urn:firmus:request:{answer.headers['x-request-id']}"
    return document


def test_problems_are_told_in_the_language_of_the_client(server):
    asked = {"kind": "compose", "brief": {"tempo": 999}}
    answers = {
        language: server.client.post("/v1/jobs", json=asked, headers={"Accept-Language": language})
        for language in ("zh-CN,zh;q=0.9,en;q=0.5", "en, zh;q=0.5")
    }
    chinese, english = (problem(answer, "invalid-brief") for answer in answers.values())
    assert chinese["detail"] == "速度 999 应为每分钟 10 至 400 个四分音符"
    assert chinese["title"] == "所要求的无法作曲"
    assert english["detail"] == "tempo 999 must be 10 to 400 quarter notes a minute"
    assert [each.headers["content-language"] for each in answers.values()] == ["zh", "en"]
    nowhere = server.client.get("/v1/nowhere", headers={"Accept-Language": "zh"})
    assert problem(nowhere, "not-found")["title"] == "没有所请求的内容"
    wrong = server.client.post("/v1/jobs", json={"kind": 1}, headers={"Accept-Language": "zh"})
    assert "应为文字" in problem(wrong, "invalid-request")["errors"][0]["detail"]


def test_a_brief_in_chinese_is_obeyed(server):
    job = server.ask("compose", style="众赞歌", key="降E大调", bars=2, seed=1, model="recurrent")
    assert job["state"] == "succeeded", job["error"]
    english = server.ask("compose", style="chorale", key="Eb major", bars=2, seed=1, model="recurrent")
    assert server.midi(job) == server.midi(english)


def streamed(server, job, last=None, most=None):
    """Numbers, kinds and data of a job's events."""
    found, lines = [], {}
    headers = {"Last-Event-ID": str(last)} if last is not None else {}
    with server.client.stream("GET", f"/v1/jobs/{job['id']}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            lines[name] = value
            if not line and "data" in lines:
                found.append((int(lines["id"]), lines["event"], json.loads(lines["data"])))
                lines = {}
                if len(found) == most:
                    break
    return found


def test_a_brief_becomes_a_work_with_its_files(server):
    response = server.client.post("/v1/jobs", json={"kind": "compose", "brief": FOLK})
    assert response.status_code == 202
    assert response.headers["location"] == f"/v1/jobs/{response.json()['id']}"
    job = server.ended(response.json())
    assert (job["state"], job["attempt"]) == ("succeeded", 1)
    (made,) = job["result"]["works"]
    work = server.client.get(f"/v1/works/{made['id']}").json()
    assert (work["job"], work["parent"], work["root"]) == (job["id"], None, work["id"])
    assert work["ai_generated"]
    assert work["summary"]["bars"] == 1
    document = server.client.get(work["links"]["json"]).json()
    assert document["origin"]["brief"] == FOLK
    midi = server.client.get(work["links"]["midi"])
    assert midi.headers["content-disposition"].startswith("attachment")
    assert formats.read(midi.content).parts[0].notes
    assert server.client.get(work["links"]["midi"], headers={"If-None-Match": midi.headers["etag"]}).status_code == 304
    sound, rate = soundfile.read(io.BytesIO(server.client.get(work["links"]["wav"]).content))
    assert len(sound) / rate > work["summary"]["seconds"]
    assert abs(sound).max() > 0.05
    marks = {"svg": b"<svg", "pdf": b"%PDF-", "png": b"\x89PNG", "mp3": b""}
    marks |= {"musicxml": b"<score-partwise", "abc": b"X:"}
    for kind, mark in marks.items():
        answer = server.client.get(work["links"][kind])
        assert answer.status_code == 200
        assert mark in answer.content[:2000]
    with zipfile.ZipFile(io.BytesIO(server.client.get(work["links"]["stems"]).content)) as packed:
        assert packed.namelist() == ["01 Melody.wav"]


def test_the_same_seed_makes_the_same_bytes_and_a_seed_is_drawn_at_once(server):
    jobs = [server.ask("compose", style="folk", bars=1) for _ in range(2)]
    seeds = [job["request"]["brief"]["seed"] for job in jobs]
    assert seeds[0] != seeds[1]
    again = server.ask("compose", style="folk", bars=1, seed=seeds[0])
    assert server.midi(again) == server.midi(jobs[0]) != server.midi(jobs[1])


def test_every_verb_is_a_kind_of_job(server, uploaded):
    source = {"work": uploaded["id"]}
    briefs = {
        "continue": {"bars": 1}, "infill": {"bars": "2"}, "harmonise": {}, "vary": {"amount": 0.3},
        "accompany": {"style": "song"}, "interpolate": {"target": source, "steps": 3},
    }  # fmt: skip
    for kind, brief in briefs.items():
        job = server.ask(kind, source=source, seed=1, **brief)
        assert job["state"] == "succeeded", job["error"]
        works = server.client.get("/v1/works", params={"job": job["id"]}).json()["items"]
        assert len(works) == (3 if kind == "interpolate" else 1)
        assert {(work["parent"], work["root"]) for work in works} == {(uploaded["id"], uploaded["id"])}
    tree = server.client.get("/v1/works", params={"root": uploaded["id"], "limit": 100}).json()["items"]
    assert len(tree) == 9
    analysed = server.ask("analyse", source=source)
    assert analysed["result"]["analysis"]["key"] == "G major"
    document = server.client.get(uploaded["links"]["json"]).json()
    assert server.ask("analyse", source=document)["result"] == analysed["result"]


def test_what_cannot_be_done_fails_with_a_reason(server):
    job = server.ask("compose", style="folk", seconds=500, tempo=400, meter="2/4")
    assert (job["state"], job["attempt"]) == ("failed", 1)
    assert "512 is the most" in job["error"]["detail"]
    assert job["seconds"] == 0


def test_what_can_be_seen_to_be_impossible_is_refused_at_once(server, uploaded):
    source = {"work": uploaded["id"]}
    infill = {"source": source, "bars": "1-4", "key": "F# major", "chords": "C"}
    refused = server.client.post("/v1/jobs", json={"kind": "infill", "brief": infill})
    assert "chord C has hardly a note of F# major" in problem(refused, "invalid-brief")["detail"]
    refused = server.client.post("/v1/jobs", json={"kind": "humanise", "brief": {"source": source}})
    assert "drum" in problem(refused, "invalid-brief")["detail"]


@pytest.mark.parametrize(
    ("kind", "brief", "type_", "hint"),
    [
        ("compose", {"style": "fokl"}, "invalid-brief", "did you mean 'folk'?"),
        ("compose", {"model": "compsoer"}, "unknown-model", "did you mean 'composer'?"),
        ("compose", {"mood": "clam"}, "invalid-brief", "did you mean 'calm'?"),
        ("compose", {"form": "aaba"}, "invalid-brief", "capital letters"),
        ("compose", {"style": "folk", "parts": ["flut"]}, "invalid-brief", "did you mean 'flute'"),
        ("compose", {"model": "transcriber"}, "invalid-brief", "does not compose"),
        ("infill", {"bars": "90"}, "invalid-brief", "bars 1 to 4"),
        ("infill", {"parts": ["alto"]}, "invalid-brief", "the parts are 1 Melody"),
        ("vary", {"ranges": {"tuba": "C2-C3"}}, "invalid-brief", "no part 'tuba'"),
        ("harmonise", {"parts": ["2"]}, "invalid-brief", "no part '2'"),
        ("interpolate", {"style": "fokl"}, "invalid-brief", "interpolate needs a target"),
        ("humanise", {"style": "fokl"}, "invalid-brief", "unknown style 'fokl'"),
    ],
)
def test_what_can_be_seen_to_be_wrong_is_refused_at_once(server, uploaded, kind, brief, type_, hint):
    source = {} if kind == "compose" else {"source": {"work": uploaded["id"]}}
    answer = server.client.post("/v1/jobs", json={"kind": kind, "brief": {**source, **brief}})
    problem(answer, type_)
    assert hint in answer.json()["detail"]
    answer = server.client.post("/v1/batches", json={"kind": kind, "briefs": [{**source, **brief}]})
    problem(answer, type_)


def test_render_and_convert_make_the_files_asked_for(server, uploaded):
    for kind, wanted in (("render", ["svg", "ogg"]), ("convert", ["abc", "musicxml"])):
        body = {"kind": kind, "brief": {"source": {"work": uploaded["id"]}}, "formats": wanted}
        job = server.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).json()
        assert job["result"] == {"files": wanted}
        for name in wanted:
            assert server.client.get(f"/v1/jobs/{job['id']}/files/{name}").status_code == 200
        problem(server.client.get(f"/v1/jobs/{job['id']}/files/wav"), "not-found")


def test_events_can_be_followed_from_wherever_one_stopped(server):
    job = server.ask("compose", wait=0, style="chorale", bars=3, seed=4)
    first = streamed(server, job, most=2)
    rest = streamed(server, job, last=first[-1][0])
    numbers = [number for number, _, _ in first + rest]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [data["state"] for _, kind, data in first + rest if kind == "state"] == ["queued", "running", "succeeded"]
    assert [data for _, kind, data in first + rest if kind == "progress"][-1]["total"] == 3
    assert streamed(server, job) == first + rest
    assert streamed(server, job, last=len(numbers) - 1) == rest[-1:]
    assert streamed(server, job, last=len(numbers)) == streamed(server, job, last=999) == []


def test_a_canceled_job_ends_at_once_and_leaves_nothing(server):
    job = server.ask("compose", wait=0, style="chorale", bars=64, seed=4)
    server.until(job, lambda found: found["progress"])
    canceled = server.client.post(f"/v1/jobs/{job['id']}/cancel").json()
    assert (canceled["state"], canceled["seconds"]) == ("canceled", 0)
    assert server.client.post(f"/v1/jobs/{job['id']}/cancel").json()["state"] == "canceled"
    after = server.ask("compose", **FOLK)  # the worker is free again
    problem(server.client.post(f"/v1/jobs/{after['id']}/cancel"), "conflict")
    assert server.client.get(f"/v1/jobs/{job['id']}").json()["state"] == "canceled"
    assert server.client.get("/v1/works", params={"job": job["id"]}).json()["items"] == []


def test_a_request_sent_twice_is_done_once(server, tune):
    headers = {"Idempotency-Key": "this-is-mine"}
    body = {"kind": "compose", "brief": {"style": "folk", "bars": 1}}
    first, second = (server.client.post("/v1/jobs", json=body, headers=headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    other = {"kind": "compose", "brief": {"style": "folk", "bars": 2}}
    problem(server.client.post("/v1/jobs", json=other, headers=headers), "idempotency-key-reused")
    works = [server.client.post("/v1/works", content=tune, headers={"Idempotency-Key": "u"}).json() for _ in range(2)]
    assert works[0] == works[1]
    problem(server.client.post("/v1/jobs", json=body, headers={"Idempotency-Key": "two words"}), "invalid-request")


def test_a_batch_comes_out_as_one_archive(server):
    briefs = [
        {"style": "folk", "bars": 1, "seed": 1},
        {"style": "folk", "bars": 1, "seed": 2},
        {"seconds": 500, "tempo": 400, "meter": "2/4"},
    ]
    answer = server.client.post("/v1/batches", json={"kind": "compose", "briefs": briefs})
    assert answer.status_code == 202
    name, batch = answer.headers["location"], answer.json()
    problem(server.client.get(batch["links"]["zip"]), "conflict")
    until = time.monotonic() + 60
    while sum(batch["states"].get(state, 0) for state in ("succeeded", "failed")) < 3 and time.monotonic() < until:
        time.sleep(0.1)
        batch = server.client.get(name).json()
    assert batch["states"] == {"succeeded": 2, "failed": 1}
    with zipfile.ZipFile(io.BytesIO(server.client.get(batch["links"]["zip"]).content)) as packed:
        assert packed.testzip() is None
        assert {"0001/piece.mid", "0002/piece.json", "batch.json"} <= set(packed.namelist())
        entries = json.loads(packed.read("batch.json"))
        assert [each["state"] for each in entries] == ["succeeded", "succeeded", "failed"]
        assert "512 is the most" in entries[2]["error"]["detail"]
        assert packed.read("0001/piece.mid") == server.midi(server.ask("compose", style="folk", bars=1, seed=1))[0]
    refused = server.client.post("/v1/batches", json={"kind": "compose", "briefs": [{}, {"tempo": 0}]})
    problem(refused, "invalid-brief")
    assert server.client.get("/v1/batches").json()["items"][0]["id"] == batch["id"]


def test_lists_come_in_pages_without_gaps(server, tune):
    ids = [server.client.post("/v1/works", content=tune).json()["id"] for _ in range(5)]
    found, cursor = [], None
    while True:
        page = server.client.get("/v1/works", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        assert len(page["items"]) <= 2
        found += [work["id"] for work in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)
    assert set(ids) <= set(found)


def test_a_deleted_work_is_gone_and_what_came_of_it_stays(server, tune):
    work = server.client.post("/v1/works", content=tune).json()
    child = server.client.post("/v1/works", content=tune, params={"parent": work["id"]}).json()
    assert (child["parent"], child["root"]) == (work["id"], work["id"])
    assert server.client.delete(f"/v1/works/{work['id']}").status_code == 204
    problem(server.client.get(f"/v1/works/{work['id']}"), "not-found")
    problem(server.client.get(work["links"]["json"]), "not-found")
    assert server.client.get(child["links"]["json"]).status_code == 200
    answer = server.client.post("/v1/jobs", json={"kind": "analyse", "brief": {"source": {"work": work["id"]}}})
    problem(answer, "not-found")


def test_capabilities_are_enough_to_build_a_form(server):
    capabilities = server.client.get("/v1/capabilities").json()
    tempo = capabilities["brief"]["properties"]["tempo"]
    assert (tempo["minimum"], tempo["maximum"], tempo["type"]) == (10, 400, "number")
    assert capabilities["brief"]["properties"]["bars"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 512}
    assert capabilities["brief"]["properties"]["close"]["type"] == "boolean"
    assert "composer" in capabilities["kinds"]["compose"]["models"]
    models = server.client.get("/v1/models").json()["items"]
    assert {"composer", "vae-melody"} <= {model["name"] for model in models}
    assert server.client.get("/v1/models/composer").json()["data"]
    problem(server.client.get("/v1/models/nix"), "not-found")


def test_every_field_of_a_brief_is_described(server):
    from firmus.work import Brief

    properties = server.client.get("/v1/capabilities").json()["brief"]["properties"]
    assert list(properties) == list(Brief.__dataclass_fields__)
    assert all(len(each["description"]) > 10 for each in properties.values())


REFUSED = [
    ({"kind": "compose", "brief": {"tempo": 999}}, "invalid-brief", "10 to 400"),
    ({"kind": "compose", "brief": {"tempi": 99}}, "invalid-brief", "did you mean 'tempo'"),
    ({"kind": "compos", "brief": {}}, "invalid-brief", "did you mean 'compose'"),
    ({"kind": "compose", "brief": {"model": "compoesr"}}, "unknown-model", "did you mean 'composer'"),
    ({"kind": "compose", "brief": {"bars": 512}}, "invalid-brief", "600 is the most"),
    ({"kind": "compose", "brief": {"seconds": 3000}}, "invalid-brief", "600 is the most"),
    ({"kind": "compose", "brief": {"ranges": ["a"]}}, "invalid-brief", "F3-D5"),
    ({"kind": "compose", "brief": {"count": None}}, "invalid-brief", "1 to 100"),
    ({"kind": "compose", "brief": {"style": 3}}, "invalid-brief", "must be text"),
    ({"kind": "vary", "brief": {}}, "invalid-brief", "needs a source"),
    ({"kind": "vary", "brief": {"source": 3}}, "invalid-brief", "must be an object"),
    ({"kind": "vary", "brief": {"source": {}}}, "unreadable-music", "firmus-score"),
    ({"kind": "vary", "brief": {"source": {"work": "wrk_" + "0" * 28}}}, "not-found", "there is no work"),
    ({"kind": "vary", "brief": {"source": {"work": "../../etc/passwd"}}}, "not-found", "there is no work"),
    ({"kind": "render", "brief": {"source": {"work": "x"}}}, "not-found", "there is no work"),
    ({"kind": "compose", "formats": ["wav"]}, "invalid-brief", "takes none"),
    ({"kind": "compose", "brief": []}, "invalid-request", "dictionary"),
    ({"kind": "compose", "extra": 1}, "invalid-request", "Extra"),
    ({}, "invalid-request", "kind"),
]


@pytest.mark.parametrize(("body", "kind", "hint"), REFUSED, ids=lambda each: json.dumps(each)[:60])
def test_what_cannot_be_asked_for_is_refused_with_a_problem(server, body, kind, hint):
    assert hint in problem(server.client.post("/v1/jobs", json=body), kind)["detail"]


def test_the_tables_of_the_documentation_are_true(server):
    server.ready()
    text = (Path(__file__).parents[3] / "docs/service.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(/v1/[a-z]+|/[a-z]+z|/metrics|/openapi.json)`", text):
        assert server.client.get(name).status_code == 200
    settings = tomllib.loads(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])
    usual = Settings(data=Path(), database="")
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    assert plain == {name: getattr(usual, name) for name in settings}
    table = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", "".join(re.findall(r"^\| \d{3}.*$", text, re.MULTILINE))))
    assert set(KINDS) <= table


def test_health_and_measurements(server):
    assert server.client.get("/livez").json() == {"state": "alive"}
    assert server.ready() == {"state": "ready"}
    server.ask("compose", **FOLK)
    text = server.client.get("/metrics").text
    assert float(re.search(r'firmus_jobs_total\{kind="compose",state="succeeded"\} (\S+)', text)[1]) >= 1
    assert re.search(r'firmus_request_seconds_count\{method="POST",route="/v1/jobs",status="200"\}', text)
    assert 'firmus_queue_depth{lane="compose"}' in text
    usage = server.client.get("/v1/usage").json()
    assert usage["seconds"] > 0
    log = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {"service", "job", "request"} <= {line["what"] for line in log}


def test_the_service_runs_on_postgresql(serve, new_database):
    server = serve(environment={"FIRMUS_DATABASE": new_database})
    job = server.ask("compose", **FOLK)
    assert job["state"] == "succeeded"
    numbers = [number for number, _, _ in streamed(server, job)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert server.client.get("/v1/audit").json()["items"][0]["target"] == job["id"]
    assert server.ready() == {"state": "ready"}


def test_a_request_in_plain_words_becomes_a_kind_and_a_brief(server, uploaded):
    def ask(text, headers=None, **body):
        answer = server.client.post("/v1/requests", json={"text": text, **body}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    proposal = ask("make this busier", work=uploaded["id"], selection={"bars": "3-4", "parts": ["Melody"]})
    assert (proposal["kind"], proposal["brief"]["bars"], proposal["score"]) == ("infill", "3-4", None)
    assert proposal["explanation"][0] == "compose anew bars 3-4 of Melody"
    brief = proposal["brief"] | {"source": {"work": uploaded["id"]}, "seed": 3}
    work = server.ask(proposal["kind"], **brief)["result"]["works"][0]
    files = [server.client.get(f"/v1/works/{name}/files/json") for name in (uploaded["id"], work["id"])]
    before, after = (
        [note for note in formats.read(each.content).parts[0].notes if note.start < 3840] for each in files
    )
    assert before == after
    faster = ask("快百分之十", {"Accept-Language": "zh"}, work=uploaded["id"])
    assert (faster["kind"], faster["brief"], faster["explanation"][0]) == (None, {"tempo": 132.0}, "不谱写新的音符")
    assert faster["score"]["tempi"]
    chained = ask("the same theme, for strings, half as long, sad", work=uploaded["id"])
    assert (chained["kind"], chained["brief"]) == ("orchestrate", {"parts": ["string quartet"]})
    assert [line[:2] for line in chained["explanation"] if line[0] != " "] == ["1.", "2.", "3.", "4."]
    job = server.ask(chained["kind"], **chained["brief"], source=chained["score"])
    assert job["result"]["works"][0]["seconds"] < work["seconds"]
    assert chained["then"] == ""
    first = ask("bar 2 busier, then for a wind quintet", work=uploaded["id"])
    assert (first["kind"], first["then"]) == ("infill", "for a wind quintet")
    assert first["explanation"][-1] == "2. score the piece for wind quintet"
    assert ask("a calm hymn in D, 8 bars")["brief"]["key"] == "D major"
    document = files[0].json()
    assert ask("bar 2 higher", score=document.get("score", document))["brief"]["bars"] == "2"
    for loud, question in (
        ("大声一点", "无法要求音量"),
        ("louder", "how loud it is"),
    ):  # in the language of the request
        answer = ask(loud, {"Accept-Language": "zh-CN"}, work=uploaded["id"])
        assert (answer["kind"], answer["question"].startswith(question)) == (None, True)
    problem(server.client.post("/v1/requests", json={"text": "sadder", "work": f"wrk_{'0' * 28}"}), "not-found")
    problem(server.client.post("/v1/requests", json={"text": ""}), "invalid-request")
