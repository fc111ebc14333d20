"""The shipped classifier: tunes that it never met, bad input, files that say the wrong instruments."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from firmus import formats
from firmus.analysis.excerpt import excerpt
from firmus.learning import excerpts, feature_dataset
from firmus.runtime.recognition import LEAST, MODEL, recognise
from firmus.runtime.weights import card
from firmus.score import Note, Part, Score
from firmus.tasks.analyse.notes import analyse

HELD_OUT = (
    "42dHighlandRegimentStrathspey", "AbithaMugginsFavoriteReel", "AldridgesHornpipe", "AllAboardReel",
    "AllTheRageReel", "AllTheWayToGalwayReel", "AlmacksHornpipe", "AroundTheWorldReel", "AspinwallHornpipe",
    "BabbitsHornpipe", "BattleTheCashJig", "BeebesHornpipe",
)  # of Ryan's Mammoth Collection (1883): on the test's side of the split  # fmt: skip


def tunes():
    music21 = pytest.importorskip("music21")
    folder = Path(music21.__file__).parent / "corpus" / "ryansMammoth"
    return [formats.read(folder / f"{name}.abc", trusted=True) for name in HELD_OUT]


@pytest.fixture(scope="module")
def reels():
    return tunes()


def test_tunes_that_were_never_met_are_folk(reels):
    found = [recognise(each).style for each in reels]
    named = [each.name for each in found if each]
    assert named.count("folk") >= 10
    assert np.mean([each.confidence for each in found if each and each.name == "folk"]) > 0.6
    assert not any(recognise(each).composer for each in reels if recognise(each).style)


@pytest.mark.parametrize("program", [0, 19, 40, 48, 73])
def test_wrong_instruments_do_not_change_what_it_is(reels, program):
    played = [replace(each, parts=tuple(replace(part, program=program) for part in each.parts)) for each in reels]
    named = [found.name for found in (recognise(each).style for each in played) if found]
    assert named.count("folk") >= 9


def test_eight_bars_are_enough_for_most(reels):
    named = [found.name for found in (recognise(excerpt(each, 0, 8)).style for each in reels) if found]
    assert named.count("folk") >= 8


def test_the_key_changes_nothing(reels):
    for each in reels[:4]:
        assert recognise(each) == recognise(each.transposed(-5))


def test_chances_are_chances(reels):
    for each in (recognise(reel) for reel in reels):
        for head in ("style", "genre", "composer"):
            guess = getattr(each, head)
            if guess:
                assert LEAST[head] <= guess.confidence <= 1
                shares = [guess.confidence, *(share for _, share in guess.others)]
                assert shares == sorted(shares, reverse=True)
                assert sum(shares) <= 1.001


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (Score(), "too short to tell a style: 0 bars, 0 notes"),
        (Score(end=1920 * 40), "too short to tell a style: 40 bars, 0 notes"),
        (Score((Part("", (Note(0, 480, 60),)),)), "too short to tell a style: 1 bar, 1 note"),
        (Score((Part("", tuple(Note(240 * i, 240, 60 + i % 5) for i in range(16))),)), "too short"),
        (Score((Part("", tuple(Note(1920 * i, 480, 60 + i % 5) for i in range(10))),)), "too short"),
    ],
)
def test_what_is_too_short_has_no_style(score, reason):
    found = recognise(score)
    assert found.style is found.genre is found.composer is None
    assert found.reason.startswith(reason)
    values = analyse(score).as_dict()
    assert values["style"] is values["genre"] is values["like"] is None
    assert values["unknown"]["style"] == found.reason
    assert values["confidence"]["style"] == 0.0


@pytest.mark.parametrize("kind", excerpts.NOISE_KINDS)
def test_noise_has_no_style(kind):
    generator = np.random.default_rng(2026)
    model = Score((Part("", tuple(Note(240 * i, 240, 60 + i % 7) for i in range(160))),))
    found = [recognise(excerpts.noise(kind, generator, model)) for _ in range(12)]
    refused = sum(each.style is None for each in found)
    assert refused >= (8 if kind in (feature_dataset.HELD_OUT_NOISE, "shuffled") else 11)
    assert all(each.reason for each in found if each.style is None)


def test_what_json_holds(reels):
    found = analyse(reels[0]).as_dict()
    assert set(found["style"]) == {"name", "confidence", "others"}
    assert found["confidence"]["style"] == found["style"]["confidence"]
    assert all(set(each) == {"name", "confidence"} for each in found["style"]["others"])
    page = analyse(reels[0]).html()
    assert f"{found['style']['name']}" in page
    assert ">style<" in page
    assert "风格" in analyse(reels[0]).html("zh")


def test_only_what_was_learnt_of_a_style_is_told_of_it():
    seen = card(MODEL).facts["seen"]
    assert seen["genre"]["band"] == []
    assert seen["genre"]["folk"] == ["folk"]
    assert "rock" in seen["genre"]["drums"]
    assert "rock" not in seen["genre"]["piano"]
    assert seen["composer"]["drums"] == []
    assert "Franz Schubert" in seen["composer"]["song"]


def test_the_card_says_what_it_is():
    found = card(MODEL)
    assert found.kind == "listener"
    assert found.facts["bytes"] <= 300_000
    assert found.tasks == ("analyse",)
    assert {"folk", "chorale", "quartet", "drums"} <= set(found.styles)
    assert "noise" not in found.styles
    assert found.facts["metrics"]["test"]["style"]["accuracy"] > 0.8
    assert found.facts["metrics"]["command"].startswith("firmus train recipes/recogniser.toml")
