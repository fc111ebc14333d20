"""The pitch of one note, over the range of instruments; none of noise, of chords or of silence."""

import numpy as np
import pytest

from firmus.analysis.fundamental import fundamental

RATE = 24_000
TIME = np.arange(RATE) / RATE


@pytest.mark.parametrize("pitch", [30, 45.3, 60, 69.5, 84, 103])
@pytest.mark.parametrize("faded", [0, 6])
def test_a_note_is_found_within_ten_cents(pitch, faded):
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * k * hertz * TIME + k) / k for k in range(1, 9) if k * hertz < 11_000)
    found = fundamental((wave * np.exp(-faded * TIME)).astype(np.float32), RATE)
    assert found.key == pytest.approx(pitch, abs=0.1)


def test_noise_and_silence_have_no_pitch():
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert fundamental(noise, RATE) is None
    assert fundamental(np.zeros(RATE, np.float32), RATE) is None


def test_a_tune_has_no_one_pitch():
    hertz = np.repeat([220.0, 262.0, 330.0, 392.0], RATE // 4)
    wave = np.sin(2 * np.pi * np.cumsum(hertz) / RATE).astype(np.float32)
    assert fundamental(wave, RATE) is None
