"""Bands keep a groove: drums do not stop, and mostly come back to what they played a bar or two before."""

from __future__ import annotations

import numpy as np
import pytest

import firmus
from firmus.score import Score


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
