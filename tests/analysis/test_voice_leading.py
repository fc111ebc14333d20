"""Faults of voice leading, counted by hand."""

import pytest

from firmus.analysis.voice_leading import faults, parallel_motion
from firmus.score import Note, Part, Score


def part(*pitches, name="P", drums=False):
    notes = tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate(pitches) if pitch)
    return Part(name, notes, is_drums=drums)


def test_parallel_fifths_and_octaves_of_the_moves_in_one_direction():
    upper, lower = part(67, 69, 71, 72, 74), part(60, 62, 64, 60, 62)
    # fifth to fifth, fifth to fifth, contrary, octave to octave
    assert faults(Score((upper, lower)))["parallels"] == pytest.approx(3 / 3)
    assert faults(Score((part(67, 69, 71), part(60, 62, 67))))["parallels"] == pytest.approx(1 / 2)


def test_parallels_are_counted_by_interval():
    upper, lower = part(67, 69, 71, 72, 74, 76), part(60, 62, 67, 60, 62, 67)
    assert parallel_motion(Score((upper, lower))) == ({0: 1, 7: 1}, 4)
    assert parallel_motion(Score((upper, part(60, 0, 67, 60, 0, 67)))) == ({0: 0, 7: 0}, 0)


def test_repeated_and_contrary_motion_is_no_fault():
    assert faults(Score((part(67, 67, 69), part(60, 60, 55)))).get("parallels", 0.0) == 0.0


def test_crossings_are_counted_by_moments_in_which_both_sound():
    found = faults(Score((part(72, 72, 60, 72), part(64, 64, 65, 0))))
    assert found["crossings"] == pytest.approx(1 / 3)


def test_leaps_beyond_an_octave():
    assert faults(Score((part(60, 73, 72, 60),))) == {"leaps": pytest.approx(1 / 3)}


def test_drums_chords_and_silence_have_no_voice_leading():
    chord = Part("C", (Note(0, 480, 60), Note(0, 480, 64)))
    assert faults(Score((part(36, 60, drums=True), chord, Part("Empty")))) == {}
