"""The piano roll under the hand: notes are written, moved, lengthened, selected and copied."""

import pytest

from firmus.formats import json as firmus_json
from firmus.score import Note, Part, Score

GUTTER = 56


@pytest.fixture
def roll(person, tmp_path):
    """A piece of one note, E4 at the third quarter, in the roll; and where ticks and pitches are on the screen."""
    path = tmp_path / "note.json"
    score = Score((Part("Flute", (Note(960, 480, 64),), 73), Part("Cello", (Note(0, 1920, 48),), 42)), end=4 * 1920)
    path.write_bytes(firmus_json.write(score))
    with person() as someone:
        page = someone.page
        page.locator(".starters input[type=file]").set_input_files(path)
        roll = page.get_by_role("application")
        roll.wait_for()
        someone.saved()
        box = roll.bounding_box()
        low, high = 48, 64  # as the page fits a piece
        row = min(max(box["height"] // (high - low + 4), 5), 18)
        top = max(high + (box["height"] / row - (high - low + 1)) / 2, box["height"] / row - 1)
        scale = min(max((box["width"] - GUTTER - 16) / (4 * 1920), 0.045), 0.35)

        def at(tick, pitch):
            return box["x"] + GUTTER + tick * scale, box["y"] + (top - pitch + 0.5) * row

        yield someone, at


def test_notes_are_written_and_erased(roll):
    someone, at = roll
    someone.page.mouse.click(*at(2000, 67))
    assert someone.notes(0) == [(0, 960, 480, 64, 80), (0, 1920, 240, 67, 80)]
    someone.page.mouse.dblclick(*at(2040, 67))
    assert someone.notes(0) == [(0, 960, 480, 64, 80)]


def test_a_note_is_moved_by_the_grid_and_lengthened_at_its_edge(roll):
    someone, at = roll
    mouse = someone.page.mouse
    mouse.move(*at(1200, 64))
    mouse.down()
    mouse.move(*at(1200 + 500, 66), steps=4)
    mouse.up()
    assert someone.notes(0) == [(0, 960 + 480, 480, 66, 80)]
    mouse.move(*at(1440 + 470, 66))
    mouse.down()
    mouse.move(*at(1440 + 470 + 260, 66), steps=4)
    mouse.up()
    assert someone.notes(0) == [(0, 1440, 720, 66, 80)]
    someone.page.keyboard.press("Control+z")  # a drag is one step
    someone.page.keyboard.press("Control+z")
    assert someone.notes(0) == [(0, 960, 480, 64, 80)]


def test_notes_are_selected_with_a_box_copied_and_changed_together(roll):
    someone, at = roll
    page = someone.page
    page.mouse.click(*at(2000, 67))
    page.keyboard.press("2")
    page.mouse.move(*at(700, 70))
    page.mouse.down()
    page.mouse.move(*at(3000, 60), steps=4)
    page.mouse.up()
    assert page.locator("#roll-note").inner_text() == someone.say("roll.count", count=2)
    page.keyboard.press("Control+d")
    assert someone.notes(0)[2:] == [(0, 2160, 480, 64, 80), (0, 3120, 240, 67, 80)]
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowRight")
    assert someone.notes(0)[2:] == [(0, 2400, 480, 76, 85), (0, 3360, 240, 79, 85)]
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    assert someone.notes(0) == []
    assert len(someone.notes(1)) == 1


def test_velocities_are_drawn(roll):
    someone, at = roll
    lane = someone.page.get_by_label(someone.say("roll.velocityAbout")).bounding_box()
    someone.page.mouse.click(at(960, 0)[0] + 1, lane["y"] + 7)
    assert someone.notes(0) == [(0, 960, 480, 64, 111)]


def test_zooming_shows_more(roll):
    someone, at = roll
    page = someone.page
    page.mouse.move(*at(960, 64))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.mouse.click(*at(960, 67))  # what was under the pointer is still there
    assert someone.notes(0)[0][1:4] == (960, 240, 67)
