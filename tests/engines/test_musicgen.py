"""MusicGen from a folder: a tiny one, made here, played by the real code."""

import json
import shutil
import sys

import numpy as np
import pytest
import soundfile

import borrowed
import firmus
from firmus.cli import main
from firmus.errors import InvalidBrief, ModelError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return borrowed.musicgen(tmp_path_factory.mktemp("models") / "tiny-musicgen")


def test_words_become_sound_and_the_same_for_the_same_seed(folder):
    one, same, other = (firmus.sound("calm piano", model=str(folder), seconds=1.5, seed=seed) for seed in (3, 3, 4))
    assert one.encoded() == same.encoded()
    assert one.encoded() != other.encoded()
    assert one.audio.sample_rate == 16_000
    assert one.audio.samples.shape == (24_000, 2)
    assert np.abs(one.audio.samples).max() > 0


def test_words_and_temperature_matter(folder):
    calm = firmus.sound("calm", model=str(folder), seconds=1, seed=3)
    assert calm.encoded() != firmus.sound("rain", model=str(folder), seconds=1, seed=3).encoded()
    cold = [firmus.sound("calm", model=str(folder), seconds=1, seed=seed, temperature=0) for seed in (1, 2)]
    assert np.array_equal(cold[0].audio.samples, cold[1].audio.samples)


def test_the_command_writes_sound_and_where_it_comes_from(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(folder.parent))
    words = ["sound", "calm piano", "calm.wav", "--seconds", "1", "--seed", "3"]  # the only one there is
    assert main(words) == 0
    assert "tiny-musicgen, seed 3, AI-generated" in capsys.readouterr().out
    samples, rate = soundfile.read("calm.wav")
    assert (len(samples), rate) == (16_000, 16_000)
    origin = json.loads((tmp_path / "calm.json").read_text(encoding="utf-8"))["origin"]
    assert origin["ai_generated"] is True
    assert origin["brief"]["prompt"] == "calm piano"
    assert len(origin["weights"]) == 64
    with soundfile.SoundFile("calm.wav") as file:
        assert "AI-generated (Firmus" in file.comment
    first = (tmp_path / "calm.wav").read_bytes()
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*words, "--force", "--json"]) == 0
    assert (tmp_path / "calm.wav").read_bytes() == first
    assert json.loads(capsys.readouterr().out)["origin"]["seed"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [({"seconds": 31}, "1 to 30 seconds"), ({"seed": -1}, "seed -1"), ({"temperature": 3}, "temperature 3")],
)
def test_what_is_out_of_range_is_refused(folder, options, message):
    with pytest.raises(InvalidBrief, match=message):
        firmus.sound("calm", model=str(folder), **options)


def test_words_are_needed_and_a_model_that_makes_sound(folder):
    with pytest.raises(InvalidBrief, match="must be words"):
        firmus.sound(" ", model=str(folder))
    with pytest.raises(InvalidBrief, match="makes no sound of words"):
        firmus.sound("calm", model="composer")
    with pytest.raises(InvalidBrief, match="none here does"):
        firmus.sound("calm")
    with pytest.raises(InvalidBrief, match="does not compose"):
        firmus.compose(model=str(folder))


def test_nothing_is_made_where_it_could_not_be_written(tmp_path, capsys):
    (tmp_path / "there.wav").write_bytes(b"")
    assert main(["sound", "calm", str(tmp_path / "there.wav"), "--model", "nowhere/at/all"]) == 2
    assert "already exists" in capsys.readouterr().err
    assert main(["sound", "calm", str(tmp_path / "new.mid")]) == 2
    assert ".wav" in capsys.readouterr().err


def test_a_folder_without_a_tokenizer_is_refused_in_one_line(folder, tmp_path):
    bare = shutil.copytree(folder, tmp_path / "bare")
    (bare / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="tokenizer cannot be read") as caught:
        firmus.sound("calm", model=str(bare), seconds=1)
    assert "\n" not in str(caught.value)
    (bare / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        firmus.sound("calm", model=str(bare), seconds=1)


def test_without_the_extra_it_says_what_to_install(folder, monkeypatch):
    from firmus.engines import musicgen

    musicgen.load.cache_clear()
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match=r"needs torch: pip install 'firmus\[large\]'"):
        firmus.sound("calm", model=str(folder), seconds=1)


def test_the_service_makes_sound(folder, tmp_path):
    from serving import Server

    server = Server(tmp_path / "data", {"FIRMUS_WEIGHTS": str(folder.parent), "FIRMUS_THREADS": "1"})
    body = {
        "kind": "sound",
        "brief": {"seconds": 1, "seed": 3},
        "formats": ["wav"],
        "options": {"prompt": "calm piano"},
    }
    try:
        job = server.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).json()
        assert job["state"] == "succeeded", job["error"]
        assert job["seconds"] == 1
        assert job["result"]["origin"]["brief"]["prompt"] == "calm piano"
        sound = server.client.get(f"/v1/jobs/{job['id']}/files/wav").content
        assert sound == firmus.sound("calm piano", model=str(folder), seconds=1, seed=3).encoded()
        for change in ({"options": {}}, {"formats": []}, {"formats": ["midi"]}, {"brief": {"seconds": 40}}):
            refused = server.client.post("/v1/jobs", json=body | change)
            assert refused.status_code == 422, change
        assert "1 to 30 seconds" in refused.json()["detail"]
    finally:
        server.stop()
