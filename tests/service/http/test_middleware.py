"""What comes over the network is bounded: every refusal is a 4xx, and the service goes on."""

import gzip
import json
import socket
import time

import pytest

from firmus.service.http.middleware import check_json
from firmus.service.problems import Problem


@pytest.fixture(autouse=True)
def goes_on(server):
    yield
    assert server.client.get("/livez").status_code == 200
    assert '"trace"' not in server.log.read_text()


def status_line(server, data, wait=5.0):
    """Status line of the answer to raw bytes."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=wait) as raw:
        raw.sendall(data)
        answer = b""
        while b"\r\n" not in answer:
            more = raw.recv(4096)
            if not more:
                break
            answer += more
    return answer.partition(b"\r\n")[0].decode()


def post(server, content, kind="application/json", path="/v1/jobs"):
    return server.client.post(path, content=content, headers={"Content-Type": kind})


JSON = [
    (b"", 422), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b'{"a":' * 200 + b"1" + b"}" * 200, 400),
    (b'{"kind": NaN}', 400), (b'{"kind": "compose", "kind": "vary"}', 400), (b'"\\ud800"', 400),
    (b'{"kind": "a\\u0000b"}', 400), (b'{"kind": 1' + b"0" * 5000 + b"}", 400), (b"[1e999]", 422),
    (b'{"kind": "compose", "brief": {"tempo": 1e999}}', 422), (b'"' + b"a" * 2_000_001 + b'"', 413), (b"null", 422),
    (b'{"kind":"compose","brief":{"seed":99999999999999999999}}', 422),
    (b'{"kind":"compose","brief":{"chords":"' + b"Am " * 600_000 + b'"}}', 422),
]  # fmt: skip


@pytest.mark.parametrize(("content", "status"), JSON, ids=lambda each: repr(each)[:40])
def test_json_that_is_none_or_too_much_is_refused(server, content, status):
    answer = post(server, content)
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"


LONG = "1-512," * 300_000
TEXTS = ("bars", "style", "key", "meter", "chords", "mood", "form", "model", "parts")
LONG_TEXTS = [
    *({"brief": {name: LONG}} for name in TEXTS),
    {"brief": {LONG: 1}}, {"brief": {"parts": [LONG]}}, {"brief": {"ranges": {LONG: "C4-C5"}}}, {LONG: 1},
    {"brief": {"ranges": {"a": LONG}}}, {"brief": {"loose": [LONG]}}, {"brief": {"tempo": LONG}}, {"kind": LONG},
    {"brief": {"source": {"work": LONG}}}, {"brief": {"source": {"format": LONG}}}, {"options": {"melody": LONG}},
    {"brief": {"source": LONG}}, {"brief": LONG}, {"formats": [LONG]}, {"webhook": "https://" + LONG},
    {"options": {LONG: LONG}}, {"options": {"like": LONG}}, {"brief": {"seed": LONG}}, {"brief": {"count": [LONG]}},
]  # fmt: skip


@pytest.mark.parametrize("body", LONG_TEXTS, ids=lambda body: str(body)[:30])
def test_long_texts_are_refused_and_not_sent_back(server, body):
    rest = {name: value for name, value in body.items() if name != "brief"}
    for path, asked in (
        ("jobs", {"kind": "search" if "options" in body else "compose", **body}),
        ("batches", {"kind": "compose", "briefs": [body.get("brief", {})], **rest}),
    ):
        answer = server.client.post(f"/v1/{path}", json=asked)
        assert answer.status_code in (404, 413, 422), answer.text[:500]
        assert len(answer.text) < 6000
        assert len(answer.json()["detail"]) < 700


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_type_of_body_is_refused(server, kind):
    assert post(server, b'{"kind": "compose"}', kind).status_code == 415


def test_a_body_is_bounded_whatever_it_says_of_its_length(server):
    head = "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert " 413 " in status_line(server, f"{head}Content-Length: 99999999999\r\n\r\n".encode())
    assert " 400 " in status_line(server, f"{head}Content-Length: -1\r\n\r\n".encode())
    chunk = b"fffff\r\n" + b" " * 0xFFFFF + b"\r\n"
    assert " 413 " in status_line(server, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 3)
    assert server.client.post("/v1/works", content=b"x" * 10_000_001).status_code == 413


def test_headers_are_bounded(server):
    assert server.client.get("/livez", headers={"X-Bomb": "x" * 20_000}).status_code == 431
    assert server.client.get("/livez", headers={f"X-{n}": "x" for n in range(150)}).status_code == 431
    bomb = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000
    assert " 400 " in status_line(server, bomb)
    assert " 400 " in status_line(server, b"NONSENSE\r\n\r\n")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/works/../../etc/passwd", "/v1/works/..%2f..%2fetc%2fpasswd/files/json", "/v1/works/%00/files/json",
        "/v1/works/wrk_0000000000000000000000000000/files/..%2f..%2ffirmus.db", "/v1/jobs/job_x/files/wav",
        "/v1/works/wrk_0000000000000000000000000000/files/json", "//etc/passwd", "/v1/jobs/%ff",
        "/v1/works/wrk_0000000000000000000000000000%0a", "/v1/models/..%2f..%2fsecret",
    ],
)  # fmt: skip
def test_paths_lead_nowhere_else(server, path):
    assert (
        " 404 " in (line := status_line(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))
        or " 422 " in line
    )


def test_other_hosts_and_foreign_pages_are_refused_where_no_key_is_asked_for(server):
    assert server.client.get("/v1/jobs", headers={"Host": "evil.example"}).status_code == 421
    body = {"kind": "compose", "brief": {"style": "folk", "bars": 1}}
    for headers, status in (
        ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": server.url}, 403),
        ({"Origin": "http://localhost:3000"}, 403), ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403), ({"Sec-Fetch-Site": "none"}, 403), ({}, 202),
    ):  # fmt: skip
        assert server.client.post("/v1/jobs", json=body, headers=headers).status_code == status, headers
        upload = server.client.post("/v1/works", content=b"X:1\nK:C\nCDEF|", headers=headers)
        assert upload.status_code == (201 if status == 202 else 403), headers
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert server.client.get("/v1/works", headers=image).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_comes_through_a_proxy_needs_a_key(server, header):
    assert server.client.get("/v1/jobs", headers={header: "for=9.9.9.9"}).status_code == 401


LAUGH = b"<score-partwise>&c;</score-partwise>"
BOMB = gzip.compress(b"0" * 1000)
UPLOADS = {
    "empty": b"", "noise": bytes(range(256)) * 40, "text": b"hello",
    "half a midi": b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\xff\xff",
    "long midi": b"MThd\0\0\0\6\0\0\0\1\0\1MTrk\0\0\0\x10\0\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\0\0\xff\x2f\0",
    "laughs": b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'">]>' + LAUGH,
    "entity": b'<!DOCTYPE a [<!ENTITY c SYSTEM "file:///etc/passwd">]>' + LAUGH, "gzip": BOMB,
    "json": b'{"format": "firmus-score", "version": 1}', "deep json": b'{"a":' * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("name", UPLOADS)
def test_malformed_music_is_refused(server, name):
    answer = server.client.post("/v1/works", content=UPLOADS[name])
    assert answer.status_code in (413, 422), answer.text[:300]
    assert "passwd" not in answer.text


def test_a_score_in_a_brief_is_checked_as_any_other(server):
    def score(**notes):
        part = {"name": "", "program": 0, "is_drums": False, "volume": 100, "pan": 64, "notes": notes}
        lists = {name: [] for name in ("meters", "tempi", "keys", "chords", "sections")}
        plain = {"format": "firmus-score", "version": 1, "title": "", "composer": "", "pickup": 0, "end": 0}
        return {**plain, **lists, "parts": [part]}

    good = {"start": [0], "duration": [480], "pitch": [60], "velocity": [80]}
    for wrong in (
        {"start": [-1]}, {"duration": [2**31]}, {"duration": [2**30]}, {"pitch": [300]}, {"pitch": ["c"]},
        {"start": []}, {"start": [0.5]}, {"start": {}}, {"start": None}, {"velocity": [[[]]]},
    ):  # fmt: skip
        body = {"kind": "analyse", "brief": {"source": score(**{**good, **wrong})}}
        answer = server.client.post("/v1/jobs", json=body)
        assert answer.status_code == 422, (wrong, answer.text)
    assert (
        server.client.post("/v1/jobs", json={"kind": "analyse", "brief": {"source": score(**good)}}).status_code == 202
    )


def test_a_client_that_goes_away_leaves_nothing(server):
    def uploaded():
        return [each for each in server.client.get("/v1/works").json()["items"] if each["job"] is None]

    before = uploaded()
    server.log.write_text("")
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"POST /v1/works HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nhalf")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"POST /v1/works HTTP/1.1\r\nHost: localhost\r\nContent-Le")
    until = time.monotonic() + 60
    while '"status": 499' not in server.log.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert uploaded() == before  # jobs of other tests may have composed meanwhile


def test_answers_make_browsers_careful_and_carry_the_requests_id(server):
    answer = server.client.get("/livez", headers={"X-Request-Id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    forged = server.client.get("/livez", headers={"X-Request-Id": 'x", "status": 200'})
    assert forged.headers["x-request-id"] != 'x", "status": 200'
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert any(line.get("request") == "mine-1" for line in lines)


def test_depth_is_counted_in_objects_and_lists():
    check_json(b"[" * 32 + b"]" * 32, 32)
    with pytest.raises(Problem, match="32 deep"):
        check_json(b"[" * 33 + b"]" * 33, 32)
