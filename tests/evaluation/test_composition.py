"""Measures of composition on short scores whose values a musician can count."""

import math

import pytest
from hypothesis import given, settings

from firmus.analysis import composition
from firmus.analysis.composition import bars, harmony, melody, voices
from firmus.score import Chord, Meter, Note, Part, Score
from strategies import scores

QUARTER, BAR = 480, 1920


def line(*notes, start=0, program=0, drums=False):
    """A part of (pitch, quarters); pitch 0 is a rest."""
    found, tick = [], start
    for pitch, quarters in notes:
        length = round(quarters * QUARTER)
        if pitch:
            found.append(Note(tick, length, pitch))
        tick += length
    return Part("", tuple(found), program, drums)


def quarters(*pitches, **wishes):
    return line(*((pitch, 1) for pitch in pitches), **wishes)


CADENCE = Score(  # I IV V I in C, four voices, a whole note each
    tuple(
        line(*((pitch, 4) for pitch in pitches))
        for pitches in ((72, 69, 71, 72), (67, 65, 67, 67), (64, 60, 62, 64), (48, 53, 55, 48))
    )
)
ORGANUM = Score((quarters(67, 69, 71, 72), quarters(60, 62, 64, 65)))  # all fifths


def test_parallel_fifths_are_those_of_moves_in_one_direction():
    assert voices.parallel_fifths(ORGANUM) == 100.0
    assert voices.parallel_octaves(ORGANUM) == 0.0
    one_of_two = Score((quarters(67, 69, 71, 72), quarters(60, 62, 67, 72 - 7)))
    assert voices.parallel_fifths(one_of_two) == 50.0
    assert math.isnan(voices.parallel_fifths(Score((quarters(60, 62, 64),))))


def test_a_part_that_doubles_another_is_no_fault():
    upper = quarters(67, 69, 71, 72)
    doubled = Score((upper, quarters(55, 57, 59, 60), quarters(60, 59, 57, 55)))
    assert voices.parallel_octaves(doubled) != voices.parallel_octaves(doubled)  # nothing else moves in one direction
    assert voices.parallel_octaves(Score((upper, quarters(55, 57, 62, 69)))) == pytest.approx(100 / 3)


def test_clashes_and_dissonances_are_counted_on_beats():
    bass, top = line((48, 4)), quarters(67, 65, 71, 72)
    score = Score((top, line((64, 4)), bass))
    assert voices.clashes(score) == 0.5  # F against E, B against C
    assert voices.outer_dissonances(score) == 0.5  # the fourth F over C, the seventh B
    assert math.isnan(voices.clashes(Score((top,))))


def test_a_cadence_falls_by_fifths_from_the_dominant_to_the_tonic():
    assert harmony.falling_fifths(CADENCE) == pytest.approx(2 / 3)  # C to F, G to C
    assert harmony.dominant_to_tonic(CADENCE) == pytest.approx(1 / 3)
    assert voices.bass_close(CADENCE) == 1.0
    assert voices.melody_close(CADENCE) == 1.0


def test_a_melody_alone_has_the_harmony_that_is_written_above_it():
    tune = Score((line((72, 8)),))
    assert math.isnan(harmony.falling_fifths(tune))
    symbols = (Chord(0, "D", "m7"), Chord(BAR, "G", "7"))
    assert harmony.falling_fifths(Score(tune.parts, chords=symbols)) == 1.0


def test_the_bass_is_asked_for_the_root_on_the_first_beat():
    chords = [line((pitch, 4), (pitch + 5, 4), (pitch, 4), program=89) for pitch in (60, 64, 67)]
    on_root = line((36, 4), (41, 4), (36, 4), program=33)
    assert harmony.bass_on_root(Score((*chords, on_root))) == 1.0
    late = line((0, 1), (36, 3), (41, 4), (40, 4), program=33)
    assert harmony.bass_on_root(Score((*chords, late))) == pytest.approx(1 / 3)


def test_a_chromatic_note_that_is_left_by_a_semitone_leads_somewhere():
    scale = [60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60]
    assert harmony.chromatic_dead_ends(Score((quarters(*scale),))) == 0.0
    assert harmony.chromatic_dead_ends(Score((quarters(*scale, 66, 67, 60, 64, 60),))) == 0.0
    assert harmony.chromatic_dead_ends(Score((quarters(*scale, 66, 60, 60, 64, 60),))) == pytest.approx(1 / 20)


def test_a_motif_returns_at_any_pitch_and_not_in_another_rhythm():
    sequence = Score((quarters(60, 64, 62, 60, 62, 65, 64, 62),))
    assert melody.motif_returns(sequence) == 0.5
    assert melody.motif_returns(Score((line((60, 1), (64, 1), (62, 1), (60, 1), (62, 2), (65, 1), (64, 1)),))) == 0.0
    assert math.isnan(melody.motif_returns(Score((line((60, 4), (62, 4)),))))


def test_a_phrase_of_four_bars_ends_on_its_longest_note():
    bar = [(60, 1)] * 4
    good, bad = [*bar * 3, (60, 2), (60, 2)], [(60, 4), *bar * 3]
    assert melody.phrase_ends(Score((line(*good, *bad),))) == 0.5


def test_melody_range_steps_rests_and_density():
    score = Score((line((60, 1), (62, 1), (0, 1), (69, 1), (69, 4)),))
    assert melody.melody_range(score) == 9.0
    assert melody.steps(score) == 0.5  # a second, a fifth; the repeated note is no interval
    assert melody.rests(score) == 0.25
    assert melody.notes_per_bar(score) == 2.0
    assert melody.last_note(score) == 4.0
    assert melody.last_note(Score(score.parts, (Meter(0, 6, 8),))) == pytest.approx(4 / 1.5)


def test_equal_bars_are_counted_and_their_longest_run():
    bar, other = [60, 62, 64, 65], [60, 62, 64, 67]
    score = Score((quarters(*bar, *bar, *bar, *other, *bar),))
    assert bars.distinct_bars(score) == pytest.approx(2 / 5)
    assert bars.longest_run(score) == 3.0
    below = line((48, 4), (48, 4), (50, 4), (48, 4), (48, 4))
    assert bars.longest_run(Score((*score.parts, below))) == 2.0


def test_a_pickup_is_no_bar():
    score = Score((quarters(67, 60, 62, 64, 65, 60, 62, 64, 65),), pickup=QUARTER)
    assert melody.pickup(score) == 1.0
    assert bars.distinct_bars(score) == 0.5


def strokes(*struck):
    return tuple(Note(round(beat * QUARTER), 60, drum) for drum, beats in struck for beat in beats)


def test_backbeat_and_steady_cymbal():
    rock = strokes((36, (0, 2)), (38, (1.02, 3)), (42, [place / 2 for place in range(8)]))
    fill = strokes((38, (4, 4.25, 6, 6.5)), (49, (4,)))
    kit = Score((Part("", (*rock, *fill), is_drums=True),))
    assert bars.backbeat(kit) == 0.5
    assert bars.steady_cymbal(kit) == 0.5
    crash = [note for note in rock if (note.start, note.pitch) != (0, 42)]
    assert bars.steady_cymbal(Score((Part("", (*crash, Note(0, 60, 49)), is_drums=True),))) == 1.0
    assert math.isnan(bars.backbeat(CADENCE))


@settings(max_examples=30, deadline=None)
@given(scores())
def test_any_score_can_be_measured(score):
    found = composition.measure(score)
    assert list(found) == list(composition.MEASURES)
    for name, value in found.items():
        assert math.isnan(value) or value >= 0, name
