"""The score on paper, a tempo that is tapped, notes that sound when they are due."""

import re

import pytest


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_score_is_printed_on_pages_with_title_composer_and_number(person, scheme):
    with person(scheme=scheme) as someone:
        page = someone.page
        someone.begin("piano")
        page.get_by_placeholder("1:30").fill("2:00")
        someone.button("further.duration").click()
        someone.button("ask.accept").click()
        someone.saved()
        page.evaluate("() => { window.print = () => {} }")  # the dialogue, which waits for a person
        page.keyboard.press("Control+p")
        sheets = page.locator(".print > svg")
        sheets.first.wait_for(state="attached")
        page.emulate_media(media="print")
        assert sheets.count() == 2
        title, composer = someone.piece()["title"], someone.piece()["composer"]
        assert sheets.first.get_by_text(title).is_visible()
        assert sheets.first.get_by_text(composer).is_visible()
        assert not page.get_by_role("application").is_visible()
        boxes = [sheet.bounding_box() for sheet in sheets.all()]
        assert all(abs(box["width"] - 210 / 25.4 * 96) < 2 for box in boxes)
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
        assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12]", printed)  # A4, in points
        page.emulate_media(media="screen")
        assert page.get_by_role("application").is_visible()
        assert sheets.count() == 0


def test_a_tempo_is_tapped_and_undone_in_one_step(person):
    with person() as someone:
        someone.begin("folk")  # in 6/8, whose beat is a dotted quarter
        before = someone.piece()["tempi"]
        someone.page.get_by_role("application").focus()
        someone.page.evaluate(
            "() => { window.taps = []; addEventListener('keydown', () => window.taps.push(performance.now()), true) }"
        )
        for _ in range(6):
            someone.page.keyboard.press("b")
            someone.page.wait_for_timeout(400)
        taps = someone.page.evaluate("() => window.taps")
        someone.saved()
        (tempo,) = someone.piece()["tempi"]
        assert tempo["bpm"] == pytest.approx(1.5 * 60_000 * 5 / (taps[-1] - taps[0]), rel=0.02)
        assert tempo != before[0]
        someone.page.keyboard.press("Control+z")
        someone.saved()
        assert someone.piece()["tempi"] == before


CLOCK = """
const { AudioWorkletNode: Original } = window;
window.lags = [];
window.AudioWorkletNode = class extends Original {
  constructor(context, ...rest) {
    super(context, ...rest);
    this.port.addEventListener("message", ({ data }) => {
      if (data.type === "voiceCountChange") window.lags.push(context.currentTime - data.currentTime);
    });
  }
};
"""
"""Keeps by how many seconds the synthesizer's clock is behind the context's, and the message about it is late."""


def test_the_synthesizer_keeps_the_time_of_the_audio_clock(person):
    with person() as someone:
        someone.page.add_init_script(CLOCK)
        someone.page.reload()
        someone.begin("piano")
        someone.button("top.play").click()
        while len(lags := someone.page.evaluate("() => window.lags")) < 20:
            someone.page.wait_for_timeout(100)
        assert min(lags) < 0.04
