"""Producing from the command line: what is written where, and what a mistake costs."""

import pytest
import soundfile

from firmus.cli import main
from production.test_cues import TABLE

SHORT = ["--style", "folk", "--effort", "quick", "--seed", "4"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_scene_becomes_a_folder(here, capsys):
    assert main(["produce", "calm until 0:03, danger", "--seconds", "6.5", *SHORT]) == 0
    assert "out/cue/cue.wav" in capsys.readouterr().out
    assert soundfile.info(here / "out" / "cue" / "cue.wav").frames == round(6.5 * 44100)
    assert main(["produce", "calm", "--seconds", "4", *SHORT, "--out", "out/cue"]) == 2
    assert "--force" in capsys.readouterr().err
    assert soundfile.info(here / "out" / "cue" / "cue.wav").frames == round(6.5 * 44100)


def test_a_table_becomes_a_folder_each(here):
    (here / "cues.csv").write_text(TABLE)
    assert main(["produce", "cues.csv", "--out", "made"]) == 0
    assert sorted(each.name for each in (here / "made").iterdir()) == ["menu", "opening"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["calm until 0:50", "--seconds", "30"], "hit point 0:50 is beyond the end"),
        (["calm", "--seconds", "0.3"], "length 0.3 must be 2 to 3,600"),
        (["calm", "--seconds", "18000"], "length 18000.0 must be 2 to 3,600"),
        (["calm"], "needs its length"),
        (["calm", "--seconds", "30", "--loudness", "3"], "loudness 3.0 must be from -40 to -8 LUFS"),
        (["calm", "--seconds", "30", "--style", "polka"], "unknown style 'polka'"),
        (["cues.csv"], "cues.csv: No such file"),
        (["cues.csv", "--seconds", "30"], "a table of cues has a column for it"),
    ],
)
def test_a_mistake_costs_one_line_and_nothing_else(words, hint, here, capsys):
    assert main(["produce", *words]) == 2
    complaint = capsys.readouterr().err
    assert hint in complaint
    assert complaint.count("\n") == 1
    assert list(here.iterdir()) == []
