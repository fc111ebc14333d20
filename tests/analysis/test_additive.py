"""Additive synthesis: the frequencies and levels that were asked for, and no edges between frames."""

import numpy as np

from firmus.analysis import additive

RATE, HOP = 24_000, 128


def spectrum(wave):
    return np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) * 4 / len(wave)


def test_partials_have_their_frequencies_and_amplitudes():
    levels = np.zeros((151, 4), np.float32)
    levels[:, 0], levels[:, 2] = 0.5, 0.25
    wave = additive.harmonic(levels, 300.0, 0.0, RATE, HOP)
    found = spectrum(wave)
    place = len(wave) / RATE
    assert abs(found[round(300 * place)] - 0.5) < 1e-3
    assert abs(found[round(900 * place)] - 0.25) < 1e-3
    assert found[round(600 * place)] < 1e-4


def test_stretched_partials_lie_where_those_of_a_stiff_string_do():
    levels = np.zeros((376, 10), np.float32)
    levels[:, 9] = 1
    wave = additive.harmonic(levels, 200.0, 1e-3, RATE, HOP)
    peak = spectrum(wave).argmax() * RATE / len(wave)
    wanted = 10 * 200 * ((1 + 1e-3 * 100) / (1 + 1e-3)) ** 0.5
    assert abs(peak - wanted) < 1
    assert abs(additive.partials(200.0, 1e-3, 10)[-1] - wanted) < 1e-9


def test_what_lies_above_the_ceiling_is_silent():
    levels = np.ones((40, 96), np.float32)
    wave = additive.harmonic(levels, 1000.0, 0.0, 44_100, 235)
    found = spectrum(wave)
    hertz = np.arange(len(found)) * 44_100 / len(wave)
    assert found[hertz > 12_500].max() < 1e-3 < found[hertz < 11_500].max()


def test_amplitudes_go_evenly_from_frame_to_frame():
    levels = np.zeros((3, 1), np.float32)
    levels[1] = 1
    wave = additive.harmonic(levels, RATE / 8, 0.0, RATE, HOP)
    peaks = np.abs(wave.reshape(-1, 8)).max(axis=1)
    assert np.allclose(np.diff(peaks[:15]), 8 / HOP, atol=1e-3)
    assert np.allclose(np.diff(peaks[17:]), -8 / HOP, atol=1e-3)


def test_noise_is_as_strong_as_its_bands_at_any_rate_and_even():
    generator = np.random.default_rng(0)
    found = []
    for rate, hop in ((24_000, 128), (48_000, 256)):
        bands = np.zeros((601, additive.BANDS), np.float32)
        bands[:, 10:14] = 0.3
        white = generator.uniform(-1, 1, (601, 2 * hop)).astype(np.float32)
        wave = additive.filtered_noise(bands, white, rate)
        found.append(float(np.sqrt((wave**2).mean())))
        within = np.sqrt((wave.reshape(-1, hop) ** 2).mean(axis=0))
        assert within.std() / within.mean() < 0.1
    assert abs(found[0] / found[1] - 1) < 0.1


def test_bands_share_each_frequency_among_them():
    matrix = additive.band_matrix(RATE, HOP)
    hertz = np.arange(HOP + 1) * RATE / (2 * HOP)
    assert np.allclose(matrix[:, hertz < additive.CEILING].sum(axis=0), 1)
    assert not matrix[:, hertz > additive.CEILING].any()
