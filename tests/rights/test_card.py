"""The rights card says who made which notes, also of a file that was edited later."""

from dataclasses import replace

import pytest

import firmus
from firmus.errors import FormatError
from firmus.rights.card import card, kept
from firmus.score import Note, Part, Score

TUNE = Score((Part("Tune", tuple(Note(480 * i, 480, 60 + (i * 2) % 9) for i in range(24))),), title="Ours")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rights") / "piece"
    firmus.infill(TUNE, bars="3-4", seed=4, style="folk", effort="quick").save(folder, endings=["mid"])
    return folder


def test_bars_and_parts_are_the_models_or_a_persons(folder):
    found = card(folder, TUNE)
    (part,) = found["parts"]
    assert part["bars"] == [
        {"bars": "1-2", "by": "person"},
        {"bars": "3-4", "by": "model"},
        {"bars": "5-6", "by": "person"},
    ]
    assert found["notes"]["person"] == 16
    assert found["notes"]["model"] == part["notes"]["model"] > 0
    assert found["share"]["model"] + found["share"]["person"] == pytest.approx(1)
    assert 16 / 24 <= found["kept"] < 1
    assert found["verdict"] == "intact"
    assert found["removed"] == 0


def test_roles_and_training_are_named(folder):
    found = card(folder)
    assert found["roles"]["composition"]["ai"] == "partial"
    assert found["roles"]["lyrics"] == {"ai": "none", "contributors": []}
    assert found["training"]
    assert found["kept"] is None


def test_notes_that_were_changed_later_are_a_persons(folder):
    score = firmus.read(folder / "piece.mid")
    (part,) = score.parts
    first, *middle, last = part.notes
    changed = next(note for note in middle if note.start >= 3840)
    others = [replace(note, pitch=note.pitch + 1) if note is changed else note for note in middle]
    firmus.write(replace(score, parts=(replace(part, notes=(first, *others)),)), folder / "edited.mid")
    before, after = card(folder / "piece.mid"), card(folder / "edited.mid")
    assert after["removed"] == 2
    assert after["notes"]["model"] == before["notes"]["model"] - 1
    assert after["notes"]["person"] == before["notes"]["person"]
    assert last not in others


def test_a_new_piece_is_the_models_alone(tmp_path):
    firmus.compose(style="folk", bars=2, seed=1, effort="quick").save(tmp_path / "new", endings=[])
    found = firmus.rights_card(tmp_path / "new")
    assert found["share"] == {"model": 1, "person": 0}
    assert found["roles"]["composition"]["ai"] == "full"


def test_what_is_kept_counts_each_note_once():
    assert kept(TUNE, TUNE) == 1
    assert kept(TUNE, Score()) == 0
    assert kept(Score(), TUNE) == 0


def test_a_file_alone_is_refused(tmp_path):
    firmus.write(TUNE, tmp_path / "tune.mid")
    with pytest.raises(FormatError, match=r"there is no piece.json beside it, which says who made which note"):
        firmus.rights_card(tmp_path / "tune.mid")
