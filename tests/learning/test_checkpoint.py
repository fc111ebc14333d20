"""Checkpoints in pieces."""

import json

import pytest
import torch

from firmus.errors import RecipeError
from firmus.learning import checkpoint


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(checkpoint, "PIECE", 1000)


def test_a_checkpoint_comes_back_from_its_pieces(tmp_path, small):
    content = {"weights": torch.arange(1000.0), "log": [{"step": 1}], "step": 3}
    checkpoint.save(content, tmp_path / "c")
    pieces = json.loads((tmp_path / "c" / "index.json").read_text())["pieces"]
    assert len(pieces) > 4
    assert all((tmp_path / "c" / name).stat().st_size <= 1000 for name in pieces)
    loaded = checkpoint.load(tmp_path / "c")
    assert torch.equal(loaded["weights"], content["weights"])
    assert (loaded["log"], loaded["step"]) == ([{"step": 1}], 3)


def test_the_last_one_alone_stays(tmp_path, small):
    for step in range(3):
        checkpoint.save({"step": step, "noise": torch.randn(500)}, tmp_path / "c")
    names = {path.name for path in (tmp_path / "c").iterdir()}
    assert names == {"index.json", *json.loads((tmp_path / "c" / "index.json").read_text())["pieces"]}
    assert checkpoint.load(tmp_path / "c")["step"] == 2


def test_none_where_there_is_none(tmp_path):
    assert checkpoint.load(tmp_path / "c") is None


def test_one_that_was_being_written_leaves_the_one_before(tmp_path, small):
    checkpoint.save({"step": 1}, tmp_path / "c")
    (tmp_path / "c" / "ffffffff.000").write_bytes(b"half")
    (tmp_path / "c" / "index.part").write_text("{")
    assert checkpoint.load(tmp_path / "c") == {"step": 1}


def test_missing_and_changed_pieces_are_named(tmp_path, small):
    checkpoint.save({"weights": torch.arange(1000.0)}, tmp_path / "c")
    piece = sorted((tmp_path / "c").glob("*.001"))[0]
    whole = piece.read_bytes()
    piece.write_bytes(whole[:-1] + b"x")
    with pytest.raises(RecipeError, match="do not belong together"):
        checkpoint.load(tmp_path / "c")
    piece.unlink()
    with pytest.raises(RecipeError, match="missing"):
        checkpoint.load(tmp_path / "c")
