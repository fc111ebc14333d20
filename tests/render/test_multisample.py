"""Instruments that are written: read back by us and by others, in tune, their loops without a click, none hostile."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess

import numpy as np
import pytest
import soundfile
import symusic

from firmus.analysis.fundamental import fundamental
from firmus.errors import FirmusError
from firmus.render import sampler, soundfont, synth, wave_chunks
from firmus.render.mixing import Channel, Mixer
from firmus.render.multisample import looping, sf2, sfz, shifting
from firmus.render.multisample.zones import HELD, Instrument, Zone, levelled, spread
from firmus.render.soundfont import Envelope, SoundFont
from firmus.score import Note, Part, Score

RATE = 44100


def tone(hertz: float, seconds: float = 1.2, vibrato: float = 0.0) -> np.ndarray:
    """Eight partials with an onset, and vibrato in cents."""
    times = np.arange(round(seconds * RATE)) / RATE
    bend = 2 ** (vibrato / 1200 * np.sin(2 * np.pi * 5.5 * times))
    phase = 2 * np.pi * np.cumsum(hertz * bend) / RATE
    wave = sum(np.sin(number * phase) / number**1.2 for number in range(1, 9))
    return (0.3 * wave * np.minimum(times / 0.04, 1)).astype(np.float32)


def held(hertz: float, root: int, **fields: object) -> Zone:
    wave, loop = looping.looped(tone(hertz), RATE, hertz, 0.2, 1.15)
    return Zone(wave, RATE, root, loop=loop, **fields)


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    zones = [held(220.0, 57), held(437.0, 69, tune=100 * 12 * np.log2(440 / 437)), held(880.0, 81)]
    return Instrument("Test tone", spread(zones), "a comment")


def played(font: SoundFont, key: int, seconds: float = 2.5) -> np.ndarray:
    buffer = np.zeros((round((seconds + 1) * RATE), 2), np.float32)
    sampler.add_notes(buffer, RATE, font, font.presets[0], [sampler.Played(0.0, seconds, key, 100)], (0.5, 0.5))
    return buffer[:, 0]


@pytest.mark.parametrize("key", [45, 57, 60, 69, 74, 88])
def test_what_is_written_plays_in_tune_and_lasts_beyond_its_samples(instrument, key) -> None:
    sound = played(SoundFont(sf2.write(instrument, program=7)), key)
    found = fundamental(sound[: round(2.4 * RATE)], RATE)
    assert found.key == pytest.approx(key, abs=0.05)
    assert np.abs(sound[round(2.3 * RATE) : round(2.5 * RATE)]).max() > 0.3 * np.abs(sound).max()
    assert np.abs(sound[round(3.2 * RATE) :]).max() < 0.001


def test_everything_that_is_written_is_read_back(instrument) -> None:
    shape = Envelope(0.0, 0.02, 0.5, 4.0, 960.0, 0.25, 0, 0)
    zone = Zone(tone(440.0), RATE, 69, -12.0, (10_000, 20_000), shape, (60, 72), (20, 90))
    font = SoundFont(sf2.write(Instrument("乐器 One", (zone,)), program=11))
    (region,) = font.regions(0, 11)
    assert (region.keys, region.velocities, region.looped) == ((60, 72), (20, 90), True)
    found = region.volume_envelope
    assert (found.attack, found.hold, found.decay, found.release, found.sustain) == pytest.approx(
        (0.02, 0.5, 4.0, 0.25, 960.0), rel=0.01
    )
    sample = font.sample(region.sample)
    assert (sample.root, sample.tune, sample.rate, sample.loop_start, sample.loop_end) == (
        69,
        -12,
        RATE,
        10_000,
        20_000,
    )
    np.testing.assert_allclose(sample.wave[:20_000], zone.wave[:20_000], atol=1 / 32767)
    assert font.presets == ((0, 11),)


@pytest.mark.parametrize(
    ("hertz", "vibrato"), [(65.4, 0), (110.0, 0), (441.3, 0), (440.0, 30), (1567.98, 15), (3520, 0)]
)
def test_loops_have_no_joint_and_keep_pitch_and_level(hertz, vibrato) -> None:
    wave, loop = looping.looped(tone(hertz, 2.0, vibrato), RATE, hertz, 0.3, 1.9)
    assert looping.click(wave, loop) <= 1.0
    assert looping.level_change(wave, loop, RATE) < 1.0
    around = np.tile(wave[loop[0] : loop[1]], 4)
    found = fundamental(around, RATE)
    assert 1200 * np.log2(found.hertz / hertz) == pytest.approx(0, abs=6 if vibrato else 2)


def test_a_careless_loop_clicks_and_a_short_sound_has_none() -> None:
    wave = tone(441.3, 2.0)
    assert looping.click(wave, (20_000, 45_137)) > 5
    assert looping.looped(tone(110.0, 0.1), RATE, 110.0, 0.0, 0.09) is None


@pytest.mark.parametrize("semitones", [-24, -7, 5, 12])
def test_a_note_is_transposed_and_its_colour_is_kept(semitones) -> None:
    def centroid(wave: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(wave[4000:])) ** 2
        return float((spectrum * np.fft.rfftfreq(len(wave[4000:]), 1 / RATE)).sum() / spectrum.sum())

    wave = tone(440.0, 1.5)
    moved = shifting.shifted(wave, RATE, 440.0, semitones)
    assert fundamental(moved, RATE).key == pytest.approx(69 + semitones, abs=0.03)
    assert len(moved) == pytest.approx(len(wave) / 2 ** (semitones / 12), rel=0.001)
    ratio = 2 ** (semitones / 12)
    assert abs(np.log2(centroid(moved) / centroid(wave))) < abs(np.log2(ratio))  # resampling alone would move it so far


def test_zones_cover_every_key_and_velocity_once(instrument) -> None:
    zones = spread([held(220.0, 57), held(220.0, 57), held(880.0, 81)])
    for key in range(128):
        for velocity in range(1, 128):
            assert sum(
                zone.keys[0] <= key <= zone.keys[1] and zone.velocities[0] <= velocity <= zone.velocities[1]
                for zone in zones
            ) == 1  # fmt: skip


def test_zones_are_made_equally_loud() -> None:
    soft = Zone(tone(440.0) * np.float32(0.01), RATE, 69)
    levels = [np.sqrt((zone.wave**2).mean()) for zone in levelled([soft, Zone(tone(440.0), RATE, 81)])]
    assert levels[0] == pytest.approx(levels[1], rel=0.01)


def test_sfz_names_its_samples_and_their_loops(instrument) -> None:
    files = sfz.write(instrument)
    text = files.pop("Test-tone.sfz").decode()
    assert re.findall(r"sample=(.*)", text) == [name.removeprefix("samples/") for name in files]
    for data, start, end in zip(
        files.values(), re.findall(r"loop_start=(\d+)", text), re.findall(r"loop_end=(\d+)", text), strict=True
    ):
        assert wave_chunks.loop_of(data) == (int(start), int(end))
        samples, rate = soundfile.read(io.BytesIO(data))
        assert samples.ndim == 1
        assert rate == RATE
        assert len(samples) > int(end)
    assert "pitch_keycenter=69" in text
    assert "tune=12" in text


def test_another_library_reads_the_soundfont_and_is_in_tune(instrument, tmp_path) -> None:
    path = tmp_path / "test.sf2"
    path.write_bytes(sf2.write(instrument))
    score = symusic.Score(480)
    track = symusic.Track(program=0)
    track.notes.append(symusic.Note(0, 1920, 69, 100))
    score.tracks.append(track)
    score.tempos.append(symusic.Tempo(0, qpm=120))
    heard = np.asarray(symusic.Synthesizer(str(path), RATE, 0).render(score, stereo=True))[0]
    assert fundamental(heard[2000 : 2 * RATE - 4000].astype(np.float32), RATE).key == pytest.approx(69, abs=0.1)


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="FluidSynth, a system library, is not installed")
def test_fluidsynth_plays_it_without_a_complaint(instrument, tmp_path) -> None:
    path, notes, out = (tmp_path / name for name in ("test.sf2", "test.mid", "out.wav"))
    path.write_bytes(sf2.write(instrument))
    Score((Part("", (Note(0, 1920, 69, 100),)),)).save(notes)
    words = ["fluidsynth", "-n", "-i", "-R", "0", "-C", "0", "-r", str(RATE), "-F", str(out), str(path), str(notes)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    complaints = [each for each in (done.stdout + done.stderr).splitlines() if "error" in each.lower()]
    assert complaints == []
    heard, _ = soundfile.read(out, dtype="float32")
    assert fundamental(heard[2000 : round(1.9 * RATE)].mean(axis=1), RATE).key == pytest.approx(69, abs=0.05)
    assert np.abs(heard[round(1.5 * RATE) : round(1.9 * RATE)]).max() > 0.3 * np.abs(heard).max()


def test_a_part_is_played_by_the_font_that_its_channel_names(instrument) -> None:
    score = Score((Part("", (Note(0, 1920, 69, 100),), program=40),))
    mixer = Mixer({0: Channel(font=SoundFont(sf2.write(instrument)))})
    heard = synth.render(score, RATE, reverb=False, mixer=mixer).samples[:, 0]
    spectrum = np.abs(np.fft.rfft(heard[RATE // 4 : RATE * 2 - RATE // 4]))
    hertz = np.arange(len(spectrum)) * RATE / (1.5 * RATE)
    assert spectrum[hertz > 440 * 8.5].max() < 0.003 * spectrum.max()  # eight partials, and none of a violin's others


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"root": 128}, "root key 128"),
        ({"tune": 300.0}, "300.0 -100 to 100 cents"),
        ({"loop": (10, 10_000_000)}, "must lie within"),
        ({"keys": (70, 60)}, "keys 70 to 60"),
        ({"velocities": (0, 60)}, "velocities 0 to 60"),
        ({"rate": 100}, "it needs 8000 to 96000"),
    ],
)
def test_impossible_zones_are_refused(fields, hint) -> None:
    with pytest.raises(FirmusError, match=hint):
        Zone(**{"wave": tone(440.0, 0.1), "rate": RATE, "root": 69, "envelope": HELD, **fields})


def test_hostile_soundfonts_cost_an_error_message_and_nothing_else(instrument) -> None:
    data = sf2.write(Instrument("Small", tuple(held(880.0, 81, keys=(20 * i, 20 * i + 19)) for i in range(5))))
    generator = np.random.default_rng(7)
    head = data.index(b"smpl")
    articulation = data.index(b"pdta")
    refused = 0
    for number in range(150):
        broken = bytearray(data)
        low, high = (12, head + 8) if number % 3 == 0 else (articulation, len(data))
        for place in generator.integers(low, high, int(generator.integers(1, 12))):
            broken[place] = int(generator.integers(256))
        if number % 5 == 0:
            del broken[int(generator.integers(low, high)) :]
        buffer = np.zeros((4410, 2), np.float32)
        try:
            font = SoundFont(bytes(broken))
            for preset in font.presets[:3]:
                notes = [sampler.Played(0.0, 0.05, key, 100) for key in (30, 60, 90)]
                sampler.add_notes(buffer, RATE, font, preset, notes, (0.5, 0.5))
        except FirmusError:
            refused += 1
    assert 20 < refused < 150


def test_a_font_of_endless_zones_is_refused_at_once(instrument) -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack("<I", len(content)) + content

    count = 30_000
    bags = b"".join(struct.pack("<HH", min(number, 3), 0) for number in range(count + 1))
    zone = struct.pack("<HBBHhHH", 43, 0, 127, 56, 32767, 53, 0)
    pdta = b"".join(
        [
            chunk(b"phdr", struct.pack("<20sHHHIII20sHHHIII", b"A", 0, 0, 0, 0, 0, 0, b"EOP", 0, 0, count, 0, 0, 0)),
            chunk(b"pbag", b"".join(struct.pack("<HH", 0 if n % 2 == 0 else 1, 0) for n in range(count + 1))),
            chunk(b"pmod", bytes(10)),
            chunk(b"pgen", struct.pack("<HHHH", 41, 0, 0, 0)),
            chunk(b"inst", struct.pack("<20sH20sH", b"A", 0, b"EOI", count)),
            chunk(b"ibag", bags),
            chunk(b"imod", bytes(10)),
            chunk(b"igen", zone + bytes(4)),
            chunk(b"shdr", struct.pack("<20sIIIIIBbHH", b"S", 0, 100, 0, 0, RATE, 60, 0, 0, 1) + bytes(46)),
        ]
    )
    body = b"sfbk" + chunk(b"LIST", b"sdta" + chunk(b"smpl", bytes(400))) + chunk(b"LIST", b"pdta" + pdta)
    font = SoundFont(chunk(b"RIFF", body))
    with pytest.raises(FirmusError, match=r"generators|zones"):
        font.regions(0, 0)
    assert (
        max(len(soundfont.current().regions(0, program)) for program in soundfont.current().programs)
        < soundfont.MOST_GENERATORS
    )
