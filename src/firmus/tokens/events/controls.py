"""Controls: attributes measured on the music of the open cells, and their classes within a style.

======== =====================================================================================================
density   onsets a quarter note, in each part that plays (a chord is one onset)
register  mean pitch
polyphony notes sounding at once in each part that plays, on the mean; in drums, drums struck together
valence   how much more major than minor: the best correlation of the pitch classes with the twelve major key
          profiles, less that with the minor ones (profiles of `firmus.analysis.keys`)
arousal   log2 of onsets a second in each part that plays, and 1/40 for each step of velocity above 80
======== =====================================================================================================

Valence and arousal are estimates by rule, after the findings that mode carries valence, and tempo, rhythm and
loudness arousal (Gabrielsson & Lindström 2010; Eerola & Vuoskoski 2011); no listening test was made. A control's class,
0 to 7, is the octile of its value among the training music of that style, so half of the scale is half of the music.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.emotion import LOUDNESS
from firmus.analysis.keys import SHAPES, majorness
from firmus.tokens import Integers, Prepared
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_LENGTH, BAR_TEMPO, NO_TOKEN

FEWEST_NOTES = 8
_DURATIONS = np.array(vocabulary.DURATIONS)


def measure(
    prepared: Prepared, is_open: NDArray[np.bool_], first: int = 0, last: int | None = None, shift: int = 0
) -> dict[str, float]:
    """Value of every control over the open cells of bars `first` to `last`; undefined ones are left out.

    Parameters
    ----------
    prepared : dict of arrays
    is_open : array (B, P + 1) of bool
    first, last : int
        Bars to measure, `last` exclusive.
    shift : int
        Semitones by which the music will be transposed.
    """
    lanes = len(prepared["programs"]) + 1
    last = len(prepared["bars"]) if last is None else last
    chosen = is_open[first:last].copy()
    chosen[:, 0] = False
    borders = prepared["borders"][first * lanes : last * lanes + 1]
    sizes = np.diff(borders)
    inside = np.repeat(chosen.reshape(-1), sizes)
    cell = np.repeat(np.arange(len(sizes)), sizes)[inside]
    tokens = prepared["tokens"][borders[0] : borders[-1]][inside].astype(np.int64)
    family = vocabulary.FAMILY_OF[tokens]
    pitches = tokens[family == vocabulary.FAMILY["PITCH"]] - vocabulary.PITCH
    drums = int((family == vocabulary.FAMILY["DRUM"]).sum())
    if len(pitches) + drums < FEWEST_NOTES:
        return {}
    rows = prepared["bars"][first:last]
    is_note = np.isin(family, (vocabulary.FAMILY["PITCH"], vocabulary.FAMILY["DRUM"]))
    place = prepared["place"][borders[0] : borders[-1]][inside]
    onset_cells = np.unique(cell[is_note] * 1000 + place[is_note]) // 1000
    onsets = np.bincount(onset_cells, minlength=len(sizes)).reshape(-1, lanes)
    steps = rows[:, BAR_LENGTH].astype(float)
    quarters = ((onsets > 0) * steps[:, None]).sum() / vocabulary.QUARTER
    density = float(onsets.sum() / max(quarters, 1e-9))
    values = {"density": density}
    if len(pitches) >= FEWEST_NOTES:
        sounding = float(_durations(tokens, family).sum())
        values["register"] = float(pitches.mean()) + shift
        values["polyphony"] = sounding / vocabulary.QUARTER / float(quarters)
        values["valence"] = majorness(np.bincount(pitches % 12, minlength=12))
    else:
        values["polyphony"] = drums / max(float(onsets.sum()), 1.0)
    tempi = rows[:, BAR_TEMPO]
    known = tempi[tempi != NO_TOKEN]
    bpm = float(np.mean([vocabulary.TEMPI[token - vocabulary.TEMPO] for token in known])) if len(known) else 120.0
    louder = tokens[family == vocabulary.FAMILY["VELOCITY"]] - vocabulary.VELOCITY
    velocity = (
        float(np.mean([vocabulary.VELOCITIES[each] for each in louder]))
        if len(louder)
        else float(vocabulary.USUAL_VELOCITY)
    )
    values["arousal"] = (
        float(np.log2(max(density * bpm / 60, 1e-3))) + (velocity - vocabulary.USUAL_VELOCITY) / LOUDNESS
    )
    return values


def _durations(tokens: Integers, family: Integers) -> Integers:
    """Duration, in steps, of each pitch: the sum of the next ``DURATION`` and those right after it."""
    is_duration = family == vocabulary.FAMILY["DURATION"]
    begins = np.flatnonzero(is_duration & ~np.concatenate([[False], is_duration[:-1]]))
    steps = np.where(is_duration, _DURATIONS[np.where(is_duration, tokens - vocabulary.DURATION, 0)], 0)
    sums = np.add.reduceat(steps, begins) if len(begins) else steps[:0]
    pitches = np.flatnonzero(family == vocabulary.FAMILY["PITCH"])
    return sums[np.searchsorted(begins, pitches)]


def key_contrast(profile: NDArray[Any]) -> NDArray[np.float64]:
    """By how much a further note of each pitch class (12,) makes a profile more major, or (below 0) more minor.

    Examples
    --------
    >>> contrast = key_contrast(np.isin(np.arange(12), [0, 4, 7]).astype(float))
    >>> bool(contrast[9] > 0 > contrast[8])  # in C: A lightens, A flat darkens
    True
    """
    even = profile - profile.mean()
    major, minor = (SHAPES[mode][(SHAPES[mode] @ even).argmax()] for mode in ("major", "minor"))
    return (major - minor) * 12


def borders(values: list[float]) -> list[float]:
    """Seven borders between the octiles of measured values; none where they hardly vary.

    Examples
    --------
    >>> borders([float(each) for each in range(801)])
    [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0]
    """
    if len(values) < 8 * vocabulary.CLASSES:
        return []
    octiles = [
        round(float(each), 4) for each in np.quantile(values, np.arange(1, vocabulary.CLASSES) / vocabulary.CLASSES)
    ]
    gaps = np.diff(octiles)
    return octiles if (gaps > 1e-3).all() and octiles[-1] - octiles[0] > 0.05 * abs(octiles[3]) else []


def classify(value: float, between: list[float]) -> int:
    """Class, 0 to 7, of a value.

    Examples
    --------
    >>> classify(2.5, [1, 2, 3, 4, 5, 6, 7])
    2
    """
    return int(np.searchsorted(between, value))


def control(name: str, kind: int) -> int:
    """The control token of a class."""
    return vocabulary.CONTROL + vocabulary.CONTROLS.index(name) * vocabulary.CLASSES + kind
