"""The command line as a user meets it: what it writes, what it says, what it refuses."""

import json
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import soundfile

from firmus import formats
from firmus.cli import main
from firmus.score import Key, Meter, Note, Part, Score

FILES = ["piece.mid", "piece.musicxml", "piece.wav", "piece.svg", "piece.json", "piece.prov.json"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tune(here):
    """A tune typed in by us: eight bars of G major."""
    pitches = [67, 69, 71, 72, 74, 74, 71, 67, 69, 71, 72, 69, 71, 67, 66, 67]
    notes = tuple(Note(place * 960, 960, pitch) for place, pitch in enumerate(pitches))
    score = Score((Part("Melody", notes, 73),), meters=(Meter(0, 4, 4),), keys=(Key(0, "G"),), title="Eight bars")
    formats.write(score, here / "tune.mid")
    formats.write(score, here / "tune.musicxml")
    return score


def run(*words):
    return main([str(word) for word in words])


def test_compose_writes_the_five_files_and_says_what_it_did(here, capsys):
    assert run("compose", "--style", "chorale", "--bars", 4, "--key", "G minor", "--seed", 3) == 0
    said = capsys.readouterr().out
    folder = here / "out" / "chorale-in-g-minor"
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    for word in (*FILES, "G minor", "4 bars of", "Soprano", "Bass", "seed 3", "AI-generated"):
        assert word in said
    score = formats.read(folder / "piece.mid")
    assert score.end == formats.read(folder / "piece.musicxml").end == formats.read(folder / "piece.json").end
    assert len(score.parts) == 4
    sound, rate = soundfile.read(folder / "piece.wav")
    assert 0.05 < abs(sound).max() <= 1.0
    assert len(sound) / rate > score.end / 480 * 60 / score.tempi[0].bpm
    assert ElementTree.parse(folder / "piece.svg").getroot().tag.endswith("svg")
    origin = json.loads((folder / "piece.json").read_text())["origin"]
    assert origin["seed"] == 3
    assert origin["brief"] == {"style": "chorale", "bars": 4, "key": "G minor", "seed": 3}
    assert origin["credits"]
    assert len(origin["weights"]) == 64


def test_the_same_seed_gives_the_same_bytes(here):
    for name in ("one", "two"):
        assert run("compose", "--style", "folk", "--bars", 4, "--seed", 11, "--out", name, "--quiet") == 0
    for name in FILES[:-1]:  # the sidecar says when
        assert (here / "one" / name).read_bytes() == (here / "two" / name).read_bytes()


def test_candidates_lie_in_numbered_folders_best_first_and_can_be_made_again(here, capsys):
    assert run("compose", "--style", "folk", "--bars", 2, "--seed", 5, "--count", 3, "--out", "c", "--json") == 0
    works = json.loads(capsys.readouterr().out)["works"]
    assert [Path(work["files"][0]).parent.name for work in works] == ["1", "2", "3"]
    surprises = [work["origin"]["measured"]["surprise"] for work in works]
    assert surprises == sorted(surprises)
    seed = works[0]["origin"]["seed"]
    assert run("compose", "--style", "folk", "--bars", 2, "--seed", seed, "--out", "again", "--quiet") == 0
    again, before = (formats.read(here / name / "piece.mid") for name in ("again", "c/1"))
    assert again == before  # their labels differ, for not the same was asked


def outside(before, after, start, stop, parts):
    """Whether everything outside bars and parts is the same, note for note."""
    for place, (old, new) in enumerate(zip(before.parts, after.parts, strict=True)):
        if place not in parts:
            assert old.notes == new.notes
        else:
            kept = [note for note in old.notes if not start <= note.start < stop]
            assert [note for note in new.notes if not start <= note.start < stop] == kept


def test_infill_changes_the_bars_asked_for_and_nothing_else(here, tune):
    assert run("infill", "tune.mid", "--bars", "3-4", "--seed", 1, "--out", "o", "--quiet") == 0
    made = formats.read("o/piece.json")
    outside(formats.read("tune.mid"), made, 2 * 1920, 4 * 1920, {0})
    assert any(2 * 1920 <= note.start < 4 * 1920 for note in made.parts[0].notes)


def test_continue_adds_bars(here, tune):
    assert run("continue", "tune.musicxml", "--bars", 4, "--seed", 1, "--out", "o", "--quiet") == 0
    made = formats.read("o/piece.json")
    assert made.end == tune.end + 4 * 1920
    assert [note for note in made.parts[0].notes if note.start < tune.end] == list(tune.parts[0].notes)
    assert any(note.start >= tune.end for note in made.parts[0].notes)


def test_harmonise_keeps_the_melody_and_adds_three_voices_in_range(here, tune):
    assert run("harmonise", "tune.mid", "--seed", 1, "--out", "o", "--quiet") == 0
    made = formats.read("o/piece.json")
    assert made.parts[0].notes == formats.read("tune.mid").parts[0].notes
    for part, (low, high) in zip(made.parts[1:], ((53, 74), (48, 69), (40, 64)), strict=True):
        assert part.notes
        assert all(low <= note.pitch <= high for note in part.notes)


def test_vary_keeps_part_of_the_piece(here, tune):
    assert run("vary", "tune.mid", "--amount", "0.4", "--seed", 2, "--out", "o", "--quiet") == 0
    old, new = formats.read("tune.mid").parts[0].notes, formats.read("o/piece.json").parts[0].notes
    assert old != new
    assert len(set(old) & set(new)) >= 0.4 * len(old)


def test_convert_and_render(here, tune):
    for target in ("t.abc", "t.json", "t.musicxml", "t.mid"):
        assert run("convert", "tune.mid", target) == 0
        assert [note.pitch for note in formats.read(target).parts[0].notes] == [n.pitch for n in tune.parts[0].notes]
    for target in ("t.wav", "t.flac", "t.svg", "t.pdf", "t.png"):
        assert run("render", "tune.mid", target, "--quiet") == 0
        assert (here / target).stat().st_size > 3000
    assert run("render", "tune.mid", "s.wav", "--stems", "--quiet") == 0
    assert (here / "s.01 Melody.wav").exists()


def test_it_is_said_where_no_font_has_the_letters_of_a_title(here, capsys, monkeypatch):
    formats.write(Score((Part("", (Note(0, 480, 60),)),), title="春江花月夜"), here / "moon.mid")
    monkeypatch.setattr("firmus.render.fonts._CHINESE", re.compile("a family that no machine has"))
    assert run("render", "moon.mid", "moon.pdf") == 0
    assert "no font for Chinese" in capsys.readouterr().err
    assert run("render", "moon.mid", "moon.svg") == 0
    assert "font" not in capsys.readouterr().err


def test_what_listens_composes_nothing(here, capsys):
    for words in (["compose"], ["continue", here / "x.mid"]):
        formats.write(Score((Part("", tuple(Note(480 * i, 480, 60) for i in range(16))),)), here / "x.mid")
        assert run(*words, "--model", "recogniser", "--quiet") == 2
        told = capsys.readouterr().err.strip()
        assert f"model 'recogniser' does not {words[0]}" in told
        assert "\n" not in told


def test_a_style_is_heard(here, capsys):
    jig = [67, 71, 74, 74, 71, 67, 69, 72, 76, 76, 72, 69, 66, 69, 74, 78, 76, 74, 71, 74, 79, 78, 76, 74]
    notes = tuple(Note(240 * i, 240, pitch) for i, pitch in enumerate(jig * 4))
    formats.write(Score((Part("", notes, 73),), meters=(Meter(0, 6, 8),)), here / "jig.mid")
    assert run("analyse", "jig.mid") == 0
    assert "style folk (" in capsys.readouterr().out
    assert run("analyse", "jig.mid", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["style"]["name"] == "folk"
    assert found["confidence"]["style"] == found["style"]["confidence"] > 0.5


def test_models_are_listed(capsys):
    assert run("models") == 0
    assert "chorale, hymn, song" in capsys.readouterr().out
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    assert {"composer", "chorale-grid"} <= {each["name"] for each in listed}


REFUSED = [
    (["compose", "--style", "choral"], "did you mean 'chorale'"),
    (["compose", "--key", "H major"], "H major"),
    (["compose", "--key", "G# major"], "seven"),
    (["compose", "--meter", "0/4"], "numerator"),
    (["compose", "--meter", "4/5"], "denominator"),
    (["compose", "--meter", "17/4"], "eight quarters"),
    (["compose", "--bars", "10000"], "512"),
    (["compose", "--bars", "0"], "1 to 512"),
    (["compose", "--bars", "9-12"], "how many"),
    (["compose", "--bars", "4", "--seconds", "20"], "once"),
    (["compose", "--tempo", "9999"], "400"),
    (["compose", "--chords", "Am Xyz"], "Xyz"),
    (["compose", "--mood", "blue"], "valence,arousal"),
    (["compose", "--style", "chorale", "--polyphony", "0.5"], "leave it out"),
    (["compose", "--style", "quartet", "--polyphony", "0.5"], "one note at a time"),
    (["accompany", "tune.mid", "--style", "chorale"], "song or lead-sheet or band"),
    (["accompany", "tune.mid", "--bars", "2"], "whole melody"),
    (["accompany", "tune.mid", "--style", "lead-sheet", "--chords", "C G"], "nothing is left"),
    (["compose", "--form", "aaba"], "capital letters"),
    (["compose", "--form", "AABA", "--bars", "5"], "at least"),
    (["compose", "--density", "2"], "0 to 1"),
    (["compose", "--loose", "tempo"], "rule"),
    (["vary", "tune.mid", "--form", "AABA"], "only compose"),
    (["infill", "tune.mid", "--parts", "1", "--seconds", "3"], "source's length"),
    (["compose", "--parts", "kazoo"], "kazoo"),
    (["compose", "--count", "0"], "count"),
    (["compose", "--temperature", "-1"], "temperature"),
    (["compose", "--model", "compoesr"], "did you mean 'composer'"),
    (["compose", "--model", "chorale-grid"], "composer"),
    (["compose", "--range", "alto=C9-C2"], "lowest"),
    (["compose", "--style", "chorale", "--range", "soprano=C2-C3"], "from C4 to A5"),
    (["compose", "--style", "chorale", "--key", "C major", "--chords", "C F#m"], "hardly a note"),
    (["compose", "--key", "C", "--range", "melody=61-61", "--style", "folk"], "widen"),
    (["infill", "tune.mid", "--bars", "9-12"], "bars 1 to 8"),
    (["infill", "tune.mid", "--bars", "4-2"], "before"),
    (["infill", "tune.mid", "--bars", "x"], "9-12"),
    (["infill", "tune.mid", "--parts", "viola"], "Melody"),
    (["infill", "tune.mid"], "what is to be composed"),
    (["infill", "tune.mid", "--bars", "2", "--meter", "3/4"], "source's meter"),
    (["continue", "missing.mid"], "No such file"),
    (["continue", "noise.mid"], "noise.mid"),
    (["harmonise", "empty.mid"], "empty"),
    (["vary", "tune.mid", "--amount", "1.5"], "amount"),
    (["vary", "tune.mid", "--tune", "2"], "tunes 1 to 1"),
    (["convert", "tune.mid", "t.xyz"], ".xyz"),
    (["render", "tune.mid", "t.xyz"], ".xyz"),
    (["train", "missing.toml"], "missing.toml"),
    (["train", "bad.toml"], "did you mean 'training'"),
    (["compose", "--bras", "4"], "bras"),
    (["compos"], "compos"),
]


@pytest.mark.parametrize(("words", "hint"), REFUSED, ids=lambda each: " ".join(each) if isinstance(each, list) else "")
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(here, tune, capsys, words, hint):
    (here / "noise.mid").write_bytes(os.urandom(500))
    (here / "empty.mid").write_bytes(b"")
    bad = 'name = "x"\nrepresentation = "events"\nmodel = "transformer"\n[traning]\nsteps = 64\n'
    (here / "bad.toml").write_text(bad)
    before = sorted(path.name for path in here.rglob("*"))
    try:
        status = run(*words)
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr()
    assert status == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert hint in said.err
    assert sorted(path.name for path in here.rglob("*")) == before


def test_nothing_is_overwritten_without_force(here, tune, capsys):
    (here / "o").mkdir()
    (here / "o" / "mine.txt").write_text("mine")
    assert run("compose", "--style", "folk", "--bars", 1, "--out", "o") == 2
    assert "--force" in capsys.readouterr().err
    assert [path.name for path in (here / "o").iterdir()] == ["mine.txt"]
    assert run("compose", "--style", "folk", "--bars", 1, "--out", "o", "--force", "--quiet") == 0
    assert (here / "o" / "mine.txt").read_text() == "mine"
    assert run("convert", "tune.mid", "tune.musicxml") == 2
    assert run("render", "tune.mid", "tune.mid") == 2


def test_help_imports_nothing_heavy_and_little_else():
    script = "import sys; known = set(sys.modules); from firmus.cli import main\n"
    script += "try: main(['compose', '--help'])\nexcept SystemExit: pass\n"
    check = "bad = {'numpy', 'onnxruntime', 'verovio', 'scipy', 'torch'} & set(sys.modules); assert not bad, bad\n"
    count = "new = set(sys.modules) - known; assert len(new) < 250, sorted(new)"  # 166 are imported
    subprocess.run([sys.executable, "-c", script + check + count], check=True, capture_output=True)


def test_help_speaks_chinese():
    environment = {**os.environ, "FIRMUS_LANG": "zh"}
    words = [sys.executable, "-m", "firmus", "--help"]
    told = subprocess.run(words, env=environment, capture_output=True, check=True)
    assert "谱写其余部分" in told.stdout.decode()


def test_a_run_that_is_cut_off_leaves_nothing_half_written(here):
    """Ctrl-C at its first sign of progress; its terminal, which nobody reads then, has no room for 256 bars of it."""
    terminal, its_end = os.openpty()
    words = [
        sys.executable,
        "-m",
        "firmus",
        "compose",
        "--style",
        "piano",
        "--pickup",
        "0",
        "--bars",
        "256",
        "--out",
        "o",
    ]
    environment = {**os.environ, "FIRMUS_LANG": "en"}
    running = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=its_end)
    os.close(its_end)
    said = b""
    while b" of 256" not in said:
        said += os.read(terminal, 64)
    running.send_signal(signal.SIGINT)
    with suppress(OSError):  # which is how a terminal ends
        while piece := os.read(terminal, 1024):
            said += piece
    os.close(terminal)
    assert running.wait() == 130
    assert b"interrupted" in said
    assert not any(path.suffix for path in here.rglob("*"))


def test_composing_loads_no_torch(here):
    script = (
        "import sys, firmus; firmus.compose(style='folk', bars=1, seed=1); "
        "assert not {'torch', 'matplotlib', 'music21', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_importing_is_light():
    script = "import sys; old = set(sys.modules); import firmus; print(*set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    theirs = {name.partition(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names
    assert theirs == {"firmus"}
    assert sum(name.startswith("firmus.") for name in done.stdout.split()) < 10


def test_check_says_what_of_a_piece_stands_elsewhere(tune, here, capsys):
    assert run("check", "tune.mid", "--against", here, "--out", "checked") == 0
    said = capsys.readouterr().out
    assert "Eight bars: copies; longest run of the same notes elsewhere 15" in said
    assert "stand in Eight bars" in said
    found = json.loads((here / "checked" / "originality.json").read_text())
    assert found["matches"][0]["source"]["origin"].startswith("tune.")
    assert (here / "checked" / "originality.html").read_text().startswith("<!doctype html>")
    assert run("check", "tune.mid", "--json") == 0
    assert json.loads(capsys.readouterr().out)["pieces"] > 10_000
    assert run("compose", "--style", "folk", "--bars", 2, "--seed", 1, "--original", "off", "--out", "piece") == 0
    assert run("check", "piece", "--quiet") == 0
    capsys.readouterr()
    assert run("check", "tune.mid", "--against", "nowhere") == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_explain_tells_of_a_file_and_of_a_work(tune, here, capsys):
    assert run("explain", "tune.mid", "--style", "folk", "--note", "bar 4 beat 3", "--among", here) == 0
    said = capsys.readouterr().out
    assert "Eight bars" in said

    for word in ("bits a note", "most surprising", "what else", "in the light of", "Firmus did not compose it"):
        assert word in said
    assert run("compose", "--style", "folk", "--bars", 2, "--seed", 1, "--out", "piece", "--explain") == 0
    capsys.readouterr()
    beside = json.loads((here / "piece" / "explain.json").read_text())
    assert all(note["bars_before"] is None for note in beside["notes"])
    assert (here / "piece" / "explain.html").read_text().startswith("<!doctype html>")
    assert run("explain", "piece", "--out", "told", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in (here / "told").iterdir()) == [
        "explain.html", "explain.json", "influences.svg", "roll.svg", "score.svg",
    ]  # fmt: skip
    assert json.loads((here / "told" / "explain.json").read_text()) == found
    assert [note["bits"] for note in found["notes"]] == [note["bits"] for note in beside["notes"]]
    assert all(note["bars_before"] is not None for note in found["notes"])
    ElementTree.parse(here / "told" / "roll.svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "tune.mid", "--note", "bar 99 beat 1"), "bars 1 to 8"),
        (("explain", "tune.mid", "--model", "vae-groove"), "does not go from note to note"),
        (("explain", "tune.mid", "--among", "nowhere"), "holds no music"),
        (("explain", "nowhere.mid"), "No such file"),
        (("explain", "."), "holds no piece.json"),
        (("explain", "tune.mid", "--out", "."), "already exists"),
    ],
)
def test_explain_refuses_in_one_line(words, said, tune, here, capsys):
    assert run(*words) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert not captured.out


def test_a_recording_is_analysed_and_transcribed(tune, here, capsys):
    assert run("render", "tune.mid", "take.flac", "--quiet") == 0
    capsys.readouterr()
    assert run("analyse", "take.flac", "--json", "--out", "heard") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["key"] == "G major"
    assert abs(found["sound"]["loudness"] + 14) < 1
    assert found["sound"]["beats"]
    assert sorted(path.name for path in (here / "heard").iterdir()) == ["analysis.html", "analysis.json"]
    assert run("analyse", "take.flac") == 0
    said = capsys.readouterr().out
    assert "LUFS" in said
    assert "G major" in said
    assert run("transcribe", "take.flac") == 0
    said = capsys.readouterr().out
    assert "heard by transcriber" in said
    assert "AI-generated" not in said
    assert sorted(path.name for path in (here / "out" / "take").iterdir()) == sorted(FILES[:-1])
    assert run("transcribe", "take.flac", "--out", "out/take") == 2
    assert "--force" in capsys.readouterr().err
    assert run("transcribe", "take.flac", "--json", "--force") == 0
    (work,) = json.loads(capsys.readouterr().out)["works"]
    assert work["origin"]["task"] == "transcribe"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"), (b"RIFF\x24\x00\x00\x00WAVEfmt ", "no sound that Firmus reads"),
        (b"a shopping list", "no sound that Firmus reads"), (None, "silent"),
    ],
)  # fmt: skip
def test_sound_that_holds_no_music_is_refused_in_one_line(content, reason, here, capsys):
    if content is None:
        soundfile.write(here / "take.wav", [0.0] * 40000, 22050)
    else:
        (here / "take.wav").write_bytes(content)
    assert run("transcribe", "take.wav") == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert reason in told
    assert run("harmonise", "take.wav") == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1


def test_finished_work_is_never_thrown_away(here, capsys):
    words = ("compose", "--style", "folk", "--bars", "2", "--key", "D major", "--seed", "4")
    assert [run(*words) for _ in range(3)] == [0, 0, 0]
    assert sorted(path.name for path in (here / "out").iterdir()) == [
        "tune-in-d-major", "tune-in-d-major-2", "tune-in-d-major-3",
    ]  # fmt: skip
    assert run(*words, "--force") == 0
    assert len(list((here / "out").iterdir())) == 3
    said = capsys.readouterr().out
    assert said.splitlines()[-1].strip() == "model composer, seed 4, AI-generated"
    assert run("compose", "--style", "folk", "--bars", "2", "--explain") == 0  # of a drawn seed, too, and behind all
    assert ", seed " in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("compos",), "unknown command 'compos': did you mean 'compose'?"),
        (("compose", "--stile", "folk"), "unknown option '--stile': did you mean '--style'?"),
        (("render", "a.mid", "b.wav", "c"), "'c' is one word too many"),
        (("compose", "--bars"), "expected one argument"),
    ],
)
def test_a_slip_is_met_with_what_was_probably_meant(here, capsys, words, hint):
    with pytest.raises(SystemExit) as left:
        run(*words)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert hint in said
    assert said.count("\n") == 1


def test_a_style_that_cannot_be_composed_is_not_offered(here, capsys):
    assert run("compose", "--style", "jazz") == 2
    said = capsys.readouterr().err
    assert "folk" in said
    assert "guitar" not in said


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("FIRMUS_THREADS", "abc", "FIRMUS_THREADS='abc': it must be a whole number"),
        ("FIRMUS_WEIGHTS", "nowhere", "FIRMUS_WEIGHTS=nowhere: there is no such folder"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(here, name, value, hint):
    words = [sys.executable, "-m", "firmus", "compose", "--style", "folk", "--bars", "1"]
    done = subprocess.run(words, env={**os.environ, name: value}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert hint in done.stderr


def test_a_target_in_no_folder_is_refused(here, capsys):
    (here / "tune.abc").write_text("X:1\nK:C\nCDEF|")
    assert run("convert", "tune.abc", "nowhere/tune.mid") == 2
    assert "nowhere is no folder" in capsys.readouterr().err


def test_several_files_are_converted_into_a_folder(here, capsys):
    for name in ("one", "two"):
        (here / f"{name}.abc").write_text("X:1\nK:C\nCDEF|")
    (here / "new").mkdir()
    assert run("convert", "one.abc", "two.abc", "new", "--to", "mid") == 0
    assert sorted(path.name for path in (here / "new").iterdir()) == ["one.mid", "two.mid"]
    assert run("convert", "one.abc", "missing.abc", "new", "--to", ".musicxml") == 2
    said = capsys.readouterr()
    assert "1 of 2 files were refused" in said.err
    assert (here / "new" / "one.musicxml").exists()
    assert run("convert", "one.abc", "two.abc", "new") == 2
    assert "--to says the format" in capsys.readouterr().err


def test_of_a_book_it_is_said_which_tune_is_taken(here, capsys):
    (here / "book.abc").write_text("X:1\nT:One\nK:C\nCDEF|\n\nX:2\nT:Two\nK:G\nGABc|\n")
    assert run("convert", "book.abc", "two.mid", "--tune", "2") == 0
    assert "tune 2 of 2 (Two); --tune N takes another" in capsys.readouterr().err
    assert run("analyse", "book.abc", "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_recipes_come_along(here, capsys):
    assert run("recipes") == 0
    assert "composer-small: The composer on two CPU cores" in capsys.readouterr().out
    assert run("recipes", "first") == 0
    assert (here / "first.toml").read_text(encoding="utf-8").startswith("# The first composer")
    assert run("recipes", "first") == 2
    assert run("train", "frist") == 2
    assert "did you mean 'first'?" in capsys.readouterr().err


def test_only_the_files_that_are_asked_for_are_written(here, capsys):
    words = ("compose", "--style", "folk", "--bars", "1", "--seed", "1")
    assert run(*words, "--out", "o", "--formats", "mid,.abc,mxl") == 0
    assert sorted(path.name for path in (here / "o").iterdir()) == [
        "piece.abc", "piece.json", "piece.mid", "piece.mxl", "piece.prov.json",
    ]  # fmt: skip
    assert zipfile.is_zipfile(here / "o" / "piece.mxl")
    (here / "take.wav").write_bytes(b"no sound")  # refused before it is read
    for task in (words, ("transcribe", "take.wav")):
        assert run(*task, "--formats", "mdi") == 2
        assert "unknown format 'mdi': did you mean 'midi'?" in capsys.readouterr().err
    assert not (here / "out").exists()


SWALLOWED = """
import io, os, signal, sys, time, types
import numpy, soundfile
import firmus.cli, firmus.cli._options as options

class File(io.BytesIO):
    writes = 0
    def write(self, data):
        self.writes += 1
        written = super().write(data)
        if self.writes == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return written

def run(_):
    soundfile.write(File(), numpy.zeros(44100), 44100, format="MP3")
    time.sleep(60)

options.parser = lambda: types.SimpleNamespace(parse_args=lambda _: types.SimpleNamespace(run=run))
sys.exit(firmus.cli.main([]))
"""


def test_an_interrupt_that_a_library_swallows_still_ends_the_command() -> None:
    run = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=50, check=False)
    assert (run.returncode, run.stderr) == (130, "firmus: interrupted\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(word in script for word in ("harmonise", "quantise", "temperature"))
    assert main(["completion", "basch"]) == 2
    assert "did you mean 'bash'" in capsys.readouterr().err


def test_a_bash_that_takes_the_script_completes(tmp_path, capsys):
    assert main(["completion", "bash"]) == 0
    (tmp_path / "firmus.sh").write_text(capsys.readouterr().out)
    ask = "source ./firmus.sh; COMP_WORDS=(firmus harm); COMP_CWORD=1; _shtab_firmus; echo ${COMPREPLY[@]}"
    done = subprocess.run(["bash", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["harmonise"]


def test_a_piece_has_the_title_that_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ["--style", "folk", "--bars", "4", "--seed", "1", "--title", "Evening Song"]
    assert main(["compose", *asked, "--formats", "musicxml"]) == 0
    assert formats.read(tmp_path / "out" / "evening-song" / "piece.musicxml").title == "Evening Song"
