"""How often pieces are sampled."""

from pathlib import Path

import numpy as np
import pytest

from firmus.learning.corpus import Corpus, Piece, load, save
from firmus.score import Note, Part, Score
from firmus.tokens import events


def piece(name, set_name, style, bars):
    notes = tuple(Note(480 * i, 480, 60 + i % 7) for i in range(4 * bars))
    prepared = events.prepare(Score((Part("", notes),)), style)
    return Piece(name, set_name, "CC0", "train", prepared, len(prepared["tokens"]), style)


PIECES = [piece("a", "one", "folk", 40), piece("b", "two", "folk", 40), piece("c", "one", "piano", 4)]


def test_pieces_are_sampled_by_tokens_and_sets():
    found = Corpus("events", PIECES, {"two": 3.0}).probabilities(PIECES)
    assert (found / found[0]).round(3).tolist() == [1, 3, 0.1]


def test_styles_have_their_shares_whatever_their_tokens():
    found = Corpus("events", PIECES, {"two": 3.0}, shares={"piano": 2.0}).probabilities(PIECES)
    assert found.tolist() == pytest.approx([0.25, 0.75, 2.0])


def test_a_corpus_comes_back_with_styles_and_genres(tmp_path: Path):
    save(Corpus("events", PIECES, scales={}), tmp_path / "x.npz")
    back = load(tmp_path / "x.npz", shares={"folk": 2.0})
    assert [each.style for each in back.all_pieces] == ["folk", "folk", "piano"]
    assert back.shares == {"folk": 2.0}
    for one, other in zip(PIECES, back.all_pieces, strict=True):
        assert all((np.asarray(one.prepared[name]) == other.prepared[name]).all() for name in one.prepared)
