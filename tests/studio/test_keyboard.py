"""Keyboards of the Studio: one of MIDI (the browser's interface to it), the computer's keys, those on the screen."""

import re

import pytest

from person import KEYBOARD, SILENT, SOUNDING


@pytest.fixture
def pianist(person):
    """Somebody with a MIDI keyboard at a piece that is open; no sound is left."""
    with person() as someone:
        someone.page.add_init_script(KEYBOARD)
        someone.page.reload()
        someone.begin("piano")
        someone.level(lambda level: level < SILENT)
        someone.button("keyboard.title").click()
        yield someone


def connect(pianist):
    pianist.button("keyboard.connect").click()
    pianist.page.get_by_role("status").filter(has_text="Test Piano 49").wait_for()


def silent(pianist):
    assert pianist.level(lambda level: level < SILENT) < SILENT


def sounding(pianist):
    assert pianist.level(lambda level: level > SOUNDING) > SOUNDING


def test_a_midi_keyboard_is_asked_for_on_a_click_and_sounds_while_its_keys_are_down(pianist):
    page = pianist.page
    assert page.evaluate("asked") == 0
    connect(pianist)
    assert page.evaluate("asked") == 1
    page.evaluate("midi(0x90, 60, 100)")
    sounding(pianist)
    assert page.locator("button.held").get_attribute("data-pitch") == "60"
    page.evaluate("midi(0x90, 60, 0)")
    silent(pianist)
    page.evaluate("midi(0xb0, 64, 127); midi(0x90, 48, 110); midi(0x80, 48, 0)")
    page.wait_for_timeout(400)
    sounding(pianist)  # the pedal holds it
    page.evaluate("midi(0xb0, 64, 0)")
    silent(pianist)


def test_a_keyboard_that_is_unplugged_is_silent_and_plays_again_when_it_is_back(pianist):
    page = pianist.page
    connect(pianist)
    page.evaluate("midi(0x90, 55, 110)")
    sounding(pianist)
    page.evaluate("plug(false)")
    silent(pianist)
    page.get_by_text(pianist.say("keyboard.none")).wait_for()
    page.evaluate("plug(true)")
    page.get_by_role("status").filter(has_text="Test Piano 49").wait_for()
    page.evaluate("midi(0x90, 55, 110)")
    sounding(pianist)


@pytest.mark.parametrize("is_free", [False, True])
def test_what_is_played_is_recorded_into_the_open_part_after_a_bar(pianist, is_free):
    page = pianist.page
    before, pedals = pianist.notes(), pianist.piece()["parts"][0].get("pedal", [])
    page.get_by_label(pianist.say("keyboard.timing")).select_option(index=int(is_free))
    connect(pianist)
    page.keyboard.press("r")
    page.locator("button.recording").wait_for()
    page.evaluate("midi(0x90, 40, 50); midi(0x80, 40, 0)")  # in the count-in: not of the piece
    page.locator("output.place").filter(has_text=re.compile(r"^(1\.[2-9]|[2-9])")).wait_for()
    page.evaluate("midi(0xb0, 64, 127); midi(0x90, 90, 101)")
    page.wait_for_timeout(500)
    page.evaluate("midi(0x80, 90, 0); midi(0xb0, 64, 0)")
    page.wait_for_timeout(200)
    page.keyboard.press("r")
    page.get_by_text(pianist.say("keyboard.recorded", count=1)).wait_for()
    pianist.saved()
    (note,) = set(pianist.notes()) - set(before)
    assert set(before) < set(pianist.notes())
    assert (note[0], note[3], note[4]) == (0, 90, 101)
    assert note[1] >= 240
    assert (note[1] % 240 == note[2] % 240 == 0) is not is_free or note[2] > 240
    assert len(pianist.piece()["parts"][0]["pedal"]) == len(pedals) + 1
    page.keyboard.press("Control+z")
    assert pianist.notes() == before


def test_keys_of_the_computer_and_on_the_screen_play_too(pianist):
    page = pianist.page
    page.keyboard.press("k")
    page.keyboard.down("a")
    sounding(pianist)
    assert page.locator("button.held").get_attribute("data-pitch") == "60"
    page.keyboard.up("a")
    page.keyboard.press("x")
    page.keyboard.down("w")
    assert page.locator("button.held").get_attribute("data-pitch") == "73"
    page.keyboard.up("w")
    page.keyboard.press("Escape")
    silent(pianist)
    page.keyboard.press("s")  # solo again, and no note
    assert not page.locator("button.held").count()
    page.keyboard.press("s")
    page.locator('[data-pitch="64"]').hover()
    page.mouse.down()
    sounding(pianist)
    page.mouse.up()
    silent(pianist)


@pytest.mark.parametrize(
    ("fake", "words"),
    [
        ("delete Navigator.prototype.requestMIDIAccess", "keyboard.unsupported"),
        (
            "navigator.requestMIDIAccess = async () => { throw new DOMException('', 'SecurityError') }",
            "keyboard.refused",
        ),
        (
            "navigator.requestMIDIAccess = async () => { throw new DOMException('', 'InvalidStateError') }",
            "keyboard.failed",
        ),
    ],
)
def test_without_midi_the_page_says_what_to_do(person, fake, words):
    with person("zh") as someone:
        someone.page.add_init_script(fake)
        someone.page.reload()
        someone.begin("folk")
        someone.button("keyboard.title").click()
        someone.button("keyboard.connect").click()
        someone.page.get_by_text(someone.say(words)).wait_for()


def test_devices_are_for_the_page_alone(studio):
    policy = studio.client.get("/").headers["permissions-policy"]
    assert "midi=(self)" in policy
    assert "camera=()" in policy
