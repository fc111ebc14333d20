"""Composed music beside real music: what is the same is inside, what differs is not, what is copied is found."""

import json

import numpy as np
import pytest

from firmus import formats
from firmus.cli import main
from firmus.evaluation import report
from firmus.score import Key, Note, Part, Score


def tune(seed, scale=(0, 2, 4, 5, 7, 9, 11), low=60, bars=8):
    generator = np.random.default_rng(seed)
    pitches = [low + 12 * (step // 7) + scale[step % 7] for step in generator.integers(0, 10, 4 * bars).tolist()]
    notes = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))
    return Score((Part("Tune", notes, 73),), keys=(Key(0, "C"),))


def some(first, count=24, **wishes):
    return {str(seed): tune(seed, **wishes) for seed in range(first, first + count)}


def test_music_of_one_kind_lies_inside():
    found = report.compare(some(0), some(100))
    assert found["pieces"] == {"generated": 24, "reference": 24}
    assert np.mean([each["inside"] for each in found["measures"].values()]) > 0.6
    assert min(each["overlap"] for each in found["overlap"].values()) > 0.7
    low, high = found["critic"]["interval"]
    assert low < 0.5 < high
    assert report.compare(some(0, 19), some(100))["critic"] == {}


def test_music_of_another_kind_does_not():
    found = report.compare(some(0, scale=(0, 1, 4, 6, 8, 9, 10), low=36), some(100))
    assert found["critic"]["auc"] > 0.9
    assert not found["measures"]["scale consistency"]["inside"]
    assert found["overlap"]["pitch classes"]["overlap"] < 0.6
    same = report.compare(some(0), some(100))["overlap"]["pitch classes"]
    assert found["overlap"]["pitch classes"]["divergence"] > same["divergence"]


def test_copies_are_found_even_transposed():
    real = some(100)
    copied = {name: score.transposed(3) for name, score in list(real.items())[:6]}
    found = report.compare(copied, real)["copying"]["4 bars"]
    assert found["generated"] == 1.0
    assert found["people"] < 0.1


def test_pieces_of_one_name_are_compared_cell_by_cell():
    real = some(0, 2)
    found = report.compare({"0": real["0"], "1": real["0"]}, real)["pairs"]
    assert found["0"]["squared_error"] == 0
    assert found["1"]["squared_error"] > 0.1
    assert found["1"]["cross_entropy"] > found["0"]["cross_entropy"]


def test_what_was_asked_is_looked_for():
    score = tune(0)
    assert report.obeyed(score, {"bars": 8, "tempo": 120, "seconds": 16}) == {
        "bars": True,
        "tempo": True,
        "seconds": True,
    }
    assert report.obeyed(score, {"bars": 9, "meter": "3/4"}) == {"meter": False, "bars": False}
    assert report.obeyed(score, {}) == {}


@pytest.fixture
def folders(tmp_path):
    for name, pieces in (("ours", some(0, 8)), ("real", some(100, 8))):
        (tmp_path / name).mkdir()
        for each, score in pieces.items():
            formats.write(score, tmp_path / name / f"{each}.mid")
    (tmp_path / "ours" / "broken.mid").write_bytes(b"no music")
    return tmp_path


def test_the_command_writes_json_and_a_page(folders, capsys):
    words = [
        "evaluate",
        str(folders / "ours"),
        "--reference",
        str(folders / "real"),
        "--out",
        str(folders / "out"),
        "--json",
    ]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pieces"] == {"generated": 8, "reference": 8}
    assert [name.rpartition("/")[2] for name in found["left_out"]] == ["broken.mid"]
    assert json.loads((folders / "out" / "evaluation.json").read_text()) == found
    page = (folders / "out" / "evaluation.html").read_text()
    assert page.count("<svg") == len(found["measures"])
    assert "Fewer than 20" in page
    assert main(words) == 2
    assert "already exists" in capsys.readouterr().err


def test_what_the_critic_says_is_printed(folders, capsys):
    for number in range(12):
        for name in ("ours", "real"):
            formats.write(
                tune(200 + number, (0, 2, 4, 5, 7, 9, 11) if name == "ours" else (0, 1, 4, 6, 8, 9, 10)),
                folders / name / f"b{number}.mid",
            )
    assert (
        main(["evaluate", str(folders / "ours"), "--reference", str(folders / "real"), "--out", str(folders / "o")])
        == 0
    )
    assert "told apart by a critic: AUC" in capsys.readouterr().out
    assert "Told apart by a critic" in (folders / "o" / "evaluation.html").read_text()


def test_a_folder_without_music_is_refused(folders, capsys):
    (folders / "empty").mkdir()
    assert main(["evaluate", str(folders / "empty"), "--reference", str(folders / "real")]) == 2
    assert "holds no music" in capsys.readouterr().err
    assert main(["evaluate", str(folders / "nowhere"), "--reference", str(folders / "real")]) == 2
    assert "no such file or folder" in capsys.readouterr().err


def test_a_composed_piece_is_held_to_its_brief(folders, capsys):
    asked = ["--style", "folk", "--key", "G major", "--bars", "8", "--meter", "4/4", "--seed", "3"]
    assert main(["compose", *asked, "--out", str(folders / "made" / "one"), "--quiet"]) == 0
    assert main(["evaluate", str(folders / "made"), "--reference", str(folders / "real"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pieces"]["generated"] == 1
    assert found["controls"]["bars"] == {"pieces": 1, "obeyed": 1.0}
    assert found["controls"]["meter"]["obeyed"] == 1.0
