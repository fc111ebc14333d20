from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmus.errors import FirmusError
from firmus.render import roll
from firmus.score import Chord, Meter, Note, Part, Score, Section

SVG = "{http://www.w3.org/2000/svg}"


def rects(svg: str, name: str = "note") -> list[dict[str, str]]:
    root = ElementTree.fromstring(svg)
    return [element.attrib for element in root.iter(f"{SVG}rect") if element.get("class") == name]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture
def score() -> Score:
    lead = tuple(Note(480 * index, 480, 60 + index % 12, 1 + index * 3) for index in range(32))
    drums = tuple(Note(240 * index, 60, 42 if index % 2 else 36) for index in range(64))
    return Score(
        (Part("Lead <1>", lead, program=73), Part("Kit", drums, is_drums=True)),
        chords=(Chord(0, "G", "m7"), Chord(1920, "C")),
        sections=(Section(0, "A"), Section(7680, "B")),
        title='春江 & "Moon" <x>',
        composer="Anon.",
    )


def test_every_note_is_one_rectangle(score: Score) -> None:
    drawn = rects(roll.svg(score))
    assert len(drawn) == 32 + 64
    assert {each["fill"] for each in drawn} == set(roll.COLOURS[:2])


def test_time_goes_right_and_pitch_goes_up(score: Score) -> None:
    drawn = rects(roll.svg(replace(score, parts=score.parts[:1]), bars_per_row=8))[:12]
    places = [(float(each["x"]), float(each["y"])) for each in drawn]
    assert places == sorted(places, key=lambda place: place[0])
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)
    opacities = [float(each["fill-opacity"]) for each in drawn]
    assert opacities == sorted(opacities)
    assert opacities[0] < opacities[-1]


def test_titles_chords_sections_drums_and_bars_are_written(score: Score) -> None:
    written = texts(roll.svg(score))
    for text in (score.title, "Anon.", "Lead <1> (Flute)", "Kit (Drums)", "Gm7", "C", "A", "B", "C4", "C5"):
        assert text in written
    assert {"Bass Drum", "Closed Hi-hat"} <= set(written)
    assert {str(number) for number in range(1, 9)} <= set(written)
    chinese = texts(roll.svg(score, language="zh"))
    assert "Lead <1> (长笛)" in chinese
    assert "闭镲" in chinese


def test_bars_a_row_are_obeyed_and_a_pickup_goes_with_the_first(score: Score) -> None:
    assert len(re.findall("<g transform", roll.svg(score, bars_per_row=3))) == 3
    upbeat = replace(score, pickup=480, meters=(Meter(0, 4, 4),))
    assert len(re.findall("<g transform", roll.svg(upbeat, bars_per_row=8))) == 1


def test_a_note_over_the_end_of_a_row_goes_on_in_the_next() -> None:
    score = Score((Part("", (Note(960, 1920, 60),)),))
    drawn = rects(roll.svg(score, bars_per_row=1))
    assert len(drawn) == 2
    assert float(drawn[0]["x"]) > 0
    assert float(drawn[1]["x"]) == 0


def test_what_was_composed_is_highlighted(score: Score) -> None:
    picture = roll.svg(score, highlight=[(1920, 3840, 0), (2880, 4800, 1)], bars_per_row=8)
    assert len(rects(picture, "highlight")) == 1
    assert sum("stroke" in each for each in rects(picture)) == 4 + 8
    assert "composed by Firmus" in texts(picture)


def test_an_empty_score_is_an_empty_grid() -> None:
    picture = roll.svg(Score())
    assert not rects(picture)
    assert "1" in texts(picture)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 10}, "width 10 must be 300"),
        ({"bars_per_row": 0}, "0 bars a row"),
        ({"highlight": [(0, 10, 2)]}, "name a part from 0 to 1"),
        ({"highlight": [(10, 10, 0)]}, "end after its start"),
    ],
)
def test_impossible_values_are_refused(score: Score, arguments: dict, message: str) -> None:
    with pytest.raises(FirmusError, match=message):
        roll.svg(score, **arguments)


def test_it_can_be_drawn(score: Score) -> None:
    data = roll.png(roll.svg(score), 700)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big") == 700
    with pytest.raises(FirmusError, match="cannot be drawn"):
        roll.png("<svg")
    with pytest.raises(FirmusError, match="16 to 20,000"):
        roll.png(roll.svg(score), 1)


notes = st.builds(Note, st.integers(0, 9000), st.integers(1, 4000), st.integers(0, 127), st.integers(1, 127))
parts = st.builds(Part, st.text(max_size=8), st.lists(notes, max_size=12).map(tuple), is_drums=st.booleans())


@given(
    st.lists(parts, max_size=4).map(tuple),
    st.sampled_from([(4, 4), (6, 8), (7, 16), (1, 64)]),
    st.sampled_from([0, 20]),
    st.text(max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_any_score_gives_valid_svg_that_holds_every_note(
    some_parts: tuple[Part, ...], meter: tuple[int, int], pickup: int, title: str
) -> None:
    score = Score(some_parts, meters=(Meter(0, *meter),), pickup=pickup, title=title)
    picture = roll.svg(score)
    assert len(rects(picture)) >= sum(len(part.notes) for part in some_parts)
    width = float(ElementTree.fromstring(picture).get("width") or 0)
    for each in rects(picture):
        assert float(each["x"]) >= -0.1
        assert roll.MARGIN + roll.KEYS_WIDTH + float(each["x"]) + float(each["width"]) <= width - roll.MARGIN + 9
