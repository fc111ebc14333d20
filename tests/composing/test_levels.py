"""Levels of difficulty: what is composed within one keeps to its limits, and what contradicts it is refused."""

from __future__ import annotations

import json

import pytest

import firmus
from firmus.composing.levels import breaches, level, levels, rhythm
from firmus.errors import InvalidBrief
from firmus.runtime.constraints import Rules
from firmus.score import Key, Meter, Note, Part, Score

NUMBERS = [each.number for each in levels()]


@pytest.mark.parametrize("style", ["folk", "lead-sheet", "piano", "chorale"])
@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_composed_is_within_the_level(number: int, style: str) -> None:
    for seed in (1, 20):
        score = firmus.compose(style=style, level=number, bars=4, seed=seed, effort="quick").score
        assert breaches(score, level(number)) == []
        assert all(part.notes for part in score.parts)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_bar_can_be_filled_from_every_place(number: int) -> None:
    own = level(number)
    for text in own.meters:
        meter = Meter.parse(text)
        table = dict(rhythm(own.lengths(meter), meter, own.syncopation))
        for place, lengths in table.items():
            assert all(place + steps == meter.bar // 20 or place + steps in table for steps in lengths)


def test_levels_grow() -> None:
    for one, two in zip(levels(), levels()[1:], strict=False):
        assert set(one.keys) <= set(two.keys)
        assert set(one.meters) <= set(two.meters)
        assert set(one.values) <= set(two.values)
        assert set(one.intervals) <= set(two.intervals)
        assert one.leap <= two.leap


def test_breaches_are_found() -> None:
    notes = [(0, 480, 60), (480, 240, 72), (720, 480, 61), (1200, 720, 60)]
    score = Score(
        (Part("", tuple(Note(*each) for each in notes)),), meters=(Meter(0, 5, 4),), keys=(Key.parse("B major"),)
    )
    found = breaches(score, level(1))
    assert {"key B major", "meter 5/4", "leap 12", "note of 0.5 in bar 1", "pitch 60 outside B major"} <= set(found)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"level": 9}, "level 9 must be"),
        ({"level": 1, "key": "B major"}, "key B major: level 1 has C major"),
        ({"level": 1, "meter": "6/8"}, "meter 6/8: level 1 has 4/4"),
        ({"level": 2, "ranges": {"Melody": "C4-C5"}}, "ranges and level 2"),
        ({"level": 2, "pickup": 1.0}, "pickup 1"),
        ({"level": 2, "style": "band"}, "style band is neither"),
        ({"level": 2, "loose": ["key"], "key": "C major"}, "loose key"),
    ],
)
def test_what_contradicts_a_level_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidBrief, match=message):
        firmus.compose(**{"style": "folk", **asked})  # type: ignore[arg-type]
    with pytest.raises(InvalidBrief, match="level 1: vary"):
        firmus.vary(Score((Part("", (Note(0, 480, 60),)),)), level=1)


def test_the_rules_of_a_level_are_kept_in_the_origin() -> None:
    work = firmus.compose(style="folk", level=3, bars=2, seed=1, effort="quick")
    held = Rules.from_dict(json.loads(json.dumps(work.origin.rules)))
    assert held.parts[0].limits is not None
    assert held.parts[0].limits.leap == level(3).leap
    assert Rules.from_dict(held.as_dict()) == held
