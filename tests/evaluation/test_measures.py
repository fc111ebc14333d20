"""Measures of pieces whose answers are known, and MusPy's own answers on pieces drawn at random."""

import math

import numpy as np
import pytest
from hypothesis import given

from firmus.evaluation import measures
from firmus.score import Note, Part, Score
from strategies import scores

# muspy.metrics (MusPy 0.5.0) of `piece(seed)` written as MIDI; empty_measure_rate with bars of four beats.
MUSPY = {
    0: {
        "pitch range": 31,
        "pitches used": 30,
        "pitch classes used": 12,
        "pitch entropy": 4.782881,
        "pitch-class entropy": 3.522285,
        "scale consistency": 0.628866,
        "polyphony": 2.245283,
        "polyphony rate": 0.312977,
        "empty beats": 0.030303,
        "empty bars": 0.0,
        "drums on the beat": 1.0,
    },
    1: {
        "pitch range": 31,
        "pitches used": 32,
        "pitch classes used": 12,
        "pitch entropy": 4.871239,
        "pitch-class entropy": 3.500815,
        "scale consistency": 0.634409,
        "polyphony": 2.333333,
        "polyphony rate": 0.282443,
        "empty beats": 0.090909,
        "empty bars": 0.0,
        "drums on the beat": 1.0,
    },
    2: {
        "pitch range": 31,
        "pitches used": 29,
        "pitch classes used": 12,
        "pitch entropy": 4.708643,
        "pitch-class entropy": 3.480875,
        "scale consistency": 0.637363,
        "polyphony": 2.163462,
        "polyphony rate": 0.261538,
        "empty beats": 0.030303,
        "empty bars": 0.0,
        "drums on the beat": 1.0,
    },
    3: {
        "pitch range": 31,
        "pitches used": 32,
        "pitch classes used": 12,
        "pitch entropy": 4.812693,
        "pitch-class entropy": 3.525523,
        "scale consistency": 0.623656,
        "polyphony": 2.198113,
        "polyphony rate": 0.273438,
        "empty beats": 0.060606,
        "empty bars": 0.0,
        "drums on the beat": 1.0,
    },
}


def piece(seed):
    """Three parts of notes drawn at random on sixteenths, with a gap, and drums."""
    generator = np.random.default_rng(seed)
    parts = []
    for number in range(3):
        starts = np.unique(generator.integers(0, 16 * 8, 40)) * 120
        starts = starts[(starts < 5760) | (starts >= 7680)]
        notes = (
            Note(int(start), int(generator.integers(1, 5)) * 120, int(generator.integers(48, 80))) for start in starts
        )
        parts.append(Part(f"P{number}", tuple(notes), 0))
    strokes = np.unique(generator.integers(0, 16 * 8, 30)) * 120
    parts.append(Part("Drums", tuple(Note(int(start), 60, 36) for start in strokes), is_drums=True))
    return Score(tuple(parts))


@pytest.mark.parametrize("seed", sorted(MUSPY))
def test_measures_are_those_of_muspy(seed):
    found = measures.measure(piece(seed))
    for name, value in MUSPY[seed].items():
        assert found[name] == pytest.approx(value, abs=1e-5), name


def test_a_tune_that_comes_back_is_structured_and_noise_is_not():
    line = [60, 62, 64, 65, 67, 69, 71, 72, 74, 72, 71, 69, 67, 65, 64, 62]
    tune = Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line * 4))),))
    noise = np.random.default_rng(0).integers(40, 80, 64)
    mess = Score((Part("", tuple(Note(480 * i, 480, int(pitch)) for i, pitch in enumerate(noise))),))
    assert measures.structureness(tune, 3, 8) == 1.0
    assert measures.structureness(mess, 3, 8) < 0.4
    assert math.isnan(measures.structureness(Score(), 3, 8))


def test_entropy_of_more_bars_is_no_less():
    assert measures.bar_entropy(piece(0), 4) > measures.bar_entropy(piece(0), 1)


@given(scores())
def test_every_measure_is_finite_or_missing(score):
    found = measures.measure(score)
    assert all(math.isnan(value) or value >= 0 for value in found.values())
    for name in ("scale consistency", "polyphony rate", "empty beats", "empty bars", "drums on the beat"):
        assert math.isnan(found[name]) or found[name] <= 1
