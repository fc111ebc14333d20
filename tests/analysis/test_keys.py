from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmus.analysis.keys import estimate, of_chords, pitch_class_profile, simplest
from firmus.score import Chord, Key, Note, Part, Score


def tune(pitches: list[int], durations: list[int] | None = None) -> Score:
    durations = durations or [480] * len(pitches)
    starts = [sum(durations[:index]) for index in range(len(pitches))]
    notes = [Note(*values) for values in zip(starts, durations, pitches, strict=True)]
    return Score((Part("", tuple(notes)),))


# Public-domain melodies typed in by ear, in their usual keys.
ODE_TO_JOY = [
    66, 66, 67, 69, 69, 67, 66, 64, 62, 62, 64, 66, 66, 64, 64, 66, 66, 67, 69, 69, 67, 66, 64, 62,
    62, 64, 66, 64, 62, 62,
]  # fmt: skip
GREENSLEEVES = [
    69, 72, 74, 76, 77, 76, 74, 71, 67, 69, 71, 72, 69, 69, 68, 69, 71, 68, 64, 69, 72, 74, 76, 77,
    76, 74, 71, 67, 69, 71, 72, 71, 69, 68, 66, 68, 69, 69,
]  # fmt: skip
FRERE_JACQUES = [
    65, 67, 69, 65, 65, 67, 69, 65, 69, 70, 72, 69, 70, 72, 72, 74, 72, 70, 69, 65, 72, 74, 72, 70,
    69, 65, 65, 60, 65, 65, 60, 65,
]  # fmt: skip


@pytest.mark.parametrize(
    ("pitches", "key"), [(ODE_TO_JOY, "D major"), (GREENSLEEVES, "A minor"), (FRERE_JACQUES, "F major")]
)
def test_known_melodies(pitches: list[int], key: str) -> None:
    found = estimate(tune(pitches))
    assert found is not None
    assert found.key.text == key
    assert found.confidence > 0.5


@given(st.integers(0, 11), st.sampled_from([ODE_TO_JOY, GREENSLEEVES, FRERE_JACQUES]))
def test_transposing_the_music_transposes_the_key(semitones: int, pitches: list[int]) -> None:
    here, there = estimate(tune(pitches)), estimate(tune([pitch + semitones for pitch in pitches]))
    assert here is not None
    assert there is not None
    assert there.key.pitch_class == (here.key.pitch_class + semitones) % 12
    assert there.key.mode == here.key.mode
    assert there.confidence == pytest.approx(here.confidence)


def test_chromatic_music_is_uncertain() -> None:
    found = estimate(tune(list(range(60, 84))))
    clear = estimate(tune(ODE_TO_JOY))
    assert found is not None
    assert clear is not None
    assert found.confidence < 0.3 < clear.confidence


def test_too_few_notes_and_drums_have_no_key() -> None:
    assert estimate(Score()) is None
    assert estimate(tune([60, 64, 67])) is None
    drums = tuple(Note(480 * index, 240, 36) for index in range(20))
    assert estimate(Score((Part("", drums, is_drums=True),))) is None


def test_what_is_written_is_not_looked_at() -> None:
    written = Score(tune(ODE_TO_JOY).parts, keys=(Key(0, "Eb", "minor"),))
    assert estimate(written) == estimate(tune(ODE_TO_JOY))


def test_the_bass_decides_between_relatives() -> None:
    upper = tuple(Note(960 * index, 960, pitch) for index, pitch in enumerate((72, 76, 72, 76)))

    def over(bass: list[int]) -> str:
        lower = tuple(Note(960 * index, 960, pitch) for index, pitch in enumerate(bass))
        found = estimate(Score((Part("", upper), Part("", lower))))
        assert found is not None
        return found.key.text

    assert over([45, 52, 52, 45]) == "A minor"
    assert over([48, 55, 55, 48]) == "C major"


@given(st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_spelling_has_at_most_six_accidentals(tonic: int, mode: str) -> None:
    key = simplest(tonic, mode)
    assert key.pitch_class == tonic
    assert key.mode == mode
    assert -5 <= key.signature <= 6


def test_profile_is_weighted_by_duration_up_to_a_whole_note() -> None:
    profile = pitch_class_profile([Note(0, 480, 60), Note(0, 960, 64), Note(0, 480 * 50, 67)])
    assert profile[4] == pytest.approx(2 * profile[0])
    assert profile[7] == pytest.approx(4 * profile[0])
    assert sum(profile) == pytest.approx(1.0)


def test_chords_that_do_not_sound_tell_no_key() -> None:
    silent = Chord.parse("N.C.")
    assert of_chords([silent, silent]) is None
    assert of_chords([silent, *(Chord.parse(each) for each in ("Dm", "G7", "C"))]) == Key(0, "C")
