"""Rasters of chorales as Scores: barlines, meter and key are not in the data and are estimated.

The rasters (four voices a sixteenth) give neither barlines nor the key.
The meter is 3/4 where chords change together in threes more clearly than in fours; the first barline is
chosen so that the last chord begins on the first or third beat; the key is estimated from the pitches.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from firmus.analysis.keys import estimate
from firmus.score import Meter, Score
from firmus.tokens import grid

BEAT = grid.QUARTER


def from_raster(data: bytes) -> Score:
    """Score of a JSON raster: a list of sixteenths, each four MIDI pitches, -1 for silence."""
    raster = np.array(json.loads(data), np.int64)
    tokens = np.where(raster > 0, raster - grid.LOWEST + 1, grid.REST)
    score = grid.decode(np.concatenate([[grid.START], tokens.reshape(-1)]))
    beats, first = barlines(raster)
    key_estimate = estimate(score)
    return replace(
        score,
        meters=(Meter(0, beats, 4),),
        keys=(key_estimate.key,) if key_estimate else (),
        pickup=first * grid.STEP,
    )


def barlines(raster: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> tuple[int, int]:
    """Beats in a bar, 3 or 4, and sixteenths before the first barline."""
    onsets = np.vstack([np.ones((1, raster.shape[1]), bool), raster[1:] != raster[:-1]]).sum(axis=1)
    beat_onsets = onsets[::BEAT].astype(float)

    def periodicity(period: int) -> float:
        spread = [beat_onsets[phase::period].mean() for phase in range(period) if len(beat_onsets[phase::period])]
        return float(max(spread) / max(beat_onsets.mean(), 1e-9))

    beats = 3 if periodicity(3) > 1.1 * periodicity(4) else 4
    last = len(onsets) - 1
    while last > 0 and onsets[last] < 2:
        last -= 1
    if last % BEAT:
        return beats, 0
    beat = last // BEAT
    pickup = beat % 3 if beats == 3 else beat % 2
    return beats, pickup * BEAT
