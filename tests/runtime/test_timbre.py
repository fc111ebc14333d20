"""Instruments as shipped: they play what is asked, evenly, and their sliders do what they say."""

import numpy as np
import pytest

from firmus.analysis import additive
from firmus.errors import ModelError
from firmus.runtime import timbre
from firmus.runtime.weights import card

RATE = 24_000


@pytest.fixture(scope="module")
def model():
    return timbre.Timbre(card("timbre"), threads=1)


@pytest.fixture(scope="module")
def flute(model):
    return model.names()["Flute"]


def centroid(wave, rate=RATE):
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float((power * np.arange(len(power))).sum() / power.sum() * rate / len(wave))


def level(wave):
    return float(10 * np.log10((wave.astype(np.float64) ** 2).mean()))


def fundamental(wave, pitch, rate=RATE):
    """Hertz of the strongest place within a semitone of a pitch."""
    size = 8 * len(wave)
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), size))
    hertz = np.arange(len(power)) * rate / size
    named = 440 * 2 ** ((pitch - 69) / 12)
    return float(hertz[np.where(np.abs(12 * np.log2(np.maximum(hertz, 1) / named)) < 1, power, 0).argmax()])


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_a_note_has_its_length_and_stays_within_bounds(model, flute, rate):
    wave = model.sample(flute, 72.0, 127, 0.4, rate)
    assert wave.shape == (round(0.4 * rate),)
    assert wave.dtype == np.float32
    assert 0.01 < np.abs(wave).max() <= timbre.PEAK
    assert abs(float(wave.mean())) < 1e-3
    assert abs(float(wave[0])) < 1e-3
    assert abs(float(wave[-1])) < 1e-3


def test_the_same_arguments_give_the_same_samples(model, flute):
    one, same, other = (model.sample(flute, 60, 90, 0.2, RATE, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["Acoustic Grand Piano", "Cello", "Trumpet", "Clarinet", "Church Organ"])
@pytest.mark.parametrize("pitch", [48, 60.5, 76])
def test_it_sounds_at_the_pitch_that_was_asked(model, name, pitch):
    wave = model.sample(model.names()[name], pitch, 100, 0.8, RATE)
    cents = 1200 * np.log2(fundamental(wave, pitch) / (440 * 2 ** ((pitch - 69) / 12)))
    assert abs(cents) < 15


def test_struck_harder_it_is_louder(model):
    for name in ("Acoustic Grand Piano", "Flute", "Violin"):
        levels = [level(model.sample(model.names()[name], 64, velocity, 0.6, RATE)) for velocity in (50, 85, 120)]
        assert levels[0] < levels[1] < levels[2]


def test_a_plucked_string_dies_away_and_goes_on_to_do_so_and_an_organ_does_not(model):
    def fall(name):
        wave = model.sample(model.names()[name], 60, 100, 6.0, RATE)
        return level(wave[RATE // 5 : RATE // 2]) - level(wave[5 * RATE : 11 * RATE // 2])

    assert fall("Harpsichord") > 15
    assert abs(fall("Church Organ")) < 6


def test_halfway_between_two_instruments_lies_between_them(model):
    low, high = model.names()["Ocarina"], model.names()["Sawtooth Lead"]
    bright = [centroid(model.sample(low + share * (high - low), 60, 100, 0.5, RATE)) for share in (0, 0.5, 1)]
    assert bright[0] < bright[1] < bright[2]


def test_sliders_do_what_they_say(model, flute):
    def played(**sliders):
        return model.sample(model.with_controls(flute, **sliders), 60, 100, 1.0, RATE)

    assert centroid(played(brightness=-1)) < centroid(played()) < centroid(played(brightness=1))
    begin = slice(0, RATE // 20)
    assert level(played(attack=1)[begin]) < level(played()[begin]) - 3 < level(played(attack=-1)[begin])
    late = slice(RATE // 2, RATE)
    assert level(played(decay=-1)[late]) < level(played()[late]) - 20
    harpsichord = model.names()["Harpsichord"]
    long = model.sample(model.with_controls(harpsichord, decay=1), 60, 100, 1.0, RATE)
    assert level(long[late]) > level(model.sample(harpsichord, 60, 100, 1.0, RATE)[late]) + 2

    def between(wave):  # power that is no partial's
        power = np.abs(np.fft.rfft(wave[2400:21600] * np.hanning(19200))) ** 2
        place = np.arange(len(power)) * RATE / 19200 / (440 * 2 ** (-9 / 12))
        return power[np.abs(place - np.rint(place)) > 0.25].sum() / power.sum()

    assert between(played(noise=-1)) < between(played()) < between(played(noise=1))


def test_partials_are_stretched_or_made_exact(model):
    piano = model.names()["Acoustic Grand Piano"]
    time = np.zeros(2, np.float32)

    def stretch(value):
        return model._controls(model.with_controls(piano, harmonicity=value), 60.0, 100, time)[2]

    assert stretch(1) == 0 < stretch(0) < stretch(-1)
    assert additive.partials(262, stretch(-1))[9] > 1.05 * 2620


def test_nothing_changed_is_the_point_itself(model, flute):
    plain, shaped = model.sample(flute, 60, 90, 0.2), model.sample(model.with_controls(flute), 60, 90, 0.2)
    assert np.array_equal(plain, shaped)
    kept = model.with_controls(model.with_controls(flute, brightness=0.5), noise=-0.5)
    assert (kept.brightness, kept.noise, kept.attack) == (0.5, -0.5, 0.0)


def test_a_note_is_found_again_by_its_sound(model):
    names = model.names()
    points = np.stack(list(names.values()))
    for name in ("Church Organ", "Acoustic Grand Piano", "Trumpet"):
        wave = model.sample(names[name], 62, 100, 2.0)
        near = np.argsort(((points - model.encode(wave, 44_100, 62.0)) ** 2).sum(axis=1))[:12]
        assert name in [list(names)[index] for index in near]


def test_controls_tell_bright_from_dark(model):
    names = model.names()
    dark, bright = model.controls(names["Ocarina"]), model.controls(names["Sawtooth Lead"])
    assert set(dark) == set(timbre.SLIDERS)
    assert dark["brightness"] < bright["brightness"]
    assert model.controls(names["Harpsichord"])["decay"] < model.controls(names["Church Organ"])["decay"]
    assert all(-1 <= value <= 1 for value in (*dark.values(), *bright.values()))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((200, 90, 1.0), "pitch 200 must be from 0 to 127"),
        ((60, 0, 1.0), "velocity 0 must be from 1 to 127"),
        ((60, 90, 0.0), "seconds 0.0 must be from 0.02 to 60"),
        ((60, 90, 1.0, 1000), "rate 1000 must be from 8000 to 96000"),
    ],
)
def test_what_cannot_be_played_is_refused(model, flute, arguments, words):
    with pytest.raises(ModelError, match=words):
        model.sample(flute, *arguments)


def test_what_is_no_point_or_no_note_is_refused(model, flute):
    with pytest.raises(ModelError, match="have 16"):
        model.sample(np.zeros(3, np.float32), 60, 90, 1.0)
    with pytest.raises(ModelError, match=r"brightness 2.0 must be from -1 to 1"):
        model.with_controls(flute, brightness=2)
    for wave in (np.zeros(9000, np.float32), np.ones((9000, 2), np.float32), np.full(9000, np.nan, np.float32)):
        with pytest.raises(ModelError, match="mono, finite"):
            model.encode(wave, 44_100, 60)
    with pytest.raises(ModelError, match="no space of instruments"):
        timbre.Timbre(card("composer"))
