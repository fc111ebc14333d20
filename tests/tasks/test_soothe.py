"""Sessions: what they lead to, what was made as measured, the log, and what a mistake costs."""

import json

import numpy as np
import pytest

import firmus
from firmus.cli import main
from firmus.errors import InvalidBrief
from firmus.production import sessions
from firmus.production.sessions.trajectory import BREATHS, MOST_CHANGE, PRESETS, trajectory
from firmus.score import Note
from firmus.timing import seconds


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "data")
    return tmp_path


@pytest.fixture(scope="module")
def calm():
    return firmus.soothe("calm", minutes=5, effort="quick", seed=4)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("minutes", [5, 23, 60])
def test_a_trajectory_is_as_long_as_asked_and_never_leaps(name, minutes):
    plan = trajectory(name, minutes)
    length = plan.phrases[-1].start + plan.phrases[-1].seconds
    assert abs(length - min(minutes * 60, 3590)) < 20
    assert all(
        abs(later.bpm - earlier.bpm) <= MOST_CHANGE + 1e-9
        for earlier, later in zip(plan.phrases, plan.phrases[1:], strict=False)
    )
    arousal = np.diff([phrase.arousal for phrase in plan.phrases])
    assert (arousal <= 0).all() or (arousal >= 0).all()


@pytest.mark.parametrize("breaths", [4, 5.5, 6, 10])
def test_a_phrase_is_a_breath(breaths):
    last = trajectory("calm", 15, breathing=breaths).phrases[-1]
    assert last.seconds == pytest.approx(60 / breaths)
    assert last.bpm == pytest.approx(12 * breaths)


def test_what_was_made_is_what_was_planned(calm):
    summary = calm.summary
    assert summary["tempo_error"] < 1
    assert summary["phrase_error"] < 0.05
    assert summary["arousal_against"] <= 0.1
    assert summary["arousal_last"] < summary["arousal_first"]
    assert summary["clashes"] < 0.15
    assert 36 <= summary["lowest"] < summary["highest"] <= 81
    score = calm.work.score
    assert abs(seconds(score, score.end) - 300) < 15
    assert all(24 <= note.velocity <= 88 for part in score.parts for note in part.notes)
    assert calm.work.origin.task == "soothe"


def test_themes_come_back_with_something_new(calm):
    score = calm.work.score
    marks = [section.label for section in score.sections]
    again = next(mark for mark in marks if mark.endswith("'"))
    bars = {}
    for name in (again[:-1], again):
        first = score.sections[marks.index(name)].start
        inside = [note for note in score.parts[0].notes if first <= note.start < first + 12 * 1440]
        bars[name] = {((note.start - first), note.pitch) for note in inside}
    first, second = bars.values()
    shared = len(first & second) / len(first)
    assert 0.4 < shared < 1


def test_its_loudness_breathes(calm):
    audio = calm.sound()
    rate, phrase = audio.sample_rate, calm.trajectory.phrases[-3]
    first = round(phrase.start * rate)

    def level(start, end):
        piece = audio.samples[first + round(start * phrase.seconds * rate) : first + round(end * phrase.seconds * rate)]
        return float(np.sqrt((piece**2).mean()))

    assert level(0.25, 0.55) > 1.15 * level(0.8, 1.0)
    assert 0.05 < np.abs(audio.samples).max() < 0.9


def test_the_melody_of_a_session_to_sleep_by_falls_silent():
    sleep = firmus.soothe("sleep", minutes=5, effort="quick", seed=2)
    end = sleep.work.score.end
    assert not [note for note in sleep.work.score.parts[0].notes if note.start > 0.9 * end]
    assert [note for note in sleep.work.score.parts[0].notes if note.start < 0.5 * end]


def test_a_beat_is_a_step():
    gait = firmus.soothe("gait", minutes=5, steps=112, effort="quick", seed=2)
    assert {tempo.bpm for tempo in gait.work.score.tempi} == {112}
    shaken = [note.start for note in gait.work.score.parts[-1].notes if note.pitch == 70]
    assert shaken == list(range(0, gait.work.score.end, 480))


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ({"session": "calm", "minutes": 3}, "3 minutes: a session lasts 5 to 60"),
        ({"session": "calm", "minutes": 61}, "61 minutes"),
        ({"session": "calm", "breathing": 60}, "breathing 60 must be 4 to 10"),
        ({"session": "focus", "breathing": 6}, "focus does not pace breathing"),
        ({"session": "calm", "steps": 90}, "calm has no steps"),
        ({"session": "gait", "steps": 300}, "steps 300 must be 60 to 140"),
        ({"session": "clam"}, "did you mean 'calm'"),
        ({"session": "calm", "feeling": "0.4/-0.7"}, "is where calm leads to"),
        ({"session": "calm", "feeling": "happy sad"}, "at once"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(asked, hint):
    with pytest.raises(InvalidBrief, match=hint):
        firmus.soothe(**asked)


def test_a_session_is_logged_and_rated(here, capsys):
    assert main(["soothe", "log"]) == 0
    asked = ["soothe", "focus", "--minutes", "5", "--effort", "quick", "--seed", "7", "--before", "4"]
    assert main(asked) == 0
    assert "bpm" in capsys.readouterr().out
    assert sorted(each.name for each in (here / "out" / "focus").iterdir())[-1] == "session.mp3"
    assert main(["soothe", "log", "--after", "8"]) == 0
    assert "4 → 8" in capsys.readouterr().out
    entry = json.loads((here / "data" / "sessions.jsonl").read_text())
    assert (entry["session"], entry["before"], entry["after"]) == ("focus", 4, 8)
    assert main(["soothe", "log", "--forget"]) == 0
    assert not (here / "data" / "sessions.jsonl").exists()
    assert main(["soothe", "log", "--after", "8"]) == 2
    assert "no session to rate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["calm", "--before", "11"], "rating 11"),
        (["calm", "--after", "5"], "that is for the log"),
        (["log", "--minutes", "5"], "log takes after and forget alone"),
    ],
)
def test_a_mistake_costs_one_line(here, capsys, words, hint):
    assert main(["soothe", *words]) == 2
    complaint = capsys.readouterr().err
    assert hint in complaint
    assert complaint.count("\n") == 1
    assert list(here.iterdir()) == []


def test_a_held_chord_leaves_out_what_clashes():
    held = sessions.arrangement._without_clashes((60, 64, 67), [Note(0, 960, 77)], 0, 960)
    assert held == [60, 67]
    assert BREATHS.hold(6)
