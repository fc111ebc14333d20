"""Planted copies are found, also transposed; what differs by one note is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firmus.analysis.copying import Memory, windows
from firmus.score import Meter, Note, Part, Score


def melody(seed: int, bars: int = 8, low: int = 60) -> tuple[Note, ...]:
    """Quarters and eighths at random."""
    generator = np.random.default_rng(seed)
    notes, at = [], 0
    while at < bars * 1920:
        length = int(generator.choice([240, 480]))
        notes.append(Note(at, min(length, bars * 1920 - at), low + int(generator.integers(0, 13))))
        at += length
    return tuple(notes)


def moved(notes: tuple[Note, ...], ticks: int = 0, semitones: int = 0) -> tuple[Note, ...]:
    return tuple(replace(note, start=note.start + ticks, pitch=note.pitch + semitones) for note in notes)


def within(notes: tuple[Note, ...], first: int, last: int) -> tuple[Note, ...]:
    """Notes of bars first to last, counted from 0, last not among them."""
    return tuple(note for note in notes if first * 1920 <= note.start < last * 1920)


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory(Score((Part("", melody(seed, 16)),)) for seed in range(40))


@pytest.mark.parametrize("length", [1, 2, 4, 8])
def test_training_music_is_all_copied(memory: Memory, length: int) -> None:
    found, every = memory.copied(Score((Part("", melody(7, 16)),)), length)
    assert found == every == 17 - length


@pytest.mark.parametrize("length", [2, 4, 8])
def test_other_music_is_not(memory: Memory, length: int) -> None:
    assert memory.copied(Score((Part("", melody(1000, 16)),)), length) == (0, 17 - length)


@pytest.mark.parametrize("semitones", [0, 5, -7])
@pytest.mark.parametrize("second_part", [False, True])
def test_a_planted_copy_is_found_in_any_key_and_part(memory: Memory, semitones: int, second_part: bool) -> None:
    planted = moved(within(melody(7, 16), 3, 8), 2 * 1920, semitones)  # five bars, now from bar 5 on
    own = tuple(note for note in melody(1000, 16) if not 5 * 1920 <= note.start < 10 * 1920)
    line = Part("", own + planted)
    score = Score((Part("", melody(1001, 16)), line) if second_part else (line,))
    found, every = memory.copied(score, 4)
    assert found == 2
    assert every == (26 if second_part else 13)
    assert memory.copied(score, 8)[0] == 0


def test_one_other_note_rhythm_or_length_is_no_copy(memory: Memory) -> None:
    copy = within(melody(7, 16), 0, 4)
    assert memory.copied(Score((Part("", copy),)), 4) == (1, 1)
    for changed in (
        replace(copy[5], pitch=copy[5].pitch + 1),
        replace(copy[5], start=copy[5].start + 60),
        replace(copy[5], duration=copy[5].duration // 2),
    ):
        assert memory.copied(Score((Part("", (*copy[:5], changed, *copy[6:])),), end=4 * 1920), 4) == (0, 1)


def test_a_bar_later_in_the_bar_is_no_copy(memory: Memory) -> None:
    copy = Score((Part("", moved(within(melody(7, 16), 0, 5), 480)),))
    assert memory.copied(copy, 4)[0] == 0


def test_the_upper_line_counts_in_chords(memory: Memory) -> None:
    upper = melody(7, 4, low=60)
    lower = tuple(replace(note, pitch=40) for note in upper)
    alone, together = Score((Part("", upper),)), Score((Part("", upper + lower),))
    assert (windows(alone, 2) == windows(together, 2)).all()


def test_drums_are_apart_and_not_transposed(memory: Memory) -> None:
    beat = tuple(Note(240 * index, 120, (36, 42, 38, 42)[index % 4]) for index in range(32))
    drums = Score((Part("", beat, is_drums=True),))
    other = Score((Part("", moved(beat, 0, 1), is_drums=True),))
    known = Memory([drums])
    assert known.copied(drums, 4) == (0, 0)
    assert known.copied(drums, 4, drums=True) == (1, 1)
    assert known.copied(other, 4, drums=True) == (0, 1)


def test_rests_and_long_notes_say_nothing() -> None:
    held = Score((Part("", tuple(Note(1920 * index, 1920, 60) for index in range(8))),))
    assert len(windows(held, 4)) == 0
    assert len(windows(Score(), 1)) == 0


def test_pickups_and_meters_count_by_bars() -> None:
    line = moved(melody(3, 4), 480)
    score = Score((Part("", (Note(0, 240, 60), Note(240, 240, 60), *line)),), pickup=480, meters=(Meter(0, 4, 4),))
    assert Memory([Score((Part("", melody(3, 4)),))]).copied(score, 4) == (1, 2)
