"""Who may do what: every route, every role, every owner, from the application's own table of routes."""

import contextlib
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
from dataclasses import dataclass

import pytest

from firmus import formats
from firmus.cli import main
from firmus.score import Note, Part, Score
from firmus.service.http.application import build
from firmus.service.http.dependencies import Service
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.database import Store
from firmus.service.storage.keys import ROLES, SCOPES
from firmus.service.workers import executors
from firmus.service.workers.supervisor import Supervisor
from serving import Server

OWNERS = ("acme", "other")
TUNE = formats.json.write(Score((Part("A", (Note(0, 480, 60),)),)))
SOUND = b"RIFF\0\0\0\0WAVE" + bytes(100)
COMPOSE = {"kind": "compose", "brief": {"style": "folk", "bars": 1, "seed": 1}}
BODIES = {
    ("post", "/v1/requests"): {"json": {"text": "a sad waltz for piano"}},
    ("post", "/v1/jobs"): {"json": COMPOSE},
    ("post", "/v1/batches"): {"json": {"kind": "compose", "briefs": [COMPOSE["brief"]]}},
    ("post", "/v1/works"): {"content": TUNE},
    ("post", "/v1/sounds"): {"content": SOUND},
    ("post", "/v1/keys"): {"json": {"owner": "acme", "role": "reader"}},
}
OPEN = {"/livez", "/readyz"}


@dataclass
class Route:
    """A route as the OpenAPI document tells it."""

    method: str
    path: str
    scope: str | None

    @property
    def names(self):
        return "{" in self.path and not self.path.startswith(("/v1/models", "/v1/keys"))


def routes(folder):
    """Every route of the application, with the scope it asks for."""
    settings = Settings.load(folder)
    store, blobs = Store(f"sqlite:///{folder / 'x.db'}"), Blobs(folder / "files")
    supervisor = Supervisor(settings, store, executors.load(settings, store, blobs))
    app = build(Service(settings, store, blobs, supervisor, is_open=False)).app.app
    document = app.openapi()
    store.close()
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            scopes = [scope for each in operation.get("security", ()) for scope in each["key"]]
            found.append(Route(method, path, scopes[0] if scopes else None))
    served = {
        (method.lower(), each.path) for each in app.routes if hasattr(each, "dependant") for method in each.methods
    }
    assert served <= {(route.method, route.path) for route in found}
    return found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with a key of every role for two owners, and the keys; made by the command line."""
    folder = tmp_path_factory.mktemp("guarded") / "data"
    folder.mkdir()
    keys = {}
    for owner in OWNERS:
        for role in ROLES:
            words = [sys.executable, "-m", "firmus", "serve", "keys", "add", "--owner", owner, "--role", role]
            run = subprocess.run([*words, "--json", "--data", folder], capture_output=True, check=True)
            keys[owner, role] = json.loads(run.stdout)["key"]
    running = Server(folder, rate=10_000.0, burst=10_000.0)
    yield running, keys
    running.stop()


def as_key(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def things(guarded):
    """One of each thing that a path may name, of the first owner."""
    server, keys = guarded
    headers = as_key(keys["acme", "composer"])
    work = server.client.post("/v1/works", content=TUNE, headers=headers).json()
    body = {"kind": "convert", "brief": {"source": {"work": work["id"]}}, "formats": ["midi"]}
    job = server.client.post("/v1/jobs", json=body, headers={**headers, "Prefer": "wait=60"}).json()
    assert job["state"] == "succeeded"
    batch = server.client.post("/v1/batches", json=BODIES["post", "/v1/batches"]["json"], headers=headers).json()
    cancel = server.client.post(batch["links"]["cancel"], headers=headers)
    assert cancel.status_code == 200
    sound = server.client.post("/v1/sounds", content=SOUND, headers=headers).json()
    return {
        "works": work["id"],
        "sounds": sound["id"],
        "jobs": job["id"],
        "batches": batch["id"],
        "models": "composer",
        "keys": "0" * 12,
    }


def ask(server, route, things, headers):
    noun = route.path.split("/")[2] if route.path.startswith("/v1/") else ""
    path = route.path.replace("{name}", things.get(noun, "")).replace("{kind}", "midi")
    return server.client.request(route.method, path, headers=headers, **BODIES.get((route.method, route.path), {}))


def test_every_route_with_a_scope_is_held_to_it(guarded, things, tmp_path):
    server, keys = guarded
    table = routes(tmp_path)
    assert len(table) > 20
    assert {route.path for route in table if route.scope is None} == OPEN
    assert {route.scope for route in table} - {None} == set(SCOPES) - {"operate"}
    wrong = []
    # what takes something away comes last
    for route in sorted(table, key=lambda route: route.method == "delete"):
        if route.method == "post" and "{" not in route.path:
            assert (route.method, route.path) in BODIES, f"say what {route.path} is asked with"
        for owner, role, key in [*((owner, role, key) for (owner, role), key in keys.items()), (None, None, None)]:
            if route.method == "delete" and (owner, role) in (("acme", "composer"), ("acme", "admin")):
                continue
            answer = ask(server, route, things, as_key(key) if key else {})
            status = answer.status_code
            if route.scope is None:
                good = status == 200
            elif key is None:
                good = status == 401 and "WWW-Authenticate" in answer.headers
            elif route.scope not in ROLES[role]:
                good = status == 403
            elif route.names and owner != "acme":
                good = status == 404
            elif (route.method, route.path) == ("post", "/v1/keys") and (owner, role) == ("other", "admin"):
                good = status == 403  # it asks for a key of the first owner
            elif route.path == "/v1/keys/{name}":
                good = status == 404  # there is no such key
            elif route.path.endswith("/cancel") and "jobs" in route.path:
                good = status == 409  # it has ended
            elif route.method == "delete":
                good = status == 204
            else:
                good = status < 300
            if not good:
                wrong.append((route.method, route.path, owner, role, status, answer.text[:200]))
    assert not wrong


def test_lists_show_the_owners_alone(guarded, things):
    server, keys = guarded
    for noun in ("works", "sounds", "jobs", "batches"):
        shown = {}
        for owner in OWNERS:
            items = server.client.get(f"/v1/{noun}", headers=as_key(keys[owner, "admin"])).json()["items"]
            shown[owner] = {each["id"] for each in items}
        assert not shown["acme"] & shown["other"]


def test_another_owners_work_is_no_source_parent_or_idempotent_replay(guarded, things):
    server, keys = guarded
    mine, theirs = as_key(keys["acme", "composer"]), as_key(keys["other", "composer"])
    work = server.client.post("/v1/works", content=TUNE, headers={**mine, "Idempotency-Key": "same"}).json()
    again = server.client.post("/v1/works", content=TUNE, headers={**theirs, "Idempotency-Key": "same"}).json()
    assert again["id"] != work["id"]
    sound = server.client.post("/v1/sounds", content=SOUND, headers=mine).json()
    for body in (
        {"kind": "analyse", "brief": {"source": {"work": work["id"]}}},
        {"kind": "analyse", "brief": {"source": {"sound": sound["id"]}}},
        {"kind": "evaluate", "options": {"generated": [work["id"]], "reference": [again["id"]]}},
    ):
        assert server.client.post("/v1/jobs", json=body, headers=theirs).status_code == 404
    secrets = [server.client.get("/v1/webhook-secret", headers=each).json()["secret"] for each in (mine, theirs)]
    assert secrets[0] != secrets[1]
    assert (
        server.client.post("/v1/works", content=TUNE, params={"parent": work["id"]}, headers=theirs).status_code == 404
    )


def test_a_revoked_key_opens_nothing_and_secrets_are_never_logged(guarded):
    server, keys = guarded
    admin = as_key(keys["acme", "admin"])
    made = server.client.post("/v1/keys", json={"owner": "acme", "role": "composer"}, headers=admin).json()
    assert server.client.get("/v1/jobs", headers=as_key(made["key"])).status_code == 200
    assert server.client.delete(f"/v1/keys/{made['id']}", headers=admin).status_code == 204
    assert server.client.get("/v1/jobs", headers=as_key(made["key"])).status_code == 401
    listed = server.client.get("/v1/keys", headers=admin)
    operator = as_key(keys["acme", "operator"])
    log = server.log.read_text()
    files = b"".join(path.read_bytes() for path in server.data.glob("firmus.db*"))
    for key in (*keys.values(), made["key"]):
        secret = key.rpartition("_")[2]
        assert secret not in log
        assert secret not in listed.text
        assert secret.encode() not in files
    assert made["id"] in log
    actions = [line["action"] for line in server.client.get("/v1/audit", headers=operator).json()["items"]]
    assert actions[:10] == ["key add"] * 10
    assert {"upload", "key add", "key revoke"} <= set(actions)


def test_an_admin_manages_the_keys_of_its_owner_and_an_operator_all(guarded):
    server, keys = guarded
    admin, operator = as_key(keys["acme", "admin"]), as_key(keys["other", "operator"])

    def add(headers, **body):
        return server.client.post("/v1/keys", json=body, headers=headers)

    def listed(headers):
        return server.client.get("/v1/keys", headers=headers).json()["items"]

    theirs = add(operator, owner="other", role="reader", quota=5e8).json()
    boss = add(operator, owner="acme", role="operator").json()
    for body in (
        {"owner": "other", "role": "reader"}, {"owner": "acme", "role": "operator"},
        {"owner": "acme", "role": "monitor"}, {"owner": "acme", "role": "composer", "quota": 1e9},
    ):  # fmt: skip
        assert add(admin, **body).status_code == 403, body
    assert add(admin, owner="acme", role="composer", quota=60).json()["quota"] == 60
    assert {each["owner"] for each in listed(admin)} == {"acme"}
    assert not {"operator", "monitor"} & {each["role"] for each in listed(admin)}
    assert {each["owner"] for each in listed(operator)} >= {"acme", "other"}
    for each in (theirs, boss):
        assert server.client.delete(f"/v1/keys/{each['id']}", headers=admin).status_code == 404
        assert server.client.get("/v1/usage", headers=as_key(each["key"])).status_code == 200
        assert server.client.delete(f"/v1/keys/{each['id']}", headers=operator).status_code == 204
    assert {line["owner"] for line in server.client.get("/v1/audit", headers=admin).json()["items"]} == {"acme"}
    assert server.client.get("/metrics", headers=admin).status_code == 403


def test_a_quota_of_an_admin_bounds_the_keys_that_it_makes(guarded):
    server, keys = guarded
    made = {"owner": "small", "role": "admin", "quota": 100}
    admin = server.client.post("/v1/keys", json=made, headers=as_key(keys["acme", "operator"])).json()
    for quota, expected in ((None, 100), (50, 50), (101, None)):
        body = {"owner": "small", "role": "composer", "quota": quota}
        answer = server.client.post("/v1/keys", json=body, headers=as_key(admin["key"]))
        assert answer.status_code == (201 if expected else 403)
        assert answer.json().get("quota") == expected


def test_bodies_without_a_key_or_scope_are_refused_before_they_come(guarded):
    server, keys = guarded
    host, _, port = server.url.removeprefix("http://").partition(":")
    secret = {"none": "", "reader": f"Authorization: Bearer {keys['acme', 'reader']}\r\n"}
    with contextlib.ExitStack() as stack:
        for who, status in (("none", b" 401 "), ("reader", b" 403 ")):
            for _ in range(8):  # whose bodies never come
                raw = stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
                head = f"POST /v1/sounds HTTP/1.1\r\nHost: localhost\r\n{secret[who]}Content-Length: 50000000\r\n\r\n"
                raw.sendall(head.encode() + b"half")
                assert status in raw.recv(4096).partition(b"\r\n")[0]
        sound = server.client.post("/v1/sounds", content=SOUND, headers=as_key(keys["acme", "composer"]))
        assert sound.status_code == 201


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic Zmlyb", "Bearer firmus_000000000000_" + "0" * 64])
def test_no_other_credentials_open_anything(guarded, header):
    server, _ = guarded
    assert server.client.get("/v1/jobs", headers={"Authorization": header}).status_code == 401


def test_a_key_is_slowed_down_and_told_so(serve):
    server = serve(rate=2.0, burst=4.0)
    answers = [server.client.get("/v1/usage") for _ in range(8)]
    assert [each.status_code for each in answers[:4]] == [200] * 4
    assert answers[0].headers["ratelimit-policy"] == '"default";q=4;w=2'
    assert answers[0].headers["ratelimit"].startswith('"default";r=3;')
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    assert refused[0].json()["type"] == "urn:firmus:problem:rate-limited"


def test_a_days_music_is_bounded(serve):
    server = serve(quota=30.0)
    answer = server.client.post("/v1/jobs", json={"kind": "compose", "brief": {"seconds": 31}})
    assert answer.status_code == 429
    assert answer.json()["type"] == "urn:firmus:problem:quota-exceeded"
    assert int(answer.headers["retry-after"]) <= 86_401
    job = server.ask("compose", style="folk", seconds=2, seed=1)
    assert server.client.get("/v1/usage").json()["seconds"] == pytest.approx(job["seconds"])


def test_nobody_else_may_use_a_service_without_keys(tmp_path, capsys):
    assert main(["serve", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path / "d")]) == 2
    assert "keys add" in capsys.readouterr().err


def test_an_age_that_is_none_is_refused(tmp_path, capsys):
    assert main(["serve", "--port", "0", "--keep", "a month", "--data", str(tmp_path / "d")]) == 2
    assert "such as 30d" in capsys.readouterr().err


def test_a_service_whose_last_key_was_revoked_stays_closed(serve, tmp_path, capsys):
    server = serve()
    assert server.client.get("/v1/jobs").status_code == 200
    state = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert any(line.get("state") == "open" and "no key" in line["warning"] for line in state)
    made = server.client.post("/v1/keys", json={"owner": "acme", "role": "operator"}).json()
    assert server.client.get("/v1/jobs").status_code == 401
    assert server.client.delete(f"/v1/keys/{made['id']}", headers=as_key(made["key"])).status_code == 204
    assert server.client.get("/v1/jobs").status_code == 401
    server.stop()
    server.log.write_text("")
    server.start()
    assert server.client.get("/v1/jobs").status_code == 401
    assert '"open"' not in server.log.read_text()
    with contextlib.closing(sqlite3.connect(server.data / "firmus.db")) as database, database:
        database.execute("DELETE FROM api_key")  # the audit log has it, too
    server.stop()
    server.start()
    assert server.client.get("/v1/jobs").status_code == 401
    assert main(["serve", "keys", "add", "--owner", "me", "--role", "operator", "--data", str(server.data)]) == 0
    key = capsys.readouterr().out.strip()
    assert server.client.get("/v1/jobs", headers=as_key(key)).status_code == 200


def test_an_open_service_says_so_to_who_starts_it(tmp_path):
    words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--data", tmp_path / "data"]
    environment = {**os.environ, "FIRMUS_LANG": "en"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert "Firmus serves" in process.stdout.readline()
        process.terminate()
        errors = process.stderr.read()
    (line,) = [line for line in errors.splitlines() if not line.startswith("{")]
    assert "no key: everybody on this machine has full access" in line


def test_keys_are_looked_after_on_the_command_line(tmp_path, capsys):
    data = ["--data", str(tmp_path / "d")]
    assert (
        main(
            ["serve", "keys", "add", "--owner", "acme", "--role", "reader", "--quota", "60", "--storage", "5e9", *data]
        )
        == 0
    )
    key = capsys.readouterr().out.strip()
    assert main(["serve", "keys", "list", *data]) == 0
    name = key.split("_")[1]
    listed = capsys.readouterr().out
    assert name in listed
    assert "acme  reader  60 s a day  5e+09 bytes" in listed
    assert key.rpartition("_")[2] not in listed
    assert main(["serve", "keys", "revoke", name, *data]) == 0
    assert main(["serve", "keys", "list", "--json", *data]) == 0
    assert json.load(io.StringIO(capsys.readouterr().out))["keys"][0]["revoked"]
    for words, hint in (
        (["keys", "revoke", name], "no valid key"), (["keys", "add"], "--owner"), (["keys"], "keys add"),
        (["keys", "add", "--owner", "a b"], "letters"), (["keys", "add", "--owner", "a", "--role", "king"], "reader"),
    ):  # fmt: skip
        assert main(["serve", *words, *data]) == 2
        assert hint in capsys.readouterr().err
