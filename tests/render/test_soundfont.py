from __future__ import annotations

import numpy as np
import pytest

from firmus.errors import FirmusError
from firmus.render import sampler, soundfont


def test_every_sample_of_the_shipped_font_can_be_decoded() -> None:
    font = soundfont.SoundFont(soundfont.SHIPPED)
    used = {
        region.sample
        for preset in [*((0, program) for program in font.programs), (soundfont.DRUM_BANK, 0)]
        for region in font.regions(*preset)
    }
    assert len(used) > 300
    for index in sorted(used)[::7]:
        sample = font.sample(index)
        assert sample.wave.dtype == np.float32
        assert len(sample.wave) > 100
        assert sample.rate >= 8000
        assert np.abs(sample.wave).max() > 0.01


def test_every_key_and_velocity_sounds() -> None:
    font = soundfont.current()
    for program in sorted(font.programs):
        regions = font.regions(0, program)
        for key in (48, 60, 72):
            for velocity in (1, 64, 65, 100, 127):
                assert any(region.plays(key, velocity) for region in regions), (program, key, velocity)


def test_a_preset_that_is_not_there_is_silent() -> None:
    buffer = np.zeros((100, 2), np.float32)
    note = sampler.Played(0.0, 1.0, 60, 100)
    sampler.add_notes(buffer, 44100, soundfont.current(), (0, 1), [note], (1.0, 1.0))
    assert not buffer.any()


@pytest.mark.parametrize(
    "data", [b"RIFF", b"RIFF\x10\0\0\0sfbkLIST\xff\xff\xff\xffpdta", b"no soundfont at all, but text"]
)
def test_what_is_no_soundfont_is_refused(data: bytes, tmp_path) -> None:
    path = tmp_path / "bad.sf2"
    path.write_bytes(data)
    with pytest.raises(FirmusError, match=r"bad\.sf2"):
        soundfont.SoundFont(path)


def test_damage_anywhere_is_an_error_in_words_or_does_no_harm(tmp_path) -> None:
    random = np.random.default_rng(3)
    whole = np.frombuffer(soundfont.SHIPPED.read_bytes(), np.uint8)
    head = whole[:4000].tobytes() + whole[-60000:].tobytes()
    path = tmp_path / "bad.sf3"
    refused = 0
    for _ in range(40):
        data = bytearray(head)
        for place in random.integers(12, len(head), 30):
            data[place] = random.integers(256)
        path.write_bytes(bytes(data))
        try:
            font = soundfont.SoundFont(path)
            for program in sorted(font.programs)[:3]:
                for region in font.regions(0, program)[:2]:
                    font.sample(region.sample)
        except FirmusError:
            refused += 1
    assert refused > 0


def test_a_16_bit_font_plays(tmp_path) -> None:
    path = tmp_path / "sine.sf2"
    path.write_bytes(sine_font())
    font = soundfont.SoundFont(path)
    buffer = np.zeros((44100, 2), np.float32)
    sampler.add_notes(buffer, 44100, font, (0, 5), [sampler.Played(0.0, 0.9, 69, 127)], (0.5, 0.5))
    held = buffer[2205:35000, 0]
    spectrum = np.abs(np.fft.rfft(held * np.hanning(len(held)), 1 << 18))
    assert np.argmax(spectrum) * 44100 / (1 << 18) == pytest.approx(440.0, abs=0.5)
    # A loop that is unrolled without a seam leaves a clean sine: almost all energy in one place.
    peak = np.argmax(spectrum)
    assert (spectrum[peak - 40 : peak + 40] ** 2).sum() > 0.9999 * (spectrum**2).sum()


def sine_font() -> bytes:
    """Smallest SoundFont 2: one looped sine of 100 frames a cycle, root key 69 at 44,000 frames a second."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)

    def records(code: str, *rows: tuple) -> bytes:
        import struct

        return b"".join(struct.pack("<" + code, *row) for row in rows)

    cycle = np.round(20000 * np.sin(2 * np.pi * np.arange(1000) / 100)).astype("<i2")
    wave = np.concatenate([cycle, np.zeros(46, "<i2")]).tobytes()
    pdta = b"".join(
        [
            chunk(b"phdr", records("20sHHHIII", (b"Sine", 5, 0, 0, 0, 0, 0), (b"EOP", 0, 0, 1, 0, 0, 0))),
            chunk(b"pbag", records("HH", (0, 0), (1, 0))),
            chunk(b"pmod", bytes(10)),
            chunk(b"pgen", records("HH", (41, 0), (0, 0))),
            chunk(b"inst", records("20sH", (b"Sine", 0), (b"EOI", 1))),
            chunk(b"ibag", records("HH", (0, 0), (2, 0))),
            chunk(b"imod", bytes(10)),
            chunk(b"igen", records("HH", (54, 1), (53, 0), (0, 0))),
            chunk(
                b"shdr", records("20sIIIIIBbHH", (b"Sine", 0, 1000, 100, 900, 44000, 69, 0, 0, 1), (b"EOS", *[0] * 9))
            ),
        ]
    )
    body = b"sfbk" + chunk(b"LIST", b"sdta" + chunk(b"smpl", wave)) + chunk(b"LIST", b"pdta" + pdta)
    return chunk(b"RIFF", body)
