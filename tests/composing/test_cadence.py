"""How pieces end: on the tonic, on the last chord that was given, or, continued, where that is asked for."""

import numpy as np
import pytest

import firmus
from babbler import Babbler
from firmus.analysis import composition
from firmus.composing.cadence import at_rest, with_cadence
from firmus.errors import InvalidBrief
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import fill
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.score import Key, Meter, Note, Part, Score
from firmus.timing import beat
from firmus.tokens import events
from firmus.tokens.events.vocabulary import UNIT


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


@pytest.mark.parametrize("style", ["chorale", "hymn", "choir"])
def test_voices_close_as_they_do_in_print(style):
    works = firmus.compose(style=style, bars=8, seed=1, count=8)
    steps, falls = [], []
    for work in works:
        tonic = work.score.keys[0].pitch_class
        top, bass = work.score.parts[0].notes, work.score.parts[-1].notes
        assert all(part.notes[-1].end == work.score.end for part in work.score.parts)
        assert {top[-1].pitch % 12, bass[-1].pitch % 12} == {tonic}
        assert top[-1].duration >= work.score.meters[0].bar // 2
        steps.append(abs(top[-1].pitch - top[-2].pitch) <= 2)
        falls.append(abs(bass[-1].pitch - bass[-2].pitch) % 12 in (5, 7))
    assert sum(steps) >= 5
    assert sum(falls) >= 5


def test_other_pieces_hold_their_end_for_half_a_bar():
    for seed in (1, 2, 3):
        score = firmus.compose(style="piano", bars=4, seed=seed).score
        assert max(part.notes[-1].duration for part in score.parts if part.notes) >= score.meters[0].bar // 2


@pytest.mark.parametrize("cut", [0, 960, 480])  # the last note begins on the barline, within the last bar, before it
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_under_a_melody_that_closes_the_voices_close(seed, cut):
    pitches = (67, 69, 71, 72, 74, 76, 74, 72, 71, 69, 71, 74)
    notes = [Note(480 * place, 480, pitch) for place, pitch in enumerate(pitches)]
    notes = [Note(note.start - cut, 480, note.pitch) for note in notes if note.start >= cut]
    last = notes[-1].end
    notes.append(Note(last, 960, 72))
    score = Score((Part("Soprano", tuple(notes), 52),), keys=(Key(0, "C"),))
    harmonised = firmus.harmonise(score, style="chorale", seed=seed).score
    bass = harmonised.parts[-1].notes
    assert bass[-1].start == last
    assert bass[-1].pitch % 12 == 0
    assert next(note for note in bass if note.start <= last - 480 < note.end).pitch % 12 == 7
    for part in harmonised.parts[1:]:
        assert part.notes[-1].pitch % 12 in {0, 4, 7}
        assert part.notes[-1].start <= last < notes[-1].end <= part.notes[-1].end


def test_the_first_part_never_rests_on_the_fifth():
    score = Score((Part("Right Hand"), Part("Left Hand")), keys=(Key(0, "C"),), end=1920)
    wide, fifths = PartRules(36, 96), PartRules(67, 67)
    for top, final in ((False, {0, 4}), (True, {0})):
        assert at_rest(Rules((wide, wide)), Key(0, "C"), score, top=top).final == (final, {0})
    assert at_rest(Rules((fifths, wide)), Key(0, "C"), score).final == ({0, 4, 7}, {0})  # no other is in its range


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (6, 8), (2, 4)])
def test_a_melody_that_is_led_goes_by_step_to_the_tonic_whatever_a_model_likes(meter):
    size = Meter(0, *meter)
    score = Score((Part("Melody", (), 40),), meters=(size,), keys=(Key(0, "G"),), end=4 * size.bar)
    rules = Rules((PartRules(60, 84, True, 0),), frozenset(Key(0, "G").scale), beat=beat(size) // UNIT)
    rules = with_cadence(at_rest(rules, Key(0, "G"), score), Key(0, "G"), score, (1,))
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0], led = False, 0
    for seed in range(30):
        request = Request(score, is_open, "", rules, Sampling(1.0, 1.0))
        notes = fill(Babbler(seed), request, np.random.default_rng(seed)).score.parts[0].notes
        rest = next(note.start for note in notes if note.end == score.end)
        assert score.end - rest >= size.bar // 2
        assert [note.pitch % 12 for note in notes if note.start >= rest] == [7]
        before = [note.pitch % 12 for note in notes if rest - beat(size) <= note.start < rest]
        assert set(before) <= {9, 6}
        led += bool(before)
    assert led > 5  # where nothing begins in the beat before, there is a rest or a longer note


def test_some_tunes_close_by_step_and_some_do_not():
    works = firmus.compose(style="folk", bars=8, seed=1, count=16, effort="quick")
    closes = [composition.END["melody closes by step"](work.score) for work in works]
    assert 2 <= sum(closes) <= 14


@pytest.mark.parametrize("style", ["chorale", "folk"])
def test_a_last_chord_that_comes_late_is_sounded_on_its_beat(style):
    work = firmus.compose(
        style=style, bars=2, chords="I,IV I,I,V,I", meter="4/4", key="G major", seed=1, effort="quick", form="none"
    )
    last = 7 * 480
    sounding = [n.pitch % 12 for part in work.score.parts for n in part.notes if n.start <= last < n.end]
    assert sounding
    assert set(sounding) <= {7, 11, 2}
