"""Parts in the order of the model: what comes back is in the order of the score."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babbler import Babbler
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import fill, fill_all
from firmus.runtime.note_likelihood import conditioning_effects, readings
from firmus.runtime.part_order import PartOrder
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.score import Key, Note, Part, Score
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.part_order import OUTER_FIRST
from strategies import scores

relaxed = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
FACTS = {"part_order": OUTER_FIRST}
RANGES = (
    PartRules(72, 84, True, 0),
    PartRules(64, 71, True, 0),
    PartRules(56, 63, True, 0),
    PartRules(40, 55, True, 0),
)
VOICES = Score(tuple(Part(name, (), 52) for name in ("Soprano", "Alto", "Tenor", "Bass")), end=4 * 1920)
ENDING = tuple(frozenset({tone}) for tone in (0, 4, 0, 0))


def request(score=VOICES, is_open=None, **changes):
    everything = np.ones(events.grid_shape(events.prepare(score)), bool)
    everything[:, 0] = False
    rules = Rules(RANGES, None, final=ENDING)
    found = Request(score, everything if is_open is None else is_open, "", rules, Sampling(1.0, 1.0), (1, 2, 3, 4))
    return replace(found, **changes)


@relaxed
@given(scores(max_parts=6))
def test_parts_come_back_to_their_places(score):
    order = PartOrder.of(Babbler(facts=FACTS).card, score)
    assert sorted(order.places) == list(range(len(score.parts)))
    assert order.original(order.score(score)) == score
    assert PartOrder.of(Babbler().card, score).is_unchanged


@relaxed
@given(seed=st.integers(0, 1000))
def test_each_part_keeps_its_own_rules_and_ending(seed):
    bars = []
    jobs = [(request(), np.random.default_rng(seed))]
    ((_, filled),) = fill_all(Babbler(seed, facts=FACTS), jobs, on_bar=lambda _, bar: bars.append(bar))
    for part, limits, tones in zip(filled.score.parts, RANGES, ENDING, strict=True):
        assert part.notes
        assert all(limits.low <= note.pitch <= limits.high for note in part.notes)
        assert part.notes[-1].pitch % 12 in tones
    assert [part.name for part in filled.score.parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    told = sorted((place, note.start, note.pitch) for bar in bars for place, note in bar.notes)
    assert told == sorted(
        (place, note.start, note.pitch) for place, part in enumerate(filled.score.parts) for note in part.notes
    )


@relaxed
@given(seed=st.integers(0, 1000), given_part=st.integers(0, 3))
def test_given_parts_stay_and_the_next_request_is_in_order(seed, given_part):
    melody = tuple(Note(480 * beat, 480, RANGES[given_part].low + beat % 5) for beat in range(16))
    parts = tuple(replace(part, notes=melody if place == given_part else ()) for place, part in enumerate(VOICES.parts))
    score = replace(VOICES, parts=parts)
    is_open = np.ones((4, 5), bool)
    is_open[:, [0, given_part + 1]] = False
    seen = []

    def then(so_far):
        seen.append(so_far)
        return request(so_far, is_open, then=None) if len(seen) == 1 else None

    first = request(score, is_open, rules=replace(request().rules, final=()), then=then)
    filled = fill(Babbler(seed, facts=FACTS), first, np.random.default_rng(seed)).score
    assert filled.parts[given_part].notes == melody
    assert seen[0].parts[given_part].notes == melody
    assert [part.name for part in seen[0].parts] == [part.name for part in filled.parts]


def test_notes_are_read_in_the_places_of_the_score():
    parts = tuple(
        replace(part, notes=tuple(Note(960 * i, 960, RANGES[place].low + (3 * i + place) % 5) for i in range(8)))
        for place, part in enumerate(VOICES.parts)
    )
    score = replace(VOICES, parts=parts, keys=(Key(0, "G"),))
    is_open = request().is_open
    (reading,) = readings(Babbler(facts=FACTS), score, is_open, rules=request().rules)
    tokens = reading.example.tokens
    for each in reading.notes:
        note = score.parts[each.note.part].notes[each.note.index]
        assert tokens[each.note.pitch] == vocabulary.PITCH + note.pitch
        assert note.start // 1920 == each.note.bar
    assert [each.note.part for each in reading.notes if each.note.bar == 0] == [0, 0, 3, 3, 1, 1, 2, 2]
    assert set(reading.cells) == {(bar, lane) for bar in range(4) for lane in range(1, 5)}
    effects = conditioning_effects(reading, score)
    assert len(effects["key"]) == 32


def test_a_plan_composes_chords_alone():
    score = VOICES
    is_open = np.ones((4, 5), bool)
    filled = fill(Babbler(3, facts=FACTS), request(score, is_open, is_plan=True), np.random.default_rng(3)).score
    assert filled.chords
    assert all(part.notes == () for part in filled.parts)
