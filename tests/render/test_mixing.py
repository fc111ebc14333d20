"""The mixer: each setting does what it says, stems add up, and another synthesiser agrees; by measurement."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest

from firmus.errors import FirmusError
from firmus.render import mastering, synth
from firmus.render.mixing import Channel, Mixer
from firmus.score import Note, Part, Score

RATE = 22050


def line(program: int, pitch: int, **fields: int) -> Part:
    return Part("", tuple(Note(480 * step, 460, pitch + step % 5, 90) for step in range(8)), program=program, **fields)


@pytest.fixture(scope="module")
def trio() -> Score:
    drums = Part("Drums", tuple(Note(240 * step, 60, 36 if step % 2 else 42, 100) for step in range(16)), is_drums=True)
    return Score((replace(line(73, 72), name="Tune"), replace(line(33, 40, pan=30), name="Bass"), drums))


def part(score: Score, place: int, channel: Channel) -> np.ndarray:
    """One part of a mix, before its loudness is set."""
    return synth._mixed(score, RATE, Mixer({place: channel}), [place]).astype(float)


def power(samples: np.ndarray, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples.mean(axis=1))) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(10 * np.log10(spectrum[(hertz >= low) & (hertz < high)].sum()))


@pytest.mark.parametrize("decibels", [-20.0, -3.0, 6.0])
def test_volume_is_decibels(trio: Score, decibels: float) -> None:
    usual, changed = (part(trio, 0, Channel(volume=value)) for value in (0.0, decibels))
    assert 20 * np.log10(changed.std() / usual.std()) == pytest.approx(decibels, abs=0.01)


def test_pan_replaces_that_of_the_part(trio: Score) -> None:
    left = part(trio, 1, Channel(pan=-1.0, reverb=0.0))
    assert (left[:, 1] ** 2).sum() < 1e-6 * (left[:, 0] ** 2).sum()


@pytest.mark.parametrize(
    ("band", "hertz"), [("low", (20.0, 100.0)), ("middle", (900.0, 1100.0)), ("high", (7000.0, 10000.0))]
)
@pytest.mark.parametrize("decibels", [-12.0, 9.0])
def test_the_equaliser_changes_its_band_and_leaves_what_is_far_from_it(band, hertz, decibels) -> None:
    noise = np.random.default_rng(4).standard_normal((RATE * 4, 2)).astype(np.float32)
    changed = noise.copy()
    settings = {"low": 0.0, "middle": 0.0, "high": 0.0, band: decibels}
    mastering.equalise(changed, RATE, **settings)
    assert power(changed, *hertz) - power(noise, *hertz) == pytest.approx(decibels, abs=1.2)
    far = (7000.0, 10000.0) if band == "low" else (20.0, 60.0)
    assert power(changed, *far) - power(noise, *far) == pytest.approx(0.0, abs=0.6)


def test_an_equaliser_that_is_level_changes_nothing_and_blocks_have_no_joints() -> None:
    noise = np.random.default_rng(4).standard_normal((mastering.BLOCK + 1000, 2)).astype(np.float32)
    level = noise.copy()
    mastering.equalise(level, RATE, 0.0, 0.0, 0.0)
    np.testing.assert_allclose(level, noise, atol=1e-5)
    whole, later = noise.copy(), noise[1000:].copy()
    mastering.equalise(whole, RATE, 6.0, 0.0, -6.0)
    mastering.equalise(later, RATE, 6.0, 0.0, -6.0)
    np.testing.assert_allclose(whole[mastering.BLOCK - 50 :], later[mastering.BLOCK - 1050 :], atol=1e-4)


def test_reverb_lengthens_what_is_sent_to_it(trio: Score) -> None:
    alone = Score((Part("", (Note(0, 240, 76, 100),), program=6),))
    after = slice(round(1.2 * RATE), round(1.8 * RATE))
    dry, usual, wet = (part(alone, 0, Channel(reverb=value))[after].std() for value in (0.0, 0.16, 0.6))
    assert dry < 0.5 * usual < 0.25 * wet


def test_stems_of_a_mix_add_up_to_it(trio: Score) -> None:
    mixer = Mixer({0: Channel(volume=4.0, pan=-0.5, high=5.0, reverb=0.4), 2: Channel(volume=-3.0, low=6.0)})
    mix = synth.render(trio, RATE, mixer=mixer).samples
    total = np.sum([stem.samples.astype(float) for _, stem in synth.stems(trio, RATE, mixer=mixer)], axis=0)
    np.testing.assert_allclose(total, mix, atol=1e-5)
    meter = pyloudnorm.Meter(RATE, filter_class="DeMan")
    assert meter.integrated_loudness(mix) == pytest.approx(-14.0, abs=0.3)
    assert np.abs(mix).max() <= 10 ** (-1 / 20) + 1e-6


def test_a_mixer_that_changes_nothing_gives_the_same_bytes(trio: Score) -> None:
    np.testing.assert_array_equal(synth.render(trio, RATE).samples, synth.render(trio, RATE, mixer=Mixer()).samples)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("volume", 20.0, "volume 20.0 must be from -60 to 12 dB"),
        ("pan", -1.5, "pan -1.5 must be from -1 to 1"),
        ("reverb", 2.0, "reverb 2.0 must be from 0 to 1"),
        ("low", 40.0, "low 40.0 must be from -24 to 18 dB"),
        ("high", float("nan"), "high nan must be"),
    ],
)
def test_values_out_of_range_are_refused(name: str, value: float, hint: str) -> None:
    with pytest.raises(FirmusError, match=hint):
        Channel(**{name: value})


def test_an_unknown_synthesiser_is_refused() -> None:
    with pytest.raises(FirmusError, match="did you mean 'fluidsynth'"):
        Mixer(synthesizer="fluidsinth")


def test_a_missing_synthesiser_is_said(trio: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FirmusError, match="is not installed"):
        synth.render(trio, RATE, mixer=Mixer(synthesizer="fluidsynth"))


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="FluidSynth, a system library, is not installed")
def test_fluidsynth_plays_the_same_notes_as_loud_and_at_the_same_time(trio: Score) -> None:
    for place in range(3):
        ours, theirs = np.zeros((RATE * 8, 2), np.float32), np.zeros((RATE * 8, 2), np.float32)
        synth.add_part(ours, trio, place, RATE)
        synth.add_part(theirs, trio, place, RATE, Mixer(synthesizer="fluidsynth"))
        onsets = [np.flatnonzero(each.max(axis=1) > 0.02 * each.max())[0] for each in (ours, theirs)]
        assert abs(onsets[0] - onsets[1]) < 0.01 * RATE
        assert 20 * np.log10(theirs.std() / ours.std()) == pytest.approx(0.0, abs=4.0)
