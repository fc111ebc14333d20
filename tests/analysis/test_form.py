"""Sections read off the notes."""

from __future__ import annotations

import random

import pytest

from firmus.analysis import form
from firmus.score import Note, Part, Score


def tune(letters: str, bars: int = 8, pickup: int = 0) -> Score:
    generator = random.Random(3)
    content = {letter: [generator.choice(range(60, 80)) for _ in range(4 * bars)] for letter in sorted(set(letters))}
    pitches = [pitch for letter in letters for pitch in content[letter]]
    notes = tuple(Note(pickup + 480 * place, 480, pitch) for place, pitch in enumerate(pitches))
    before = (Note(0, pickup, 60),) if pickup else ()
    return Score((Part("", before + notes),), pickup=pickup)


@pytest.mark.parametrize("letters", ["AABA", "ABA", "ABAC", "ABCD", "AA"])
def test_what_comes_back_has_its_letter_again(letters):
    assert "".join(section.label for section in form.sections(tune(letters))) == letters


def test_sections_are_counted_from_the_first_full_bar():
    assert [section.start for section in form.sections(tune("AB", pickup=480))] == [480, 480 + 8 * 1920]


def test_a_short_piece_has_short_sections_and_a_fragment_none():
    assert [section.start for section in form.sections(tune("AB", bars=4))] == [0, 4 * 1920]
    assert form.sections(tune("A", bars=3)) == ()
