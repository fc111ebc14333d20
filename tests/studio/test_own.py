"""What the page does with somebody's own: a style, a performance, instruments; and many works at once."""

import io
import re

import numpy as np
import pytest
import soundfile

from firmus import formats
from firmus.formats import midi
from firmus.score import Note, Part, Score
from person import KEYBOARD
from using import LONG, accessible, choose, engraved, give, go, quickly, until, use

TUNE = "X:1\nT:Own {0}\nM:4/4\nL:1/4\nK:G\n" + "GABd|c{0}A2|GABd|cAG2|" * 2
PLAYED = b"X:1\nT:Little tune\nM:4/4\nL:1/4\nQ:1/4=100\nK:G\nGABd|cBA2|GABd|cAG2|"
BOTH = pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])


def tone():
    """A recording of one note."""
    times, buffer = np.arange(44100) / 44100, io.BytesIO()
    soundfile.write(buffer, 0.3 * np.sin(2 * np.pi * 440 * times) * np.exp(-2 * times), 44100, format="WAV")
    return buffer.getvalue()


def midi_of(score, notes):
    return midi.write(Score((Part("Piano", tuple(notes)),), tempi=score.tempi))


@BOTH
def test_a_style_is_learnt_of_pieces_and_composes(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "adapt")
        seen.get_by_label(someone.say("uses.adapt.title")).fill("Evening")
        tunes = [
            {"name": f"{name}.abc", "mimeType": "text/plain", "buffer": TUNE.format(name).encode()} for name in "BdeGF"
        ]
        seen.locator("input[type=file]").set_input_files(tunes[:4])
        seen.get_by_text(someone.say("uses.adapt.chosen", count=4, fewest=5, most=20)).wait_for()
        assert someone.button("uses.adapt.go").is_disabled()
        seen.locator("input[type=file]").set_input_files(tunes[4:])
        seen.get_by_text(someone.say("uses.adapt.chosen", count=5, fewest=5, most=20)).wait_for()
        accessible(page)
        go(someone, "adapt")
        style = seen.locator("article")
        style.wait_for(timeout=LONG)
        share, after, before = (float(each) for each in re.findall(r"\d+\.?\d*", style.locator("p").first.inner_text()))
        assert 0 < share < 100
        assert after < before
        with page.expect_download() as model:
            style.get_by_role("link", name=someone.say("export.adapter")).click()
        assert model.value.path().read_bytes()[:2] == b"PK"
        style.get_by_role("button", name=someone.say("uses.adapt.try")).click()
        engraved(style)
        assert style.get_by_role("status").inner_text()
        accessible(page)
        style.get_by_role("button", name=someone.say("uses.adapt.compose")).click()
        page.get_by_role("application").wait_for(timeout=LONG)
        page.get_by_role("tab", name=someone.say("tabs.create")).click()
        someone.saved()
        assert someone.piece()["parts"]


@BOTH
def test_a_performance_is_compared_with_the_open_piece(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        seen = use(someone, "compare")
        give(seen, "tune.abc", PLAYED)
        seen.get_by_text("Little tune").wait_for()
        score = formats.read(PLAYED)
        notes = list(score.parts[0].notes)
        notes[2] = Note(notes[2].start, notes[2].duration, 73, 80)  # wrong
        del notes[7]  # missing
        seen.locator("input[type=file]").last.set_input_files(
            {"name": "take.mid", "mimeType": "audio/midi", "buffer": midi_of(score, notes)}
        )
        engraved(seen)
        seen.locator(".engraving g.note.fault").first.wait_for()
        assert seen.locator(".engraving g.note.fault").count() == 1
        assert seen.locator(".engraving g.note.weakness").count() == 1
        seen.locator(".rows button").first.click()
        seen.locator(".engraving g.note.shown").wait_for()
        accessible(someone.page)


def test_a_performance_is_played_at_the_keys_and_the_piece_stays(person):
    with person() as someone:
        page = someone.page
        page.add_init_script(KEYBOARD)
        page.reload()
        seen = use(someone, "compare")
        give(seen, "tune.abc", PLAYED)
        seen.get_by_text("Little tune").wait_for()
        before = someone.notes()
        someone.button("uses.compare.keys").click()
        someone.button("keyboard.connect").click()
        page.get_by_text("Test Piano 49").wait_for()
        play = """async pitches => {
          for (const pitch of pitches) {
            midi(0x90, pitch, 90);
            await new Promise(done => setTimeout(done, 240));
            midi(0x80, pitch, 0);
            await new Promise(done => setTimeout(done, 30));
          }
        }"""
        page.evaluate(play, [note.pitch for note in formats.read(PLAYED).parts[0].notes])
        someone.button("uses.compare.done", count=14).click()
        seen.get_by_text(someone.say("uses.compare.right", correct=14, notes=14)).wait_for(timeout=LONG)
        assert someone.notes() == before


@BOTH
def test_a_recording_becomes_an_instrument_that_plays_the_open_piece(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "timbre")
        choose(someone, seen, "timbre", "from")
        assert someone.button("uses.timbre.go").is_disabled()
        give(seen, "tone.wav", tone())
        go(someone, "timbre")
        seen.locator(".result audio").wait_for(timeout=LONG)
        accessible(page)
        someone.button("fonts.keep").click()
        page.get_by_text(someone.say("fonts.kept", title="tone")).wait_for()
        seen.locator(".back").click()
        page.get_by_role("tab", name=someone.say("tabs.create")).click()
        someone.begin("piano")
        page.locator("details.menu summary").click()
        page.get_by_role("button", name=re.compile(re.escape(someone.say("fonts.title")))).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("combobox").first.select_option(label="tone")
        accessible(page)
        with page.expect_download(timeout=LONG) as sound:
            dialog.get_by_role("button", name=someone.say("fonts.take")).click()
        assert sound.value.path().read_bytes()[8:12] == b"WAVE"
        dialog.locator("input[type=file]").set_input_files(
            {"name": "none.sf2", "mimeType": "audio/x-soundfont", "buffer": b"MThd"}
        )
        dialog.get_by_role("alert").wait_for()
        assert "SoundFont" in dialog.get_by_role("alert").inner_text()
        someone.errors.clear()  # the browser itself logs the refusal
        dialog.get_by_role("button", name=someone.say("fonts.remove", title="tone")).click()
        until(page, "JSON.parse(localStorage.getItem('firmus.fonts')).length === 0")


@BOTH
def test_instruments_lie_between_two(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "timbre")
        choose(someone, seen, "timbre", "morph")
        flute, cello = {"en": ("Flute", "Cello"), "zh": ("长笛", "大提琴")}[language]
        seen.get_by_label(someone.say("fields.first"), exact=True).fill(flute)
        seen.get_by_label(someone.say("fields.second"), exact=True).fill(cello)
        go(someone, "timbre")
        seen.locator("article").nth(2).wait_for(timeout=LONG)
        until(page, "[...document.querySelectorAll('article audio')].every(each => each.duration > 1)")
        until(page, "[...document.querySelectorAll('article img')].every(each => each.naturalWidth > 100)")
        with page.expect_download() as font:
            seen.locator("article").first.get_by_role("button", name=someone.say("export.sf2")).click()
        assert font.value.path().read_bytes()[8:12] == b"sfbk"
        accessible(page)


def test_the_open_piece_is_the_theme_of_a_game(person):
    with person() as someone:
        seen = use(someone, "game")
        box = seen.get_by_role("checkbox", name=someone.say("uses.game.piece"))
        assert box.is_disabled()  # nothing is open
        give(use(someone, "teach"), "tune.abc", PLAYED)
        someone.page.get_by_text("Little tune").first.wait_for()
        seen = use(someone, "game")
        box.check()
        seen.get_by_label(someone.say("fields.states")).fill("calm, danger")
        seen.get_by_label(someone.say("fields.bars")).fill("4")
        go(someone, "game")
        seen.locator("tbody tr").nth(1).wait_for(timeout=LONG)


@BOTH
def test_works_for_a_library_come_with_their_catalogue(person, language, scheme):
    with person(language, scheme=scheme) as someone:
        page = someone.page
        seen = use(someone, "batch")
        seen.get_by_label(someone.say("fields.batch.count")).fill("2")
        seen.get_by_label(someone.say("fields.bars")).fill("4")
        quickly(someone, seen)
        go(someone, "batch")
        seen.locator("tbody tr").nth(1).wait_for(timeout=LONG)
        with page.expect_download() as catalogue:
            someone.button("uses.batch.csv").click()
        lines = catalogue.value.path().read_text(encoding="utf-8-sig").splitlines()
        assert (len(lines), lines[0].split(",")[:2]) == (3, ["work", "title"])
        accessible(page)
        seen.locator(".title").first.click()
        page.get_by_role("application").wait_for()
