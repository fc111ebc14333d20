"""Negative log-likelihood of notes: its terms, their places in the score, and the effects of conditions."""

from dataclasses import replace

import numpy as np
import pytest

from babbler import Babbler
from firmus.evaluation import likelihood
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.note_likelihood import conditioning_effects, readings
from firmus.score import Chord, Key, Note, Part, Score, Section
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.controls import control

SOPRANO = Part("Soprano", tuple(Note(480 * i, 480, 67 + (0, 2, 4, 5, 7, 5, 4, 2)[i % 8]) for i in range(16)))
BASS = Part("Bass", tuple(Note(960 * i, 960, 43 + (0, 7, 5, 7)[i % 4]) for i in range(8)))
HYMN = Score((SOPRANO, BASS), keys=(Key(0, "G"),))


@pytest.fixture(scope="module")
def composer():
    return stepper.load("composer")


def everything(score):
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    return is_open


def test_all_notes_together_are_the_nats_of_the_music(composer):
    (reading,) = readings(composer, HYMN, everything(HYMN), "hymn")
    prepared = events.prepare(HYMN, "hymn", is_compact=events.is_compact(composer.card.facts))
    (nats,) = likelihood.nats(composer, [likelihood.window(prepared)])
    assert sum(each.nats for each in reading.notes) == pytest.approx(nats[:-1].sum(), rel=1e-6)  # all but the end
    for each in reading.notes:
        assert each.nats == pytest.approx(each.when_nats + each.pitch_nats + each.length_nats)
        assert min(each.when_nats, each.pitch_nats, each.length_nats) >= 0
        assert each.pitch_nats == pytest.approx(-np.log(each.probability), rel=1e-6)
        assert each.probability + sum(probability for _, probability in each.likelier) <= 1 + 1e-9
        assert all(pitch != HYMN.parts[each.note.part].notes[each.note.index].pitch for pitch, _ in each.likelier)


def test_every_note_is_found_in_its_place():
    """Off the grid, in chords from low to high, in drums, before a barline that rounding moves it over."""
    piano = Part("", (Note(7, 400, 64), Note(0, 480, 60), Note(1915, 480, 62), Note(2400, 200, 62), Note(2400, 9, 60)))
    drums = Part("", (Note(0, 10, 42), Note(3, 10, 36), Note(2000, 10, 36)), is_drums=True)
    score = Score((piano, drums), end=2 * 1920)
    (reading,) = readings(Babbler(), score, everything(score))
    notes = [each.note for each in reading.notes]
    assert sorted((each.part, each.index) for each in notes) == [(0, i) for i in range(5)] + [(1, i) for i in range(3)]
    for each in notes:
        note = score.parts[each.part].notes[each.index]
        token = int(reading.example.tokens[each.pitch])
        assert note.pitch == token - (vocabulary.DRUM if score.parts[each.part].is_drums else vocabulary.PITCH)
        assert each.first <= each.pitch < each.last
        assert each.bar == (note.start + 9) // 1920
    assert [each.bar for each in notes] == sorted(each.bar for each in notes)


def test_a_long_piece_is_read_in_stretches_each_note_once():
    many = Score((Part("", tuple(Note(240 * i, 240, 60 + i % 12) for i in range(800))),))
    found = list(readings(Babbler(length=256), many, everything(many)))
    assert len(found) > 5
    notes = [(each.note.part, each.note.index) for reading in found for each in reading.notes]
    assert sorted(notes) == [(0, index) for index in range(800)]
    for reading in found:
        assert len(reading.example.tokens) <= 256
    for reading in found[1:]:
        assert {note.bar for note in reading.given} == set(range(reading.first, reading.notes[0].note.bar))


def test_only_open_cells_are_looked_at_the_others_are_given(composer):
    is_open = np.zeros_like(everything(HYMN))
    is_open[1, 2] = True
    (reading,) = readings(composer, HYMN, is_open, "hymn")
    assert {(each.note.bar, each.note.part) for each in reading.notes} == {(1, 1)}
    assert len(reading.given) == 16 + 8 - 2
    assert max(each.last for each in reading.given) < reading.begin


def test_rules_take_their_share(composer):
    rules = Rules((PartRules(60, 90), PartRules(43, 43)), frozenset(HYMN.keys[0].scale))
    (reading,) = readings(composer, HYMN, everything(HYMN), "hymn", rules)
    high = [each for each in reading.notes if each.note.part == 0]
    low = [each for each in reading.notes if each.note.part == 1]
    assert all(set(each.masked) == {"range", "key"} and 0 <= each.unmasked <= 1 for each in reading.notes)
    assert all(each.unmasked >= 1 - sum(each.masked.values()) - 1e-9 for each in reading.notes)
    assert np.mean([each.masked["range"] for each in low]) > 0.5 > np.mean([each.masked["range"] for each in high])
    own = [each for each in low if HYMN.parts[1].notes[each.note.index].pitch == 43]
    assert all(each.unmasked == pytest.approx(each.probability) for each in own)  # the one pitch that the rules left


def test_effects_of_conditions_are_separate(composer):
    score = replace(HYMN, chords=(Chord(0, "G"), Chord(1920, "D")), sections=(Section(0, "A"), Section(1920, "B")))
    controls = (control("density", 2), control("register", 6))
    (reading,) = readings(composer, score, everything(score), "hymn", None, controls)
    found = conditioning_effects(reading, score, "hymn", controls)
    assert set(found) == {"key", "chords", "sections", "density", "register"}
    assert all(len(each) == len(reading.notes) for each in found.values())
    (without,) = readings(composer, replace(score, keys=()), everything(score), "hymn", None, controls)
    for each, other, change in zip(reading.notes, without.notes, found["key"], strict=True):
        own, theirs = (
            float(each_reading.token_nats[note.note.first : note.note.last].sum())
            for each_reading, note in ((reading, each), (without, other))
        )
        assert change == pytest.approx(theirs - own, abs=1e-4)
    assert np.std(found["key"]) > 0
    assert not conditioning_effects(reading, replace(score, keys=(), chords=(), sections=()), "hymn")


def test_in_a_later_stretch_what_was_read_before_stays_given(composer):
    long = replace(HYMN, parts=(replace(SOPRANO, notes=tuple(Note(240 * i, 240, 60 + i % 12) for i in range(480))),))
    first, second, *_ = readings(composer, long, everything(long), "folk")
    assert second.first < first.last <= second.notes[0].note.bar
    assert not second.is_open[: first.last].any()
    for reading in (first, second):
        (found,) = conditioning_effects(reading, long, "folk").values()
        assert len(found) == len(reading.notes)
        assert abs(np.mean(found)) < 1.0  # were other music compared, it would be many nats
