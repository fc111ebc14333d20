"""Listening tests: plans are balanced and blind, answers are checked, and what is not proven is not claimed."""

import json
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
import soundfile

from firmus import formats
from firmus.cli import main
from firmus.errors import FormatError, InvalidBrief
from firmus.evaluation import listening
from firmus.evaluation.listening import Clip
from firmus.render import mastering
from firmus.score import Note, Part, Score
from firmus.tasks.listen import listening_test

CLIPS = [Clip(f"{source}{number}", source, f"{number}.mid") for source in ("A", "B", "real") for number in range(4)]
SOURCES = {clip.name: clip.source for clip in CLIPS}


def answers(listener, liked, generator):
    """A listener who prefers sources by how much he likes them (0 to 1), attentive."""
    told, chosen = [], {}
    for trial in listening.plan(CLIPS, generator):
        answer = {"session": listener, "trial": trial}
        if trial["kind"] == "rate":
            mark = 1 + 4 * liked[SOURCES[trial["clip"]]] + generator.normal(0, 0.7)
            answer["ratings"] = {question: int(np.clip(round(mark), 1, 5)) for question in listening.QUESTIONS}
        elif "choose" in trial:
            answer["choice"] = trial["choose"]
        else:
            both = frozenset((trial["left"], trial["right"]))
            ahead = liked[SOURCES[trial["left"]]] - liked[SOURCES[trial["right"]]]
            if both not in chosen:
                chosen[both] = trial["left"] if generator.random() < 0.5 + ahead / 2 else trial["right"]
            answer["choice"] = "left" if trial["left"] == chosen[both] else "right"
        told.append(answer)
    return told


def crowd(count, liked, seed=0):
    generator = np.random.default_rng(seed)
    return [answer for listener in range(count) for answer in answers(f"L{listener}", liked, generator)]


def test_a_plan_is_balanced_blind_and_checked():
    trials = listening.plan(CLIPS, np.random.default_rng(3))
    pairs = [each for each in trials if each["kind"] == "pair"]
    assert len(pairs) == listening.PAIRS + 2
    assert sum("choose" in each for each in pairs) == 1
    assert {trials[len(pairs) - 1]["left"], trials[len(pairs) - 1]["right"]} in [
        {each["left"], each["right"]} for each in pairs[:-1]
    ]
    rated = [SOURCES[each["clip"]] for each in trials if each["kind"] == "rate"]
    assert sorted(rated) == ["A", "A", "B", "B", "real", "real"]
    assert all(SOURCES[each["left"]] != SOURCES[each["right"]] for each in pairs)
    assert trials != listening.plan(CLIPS, np.random.default_rng(4))


def test_a_clear_preference_is_proven_and_its_size_is_told():
    found = listening.report(crowd(30, {"A": 0.9, "B": 0.2, "real": 0.9}), SOURCES)
    (one,) = [row for row in found["pairs"] if (row["first"], row["second"]) == ("A", "B")]
    assert one["first_preferred"] > 0.7
    assert one["interval"][0] > 0.5
    assert one["p"] < 0.001
    proven = {(row["first"], row["second"]) for row in found["differences"] if row["proven"]}
    assert ("A", "B") in proven
    assert ("A", "real") not in proven
    assert found["warnings"] == []
    assert found["listeners"] == 30


def test_no_preference_is_not_proven():
    found = listening.report(crowd(30, {"A": 0.5, "B": 0.5, "real": 0.5}), SOURCES)
    assert not any(row["proven"] for row in found["differences"])
    assert all(row["interval"][0] < 0.5 < row["interval"][1] for row in found["pairs"])


def test_few_listeners_prove_little():
    found = listening.report(crowd(3, {"A": 1.0, "B": 0.0, "real": 0.5}), SOURCES)
    assert "3 attentive listeners" in found["warnings"][0]
    assert listening.report([], SOURCES)["listeners"] == 0


def test_who_does_not_attend_is_left_out():
    told = crowd(2, {"A": 0.9, "B": 0.1, "real": 0.5})
    for answer in told:
        if answer["session"] == "L1" and "choose" in answer["trial"]:
            answer["choice"] = {"left": "right", "right": "left"}[answer["trial"]["choose"]]
    found = listening.report(told, SOURCES)
    assert (found["listeners"], found["inattentive"]) == (1, 1)


def test_who_changes_his_mind_is_counted_and_kept():
    told = crowd(4, {"A": 0.9, "B": 0.1, "real": 0.5})
    turned = {"left": "right", "right": "left"}
    for answer in told:
        if answer["session"] == "L1" and "again" in answer["trial"]:
            answer["choice"] = turned[answer["choice"]]
    found = listening.report(told, SOURCES)
    assert (found["listeners"], found["repeated"], found["repeated_alike"]) == (4, 4, 3)
    assert sum(row["answers"] for row in found["pairs"]) == 4 * listening.PAIRS


def test_holm_never_makes_a_difference_surer():
    chances = [0.001, 0.2, 0.04, 0.03]
    corrected = listening.holm(chances)
    assert all(after >= before for after, before in zip(corrected, chances, strict=True))
    assert corrected[0] == pytest.approx(0.004)


def two_folders(root):
    """Two folders of scores, one of them with a loud sound beside."""
    for folder, low in (("ours", 60), ("theirs", 48)):
        (root / folder).mkdir()
        for number in range(3):
            notes = tuple(Note(480 * i, 480, low + (i * (number + 2)) % 12) for i in range(64))
            formats.write(Score((Part("Tune", notes, 0),)), root / folder / f"{number}.mid")
    time = np.arange(44_100 * 70) / 44_100
    soundfile.write(root / "ours" / "loud.wav", 0.9 * np.sin(2 * np.pi * 330 * time), 44_100)
    return root


@pytest.fixture
def folders(tmp_path):
    return two_folders(tmp_path)


@pytest.fixture(scope="module")
def test_of_two(tmp_path_factory):
    folders = two_folders(tmp_path_factory.mktemp("two"))
    return listening_test.ListeningTest({"A": folders / "ours", "B": folders / "theirs"}, folders / "answers.jsonl")


def test_every_clip_is_as_loud_and_as_long_as_it_should_be(test_of_two, tmp_path):
    for name, data in test_of_two.sounds.items():
        path = tmp_path / f"{name}.mp3"
        path.write_bytes(data)
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        assert listening_test.SHORTEST <= len(samples) / rate <= listening_test.LONGEST + 0.5
        assert mastering.loudness(samples, rate) == pytest.approx(listening_test.LOUDNESS, abs=1.0)
        assert abs(samples).max() <= 1.0


def test_silence_and_an_empty_folder_are_refused(folders):
    soundfile.write(folders / "silent.wav", np.zeros(44_100 * 20), 44_100)
    with pytest.raises(FormatError, match="silent"):
        listening_test.clip(folders / "silent.wav")
    (folders / "empty").mkdir()
    with pytest.raises(FormatError, match="nothing to be heard"):
        listening_test.pieces(folders / "empty")
    formats.write(Score((Part("", (Note(0, 480, 60),)),)), folders / "short.mid")
    with pytest.raises(FormatError, match="shorter than 15"):
        listening_test.clip(folders / "short.mid")
    (folders / "ours" / "broken.mid").write_bytes(b"MThd")
    test = listening_test.ListeningTest(
        {"A": folders / "ours", "B": folders / "theirs"}, folders / "answers.jsonl", most=4
    )
    assert list(test.left_out) == [(folders / "ours" / "broken.mid").as_posix()]
    assert sum(clip.source == "A" for clip in test.clips.values()) == 4
    (folders / "bad").mkdir()
    (folders / "bad" / "broken.mid").write_bytes(b"MThd")
    with pytest.raises(FormatError, match="holds nothing to ask about"):
        listening_test.ListeningTest({"A": folders / "ours", "B": folders / "bad"}, folders / "answers.jsonl")
    with pytest.raises(InvalidBrief, match="two folders"):
        listening_test.ListeningTest({"A": folders / "ours"}, folders / "answers.jsonl")


@pytest.fixture(scope="module")
def served(test_of_two):
    server = listening_test.server(test_of_two, 0, "en")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def fetched(address, body=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body)) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_page_its_clips_and_its_answers(served, test_of_two, capsys):
    status, page = fetched(served)
    assert status == 200
    assert b"Firmus" in page
    plan = json.loads(fetched(f"{served}/plan")[1])
    assert "source" not in json.dumps(plan)
    trial = plan["trials"][0]
    assert fetched(f"{served}/clip/{trial['left']}.mp3")[1] == test_of_two.sounds[trial["left"]]
    answer = {"session": plan["session"], "trial": trial, "choice": "left", "seconds": 31}
    assert fetched(f"{served}/answer", json.dumps(answer).encode())[0] == 204
    lines = [json.loads(line) for line in test_of_two.results.read_text().splitlines()]
    assert lines[-1] == answer
    assert main(["listen", "report", str(test_of_two.results)]) == 0
    assert "fewer than 10 prove little" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/clip/../../etc/passwd", None, 404), ("/nowhere", None, 404),
        ("/answer", b"no json", 422), ("/answer", b"[]", 422),
        ("/answer", b'{"session": "x", "trial": {"kind": "pair", "left": "a", "right": "b"}, "choice": "left"}', 422),
        ("/answer", b"x" * 70_000, 413), ("/elsewhere", b"{}", 404),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(served, test_of_two, path, body, status):
    before = test_of_two.results.read_text()
    assert fetched(served + path, body)[0] == status
    assert test_of_two.results.read_text() == before
