"""Explaining: each composed note has its surprise, each rule its weight."""

from __future__ import annotations

import firmus
from firmus.tasks.explain import explain


def test_every_composed_note_is_explained_in_its_place():
    work = firmus.compose(style="chorale", bars=2, key="E major", ranges={"alto": "E4-G#4"}, seed=1)
    found = explain(work)
    assert len(found["notes"]) == sum(len(part.notes) for part in work.score.parts)
    assert {note["part"] for note in found["notes"]} == {"Soprano", "Alto", "Tenor", "Bass"}
    first = next(note for note in found["notes"] if note["part"] == "Soprano")
    assert (first["bar"], first["beat"]) == (1, 1.0)
    assert all(0 <= note["pitch_nats"] <= note["nats"] for note in found["notes"])
    assert 0 < found["rules"]["range"] < 1
    assert 0 < found["rules"]["key"] < 1


def test_only_what_was_composed_is_explained():
    tune = firmus.compose(style="folk", bars=4, seed=2).score
    work = firmus.infill(tune, bars="3", seed=1)
    assert {note["bar"] for note in explain(work)["notes"]} == {3}


def test_a_wrong_note_surprises_more_than_the_one_it_replaces():
    from dataclasses import replace

    work = firmus.compose(style="folk", bars=4, key="C major", meter="4/4", seed=6)
    part = work.score.parts[0]
    at = len(part.notes) // 2
    wrong = replace(part.notes[at], pitch=part.notes[at].pitch + 13)
    notes = (*part.notes[:at], wrong, *part.notes[at + 1 :])
    spoilt = replace(work, score=replace(work.score, parts=(replace(part, notes=notes),)))
    before, after = explain(work)["notes"][at], explain(spoilt)["notes"][at]
    assert after["pitch_nats"] > before["pitch_nats"] + 2
