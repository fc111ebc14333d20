"""Sections read off the notes."""

from __future__ import annotations

import random

import pytest

from firmus.analysis import form
from firmus.score import Note, Part, Score

LENGTHS = {"A": 7, "B": 5, "C": 9}


def tune(letters: str, bars: int = 8, pickup: int = 0) -> Score:
    generator = random.Random(3)
    content = {letter: [generator.choice(range(60, 80)) for _ in range(4 * bars)] for letter in sorted(set(letters))}
    pitches = [pitch for letter in letters for pitch in content[letter]]
    notes = tuple(Note(pickup + 480 * place, 480, pitch) for place, pitch in enumerate(pitches))
    before = (Note(0, pickup, 60),) if pickup else ()
    return Score((Part("", before + notes),), pickup=pickup)


@pytest.mark.parametrize("letters", ["AABA", "ABA", "ABAC", "AA", "AABB", "ABACA"])
def test_what_comes_back_has_its_letter_again(letters):
    assert "".join(section.label for section in form.sections(tune(letters))) == letters


def test_sections_have_any_length():
    generator = random.Random(5)
    content = {letter: [generator.choice(range(60, 80)) for _ in range(4 * bars)] for letter, bars in LENGTHS.items()}
    pitches = [pitch for letter in "AABCBA" for pitch in content[letter]]
    found = form.sections(Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),)))
    assert "".join(section.label for section in found) == "AABCBA"
    assert [section.start // 1920 for section in found] == [0, 7, 14, 19, 28, 33]


def test_what_comes_back_a_little_changed_comes_back():
    generator = random.Random(8)
    line = [generator.choice(range(60, 80)) for _ in range(32)]
    changed = [pitch + (generator.random() < 0.2) for pitch in line]
    middle = [generator.choice(range(60, 80)) for _ in range(32)]
    notes = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line + middle + changed))
    assert "".join(section.label for section in form.sections(Score((Part("", notes),)))) == "ABA"


def test_sections_are_counted_from_the_first_full_bar():
    assert [section.start for section in form.sections(tune("ABA", pickup=480))] == [
        480 + 8 * 1920 * place for place in range(3)
    ]


def test_a_piece_of_which_nothing_returns_is_one_section_and_a_fragment_has_none():
    assert [section.label for section in form.sections(tune("ABCD"))] == ["A"]
    assert form.sections(tune("A", bars=3)) == ()


def test_a_lead_in_is_no_section():
    content = tune("ABA").parts[0].notes
    later = tuple(Note(note.start + 1920, note.duration, note.pitch) for note in content)
    found = form.sections(Score((Part("", (Note(960, 960, 50), *later)),)))
    assert [section.start // 1920 for section in found] == [1, 9, 17]


def test_a_short_middle_that_shares_a_few_notes_with_what_precedes_it_is_new():
    generator = random.Random(11)
    line = [generator.choice(range(60, 72)) for _ in range(16)]
    middle = [pitch if place % 2 == 0 else pitch + 1 for place, pitch in enumerate(line)]
    notes = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line + line + middle + line))
    assert "".join(section.label for section in form.sections(Score((Part("", notes),)))) == "AABA"
