"""What the page says of a piece's originality, and of who made it."""

import csv
import json
from io import StringIO

import pytest
from music21 import corpus

from firmus import formats


def tab(someone, words):
    someone.page.get_by_role("tab", name=someone.say(words)).click()


@pytest.fixture(scope="module")
def known_tune(tmp_path_factory):
    """A tune of 1800 that the model learnt from."""
    source = next(path for path in corpus.getPaths() if path.match("airdsAirs/book5.abc"))
    tunes = {score.title: score for score in formats.read_all(source)}
    path = tmp_path_factory.mktemp("tune") / "tune.abc"
    formats.write(tunes["Miss Maule of Panmure's Reel."], path)
    return path


def test_a_copied_tune_is_found_and_its_bars_are_selected_and_engraved(person, known_tune):
    with person() as someone:
        page = someone.page
        tab(someone, "tabs.library")
        page.locator("input[type=file]").first.set_input_files(known_tune)
        someone.cell(0, 0).wait_for()
        tab(someone, "tabs.originality")
        someone.button("originality.check").click()
        page.get_by_text(someone.say("originality.copies")).wait_for()
        match = page.locator("button.match").first
        assert "Miss Maule" in match.inner_text()
        match.click()
        assert page.locator('.cell[aria-pressed="true"]').count() > 4
        page.get_by_role("button", name=someone.say("tools.score"), exact=True).click()
        page.locator(".score g.note.selected").first.wait_for(state="attached")
        someone.button("originality.compare").first.click()
        page.locator("dialog[open] svg g.note").first.wait_for(state="attached")
        assert page.locator("dialog[open]").get_by_role("heading").count() == 3


def test_titles_of_sources_are_text(person, known_tune):
    with person() as someone:
        page = someone.page

        def answer(route):
            if route.request.method != "GET":
                return route.continue_()
            response = route.fetch()
            document = response.json()
            if (document.get("result") or {}).get("originality"):
                document["result"]["originality"]["matches"][0]["source"]["title"] = "<img src=x onerror=spy()>"
            return route.fulfill(response=response, json=document)

        page.route("**/v1/jobs/*", answer)
        tab(someone, "tabs.library")
        page.locator("input[type=file]").first.set_input_files(known_tune)
        someone.cell(0, 0).wait_for()
        tab(someone, "tabs.originality")
        someone.button("originality.check").click()
        assert "<img src=x onerror=spy()>" in page.locator("button.match").first.inner_text()
        assert not page.locator("main img, .right img").count()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rights_card_says_which_notes_a_person_added_and_keeps_the_catalogue(person, language):
    with person(language) as someone:
        page = someone.page
        page.get_by_label(someone.say("create.length")).fill("4")
        someone.button("create.compose").click()
        someone.saved()
        tab(someone, "tabs.rights")
        someone.button("rights.read").click()
        page.get_by_text(someone.say("rights.share", model="100 %", person="0 %")).wait_for()
        page.get_by_role("application").focus()
        for _ in range(3):
            page.keyboard.press("n")  # notes of a person's
        someone.saved()
        someone.button("rights.read").click()
        page.locator(".strip i.both, .strip i.person").first.wait_for(state="attached")
        assert page.locator(".strip i.model").count() > 4
        page.get_by_label("ISWC").fill("T-034.524.680-2")
        page.get_by_label(someone.say("rights.licence")).fill("=CC BY 4.0")
        page.get_by_text(someone.say("rights.iswcWrong")).wait_for()
        page.get_by_label("ISWC").fill("T-034.524.680-1")
        page.get_by_label(someone.say("rights.price")).fill("120")
        with page.expect_download() as download:
            someone.button("rights.csv").click()
        with open(download.value.path(), encoding="utf-8-sig") as file:
            (row,) = csv.DictReader(StringIO(file.read()))
        assert (row["iswc"], row["licence"], row["price"]) == ("T-034.524.680-1", "'=CC BY 4.0", "120")
        assert 0 < float(row["composed_by_model"]) < 1
        with page.expect_download() as download:
            someone.button("rights.sidecar").click()
        sidecar = json.loads(download.value.path().read_text())
        assert sidecar["firmus:signature"]["algorithm"] == "Ed25519"
        page.reload()
        tab(someone, "tabs.rights")
        someone.button("rights.read").click()
        page.get_by_label("ISWC").wait_for()
        assert page.get_by_label("ISWC").input_value() == "T-034.524.680-1"


def test_a_file_that_was_taken_away_is_verified(person, tmp_path):
    with person() as someone:
        page = someone.page
        page.get_by_label(someone.say("create.length")).fill("4")
        someone.button("create.compose").click()
        someone.saved()
        page.get_by_role("application").focus()
        page.keyboard.press("n")
        someone.saved()
        page.locator("summary", has_text=someone.say("export.title")).click()
        with page.expect_download() as download:
            someone.button("export.midi").click()
        data = download.value.path().read_bytes()
        tab(someone, "tabs.rights")
        for name, content in (("intact", data), ("altered", data.replace(b"composer", b"computer"))):
            path = tmp_path / f"{name}.mid"
            path.write_bytes(content)
            page.get_by_label(someone.say("rights.choose")).set_input_files(path)
            page.get_by_text(someone.say(f"rights.{name}", file=path.name)).wait_for()
