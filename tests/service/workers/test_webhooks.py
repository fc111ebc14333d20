"""The end of a job is told where its owner wants it, signed, and nowhere else."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time

import pytest

from firmus.service.problems import Problem
from firmus.service.settings import Settings
from firmus.service.storage import jobs
from firmus.service.storage.database import Store
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers import webhooks
from firmus.service.workers.webhooks import Dispatcher, check, is_public, send
from serving import listening as listener

FOLK = {"style": "folk", "bars": 1, "seed": 3}


@pytest.fixture
def receiver():
    """A local web server that records what it receives, and answers as the test sets."""
    received, answers = [], []

    def answer(path, headers, body):
        received.append((path, headers, body))
        status = answers.pop(0) if answers else 204
        return status, {"Location": f"http://{headers['host']}/elsewhere"} if status == 302 else {}

    with listener(answer) as address:
        yield address, received, answers


@pytest.fixture
def dispatcher(tmp_path, receiver):
    """A dispatcher, with a database that holds one job which has ended; and the receiver."""
    settings = Settings(
        data=tmp_path, database=f"sqlite:///{tmp_path / 'x.db'}", webhook_hosts=(receiver[0].removeprefix("http://"),)
    )
    store = Store(settings.database)
    store.upgrade()
    with store.write() as connection:
        name = jobs.add(connection, owner="acme", kind="compose", request={})
        webhooks.add(connection, name, receiver[0] + "/hook?a=1")
    found = Dispatcher(store, settings)
    assert found.deliver_due() == 0  # it has not ended
    jobs.finish(store, *jobs.claim(store, "compose", "w", 9.0), JobOutput("0" * 64)).result()
    yield found
    found.stop()
    store.close()


def state(dispatcher):
    with dispatcher.store.read() as connection:
        return connection.execute(webhooks.select(webhooks.delivery)).one()


def test_the_end_of_a_job_is_told_once_and_signed(serve, receiver):
    address, received, _ = receiver
    server = serve(webhook_hosts=["127.0.0.1"])
    body = {"kind": "compose", "brief": FOLK, "webhook": f"{address}/done"}
    job = server.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).json()
    until = time.monotonic() + 20
    while time.monotonic() < until and job["webhook"] != "delivered: 204":
        time.sleep(0.1)
        job = server.client.get(f"/v1/jobs/{job['id']}").json()
    assert job["webhook"] == "delivered: 204"
    ((path, headers, content),) = received
    assert (path, headers["webhook-id"]) == ("/done", job["id"])
    message = json.loads(content)
    assert (message["type"], message["data"]["id"]) == ("job.succeeded", job["id"])
    secret = server.client.get("/v1/webhook-secret").json()["secret"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{job['id']}.{headers['webhook-timestamp']}.".encode() + content
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert secret.removeprefix("whsec_") not in server.log.read_text()
    assert (server.data / "webhook.key").stat().st_mode & 0o777 == 0o600


def test_the_end_of_a_batch_is_told_once_when_its_last_job_has_ended(serve, receiver):
    address, received, _ = receiver
    server = serve(webhook_hosts=["127.0.0.1"])
    briefs = [FOLK, {"style": "folk", "seconds": 500, "tempo": 400, "meter": "2/4"}]
    body = {"kind": "compose", "briefs": briefs, "webhook": f"{address}/batch"}
    batch = server.client.post("/v1/batches", json=body).json()
    assert batch["webhook"] == "waiting"
    until = time.monotonic() + 30
    while time.monotonic() < until and batch["webhook"] != "delivered: 204":
        time.sleep(0.1)
        batch = server.client.get(f"/v1/batches/{batch['id']}").json()
    assert batch["webhook"] == "delivered: 204"
    ((path, headers, content),) = received
    assert (path, headers["webhook-id"]) == ("/batch", batch["id"])
    message = json.loads(content)
    assert message["type"] == "batch.finished"
    expected = {"id": batch["id"], "kind": "compose", "total": 2, "states": {"succeeded": 1, "failed": 1}}
    assert message["data"] == expected
    body["webhook"] = "http://10.0.0.1/inside"
    assert server.client.post("/v1/batches", json=body).status_code == 422


def test_what_is_not_heard_is_told_again_and_given_up(dispatcher, receiver, monkeypatch):
    monkeypatch.setattr(webhooks, "RETRY_DELAYS", (0.0, 0.0))
    receiver[2].extend([500, 302, 503])
    assert dispatcher.deliver_due() == 1
    assert (state(dispatcher).state, state(dispatcher).told) == ("waiting", "500")
    assert dispatcher.deliver_due() == 1
    assert (state(dispatcher).state, state(dispatcher).told) == ("waiting", "302")  # which is not followed
    assert dispatcher.deliver_due() == 1
    assert (state(dispatcher).state, state(dispatcher).tries) == ("failed", 3)
    assert dispatcher.deliver_due() == 0
    assert {path for path, _, _ in receiver[1]} == {"/hook?a=1"}


def test_two_services_tell_it_once(dispatcher, receiver):
    other = Dispatcher(dispatcher.store, dispatcher.settings)
    threads = [threading.Thread(target=each.deliver_due) for each in (dispatcher, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.stop()
    assert len(receiver[1]) == 1


SETTINGS = Settings(data=None, database="", webhook_hosts=("trusted.example", "127.0.0.1:9"))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.8/", "https://169.254.169.254/",
        "https://[::ffff:192.168.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://0.0.0.0/",
        "https://224.0.0.1/", "https://100.64.0.1/", "ftp://example.com/", "file:///etc/passwd", "https:///x",
        "https://me:pw@example.com/", "https://example.com/#x", "https://example.com:99999/", "https://[::1", "x",
        "https://example.com/a b", "https://example.com/\r\nX: y", "http://127.0.0.1:8/", "https://éxample.com/",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(url):
    with pytest.raises(Problem):
        check(url, SETTINGS)


def test_trusted_hosts_may_be_anywhere():
    for url in ("http://trusted.example/x", "https://trusted.example:8443/", "http://127.0.0.1:9/", "https://9.9.9.9/"):
        check(url, SETTINGS)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["9.9.9.9", "10.0.0.1"], ["fe80::1"]])
def test_a_name_that_leads_inside_is_not_followed(monkeypatch, found):
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: [(0, 0, 0, "", (each, port)) for each in found])
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was connected to"))
    with pytest.raises(Problem, match="no public address"):
        send("https://public.example/", b"", {}, SETTINGS)


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    reached = []

    def connect(address, seconds):
        reached.append(address)
        raise OSError("far away")

    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: [(0, 0, 0, "", ("9.9.9.9", port))])
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OSError, match="far away"):
        send("https://public.example/", b"", {}, SETTINGS)
    assert reached == [("9.9.9.9", 443)]
    assert is_public("9.9.9.9")


SPECIAL = [
    "192.0.0.1", "192.0.0.170", "192.0.0.255", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "100.64.0.1",
    "0.0.0.0", "240.0.0.1", "255.255.255.255", "224.0.0.1", "192.88.99.1", "172.31.255.255", "::", "::1", "fd00::1",
    "fe80::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1", "100::1",
    "3fff::1", "5f00::1", "::ffff:192.0.0.8", "fec0::1",
]  # fmt: skip


@pytest.mark.parametrize("address", SPECIAL)
def test_addresses_of_special_purpose_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "192.0.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])
def test_their_neighbours_are(address):
    assert is_public(address)


def test_a_receiver_that_drips_is_left(monkeypatch):
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            client, _ = listening.accept()
            with client, contextlib.suppress(OSError):
                while True:  # for ever, if nobody leaves it
                    client.sendall(b"H")
                    time.sleep(0.1)

        thread = threading.Thread(target=drip)
        thread.start()
        port = listening.getsockname()[1]
        settings = Settings(data=None, database="", webhook_hosts=("127.0.0.1",))
        with pytest.raises((OSError, webhooks.http.client.HTTPException)):
            send(f"http://127.0.0.1:{port}/", b"", {}, settings)
        thread.join()


def test_an_address_that_cannot_be_is_refused_when_it_is_asked_for(server):
    body = {"kind": "compose", "brief": FOLK, "webhook": "https://127.0.0.1/"}
    answer = server.client.post("/v1/jobs", json=body)
    assert answer.status_code == 422
    assert "no public address" in answer.json()["detail"]
