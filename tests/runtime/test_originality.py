"""The guard: a run of known music is not lengthened past its limit; what a person gave may always come again."""

from __future__ import annotations

import numpy as np
import pytest

from firmus.analysis import lines
from firmus.analysis.seeds import steps
from firmus.rights.collection import Collection, Source
from firmus.rights.originality import judge
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import fill
from firmus.runtime.originality import CopyGuard, Guard
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.score import Note, Part, Score
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

PITCHES = [60, 64, 62, 65, 69, 67, 60, 71, 72, 66, 62, 70, 61, 68, 64, 67, 59, 63, 74, 60]
PART, PLACE, PITCH, QUARTER = vocabulary.PART, vocabulary.PLACE, vocabulary.PITCH, vocabulary.DURATION + 23


def tune(pitches, key=0):
    return Score((Part("", tuple(Note(480 * i, 480, key + pitch) for i, pitch in enumerate(pitches)), 73),))


def index_of(score, modulus=12):
    return Collection.of(lines.of_score(score), [Source("", "", "")], "one", modulus).index


def composing(pitches, guard):
    """A guard at the place after some quarters that were just composed, from the first beat of an empty piece on."""
    prepared = events.prepare(Score((Part("", (), 73),), end=1920 * 6))
    is_open = np.ones(events.grid_shape(prepared), bool)
    is_open[:, 0] = False
    cursor = Cursor()
    copying = CopyGuard(cursor, guard)
    for token in events.assemble(prepared, is_open, with_fill=False).tokens.tolist():
        cursor.push(token)
    for place, pitch in enumerate(pitches):
        if place % 4 == 0:
            cursor.push(vocabulary.BAR)
            cursor.push(PART + 1)
        cursor.push(PLACE + place % 4 * 24)
        copying.forbidden()
        cursor.push(PITCH + pitch)
        cursor.push(QUARTER)
    if len(pitches) % 4 == 0:
        cursor.push(vocabulary.BAR)
        cursor.push(PART + 1)
    cursor.push(PLACE + len(pitches) % 4 * 24)
    return copying


def first_forbidden(pitches, guard):
    """How many notes come before one is forbidden."""
    return next((count for count in range(len(pitches)) if composing(pitches[:count], guard).forbidden()), None)


@pytest.mark.parametrize("key", [0, 5, -3])
@pytest.mark.parametrize("modulus", [4, 12])
def test_a_run_may_reach_the_limit_and_then_its_next_note_is_forbidden(key, modulus):
    guard = Guard(index_of(tune(PITCHES), modulus))
    transposed = [pitch + key for pitch in PITCHES]
    count = first_forbidden(transposed, guard)
    assert steps(modulus) < count < 16
    forbidden = {token - PITCH for token in composing(transposed[:count], guard).forbidden()}
    assert transposed[count] in forbidden
    assert {(pitch - transposed[count]) % modulus for pitch in forbidden} == {0}  # an octave more or less is no other
    another = [*transposed[:5], transposed[5] + 1, *transposed[6:]]
    assert composing(another[:count], guard).forbidden() == ()


def test_a_higher_limit_lets_a_run_go_on():
    index = index_of(tune(PITCHES))
    counts = [first_forbidden(PITCHES, Guard(index, limit=limit)) for limit in (5, 20, 35)]
    assert counts == sorted(set(counts))
    assert first_forbidden(PITCHES, Guard(index, limit=200)) is None


def test_another_rhythm_is_another_run():
    slower = Score((Part("", tuple(Note(480 * i + 960 * (i > 3), 480, p) for i, p in enumerate(PITCHES)), 73),))
    counts = [first_forbidden(PITCHES, Guard(index_of(each))) for each in (tune(PITCHES), slower)]
    assert counts[1] is None or counts[1] > counts[0]


def test_what_a_person_gave_may_come_again():
    known, guard = tune(PITCHES), Guard(index_of(tune(PITCHES)))
    count = first_forbidden(PITCHES, guard)
    assert composing(PITCHES[:count], Guard.of(index_of(known), tune(PITCHES, key=4))).forbidden() == ()
    assert composing(PITCHES[:count], Guard.of(index_of(known), tune(PITCHES[::-1]))).forbidden()


def test_no_guard_and_drums_forbid_nothing():
    assert composing(PITCHES[:14], None).forbidden() == ()


def test_what_would_come_anyway_is_not_copied_from_the_index():
    """A piece is composed; then again from the same seed, guarded against itself."""
    model, score = stepper.load("composer"), Score((Part("Fiddle", (), 40),), end=1920 * 12)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    rules = Rules((PartRules(55, 88, True, 0),))
    request = Request(score, is_open, "folk", rules, Sampling(0.7))
    first = fill(model, request, np.random.default_rng(5)).score
    guarded = Request(score, is_open, "folk", rules, Sampling(0.7), guard=Guard(index_of(first)))
    again = fill(model, guarded, np.random.default_rng(5)).score
    collection = Collection.of(lines.of_score(first), [Source("first", "", "")], "first")
    before, after = (judge(each, collection, altered=False) for each in (first, again))
    assert before.run > 24
    assert after.run < before.run / 2
    assert after.bits < before.bits / 2
    assert again.parts[0].notes[:6] == first.parts[0].notes[:6]
    assert fill(model, guarded, np.random.default_rng(5)).score == again
