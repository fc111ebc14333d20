"""Sound effects from the command line: what is written where, and what a mistake costs."""

import json

import pytest
import soundfile

from firmus.cli import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_effect_is_a_sound_a_picture_and_its_settings(here, capsys):
    assert main(["effects", "riser", "--seconds", "1.5", "--seed", "4", "--pitch", "600"]) == 0
    assert capsys.readouterr().out.split() == ["out/riser.wav", "out/riser.png", "out/riser.json"]
    assert soundfile.info(here / "out" / "riser.wav").frames == round(1.5 * 44100)
    origin = json.loads((here / "out" / "riser.json").read_text())["origin"]
    assert (origin["brief"]["pitch"], origin["seed"], origin["ai_generated"]) == (600.0, 4, False)
    assert main(["effects", "riser", "--seconds", "1"]) == 0
    assert (here / "out" / "riser-2.wav").is_file()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["laser"], "unknown sound effect 'laser'"),
        (["rain", "--seconds", "0.01"], "length 0.01 of rain must be 1 to 300"),
        (["coin", "--loop"], "coin has an end, and is no loop"),
        (["coin", "--out", "coin.mp3"], "a sound effect is a .wav file"),
        (["coin", "--out", "nowhere/coin.wav"], "nowhere is no folder"),
    ],
)
def test_a_mistake_costs_one_line_and_nothing_else(words, hint, here, capsys):
    assert main(["effects", *words]) == 2
    complaint = capsys.readouterr().err
    assert hint in complaint
    assert complaint.count("\n") == 1
    assert not list(here.rglob("*.wav"))
