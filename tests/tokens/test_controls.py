"""Controls: what they measure, their classes, and that training tells the truth about them."""

from __future__ import annotations

import numpy as np
import pytest

from firmus.score import Key, Note, Part, Score, Tempo
from firmus.tokens import events
from firmus.tokens.events import vocabulary


def tune(step: int, pitch: int, together: int = 1, bars: int = 4, bpm: float = 120) -> Score:
    notes = [Note(start, step, pitch + 4 * place) for start in range(0, bars * 1920, step) for place in range(together)]
    return Score((Part("", tuple(notes)),), tempi=(Tempo(0, bpm),))


def measured(score: Score) -> dict[str, float]:
    prepared = events.prepare(score, "folk")
    return events.measure(prepared, np.ones(events.grid_shape(prepared), bool))


def test_each_control_measures_its_own_thing():
    plain = measured(tune(480, 60))
    assert (plain["density"], plain["register"], plain["polyphony"]) == (1, 60, 1)
    assert measured(tune(240, 60)) == pytest.approx(plain | {"density": 2, "arousal": plain["arousal"] + 1})
    assert measured(tune(480, 72))["register"] == 72
    assert measured(tune(480, 60, together=3))["polyphony"] == 3
    assert measured(tune(480, 60, bpm=240))["arousal"] == pytest.approx(plain["arousal"] + 1, abs=0.1)


def test_major_is_brighter_than_minor():
    def scale(steps: list[int]) -> Score:
        notes = tuple(Note(480 * place, 480, 60 + step) for place, step in enumerate(steps * 2))
        return Score((Part("", notes),))

    assert measured(scale([0, 4, 7, 4, 5, 9, 7, 0]))["valence"] > measured(scale([0, 3, 7, 3, 5, 8, 7, 0]))["valence"]


def test_only_what_is_open_is_measured():
    score = Score((tune(480, 60).parts[0], tune(240, 84).parts[0]))
    prepared = events.prepare(score)
    is_open = np.zeros(events.grid_shape(prepared), bool)
    is_open[:, 2] = True
    assert events.measure(prepared, is_open)["register"] == 84
    is_open[:] = False
    assert events.measure(prepared, is_open) == {}


def test_training_examples_say_the_class_of_what_they_ask_for():
    score = tune(480, 60, bars=8)
    prepared = events.prepare(score, "folk")
    scales = {"folk": {"density": [0.2, 0.4, 0.6, 0.8, 1.5, 2.0, 3.0], "register": [float(k) for k in range(56, 63)]}}
    generator, seen = np.random.default_rng(0), set()
    for _ in range(60):
        drawn = events.example(prepared, generator, 512, False, scales)
        seen |= {
            vocabulary.name(int(token))
            for token in drawn.tokens
            if vocabulary.FAMILY_OF[token] == vocabulary.FAMILY["CONTROL"]
        }
    assert seen == {vocabulary.name(events.control("density", 4)), vocabulary.name(events.control("register", 4))}


def test_the_classes_part_the_music_of_a_style_equally():
    pieces = [events.prepare(tune(480, pitch, bars=8), "folk") for pitch in range(50, 90)]
    borders = events.scales(pieces, 512)["folk"]["register"]
    assert len(borders) == 7
    assert np.diff(borders) == pytest.approx(5, abs=2)
    assert "polyphony" not in events.scales(pieces, 512)["folk"]


def test_a_band_is_thinned_to_few_parts_with_its_notes():
    parts = tuple(Part(str(n), tuple(Note(480 * i, 480, 40 + n) for i in range(16)), program=n) for n in range(9))
    prepared = events.prepare(Score(parts, keys=(Key(0, "C"),)), "band")
    generator = np.random.default_rng(2)
    counts = set()
    for _ in range(40):
        score = events.decode(events.example(prepared, generator, 2048, False).tokens)
        counts.add(len(score.parts))
        for part in score.parts:
            assert {note.pitch for note in part.notes} <= {40 + part.program}
    assert counts <= {2, 3, 4, 5, 9}
    assert len(counts) > 2
