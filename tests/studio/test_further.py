"""Further requests: an exact duration, another part, the way to another version; what is open stays as it is."""

import re

import pytest


def choices(someone, words):
    """The choice beside a button."""
    return someone.page.locator(".row", has=someone.button(words)).locator("select")


def seconds(piece):
    """How long a piece with one tempo lasts."""
    (tempo,) = piece["tempi"]
    return piece["end"] / 480 * 60 / tempo["bpm"]


@pytest.mark.parametrize(("language", "time", "target"), [("en", "1:10", 70), ("zh", "20", 20)])
def test_a_piece_is_made_to_last_exactly(person, language, time, target):
    with person(language) as someone:
        someone.begin("folk")
        given, before = someone.notes(), someone.piece()
        someone.page.get_by_placeholder("1:30").fill(time)
        someone.button("further.duration").click()
        someone.button("ask.accept").click()
        someone.saved()
        after = someone.piece()
        assert seconds(after) == pytest.approx(target, abs=1e-6)
        assert abs(after["tempi"][0]["bpm"] - before["tempi"][0]["bpm"]) < 0.1 * before["tempi"][0]["bpm"]
        kept = min(before["end"], after["end"] - 2 * 1920)
        assert [note for note in someone.notes() if note[1] < kept] == [note for note in given if note[1] < kept]
        assert someone.notes()[-1][1] >= kept
        someone.page.keyboard.press("Control+z")
        someone.saved()
        assert someone.notes() == given  # tempo and notes are undone in one step


def test_a_little_is_made_up_by_the_tempo_alone(person):
    with person() as someone:
        someone.begin("folk")
        before, now = someone.notes(), seconds(someone.piece())
        someone.page.get_by_placeholder("1:30").fill(f"{now + 0.5:.3f}")
        someone.button("further.duration").click()
        someone.page.get_by_role("alert").filter(has_text="The tempo alone").wait_for()
        someone.saved()
        assert seconds(someone.piece()) == pytest.approx(now + 0.5, abs=1e-3)
        assert someone.notes() == before


def test_what_is_locked_is_not_cut_off(person):
    with person() as someone:
        someone.begin("folk")
        someone.cell(0, someone.place(someone.piece()["end"] - 1)).click()
        someone.button("ask.lock").click()
        someone.page.get_by_placeholder("1:30").fill("10")
        someone.button("further.duration").click()
        someone.page.get_by_role("alert").filter(has_text="locked").wait_for()


def test_another_part_is_composed_in_one_step(person):
    with person() as someone:
        someone.begin()
        given = someone.notes()
        choices(someone, "further.part").select_option("Cello")
        someone.button("further.part").click()
        someone.button("ask.accept").click()
        someone.saved()
        *others, cello = someone.piece()["parts"]
        assert (len(others), cello["name"], cello["program"]) == (4, "Cello", 42)
        assert len(cello["notes"]["pitch"]) > 8
        assert [note for note in someone.notes() if note[0] < 4] == given
        someone.page.keyboard.press("Control+z")
        someone.saved()
        assert len(someone.piece()["parts"]) == 4


def test_the_way_to_another_version_is_gone_in_steps(person):
    with person() as someone:
        page = someone.page
        someone.begin()
        given = someone.notes()
        page.keyboard.press("Control+s")
        someone.select((0, 0), (0, 3))
        page.locator(".right input[type=range]").fill("1")
        someone.button("ask.vary").click()
        someone.button("ask.accept").click()
        someone.saved()
        varied = someone.notes()
        versions = choices(someone, "further.interpolate")
        versions.locator("optgroup option").first.wait_for(state="attached")
        versions.select_option(index=1)
        someone.button("further.interpolate").click()
        page.get_by_text(re.compile("of the way")).first.wait_for()
        someone.button("ask.accept").click()
        someone.saved()
        between = someone.notes()
        outside = [note for note in given if note[0] > 0 or note[1] >= 4 * 1920]
        assert [note for note in between if note[0] > 0 or note[1] >= 4 * 1920] == outside
        assert between not in (given, varied)


def test_takes_that_are_judged_are_gone_between_too(person):
    with person() as someone:
        page = someone.page
        someone.begin()
        given = someone.notes()
        someone.select((3, 2), (3, 5))
        someone.ask()
        choices(someone, "further.interpolate").select_option(someone.say("ask.before"))
        someone.button("further.interpolate").click()
        page.get_by_text(re.compile("of the way")).first.wait_for()
        someone.button("ask.accept").click()
        someone.saved()
        changed = set(given) ^ set(someone.notes())
        assert {(part, someone.place(start)) for part, start, *_ in changed} <= {(3, bar) for bar in range(2, 6)}
