"""The page of an explanation in a real browser: notes are clicked, hovered and walked through, in both languages."""

import json
import os
import re
import shutil

import pytest

from firmus.render import heat
from firmus.score import Key, Note, Part, Score
from firmus.tasks.explain.explainer import explain

BROWSER = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
PITCHES = [67, 71, 74, 71, 72, 69, 66, 69, 71, 67, 64, 67] * 2
SCORE = Score(
    (
        Part("Violin", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(PITCHES)), 40),
        Part("Cello </script>", tuple(Note(1920 * i, 1920, 43 + 7 * (i % 2)) for i in range(6)), 42),
    ),
    keys=(Key(0, "G"),),
    title="A <b>tune</b></script>",
)

in_a_browser = pytest.mark.skipif(
    BROWSER is None and not os.environ.get("CI"), reason="no Chromium: .ci/run installs it"
)


@pytest.fixture(scope="module")
def found():
    return explain(SCORE, style="quartet")


@pytest.fixture(scope="module")
def written(found, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "explain.html"
    path.write_text(found.html("en"), encoding="utf-8")
    return path


@pytest.fixture(params=[(1200, 900), (390, 800)], ids=["desktop", "phone"])
def page(request, written):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport=dict(zip(("width", "height"), request.param, strict=True)))
        page.set_default_timeout(20_000)
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda asked: page.said.append(asked.url) if asked.url.startswith("http") else None)
        page.goto(written.as_uri())
        yield page
        browser.close()


def shade(page, note):
    """Colour of a note on roll and score."""
    return page.evaluate(
        "id => [...document.querySelectorAll(`[data-note='${id}']`)].map((each) => getComputedStyle(each).fill)", note
    )


def rgb(shade):
    return f"rgb({', '.join(str(int(shade[at : at + 2], 16)) for at in (1, 3, 5))})"


@in_a_browser
def test_a_click_tells_what_is_known_of_a_note(page, found):
    note = next(each for each in found.notes if (each.part, each.index) == (0, 17))
    page.locator("#roll [data-note='0-17']").first.click()
    facts = page.locator("#facts").inner_text()
    for told in (note.name, "Violin, bar 5, beat 2", f"{note.bits:.1f} bits", note.likelier[0][0], "key", "+"):
        assert told in facts
    assert "meant" in page.locator("#score [data-note='0-17']").first.get_attribute("class")
    assert set(shade(page, "0-17")) == {rgb(heat.SURPRISE[heat.surprise_step(note.bits)])}
    page.get_by_role("button", name="In the light of what").click()
    best = note.bars_before[0]
    there = next(
        f"{part}-{index}"
        for (part, index), (bar, name) in found._places().items()
        if bar == best.bar and name == found.part_names[best.part] and (part, index) < (0, 17)
    )
    assert set(shade(page, there)) == {rgb(heat.INFLUENCE[heat.influence_step(best.bits)])}
    later = {rgb("#59626b"), rgb(heat.INFLUENCE[4])}  # notes that come later are grey
    assert set(shade(page, "0-23")) <= later
    assert page.said == []


@in_a_browser
def test_keys_go_from_note_to_note_and_lists_lead_to_theirs(page, found):
    page.locator("#roll [data-note='0-17']").first.click()
    page.locator("#roll").focus()
    names = {(note.part, note.index): note.name for note in found.notes}
    for key, place in (("ArrowRight", (0, 18)), ("ArrowLeft", (0, 17)), ("ArrowDown", (1, 4)), ("ArrowUp", (0, 16))):
        page.keyboard.press(key)
        assert page.locator("#facts h2").inner_text() == names[place]
        assert "meant" in page.locator(f"#roll [data-note='{place[0]}-{place[1]}']").first.get_attribute("class")
    most = min(found.notes, key=lambda note: note.rank)
    page.locator("#more button").first.click()
    assert page.locator("#facts h2").inner_text() == most.name
    page.locator("#roll [data-note='0-17']").first.click()
    source = page.locator("#facts .link").first
    name = source.inner_text().split(",")[0]
    source.click()
    assert page.locator("#facts h2").inner_text() == name
    assert page.said == []


@in_a_browser
def test_it_speaks_both_languages_and_fits_the_screen(page, found):
    page.get_by_role("button", name="中文").click()
    assert page.evaluate("document.documentElement.lang") == "zh"
    text = page.locator("body").inner_text()
    for word in ("意外程度", "最意外的音", "未知的", "不知道哪些乐曲最接近"):
        assert word in text
    assert not re.search(r"\bundefined\b|\bNaN\b|\[object", text)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="English").click()
    assert "What is not known" in page.locator("body").inner_text()
    assert page.locator("h1").inner_text() == SCORE.title  # as text, not as markup
    assert page.said == []


@in_a_browser
def test_in_the_dark_the_notes_stand_out_from_a_dark_page(page):
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 25, 29)"
    assert set(shade(page, "0-3")) <= {rgb(each) for each in heat.SURPRISE_DARK}


def test_it_needs_nothing_from_elsewhere_and_its_texts_are_no_markup(found):
    text = found.html("zh")
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\(|@import|__[A-Z]+__""", text)
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    assert "default-src 'none'" in text
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(data[1])["title"] == SCORE.title
    assert text.count("</script>") == 2
    assert 'lang="zh"' in text


def test_every_word_of_the_page_stands_in_both_languages():
    from importlib import resources

    template = (resources.files("firmus") / "assets/pages/explain.html").read_text(encoding="utf-8")
    english, chinese = re.search(
        r"const WORDS = \{\n  en: \{(.*?)\n  \},\n  zh: \{(.*?)\n  \}\n\};", template, re.S
    ).groups()
    words = [set(re.findall(r"(?:^\s*|[,{]\s*)(\w+):", each, re.MULTILINE)) for each in (english, chinese)]
    assert words[0] <= words[1]
    used = set(re.findall(r'say\("(\w+)"\)', template))
    assert used <= words[0]
