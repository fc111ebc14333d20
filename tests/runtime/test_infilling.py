"""Rules hold whatever the network says: here it says things at random."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babbler import Babbler
from firmus.runtime.constraints import Grammar, PartRules, Rules
from firmus.runtime.decoding import window
from firmus.runtime.draft import Draft
from firmus.runtime.infilling import fill
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling, draw
from firmus.score import Chord, Meter, Note, Part, Score
from firmus.timing import bars
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

relaxed = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


def empty(parts, count, meter=(4, 4), drums=()):
    made = tuple(Part(f"P{i}", (), 40, is_drums=i in drums) for i in range(parts))
    bar = Meter(0, *meter).bar
    return Score(made, meters=(Meter(0, *meter),), end=count * bar)


def everything(score):
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    return is_open


def filled(score, rules, seed=0, is_open=None, length=1024):
    request = Request(score, everything(score) if is_open is None else is_open, "", rules, Sampling(1.0, 1.0))
    return fill(Babbler(seed, length), request, np.random.default_rng(seed)).score


@relaxed
@given(seed=st.integers(0, 10_000), meter=st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8)]), count=st.integers(1, 6))
def test_monophonic_parts_keep_their_range_key_and_length(seed, meter, count):
    part_rules = (PartRules(60, 72, True, 0), PartRules(48, 59, True, 0))
    scale = frozenset({0, 2, 4, 5, 7, 9, 11})
    score = filled(empty(2, count, meter), Rules(part_rules, scale), seed)
    assert len(bars(score)) == count
    assert score.end == count * Meter(0, *meter).bar
    for part, limits in zip(score.parts, part_rules, strict=True):
        assert part.notes
        assert all(limits.low <= note.pitch <= limits.high and note.pitch % 12 in scale for note in part.notes)
        assert all(a.end <= b.start for a, b in zip(part.notes, part.notes[1:], strict=False))


@relaxed
@given(seed=st.integers(0, 10_000))
def test_notes_on_strong_beats_are_notes_of_the_chord(seed):
    chords = ((0, frozenset({0, 4, 7})), (96, frozenset({7, 11, 2})), (192, frozenset({9, 0, 4})))
    rules = Rules((PartRules(48, 84, True, 0),) * 2, None, chords, 24)
    score = filled(empty(2, 3), rules, seed)
    for part in score.parts:
        for beat in range(12):
            tones = chords[beat // 4][1]
            sounding = [note for note in part.notes if note.start <= beat * 480 < note.end]
            assert all(note.pitch % 12 in tones for note in sounding)


@relaxed
@given(seed=st.integers(0, 10_000))
def test_a_piece_that_must_close_ends_on_its_final_notes(seed):
    final = (frozenset({0, 4, 7}), frozenset({0}))
    rules = Rules((PartRules(60, 80, True, 0), PartRules(40, 60, True, 0)), None, (), 24, final)
    score = filled(empty(2, 3), rules, seed)
    for part, tones in zip(score.parts, final, strict=True):
        assert part.end == 3 * 1920
        assert [note.pitch % 12 in tones for note in part.notes if note.end == part.end] == [True]


@relaxed
@given(seed=st.integers(0, 10_000))
def test_what_is_given_stays_and_is_not_run_into(seed):
    given_notes = tuple(Note(bar * 1920 + 240, 1200, 62 + bar) for bar in (0, 1, 3))
    score = Score((Part("Tune", given_notes), Part("Low", (Note(0, 7680, 40),))), end=7680)
    is_open = np.zeros(events.grid_shape(events.prepare(score)), bool)
    is_open[2, 1] = True
    made = filled(score, Rules((PartRules(50, 80, True), PartRules())), seed, is_open)
    outside = [note for note in made.parts[0].notes if not 3840 <= note.start < 5760]
    assert tuple(outside) == given_notes
    assert made.parts[1] == score.parts[1]
    assert all(a.end <= b.start for a, b in zip(made.parts[0].notes, made.parts[0].notes[1:], strict=False))


@relaxed
@given(seed=st.integers(0, 10_000))
def test_chords_drums_and_a_chord_lane_make_valid_scores(seed):
    score = empty(2, 2, drums=(1,))
    is_open = everything(score)
    made = filled(score, Rules((PartRules(40, 80), PartRules())), seed, is_open)
    assert made.end == 2 * 1920
    assert all(note.pitch <= 80 for note in made.parts[0].notes)


def test_a_long_piece_is_filled_window_by_window():
    score = filled(empty(1, 40), Rules((PartRules(60, 72, True, 0),)), length=200)
    covered = {note.start // 1920 for note in score.parts[0].notes}
    assert len(covered) > 25
    assert score.end == 40 * 1920


@settings(relaxed, max_examples=8)
@given(seed=st.integers(0, 10_000), meter=st.sampled_from([(4, 4), (7, 8), (5, 64), (9, 2)]))
def test_a_draft_is_told_as_if_it_were_encoded_anew(seed, meter):
    generator = np.random.default_rng(seed)
    length = Meter(0, *meter).bar
    starts = np.unique(generator.integers(0, 30 * length, 60)).tolist()
    notes = tuple(Note(start, int(generator.integers(1, 2000)), int(generator.integers(50, 70))) for start in starts)
    score = Score((Part("", notes), Part("", notes[::2])), (Meter(0, *meter),), pickup=length // 3, end=30 * length)
    draft = Draft(replace(score, chords=(Chord(0, "C"), Chord(12 * length, "G"))), "folk")
    count, lanes = events.grid_shape(draft.prepared)
    for first in range(0, count, 9):
        last = min(first + 9, count)
        is_open = np.zeros((count, lanes), bool)
        is_open[first:last] = generator.random((last - first, lanes)) < 0.5
        is_open[first, 1] = True
        for token in (stream := random_stream(draft, is_open, first, last, seed)).prompt:
            stream.cursor.push(token)
        draft.add(stream.compose(), is_open, first, last)
        anew = events.prepare(draft.score(), "folk")
        for name in ("tokens", "time", "place", "borders", "lane", "bars", "ticks"):
            assert np.array_equal(draft.prepared[name], anew[name]), name


def random_stream(draft, is_open, first, last, seed):
    """A window with noise in its open cells."""
    stream = SimpleNamespace(cursor=Cursor())
    stream.prompt = events.assemble(draft.prepared, is_open, first, last, with_fill=False).tokens.tolist()

    def compose():
        grammar, generator = Grammar(stream.cursor, Rules((PartRules(), PartRules()))), np.random.default_rng(seed)
        while stream.cursor.phase != "end":
            allowed = grammar.allowed()
            logits = np.where(np.arange(vocabulary.VOCABULARY) < vocabulary.PITCH, -2.0, 0.0).astype(np.float32)
            stream.cursor.push(draw(logits, allowed, Sampling(1.0, 1.0), generator))
        return stream.cursor

    stream.compose = compose
    return stream


def test_a_window_starts_with_what_stands_before():
    tune = Part("", tuple(Note(beat * 480, 480, 60) for beat in range(4 * 60)))
    prepared = events.prepare(Score((tune,)))
    is_open = np.zeros(events.grid_shape(prepared), bool)
    is_open[30:34, 1] = True
    first, last = window(prepared, is_open, 400)
    assert 22 <= first < 30
    assert last > 34


def test_pickup_bars_are_filled_from_the_pickup_on():
    score = Score((Part("", (Note(0, 480, 60),)),), pickup=480, end=480 + 1920)
    made = filled(score, Rules((PartRules(60, 72, True, 0),)), is_open=None)
    assert min(note.start for note in made.parts[0].notes) == 0
    assert made.end == 2400


def test_top_p_leaves_out_what_is_unlikely():
    logits = np.log(np.array([0.6, 0.3, 0.08, 0.02], np.float32))
    generator = np.random.default_rng(1)
    drawn = [draw(logits, np.ones(4, bool), Sampling(1.0, 0.85), generator) for _ in range(3000)]
    assert set(drawn) == {0, 1}
    assert drawn.count(0) / len(drawn) == pytest.approx(2 / 3, abs=0.03)


def test_drums_have_a_temperature_of_their_own():
    score = empty(2, 2, drums=(1,))
    is_open = everything(score)
    is_open[:, 1] = False

    def drums(seed, temperature):
        sampling = Sampling(1.0, 1.0, drum_temperature=temperature)
        request = Request(score, is_open, "", Rules((PartRules(), PartRules())), sampling)
        return fill(Babbler(1), request, np.random.default_rng(seed)).score.parts[1].notes

    assert drums(1, 0) == drums(2, 0) != ()
    assert drums(1, None) != drums(2, None)


def test_temperature_sharpens():
    logits = np.log(np.array([0.6, 0.4], np.float32))
    generator = np.random.default_rng(1)
    drawn = [draw(logits, np.ones(2, bool), Sampling(0.5, 1.0), generator) for _ in range(3000)]
    assert drawn.count(0) / len(drawn) == pytest.approx(0.36 / 0.52, abs=0.03)


def triads():
    """Rules of two parts and the chord lane in C major: the dominant before the last bar, then the tonic."""
    chords = ((0, frozenset()), (3 * 96 - 24, frozenset({7, 11, 2, 5})), (3 * 96, frozenset({0, 4, 7})))
    final = (frozenset({0, 4, 7}), frozenset({0}))
    parts = (PartRules(60, 80), PartRules(36, 60))
    return Rules(parts, chords=chords, final=final, final_chord=vocabulary.CHORD + vocabulary.CHORDS.index((0, "")))


@settings(relaxed)
@given(seed=st.integers(0, 10_000))
def test_a_piece_of_chords_ends_with_a_cadence(seed):
    score = filled(empty(2, 4), triads(), seed)
    for part, lowest in zip(score.parts, ({0, 4, 7}, {0}), strict=True):
        last = [note.pitch for note in part.notes if note.end == score.end]
        assert min(last) % 12 in lowest
        assert {pitch % 12 for pitch in last} <= {0, 4, 7}
        before = {note.pitch % 12 for note in part.notes if note.start <= 3 * 1920 - 480 < note.end}
        assert before <= {7, 11, 2, 5}


@settings(relaxed)
@given(seed=st.integers(0, 10_000))
def test_chord_symbols_are_composed_and_the_last_is_the_tonic_s(seed):
    score = empty(2, 4)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    made = filled(score, triads(), seed, is_open)
    assert made.chords
    assert (made.chords[-1].root, made.chords[-1].quality, made.chords[-1].bass) == ("C", "", "")
    given_chords = filled(replace(score, chords=(Chord(0, "D"),)), triads(), seed)
    assert given_chords.chords == (Chord(0, "D"),)


def forbidding(seed):
    """The rules that forbid anything while a piece is drawn; they are checked on the way."""
    chords = ((0, frozenset({0, 4, 7})), (48, frozenset({7, 11, 2})), (96, frozenset({0, 4, 7})))
    final = (frozenset({0, 4, 7}), frozenset({0}))
    rules = Rules((PartRules(48, 84), PartRules(36, 59)), frozenset({0, 2, 4, 5, 7, 9, 11}), chords, 24, final)
    score = empty(2, 2)
    prompt = events.assemble(events.prepare(score), everything(score), with_fill=False)
    cursor = Cursor()
    for token in prompt.tokens.tolist():
        cursor.push(token)
    grammar, babbler, generator, seen = Grammar(cursor, rules), Babbler(seed), np.random.default_rng(seed), set()
    while cursor.phase != "end":
        allowed = grammar.allowed()
        if allowed[vocabulary.PITCH : vocabulary.PITCH + 128].any():
            masks = grammar.forbidden()
            seen |= set(masks)
            open_to = ~np.any(list(masks.values()), axis=0)
            open_to[: cursor.pitch + 1] = False
            time = cursor.bars[cursor.bar].start + cursor.place
            if cursor.is_chained and cursor.place == cursor.onset:  # a shorter note beside those
                open_to[[pitch for start, _, pitch, _ in cursor.notes[cursor.lane - 1] if start == time]] = False
            if cursor.family in (
                vocabulary.FAMILY["PLACE"],
                vocabulary.FAMILY["VELOCITY"],
            ):  # else the grammar may ask to go on first
                assert np.array_equal(open_to, allowed[vocabulary.PITCH : vocabulary.PITCH + 128])
        cursor.push(draw(babbler.feed([0], [0], None), allowed, Sampling(1.0, 1.0), generator))
    assert not Grammar(Cursor(bars=cursor.bars, notes=cursor.notes, programs=cursor.programs), rules).forbidden()
    return seen


@relaxed
@given(seed=st.integers(0, 10_000))
def test_what_each_rule_forbids_is_together_what_is_not_allowed(seed):
    """At every pitch that is drawn: allowed are those above the last note that no rule by itself forbids."""
    assert forbidding(seed) <= {"range", "key", "chords", "ending"}


def test_every_rule_forbids_something():
    assert set().union(*map(forbidding, range(4))) == {"range", "key", "chords", "ending"}
