"""Plans: a Score of lanes without notes, which compose fills; what is fixed in it stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import firmus
from firmus.composing import form, planning
from firmus.composing.progressions import Step, progressions
from firmus.errors import InvalidBrief
from firmus.formats import json as firmus_json
from firmus.score import Chord, Section
from firmus.tasks import compose, plan
from firmus.work import Brief


def test_a_plan_and_its_seed_give_what_composing_without_a_plan_gives():
    asked = {"style": "hymn", "bars": 16, "meter": "4/4", "seed": 3}
    lanes = firmus.plan(**asked).score
    assert not any(part.notes for part in lanes.parts)
    assert len(lanes.sections) > 1
    read = firmus_json.read(firmus_json.write(lanes))[0]
    under_it = firmus.compose(source=read, style="hymn", seed=3)
    assert under_it.score == firmus.compose(**asked).score
    assert under_it.origin.measured["plan"]["form"] == planning.summary(lanes)["form"]


def test_what_is_fixed_in_a_plan_stays_and_what_is_open_is_composed():
    lanes = firmus.plan(style="lead-sheet", bars=8, meter="4/4", key="C major", seed=5).score
    bar = lanes.meters[0].bar
    fixed = (
        Chord(0, "C"),
        Chord(2 * bar, "A", "m"),
        Chord(4 * bar, "F"),
        Chord(6 * bar, "G", "7"),
        Chord(7 * bar, "C"),
    )
    edited = replace(lanes, chords=fixed, sections=(Section(0, "Verse"), Section(4 * bar, "Verse'")))
    score = firmus.compose(source=edited, seed=5).score
    assert (score.chords, score.sections, score.keys, score.end) == (fixed, edited.sections, lanes.keys, lanes.end)
    first, again = ([n.pitch for n in score.parts[0].notes if at <= n.start < at + bar] for at in (0, 4 * bar))
    assert first == again
    opened = firmus.compose(source=replace(lanes, chords=()), style="lead-sheet", seed=5).score
    assert opened.chords
    assert opened.chords[-1].root == "C"


def test_chords_and_form_that_are_asked_for_stand_in_the_plan():
    lanes = firmus.plan(style="song", form="A4B4", chords="G D", key="G major", meter="4/4", seed=1).score
    assert [chord.text for chord in lanes.chords] == ["G", "D"] * 4
    assert [(mark.start, mark.label) for mark in lanes.sections] == [(0, "A"), (4 * 1920, "B")]


def test_phrases_close_with_their_cadences_and_returns_bring_their_chords_back():
    lanes = firmus.plan(style="chorale", bars=16, meter="4/4", key="D major", form="AA'BA", pickup=0, seed=2).score

    def chords(first: int, last: int) -> list[str]:
        beats = range(first * 1920, last * 1920, 480)
        return [[chord.text for chord in lanes.chords if chord.start <= beat][-1] for beat in beats]

    assert [chords(at - 1, at)[-1] for at in (4, 8, 12, 16)] == ["D", "D", "A", "D"]
    assert chords(0, 2) == chords(4, 6)
    assert chords(0, 4) == chords(12, 16)
    assert chords(0, 4) != chords(8, 12)


def test_a_key_that_is_asked_for_holds_for_every_planned_chord():
    lanes = firmus.plan(style="piano", bars=24, meter="4/4", key="E minor", seed=4).score
    scale = set(lanes.keys[0].scale)
    assert len(lanes.keys) == 1
    assert all(scale.issuperset(chord.pitch_classes) for chord in lanes.chords)


def test_middle_sections_of_longer_pieces_leave_the_key_and_come_back():
    lanes = firmus.plan(style="piano", bars=48, meter="4/4", seed=6).score
    home, away, *_, back = lanes.keys
    assert (home.tonic, home.mode) == (back.tonic, back.mode) != (away.tonic, away.mode)
    assert abs(home.signature - away.signature) <= 1


def test_a_piece_has_its_usual_form_from_sixteen_bars_on_unless_it_is_composed_through():
    def labels(seed: int = 1, **asked: object) -> list[str]:
        score = firmus.plan(style="folk", meter="4/4", seed=seed, **asked).score
        return [mark.label.rstrip("'") for mark in score.sections]

    assert labels(bars=15) == labels(bars=16, form="none") == []
    sixteen, longer = ({tuple(labels(bars=bars, seed=seed)) for seed in range(8)} for bars in (16, 32))
    assert {len(each) for each in sixteen} == {4}
    assert {len(each) for each in longer} == {8}
    assert min(len(sixteen), len(longer)) > 1
    assert all(len(set(each)) < len(each) for each in sixteen | longer)


@pytest.mark.parametrize("bars", [16, 17, 23, 32, 40, 67, 128, 511])
def test_usual_forms_fill_any_number_of_bars(bars):
    forms = ("A2A'2", "A2A'2B2A'2", "A2A'2B2A'2C2A'2")
    sections = form.usual(forms, 0.0, bars, np.random.default_rng(1)).lay_out(bars)
    assert (sections[0].first, sections[-1].last) == (0, bars)
    assert max(section.last - section.first for section in sections) <= 31
    phrases = form.phrases(sections)
    assert [phrase.first for phrase in phrases[1:]] == [phrase.last for phrase in phrases[:-1]]
    assert all(4 <= phrase.last - phrase.first < 16 for phrase in phrases)


def test_section_marks_and_forms_are_inverse():
    lanes = firmus.plan(style="folk", form="A4B8A'4", meter="3/4", seed=1).score
    sections = form.of_marks(lanes)
    assert sections == form.Form.parse("A4B8A'4").lay_out(None)
    assert form.marks(sections, lanes) == lanes.sections


def test_what_is_no_plan_or_what_a_plan_decides_is_refused():
    lanes = firmus.plan(style="folk", bars=4, seed=1).score
    for refused in ({"bars": 8}, {"key": "D major"}, {"meter": "3/4"}, {"parts": ("flute",)}):
        with pytest.raises(InvalidBrief, match="the plan has its own"):
            compose.commission(Brief(source=lanes, **refused))
    with pytest.raises(InvalidBrief, match="which has no notes"):
        compose.commission(Brief(source=firmus.compose(style="folk", bars=1, seed=1).score))
    with pytest.raises(InvalidBrief, match="no key"):
        compose.commission(Brief(source=replace(lanes, keys=())))
    with pytest.raises(InvalidBrief, match="say which"):
        compose.commission(Brief(source=replace(firmus.plan(style="hymn", bars=4, seed=1).score, title="Ours")))
    with pytest.raises(InvalidBrief, match="a plan has no notes"):
        plan.commission(Brief(style="folk", density=0.5))
    with pytest.raises(InvalidBrief, match="without a plan"):
        plan.commission(Brief(model="vae-melody"))


def test_what_a_progression_requires_is_drawn_and_cannot_be_missed():
    import numpy as np

    table = progressions("chorale", "minor")
    steps = [Step(0, 0, "iv"), Step(0, 2), Step(1, 0), Step(1, 2)]
    for seed in range(50):
        drawn = table.draw(steps, {2: ("V", "V7"), 3: ("i",)}, np.random.default_rng(seed))
        assert drawn[0] == "iv"
        assert drawn[2] in ("V", "V7")
        assert drawn[3] == "i"
    likely = np.mean(table.nats([Step(0, 0, "i"), Step(0, 1, "V"), Step(1, 0, "i")]))
    assert likely < np.mean(table.nats([Step(0, 0, "i"), Step(0, 1, "bII"), Step(1, 0, "VII7")]))
