"""Interpolating pieces that are not alike in length."""

import firmus
from firmus.score import Meter, Note, Part, Score, Tempo

BAR = 1920
LINE = (60, 64, 67, 72, 71, 67, 65, 62)


def tune(bars, meter=(4, 4)):
    step = 480 if meter == (4, 4) else 240
    count = bars * Meter(0, *meter).bar // step
    notes = tuple(Note(step * place, step, LINE[place % len(LINE)]) for place in range(count))
    return Score((Part("Tune", notes, 73),), (Meter(0, *meter),), (Tempo(0, 100),))


def test_an_odd_number_of_bars_is_no_hindrance_and_what_is_left_out_is_said():
    works = firmus.interpolate(tune(5), tune(8), steps=3, seed=1)
    assert [work.score.end for work in works] == [5 * BAR] * 3
    assert works[0].origin.measured["left_out"] == {"target": 3}
    assert works[0].score.parts[0].notes == tune(5).parts[0].notes[:20]
    assert "left_out" not in firmus.interpolate(tune(4), tune(4), steps=3, seed=1)[0].origin.measured


def test_a_jig_stays_a_jig():
    works = firmus.interpolate(tune(8, (6, 8)), tune(4, (6, 8)), steps=3, seed=1)
    assert {work.score.meters for work in works} == {(Meter(0, 6, 8),)}
