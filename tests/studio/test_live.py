"""Playing together in the page: at a MIDI keyboard (the browser's interface to it), answered, heard, kept."""

import json
import re

import pytest

from person import KEYBOARD, SILENT, SOUNDING

PHRASE = (60, 62, 64, 67, 65, 64, 62)
SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket { constructor(...words) { super(...words); sockets.push(this); } };
"""
"""So that a connection can be broken."""
PLAY = """async ([pitches, length]) => {
  for (const pitch of pitches) {
    midi(0x90, pitch, 90);
    await new Promise(done => setTimeout(done, 0.8 * length));
    midi(0x80, pitch, 0);
    await new Promise(done => setTimeout(done, 0.2 * length));
  }
}"""


@pytest.fixture
def open_live(person):
    """Opens Live for somebody with a MIDI keyboard."""

    def opened(someone):
        someone.page.add_init_script(KEYBOARD + SOCKETS)
        someone.page.reload()
        someone.button("live.together").click()
        someone.button("keyboard.connect").click()
        someone.page.get_by_text("Test Piano 49").wait_for()
        return someone.page

    return opened


def field(someone, words):
    """An option of what is played, by its words."""
    return someone.page.locator(".live label").filter(has_text=someone.say(words)).locator("input, select").first


def test_a_phrase_is_answered_heard_and_kept_as_a_piece(person, open_live):
    with person() as someone:
        page = open_live(someone)
        field(someone, "live.plays").select_option("answer")
        field(someone, "create.tempo").fill("180")
        field(someone, "live.key").fill("C")
        field(someone, "live.steady").check()
        field(someone, "top.countIn").uncheck()
        someone.button("live.start").click()
        page.get_by_text(someone.say("live.play")).wait_for()
        page.evaluate(PLAY, [PHRASE, 333])
        page.get_by_text(re.compile("♩/min")).wait_for()
        page.wait_for_timeout(600)
        assert someone.level(lambda level: level > SOUNDING, seconds=15) > SOUNDING  # nobody plays but Firmus
        page.wait_for_timeout(3500)
        with page.expect_response(lambda response: response.request.method == "POST") as stored:
            someone.button("live.keep").click()
        assert stored.value.status == 201  # the service takes it as a work
        page.locator("[data-cell]").first.wait_for()
        someone.saved()
        parts = someone.piece()["parts"]
        assert [part["name"] for part in parts] == ["Player", "Answer"]
        assert parts[0]["notes"]["pitch"] == list(PHRASE)
        assert len(parts[1]["notes"]["pitch"]) >= 4
        draft = json.loads(page.evaluate("localStorage.getItem('firmus.draft')"))
        assert draft["origin"]["task"] == "jam"


def test_it_accompanies_panics_by_a_key_and_says_that_the_keyboard_is_unplugged(person, open_live):
    with person("zh") as someone:
        page = open_live(someone)
        field(someone, "live.chords").fill("Am F")
        field(someone, "top.countIn").uncheck()
        someone.button("live.start").click()
        page.get_by_text(someone.say("live.play")).wait_for()
        page.evaluate("midi(0x90, 69, 90)")
        page.locator("header b").filter(has_text=re.compile("^(Am|F)$")).wait_for()
        page.evaluate("midi(0x80, 69, 0)")
        assert someone.level(lambda level: level > SOUNDING) > SOUNDING
        page.keyboard.press("Escape")
        assert someone.level(lambda level: level < SILENT) < SILENT
        page.wait_for_timeout(1500)
        assert page.evaluate("level()") < SILENT
        page.evaluate("plug(false)")
        page.get_by_text(someone.say("live.unplugged")).wait_for()
        page.keyboard.down("a")  # the keys of the computer play on
        assert someone.level(lambda level: level > SOUNDING) > SOUNDING
        page.keyboard.up("a")


def test_with_the_service_gone_a_line_says_so_and_the_take_is_kept(person, open_live):
    with person() as someone:
        page = open_live(someone)
        field(someone, "top.countIn").uncheck()
        someone.button("live.start").click()
        page.get_by_text(someone.say("live.play")).wait_for()
        page.evaluate(PLAY, [PHRASE[:3], 600])
        page.evaluate("sockets.forEach(socket => socket.close())")
        page.get_by_text(someone.say("live.gone")).wait_for()
        someone.button("live.keep").click()
        page.locator("[data-cell]").first.wait_for()
        someone.saved()
        parts = someone.piece()["parts"]
        assert parts[0]["notes"]["pitch"] == list(PHRASE[:3])
        assert {part["name"] for part in parts[1:]} <= {"Answer", "Chords", "Bass", "Drums"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(person, open_live, language, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with person(language, (1024, 700), scheme) as someone:
        page = open_live(someone)
        someone.button("live.start").click()
        page.locator("header b").wait_for()
        results = Axe().run(page).response["violations"]
        assert not [each["id"] for each in results if each["impact"] in ("serious", "critical")]
        assert page.evaluate("document.documentElement.scrollWidth") <= 1024
