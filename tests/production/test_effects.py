"""Sound effects: each is what it is called, and each setting does what it says; all by measurement."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from firmus.errors import FirmusError
from firmus.production.effects import effect
from firmus.render import mastering, soundtrack, wave_chunks
from firmus.render.effects.kinds import KINDS

RATE = 44100
LOOPS = [name for name, kind in KINDS.items() if kind.loops]
every_kind = pytest.mark.parametrize("kind", KINDS)


def sound(kind, **options):
    """Samples (frames, 2) of a sound effect; of ambiences three seconds."""
    usual = {"seconds": 3.0} if KINDS[kind].loops else {}
    return effect(kind, **{"seed": 4, **usual, **options}).audio.samples.astype(float)


def powers(samples, size=2048):
    """Power (windows, bins) and frequencies in hertz; the loudest windows alone, for silence has no spectrum."""
    mono = np.pad(samples.mean(axis=1), size // 2)
    windows = np.lib.stride_tricks.sliding_window_view(mono, size)[:: size // 4] * np.hanning(size)
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    level = power.sum(axis=1)
    return power[level > level.max() / 1e4], np.fft.rfftfreq(size, 1 / RATE)


def centroid(samples):
    """Mean of the logarithm of frequency, as hertz."""
    power, hertz = powers(samples)
    total = power.sum(axis=0)[1:]
    return 2 ** float((total * np.log2(hertz[1:])).sum() / total.sum())


def peakiness(samples):
    """Power over that of its surroundings, about 340 Hz wide, weighted by power: 2 of noise, higher of tones."""
    power, _ = powers(samples, 4096)
    around = np.apply_along_axis(np.convolve, 1, power, np.ones(31) / 31, "same")
    return float((power**2 / np.maximum(around, 1e-20)).sum() / power.sum())


@every_kind
def test_it_has_its_length_and_loudness_and_repeats_by_its_seed(kind):
    first, again, other = sound(kind), sound(kind), sound(kind, seed=5)
    assert len(first) == round((3.0 if KINDS[kind].loops else KINDS[kind].seconds) * RATE)
    assert mastering.loudness(first.astype(np.float32), RATE) == pytest.approx(-20, abs=0.15)
    assert soundtrack.true_peak(first.astype(np.float32)) <= -1
    assert abs(first.mean()) < 0.02 * first.std()
    assert np.array_equal(first, again)
    assert abs(first - other).max() > 0.01
    assert abs(first[-1]).max() < 1e-3


@every_kind
def test_brightness_tilts_the_spectrum(kind):
    dark, usual, bright = (centroid(sound(kind, brightness=value)) for value in (0.1, 0.5, 0.9))
    assert dark < 0.95 * usual < 0.95 * 0.95 * bright


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in ("sweep", "rain")])
def test_tone_goes_from_noise_to_pitch(kind):
    noise, half, tone = (peakiness(sound(kind, tone=value, space=0.0)) for value in (0.0, 0.5, 1.0))
    assert noise < half < tone
    assert noise + 0.8 < tone


@pytest.mark.parametrize("kind", ["sweep", "rain"])
def test_tone_gathers_what_is_too_short_for_a_spectral_line_about_the_pitch(kind):
    def share(tone):
        power, hertz = powers(sound(kind, tone=tone, space=0.0))
        octaves = abs(np.log2(np.maximum(hertz, 1) / KINDS[kind].pitch))
        return float(power[:, octaves < 0.7].sum() / power.sum())

    assert share(0.0) + 0.05 < share(0.5) < share(1.0) - 0.03


@every_kind
def test_pitch_moves_what_is_pitched(kind):
    usual = KINDS[kind].pitch
    low, high = (centroid(sound(kind, pitch=usual * factor, tone=0.9, space=0.0)) for factor in (0.7, 2.0))
    assert high > 1.2 * low


@every_kind
def test_space_smears_what_is_struck_and_parts_the_sides(kind):
    dry, wet = sound(kind, space=0.0), sound(kind, space=1.0)
    sides = [np.corrcoef(each.T)[0, 1] for each in (dry, wet)]
    late = [np.sqrt((each[len(each) // 2 :] ** 2).mean()) for each in (dry, wet)]
    assert sides[1] < sides[0] - 0.02 or late[1] > 1.1 * late[0]


@pytest.mark.parametrize("kind", LOOPS)
def test_a_loop_has_no_joint(kind, tmp_path):
    made = effect(kind, seconds=2.5, loop=True, seed=9)
    assert soundtrack.joint(made.audio.samples, RATE) < 1.05
    assert soundtrack.true_peak(made.audio.samples, loop=True) <= -1
    edges = np.sqrt((made.audio.samples[: RATE // 10] ** 2).mean()), np.sqrt((made.audio.samples**2).mean())
    assert edges[0] > edges[1] / 4  # no fade at the joint
    made.save(tmp_path / "loop.wav")
    assert wave_chunks.loop_of((tmp_path / "loop.wav").read_bytes()) == (0, round(2.5 * RATE) - 1)


def thirds(samples):
    return np.array_split(samples, 3)


def level(samples):
    return 10 * np.log10((samples**2).mean())


def test_a_riser_rises_and_gets_louder_and_stops_at_its_top():
    rising = sound("riser")
    centres = [centroid(part) for part in thirds(rising)]
    assert centres[0] * 1.5 < centres[1] < centres[2] / 1.5
    levels = [level(part) for part in thirds(rising)]
    assert levels[0] + 6 < levels[1] < levels[2] - 6
    assert level(rising[-RATE // 5 : -RATE // 20]) > level(rising) + 3


def test_an_impact_has_a_transient_a_boom_and_a_tail():
    struck = sound("impact")
    mono = struck.mean(axis=1)
    assert np.argmax(abs(mono)) < 0.15 * RATE
    crest = 20 * np.log10(abs(mono).max() / np.sqrt((mono**2).mean()))
    assert 14 < crest < 30
    levels = [level(part) for part in np.array_split(struck, 6)]
    assert all(earlier > later + 3 for earlier, later in pairwise(levels))
    power, hertz = powers(struck, 8192)
    assert 35 < hertz[power.sum(axis=0).argmax()] < 60


def test_a_sweep_passes_from_left_to_right():
    left, right = sound("sweep", space=0.0).T
    middle = np.arange(len(left))
    assert (middle * left**2).sum() / (left**2).sum() < (middle * right**2).sum() / (right**2).sum() - 0.02 * RATE
    early, centre, late = (centroid(part) for part in thirds(sound("sweep", space=0.0)))
    assert early * 1.3 < centre > late * 1.2


def test_rain_is_dense_noise_with_as_many_drops_as_are_asked_for():
    def spikes(rate):
        high = np.diff(sound("rain", rate=rate, space=0.0).mean(axis=1))
        pieces = high[: len(high) // 441 * 441].reshape(-1, 441)
        peaks = abs(pieces).max(axis=1) / np.median(abs(high))
        return (peaks > 8).mean()

    assert spikes(10.0) < spikes(60.0) < spikes(300.0)
    assert peakiness(sound("rain")) < 4
    assert 12 < 20 * np.log10(abs(sound("rain")).max() / sound("rain").std()) < 26


def envelope(samples, seconds=0.02):
    size = round(seconds * RATE)
    return np.sqrt((samples[: len(samples) // size * size].reshape(-1, size * 2) ** 2).mean(axis=1))


@pytest.mark.parametrize(("kind", "rate"), [("machine", 6.0), ("machine", 11.0), ("sweep", 15.0), ("riser", 12.0)])
def test_rate_is_heard_in_the_envelope(kind, rate):
    curve = envelope(sound(kind, rate=rate, tone=0.3, space=0.0, seconds=4.0), 0.01)
    curve = np.log(curve + 1e-4)
    curve -= np.convolve(np.pad(curve, 25, mode="edge"), np.ones(51) / 51, "valid")
    half = curve[len(curve) // 4 : -len(curve) // 6]
    power = abs(np.fft.rfft(half * np.hanning(len(half)))) ** 2
    hertz = np.fft.rfftfreq(len(half), 0.01)
    near = power[(hertz > rate * 0.6) & (hertz < rate * 1.05)].max()
    assert near > 5 * np.median(power)


def test_wind_comes_in_gusts():
    def swing(rate):
        curve = envelope(sound("wind", rate=rate, seconds=20.0, space=0.0), 0.1)
        return (np.diff(np.sign(curve - np.median(curve))) != 0).sum()

    assert swing(0.1) < swing(0.8)
    curve = envelope(sound("wind", seconds=20.0), 0.25)[2:-2]
    assert curve.max() > 2 * curve.min()


def test_interface_sounds_go_where_they_should():
    def notes(kind, *places):
        samples = sound(kind, space=0.0)
        found = []
        for first, last in places:
            piece = samples[round(first * len(samples)) : round(last * len(samples))].mean(axis=1)
            power = abs(np.fft.rfft(piece * np.hanning(len(piece)), 1 << 17))
            found.append(power.argmax() * RATE / (1 << 17))
        return found[1] / found[0]

    assert notes("confirm", (0.02, 0.2), (0.4, 0.9)) == pytest.approx(1.5, rel=0.03)
    assert notes("coin", (0.01, 0.13), (0.3, 0.9)) == pytest.approx(1.335, rel=0.03)
    assert notes("error", (0.02, 0.34), (0.4, 0.9)) == pytest.approx(0.7071, rel=0.08)
    click = sound("click")
    assert level(click[: RATE // 50]) > level(click[RATE // 50 :]) + 6


def test_it_is_saved_with_its_picture_and_what_makes_it_again(tmp_path):
    made = effect("coin", seed=3, brightness=0.6)
    paths = made.save(tmp_path / "coin.wav")
    assert [path.name for path in paths] == ["coin.wav", "coin.png", "coin.json"]
    assert soundfile.info(paths[0]).subtype == "PCM_24"
    assert paths[1].read_bytes()[1:4] == b"PNG"
    asked = dict(made.origin.brief)
    again = effect(asked.pop("effect"), **asked)
    assert np.array_equal(again.audio.samples, made.audio.samples)
    with pytest.raises(FirmusError, match="--force"):
        made.save(tmp_path / "coin.wav")


@pytest.mark.parametrize(
    ("kind", "options", "hint"),
    [
        ("laser", {}, "unknown sound effect 'laser'"),
        ("coin", {"seconds": 0.01}, "length 0.01 of coin must be 0.05 to 5 seconds"),
        ("rain", {"seconds": 7200}, "length 7200 of rain must be 1 to 300 seconds"),
        ("riser", {"loop": True}, "rain, wind, room, machine can be loops"),
        ("impact", {"rate": 3.0}, "impact has no rate: riser, sweep"),
        ("rain", {"rate": 0.0}, "rate 0.0 must be 0.02 to 2,000 a second"),
        ("coin", {"pitch": float("nan")}, "pitch nan must be 20 to 12,000 Hz"),
        ("coin", {"brightness": 1.5}, "brightness 1.5 must be 0 to 1"),
        ("coin", {"loudness": 0.0}, "loudness 0.0 must be -40 to -8 LUFS"),
        ("coin", {"seed": -1}, "seed -1 must be 0 to"),
        ("coin", {"colour": 1.0}, "unknown setting 'colour'"),
    ],
)
def test_bad_settings_are_refused(kind, options, hint):
    with pytest.raises(FirmusError, match=hint):
        effect(kind, **options)
