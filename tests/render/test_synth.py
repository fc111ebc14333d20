from __future__ import annotations

import io

import numpy as np
import pyloudnorm
import pytest
import soundfile

from firmus.errors import FirmusError
from firmus.render import files, mastering, sampler, soundfont, synth
from firmus.render.mixing import Mixed, Mixer
from firmus.score import Note, Part, Score, Tempo

RATE = 22050


def melody(program: int = 73, **fields: int) -> Part:
    pitches = (67, 69, 71, 72, 74, 71, 67, 62)
    notes = tuple(Note(240 * index, 240, pitch, 90) for index, pitch in enumerate(pitches))
    return Part("Tune", notes, program=program, **fields)


@pytest.fixture(scope="module")
def band() -> Score:
    drums = tuple(Note(240 * step, 60, 36 if step % 2 else 42, 100) for step in range(16))
    bass = tuple(Note(960 * step, 900, 43 - step, 80) for step in range(4))
    parts = (melody(), Part("Bass", bass, program=33, pan=30), Part("Drums", drums, is_drums=True, pan=90))
    return Score(parts, tempi=(Tempo(0, 100), Tempo(1920, 140)))


@pytest.fixture(scope="module")
def sound(band: Score) -> synth.Audio:
    return synth.render(band, RATE)


def fundamental(samples: np.ndarray, rate: int, threshold: float = 0.1) -> float:
    """Frequency of the lowest strong partial."""
    mono = samples.mean(axis=1)
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), size))
    strong = np.flatnonzero(spectrum > threshold * spectrum.max())[0]
    near = slice(strong, strong + round(30 * size / rate))
    return float((strong + np.argmax(spectrum[near])) * rate / size)


def test_loudness_and_peak_are_those_of_a_finished_mix(sound: synth.Audio) -> None:
    measured = pyloudnorm.Meter(RATE, filter_class="DeMan").integrated_loudness(sound.samples)
    assert measured == pytest.approx(-14.0, abs=0.3)
    assert np.abs(sound.samples).max() <= 10 ** (-1 / 20) + 1e-6
    assert sound.samples.dtype == np.float32


def test_sound_lasts_as_long_as_the_score_and_its_tail(sound: synth.Audio) -> None:
    # 4 quarters at 100, 1860 ticks at 140, and two seconds.
    assert sound.seconds == pytest.approx(4 * 0.6 + 1860 / 480 * 60 / 140 + synth.TAIL_SECONDS, abs=1 / RATE)
    last = np.abs(sound.samples[-RATE // 10 :]).max()
    assert last < 0.01


@pytest.mark.parametrize("program", [0, 6, 19, 24, 40, 42, 56, 60, 68, 71, 73, 80, 107])
def test_a4_is_440_hertz(program: int) -> None:
    score = Score((Part("", (Note(0, 1920, 69, 100),), program=program),))
    samples = synth.render(score, RATE, reverb=False).samples[RATE // 5 : RATE * 3 // 2]
    assert fundamental(samples, RATE) == pytest.approx(440.0, rel=0.01)


@pytest.mark.parametrize("pitch", [36, 48, 60, 72, 84, 96])
def test_every_octave_of_the_piano_is_in_tune(pitch: int) -> None:
    score = Score((Part("", (Note(0, 1920, pitch, 100),)),))
    samples = synth.render(score, RATE, reverb=False).samples[RATE // 5 : RATE * 3 // 2]
    measured, wanted = fundamental(samples, RATE, 0.2), 440 * 2 ** ((pitch - 69) / 12)
    harmonic = round(measured / wanted)  # in the bass the fundamental is weaker than its partials
    assert 1 <= harmonic <= 4
    assert measured / harmonic == pytest.approx(wanted, rel=0.012)


def test_notes_sound_when_they_should() -> None:
    score = Score((Part("", (Note(960, 480, 76, 100),), program=6),), tempi=(Tempo(0, 60),))
    samples = np.abs(synth.render(score, RATE, reverb=False).samples).max(axis=1)
    assert np.flatnonzero(samples > 0.02)[0] / RATE == pytest.approx(2.0, abs=0.02)
    assert np.flatnonzero(samples > 0.02)[-1] / RATE < 3.6


@pytest.mark.parametrize(("pan", "louder"), [(0, 0), (127, 1)])
def test_pan_moves_the_energy(pan: int, louder: int) -> None:
    samples = synth.render(Score((melody(pan=pan),)), RATE, reverb=False).samples
    energy = (samples.astype(float) ** 2).sum(axis=0)
    assert energy[louder] > 1000 * energy[1 - louder]


def test_the_middle_is_the_middle_and_volume_is_obeyed() -> None:
    centre = synth.render(Score((melody(),)), RATE, reverb=False).samples
    np.testing.assert_array_equal(centre[:, 0], centre[:, 1])
    loud, soft = (next(synth.stems(Score((part, melody(0))), RATE))[1] for part in (melody(), melody(volume=50)))
    assert np.abs(soft.samples).max() < 0.5 * np.abs(loud.samples).max()


def test_stems_add_up_to_the_mix_behind_the_limiter(band: Score, sound: synth.Audio) -> None:
    named = dict(synth.stems(band, RATE))
    assert list(named) == ["01 Tune", "02 Bass", "03 Drums"]
    total = np.sum([audio.samples.astype(float) for audio in named.values()], axis=0)
    np.testing.assert_allclose(total, sound.samples, atol=1e-5)
    assert np.abs(sound.samples).max() > 0.88  # so the limiter was at work


def test_same_score_same_bytes(band: Score, sound: synth.Audio) -> None:
    again = synth.render(band, RATE)
    assert synth.encode(again, ".flac") == synth.encode(sound, ".flac")


def test_silence_is_a_valid_sound() -> None:
    audio = synth.render(Score(end=1920), RATE)
    assert audio.seconds == pytest.approx(4.0)
    assert not audio.samples.any()
    assert next(synth.stems(Score((Part("Empty"),), end=1920), RATE))[0] == "01 Empty"


def test_a_very_short_note_is_rendered() -> None:
    samples = synth.render(Score((Part("", (Note(0, 1, 60, 1),)),)), RATE).samples
    assert np.isfinite(samples).all()
    assert samples.any()


@pytest.mark.parametrize("ending", sorted(synth.FILES))
def test_files_can_be_read_back(ending: str, sound: synth.Audio, tmp_path) -> None:
    path = tmp_path / f"sound{ending}"
    synth.write(path, sound, {"title": "A tune 试", "comment": "made by a test"})
    samples, rate = soundfile.read(path)
    assert rate == RATE
    if ending in (".wav", ".flac"):
        assert len(samples) == len(sound.samples)
        np.testing.assert_allclose(samples, sound.samples, atol=2 / 32767)
    else:
        assert abs(len(samples) - len(sound.samples)) < 4000
    with soundfile.SoundFile(path) as file:
        assert file.title == "A tune 试"


@pytest.mark.parametrize("loudness", [-14.0, -23.0])
@pytest.mark.parametrize("ending", sorted(synth.FILES))
def test_a_rendered_file_is_as_loud_as_asked(ending: str, loudness: float, band: Score, tmp_path) -> None:
    files.render(Mixed(band, Mixer(), loudness), tmp_path / f"band{ending}")
    samples, rate = soundfile.read(tmp_path / f"band{ending}")
    measured = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples)
    assert measured == pytest.approx(loudness, abs=0.3)


def test_two_minutes_of_vorbis_do_not_crash() -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (44100 * 120, 2)).astype(np.float32)
    data = synth.encode(synth.Audio(noise), ".ogg")
    assert soundfile.info(io.BytesIO(data)).frames == len(noise)


@pytest.mark.parametrize(
    ("arguments", "part_of_message"),
    [
        ({"sample_rate": 100}, "sample rate 100 must be from 8000 to 96000"),
        ({"loudness": 3.0}, "loudness 3.0 must be from -60 to -5"),
    ],
)
def test_values_out_of_range_are_refused(arguments: dict[str, float], part_of_message: str) -> None:
    with pytest.raises(FirmusError, match=part_of_message):
        synth.render(Score((melody(),)), **arguments)


def test_an_endless_score_and_an_unknown_file_are_refused(sound: synth.Audio, tmp_path) -> None:
    with pytest.raises(FirmusError, match="3,600 is the most"):
        synth.render(Score(end=2**31 - 1))
    with pytest.raises(FirmusError, match=r"did you mean '\.wav'"):
        synth.write(tmp_path / "sound.wave", sound)
    assert not list(tmp_path.iterdir())


def test_another_soundfont_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    copy = tmp_path / "other.sf3"
    copy.write_bytes(soundfont.SHIPPED.read_bytes())
    monkeypatch.setenv(soundfont.VARIABLE, str(copy))
    assert soundfont.current().path == copy
    damaged = tmp_path / "damaged.sf3"
    damaged.write_bytes(soundfont.SHIPPED.read_bytes()[:20000])
    monkeypatch.setenv(soundfont.VARIABLE, str(damaged))
    with pytest.raises(FirmusError, match=r"damaged\.sf3: damaged, or no \.sf2"):
        synth.render(Score((melody(),)), RATE)
    monkeypatch.setenv(soundfont.VARIABLE, str(tmp_path / "none.sf2"))
    with pytest.raises(FirmusError, match="No such file"):
        synth.render(Score((melody(),)), RATE)


def test_a_closed_hi_hat_chokes_an_open_one() -> None:
    font = soundfont.current()
    open_alone, choked = (np.zeros((2 * RATE, 2), np.float32) for _ in range(2))
    opened, closed = sampler.Played(0.0, 1.5, 46, 110), sampler.Played(0.3, 0.1, 42, 1)
    sampler.add_notes(open_alone, RATE, font, (soundfont.DRUM_BANK, 0), [opened], (1.0, 1.0))
    sampler.add_notes(choked, RATE, font, (soundfont.DRUM_BANK, 0), [closed, opened], (1.0, 1.0))
    after = slice(round(0.4 * RATE), round(0.8 * RATE))
    assert np.abs(choked[after]).max() < 0.05 * np.abs(open_alone[after]).max()


def test_loudness_is_that_of_the_standard() -> None:
    # EBU Tech 3341, case 1: a stereo sine of -23 dBFS measures -23 LUFS.
    times = np.arange(48000 * 10) / 48000
    sine = 10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * times)
    assert mastering.loudness(np.stack([sine, sine], 1).astype(np.float32), 48000) == pytest.approx(-23, abs=0.01)


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_loudness_agrees_with_pyloudnorm(rate: int) -> None:
    random = np.random.default_rng(rate)
    levels = np.repeat(10 ** (-random.uniform(20, 80, 12) / 20), rate)
    noise = (random.standard_normal((len(levels), 2)) * levels[:, None]).astype(np.float32)
    oracle = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(noise)
    assert mastering.loudness(noise, rate) == pytest.approx(oracle, abs=1e-4)


def test_the_limiter_holds_peaks_wherever_they_fall() -> None:
    random = np.random.default_rng(5)
    mix = (0.2 * random.standard_normal((mastering.BLOCK + 50_000, 2))).astype(np.float32)
    mix[[0, mastering.BLOCK - 1, mastering.BLOCK, mastering.BLOCK + 3, -1]] = 4.0
    mastering.limit(mix, 44100)
    assert np.abs(mix).max() <= 10 ** (-1 / 20) + 1e-6
