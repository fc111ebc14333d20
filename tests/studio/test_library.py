"""Finding pieces of the library: by likeness to the open one, and by humming into the microphone."""

import re

import numpy as np
import pytest
import soundfile

from person import BROWSER, Person

RATE = 48000


def hum(notes, path):
    """Write a hummed melody: few partials, vibrato, breath between notes that are on no beat; silence around it."""
    generator = np.random.default_rng(1)
    pieces = [np.zeros(RATE // 2)]
    for pitch, seconds in notes:
        time = np.arange(int(seconds * RATE)) / RATE
        hertz = 440 * 2 ** ((pitch - 69 - 12) / 12)  # an octave lower than written
        phase = 2 * np.pi * hertz * (time + 0.0006 * np.sin(2 * np.pi * 5 * time))
        tone = sum(np.sin(partial * phase) / partial**2 for partial in range(1, 6))
        shape = np.minimum(1, time / 0.04) * np.minimum(1, (time[-1] - time) / 0.06)
        pieces += [0.3 * tone * shape, np.zeros(int(generator.uniform(0.03, 0.07) * RATE))]
    sound = np.concatenate([*pieces, np.zeros(RATE)])
    soundfile.write(path, sound + 0.001 * generator.standard_normal(len(sound)), RATE, subtype="PCM_16")


def test_pieces_like_the_open_one_are_found(person):
    with person() as someone:
        page = someone.page
        for name in ("folk", "piano", "folk"):  # the same tune twice, as two pieces
            page.goto(someone.url)
            page.get_by_label(someone.say("top.home")).click()
            someone.begin(name)
            page.keyboard.press("Control+s")
            someone.saved()
        page.get_by_role("tab", name=someone.say("tabs.library")).click()
        someone.button("library.like").click()
        page.locator("h3").filter(has_text=re.compile("[1-9]")).wait_for()
        texts = page.locator("li small").filter(has_text="alike").all_inner_texts()
        shares = [int(re.match(r"\d+", text)[0]) for text in texts]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] > 95
        assert page.locator("h3 + ul .title").first.inner_text() == someone.piece()["title"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_piece_is_found_by_humming_it(person, browser, studio, tmp_path, language):
    with person(language) as someone:
        someone.begin("folk")
        someone.page.keyboard.press("Control+s")
        someone.saved()
        title, bpm = someone.piece()["title"], someone.piece()["tempi"][0]["bpm"]
        melody = [(pitch, 60 / bpm * length / 480) for _, _, length, pitch, _ in someone.notes(0)[:14]]
        someone.page.goto("about:blank")
        hum(melody, tmp_path / "hum.wav")
        seconds = sum(length for _, length in melody) + 2
    arguments = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={tmp_path / 'hum.wav'}%noloop",
    ]
    listening = browser.browser_type.launch(executable_path=BROWSER, args=arguments)
    context = listening.new_context(locale="en-GB" if language == "en" else "zh-CN", permissions=["microphone"])
    someone = Person(context, studio.said["url"], language)
    page = someone.page
    page.get_by_role("tab", name=someone.say("tabs.library")).click()
    someone.button("library.hum").click()
    someone.button("library.stop").wait_for()
    page.wait_for_timeout(1000 * seconds)
    someone.button("library.stop").click()
    page.locator("h3").filter(has_text=re.compile("[1-9]")).wait_for()
    assert len(page.get_by_label(someone.say("library.melody")).input_value().split()) >= 10
    assert page.locator("h3 + ul .title").first.inner_text() == title
    sounds = studio.client.get("/v1/sounds").json()["items"]
    assert sounds == []  # the recording is not kept
    listening.close()


def test_without_a_microphone_the_page_says_so(person):
    with person() as someone:
        someone.page.get_by_role("tab", name=someone.say("tabs.library")).click()
        someone.button("library.hum").click()
        someone.page.get_by_role("alert").filter(has_text=someone.say("library.noMicrophone")).wait_for()
