from __future__ import annotations

import json

import pytest

from firmus.analysis import features
from firmus.score import Chord, Key, Meter, Note, Part, Score, Tempo


@pytest.fixture
def score() -> Score:
    soprano = Part("Soprano", tuple(Note(480 * index, 480, 60 + index) for index in range(8)), program=52)
    bass = Part("Bass", (Note(0, 1920, 48), Note(1920, 960, 43)), program=33)
    drums = Part("Drums", tuple(Note(240 * index, 60, 38) for index in range(12)), is_drums=True)
    return Score((soprano, bass, drums), meters=(Meter(0, 3, 4),), tempi=(Tempo(0, 60), Tempo(1920, 120)), pickup=480)


def test_ranges_leave_drums_and_silence_out(score: Score) -> None:
    assert [features.range_of(part) for part in score.parts] == [(60, 67), (43, 48), None]
    assert features.range_of(Part("Empty")) is None


def test_density_counts_all_notes_over_the_whole_length(score: Score) -> None:
    assert features.density(score) == pytest.approx((8 + 2 + 12) / 8)
    assert features.density(score.parts[1]) == pytest.approx(2 / 6)
    assert features.density(Score(end=1920)) == 0.0


def test_polyphony_is_measured_where_anything_sounds(score: Score) -> None:
    assert features.polyphony(score) == pytest.approx((8 + 6) / 8)
    gap = Part("", (Note(0, 480, 60), Note(4800, 480, 62)))
    assert features.polyphony(gap) == pytest.approx(1.0)
    assert features.polyphony(score.parts[2]) == 0.0


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([(0, 480, 60), (480, 480, 62)], True),
        ([(0, 520, 60), (480, 480, 62)], True),  # legato
        ([(0, 960, 60), (480, 480, 62)], False),
        ([(0, 10, 60), (0, 10, 64)], False),  # a chord, however short
        ([(0, 2000, 60), (480, 10, 62), (600, 10, 64)], False),
        ([], True),
    ],
)
def test_monophony(notes: list[tuple[int, int, int]], expected: bool) -> None:
    assert features.is_monophonic(Part("", tuple(Note(*note) for note in notes))) is expected


def test_scale_share(score: Score) -> None:
    chromatic = Score(score.parts[:1])  # C to G: C D E F G are in C major
    assert features.scale_share(chromatic, Key(0, "C")) == pytest.approx(5 / 8)
    assert features.scale_share(Score(score.parts[2:]), Key(0, "C")) == 1.0


def test_length_follows_the_tempi(score: Score) -> None:
    assert features.duration_seconds(score) == pytest.approx(4.0 + 2.0)


def test_pitches_are_spelled_by_the_key() -> None:
    assert features.pitch_name(0) == "C-1"
    assert features.pitch_name(61, Key(0, "Db")) == "Db4"
    assert features.pitch_name(61, Key(0, "D")) == "C#4"


def test_summary_is_plain_and_complete(score: Score) -> None:
    found = features.summary(score)
    assert json.loads(json.dumps(found)) == found
    assert found["bars"] == 3  # and a pickup
    assert (found["meter"], found["tempo"], found["tempi"]) == ("3/4", 60.0, 2)
    assert found["key_is_estimated"] is True
    assert [part["range"] for part in found["parts"]] == [["C4", "G4"], ["G2", "C3"], None]
    assert [part["is_monophonic"] for part in found["parts"]] == [True, True, True]
    written = features.summary(Score(score.parts, keys=(Key(0, "Eb"),), chords=(Chord(0, "C"),)))
    assert (written["key"], written["key_is_estimated"]) == ("Eb major", False)
    assert features.summary(Score())["key"] is None
