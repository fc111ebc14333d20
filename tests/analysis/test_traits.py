"""Traits: the same in every key, at every tempo, however loud; finite for anything."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from firmus import formats
from firmus.analysis.excerpt import beginning, excerpt
from firmus.analysis.traits import instruments, names, traits
from firmus.score import Key, Meter, Note, Part, Score, Tempo
from firmus.timing import bars
from strategies import scores

TUNE = """X:1
T:Of our own
M:4/4
L:1/8
K:G
G2BG d2BG|c2Ac e2dc|B2GB dcBA|G2A2 B4|d2gd B2dB|c2ec A2cA|BAGB AGFA|G2G2 G4|
"""


def tune():
    (score,) = formats.read_all(TUNE.encode(), trusted=True)
    return score


def song():
    """A melody over broken chords."""
    upper = tuple(Note(960 * i, 960, 67 + (0, 4, 5, 2, 7, 4, 2, -1)[i % 8]) for i in range(32))
    lower = tuple(
        Note(240 * i, 240, 48 + (0, 7, 4, 7)[i % 4] + (0, 5, 7, 0)[i // 8 % 4]) for i in range(128)
    )  # fmt: skip
    return Score((Part("Voice", upper, 52), Part("Piano", lower)))


def by_name(score):
    return dict(zip(names(), traits(score).tolist(), strict=True))


@pytest.mark.parametrize("piece", [tune, song])
@pytest.mark.parametrize("shift", [-13, -5, 1, 6, 7, 12])
def test_transposition_changes_nothing(piece, shift):
    assert np.array_equal(traits(piece()), traits(piece().transposed(shift)))


@pytest.mark.parametrize("piece", [tune, song])
def test_what_is_written_beside_the_notes_changes_nothing(piece):
    score = piece()
    parts = tuple(
        replace(part, name="x", volume=3, pan=9, notes=tuple(replace(note, velocity=11) for note in part.notes))
        for part in score.parts
    )
    other = replace(
        score, parts=parts, tempi=(Tempo(0, 31), Tempo(960, 244)), keys=(Key(0, "Db"),), chords=(), title="Fugue",
        composer="J. S. Bach",
    )  # fmt: skip
    assert np.array_equal(traits(score), traits(other))


def test_other_instruments_change_the_traits_of_instruments_alone():
    score = song()
    other = replace(score, parts=tuple(replace(part, program=40) for part in score.parts))
    differ = traits(score) != traits(other)
    assert differ.any()
    assert not (differ & ~instruments()).any()


def test_traits_mean_what_they_say():
    found = by_name(song())
    assert found["family piano"] == pytest.approx(128 / 160)
    assert found["family ensemble"] == pytest.approx(32 / 160)
    assert found["parts 2"] == 1
    assert found["voices 2"] == 1
    assert found["melody length 2"] == 1
    assert found["minor"] == 0
    assert found["written 4"] == 1
    drums = by_name(Score((Part("", tuple(Note(480 * i, 60, (36, 38)[i % 2]) for i in range(32)), is_drums=True),)))
    assert drums["drum kick"] == drums["drum snare"] == 0.5
    assert drums["kick in bar 0"] == drums["snare in bar 4"] == 0.5
    assert drums["family drums"] == 1
    assert sum(share for name, share in drums.items() if name.startswith("degree ")) == 0


def test_a_waltz_and_a_march_differ_where_they_should():
    waltz = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 3 * 4) for i in range(48))),), (Meter(0, 3, 4),))
    march = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 4 * 4) for i in range(48))),))
    one, other = by_name(waltz), by_name(march)
    assert one["written 3"] > other["written 3"]
    assert one["bar"] == pytest.approx(0.75)
    assert one["in bar 5"] == pytest.approx(1 / 3)
    assert other["in bar 4"] == pytest.approx(1 / 4)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scores())
def test_anything_has_traits(score):
    found = traits(score)
    assert found.shape == (len(names()),)
    assert np.isfinite(found).all()
    assert np.array_equal(found, traits(score))


def test_names_are_told_apart():
    assert len(set(names())) == len(names())
    assert 100 < len(names()) < 400
    assert instruments().sum() > 10


def test_a_stretch_of_a_piece():
    score = tune()
    middle = excerpt(score, 2, 3)
    assert len(bars(middle)) == 3
    assert [note.pitch for note in middle.parts[0].notes[:3]] == [71, 67, 71]
    assert middle.parts[0].notes[0].start == 0
    assert excerpt(score, 0, len(bars(score))).parts[0].notes == score.parts[0].notes
    assert beginning(score) is score
    assert len(bars(beginning(replace(song(), end=1920 * 300)))) == 64


def test_a_stretch_keeps_its_meters_and_cuts_what_sounds_on():
    notes = (Note(0, 9000, 60), Note(5760, 4000, 64))
    score = Score((Part("", notes),), (Meter(0, 4, 4), Meter(7680, 3, 4)), end=12000)
    found = excerpt(score, 3, 2)
    assert [(each.start, each.text) for each in found.meters] == [(0, "4/4"), (1920, "3/4")]
    assert found.parts[0].notes == (Note(0, 3360, 64),)
