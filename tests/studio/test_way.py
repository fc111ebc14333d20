"""A person's whole way through the Studio, in both languages, with the sound measured."""

import re

import pytest

from firmus import formats

SILENT, SOUNDING = 0.0005, 0.003


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_piece_is_made_heard_changed_and_taken_away(person, language):
    with person(language) as someone:
        page = someone.page
        page.get_by_text(someone.say("starters.about")).wait_for()
        page.locator(".card").first.click()
        assert someone.level(lambda level: level > SOUNDING) > SOUNDING

        someone.button("create.compose").click()  # a piece of one's own, which is seen as it comes
        someone.saved()
        someone.button("keys.stop").click()
        assert someone.level(lambda level: level < SILENT) < SILENT
        composed = someone.notes()
        assert len(composed) > 100
        assert len(someone.piece()["parts"]) == 4

        someone.select((1, 2), (2, 4))  # alto and tenor, three bars
        someone.ask()
        for place in range(4):
            page.keyboard.press(f"Shift+{place + 1}")
            shown = page.locator(".right li.shown button")
            assert shown.inner_text().strip() == "ABCD"[place]
        assert someone.level(lambda level: level > SOUNDING) > SOUNDING
        assert someone.notes() == composed  # nothing is changed before it is accepted
        page.keyboard.press("Control+Shift+Enter")
        someone.button("ask.infill").wait_for()
        someone.button("keys.stop").click()
        someone.saved()
        accepted = someone.notes()
        assert accepted != composed
        is_open = lambda note: note[0] in (1, 2) and 2 <= someone.place(note[1]) <= 4  # noqa: E731
        assert [note for note in accepted if not is_open(note)] == [note for note in composed if not is_open(note)]

        roll = page.get_by_role("application")  # write a note, and take it back
        box = roll.bounding_box()
        page.mouse.click(box["x"] + 300, box["y"] + 12)
        page.locator(f'[aria-label="{someone.say("top.undo")}"]:enabled').wait_for()
        assert len(someone.notes()) == len(accepted) + 1
        page.keyboard.press("Control+z")
        assert someone.notes() == accepted
        page.keyboard.press("Control+z")
        assert someone.notes() == composed
        page.keyboard.press("Control+Shift+z")
        assert someone.notes() == accepted

        page.locator("summary", has_text=someone.say("export.title")).click()
        with page.expect_download() as download:
            someone.button("export.midi").click()
        with open(download.value.path(), "rb") as file:
            score = formats.read(file.read())
        assert sorted(note.pitch for part in score.parts for note in part.notes) == sorted(note[3] for note in accepted)

        someone.saved()
        page.reload()  # and it is all there again, and nothing is stored twice
        page.get_by_role("application").wait_for()
        count = len(someone.requests)
        page.wait_for_timeout(3000)
        assert not [url for url in someone.requests[count:] if "/v1/works?" in url and "parent" in url]
        assert someone.notes() == accepted


def test_what_is_composed_is_seen_while_the_rest_is_composed(person):
    with person() as someone:
        page = someone.page
        page.evaluate("""() => {
            window.counts = [];
            new MutationObserver(() => {
                const bars = [...document.querySelectorAll('[data-cell^="0:"] i')];
                window.counts.push(bars.filter(bar => bar.style.height !== "0%").length);
            }).observe(document.body, {subtree: true, attributes: true, childList: true});
        }""")
        page.get_by_label(someone.say("create.length")).fill("32")
        page.keyboard.press("Control+Enter")
        someone.saved()
        counts = page.evaluate("window.counts")
        assert max(counts) >= 31
        assert any(0 < count < 31 for count in counts)


def test_a_plan_is_composed_first_and_then_kept(person):
    with person() as someone:
        page = someone.page
        page.get_by_label(someone.say("create.length")).fill("8")
        someone.button("create.plan").click()
        page.locator(".chords .event").first.wait_for()
        someone.saved()
        assert not someone.notes()
        page.locator(".chords .event").nth(1).click()  # a degree is read in the key
        page.get_by_label(someone.say("lanes.chordsAbout")).last.fill("V7")
        page.keyboard.press("Enter")
        someone.saved()
        planned = someone.piece()
        assert any(chord["quality"] == "7" for chord in planned["chords"])
        someone.button("create.composePlan").click()
        page.locator('[data-cell="0:1"] i').first.wait_for(state="attached")
        someone.saved()
        composed = someone.piece()
        assert someone.notes()
        assert composed["chords"] == planned["chords"]
        assert composed["sections"] == planned["sections"]


@pytest.mark.parametrize("request_name", ["continue", "harmonise", "accompany", "vary"])
def test_other_requests_offer_candidates_and_keep_what_is_given(person, request_name):
    with person() as someone:
        someone.begin("folk")
        given, end = someone.notes(), someone.piece()["end"]
        someone.page.locator(".right input[type=range]").fill("0.9")
        someone.button(f"ask.{request_name}").click()
        someone.button("ask.accept").click()
        someone.saved()
        if request_name == "vary":
            assert someone.notes() != given
            return
        assert [note for note in someone.notes() if note[0] == 0 and note[1] < end] == given
        assert len(someone.notes()) > len(given)


@pytest.mark.parametrize(
    ("language", "text", "then"),
    [
        (
            "en",
            "make bars 5 to 8 calmer, keep the bass, then arrange it for a wind quintet",
            "arrange it for a wind quintet",
        ),
        ("zh", "把第5到8小节改得平静些，低音不动", ""),
    ],
)
def test_plain_words_are_shown_as_a_brief_before_they_are_done(person, language, text, then):
    with person(language) as someone:
        someone.begin()
        before = someone.notes()
        box = someone.page.get_by_label(someone.say("words.label"))
        box.fill("xyzzy")
        someone.button("words.read").click()
        someone.page.locator(".question").wait_for()  # what is not understood is asked back
        box.fill(text)
        someone.button("words.read").click()
        someone.button("words.do").wait_for()
        assert "5" in someone.page.locator(".right ul").inner_text()
        assert someone.notes() == before
        someone.button("words.do").click()
        assert box.input_value() == then  # what comes after it is asked for once it is there
        someone.button("ask.accept").click()
        someone.saved()
        changed = {(note[0], someone.place(note[1])) for note in set(before) ^ set(someone.notes())}
        assert changed
        assert {part for part, _ in changed} <= {0, 1, 2}
        assert {bar for _, bar in changed} <= {4, 5, 6, 7}


def test_works_are_found_by_their_melody_rated_and_opened_again(person):
    with person() as someone:
        page = someone.page
        someone.begin("folk")
        page.keyboard.press("Control+s")
        someone.saved()
        title, notes = someone.piece()["title"], someone.notes()
        page.get_by_role("tab", name=someone.say("tabs.library")).click()
        page.keyboard.press("Control+a")
        someone.button("library.fromSelection").click()
        someone.button("library.search").click()
        found = page.locator(".title").filter(has_text=title)
        found.first.wait_for()
        page.locator("h3").filter(has_text=re.compile("[1-9]")).wait_for()
        page.locator("li.open").get_by_label(someone.say("library.stars", stars=4)).click()
        page.reload()
        page.get_by_role("tab", name=someone.say("tabs.library")).click()
        four = page.locator("li.open").get_by_label(someone.say("library.stars", stars=4))
        assert four.get_attribute("aria-pressed") == "true"
        page.get_by_role("application").focus()
        page.keyboard.press("n")
        someone.saved()
        assert someone.notes() != notes
        page.locator("li:has(+ li.open) .title").click()  # the revision that it came of
        page.locator("li.open .title").filter(has_not_text="↳").wait_for()
        assert someone.notes() == notes
