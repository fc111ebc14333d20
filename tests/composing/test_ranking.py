"""The score by which candidates are ranked."""

import math

import pytest

import firmus
from firmus.composing.ranking import obedience, rank, variety
from firmus.score import Meter, Note, Part, Score


def tune(bars):
    """Bars of four quarters each, with these pitches."""
    notes = [
        Note(480 * (4 * bar + beat), 480, pitch) for bar, four in enumerate(bars) for beat, pitch in enumerate(four)
    ]
    return Score((Part("P", tuple(notes)),), meters=(Meter(0, 4, 4),), end=len(bars) * 1920)


ONE, TWO, THREE, FOUR = (60, 62, 64, 65), (67, 65, 64, 62), (64, 62, 60, 59), (60, 64, 67, 72)


def test_variety_is_best_where_bars_are_as_new_as_is_usual():
    assert variety(tune([ONE, TWO, ONE, TWO]), 0.5) == 1.0
    assert variety(tune([ONE] * 4), 0.9) == pytest.approx(0.35)
    assert variety(tune([ONE, TWO, THREE, FOUR]), 0.9) == pytest.approx(0.9)


def test_the_total_is_the_mean_of_what_is_told():
    found = rank(tune([ONE, TWO, ONE, TWO]), "folk", 1.0, {"density": 0.5}, {"density": 0.7})
    assert found["likelihood"] == round(math.exp(-1), 4)
    assert found["rules"] == 1.0
    assert found["obedience"] == pytest.approx(0.8)
    told = [value for name, value in found.items() if name != "total"]
    assert found["total"] == pytest.approx(sum(told) / len(told), abs=1e-3)
    assert "obedience" not in rank(tune([ONE, TWO]), "folk", 1.0, {}, {})


def test_obedience_of_what_could_not_be_measured():
    assert obedience({"register": 0.9}, {}) == 0.5


def test_candidates_come_best_first_and_each_can_be_made_again():
    works = firmus.compose(style="folk", bars=4, count=4, seed=11)
    totals = [work.origin.measured["score"]["total"] for work in works]
    assert totals == sorted(totals, reverse=True)
    again = firmus.compose(style="folk", bars=4, seed=works[0].origin.seed)
    assert again.score == works[0].score
