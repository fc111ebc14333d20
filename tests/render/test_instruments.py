from __future__ import annotations

import pytest

from firmus.errors import FirmusError
from firmus.render import soundfont
from firmus.render.instruments import PROGRAMS, SHIPPED_PROGRAMS, instrument, played_as, program_number


def test_every_program_has_two_distinct_names_and_is_found_by_them() -> None:
    assert len(PROGRAMS) == 128
    for number, pair in enumerate(PROGRAMS):
        for name in pair:
            assert program_number(name) == number
            assert program_number(name.upper()) == number
    assert instrument(73, "zh") == "长笛"


def test_every_program_is_played_by_one_that_the_shipped_font_holds() -> None:
    held = soundfont.current().programs
    assert held == SHIPPED_PROGRAMS
    for program in range(128):
        assert played_as(program) in held
        assert soundfont.current().regions(0, played_as(program))
    assert all(played_as(program) == program for program in held)
    assert soundfont.current().regions(soundfont.DRUM_BANK, 0)


def test_another_font_plays_its_nearest() -> None:
    assert played_as(41, available={0, 44, 60}) == 44
    assert played_as(41, available={0}) == 0
    assert played_as(41, available=range(128)) == 41


@pytest.mark.parametrize(
    ("name", "number"),
    [("piano", 0), ("Violins", 40), ("french-horn", 60), ("ALTO SAX", 65), ("古筝", 107), ("77", 77), ("Strings", 48)],
)
def test_common_names_are_forgiven(name: str, number: int) -> None:
    assert program_number(name) == number


@pytest.mark.parametrize(
    ("name", "near"), [("violn", "violin"), ("fluet", "flute"), ("elctric guitar", "electric guitar")]
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(FirmusError, match=f"unknown instrument '{name}': did you mean '{near}'"):
        program_number(name)


def test_nonsense_is_refused() -> None:
    with pytest.raises(FirmusError, match="write it as"):
        program_number("qqqq")
    with pytest.raises(FirmusError, match="128"):
        instrument(128)
