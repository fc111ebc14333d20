"""How pieces end: on the tonic, on the last chord that was given, or, continued, where that is asked for."""

import pytest

import firmus
from firmus.errors import InvalidBrief


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_piece_over_chords_rests_on_the_last_one(seed):
    score = firmus.compose(style="chorale", chords="Am F G C/E", key="C major", bars=4, seed=seed).score
    last = {part.name: max(part.notes, key=lambda note: note.end) for part in score.parts}
    assert all(note.end == score.end for note in last.values())
    assert {note.pitch % 12 for note in last.values()} <= {0, 4, 7}
    assert last["Bass"].pitch % 12 == 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_continuation_closes_where_it_is_asked_to(seed):
    tune = firmus.compose(style="hymn", key="G", bars=4, seed=seed).score
    score = firmus.extend(tune, bars=4, seed=seed, close=True).score
    last = [max(part.notes, key=lambda note: note.end) for part in score.parts]
    assert all(note.end == score.end for note in last)
    assert {note.pitch % 12 for note in last} <= {7, 11, 2}
    assert last[-1].pitch % 12 == 7


def test_only_a_continuation_is_asked_to_close():
    tune = firmus.compose(style="folk", key="G", bars=4, seed=1).score
    with pytest.raises(InvalidBrief, match="does not take it"):
        firmus.infill(tune, bars="2", close=True)
