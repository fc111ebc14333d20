"""Pieces begin with a pickup as those of their style do, or as is asked for; rules and endings hold with it."""

from __future__ import annotations

import numpy as np
import pytest

import firmus
from firmus.composing.autoregressive import frame
from firmus.composing.commission import begin
from firmus.composing.styles import styles
from firmus.errors import InvalidBrief
from firmus.pitch import pitch_class
from firmus.timing import bars
from firmus.work import Brief


@pytest.mark.parametrize(("style", "usual"), [("folk", 240), ("chorale", 480), ("piano", 0)])
def test_as_many_pieces_have_a_pickup_as_in_the_style(style: str, usual: int) -> None:
    meter = "6/8" if style == "folk" else "4/4"
    commission = frame.prepare(begin(Brief(style=style, meter=meter, bars=8), "compose"))
    lengths = [frame.plan(commission, np.random.default_rng(seed)).score.pickup for seed in range(60)]
    assert abs(np.mean([length > 0 for length in lengths]) - styles()[style].pickup_share) < 0.13
    assert max(set(lengths), key=lengths.count) == usual
    assert max(lengths) <= (720 if style == "folk" else 960)


def test_the_last_bar_lacks_what_the_pickup_has() -> None:
    score = firmus.compose(style="hymn", meter="3/4", bars=6, pickup=1, seed=3).score
    assert score.pickup == 480
    assert [bar.number for bar in bars(score)] == list(range(7))
    assert score.end == 6 * 1440
    assert any(note.start < 480 for part in score.parts for note in part.notes)
    assert max(note.start + note.duration for part in score.parts for note in part.notes) == score.end


def test_a_cadence_and_the_chords_stand_in_their_bars() -> None:
    score = firmus.compose(style="chorale", key="G major", meter="4/4", bars=4, pickup=1, seed=1).score
    last = bars(score)[-1].start
    bass = [note for note in score.parts[-1].notes if note.start <= last - 480 < note.start + note.duration]
    assert [note.pitch % 12 for note in bass] == [2]
    final = {note.pitch % 12 for part in score.parts for note in part.notes if note.start + note.duration == score.end}
    assert 7 in final
    assert final <= {7, 11, 2}
    over = firmus.compose(style="chorale", chords="G C D G", meter="4/4", pickup=1, bars=4, seed=2).score
    assert [chord.start for chord in over.chords] == [480 + 1920 * bar for bar in range(4)]
    for chord in over.chords:
        sounding = [note for part in over.parts for note in part.notes
                    if note.start <= chord.start < note.start + note.duration]  # fmt: skip
        assert sounding
        assert {note.pitch % 12 for note in sounding} <= set(chord.pitch_classes)
    assert over.parts[-1].notes[-1].pitch % 12 == pitch_class("G")


def test_seconds_count_the_pickup_and_none_can_be_asked_for() -> None:
    score = firmus.compose(style="folk", meter="4/4", seconds=20, pickup=0.5, seed=1).score
    assert score.end / 480 * 60 / score.tempi[0].bpm == pytest.approx(20)
    assert all(firmus.compose(style="folk", bars=4, pickup=0, seed=seed).score.pickup == 0 for seed in range(4))


def test_a_form_counts_whole_bars() -> None:
    score = firmus.compose(style="folk", bars=16, pickup=1, form="AABA", meter="3/4", seed=5).score
    assert score.pickup == 480
    assert [(each.start - score.pickup) // 1440 for each in score.sections] == [0, 4, 8, 12]
    (part,) = score.parts
    first, again = (
        [(note.start - begin, note.pitch) for note in part.notes if begin <= note.start < begin + 3 * 1440]
        for begin in (480, 480 + 4 * 1440)
    )
    assert first == again


def test_what_is_no_pickup_is_refused() -> None:
    with pytest.raises(InvalidBrief, match="pickup 3 must be shorter than a bar of 3/4: 3 quarter notes"):
        firmus.compose(style="folk", meter="3/4", pickup=3)
    with pytest.raises(InvalidBrief, match="pickup 9"):
        firmus.compose(style="folk", pickup=9)
    tune = firmus.compose(style="folk", bars=4, pickup=0, seed=1).score
    with pytest.raises(InvalidBrief, match="pickup 1: continue by 'composer' takes none"):
        firmus.extend(tune, pickup=1)
    with pytest.raises(InvalidBrief, match="pickup 1: compose by 'vae-melody' takes none"):
        firmus.compose(model="vae-melody", pickup=1)
