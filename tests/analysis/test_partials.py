"""Levels of partials: those that a tone was made of, at any rate, loudness and pitch."""

import numpy as np

from firmus.analysis import additive, partials, spectral_distance

HOP = 128


def tone(hertz, amplitudes, stretch=0.0, seconds=2.4):
    frames = round(seconds * partials.RATE / HOP) + 1
    levels = np.repeat(np.array([amplitudes], np.float32), frames, axis=0)
    return additive.harmonic(levels, hertz, stretch, partials.RATE, HOP)


def test_levels_are_those_that_it_was_made_of():
    wanted = [0.3, 0.1, 0.05, 0.02]
    found, _ = partials.levels(tone(220.0, wanted), 220.0, count=6)
    assert np.allclose(found[2:-1, :4], wanted, atol=2e-3)
    assert found[:, 4:].max() < 3e-3


def test_noise_is_measured_beside_partials_and_power_of_both():
    gains = np.repeat(np.linspace(0.02, 0.3, additive.BANDS, dtype=np.float32)[None], 452, axis=0)
    white = np.random.default_rng(0).uniform(-1, 1, (452, 2 * HOP)).astype(np.float32)
    breath = additive.filtered_noise(gains, white, partials.RATE)
    wave = tone(220.0, 0.2 / np.arange(1, 20))[:57_000] + breath[:57_000]
    found = partials.noise(wave, 220.0)[4:]  # whose windows are whole
    assert np.abs(20 * np.log10(np.sqrt((found**2).mean(axis=0)) / gains[0]))[2:-1].mean() < 2
    assert partials.noise(tone(220.0, [0.2, 0.1]), 220.0)[4:].max() < 2e-3
    assert np.abs(10 * np.log10(partials.power(wave, 220.0)[4:].mean() / (wave**2).mean())) < 1


def test_tuning_and_stretch_are_found():
    amplitudes = 0.2 / np.arange(1, 20)
    hertz, stretch = partials.tuning(tone(110 * 2 ** (20 / 1200), amplitudes, 4e-4), 45.0)
    assert abs(1200 * np.log2(hertz / 110) - 20) < 4
    assert 2.5e-4 < stretch < 6e-4


def test_features_do_not_depend_on_loudness_or_rate_and_hardly_on_pitch():
    amplitudes = 0.2 / np.arange(1, 12)
    plain = partials.features(tone(220.0, amplitudes), partials.RATE, 57.0)
    quiet = partials.features(0.1 * tone(220.0, amplitudes), partials.RATE, 57.0)
    assert np.abs(plain - quiet).max() < 1e-3
    other_rate = partials.resampled(tone(220.0, amplitudes), partials.RATE, 44_100)
    assert np.abs(plain - partials.features(other_rate, 44_100, 57.0))[2:, :12].max() < 0.05
    higher = partials.features(tone(330.0, amplitudes), partials.RATE, 57.0 + 12 * np.log2(1.5))
    assert np.abs(plain - higher)[2:-2, :11].max() < 0.05


def test_silence_before_the_note_is_left_out():
    wave = tone(220.0, [0.2, 0.1])
    late = np.concatenate([np.zeros(5000, np.float32), wave])
    assert np.abs(partials.features(wave, 24_000, 57.0) - partials.features(late, 24_000, 57.0))[3:-1].max() < 0.1


def test_a_note_that_stops_keeps_the_levels_that_it_had():
    found, _ = partials.levels(tone(220.0, [0.2], seconds=0.5), 220.0, count=1)
    assert abs(found[-1, 0] - 0.2) < 0.02


def test_sounds_are_nearer_to_themselves_than_to_others():
    one, other = tone(220.0, [0.2, 0.1]), tone(220.0, [0.1, 0.0, 0.2])
    assert spectral_distance.decibels(one, one) == 0
    assert spectral_distance.decibels(one, 0.9 * one) < spectral_distance.decibels(one, other)
