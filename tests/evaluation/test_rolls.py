"""Statistics of rolls made by hand, whose answers are known."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from firmus.evaluation import rolls
from firmus.tokens.band import CELLS, NAMES, SOUNDING, STRUCK

DRUMS, BASS, GUITAR, KEYS, STRINGS = range(5)


def blank(count: int = 1, steps: int = 64) -> np.ndarray:
    return np.zeros((count, steps, CELLS + 1), int)


def play(values: np.ndarray, part: int, pitch: int, start: int, length: int = 1, window: int = 0) -> None:
    """Add a note."""
    values[window, start, 128 * part + pitch] = STRUCK
    if part != DRUMS:
        values[window, start + 1 : start + length, 128 * part + pitch] = SOUNDING


def test_empty_bars() -> None:
    values = blank(2)
    play(values, BASS, 40, 14, 4)  # reaches into the second bar
    play(values, DRUMS, 36, 63, window=1)
    assert rolls.empty_bars(values).tolist() == [7 / 8, 6 / 8, 1, 1, 1]
    assert rolls.empty_bars(values, bar=12)[DRUMS] == 1  # the last bar is not full, and left out


def test_pitch_classes_of_bars_that_are_played() -> None:
    values = blank()
    for start, pitch in ((0, 60), (4, 72), (8, 64)):  # C, C, E
        play(values, KEYS, pitch, start, 4)
    play(values, KEYS, 67, 16, 4)
    assert rolls.pitch_classes(values)[KEYS - 1] == 1.5
    assert np.isnan(rolls.pitch_classes(values)[GUITAR - 1])


def test_a_note_is_qualified_that_lasts() -> None:
    values = blank()
    play(values, BASS, 40, 0, 1)
    play(values, BASS, 40, 1, 2)  # struck again at once: two notes
    play(values, BASS, 43, 8, 4)
    assert rolls.onsets(values).sum() == 3
    assert rolls.qualified_notes(values)[BASS - 1] == pytest.approx(2 / 3)
    assert rolls.qualified_notes(values, least=3)[BASS - 1] == pytest.approx(1 / 3)
    play(values, BASS, 50, 63, 1)  # nobody knows how long
    assert rolls.qualified_notes(values)[BASS - 1] == pytest.approx(2 / 3)


def test_a_note_begins_where_it_sounds_without_having_been_struck() -> None:
    values = blank()
    values[0, 5:8, 128 * GUITAR + 60] = SOUNDING
    assert np.argwhere(rolls.onsets(values)[0]).tolist() == [[5, GUITAR, 60]]


def test_drums_on_eighths_and_in_sixteenths() -> None:
    values = blank(steps=16)
    for step in range(0, 16, 2):
        play(values, DRUMS, 42, step)
    assert rolls.drum_patterns(values) == 1
    play(values, DRUMS, 38, 3)
    assert rolls.drum_patterns(values) == pytest.approx(8 / 9)
    for step in range(1, 16, 2):
        play(values, DRUMS, 42, step)  # now a bar of sixteenths
    assert rolls.drum_patterns(values) == 1
    assert np.isnan(rolls.drum_patterns(blank()))


def test_polyphony_and_notes_in_a_bar() -> None:
    values = blank()
    for pitch in (60, 64, 67):
        play(values, KEYS, pitch, 0, 4)
    play(values, KEYS, 72, 20, 4)
    assert rolls.polyphony(values)[KEYS] == 2  # four steps of three, four of one
    assert rolls.notes_per_bar(values)[KEYS] == 2
    assert np.isnan(rolls.polyphony(values)[BASS])


def test_tonal_distance() -> None:
    same, fifth, tritone = (np.zeros((1, 16, CELLS + 1), int) for _ in range(3))
    for values, pitch in ((same, 60), (fifth, 67), (tritone, 66)):
        play(values, BASS, 36, 0, 16)
        play(values, GUITAR, pitch, 0, 4)  # one quarter in which both sound
    found = [rolls.tonal_distance(values)[0] for values in (same, fifth, tritone)]
    assert found[0] == 0
    angles = np.array([7 * np.pi * 7 / 6, 7 * np.pi * 3 / 2, 7 * np.pi * 2 / 3])
    wanted = np.sqrt((np.array([1, 1, 0.5]) ** 2 * (2 - 2 * np.cos(angles))).sum())
    assert found[1] == pytest.approx(wanted)
    assert found[2] > found[1]
    assert np.isnan(rolls.tonal_distance(same)[1:]).all()


def test_tonal_distance_does_not_depend_on_key_or_loudness() -> None:
    one, other = blank(), blank()
    for values, shift in ((one, 0), (other, 5)):
        for pitch in (60, 64, 67):
            play(values, KEYS, pitch + shift, 0, 8)
        play(values, BASS, 33 + shift, 0, 8)
    play(other, BASS, 45 + 5, 0, 8)  # the same tone an octave above
    assert rolls.tonal_distance(one)[1] == pytest.approx(rolls.tonal_distance(other)[1])


def test_errors_are_relative() -> None:
    reference, generated = blank(), blank()
    for start in (0, 16):
        play(reference, BASS, 40, start, 4)
        play(generated, BASS, 40, start, 4)
    play(generated, BASS, 43, 4, 1)
    play(generated, BASS, 43, 8, 1)
    found = rolls.errors(generated, reference)
    assert set(found) == set(rolls.statistics(reference))
    assert found["empty bars, Bass"] == 0
    assert found["notes in a bar, Bass"] == 1
    assert found["qualified notes, Bass"] == 0.5
    assert np.isnan(found["polyphony, Guitar"])
    assert sum(name.startswith("empty bars") for name in found) == len(NAMES)


def test_a_collapsed_generator_is_seen() -> None:
    generator = np.random.default_rng(0)
    varied = blank(30)
    for window in range(30):
        for start in range(0, 64, 4):
            play(varied, STRINGS, int(generator.integers(50, 80)), start, 4, window)
    same = np.repeat(varied[:1], 30, axis=0)
    assert rolls.pairwise_distance(same, generator) == 0
    assert rolls.pairwise_distance(varied, generator) > 0.9


def test_silence_is_measured_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rolls.statistics(blank(3))
    assert found["empty bars, Drums"] == 1
    assert np.isnan(found["tonal distance, Bass and Keys"])
    assert np.isnan(rolls.pairwise_distance(blank(3), np.random.default_rng(0)))


def test_what_is_on_average_between_two_sets_is_between() -> None:
    generator = np.random.default_rng(2)
    cells = np.where(generator.random((8, 64, CELLS + 1)) < 0.03, STRUCK, 0)
    whole = rolls.statistics(cells)
    halves = [rolls.statistics(each) for each in (cells[:4], cells[4:])]
    for name in ("empty bars, Bass", "drum patterns, Drums", "tonal distance, Guitar and Keys"):
        low, high = sorted(each[name] for each in halves)
        assert low - 1e-9 <= whole[name] <= high + 1e-9
