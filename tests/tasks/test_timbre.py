"""The verb timbre, and the options of render that mix, from the command line."""

import numpy as np
import pytest
import soundfile

from firmus.cli import main
from firmus.render import sampler, soundfont
from firmus.score import Note, Part, Score

RATE = 44100


@pytest.fixture
def take(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    buffer = np.zeros((RATE * 3, 2), np.float32)
    sampler.add_notes(buffer, RATE, soundfont.current(), (0, 73), [sampler.Played(0.3, 1.5, 69, 100)], (0.5, 0.5))
    soundfile.write(tmp_path / "take.wav", buffer, RATE)
    melody = Part("Melody", tuple(Note(480 * step, 460, 67 + step % 5, 90) for step in range(16)), program=40)
    drums = Part("Drums", tuple(Note(240 * step, 60, 38, 100) for step in range(32)), is_drums=True)
    Score((melody, drums)).save(tmp_path / "song.mid")
    return tmp_path


def test_an_instrument_is_made_and_plays_a_part(take, capsys):
    assert main(["timbre", "from", "take.wav", "--name", "mine"]) == 0
    assert capsys.readouterr().out.split() == [f"out/mine/mine.{each}" for each in ("sf2", "sfz", "wav", "png", "json")]
    words = ["render", "song.mid", "song.wav", "--instrument", "melody=out/mine/mine.sf2", "--volume", "drums=-6"]
    assert main([*words, "--pan=-0.3", "--eq", "melody=+2/0/-2", "--reverb", "0.3", "--stems"]) == 0
    mix = soundfile.read("song.wav")[0]
    stems = [soundfile.read(f"song.{name}.wav")[0] for name in ("01 Melody", "02 Drums")]
    np.testing.assert_allclose(sum(stems), mix, atol=2.5 / 32767)
    assert main(["render", "song.mid", "usual.wav"]) == 0
    assert np.abs(soundfile.read("usual.wav")[0] - mix).max() > 0.05


def test_a_rendering_is_humanised_and_brought_to_a_loudness(take):
    assert main(["render", "song.mid", "even.wav", "--loudness", "-23"]) == 0
    assert main(["render", "song.mid", "human.wav", "--loudness", "-23", "--humanise"]) == 0
    even, human = (soundfile.read(f"{name}.wav")[0] for name in ("even", "human"))
    assert np.sqrt((even**2).mean()) < 0.1
    length = min(len(even), len(human))
    assert np.abs(even[:length] - human[:length]).max() > 0.02


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["timbre", "form", "take.wav"], "did you mean 'from'"),
        (["timbre", "from"], "takes one sound file"),
        (["timbre", "from", "take.wav", "--like", "warm"], "like: timbre from takes pitch"),
        (["timbre", "from", "nothing.wav"], "No such file"),
        (["timbre", "from", "song.mid"], "no sound that Firmus reads"),
        (["timbre", "morph", "flute"], "two instruments or sound files"),
        (["timbre", "new", "flute"], "nothing but options"),
        (["timbre", "new", "--like", "purple"], "unknown word of timbre"),
        (["timbre", "new", "--brightness", "3"], "brightness 3.0 must be -1 to 1"),
        (["timbre", "morph", "flute", "cello", "--steps", "99"], "steps 99 must be 2 to 16"),
        (["render", "song.mid", "a.svg", "--volume", "3"], "of sound alone"),
        (["render", "song.mid", "a.wav", "--instrument", "melody=song.mid"], "damaged, or no .sf2"),
        (["render", "song.mid", "a.wav", "--humanise", "7"], "humanise 7.0 must be 0 to 1"),
        (["render", "song.mid", "a.wav", "--loudness", "3"], "loudness 3.0 must be"),
    ],
    ids=lambda each: " ".join(each)[-40:] if isinstance(each, list) else "",
)
def test_what_cannot_be_is_refused_in_a_line(take, capsys, words, hint):
    assert main(words) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert hint in line
