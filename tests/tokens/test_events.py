"""Events: what is kept exactly, and any region open."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
from firmus.timing import bars
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from strategies import scores

relaxed = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def names(tokens):
    return [vocabulary.name(int(token)) for token in tokens]


@relaxed
@given(scores(grid=20, drums=False, changes=False, pickups=False))
def test_notes_on_the_grid_are_kept_exactly(score):
    kept = events.quantise(score)
    for before, after in zip(score.parts, kept.parts, strict=True):
        expected = [(note.start, note.pitch) for note in before.notes]
        assert [(note.start, note.pitch) for note in after.notes] == expected
        short = [(note.duration, back.duration) for note, back in zip(before.notes, after.notes, strict=True)]
        assert all(a == b for a, b in short if a <= 96 * vocabulary.UNIT)


@relaxed
@given(scores(drums=False, changes=False))
def test_no_note_moves_by_more_than_half_a_step(score):
    kept = events.quantise(score)
    before = sorted((note.pitch, note.start) for part in score.parts for note in part.notes)
    after = sorted((note.pitch, note.start) for part in kept.parts for note in part.notes)
    assert len(before) == len(after)
    last = bars(score)[-1].end if bars(score) else 0
    shift = (round(score.pickup / vocabulary.UNIT) or 1) * vocabulary.UNIT - score.pickup if score.pickup else 0
    for (pitch, start), (same, moved) in zip(before, after, strict=True):
        assert pitch == same
        if start + vocabulary.UNIT < last:  # a note in the last half step of the piece stays in its bar
            assert abs(moved - start - shift) <= vocabulary.UNIT


def test_meter_key_tempo_chords_sections_and_velocity_are_kept():
    score = Score(
        (Part("", (Note(0, 1440, 60, 100), Note(1440, 720, 64, 40)), program=73),),
        meters=(Meter(0, 3, 4), Meter(1440, 6, 8)),
        tempi=(Tempo(0, vocabulary.TEMPI[20]), Tempo(1440, vocabulary.TEMPI[30])),
        keys=(Key(0, "Bb"), Key(1440, "G", "minor")),
        chords=(Chord(0, "Bb", "maj7"), Chord(960, "N.C."), Chord(1440, "G", "m", "Bb")),
        sections=(Section(0, "A"), Section(1440, "B")),
        end=2880,
    )
    assert events.quantise(score) == score


def test_a_pickup_keeps_its_length():
    score = Score((Part("", (Note(0, 480, 67), Note(480, 1920, 72))),), pickup=480, end=2400)
    assert events.quantise(score).pickup == 480
    assert events.quantise(score).parts == score.parts


@relaxed
@given(scores(), st.integers(0, 10_000))
def test_any_open_region_tells_the_same_piece(score, seed):
    prepared = events.prepare(score)
    is_open = np.random.default_rng(seed).random(events.grid_shape(prepared)) < 0.5
    example = events.assemble(prepared, is_open)
    assert events.decode(example.tokens) == events.quantise(score)


@relaxed
@given(scores(), st.integers(0, 10_000))
def test_examples_slots_are_what_a_reader_finds(score, seed):
    example = events.example(events.prepare(score), np.random.default_rng(seed), 300, False)
    assert (events.slots(example.tokens) == example.slots).all()


def test_an_open_bar_of_one_part_is_filled_at_the_end():
    tune = Part("", tuple(Note(bar * 1920, 1920, 60 + bar) for bar in range(3)))
    bass = Part("", tuple(Note(bar * 1920, 1920, 48 + bar) for bar in range(3)))
    prepared = events.prepare(Score((tune, bass)))
    is_open = np.zeros(events.grid_shape(prepared), bool)
    is_open[1, 2] = True
    tokens = names(events.assemble(prepared, is_open).tokens)
    after = tokens[tokens.index("FILL") :]
    assert after == ["FILL", "BAR", "PART 2", "PITCH 49", "DURATION 96", "END"]
    assert "PITCH 49" not in tokens[: tokens.index("FILL")]
    assert tokens[tokens.index("FILL") - 3] != "OPEN"
    assert tokens.count("OPEN") == 1


def test_transposition_moves_notes_keys_and_chords_alike():
    score = Score(
        (Part("", (Note(0, 1920, 60),)), Part("", (Note(0, 120, 36),), is_drums=True)),
        keys=(Key(0, "C"),),
        chords=(Chord(0, "C", "", "E"),),
    )
    moved = events.decode(vocabulary.transposition(3)[events.encode(score)])
    assert moved.parts[0].notes[0].pitch == 63
    assert moved.parts[1].notes[0].pitch == 36
    assert moved.keys[0].text == "Eb major"
    assert moved.chords[0].text == "Eb/G"


def test_regions_of_every_kind_are_drawn():
    generator = np.random.default_rng(3)
    drawn = [events.region(generator, 8, 4) for _ in range(400)]
    assert all(each.any() for each in drawn if each.shape == (8, 4)) or sum(not each.any() for each in drawn) < 5
    assert sum(each.all() for each in drawn) > 100
    assert sum(each.all(axis=0).any() and not each.all() for each in drawn) > 40


def test_a_plan_has_the_prompt_of_the_piece_and_the_chords_alone():
    tune = Part("", tuple(Note(480 * beat, 480, 60 + beat) for beat in range(8)), program=73)
    score = Score((tune,), chords=(Chord(0, "C"), Chord(1920, "G", "7"), Chord(2880, "C")), end=3840)
    prepared = events.prepare(score, "folk")
    everything = np.ones(events.grid_shape(prepared), bool)
    piece, plan = (events.assemble(prepared, everything, is_plan=is_plan) for is_plan in (False, True))
    begin = names(piece.tokens).index("FILL")
    assert names(plan.tokens)[:begin] == names(piece.tokens)[:begin]
    assert names(plan.tokens)[begin:] == [
        "PLAN", "BAR", "PART 0", "PLACE 0", "CHORD (0, '')",
        "BAR", "PART 0", "PLACE 0", "CHORD (7, '7')", "PLACE 48", "CHORD (0, '')", "END",
    ]  # fmt: skip
    decoded = events.decode(plan.tokens)
    assert [(chord.start, chord.text) for chord in decoded.chords] == [(0, "C"), (1920, "G7"), (2880, "C")]
    assert decoded.parts[0].notes == ()
    assert (events.slots(plan.tokens) == plan.slots).all()


def test_chords_without_notes_are_learnt_as_plans_in_every_key():
    score = Score((Part(""),), chords=tuple(Chord(1920 * bar, "CFG"[bar % 3]) for bar in range(12)), end=12 * 1920)
    prepared = events.prepare(score, "lead-sheet", genre="popular")
    generator = np.random.default_rng(1)
    drawn = [names(events.example(prepared, generator, 256).tokens) for _ in range(60)]
    assert all("PLAN" in each and "FILL" not in each and each[-1] == "END" for each in drawn)
    assert len({next(name for name in each if name.startswith("CHORD")) for each in drawn}) == 12
    assert 0.4 < np.mean(["GENRE popular" in each for each in drawn]) < 0.8


def test_the_outer_parts_are_encoded_before_the_inner_ones():
    voices = tuple(Part("", (Note(0, 1920, pitch),), program=52) for pitch in (72, 67, 64, 48))
    prepared = events.prepare(Score(voices))
    ordered = events.in_order(prepared)
    tokens = names(events.assemble(ordered, np.zeros(events.grid_shape(ordered), bool)).tokens)
    assert [name for name in tokens if name.startswith("PITCH")] == ["PITCH 72", "PITCH 48", "PITCH 67", "PITCH 64"]
    drawn = names(events.example(prepared, np.random.default_rng(0), 256, transpose=False).tokens)
    assert [name for name in drawn if name.startswith("PITCH")][:2] == ["PITCH 72", "PITCH 48"]


def test_tokens_of_older_weights_have_kept_their_numbers():
    assert vocabulary.COMPLETION == vocabulary.BASS + 12 == 1473
    assert len(vocabulary.GENRES) == 48 == vocabulary.PLAN - vocabulary.GENRE
