"""How near a stretch comes to the original, counted by hand."""

import pytest
from hypothesis import given, settings

from firmus.evaluation import reconstruction
from firmus.score import Note, Part, Score
from strategies import scores


def of(*notes, drums=False):
    return Score((Part("", tuple(Note(*each) for each in notes), is_drums=drums),))


ORIGINAL = of((0, 480, 60), (480, 480, 62), (960, 960, 64))


def test_notes_are_right_in_onset_and_pitch():
    assert reconstruction.note_f1(of((0, 240, 60), (480, 240, 62), (960, 240, 65)), ORIGINAL) == pytest.approx(2 / 3)
    assert reconstruction.note_f1(of((0, 480, 60)), ORIGINAL) == pytest.approx(0.5)
    assert reconstruction.note_f1(of((240, 480, 60)), ORIGINAL) == 0.0


def test_rhythm_is_compared_by_place_in_the_bar():
    another_bar = of((1920, 480, 60), (2400, 480, 62), (2880, 960, 64))
    assert reconstruction.rhythm_distance(another_bar, Score(ORIGINAL.parts, end=3840)) == 0.0
    assert reconstruction.rhythm_distance(of((0, 480, 60), (240, 480, 62)), ORIGINAL) == pytest.approx(2 / 3)


def test_pitch_classes_are_compared_by_how_long_they_sound():
    assert reconstruction.pitch_class_distance(of((0, 960, 76), (960, 480, 48), (1440, 480, 50)), ORIGINAL) == 0.0
    assert reconstruction.pitch_class_distance(of((0, 480, 64)), ORIGINAL) == 0.5


def test_drums_are_no_pitch_classes():
    kick, octave = of((0, 60, 36), drums=True), of((0, 60, 48), drums=True)
    assert reconstruction.pitch_class_distance(kick, octave) == 1.0
    assert reconstruction.pitch_class_distance(kick, of((0, 60, 36), (480, 60, 36), drums=True)) == 0.0


def test_an_empty_side_has_nothing_in_common():
    assert reconstruction.compare(of(), ORIGINAL) == {
        "note F1": 0.0,
        "rhythm distance": 1.0,
        "pitch-class distance": 1.0,
    }


@settings(max_examples=30, deadline=None)
@given(scores(), scores())
def test_the_original_is_nearest_to_itself(one, other):
    one = Score(one.parts, one.meters, pickup=one.pickup, end=one.end)
    assert reconstruction.compare(one, one)["note F1"] == 1.0
    assert reconstruction.compare(one, one)["rhythm distance"] == 0.0
    if len(one.parts) == len(other.parts):
        assert 0 <= reconstruction.compare(other, one)["note F1"] <= 1
