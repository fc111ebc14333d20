"""``firmus studio``: the page's files, and what pages of others may ask of it, in a real browser."""

import json
import os
import shutil
import signal
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from firmus.cli import main
from firmus.errors import FirmusError
from firmus.render import soundfont
from firmus.service.http import page
from serving import Studio

BROWSER = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None and not os.environ.get("CI"), reason="no Chromium: .ci/run installs it"
)

INDEX = '<!doctype html><title>Studio</title><script type="module" src="./app.js?v=1"></script><p id="said"></p>'
APP = """
const answer = await fetch("./v1/works", {method: "POST", body: "X:1\\nK:C\\nCDEF|"});
document.getElementById("said").textContent = answer.status;
await fetch("https://example.com/").catch(() => document.body.dataset.foreign = "blocked");
document.body.dataset.done = "yes";
"""
HOSTILE = """<!doctype html><title>Win a prize</title>
<form method="POST" action="TARGET/v1/works" enctype="text/plain" target="frame"><input name="X:1" value="K:C CDEF|">
</form><iframe name="frame"></iframe><iframe id="studio" src="TARGET/"></iframe><img src="TARGET/v1/works">
<script>
const outcome = {};
const ask = async (name, path, options) => {
  try { const answer = await fetch("TARGET" + path, options); outcome[name] = answer.type + answer.status; }
  catch (error) { outcome[name] = "failed"; }
};
const socket = () => new Promise(done => {
  const opened = new WebSocket("TARGET/v1/live".replace("http", "ws"));
  opened.onopen = () => done("opened"); opened.onerror = () => done("failed");
});
(async () => {
  const tune = {method: "POST", body: "X:1\\nK:C\\nCDEF|", credentials: "include"};
  await ask("read", "/v1/works", {credentials: "include"});
  await ask("write", "/v1/works", tune);
  await ask("write unread", "/v1/works", {...tune, mode: "no-cors"});
  await ask("json", "/v1/jobs", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"});
  await ask("delete", "/v1/works/wrk_0", {method: "DELETE", credentials: "include"});
  outcome.beacon = navigator.sendBeacon("TARGET/v1/works", "X:1\\nK:C\\nCDEF|");
  outcome.socket = await socket();
  document.forms[0].submit();
  await new Promise(done => setTimeout(done, 500));
  document.body.dataset.outcome = JSON.stringify(outcome);
})();
</script>"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    (folder / "page" / "assets").mkdir(parents=True)
    (folder / "page" / "index.html").write_text(INDEX)
    (folder / "page" / "app.js").write_text(APP)
    (folder / "page" / "assets" / "one.svg").write_text("<svg/>")
    running = Studio(folder / "data", folder / "page")
    yield running
    running.stop()


@pytest.fixture
def browser():
    from playwright.sync_api import sync_playwright

    rule = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", rule])
        yield opened
        opened.close()


@pytest.fixture
def hostile(studio, tmp_path):
    """Address of a page that somebody else serves on this machine."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    (tmp_path / "index.html").write_text(HOSTILE.replace("TARGET", studio.url))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def works(studio):
    return studio.client.get("/v1/works").json()["items"]


def test_each_file_has_its_type_its_policy_and_is_kept_by_its_version(studio):
    for path, kind, kept in (
        ("/", "text/html; charset=utf-8", "no-cache"), ("/index.html?v=1", "text/html; charset=utf-8", "no-cache"),
        ("/app.js?v=1", "text/javascript; charset=utf-8", "max-age=31536000, immutable"),
        ("/assets/one.svg", "image/svg+xml", "no-cache"), ("/soundfont.sf3", "application/octet-stream", "no-cache"),
    ):  # fmt: skip
        answer = studio.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == kept
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        again = studio.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert studio.client.head(path).headers["etag"] == answer.headers["etag"]
    for path in ("/nothing.js", "/..%2fdata%2ffirmus.db", "/assets/", "/assets/../../data/firmus.db"):
        assert studio.client.get(path).status_code == 404
    assert studio.client.post("/app.js").status_code == 405


def test_the_soundfont_is_the_one_in_use_and_can_be_read_in_ranges(studio):
    assert studio.client.get("/soundfont.sf3").content == soundfont.SHIPPED.read_bytes()
    some = studio.client.get("/soundfont.sf3", headers={"Range": "bytes=4-11"})
    assert (some.status_code, some.content) == (206, soundfont.SHIPPED.read_bytes()[4:12])


def test_a_browser_changes_nothing_without_the_cookie_for_the_token(studio):
    address = urlsplit(studio.said["url"])
    token = parse_qs(address.query)["token"][0]
    entered = studio.client.get(f"/?token={token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "./")
    cookie = entered.headers["set-cookie"]
    assert all(word in cookie for word in (f"firmus-{address.port}={token}", "HttpOnly", "SameSite=strict"))
    assert studio.client.get("/?token=another").status_code == 403
    studio.client.cookies.clear()
    name = f"firmus-{address.port}"
    for headers, status in (
        ({"Origin": studio.url}, 403), ({"Origin": studio.url, "Cookie": f"{name}=another"}, 403),
        ({"Origin": studio.url, "Cookie": f"firmus-1={token}"}, 403), ({"Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": studio.url, "Cookie": f"{name}={token}"}, 201), ({}, 201),
        ({"Origin": "http://127.0.0.1:1", "Cookie": f"{name}={token}"}, 403),
    ):  # fmt: skip
        answer = studio.client.post("/v1/works", content=b"X:1\nK:C\nCDEF|", headers=headers)
        assert answer.status_code == status, headers
    assert studio.client.get("/v1/works", headers={"Origin": studio.url}).status_code == 200
    assert token not in studio.log.read_text()
    assert (studio.data / "browser-token").stat().st_mode & 0o777 == 0o600


@needs_browser
def test_its_own_page_works_and_asks_nobody_else(studio, browser):
    before = len(works(studio))
    opened = browser.new_page()
    opened.goto(studio.url)
    opened.wait_for_selector("[data-done]")
    assert opened.text_content("#said") == "403"
    opened.goto(studio.said["url"])
    opened.wait_for_selector("[data-done]")
    assert opened.text_content("#said") == "201"
    assert opened.url == f"{studio.url}/"
    assert opened.get_attribute("body", "data-foreign") == "blocked"
    assert len(works(studio)) == before + 1


@needs_browser
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.example"])
def test_a_page_of_somebody_else_reaches_nothing(studio, browser, hostile, host):
    opened = browser.new_page()
    opened.goto(studio.said["url"])  # the browser has the cookie
    opened.wait_for_selector("[data-done]")
    before, logged = works(studio), len(studio.log.read_text())
    opened.goto(f"http://{host}:{hostile}/")
    outcome = json.loads(opened.wait_for_selector("[data-outcome]").get_attribute("data-outcome"))
    assert outcome.pop("beacon")  # sent, whatever becomes of it
    # a browser itself may keep a public name from this machine (local network access): then nothing is sent at all
    assert outcome.pop("write unread") in ("opaque0", "failed")
    assert set(outcome.values()) == {"failed"}, outcome
    assert works(studio) == before
    lines = [json.loads(line) for line in studio.log.read_text()[logged:].splitlines()]
    foreign = [line["status"] for line in lines if line.get("path") != "/v1/works" or line["method"] != "GET"]
    assert set(foreign) <= {403}
    assert foreign or host == "evil.example"


@needs_browser
def test_a_name_that_was_resolved_to_this_machine_is_refused(studio, browser):
    answer = browser.new_page().goto(studio.said["url"].replace("127.0.0.1", "evil.example"))
    assert answer.status == 421


def test_it_ends_gracefully_and_its_token_outlasts_it(tmp_path):
    (tmp_path / "index.html").write_text(INDEX)
    server = Studio(tmp_path / "data", tmp_path)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) in (0, 130)
    server.client.close()
    server.process.stdout.close()
    token = urlsplit(server.said["url"]).query
    server.start()
    assert urlsplit(server.said["url"]).query == token
    server.stop()


def test_a_page_that_is_not_built_is_refused_in_one_line(tmp_path):
    with pytest.raises(FirmusError, match="the page is not there"):
        page.routes("token", tmp_path)


def test_a_folder_with_keys_is_refused(tmp_path, capfd):
    assert main(["serve", "keys", "add", "--owner", "me", "--data", str(tmp_path)]) == 0
    assert main(["studio", "--no-browser", "--port", "0", "--data", str(tmp_path)]) == 2
    assert "there are keys, and the page has none" in capfd.readouterr().err
