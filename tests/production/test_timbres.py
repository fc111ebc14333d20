"""Recordings become instruments: pitches found, loops without joints, and clear answers to what is no note."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import soundfile

from firmus.analysis.fundamental import fundamental
from firmus.errors import FirmusError
from firmus.production.timbres import making, packages, recording, sampling
from firmus.render import sampler, soundfont
from firmus.render.soundfont import SoundFont
from firmus.score import Part, Score

RATE = 44100


def recorded(program, keys, seconds=1.5, rest=0.6, rate=RATE, velocities=None):
    """Notes of the shipped SoundFont, (frames, 2), after half a second of silence."""
    starts = [0.5 + step * (seconds + rest) for step in range(len(keys))]
    buffer = np.zeros((round((starts[-1] + seconds + rest + 0.5) * rate), 2), np.float32)
    velocities = velocities or [100] * len(keys)
    notes = [sampler.Played(*each) for each in zip(starts, [seconds] * len(keys), keys, velocities, strict=True)]
    sampler.add_notes(buffer, rate, soundfont.current(), (0, program), notes, (0.5, 0.5))
    return buffer


def drums():
    buffer = np.zeros((RATE * 4, 2), np.float32)
    notes = [sampler.Played(step * 0.25, 0.2, (36, 42, 38, 42)[step % 4], 100) for step in range(16)]
    sampler.add_notes(buffer, RATE, soundfont.current(), (soundfont.DRUM_BANK, 0), notes, (0.5, 0.5))
    return buffer


@pytest.fixture
def take(tmp_path):
    def write(samples, name="take.wav", rate=RATE):
        path = tmp_path / name
        soundfile.write(path, samples, rate)
        return path

    return write


@pytest.mark.parametrize("program", [0, 21, 24, 40, 42, 52, 56, 60, 68, 71, 73, 107])
@pytest.mark.parametrize("key", [50, 62, 74])
def test_the_pitch_of_a_note_is_found_within_50_cents(program, key):
    samples = recorded(program, [key])[:, 0]
    found = fundamental(samples, RATE)
    assert found is not None
    assert abs(found.key - key) < 0.5


def test_a_recording_is_an_instrument_in_tune_that_lasts_as_long_as_a_key_is_held(take):
    made = making.of_recording(take(recorded(73, [69])), name="My flute")
    assert made.warnings == ()
    assert made.origin.measured["pitches"] == [pytest.approx(69, abs=0.5)]
    assert made.origin.measured["joint"] <= 1.0
    font = SoundFont(made.soundfont())
    for key in (53, 60, 69, 76, 88):
        buffer = np.zeros((RATE * 6, 2), np.float32)
        sampler.add_notes(buffer, RATE, font, font.presets[0], [sampler.Played(0.0, 5.0, key, 100)], (0.5, 0.5))
        assert fundamental(buffer[RATE : RATE * 4, 0], RATE).key == pytest.approx(key, abs=0.25)
        late, early = (
            np.sqrt((buffer[round(a * RATE) : round(b * RATE)] ** 2).mean()) for a, b in ((4, 5), (0.5, 1.5))
        )
        assert 0.4 < late / early < 2.5  # it took a second and a half, and is held for five


def test_a_plucked_note_dies_away(take):
    made = making.of_recording(take(recorded(24, [52], seconds=1.2)))
    font = SoundFont(made.soundfont())
    buffer = np.zeros((RATE * 6, 2), np.float32)
    sampler.add_notes(buffer, RATE, font, font.presets[0], [sampler.Played(0.0, 5.0, 52, 100)], (0.5, 0.5))
    levels = [np.sqrt((buffer[second * RATE : (second + 1) * RATE] ** 2).mean()) for second in range(5)]
    assert levels[4] < 0.35 * levels[0]
    assert all(np.diff(levels) < 0)


def test_several_notes_are_zones_of_their_own_and_louder_ones_layers(take):
    keys = [60, 64, 67, 72, 72]
    made = making.of_recording(take(recorded(11, keys, velocities=[90, 90, 90, 40, 110])))
    roots = [zone.root for zone in made.instrument.zones]
    assert {60, 64, 67, 72} <= set(roots)
    assert roots.count(72) == 2
    layers = [zone.velocities for zone in made.instrument.zones if zone.root == 72]
    assert layers[0][1] + 1 == layers[1][0]
    assert max(np.diff(sorted(set(roots)))) <= sampling.STEP + 1


def test_stereo_of_96_kilohertz_is_taken(take):
    made = making.of_recording(take(recorded(73, [74], rate=96_000), rate=96_000))
    assert made.origin.measured["pitches"] == [pytest.approx(74, abs=0.5)]


def test_of_a_long_recording_only_the_beginning_is_read(take, tmp_path):
    path, one = tmp_path / "long.wav", recorded(42, [48], rest=1.0)
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        file.write(np.zeros((RATE * 20, 2), np.float32))
        for _ in range(400):
            file.write(one)
    begun = time.perf_counter()
    whole = recording.read(path)
    seconds = time.perf_counter() - begun
    assert soundfile.info(path).duration > 1200
    assert len(whole.notes) >= 10
    begun = time.perf_counter()
    recording.read(take(np.concatenate([one] * 20)))
    assert seconds < 5 * (time.perf_counter() - begun)


@pytest.mark.parametrize(
    ("samples", "hint"),
    [
        (np.zeros((RATE, 2)), "is silent: its loudest sample is 0.00000"),
        (np.full((RATE, 2), 1e-5), "is silent"),
        (drums(), "has no steady pitch .* such as --pitch C4"),
        (np.random.default_rng(1).standard_normal((RATE * 2, 1)) * 0.1, "has no steady pitch"),
        (np.concatenate((np.zeros(RATE), np.ones(300) * 0.5, np.zeros(RATE))), "too short|no steady pitch"),
    ],
    ids=["silence", "nearly silence", "drum loop", "noise", "blip"],
)
def test_what_is_no_note_is_refused_in_a_line(take, samples, hint):
    with pytest.raises(FirmusError, match=rf"take\.wav .*({hint})|take\.wav {hint}") as caught:
        making.of_recording(take(samples))
    assert "\n" not in str(caught.value)


def test_a_drum_loop_is_taken_as_it_is_where_its_key_is_said(take):
    made = making.of_recording(take(drums()), pitch="C4")
    (root,) = {zone.root for zone in made.instrument.zones if zone.keys[0] <= 60 <= zone.keys[1]}
    assert root == 60


def test_a_clipped_and_a_faint_recording_are_taken_with_a_warning(take):
    clipped = making.of_recording(take(np.clip(recorded(56, [65]) * 20, -1, 1)))
    assert "is clipped in" in clipped.warnings[0]
    assert "record it more softly" in clipped.warnings[0]
    faint = making.of_recording(take(recorded(73, [69]) * 0.02))
    assert "faint" in faint.warnings[0]


@pytest.mark.parametrize("pitch", ["H4", "c", "", "C99"])
def test_an_impossible_key_is_refused(take, pitch):
    with pytest.raises(FirmusError, match="must be a note, such as A4"):
        making.of_recording(take(recorded(73, [69])), pitch=pitch)


def test_a_folder_holds_all_that_is_delivered(take, tmp_path):
    made = making.of_recording(take(recorded(40, [69])), name="Geige 小")
    paths = made.save(tmp_path / "out")
    assert [path.name for path in paths] == [f"Geige-小.{each}" for each in ("sf2", "sfz", "wav", "png", "json")]
    assert len(list((tmp_path / "out" / "samples").glob("*.wav"))) == len(made.instrument.zones)
    origin = json.loads(paths[4].read_text())["origin"]
    assert origin["ai_generated"] is False
    assert len(origin["source"]) == 64
    samples, _ = soundfile.read(paths[2])
    assert 4 < len(samples) / RATE < 8
    assert np.abs(samples).max() < 0.9
    assert SoundFont(paths[0]).presets == ((0, 0),)
    with pytest.raises(FirmusError, match="already exists"):
        made.save(tmp_path / "out")
    made.save(tmp_path / "out", force=True)
    again = packages.Package(made.instrument, made.origin).soundfont()
    assert again == paths[0].read_bytes()


def test_a_mixer_is_read_of_words():
    from firmus.production.mixer_options import mixer

    score = Score((Part("Melody"), Part("低音")))
    mixed = mixer(score, volume="-1，melody=-4", pan="2=0.5", eq="低音=+3/0/-2", reverb="0")
    one, two = mixed.channel(0), mixed.channel(1)
    assert (one.volume, two.volume, two.pan, two.low, two.high, one.reverb) == (-4, -1, 0.5, 3, -2, 0)
    for settings, hint in [
        ({"volume": "viola=3"}, "no part 'viola'"),
        ({"volume": "melody="}, "must be PART=VALUE, such as melody=-3"),
        ({"eq": "3"}, "as in bass=\\+3/0/-2"),
        ({"pan": "melody=left"}, "as in melody=-0.5"),
        ({"instrument": "melody=none.sf2"}, "No such file"),
    ]:
        with pytest.raises(FirmusError, match=hint):
            mixer(score, **settings)
