"""Wrong input, as users give it: each use refuses it in one line that says what to mend, and writes nothing."""

import shlex

import pytest

from firmus.cli import main
from firmus.score import Key, Meter, Note, Part, Score

LONGEST = 400  # characters of a message
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)

CASES = {
    "produce": [
        "", "calm", "calm --seconds 0",
        "calm --seconds -5", "calm --seconds 99999", '"calm until 0:50" --seconds 30',
        '"purple until 0:10" --seconds 20', '"calm until 0:10, hit 0:45" --seconds 30',
        "calm --seconds 20 --style polka",
        "calm --seconds 20 --loudness 3", "calm --seconds 20 --speech 0:30-0:40", "calm --seconds 20 --key H",
        '"calm 0:10-0:05" --seconds 30', "calm --seconds ten", "calm --seconds 20 --out FILE",
        "calm --seconds 20 --out FILE/x",
    ],
    "game": [
        "calm", "calm,calm", "calm,purple", "a=calm,b=", "calm,danger --bars 2", "calm,danger --bars -4",
        "calm,danger --loudness 9", "calm,danger --key H",
        "calm,danger --theme nothing.mid", "calm,danger --out FILE", "calm,danger --out FILE/x",
        "calm,danger --theme empty.mid", "calm,danger --theme drums.mid", "calm,danger --theme waltz.mid",
        "calm,danger --theme tune.mid --bars 32", "calm,danger --theme tune.mid --bars 4 --effort best",
        "calm,danger --theme text.txt", "a,b,c,d,e,f,g,h,i",
    ],
    "effects": [
        "quack", "rain --seconds -1", "rain --seconds 9999",
        "coin --loop", "click --rate 5", "rain --brightness 7",
        "riser --pitch 1", "rain --loudness 5",
        "rain --out rain.mp3", "rain --out FILE/rain.wav", "rain --seed -1",
        "rain --space -0.1",
    ],
    "teach": [
        "nothing.mid", "empty.mid", "drums.mid",
        "text.txt", "tune.mid --played nothing.mid", "tune.mid --played drums.mid",
        "tune.mid --played empty.mid", "tune.mid --species 9",
        "tune.mid --out FILE", "tune.mid --tune 9", "FOLDER",
    ],
    "exercise": [
        "sight-reading --level 9", "sight-reading --level -1", "sight-reading --level two", "singing-dogs",
        "sight-reading --out FILE", "sight-reading --out FILE/x", "sight-reading --seed -3",
        "interval --answer zzz", "dictation --answer nothing.mid",
        "sight-reading --bars 0", "rhythm --level 0",
    ],
    "soothe": [
        "purple", "calm --minutes 1", "calm --minutes 600", "calm --minutes -5", "calm --feeling purple",
        "calm --breathing 60", "gait --steps 10", "calm --out FILE", "calm --out FILE/x",
        "calm --key H", "calm --model nothing",
        "calm --feeling 9/9",
    ],
    "recommend": [
        "nothing", "FOLDER --compose", "",
        "EMPTY", "FOLDER --count 0", "FOLDER --count -2", "FOLDER --like nothing.mid",
        "FOLDER --like tune.mid --dislike tune.mid", "tune.mid",
        "--compose --style polka", "--compose --bars -3",
        "FOLDER --like text.txt",
    ],
    "adapt": [
        "nothing", "EMPTY", "THREE",
        "tune.mid", "FOLDER --style polka", "FOLDER --model nothing", "FOLDER --out FILE/x",
        "FOLDER --model vae-melody", "FOLDER --out FILE", "",
    ],
    "jam": [
        "--plays nothing", "--tempo -3", "--tempo 9999",
        "--key H", "--bars -1", "--in nothing-there", "--file nothing.mid",
        "--style polka", "--meter 0/4", "--seconds -1",
    ],
    "orchestrate": [
        "tune.mid --parts flute --out FILE/x", "nothing.mid --parts flute", "empty.mid --parts flute",
        "drums.mid --parts flute",
        "tune.mid --parts trombonium", "tune.mid --parts flute --count 0",
        "text.txt --parts flute", "tune.mid --parts flute --bars 2",
        "tune.mid --parts flute --out FILE",
        "tune.mid --parts flute --tune 9", "tune.mid --parts flute --mood calm",
    ],
    "develop": [
        "nothing.mid", "empty.mid", "drums.mid",
        "tune.mid --by upside-down", "tune.mid --bars 0", "tune.mid --bars -8",
        "tune.mid --out FILE", "text.txt",
        "tune.mid --mood calm,tense,sad", "tune.mid --count 0", "tune.mid --seed -1",
        "tune.mid --out FILE/x",
    ],
    "perform": [
        "nothing.mid", "empty.mid", "text.txt",
        "tune.mid --tempo -5", "tune.mid --out FILE/x", "tune.mid --bars 99", "tune.mid --out FILE",
        "tune.mid --mood calm", "tune.mid --tune 0",
        "tune.mid --parts tuba", "FOLDER", "tune.mid --chords Am",
    ],
}  # fmt: skip


def tune(step=0):
    notes = tuple(Note(480 * place, 480, SCALE[(place * (step + 1)) % 8]) for place in range(32))
    return Score((Part("Melody", notes, 73),), keys=(Key(0, "C"),), title=f"Tune {step}")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a tune, a waltz, drums alone, an empty score, a text; and folders of many, three and no pieces."""
    folder = tmp_path_factory.mktemp("home")
    drums = Score((Part("Drums", tuple(Note(480 * place, 240, 36) for place in range(16)), is_drums=True),))
    for name, score in (("tune", tune()), ("drums", drums), ("empty", Score())):
        score.save(folder / f"{name}.mid")
    waltz().save(folder / "waltz.mid")
    (folder / "text.txt").write_text("no music", encoding="utf-8")
    (folder / "FILE").write_text("a file where a folder is asked for", encoding="utf-8")
    (folder / "EMPTY").mkdir()
    for name, count in (("FOLDER", 6), ("THREE", 3)):
        (folder / name).mkdir()
        for number in range(count):
            tune(number).save(folder / name / f"{number}.mid")
    return folder


def waltz():
    notes = tuple(Note(480 * place, 480, SCALE[place % 8]) for place in range(24))
    return Score((Part("Melody", notes, 73),), meters=(Meter(0, 3, 4),), keys=(Key(0, "C"),))


@pytest.mark.parametrize(
    ("verb", "words"), [(verb, words) for verb, lines in CASES.items() for words in lines], ids=lambda each: each[:40]
)
def test_what_is_wrong_is_said_in_one_line(home, monkeypatch, capsys, tmp_path, verb, words):
    monkeypatch.chdir(home)
    monkeypatch.setenv("FIRMUS_LANG", "en")
    own = ["--quiet", "--taste", str(tmp_path / "taste.json")] if verb == "recommend" else []
    before = set(home.rglob("*"))
    try:
        status = main([verb, *shlex.split(words), *own])
    except SystemExit as stopped:
        status = stopped.code
    said = capsys.readouterr().err.strip()
    assert status == 2, (status, said)
    lines = [line for line in said.splitlines() if not line.startswith(("usage:", "用法："))]
    assert len(lines) == 1, said
    assert len(lines[0]) <= LONGEST
    assert "Traceback" not in said
    assert "report" not in said
    assert set(home.rglob("*")) == before


def test_cases_are_at_least_ten_a_verb():
    assert {verb for verb, lines in CASES.items() if len(lines) < 10} == set()
