"""Tempo and beats of clicks whose tempo is known, and what is said where there is none."""

import numpy as np
import pytest

from firmus.analysis import beat_tracking, spectrum
from firmus.analysis.spectrum import FRAME_SECONDS, RATE


def clicks(bpm, lasts=20.0, seed=0, accents=1):
    """Decaying tones on every beat, each a little off in time."""
    generator = np.random.default_rng(seed)
    samples = np.zeros(int(lasts * RATE), np.float32)
    beats = np.arange(0.3, lasts - 0.3, 60 / bpm)
    times = np.arange(3000) / RATE
    for place, at in enumerate(beats):
        tone = np.sin(2 * np.pi * generator.choice([262, 330, 392]) * times) * np.exp(-20 * times)
        first = int((at + generator.normal(0, 0.005)) * RATE)
        piece = tone[: len(samples) - first] * (1.0 if place % accents == 0 else 0.5)
        samples[first : first + len(piece)] += piece
    return samples, beats


@pytest.mark.parametrize("bpm", [66, 84, 100, 123, 150])
def test_the_tempo_of_clicks(bpm):
    samples, beats = clicks(bpm)
    found = beat_tracking.estimate(beat_tracking.flux(spectrum.decibels(spectrum.magnitudes(samples))))
    assert abs(found.bpm / bpm - 1) < 0.01
    assert found.confidence > 0.35
    inner = beats[2:-2]
    assert np.abs(found.beats[:, None] - inner).min(axis=0).max() < 0.06
    assert abs(len(found.beats) - len(beats)) <= 2


def test_a_tempo_that_is_told_is_kept():
    samples, _ = clicks(120)
    strength = beat_tracking.flux(spectrum.decibels(spectrum.magnitudes(samples)))
    found = beat_tracking.estimate(strength, 60)
    assert found.bpm == 60
    assert np.allclose(np.diff(found.beats), 1.0, atol=0.06)


def test_a_tempo_that_slows_down_is_followed():
    strength = np.zeros(1600)
    at, period, known = 10.0, 16.0, []
    while at < 1590:
        strength[int(at)] = 1.0
        known.append(at * FRAME_SECONDS)
        at, period = at + period, period * 1.002
    found = beat_tracking.estimate(strength)
    near = np.abs(found.beats[:, None] - np.array(known)).min(axis=0)
    assert (near < 0.07).mean() > 0.9


@pytest.mark.parametrize("seed", range(6))
def test_noise_has_no_tempo_that_one_could_be_sure_of(seed):
    noise = np.random.default_rng(seed).standard_normal(20 * RATE).astype(np.float32)
    found = beat_tracking.estimate(beat_tracking.flux(spectrum.decibels(spectrum.magnitudes(noise))))
    assert found is None or found.confidence < 0.12


def test_what_is_too_short_or_even_has_no_pulse():
    assert beat_tracking.estimate(np.zeros(1000)) is None
    assert beat_tracking.estimate(np.random.default_rng(1).random(100)) is None
