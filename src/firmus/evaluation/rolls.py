"""Statistics of a band's piano rolls: what an adversarial network's music has, measured beside what it learnt from.

What it is
    Of windows of a band (`firmus.tokens.band`): empty bars, pitch classes of a bar, notes that are not mere fragments,
    drums on a beat, how many pitches sound together, and how far apart in harmony two instruments are. Generated
    windows are good where each is near to what real windows have: `errors`; and where no two are alike:
    `pairwise_distance`.
Paper
    Dong et al., *MuseGAN: Multi-track Sequential Generative Adversarial Networks* (2018), section 6.1: EB, UPC, QN, DP
    and TD. Harte, Sandler & Gasser, *Detecting Harmonic Change in Musical Audio* (2006), section 3: the tonal centroid.
Conventions
    ``values`` (N, T, 641), bars of 16 steps unless said otherwise; a last bar that is not full is left out. What does
    not exist is left out of a mean, and the mean of nothing is NaN. MuseGAN's steps are six times finer: a qualified
    note lasts three of its steps, here two; for its drum patterns see `drum_patterns`.
"""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.tokens import Integers
from firmus.tokens.band import CELLS, NAMES, PARTS, PITCHES, SILENT, STRUCK

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
BAR, QUARTER = 16, 4  # steps
PAIRS = tuple(combinations(range(1, PARTS), 2))
_ANGLES = np.pi * np.array([7 / 6, 3 / 2, 2 / 3])[:, None] * np.arange(12)  # fifths, minor thirds, major thirds
_RADII = np.array([1.0, 1.0, 0.5])[:, None]
CENTROIDS = np.concatenate([_RADII * np.sin(_ANGLES), _RADII * np.cos(_ANGLES)])  # (6, 12)


def sounding(values: Integers) -> Flags:
    """Whether each pitch sounds (N, T, 5, 128)."""
    return cells(values) > SILENT


def cells(values: Integers) -> Integers:
    """The cells (N, T, 5, 128) of windows, without the chords."""
    return np.asarray(values)[..., :CELLS].reshape(*np.shape(values)[:2], PARTS, PITCHES)


def onsets(values: Integers) -> Flags:
    """Whether a note of each pitch begins (N, T, 5, 128): it is struck, or sounds where it did not before."""
    on = sounding(values)
    before = np.concatenate([np.zeros_like(on[:, :1]), on[:, :-1]], axis=1)
    begins: Flags = (cells(values) == STRUCK) | (on & ~before)
    return begins


def empty_bars(values: Integers, bar: int = BAR) -> Floats:
    """Share of bars (5,) in which an instrument is silent; EB.

    Examples
    --------
    >>> one = np.zeros((1, 32, 641), int)
    >>> one[0, 20, 128 + 40] = 2  # the bass, in the second bar
    >>> empty_bars(one).tolist()
    [1.0, 0.5, 1.0, 1.0, 1.0]
    """
    silent: Floats = 1 - _plays(sounding(values), bar).mean(axis=0)
    return silent


def pitch_classes(values: Integers, bar: int = BAR) -> Floats:
    """Mean number of pitch classes (4,) of each pitched instrument in a bar where it plays, 1 to 12; UPC."""
    used = _bars(chroma(values)[:, :, 1:] > 0, bar).any(axis=1).sum(axis=-1)  # (bars, 4)
    return _mean(np.where(used > 0, used, np.nan))


def qualified_notes(values: Integers, least: int = 2) -> Floats:
    """Share of notes (4,) of each pitched instrument that last at least so many steps; QN.

    A note that reaches the end of its window is left out: nobody knows how long it would last.
    """
    begins, on = onsets(values)[:, :, 1:], sounding(values)[:, :, 1:]
    lasts, inside = begins.copy(), begins.copy()
    for ahead in range(1, least):
        later = np.zeros_like(on)
        later[:, :-ahead] = on[:, ahead:] & ~begins[:, ahead:]
        lasts &= later
        inside[:, -ahead:] &= False
    return _share((lasts & inside).sum(axis=(0, 1, 3)), inside.sum(axis=(0, 1, 3)))


def drum_patterns(values: Integers, bar: int = BAR) -> float:
    """Share of the strokes of drums that belong to a pattern of 8 or of 16 beats; DP.

    On a grid of sixteenths every stroke is on one of 16 beats. So a stroke on an eighth always counts, one between
    two eighths only in a bar of sixteenths: where a stroke falls on at least three quarters of all steps.
    """
    struck = _bars(cells(values)[:, :, 0] == STRUCK, bar)  # (bars, bar, 128)
    in_sixteenths = struck.any(axis=-1).mean(axis=1) >= 0.75
    counts = struck.sum(axis=-1)
    good = counts[:, ::2].sum() + counts[in_sixteenths, 1::2].sum()
    return float(_share(np.array([good]), np.array([counts.sum()]))[0])


def polyphony(values: Integers) -> Floats:
    """Mean number of pitches (5,) of each instrument at the steps where it sounds."""
    count = sounding(values).sum(axis=-1).reshape(-1, PARTS)
    return _mean(np.where(count > 0, count, np.nan))


def notes_per_bar(values: Integers, bar: int = BAR) -> Floats:
    """Mean number of notes (5,) that an instrument begins in a bar where it sounds; not among MuseGAN's."""
    count = _bars(onsets(values), bar).sum(axis=(1, 3))
    return _mean(np.where(_plays(sounding(values), bar), count, np.nan))


def tonal_distance(values: Integers) -> Floats:
    """Mean distance (6,) of the tonal centroids of each pair of pitched instruments (`PAIRS`), in quarters; TD.

    A quarter counts where both sound. The centroid of a chroma c (12,) is the mean of the tones' places on the circles
    of fifths, of minor and of major thirds, weighted by c: ζ = Φ c / |c|₁ (Harte et al., eq. 1).
    """
    quarters = chroma(values)[:, :, 1:]
    whole = quarters.shape[1] // QUARTER * QUARTER
    sums = quarters[:, :whole].reshape(-1, QUARTER, PARTS - 1, 12).sum(axis=1)
    weight = sums.sum(axis=-1)  # (quarters, 4)
    nowhere = np.full((*weight.shape, len(CENTROIDS)), np.nan)
    centroids = np.divide(sums @ CENTROIDS.T, weight[..., None], where=weight[..., None] > 0, out=nowhere)
    one, other = (centroids[:, [pair[side] - 1 for pair in PAIRS]] for side in (0, 1))
    return _mean(np.sqrt(((one - other) ** 2).sum(axis=-1)))


def chroma(values: Integers) -> Integers:
    """How many pitches of each pitch class sound (N, T, 5, 12)."""
    on = np.pad(sounding(values), [(0, 0)] * 3 + [(0, -PITCHES % 12)])
    counts: Integers = on.reshape(*on.shape[:3], -1, 12).sum(axis=3)
    return counts


def statistics(values: Integers, bar: int = BAR) -> dict[str, float]:
    """All statistics of windows by name, such as ``"empty bars, Bass"``."""
    pairs = [f"{NAMES[one]} and {NAMES[other]}" for one, other in PAIRS]
    rows = (
        ("empty bars", NAMES, empty_bars(values, bar)),
        ("pitch classes", NAMES[1:], pitch_classes(values, bar)),
        ("qualified notes", NAMES[1:], qualified_notes(values)),
        ("drum patterns", NAMES[:1], [drum_patterns(values, bar)]),
        ("polyphony", NAMES, polyphony(values)),
        ("notes in a bar", NAMES, notes_per_bar(values, bar)),
        ("tonal distance", pairs, tonal_distance(values)),
    )
    return {
        f"{title}, {of}": float(value)
        for title, names, numbers in rows
        for of, value in zip(names, numbers, strict=True)
    }


def errors(generated: Integers, reference: Integers, bar: int = BAR) -> dict[str, float]:
    """How far each statistic of generated windows is from that of the reference, relative to the latter.

    Examples
    --------
    >>> one = np.zeros((1, 16, 641), int)
    >>> one[0, ::4, 36] = 2  # the drums, in quarters
    >>> two = one.copy()
    >>> two[0, ::2, 36] = 2
    >>> errors(two, one)["notes in a bar, Drums"]
    1.0
    """
    ours, theirs = statistics(generated, bar), statistics(reference, bar)
    return {name: _relative(ours[name], theirs[name]) for name in theirs}


def _relative(ours: float, theirs: float) -> float:
    """|ours - theirs| / |theirs|; 0 where both are 0, NaN where one does not exist."""
    if ours == theirs:
        return 0.0
    return abs(ours - theirs) / abs(theirs) if theirs else float("inf")


def pairwise_distance(values: Integers, generator: np.random.Generator, pairs: int = 1000) -> float:
    """Mean Jaccard distance of the strokes of random pairs of windows, 0 to 1.

    Where a network has collapsed, all its windows are nearly one, and the distance is near to 0; compare with the
    distance of real windows.
    """
    struck = onsets(values).reshape(len(values), -1)
    first = generator.integers(0, len(values), pairs)
    second = (first + generator.integers(1, max(len(values), 2), pairs)) % len(values)
    both = (struck[first] & struck[second]).sum(axis=1)
    either = (struck[first] | struck[second]).sum(axis=1)
    return float(_mean(1 - _share(both, either)[:, None])[0])


def _plays(on: Flags, bar: int) -> Flags:
    """Whether each instrument sounds (bars, 5) in each bar."""
    return np.asarray(_bars(on, bar).any(axis=(1, 3)))


def _bars(steps: NDArray[Any], bar: int) -> NDArray[Any]:
    """Steps (N, T, …) as bars (N · T / bar, bar, …)."""
    whole = steps.shape[1] // bar * bar
    return steps[:, :whole].reshape(-1, bar, *steps.shape[2:])


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """One by the other, NaN where there is nothing."""
    return np.divide(part, whole, where=whole > 0, out=np.full(np.shape(whole), np.nan))


def _mean(rows: Floats) -> Floats:
    """Mean over the first axis of what exists."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of nothing: NaN
        return np.nanmean(rows, axis=0)
