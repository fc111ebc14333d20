"""Measures of cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from firmus.evaluation import distribution
from firmus.score import Meter, Note, Part, Score

MAJOR = (60, 62, 64, 65, 67, 69, 71)


def score(pitches: list[int], step: int = 480, is_drums: bool = False, **more: object) -> Score:
    """One part, one note after the other."""
    notes = tuple(Note(step * index, step, pitch) for index, pitch in enumerate(pitches))
    return Score((Part("", notes, is_drums=is_drums),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pitches", "bits"), [([60] * 8, 0), ([60, 67], 1), (list(range(60, 72)), np.log2(12)), ([60, 72, 48, 67], 0.8113)]
)
def test_entropy(pitches: list[int], bits: float) -> None:
    assert distribution.pitch_class_entropy(score(pitches)) == pytest.approx(bits, abs=1e-4)


@pytest.mark.parametrize("shift", range(12))
def test_a_scale_is_consistent_in_every_key(shift: int) -> None:
    assert distribution.scale_consistency(score([pitch + shift for pitch in MAJOR])) == 1
    assert distribution.scale_consistency(score([pitch + shift for pitch in (*MAJOR, 61)])) == pytest.approx(7 / 8)


def test_drums_have_no_pitch() -> None:
    drums = score([36, 38, 36, 38], is_drums=True)
    assert np.isnan(distribution.pitch_class_entropy(drums))
    assert np.isnan(distribution.scale_consistency(drums))
    assert distribution.groove_consistency(score([36, 38] * 8, is_drums=True)) == 1


def test_groove_is_a_hamming_distance_and_depends_on_the_resolution() -> None:
    even = tuple(Note(480 * index, 120, 60) for index in range(4))
    late = tuple(Note(1920 + start, 120, 60) for start in (0, 480, 960, 1560))
    both = Score((Part("", even + late),))
    assert distribution.groove_consistency(both, 4) == pytest.approx(1 - 2 / 16)
    assert distribution.groove_consistency(both, 12) == pytest.approx(1 - 2 / 48)


def test_groove_skips_pickups_and_unequal_bars() -> None:
    notes = [Note(0, 240, 60), *(Note(480 + 480 * index, 480, 60) for index in range(4))]
    assert np.isnan(distribution.groove_consistency(Score((Part("", tuple(notes)),), pickup=480)))
    meters = (Meter(0, 4, 4), Meter(1920, 3, 4))
    assert np.isnan(distribution.groove_consistency(score([60] * 7, meters=meters)))
    assert distribution.groove_consistency(score([60] * 10, meters=meters)) == 1


def test_features_of_a_scale() -> None:
    found = distribution.features(score(list(MAJOR)))
    assert found["pitches"] == 7
    assert found["range"] == 11
    assert found["interval"] == pytest.approx(11 / 6)
    assert found["onset interval"] == 1
    assert found["lengths"].sum() == pytest.approx(1)
    assert found["lengths"].max() == 1
    assert found["pitch-class steps"].reshape(12, 12)[0, 2] == pytest.approx(1 / 6)
    assert {name: each.shape for name, each in found.items()}["length steps"] == (144,)


def test_notes_a_little_long_are_of_the_same_length() -> None:
    exact, long = (distribution.features(score([60] * 4, step))["lengths"] for step in (240, 245))
    assert (exact == long).all()


def test_an_empty_score_is_measured_without_error() -> None:
    found = distribution.features(Score())
    assert np.isnan(found["interval"]).all()
    assert found["notes"] == 0


def test_overlap_of_the_same_and_of_other_music() -> None:
    generator = np.random.default_rng(3)
    real, same, other = (
        generator.normal(0, 1, (200, 4)),
        generator.normal(0, 1, (300, 4)),
        generator.normal(2, 1, (9, 4)),
    )
    assert distribution.overlap(same, real) > 0.95
    assert distribution.overlap(other, real) < 0.6


def test_overlap_sees_a_narrower_set_and_takes_constants() -> None:
    real = np.random.default_rng(3).normal(0, 1, (200, 1))
    assert distribution.overlap(np.zeros((50, 1)), real) < 0.9
    assert distribution.overlap(np.ones((5, 1)), np.ones((6, 1))) == pytest.approx(1, abs=1e-3)
