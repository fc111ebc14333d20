"""Steering reaches its targets even where the network says nothing but noise."""

from dataclasses import replace

import numpy as np
import pytest

from babbler import Babbler
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import fill
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.runtime.steering import MOST, Steering
from firmus.score import Meter, Part, Score, Tempo
from firmus.tokens import events
from firmus.tokens.events.controls import measure

BARS = 24
SINGLE = Rules((PartRules(40, 90, monophonic=True),))
CHORDS = Rules((PartRules(40, 90),))
SEVERAL = Rules((PartRules(40, 90, monophonic=True), PartRules(30, 80)))


def composed(rules, targets, seed=1, drums=False):
    parts = tuple(Part(f"P{place}", is_drums=drums) for place in range(len(rules.parts)))
    score = Score(parts, meters=(Meter(0, 4, 4),), tempi=(Tempo(0, 120),), end=BARS * 1920)
    is_open = np.ones(events.grid_shape(events.prepare(score)), bool)
    is_open[:, 0] = False
    request = Request(score, is_open, "", rules, Sampling(1.0, 1.0), targets=targets)
    filled = fill(Babbler(seed, 8192), request, np.random.default_rng(seed)).score
    return measure(events.prepare(filled), is_open)


@pytest.mark.parametrize("rules", [SINGLE, SEVERAL])
@pytest.mark.parametrize(
    ("name", "low", "high", "near"),
    [
        ("density", 0.8, 2.5, 0.6),
        ("register", 52.0, 72.0, 5.0),
        ("arousal", 0.5, 2.0, 0.8),
        ("valence", -0.25, 0.3, 0.2),
    ],
)
def test_targets_are_reached(rules, name, low, high, near):
    for target in (low, high):
        assert composed(rules, {name: target})[name] == pytest.approx(target, abs=near)


@pytest.mark.parametrize("target", [0.7, 1.6])
def test_polyphony_is_reached_where_parts_have_several_notes(target):
    assert composed(CHORDS, {"polyphony": target})["polyphony"] == pytest.approx(target, rel=0.35)


@pytest.mark.parametrize("target", [1.3, 2.0])
def test_drums_are_struck_together_as_often_as_wished(target):
    found = composed(replace(SINGLE, parts=(PartRules(),)), {"polyphony": target}, drums=True)
    assert found["polyphony"] == pytest.approx(target, rel=0.2)


def test_two_targets_do_not_get_in_each_other_s_way():
    found = composed(SEVERAL, {"density": 1.0, "register": 63.0})
    assert found["density"] == pytest.approx(1.0, abs=0.3)
    assert found["register"] == pytest.approx(63.0, abs=4)


def test_without_targets_logits_stay_as_they_are():
    logits = np.arange(5, dtype=np.float32)
    assert Steering({}, SINGLE).steer(logits, None) is logits


def test_tilts_are_bounded():
    for target in (1e-6, 1e6):
        steering = Steering({"density": target}, SINGLE)
        for _ in range(50):
            steering.bar.quarters, steering.bar.onsets = 4.0, 4
            steering._close()
        assert abs(steering.tilt["density"]) == MOST["density"]
