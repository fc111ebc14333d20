"""One small piece in every written form: a change of what users get is seen, and meant.

``python tests/golden/test_golden.py`` writes the files anew.
"""

from pathlib import Path

import pytest

from firmus.formats import abc, json, midi, musicxml
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
from firmus.tokens import events
from firmus.tokens.events import vocabulary

HERE = Path(__file__).parent


def piece() -> Score:
    """Eight bars, typed in by us: a pickup, a triplet, a tie over the barline, a chord, a rest, two parts."""
    third = 160
    tune = [
        (0, 480, 62), (480, 480, 67), (960, 240, 71), (1200, 240, 69), (1440, 480, 67), (1920, third, 69),
        (1920 + third, third, 71), (1920 + 2 * third, third, 72), (2400, 960, 74), (3360, 1440, 71), (5280, 720, 69),
        (6000, 240, 66), (6240, 480, 67),
    ]  # fmt: skip
    bass = [(480, 1440, 43), (1920, 1440, 50), (1920, 1440, 57), (3360, 1440, 43), (5280, 960, 50), (6240, 480, 43)]
    return Score(
        (
            Part("Violin", tuple(Note(start, length, pitch, 88) for start, length, pitch in tune), 40),
            Part("Cello", tuple(Note(start, length, pitch) for start, length, pitch in bass), 42, pan=84),
        ),
        meters=(Meter(0, 3, 4),),
        tempi=(Tempo(0, 108),),
        keys=(Key(0, "G"),),
        chords=(Chord(480, "G"), Chord(1920, "D", "7"), Chord(3360, "G", "", "B")),
        sections=(Section(480, "A"),),
        pickup=480,
        end=480 + 4 * 1440,
        title="Golden",
        composer="Firmus",
    )


def forms() -> dict[str, bytes]:
    """Every written form of the piece, by file name."""
    score = piece()
    told = "\n".join(vocabulary.name(int(token)) for token in events.encode(score, "folk"))
    return {
        "piece.mid": midi.write(score),
        "piece.musicxml": musicxml.write(score),
        "piece.abc": abc.write(score),
        "piece.json": json.write(score),
        "piece.tokens.txt": f"{told}\n".encode(),
    }


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("piece.*")))
def test_the_written_form_is_as_it_was(name):
    assert forms()[name] == (HERE / name).read_bytes()


@pytest.mark.parametrize("module", [midi, musicxml, abc, json])
def test_every_form_reads_back_alike(module):
    again = module.read(module.write(piece()))[0]
    notes = [[(note.start, note.duration, note.pitch) for note in part.notes] for part in piece().parts]
    assert [[(note.start, note.duration, note.pitch) for note in part.notes] for part in again.parts] == notes
    assert [chord.text for chord in again.chords] == ["G", "D7", "G/B"]
    assert (again.pickup, again.keys[0].text, again.tempi[0].bpm) == (480, "G major", 108)


if __name__ == "__main__":
    for file, content in forms().items():
        (HERE / file).write_bytes(content)
