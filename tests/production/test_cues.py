"""Cues: exact to the sample, hits on barlines, stems that add up, loops without a joint; tables that go on."""

import csv
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from firmus import formats, tasks
from firmus.errors import FirmusError, FormatError, InvalidBrief
from firmus.production import cues, scoring, tables
from firmus.production.scenes import Span
from firmus.render import soundtrack, wave_chunks
from firmus.score import Note, Part, Score
from firmus.timing import seconds
from firmus.work import Work

SCENE = "calm until 0:04, danger 0:04-0:09.5, release"
LENGTH = 14.321


def perform(verb, brief):
    """Composes with the shipped model."""
    return tasks.run_verb(verb, brief)[0]


@pytest.fixture(scope="module")
def cue():
    """A short cue."""
    return cues.produce(SCENE, LENGTH, perform, seed=5, style="piano", effort="quick", loudness=-16, speech="1-3")


@pytest.fixture(scope="module")
def folder(cue, tmp_path_factory):
    """The folder that it writes."""
    target = tmp_path_factory.mktemp("cues") / "one"
    cue.save(target)
    return target


def test_every_hit_point_is_a_barline_with_music_on_it(cue):
    score = cue.work.score
    assert [section.label for section in score.sections] == ["calm", "danger", "release"]
    times = [seconds(score, section.start) for section in score.sections]
    assert times == pytest.approx([0, 4, 9.5], abs=1e-9)
    assert seconds(score, score.end) == pytest.approx(LENGTH, abs=1e-9)
    hit = score.sections[1].start
    assert hit % scoring.BAR == 0
    assert any(note.start == hit for part in score.parts for note in part.notes)


def test_loudness_and_mode_follow_the_moods(cue):
    score, edges = cue.work.score, [*(section.start for section in cue.work.score.sections), cue.work.score.end]
    levels = [
        np.mean([note.velocity for part in score.parts for note in part.notes if first <= note.start < last])
        for first, last in pairwise(edges)
    ]
    assert levels[1] > levels[0] + 20
    assert levels[1] > levels[2] + 15
    assert [key.mode for key in score.keys] == ["major", "minor", "major"]


def test_the_sound_lasts_exactly_as_long_at_its_loudness_and_below_the_ceiling(folder):
    sound, rate = soundfile.read(folder / "cue.wav", dtype="float32")
    assert len(sound) == round(LENGTH * rate)
    assert soundfile.info(folder / "cue.wav").subtype == "PCM_24"
    assert soundtrack.mastering.loudness(sound, rate) == pytest.approx(-16, abs=0.2)
    assert soundtrack.true_peak(sound) <= -1
    assert abs(sound[-1]).max() < 1e-3


def test_stems_add_up_to_the_mix(folder):
    sound, _ = soundfile.read(folder / "cue.wav")
    stems = [soundfile.read(path)[0] for path in sorted((folder / "stems").iterdir())]
    assert len(stems) == 2
    assert all(abs(stem).max() > 0.01 for stem in stems)
    assert abs(sum(stems) - sound).max() <= 1e-5


def test_the_cue_sheet_and_the_markers_say_where_moods_begin(folder):
    with (folder / "cues.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["mood"] for row in rows] == ["calm", "danger", "release"]
    assert [float(row["end_seconds"]) for row in rows] == [4, 9.5, LENGTH]
    frames = [int(row["start_frame"]) for row in rows]
    data = (folder / "cue.wav").read_bytes()
    assert wave_chunks.markers_of(data) == list(zip(frames, ["calm", "danger", "release"], strict=True))
    assert [each.label for each in formats.read(folder / "piece.mid").sections] == ["calm", "danger", "release"]


def test_the_work_and_its_sound_verify(folder):
    import firmus

    work = Work.load(folder)
    assert work.origin.task == "produce"
    assert [each["name"] for each in work.origin.measured["scene"]] == ["calm", "danger", "release"]
    assert firmus.verify(folder / "piece.mid").verdict == "intact"
    assert firmus.verify(folder / "cue.wav").verdict == "intact"
    assert firmus.catalogue(folder.parent)[0].is_file()


def test_music_goes_down_for_speech(cue):
    loud = soundtrack.mix(cue.work.score, LENGTH, loudness=-16).audio
    quiet = soundtrack.mix(cue.work.score, LENGTH, loudness=-16, speech=((1, 3),)).audio
    rate = quiet.sample_rate
    ratio = [
        np.sqrt((quiet.samples[part] ** 2).mean() / (loud.samples[part] ** 2).mean())
        for part in (slice(round(1.2 * rate), round(2.8 * rate)), slice(4 * rate, 9 * rate))
    ]
    assert 20 * np.log10(ratio[0] / ratio[1]) == pytest.approx(-9, abs=1)


def test_a_loop_comes_back_without_a_click(tmp_path):
    cue = cues.produce("mystery", 12, perform, seed=3, style="quartet", effort="quick", loop=True)
    cue.save(tmp_path / "loop")
    sound, rate = soundfile.read(tmp_path / "loop" / "cue.wav", dtype="float32")
    assert len(sound) == 12 * rate
    assert soundtrack.joint(sound, rate) < 1
    assert wave_chunks.loop_of((tmp_path / "loop" / "cue.wav").read_bytes()) == (0, len(sound) - 1)
    score = formats.read(tmp_path / "loop" / "piece.mid")
    assert score.end == cue.work.score.end
    assert max(note.end for part in score.parts for note in part.notes) <= score.end
    assert any(note.start == 0 for part in score.parts for note in part.notes)


def test_the_measure_of_the_joint_finds_a_planted_click():
    held = Score((Part("Organ", (Note(0, 1920, 57),), program=19),))
    whole = soundtrack.mix(held, 2.0, loop=True).audio.samples
    assert soundtrack.joint(whole, 44100) < 1
    assert soundtrack.joint(whole[:-150], 44100) > 2


@pytest.mark.parametrize("loudness", [-14, -23])
def test_loud_peaks_are_limited_and_the_stems_still_add_up(loudness):
    struck = Score((
        Part("Piano", tuple(Note(480 * place, 240, 48, 127) for place in range(8))),
        Part("Drums", tuple(Note(480 * place, 60, 38, 127) for place in range(8)), is_drums=True),
    ))  # fmt: skip
    mix = soundtrack.mix(struck, 4.0, loudness=loudness)
    assert mix.loudness == pytest.approx(loudness, abs=0.3)
    assert mix.true_peak <= -1
    total = sum(audio.samples.astype(np.float64) for _, audio in mix.stems)
    assert abs(total - mix.audio.samples).max() <= 1e-5


def test_bars_fit_the_time_exactly():
    for length in (2, 3.3, 7.77, 60, 599.5):
        bars, tempo = scoring.fitted(length, 92)
        assert bars * 4 * 60 / tempo == pytest.approx(length, abs=1e-9)
        assert 60 <= tempo <= 140


def test_a_hit_is_struck_by_parts_that_rest_on_it():
    late = Score((Part("One", (Note(960, 1440, 60), Note(2400, 480, 62))),))
    spans = (Span(0, 2, 0, 0, "calm"), Span(2, 4, 0, 0.8, "danger", is_hit=True))
    notes = scoring.with_dynamics(late, (0, 1920, 3840), spans).parts[0].notes
    assert [(note.start, note.duration) for note in notes] == [(960, 960), (1920, 960)]


@pytest.mark.parametrize(
    ("speech", "words"), [("5", "from one time to another"), ("8-5", "after it begins"), ("5-40", "before the end")]
)
def test_speech_that_makes_no_sense_is_refused(speech, words):
    with pytest.raises(InvalidBrief, match=words):
        cues.speech_spans(speech, 30)


TABLE = """name,scene,seconds,style,seed,loudness,loop
opening,"calm until 0:04, tense",8,folk,3,-23,
menu,mystery,0:06,folk,4,,yes
"""


def test_a_table_is_made_and_goes_on_where_it_was_interrupted(tmp_path):
    (tmp_path / "cues.csv").write_text(TABLE)
    rows = tables.read(tmp_path / "cues.csv")
    composed = []

    def watched(verb, brief):
        composed.append(brief.seed)
        if len(composed) > 2:
            raise KeyboardInterrupt
        return perform(verb, brief)

    with pytest.raises(KeyboardInterrupt):
        tables.produce(rows, tmp_path / "out", watched)
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["opening"]
    first = (tmp_path / "out" / "opening" / "cue.wav").stat()
    folders = tables.produce(rows, tmp_path / "out", perform)
    assert [each.name for each in folders] == ["opening", "menu"]
    assert (tmp_path / "out" / "opening" / "cue.wav").stat().st_mtime_ns == first.st_mtime_ns
    assert soundfile.info(tmp_path / "out" / "menu" / "cue.wav").frames == 6 * 44100


def test_a_table_that_is_killed_again_and_again_loses_no_cue_and_makes_none_twice(tmp_path):
    names = [f"cue {number:02}" for number in range(20)]
    lines = [f"{name},calm,2,folk,quick,{number}" for number, name in enumerate(names)]
    (tmp_path / "list.csv").write_text("\n".join(["name,scene,seconds,style,effort,seed", *lines]))
    command = [sys.executable, "-m", "firmus", "produce", str(tmp_path / "list.csv"), "--out", str(tmp_path / "made")]
    made = tmp_path / "made"
    finished: dict[str, int] = {}
    for goal in (3, 9, 15):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and len(list(made.glob("cue *"))) < goal:
                time.sleep(0.01)
            process.kill()
            process.wait()
        assert process.returncode == -signal.SIGKILL
        for path in made.glob("cue */cue.wav"):
            assert finished.setdefault(path.parent.name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns
    assert 15 <= len(finished) < 20
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert sorted(each.name for each in made.iterdir()) == names
    for name in names:
        assert soundfile.info(made / name / "cue.wav").frames == 2 * 44100
        assert finished.get(name) in (None, (made / name / "cue.wav").stat().st_mtime_ns)


def test_a_folder_that_is_replaced_keeps_what_is_not_of_a_cue(cue, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "stems").mkdir()
    (tmp_path / "stems" / "01 Gone.wav").write_bytes(b"old")
    cue.save(tmp_path, force=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert [each.name for each in sorted((tmp_path / "stems").iterdir())] == ["01 Right Hand.wav", "02 Left Hand.wav"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,scene\na,calm\n", "no column 'seconds'"),
        ("name,scene,seconds,colour\na,calm,5,red\n", "unknown column 'colour'"),
        ("name,scene,seconds\na,calm until 0:50,30\n", "line 2: hit point 0:50 is beyond the end"),
        ("name,scene,seconds\na,calm,5\na,calm,5\n", "line 3: 'a' is there already"),
        ("name,scene,seconds\n../a,calm,5\n", "must be a folder's name"),
        ("name,scene,seconds,seed\na,calm,5,many\n", "seed 'many' must be a number"),
        ("name,scene,seconds,loop\na,calm,5,perhaps\n", "loop 'perhaps' must be yes or no"),
        ("name,scene,seconds\n", "has 0 cues"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_line(text, words, tmp_path):
    (tmp_path / "cues.csv").write_text(text)
    with pytest.raises(FormatError, match=words):
        tables.read(tmp_path / "cues.csv")


def test_a_cue_that_is_refused_leaves_the_others(tmp_path):
    rows = [
        tables.Row("bad", {"scene": "calm", "seconds": 4.0, "style": "polka", "seed": 1}),
        tables.Row("good", {"scene": "calm", "seconds": 4.0, "style": "folk", "seed": 1, "effort": "quick"}),
    ]
    with pytest.raises(FirmusError, match="1 of 2 cues are refused, the others are made; bad: unknown style"):
        tables.produce(rows, tmp_path, perform)
    assert Path(tmp_path / "good" / "cue.wav").is_file()
    assert not (tmp_path / "bad").exists()
