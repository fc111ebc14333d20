"""Planes of piano rolls and what is told beside them: known answers."""

import numpy as np
import pytest
import torch

from firmus.models import _rolls as rolls
from firmus.score import Chord, Note, Part, Score
from firmus.tokens import band


def piece():
    """A bar of drums, a bass that repeats a note, and a chord of the keys that begins late."""
    drums = Part("", (Note(0, 60, 36), Note(480, 60, 38)), is_drums=True)
    bass = Part("", (Note(0, 480, 40), Note(480, 480, 40)), 33)
    keys = Part("", tuple(Note(240, 720, key) for key in (60, 64, 67)), 4)
    chords = Chord(0, "C", ""), Chord(960, "A", "m7")
    return torch.tensor(band.encode(Score((drums, bass, keys), chords=chords, end=1920)).astype(np.int64))[None]


def test_planes_and_values_are_inverses():
    values = piece()
    planes = rolls.to_planes(values)
    assert planes.shape == (1, 9, 16, 128)
    assert torch.equal(rolls.from_planes(planes), values[..., : band.CELLS])
    assert planes[0, 1, :8, 40].tolist() == [1] * 8  # the bass sounds on
    assert planes[0, 5, :8, 40].tolist() == [1, 0, 0, 0, 1, 0, 0, 0]  # and is struck twice
    assert planes[0, 0].sum() == 2
    generator = np.random.default_rng(0)
    anything = torch.tensor(generator.integers(0, 3, (2, 6, band.CELLS + 1)))
    anything[..., :128] = 2 * (anything[..., :128] > 1)  # drums are struck or silent
    assert torch.equal(rolls.from_planes(rolls.to_planes(anything)), anything[..., : band.CELLS])


def test_nothing_is_struck_in_silence():
    planes = torch.zeros(1, 9, 4, 128)
    planes[0, 5:] = 1
    assert not rolls.from_planes(planes).any()


def test_a_note_lasts_as_long_as_it_is_held():
    chances = torch.zeros(1, 9, 8, 128)
    chances[0, 5, :, 40] = torch.tensor([1.0, 0, 0, 1, 0, 0, 0, 0])  # the bass is struck twice
    chances[0, 1, :, 40] = torch.tensor([0.0, 1, 1, 1, 0, 1, 1, 1])  # and let go after the second
    planes = rolls.played(chances)
    assert planes[0, 1, :, 40].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert torch.equal(planes[:, 5:], chances[:, 5:])
    assert not planes[0, 2:5].any()


def test_chances_of_sounding():
    chances = torch.zeros(1, 9, 3, 128)
    chances[0, 6, 0, 60], chances[0, 2, 1:, 60] = 0.5, 0.8
    assert rolls.played(chances)[0, 2, :, 60].tolist() == pytest.approx([0.5, 0.4, 0.32])


def test_what_is_played_is_as_real_windows_are():
    planes = rolls.begun(rolls.to_planes(piece()))
    assert torch.equal(planes, rolls.to_planes(piece()))  # everything is struck in it already
    torch.manual_seed(0)
    made = rolls.played((torch.rand(2, 9, 20, 128) < 0.3).float())
    assert torch.equal(rolls.begun(rolls.to_planes(valued(made))), made)


def valued(planes):
    return torch.nn.functional.pad(rolls.from_planes(planes), (0, 1))


def test_what_sounds_on_from_before_a_window_is_struck_at_its_beginning():
    planes = torch.zeros(1, 9, 4, 128)
    planes[0, 1, :2, 40] = 1
    assert rolls.begun(planes)[0, 5, :, 40].tolist() == [1, 0, 0, 0]


def test_the_chord_is_told_by_its_tones_and_root():
    values = piece()
    facts = rolls.Conditions()(values, torch.ones(1, 16, 6, dtype=torch.bool)).facts
    assert facts.shape == (1, rolls.FACTS, 16)
    assert facts[0, :12, 0].nonzero().flatten().tolist() == [0, 4, 7]  # C
    assert facts[0, :12, 8].nonzero().flatten().tolist() == [0, 4, 7, 9]  # A minor seventh
    assert facts[0, 12:24, 8].nonzero().flatten().tolist() == [9]
    assert facts[0, 24:].all()


def test_every_chord_symbol_has_its_tones():
    table = rolls.chord_tones()
    assert table.shape == (band.CHORDS, 2, 12)
    assert table[1:, 1].sum(1).tolist() == [1.0] * (band.CHORDS - 1)
    assert (table[:, 0] >= table[:, 1]).all()  # the root is a tone
    moved = table[1:].unflatten(0, (-1, 12))[:, 0].roll(5, -1)  # each quality on C, five up
    assert torch.equal(moved, table[1:].unflatten(0, (-1, 12))[:, 5])


def test_no_chord_and_an_unknown_one_have_no_tones():
    values, known = piece(), torch.ones(1, 16, 6, dtype=torch.bool)
    known[..., -1] = False
    assert not rolls.Conditions()(values, known).facts[:, :24].any()
    values[..., -1] = 0
    assert not rolls.Conditions()(values, known | True).facts[:, :24].any()


def test_given_instruments_are_told_and_come_back():
    values, known = piece(), torch.zeros(1, 16, 6, dtype=torch.bool)
    known[..., 1] = True  # the bass
    given = rolls.Conditions()(values, known)
    assert given.facts[0, 24:].any(1).tolist() == [False, True, False, False, False]
    assert torch.equal(given.planes[0, 1], rolls.to_planes(values)[0, 1])
    assert not given.planes[0, 0].any()  # the drums are not told
    found = rolls.with_given(given, torch.ones(1, 9, 16, 128))
    assert torch.equal(found[0, [1, 5]], rolls.to_planes(values)[0, [1, 5]])
    assert found[0, [0, 2, 3, 4, 6, 7, 8]].all()


def test_what_is_told_in_training():
    torch.manual_seed(0)
    known = rolls.drawn(torch.zeros(4000, 3, band.CELLS + 1, dtype=torch.long))
    assert torch.equal(known[:, 0], known[:, 2])
    chord, parts = known[:, 0, -1].float(), known[:, 0, :-1].sum(1)
    assert 0.77 < chord.mean() < 0.83
    assert 0.46 < (parts == 0).float().mean() < 0.54
    assert set(parts.tolist()) == {0, 1, 2, 3, 4}
    assert (known[:, 0, :-1].float().mean(0) - 0.25).abs().max() < 0.03  # no instrument more often than another


def test_an_instrument_is_told_where_it_is_whole():
    given = torch.full((1, 4, band.CELLS + 1), -1)
    given[0, :2, 128:256] = 0  # the bass, for two steps
    given[0, :, 0] = 2  # one drum: the others are open
    given[0, 3, -1] = 7
    known = rolls.conditioned(given)[0]
    assert known[:, 1].tolist() == [True, True, False, False]
    assert not known[:, [0, 2, 3, 4]].any()
    assert known[:, -1].tolist() == [False, False, False, True]
    values = rolls.kept(given, torch.ones(1, 9, 4, 128))
    assert torch.equal(values[given >= 0], given[given >= 0])
    assert values[0, 0, -1] == 0
    assert (values[0, 2, 128:256] == 2).all()
