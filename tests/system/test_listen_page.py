"""The listening test's page in a real browser: a listener goes through it, in English and in Chinese."""

import json
import os
import shutil
import threading

import pytest

from firmus import formats
from firmus.score import Note, Part, Score
from firmus.tasks.listen import listening_test

BROWSER = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
# A clip counts as heard when the browser has decoded it: nobody waits for half a minute.
HURRY = """
HTMLMediaElement.prototype.play = function () {
  this.addEventListener("canplaythrough", () => {
    window.lengths = [...(window.lengths || []), this.duration];
    this.dispatchEvent(new Event("ended"));
  }, { once: true });
  this.load();
  return Promise.resolve();
};
"""

pytestmark = pytest.mark.skipif(BROWSER is None and not os.environ.get("CI"), reason="no Chromium: .ci/run installs it")


@pytest.fixture
def test_of_two(tmp_path):
    for folder, low in (("ours", 60), ("theirs", 48)):
        (tmp_path / folder).mkdir()
        for number in range(2):
            notes = tuple(Note(480 * i, 480, low + (i * (number + 2)) % 12) for i in range(48))
            formats.write(Score((Part("Tune", notes, 0),)), tmp_path / folder / f"{number}.mid")
    return listening_test.ListeningTest({"A": tmp_path / "ours", "B": tmp_path / "theirs"}, tmp_path / "answers.jsonl")


@pytest.fixture
def page(test_of_two):
    from playwright.sync_api import sync_playwright

    server = listening_test.server(test_of_two, 0, "en")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 900, "height": 700})
        page.add_init_script(HURRY)
        page.set_default_timeout(20_000)
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        yield page
        browser.close()
    server.shutdown()
    server.server_close()


def hear(page):
    """Play every clip of the question that is shown."""
    for button in page.get_by_role("button", name="Play").all():
        button.click()
        page.get_by_role("button", name="Stop").wait_for(state="detached")


def test_a_listener_goes_through_it(page, test_of_two):
    page.get_by_role("button", name="中文").click()
    assert page.get_by_role("heading", name="听音测试").is_visible()
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Begin").click()
    page.locator("#next").wait_for()
    asked = 0
    while page.locator("#next").count():
        asked += 1
        next_one = page.locator("#next")
        assert next_one.is_disabled()
        told = page.get_by_text("To show that you are reading")
        choices = page.locator("[data-choice]")
        if choices.count():
            wanted = "right" if told.count() and "second" in told.inner_text() else "left"
            page.locator(f"[data-choice={wanted}]").click()
            assert next_one.is_disabled() or asked > 1  # not heard yet; a clip may come again
        else:
            for question in ("liking", "coherence", "originality"):
                page.locator(f"[data-question={question}]").nth(3).click()
        hear(page)
        page.wait_for_function("!document.getElementById('next').disabled")
        next_one.click()
        page.wait_for_function(f"document.getElementById('progress').value === {asked}")
    assert page.get_by_role("heading", name="Thank you").is_visible()
    lengths = page.evaluate("window.lengths")
    assert len(lengths) >= asked
    assert all(listening_test.SHORTEST <= length <= listening_test.LONGEST + 0.5 for length in lengths)
    lines = [json.loads(line) for line in test_of_two.results.read_text().splitlines()]
    answers = [line for line in lines if "trial" in line]
    assert len(answers) == asked == 17
    assert {answer["trial"]["kind"] for answer in answers} == {"pair", "rate"}
    assert (
        listening_test.report(test_of_two.results)["listeners"]
        + listening_test.report(test_of_two.results)["inattentive"]
        == 1
    )
