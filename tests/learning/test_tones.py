"""From a folder of recordings to a model that plays, and what is held out."""

import json

import numpy as np
import pytest

from firmus.errors import RecipeError
from firmus.learning import recipe, run, tone_sets, tones
from firmus.learning.corpus import Corpus, Piece
from firmus.runtime import timbre, waveform
from firmus.runtime.weights import read_card

WAVENET = """
name = "small"
representation = "tones"
model = "wavenet"
description = "A test."
[network]
latent = 4
width = 16
skip = 16
dilations = 3
cycles = 1
[training]
steps = 3
threads = 1
length = 256
batch_windows = 2
warmup = 1
"""
DDSP = WAVENET.replace("wavenet", "ddsp_vae").replace("skip = 16\ndilations = 3\ncycles = 1\n", "layers = 1\n")


def tone(hertz, seconds=0.6, rate=22_050):
    time = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 6))
    return (0.3 * wave * np.exp(-2 * time)).astype(np.float32)


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "mine"
    for index, hertz in enumerate((220.0, 247.0, 262.0, 294.0, 330.0, 349.0, 392.0)):
        path = folder / ("reed" if index % 2 else "wire") / f"take{index}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        silence = np.zeros(4000, np.float32)
        path.write_bytes(tone_sets.written(np.concatenate([silence, tone(hertz), silence]), 22_050))
    (folder / "silent.wav").write_bytes(tone_sets.written(np.zeros(22_050, np.float32), 22_050))
    (folder / "broken.wav").write_bytes(b"RIFF....WAVEgarbage")
    (folder / "notes.txt").write_text("no sound")
    return folder


def one_by_one(function, items):
    return map(function, items)


@pytest.mark.parametrize(("text", "kind"), [(WAVENET, waveform.Waveform), (DDSP, timbre.Timbre)])
def test_a_folder_of_recordings_becomes_a_model_that_plays(recordings, tmp_path, monkeypatch, text, kind):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(text)
    lines = []
    weights = run.run(tmp_path / "small.toml", tmp_path, recordings, tmp_path / "run", None, lines.append, one_by_one)
    said = "\n".join(lines)
    assert "silent.wav is silent" in said
    assert "broken.wav" in said
    card = read_card(weights / "card.json")
    assert card.kind == "instrument"
    assert set(card.facts["instruments"]) == {"reed", "wire"}
    assert any(name.startswith("validation_") for name in card.facts["training"])
    model = kind(card, threads=1)
    wave = model.sample(model.names()["reed"], 60, 100, 0.05, 16_000)
    assert wave.shape == (800,)
    assert np.isfinite(wave).all()
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert ("squared_error" in log[-1]) == (kind is waveform.Waveform)


def test_pitches_are_found_and_recordings_of_no_pitch_have_none(recordings, tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 22_050).astype(np.float32)
    (recordings / "rain.wav").write_bytes(tone_sets.written(noise, 22_050))
    found = {each.name: each.pitch for each in tones.recordings(recordings, lambda line: None)}
    assert abs(found["wire/take0.wav"] - 57) < 0.3
    assert found["rain.wav"] == 0
    lines = []
    kept = list(tones.recordings(recordings, lines.append, pitched=True))
    assert len(kept) == 7
    assert "left out: rain.wav is no note of one pitch" in lines


def test_an_empty_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing").mkdir()
    (tmp_path / "small.toml").write_text(WAVENET)
    with pytest.raises(RecipeError, match="no tone to train on"):
        run.run(tmp_path / "small.toml", tmp_path, tmp_path / "nothing", None, None, lambda line: None, one_by_one)


def test_no_soundfont_is_said_with_what_to_install(tmp_path):
    with pytest.raises(RecipeError, match="fluid-soundfont-gm"):
        list(tone_sets.rendered(tmp_path, one_by_one))


def test_held_out_pitches_are_of_no_training_note():
    notes = list(tone_sets.synthesised(None, one_by_one))
    split = {
        kind: {(each.instrument, each.pitch) for each in notes if each.split == kind} for kind in ("train", "valid")
    }
    assert split["train"]
    assert split["valid"]
    assert not split["train"] & split["valid"]
    assert len(split["valid"]) < 0.4 * len(split["train"])


def test_a_batch_pairs_notes_of_one_instrument():
    def piece(name, pitch):
        prepared = {
            "samples": np.full(600, round(1000 * pitch), np.int16),
            "amplitudes": np.full(16 * 96, 0.1, np.float32),
            "bands": np.full(16 * 32, 0.1, np.float32),
            "noise": np.full(16 * 32, 0.1, np.float32),
            "power": np.full(16, 0.1, np.float32),
            "played": np.array([pitch, 100, 440, 0], np.float32),
        }
        return Piece(f"{name}/{pitch}", "x", "", "train", prepared, 600, name)

    corpus = Corpus("tones", [piece("low", 1.0), piece("low", 2.0), piece("high", 20.0), piece("high", 21.0)])
    stream = tones.batches(recipe.parse(WAVENET), corpus, 1, np.random.default_rng(0), "train", 256)
    seen = set()
    for _ in range(20):
        samples, first, pitch, *_, other, _, _, instrument = next(stream)
        assert samples.shape == (2, 256)
        assert (instrument == (pitch < 10)).all()  # by their names: high, low
        assert ((pitch > 10) == (other > 10)).all()
        seen |= set(zip(pitch.tolist(), other.tolist(), strict=True))
        for row in range(2):
            assert abs(float(samples[row, 0]) * 32.767 - float(pitch[row])) < 0.01
            assert 0 <= first[row] <= 344
    assert len(seen) > 4


def test_more_instruments_than_the_recipe_has_points_for_are_refused(recordings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(DDSP.replace("[training]", "instruments = 1\n[training]"))
    with pytest.raises(RecipeError, match="2 instruments to learn from, 1 in the recipe"):
        run.run(tmp_path / "small.toml", tmp_path, recordings, tmp_path / "run", None, lambda line: None, one_by_one)
