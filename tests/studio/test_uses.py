"""What the page offers beside writing a piece: a person's way through each use, in both languages."""

import json
import re

import pytest

from using import LONG, accessible, choose, engraved, give, go, quickly, until, use

ABC = b"X:1\nT:Little tune\nM:4/4\nL:1/4\nK:G\nGABd|cBA2|GABd|cAG2|"
MOTIF = b"X:1\nT:A motif\nM:4/4\nL:1/4\nK:G\nGABd|cBA2|"
BOTH = pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
STORE = "async tunes => { for (const body of tunes) await fetch('./v1/works', {method: 'POST', body}); }"


def exercise_of(studio):
    """The exercise that was made last, with its answer."""
    rows = studio.client.get("/v1/jobs", params={"limit": 30}).json()["items"]
    job = next(row for row in rows if row["kind"] == "exercise")
    return studio.client.get(f"/v1/jobs/{job['id']}").json()["result"]["exercise"]


@BOTH
def test_an_exercise_for_the_ear_is_heard_answered_and_marked(person, studio, language, scheme):
    with person(language, scheme=scheme) as someone:
        seen = use(someone, "exercise")
        choose(someone, seen, "exercise", "interval")
        go(someone, "exercise")
        someone.button("uses.exercise.hear").click()
        assert someone.level(lambda level: level > 0.003) > 0.003
        exercise = exercise_of(studio)
        assert not seen.locator(".key .engraving").is_visible()  # hidden until asked
        wrong = next(place for place, each in enumerate(exercise["choices"]) if each != exercise["answer"])
        choices = seen.locator(".choices button")
        choices.nth(wrong).click()
        seen.locator(".mark:not(.right)").wait_for()
        choices.nth(exercise["choices"].index(exercise["answer"])).click()
        seen.locator(".mark.right").wait_for()
        seen.locator("summary", has_text=someone.say("uses.exercise.key")).click()
        engraved(seen)
        accessible(someone.page)


@BOTH
def test_part_writing_is_corrected_bar_by_bar(person, studio, language, scheme):
    with person(language, scheme=scheme) as someone:
        seen = use(someone, "exercise")
        choose(someone, seen, "exercise", "harmonisation")
        go(someone, "exercise")
        seen.get_by_text(someone.say("uses.task.harmonisation")).wait_for(timeout=LONG)
        score = exercise_of(studio)["work"]["score"]
        soprano = score["parts"][0]["notes"]["pitch"]
        score["parts"][1]["notes"] = {**score["parts"][0]["notes"], "pitch": [each - 12 for each in soprano]}
        give(seen, "answer.json", json.dumps(score).encode())
        finding = seen.locator(".finding").first
        finding.wait_for(timeout=LONG)
        seen.locator(".engraving g.note.fault").nth(1).wait_for()  # parallel octaves
        finding.click()
        seen.locator(".engraving g.note.shown").first.wait_for()
        accessible(someone.page)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_exercise_is_written_in_the_editor_and_checked_from_there(person, language):
    with person(language) as someone:
        page = someone.page
        seen = use(someone, "exercise")
        choose(someone, seen, "exercise", "melodic-dictation")
        go(someone, "exercise")
        someone.button("uses.exercise.write").click()
        page.get_by_role("tab", name=someone.say("tabs.create")).click()
        page.get_by_role("application").focus()
        for _ in range(3):
            page.keyboard.press("n")
        someone.saved()
        seen = use(someone, "exercise")  # as it was left
        seen.locator(".choices .primary").click()
        seen.locator(".mark:not(.right)").wait_for()


@BOTH
def test_a_session_is_composed_rated_and_its_log_forgotten(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "soothe")
        choose(someone, seen, "session", "focus")
        quickly(someone, seen)
        go(someone, "soothe")
        audio = seen.locator("audio")
        audio.wait_for(timeout=LONG)
        until(page, "document.querySelector('audio').duration > 250")
        for which, rating in (("before", "4"), ("after", "7")):
            group = seen.get_by_role("group", name=someone.say(f"uses.session.{which}"))
            group.get_by_role("button", name=rating, exact=True).click()
        assert seen.locator("tbody td").all_inner_texts()[2:] == ["4", "7"]
        assert len(json.loads(page.evaluate("localStorage.getItem('firmus.sessions')"))) == 1
        accessible(page)
        someone.button("uses.forget").click()
        assert page.evaluate("localStorage.getItem('firmus.sessions')") is None


@BOTH
def test_a_scene_is_drawn_and_becomes_a_cue_of_its_length(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "produce")
        seen.get_by_label(someone.say("fields.seconds")).fill("12")
        handle = seen.get_by_role("slider").first
        before = float(handle.get_attribute("aria-valuenow"))
        handle.press("ArrowRight")
        assert float(handle.get_attribute("aria-valuenow")) == before + 0.5
        quickly(someone, seen)
        accessible(page)
        go(someone, "produce")
        seen.locator("audio").wait_for(timeout=LONG)
        until(page, "Math.abs(document.querySelector('audio').duration - 12) < 0.001")
        rows = seen.locator("tbody tr")
        assert rows.count() == 3
        with page.expect_download() as sheet:
            someone.button("uses.cue.sheet").click()
        assert len(sheet.value.path().read_text(encoding="utf-8").splitlines()) == 4
        with page.expect_download() as stems:
            seen.get_by_role("link", name=someone.say("export.stems")).click()
        assert stems.value.path().read_bytes()[:2] == b"PK"
        accessible(page)


@BOTH
def test_a_sound_is_made_heard_seen_and_taken_away(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "timbre")
        seen.get_by_label(someone.say("fields.like")).fill("warm, plucked")
        seen.get_by_role("slider", name=someone.say("fields.brightness")).fill("0.5")
        go(someone, "timbre")
        seen.locator("audio").wait_for(timeout=LONG)
        until(page, "document.querySelector('audio').duration > 1")
        until(page, "document.querySelector('.result img').naturalWidth > 100")
        with page.expect_download() as font:
            seen.get_by_role("link", name=someone.say("export.sf2"), exact=True).click()
        assert font.value.path().read_bytes()[8:12] == b"sfbk"
        accessible(page)
        seen = use(someone, "effects")
        choose(someone, seen, "effect", "coin")
        go(someone, "effects")
        seen.get_by_role("heading", name=someone.say("choices.effect.coin"), level=3).wait_for(timeout=LONG)
        until(page, "document.querySelector('audio').duration > 0.1")


@BOTH
def test_a_game_pack_is_taken_away(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        seen = use(someone, "game")
        seen.get_by_label(someone.say("fields.states")).fill("calm, danger")
        seen.get_by_label(someone.say("fields.bars")).fill("4")
        quickly(someone, seen)
        go(someone, "game")
        seen.locator("tbody tr").nth(1).wait_for(timeout=LONG)
        with someone.page.expect_download() as pack:
            seen.get_by_role("link", name=someone.say("export.pack")).click()
        assert pack.value.path().read_bytes()[:2] == b"PK"


@BOTH
def test_a_typed_melody_becomes_a_piece_stage_by_stage(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "guided")
        seen.get_by_label(someone.say("uses.guided.type")).fill("G4 A4 B4 D5 C5 B4 A4:2 B4 C5 D5 G4 A4 F#4 G4:2")
        seen.get_by_role("button", name=someone.say("uses.guided.take"), exact=True).click()
        engraved(seen)
        for place, stage in enumerate(("chords.modern", "parts.voices", "performance.gentle"), 1):
            seen.get_by_role("button", name=someone.say(f"uses.guided.{stage}")).first.click()
            engraved(seen, place)
        seen.get_by_role("button", name=someone.say("uses.guided.chords.traditional")).click()
        seen.get_by_text(someone.say("uses.guided.old")).first.wait_for(timeout=LONG)  # the parts are of other chords
        versions = seen.get_by_role("group", name=someone.say("uses.guided.versions")).first
        versions.get_by_role("button").first.click()
        seen.get_by_text(someone.say("uses.guided.old")).first.wait_for(state="detached")
        accessible(page)
        seen.get_by_role("button", name=someone.say("uses.open")).last.click()
        page.get_by_role("application").wait_for()
        assert len(someone.piece()["parts"]) == 4


@BOTH
def test_what_is_liked_is_learnt_and_forgotten(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        tunes = [ABC.replace(b"Little", f"{language} {number}".encode()).decode() for number in range(5)]
        page.evaluate(STORE, tunes)
        seen = use(someone, "recommend")
        cards = seen.locator("li")
        cards.first.wait_for(timeout=LONG)
        assert seen.get_by_text(someone.say("uses.recommend.first")).is_visible()
        for place, rating in enumerate(("like", "dislike")):
            group = cards.nth(place).get_by_role("group")
            group.get_by_role("button", name=re.compile(f"{someone.say(f'uses.rating.{rating}')}$")).last.click()
        go(someone, "recommend")
        seen.get_by_text(someone.say("uses.recommend.first")).wait_for(state="detached", timeout=LONG)
        assert set(json.loads(page.evaluate("localStorage.getItem('firmus.taste')"))) != set()
        cards.first.get_by_role("button").first.click()
        assert someone.level(lambda level: level > 0.003) > 0.003
        accessible(page)
        someone.button("uses.forget").click()
        seen.get_by_text(someone.say("uses.recommend.first")).wait_for(timeout=LONG)
        assert page.evaluate("localStorage.getItem('firmus.taste')") is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_melody_is_set_both_ways_and_scored(person, language):
    with person(language) as someone:
        seen = use(someone, "harmonise")
        give(seen, "tune.abc", ABC)
        seen.get_by_text("Little tune").wait_for()
        go(someone, "harmonise")
        engraved(seen, 1)
        titles = seen.locator("article h3").all_inner_texts()
        for title, harmony in zip(titles, ("traditional", "modern"), strict=True):
            assert title.startswith(someone.say(f"choices.harmony.{harmony}"))
        seen = use(someone, "orchestrate")
        go(someone, "orchestrate")
        engraved(seen)
        seen = use(someone, "perform")
        go(someone, "perform")
        engraved(seen)
        seen.get_by_role("button", name=someone.say("uses.open")).first.click()
        someone.page.get_by_role("application").wait_for()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_motif_is_developed(person, language):
    with person(language) as someone:
        seen = use(someone, "develop")
        give(seen, "motif.abc", MOTIF)
        seen.get_by_text("A motif", exact=True).wait_for()
        seen.get_by_label(someone.say("fields.bars")).fill("8")
        quickly(someone, seen)
        go(someone, "develop")
        engraved(seen, 1)


def test_a_refusal_is_said_in_a_line_and_nothing_is_lost(person):
    with person("zh") as someone:
        seen = use(someone, "develop")
        give(seen, "long.abc", b"X:1\nT:Long\nM:4/4\nL:1/4\nK:G\n" + b"GABd|" * 9)
        seen.get_by_text("Long").wait_for()
        someone.page.get_by_role("alert").get_by_role("button").click()  # that it is open
        go(someone, "develop")
        alert = someone.page.get_by_role("alert")
        alert.wait_for()
        assert "动机" in alert.inner_text()
        someone.errors.clear()  # the browser itself logs the refusal
        someone.button("uses.back").click()
        someone.page.get_by_role("application").wait_for()


@pytest.mark.parametrize("size", [(1024, 768), (820, 1180)])
def test_on_a_tablet_nothing_is_cut_off(person, size):
    with person(size=size) as someone:
        for name in ("exercise", "produce", "guided", "soothe"):
            seen = use(someone, name)
            assert seen.evaluate("element => element.scrollWidth <= element.clientWidth"), name


def test_the_keyboard_leads_to_a_use(person):
    with person() as someone:
        page = someone.page
        page.get_by_text(someone.say("starters.about")).wait_for()
        page.keyboard.press("u")
        button = page.locator("nav button").first
        button.focus()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=someone.say("uses.exercise"), level=2).wait_for()
        assert page.evaluate("document.activeElement.id") == "use-title"
