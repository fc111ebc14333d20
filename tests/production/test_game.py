"""Game packs: layers that add up, joins without a click, stings, and what engines read."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile

import firmus
from firmus import formats
from firmus.cli import main
from firmus.composing import motif
from firmus.errors import InvalidBrief
from firmus.production.game import joins, states
from firmus.production.game.layers import LAYERS, arranged
from firmus.render import mastering, soundtrack, wave_chunks
from firmus.score import Key, Meter, Note, Part, Score
from firmus.work import Work

RATE = 44100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pack of three states in loops of four bars, written by the command."""
    target = tmp_path_factory.mktemp("game") / "pack"
    words = ["game", "calm,tense,danger", "--bars", "4", "--seed", "4", "--effort", "quick", "--loudness", "-16"]
    assert main([*words, "--out", str(target)]) == 0
    return target


@pytest.fixture(scope="module")
def rows(folder):
    with (folder / "cues.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def sound(folder, row):
    return soundfile.read(folder / row["file"], dtype="float32")[0]


def test_layers_add_up_to_the_mix_and_each_is_a_loop_without_a_joint(folder, rows):
    for state in ("calm", "tense", "danger"):
        own = {row["layer"]: row for row in rows if row["kind"] == "state" and row["name"] == state}
        assert list(own) == [*LAYERS, "mix"]
        waves = {layer: sound(folder, row) for layer, row in own.items()}
        assert abs(sum(waves[layer] for layer in LAYERS) - waves["mix"]).max() < 1e-5
        stated = {"calm": -20, "tense": -16.5, "danger": -16}[state]
        assert mastering.loudness(waves["mix"], RATE) == pytest.approx(stated, abs=0.3)
        assert float(own["mix"]["lufs"]) == pytest.approx(stated, abs=0.3)
        assert soundtrack.true_peak(waves["mix"], loop=True) <= -1
        for layer, wave in waves.items():
            assert mastering.loudness(wave, RATE) > -45
            assert soundtrack.joint(wave, RATE) < 1
            data = (folder / own[layer]["file"]).read_bytes()
            assert wave_chunks.loop_of(data) == (0, len(wave) - 1)
        assert len(waves["mix"]) == round(4 * 240 / float(own["mix"]["bpm"]) * RATE)


def test_every_join_at_every_barline_is_without_a_click_and_leads_its_voices_near(folder, rows):
    mixes = {row["name"]: row for row in rows if row["layer"] == "mix"}
    transitions = [row for row in rows if row["kind"] == "transition"]
    assert {(row["from"], row["to"]) for row in transitions} == {
        (one, two) for one in mixes for two in mixes if one != two
    }
    assert all(float(row["voice_leading"]) <= joins.MOST_MOVEMENT for row in [*transitions, *mixes.values()])
    for row in transitions:
        before, after = (sound(folder, mixes[row[end]]) for end in ("from", "to"))
        filler, bar = sound(folder, row), int(row["exit_frame"])
        fade = round(joins.FADE_BEATS * 60 / float(row["bpm"]) * RATE)
        assert wave_chunks.markers_of((folder / row["file"]).read_bytes()) == [(bar, "exit")]
        for number in range(1, 5):
            cut = round(number * 240 / float(mixes[row["from"]]["bpm"]) * RATE)
            played, *places = joins.joined(before, filler, after, cut, fade, bar)
            assert all(joins.click(played, place, RATE) < 1 for place in places)


def own_theme():
    """A tune in C major, four bars of 4/4 with a bass below it."""
    pitches = [60, 64, 67, 64, 65, 69, 67, 67, 64, 62, 60, 62, 64, 62, 60, 60]
    tune = Part("Voice", tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate(pitches)), 52)
    bass = Part("Bass", tuple(Note(1920 * bar, 1920, 36) for bar in range(4)), 43)
    return Score((tune, bass), keys=(Key(0, "C"),), title="Mine")


def test_states_keep_a_theme_of_ones_own(tmp_path):
    path = tmp_path / "mine.mid"
    own_theme().save(path)
    target = tmp_path / "pack"
    assert main(["game", "calm,danger", "--theme", str(path), "--bars", "4", "--seed", "4", "--out", str(target)]) == 0
    for state, mode in (("calm", "major"), ("danger", "minor")):
        work = Work.load(target / "states" / state)
        theme = next(part for part in work.score.parts if part.name == "theme")
        assert [note.start for note in theme.notes] == [note.start for note in own_theme().parts[0].notes]
        assert work.score.keys[0].mode == mode
        wanted = motif.in_key(own_theme().parts[0].notes, Key(0, "C"), work.score.keys[0])
        assert [note.pitch % 12 for note in theme.notes] == [note.pitch % 12 for note in wanted]
        composed = {place for *_, place in work.origin.composed}
        assert composed == {i for i, part in enumerate(work.score.parts) if not part.name.startswith("theme")}
        assert work.origin.source


@pytest.mark.parametrize(
    ("piece", "options", "hint"),
    [
        (own_theme(), {"bars": 8}, "the theme has 4"),
        (own_theme(), {"bars": 4, "effort": "quick"}, "effort"),
        (replace(own_theme(), meters=(Meter(0, 3, 4),)), {"bars": 4}, "4/4"),
        (Score((Part("Drums", (Note(0, 480, 36),), is_drums=True),)), {"bars": 4}, "no melody"),
        (Score(), {"bars": 4}, "no melody"),
    ],
)  # fmt: skip
def test_a_theme_that_cannot_be_kept_is_refused(piece, options, hint):
    with pytest.raises(InvalidBrief, match=hint):
        firmus.game("calm,danger", theme=piece, **options)


def test_voices_that_would_leap_are_refused(monkeypatch):
    monkeypatch.setattr(joins, "MOST_MOVEMENT", 0.1)
    with pytest.raises(InvalidBrief, match="semitones a voice"):
        firmus.game("calm,danger", theme=own_theme(), bars=4, seed=4)


def test_the_measure_finds_a_join_that_is_cut_hard():
    times = np.arange(RATE) / RATE
    held = np.stack([np.sin(2 * np.pi * 110.3 * times)] * 2, 1).astype(np.float32) / 2
    hard = np.concatenate((held[:20_050], held[31_000:]))
    assert joins.click(hard, 20_050, RATE) > 2


def test_stings_last_two_to_four_seconds_and_end_on_the_tonic(folder, rows):
    stings = [row for row in rows if row["kind"] == "sting"]
    assert [row["name"] for row in stings] == ["calm", "tense", "danger"]
    for row in stings:
        wave = sound(folder, row)
        assert 2 <= len(wave) / RATE <= 4
        assert abs(wave[-1]).max() < 1e-3
        half = wave[len(wave) // 2 : -len(wave) // 8].mean(axis=1)
        power = abs(np.fft.rfft(half * np.hanning(len(half)), 1 << 18)) ** 2
        hertz = np.arange(len(power)) * RATE / (1 << 18)
        inside = (hertz > 100) & (hertz < 1000)
        classes = np.round(12 * np.log2(hertz[inside] / 440) + 69).astype(int) % 12
        chroma = np.bincount(classes, power[inside], 12)
        tonic = {"G": 7, "A": 9, "C": 0, "D": 2, "E": 4, "F": 5}[row["key"][0]]
        third = 4 if "major" in row["key"] else 3
        assert chroma[[tonic, (tonic + third) % 12, (tonic + 7) % 12]].sum() > 0.7 * chroma.sum()


def test_states_are_one_theme_on_one_tonic_in_simple_ratios(folder, rows):
    melodies = {}
    for state in ("calm", "tense", "danger"):
        score = formats.read(folder / "states" / state / "piece.mid")
        theme = next(part for part in score.parts if part.name == "theme")
        melodies[state] = [(note.start, note.pitch) for note in theme.notes]
    assert len({tuple(start for start, _ in each) for each in melodies.values()}) == 1
    assert max(abs(one[1] - two[1]) for one, two in zip(melodies["calm"], melodies["danger"], strict=True)) <= 1
    assert melodies["calm"] != melodies["danger"]
    assert len({row["key"].split()[0] for row in rows}) == 1
    bpm = {row["name"]: float(row["bpm"]) for row in rows if row["layer"] == "mix"}
    assert bpm["calm"] < bpm["tense"] < bpm["danger"]


def test_the_theme_in_minor_has_the_same_steps():
    tune = Part(
        "", tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72)))
    )
    home, _, both = states.read("calm,danger", "C major")
    score = arranged(tune, 2, home, both[1], 1)
    theme = next(part for part in score.parts if part.name == "theme")
    assert [note.pitch for note in theme.notes] == [60, 62, 63, 65, 67, 68, 70, 72]


def test_godot_reads_a_clip_a_state_and_a_transition(folder):
    text = (folder / "godot" / "music.tres").read_text()
    assert text.startswith('[gd_resource type="AudioStreamInteractive"')
    assert "clip_count = 9" in text
    assert text.count('[sub_resource type="AudioStreamSynchronized"') == 3
    assert len(re.findall(r"Vector2i\(\d, \d\): \{", text)) == 6
    files = re.findall(r'path="res://music/([^"]+)" id="(\d+)"', text)
    assert len(files) == 18
    assert set(re.findall(r'ExtResource\("(\d+)"\)', text)) == {number for _, number in files}
    for name, _ in files:
        assert soundfile.info(folder / "godot" / name).format == "OGG"
        settings = (folder / "godot" / f"{name}.import").read_text()
        assert f"loop={'true' if name.startswith('state') else 'false'}" in settings
        assert "bar_beats=4" in settings
        assert f"beat_count={16 if name.startswith('state') else 4}" in settings


def test_the_page_holds_all_sound_and_asks_for_nothing(folder):
    text = (folder / "index.html").read_text()
    assert "/*PACK*/null" not in text
    assert text.count('"data": "T2dn') == 12 + 6 + 3  # "OggS"
    assert not re.findall(r'(?:src|href)="', text)
    assert "switch_to_clip_by_name" in (folder / "README.txt").read_text()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("calm", "1 states: a game pack has 2 to 7"),
        (",".join(f"room{number}=calm" for number in range(30)), "30 states: a game pack has 2 to 7"),
        ("calm,calm", "each needs its own name"),
        ("calm,furious", "unknown mood 'furious'"),
        ("?=calm,tense", "needs a name of letters or digits"),
    ],
)
def test_bad_states_are_refused(words, hint):
    with pytest.raises(InvalidBrief, match=re.escape(hint)):
        states.read(words)


def test_a_mistake_costs_one_line_and_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words, hint in ((["--bars", "400"], "bars 400 must be 4 to 32"), (["--loudness", "3"], "loudness 3.0 must be")):
        assert main(["game", "calm,tense", *words]) == 2
        complaint = capsys.readouterr().err
        assert hint in complaint
        assert complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
