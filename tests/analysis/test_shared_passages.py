"""Shared runs against the plain way: comparing every place with every other."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmus.analysis.shared_passages import FEWEST, line, shared
from firmus.score import Note, Part, Score

relaxed = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
tunes = st.lists(st.tuples(st.sampled_from([60, 62, 64]), st.sampled_from([240, 480])), min_size=1, max_size=40)


def tune(events, shift=0, late=0):
    start, notes = late, []
    for pitch, duration in events:
        notes.append(Note(start, duration, pitch + shift))
        start += duration
    return Score((Part("", tuple(notes)),))


def longest_by_comparing(mine, others):
    """Of each symbol of the line, how many symbols in a row that end with it stand in another line."""
    symbols = line(mine.parts[0])[1]
    longest = [0] * len(symbols)
    for other in others:
        theirs = line(other.parts[0])[1]
        for at in range(len(symbols)):
            for place in range(len(theirs)):
                count = 0
                while count <= min(at, place) and symbols[at - count] == theirs[place - count]:
                    count += 1
                longest[at] = max(longest[at], count)
    return longest


@relaxed
@given(tunes, st.lists(tunes, max_size=3))
def test_the_longest_runs_are_those_that_comparing_finds(mine, others):
    score, pieces = tune(mine), [tune(each) for each in others]
    expected = longest_by_comparing(score, pieces)
    ends = {
        at: length
        for at, length in enumerate(expected)
        if length + 1 >= FEWEST and (at + 1 == len(expected) or expected[at + 1] <= length)
    }
    runs = shared(score, ((str(number), piece) for number, piece in enumerate(pieces)))
    assert {run.indices[-1] - 1: len(run.indices) - 1 for run in runs} == ends
    assert [len(run.indices) for run in runs] == sorted((len(run.indices) for run in runs), reverse=True)
    for run in runs:  # and each stands where it is said to stand
        other = pieces[int(run.piece)].parts[0].notes
        pitches = [score.parts[0].notes[index].pitch + run.semitones for index in run.indices]
        places = [
            at
            for at in range(len(other) - len(pitches) + 1)
            if [note.pitch for note in other[at : at + len(pitches)]] == pitches
        ]
        assert any(other[at].start // 1920 + 1 == run.bar for at in places)


def test_key_place_and_instrument_do_not_matter_rhythm_does():
    events = [(60, 480), (62, 240), (64, 240), (65, 480), (67, 480), (64, 240), (60, 480)]
    moved = tune(events, shift=5, late=3 * 1920 + 480)
    (run,) = shared(tune(events), [("other", moved)])
    assert (run.piece, run.bar, run.semitones, run.indices) == ("other", 4, 5, tuple(range(7)))
    slower = Score((Part("", tuple(replace(n, start=2 * n.start) for n in tune(events).parts[0].notes)),))
    assert not shared(tune(events), [("slower", slower)])


def test_the_upper_line_stands_for_a_part_and_drums_for_none():
    events = [(60 + step, 480) for step in (0, 2, 4, 5, 7, 5, 4)]
    plain = tune(events)
    chords = Score((Part("", (*plain.parts[0].notes, *(replace(n, pitch=40) for n in plain.parts[0].notes))),))
    (run,) = shared(chords, [("plain", plain)])
    assert [chords.parts[0].notes[index].pitch for index in run.indices] == [pitch for pitch, _ in events]
    drums = Score((replace(plain.parts[0], is_drums=True),))
    assert not shared(drums, [("plain", plain)])
    assert not shared(plain, [("drums", drums)])


def test_several_parts_are_looked_for_in_all_parts():
    high, low = ([(60 + step, 480) for step in steps] for steps in ((0, 2, 4, 5, 7, 5, 4), (0, -2, 3, -5, 7, 0, 1)))
    one = Score((tune(high).parts[0], tune(low).parts[0]))
    other = Score((tune(low, 12).parts[0], tune(high, -12).parts[0]))
    assert {(run.part, run.semitones) for run in shared(one, [("other", other)])} == {(0, -12), (1, 12)}
