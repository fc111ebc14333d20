"""The audible label is the rhythm short, long, short, short, before the music."""

import numpy as np
import pytest

import firmus
from firmus.cli import main
from firmus.errors import FormatError
from firmus.render import audible
from firmus.render.synth import Audio
from firmus.score import Note, Part, Score

RATE = 8000


def test_the_rhythm_and_then_the_same_music():
    music = np.random.default_rng(1).normal(0, 0.1, (RATE, 2)).astype(np.float32)
    labelled = audible.with_label(Audio(music, RATE)).samples
    assert np.array_equal(labelled[-RATE:], music)
    label = np.abs(labelled[:-RATE, 0])
    loud = np.convolve(label, np.ones(40) / 40, "same") > 0.02
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    lengths = (edges[1::2] - edges[::2]) / RATE
    assert lengths == pytest.approx([audible.SHORT, audible.LONG, audible.SHORT, audible.SHORT], abs=0.02)


def test_render_begins_with_it_on_request(tmp_path):
    firmus.write(Score((Part("", (Note(0, 480, 60),)),)), tmp_path / "tune.mid")
    for name, words in (("bare", []), ("labelled", ["--audible-label"])):
        assert main(["render", str(tmp_path / "tune.mid"), str(tmp_path / f"{name}.wav"), "--quiet", *words]) == 0
    bare, labelled = ((tmp_path / f"{name}.wav").stat().st_size for name in ("bare", "labelled"))
    assert labelled - bare == round(1.92 * 44100) * 4
    assert main(["render", str(tmp_path / "tune.mid"), str(tmp_path / "roll.png"), "--audible-label"]) == 2


def test_only_sound_has_one(tmp_path):
    from firmus.tasks.render import render

    with pytest.raises(FormatError, match=r"an audible label is for sound \(.wav, .flac, .ogg, .mp3\), not for .svg"):
        render(Score(), tmp_path / "a.svg", audible_label=True)
