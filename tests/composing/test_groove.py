"""Bands keep a groove: drums do not stop, mostly come back to what they played before, and fill the ends of phrases."""

from __future__ import annotations

import numpy as np
import pytest

import firmus
from firmus.drums import SNARES
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import fill
from firmus.runtime.request import Request
from firmus.runtime.sampling import Sampling
from firmus.score import Key, Part, Score


def drum_bars(score: Score) -> list[set[tuple[int, int]]]:
    """Sixteenth and key of the drums of each bar."""
    bar = score.meters[0].bar
    notes = [note for part in score.parts if part.is_drums for note in part.notes]
    return [{(note.start % bar // 120, note.pitch) for note in notes if note.start // bar == number}
            for number in range(score.end // bar)]  # fmt: skip


@pytest.mark.parametrize("style", ["band", "drums"])
def test_drums_do_not_stop_and_their_pattern_returns(style: str) -> None:
    works = firmus.compose(style=style, meter="4/4", bars=12, seed=1, count=6)
    rows = [drum_bars(work.score) for work in works]
    assert all(bar for bars in rows for bar in bars)
    returns = [
        max(len(bar & other) / len(bar | other) for other in bars[max(0, place - 2) : place])
        for bars in rows for place, bar in enumerate(bars) if place
    ]  # fmt: skip
    assert np.mean(returns) > {"band": 0.8, "drums": 0.4}[style]


def test_bands_have_a_snare() -> None:
    works = firmus.compose(style="band", meter="4/4", bars=8, seed=701, count=8, effort="quick")
    for work in works:
        assert {note.pitch for part in work.score.parts if part.is_drums for note in part.notes} & set(SNARES)


def test_the_last_bar_of_a_phrase_alone_is_drawn_as_a_fill() -> None:
    score = Score((Part("Bass", (), 33), Part("Drums", (), is_drums=True)), keys=(Key(0, "C"),), end=4 * 1920)
    rules = Rules((PartRules(28, 55, True), PartRules(rests=0)))
    found = []
    for fill_temperature in (None, 2.0):
        sampling = Sampling(0.85, 0.95, None, 0.75, fill_temperature)
        request = Request(score, np.ones((4, 3), bool) & [False, True, True], "band", rules, sampling)
        found.append(drum_bars(fill(stepper.load("composer"), request, np.random.default_rng(1)).score))
    assert found[0][:3] == found[1][:3]
    assert found[0][3] != found[1][3]
