"""Reading sound: what kinds there are, and what a damaged, empty or endless file costs: one line."""

import re
import struct

import numpy as np
import pytest
import soundfile

from firmus.analysis import sound
from firmus.analysis.sound import Audio
from firmus.errors import FormatError

RATE = 22050


@pytest.fixture(scope="module")
def wave():
    times = np.arange(3 * RATE) / RATE
    return np.stack([0.4 * np.sin(2 * np.pi * 440 * times), 0.2 * np.sin(2 * np.pi * 660 * times)], axis=1)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_every_kind_is_read(ending, wave, tmp_path):
    path = tmp_path / f"take.{ending}"
    soundfile.write(path, wave, RATE)
    found = sound.read(path)
    assert sound.is_sound(path)
    assert found.rate == RATE
    assert found.samples.shape[1] == 2
    assert abs(found.seconds - 3) < 0.1
    middle = found.samples[RATE : 2 * RATE]
    spectrum = np.abs(np.fft.rfft(middle, axis=0))
    assert spectrum.argmax(axis=0).tolist() == [440, 660]
    assert abs(np.abs(middle[:, 0]).max() - 0.4) < 0.1


def test_sound_is_known_by_its_first_bytes_whatever_its_name(wave, tmp_path):
    path = tmp_path / "take.bin"
    soundfile.write(path, wave, RATE, format="FLAC")
    assert sound.is_sound(path)
    assert sound.read(path).rate == RATE
    (tmp_path / "tune.wav").write_bytes(b"MThd\x00\x00\x00\x06")
    assert not sound.is_sound(tmp_path / "tune.wav")


def test_many_channels_are_mixed(tmp_path):
    path = tmp_path / "take.wav"
    soundfile.write(path, np.tile([0.3, 0.0, 0.0, 0.0], (RATE, 1)), RATE)
    found = sound.read(path)
    assert found.samples.shape == (RATE, 2)
    assert np.allclose(found.samples, 0.075, atol=1e-3)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_resampling_keeps_length_and_pitch(rate):
    times = np.arange(2 * rate) / rate
    found = Audio(np.sin(2 * np.pi * 1000 * times).astype(np.float32)[:, None], rate).mono(16000)
    assert abs(len(found) - 32000) <= 1
    assert np.abs(np.fft.rfft(found[8000:24000])).argmax() == 1000


def refused(path):
    with pytest.raises(FormatError) as caught:
        sound.read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_what_holds_no_sound_is_refused(wave, tmp_path):
    soundfile.write(tmp_path / "good.wav", wave, RATE)
    data = (tmp_path / "good.wav").read_bytes()
    cases = {
        "empty.wav": (b"", "is empty"),
        "header.wav": (data[:44], "0 samples"),
        "half.wav": (data[:30], "no sound that Firmus reads"),
        "text.wav": (b"this is a shopping list\n" * 40, "no sound that Firmus reads"),
        "noise.mp3": (np.random.default_rng(1).bytes(2000), "no sound that Firmus reads"),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert reason in refused(tmp_path / name)
    with pytest.raises(FormatError, match="No such file"):
        sound.read(tmp_path / "missing.wav")
    with pytest.raises(FormatError, match="is a folder"):
        sound.read(tmp_path)


def test_three_hours_are_refused_by_the_header_alone(wave, tmp_path):
    path = tmp_path / "long.flac"
    soundfile.write(path, wave, RATE)
    data = bytearray(path.read_bytes())
    facts = int.from_bytes(data[18:26], "big")
    data[18:26] = ((facts >> 36 << 36) | 3 * 3600 * RATE).to_bytes(8, "big")
    path.write_bytes(data)
    assert "it lasts 180 minutes: 15 are the most" in refused(path)


def test_a_header_that_claims_hours_of_a_short_file_reads_what_is_there(wave, tmp_path):
    path = tmp_path / "claims.wav"
    soundfile.write(path, wave, RATE)
    data = bytearray(path.read_bytes())
    place = data.index(b"data")
    data[place + 4 : place + 8] = struct.pack("<I", 3 * 3600 * RATE * 4)
    path.write_bytes(data)
    assert abs(sound.read(path).seconds - 3) < 0.01


def test_a_file_cut_off_says_how_far_it_is_good(wave, tmp_path):
    path = tmp_path / "cut.flac"
    soundfile.write(path, np.random.default_rng(1).uniform(-0.5, 0.5, (3 * RATE, 2)), RATE)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert re.search(r"damaged or cut off: it can be decoded up to second [01]\.\d and no further", refused(path))


@pytest.mark.parametrize(("rate", "message"), [(1000, "1000 samples a second"), (192000, "192000 samples a second")])
def test_odd_rates_are_refused(rate, message, tmp_path):
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.zeros((1000, 1)), rate)
    assert message in refused(path)


def test_values_that_are_no_numbers_become_silence(tmp_path):
    path = tmp_path / "float.wav"
    values = np.full(RATE, np.nan, np.float32)
    values[: RATE // 2] = np.inf
    soundfile.write(path, values, RATE, subtype="FLOAT")
    assert np.isfinite(sound.read(path).samples).all()


def test_channels_that_cancel_each_other_out_are_heard_as_one():
    left = np.random.default_rng(1).normal(size=(RATE, 1)).astype(np.float32) * 0.1
    assert np.allclose(Audio(np.hstack([left, -left]), RATE).mono(RATE), left[:, 0])
    assert np.allclose(Audio(np.hstack([left, left]), RATE).mono(RATE), left[:, 0])
    assert np.allclose(Audio(np.hstack([left, 0 * left]), RATE).mono(RATE), left[:, 0] / 2)
