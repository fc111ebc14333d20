"""What the Studio promises: locks, privacy, access, no loss."""

from importlib.resources import files
from urllib.parse import urlsplit

import pytest

from firmus.formats import midi as midi_format
from firmus.score import Note, Part, Score

AXE = files("axe_playwright_python") / "axe.min.js"
BAR = 1920


def midi(title="A tune", notes=24):
    part = Part("Flute", tuple(Note(480 * place, 480, 67 + place % 5) for place in range(notes)), 73)
    return midi_format.write(Score((part,), title=title))


def drop(someone, name, data):
    """Drop a file on the page."""
    someone.page.evaluate(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            window.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, cancelable: true}));
        }""",
        [name, list(data)],
    )


def test_what_is_locked_is_not_touched(person):
    with person() as someone:
        page = someone.page
        someone.begin()
        before = someone.notes()
        page.get_by_role("button", name=f"{someone.say('parts.lock')}: Soprano").click()
        someone.select((3, 0), (3, 3))
        page.keyboard.press("Shift+L")
        page.keyboard.press("Escape")
        someone.ask()
        page.keyboard.press("Control+Shift+Enter")
        someone.saved()
        after = someone.notes()
        assert after != before
        is_locked = lambda note: note[0] == 0 or (note[0] == 3 and note[1] < 4 * BAR)  # noqa: E731
        assert [note for note in after if is_locked(note)] == [note for note in before if is_locked(note)]
        page.keyboard.press("Control+a")  # nor by hand
        page.keyboard.press("ArrowUp")
        assert someone.notes(0) == [note for note in before if note[0] == 0]


def test_files_are_dropped_in_and_broken_ones_refused_in_a_line(person):
    with person() as someone:
        page = someone.page
        drop(someone, "broken.mid", b"MThd\0\0 not music")
        alert = page.get_by_role("alert")
        alert.wait_for()
        assert "\n" not in alert.inner_text().strip().removesuffix("×").strip()
        alert.get_by_role("button").click()
        for name, data in {
            "tune.mid": midi(),
            "tune.abc": b"X:1\nT:Abc\nM:4/4\nL:1/4\nK:G\nGABc|d4|",
            "tune.krn": b"**kern\n*M4/4\n4c\n4d\n4e\n4f\n=\n1g\n==\n*-\n",
        }.items():
            drop(someone, name, data)
            page.get_by_role("alert").filter(has_text=someone.say("import.done", name=name)).wait_for()
            assert someone.notes()
        someone.errors.clear()  # the browser itself logs the refusal


def test_titles_are_text(person):
    with person() as someone:
        title = "<img src=x onerror=\"document.title='hacked'\">"
        drop(someone, "tune.mid", midi(title))
        someone.page.get_by_role("application").wait_for()
        someone.button("tools.score").click()
        someone.page.locator(".score g.note").first.wait_for()
        assert someone.page.get_by_role("textbox", name=someone.say("top.title")).input_value() == title
        someone.page.get_by_role("tab", name=someone.say("tabs.library")).click()
        someone.page.locator("li .title").filter(has_text=title).first.wait_for()
        assert someone.page.title() == "Firmus Studio"
        assert not someone.page.locator("img[src=x]").count()


def test_score_and_roll_are_selected_together(person):
    with person() as someone:
        page = someone.page
        someone.begin()
        someone.button("tools.both").click()
        page.locator(".score g.note").nth(5).wait_for()
        count = len(someone.notes())
        page.locator(".score g.note .notehead").nth(5).click()
        page.wait_for_timeout(1500)
        assert len([url for url in someone.requests if url.endswith("/files/svg")]) == 1  # engraved when it changes
        assert page.locator("#roll-note").inner_text().startswith("Alto, bar 1 beat 2: C5, 1 quarter")
        page.keyboard.press("Delete")
        someone.saved()
        assert len(someone.notes()) == count - 1
        page.keyboard.press("ArrowRight")
        page.locator(".score g.note.selected").first.wait_for()


def test_no_request_leaves_the_machine(person):
    with person() as someone:
        page = someone.page
        someone.begin()
        someone.select((0, 0), (3, 1))
        someone.ask()
        page.keyboard.press("Escape")
        someone.button("tools.both").click()
        page.locator(".score g.note").first.wait_for()
        page.get_by_role("tab", name=someone.say("tabs.why")).click()
        someone.button("why.explain").click()
        page.locator(".legend").wait_for()
        page.get_by_role("tab", name=someone.say("tabs.library")).click()
        page.locator("summary", has_text=someone.say("export.title")).click()
        with page.expect_download():
            someone.button("export.mp3").click()
        hosts = {urlsplit(url).hostname for url in someone.requests if not url.startswith("blob:")}
        assert len(someone.requests) > 20
        assert hosts == {"127.0.0.1"}


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_nobody_is_shut_out(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page

        def check(place):
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            serious = [each for each in found if each["impact"] in ("serious", "critical")]
            nodes = [(each["id"], node["target"], node["failureSummary"]) for each in serious for node in each["nodes"]]
            assert not nodes, place

        page.evaluate(AXE.read_text(encoding="utf-8"))
        page.get_by_text(someone.say("starters.about")).wait_for()
        check("first sight")
        someone.begin()
        someone.select((0, 0), (1, 1))
        check("a selection")
        someone.ask()
        check("candidates")
        page.keyboard.press("Escape")
        someone.button("tools.both").click()
        page.locator(".score g.note").first.wait_for()
        page.get_by_role("tab", name=someone.say("tabs.library")).click()
        page.locator("li .title").first.wait_for()
        check("library and score")
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()
        check("keys")


def test_the_keyboard_suffices(person):
    with person() as someone:
        page = someone.page
        page.keyboard.press("Control+Enter")
        someone.saved()
        before = someone.notes()
        someone.cell(1, 0).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("Shift+R")
        someone.button("ask.accept").wait_for()
        page.keyboard.press("Control+Shift+Enter")
        someone.saved()
        changed = {(note[0], note[1]) for note in set(before) ^ set(someone.notes())}
        pickup = someone.piece()["pickup"]
        first = 0 if pickup else BAR
        assert {part for part, _ in changed} <= {1, 2}
        assert all(first <= start - (pickup or 0) < first + 2 * BAR for _, start in changed)
        page.keyboard.press("Escape")
        page.get_by_role("application").focus()
        page.keyboard.press("n")
        page.keyboard.press("Shift+ArrowUp")
        page.keyboard.press("Shift+ArrowRight")
        said = page.locator("#roll-note").inner_text()
        assert "1 quarter" in said
        page.keyboard.press("Delete")
        for _ in range(4):
            page.keyboard.press("Control+z")
        someone.saved()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 700), (820, 1180)])
def test_nothing_runs_out_of_the_window(person, size):
    for language in ("en", "zh"):
        with person(language, size) as someone:
            someone.begin()
            width, height = someone.page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert (width, height) <= size
            for words in ("top.undo", "keys.help"):
                box = someone.page.get_by_label(someone.say(words), exact=True).first.bounding_box()
                assert box["x"] + box["width"] <= size[0]
            for button in someone.page.get_by_role("toolbar").get_by_role("button").all():
                box = button.bounding_box()
                at = [box["x"] + 3, box["y"] + 9]
                hit = someone.page.evaluate("at => document.elementFromPoint(...at).closest('button')?.innerText", at)
                assert hit == button.inner_text()  # none lies under another
            assert someone.cell(0, 0).bounding_box()["width"] > 10
