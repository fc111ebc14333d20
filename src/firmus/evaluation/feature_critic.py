"""A critic of features: how well a simple classifier tells composed music from real music of the same style.

What it is
    Logistic regression on a few hundred features of each piece: what `firmus.analysis.composition` measures, and the
    traits of `firmus.analysis.traits` that composers decide. It is trained anew on every two sets, on some of their
    pieces, and judges the others; reported is the area under its ROC curve, .5 where it cannot tell them apart.
Conventions
    It judges music, not files: every piece is taken from its beginning, in the same number of bars, on one grid, with
    short gaps between notes closed, without loudness, tempo, key, meter and instruments (`plain`). Only the measures
    of endings see the last bars. A work (a tune and its versions) is never on both sides of a split.
Source
    D. Lopez-Paz & M. Oquab, *Revisiting Classifier Two-Sample Tests* (ICLR 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from firmus.analysis import composition
from firmus.analysis.excerpt import excerpt
from firmus.analysis.traits import names, traits
from firmus.evaluation.intervals import DRAWS, Interval
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import bars

Floats = NDArray[np.float64]
BARS = 12  # of each piece, so that the close of a piece of 16 is not among them
STEPS = (TICKS_PER_QUARTER // 8, TICKS_PER_QUARTER // 12)
GAP = TICKS_PER_QUARTER // 2  # ticks; a longer silence is a rest
FOLDS, ROUNDS = 5, 5
PENALTY = 0.1  # of the weights' squares, against overfitting
UNFAIR = (
    "note length", "melody sounds", "silence", "in quarter", "in bar", "melody in bar", "drum in quarter", "heard",
    "written", "bar", "pickup", "minor", "ends on tonic", "family", "parts", "busiest part", "quietest part",
    "part range",
)  # traits that a file, a grid, the meter or the key decides  # fmt: skip
FAIR = np.array([not any(name == each or name.startswith(f"{each} ") for each in UNFAIR) for name in names()])


NAMES = (
    *composition.WHOLE,
    *composition.BEGINNING,
    *composition.END,
    *(name for name, is_fair in zip(names(), FAIR, strict=True) if is_fair),
)  # of the features, in order


def plain(score: Score, count: int = BARS) -> Score:
    """The first full bars of a piece, on one grid, gaps closed, pickup, loudness and instruments left out.

    Examples
    --------
    >>> score = plain(Score((Part("Flute", (Note(3, 400, 72, 31), Note(485, 480, 74, 99)), program=73),)))
    >>> score.parts[0].notes
    (Note(start=0, duration=480, pitch=72, velocity=80), Note(start=480, duration=480, pitch=74, velocity=80))
    """
    whole = replace(score, parts=tuple(_plain(part) for part in score.parts if part.notes))
    first = int(score.pickup > 0)
    return excerpt(whole, first, count) if len(bars(whole)) > first else whole


def _plain(part: Part) -> Part:
    onsets = np.unique([_snapped(note.start) for note in part.notes])
    notes = {}
    for note in part.notes:
        start = _snapped(note.start)
        end = max(_snapped(note.end), start + STEPS[1])
        place = int(np.searchsorted(onsets, end))
        following = int(onsets[place]) if place < len(onsets) else end
        notes[start, note.pitch] = Note(start, (following if following - end < GAP else end) - start, note.pitch)
    return Part("", tuple(notes.values()), is_drums=part.is_drums)


def _snapped(tick: int) -> int:
    """The nearest eighth or twelfth of a quarter note."""
    return min((round(tick / step) * step for step in STEPS), key=lambda near: abs(near - tick))


def features(beginning: Score, end: Score | None = None) -> Floats:
    """Features (F,) of a piece; those of its close from another stretch of it, where one is given; NaN for none."""
    body = plain(beginning)
    close = beginning if end is None else end
    measured = [each(body) for each in composition.WHOLE.values()]
    measured += [each(beginning) for each in composition.BEGINNING.values()]
    measured += [each(close) for each in composition.END.values()]
    return np.concatenate([measured, traits(body)[FAIR]]).astype(float)


def auc(ours: Sequence[Floats], real: Sequence[Floats], works: Sequence[int] | None = None) -> Interval:
    """Cross-validated area under the ROC curve, and its 95 % interval over pieces.

    Parameters
    ----------
    ours, real : sequence of array (F,)
        `features` of composed and of real pieces.
    works : sequence of int, optional
        Which work each real piece is of; each its own unless given.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> low, high = rng.normal(0, 1, (30, 4)), rng.normal(3, 1, (30, 4))
    >>> auc(list(low), list(high))[0] > 0.95
    True
    """
    values = np.stack([*ours, *real])
    is_real = np.arange(len(values)) >= len(ours)
    groups = np.concatenate([-1 - np.arange(len(ours)), np.arange(len(real)) if works is None else works])
    scores = np.zeros(len(values))
    for round_number in range(ROUNDS):
        folds = _folds(groups, is_real, np.random.default_rng(round_number))
        for fold in range(FOLDS):
            held = folds == fold
            if held.any():
                scores[held] += _judged(values[~held], is_real[~held], values[held])
    return _interval(scores[~is_real], scores[is_real])


def telling(ours: Sequence[Floats], real: Sequence[Floats], count: int = 5) -> list[tuple[str, float]]:
    """The features that tell the sets apart best, each alone, and the area under the ROC curve: below .5 ours has more.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ours, real = rng.normal(0, 1, (30, len(NAMES))), rng.normal(0, 1, (30, len(NAMES)))
    >>> real[:, NAMES.index("pickup")] += 9
    >>> telling(list(ours), list(real), 1)
    [('pickup', 1.0)]
    """
    one, other = np.stack(ours), np.stack(real)
    areas = {}
    for column, name in enumerate(NAMES):
        sides = [each[~np.isnan(each[:, column]), column] for each in (one, other)]
        if min(len(each) for each in sides) > len(one) // 2:
            areas[name] = _area(*sides)
    return sorted(areas.items(), key=lambda item: -abs(item[1] - 0.5))[:count]


def _folds(groups: NDArray[np.int64], is_real: NDArray[np.bool_], generator: np.random.Generator) -> NDArray[np.int64]:
    """Fold (N,) of each piece: works dealt out in turn, those of either side by themselves."""
    folds = np.zeros(len(groups), np.int64)
    for side in (False, True):
        for place, work in enumerate(generator.permutation(np.unique(groups[is_real == side])).tolist()):
            folds[groups == work] = place % FOLDS
    return folds


def _judged(known: Floats, is_real: NDArray[np.bool_], asked: Floats) -> Floats:
    """Logits (N,) of other pieces being real, of a logistic regression trained on the known ones."""
    rooted = [np.sign(each) * np.sqrt(np.abs(each)) for each in (known, asked)]
    count = np.maximum((~np.isnan(rooted[0])).sum(axis=0), 1)
    mean = np.nansum(rooted[0], axis=0) / count
    spread = np.sqrt(np.nansum((rooted[0] - mean) ** 2, axis=0) / count)
    one, other = (np.clip(np.nan_to_num((each - mean) / np.maximum(spread, 1e-3)), -4, 4) for each in rooted)
    sign = np.where(is_real, 1.0, -1.0)
    share = np.where(is_real, 0.5 / max(is_real.sum(), 1), 0.5 / max((~is_real).sum(), 1))

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = sign * (one @ weights[1:] + weights[0])
        slope = -sign * share / (1 + np.exp(np.clip(margin, -500, 500)))
        penalty = PENALTY * weights[1:]
        gradient = np.concatenate([[slope.sum()], one.T @ slope + penalty])
        return float((share * np.logaddexp(0, -margin)).sum() + (penalty * weights[1:]).sum() / 2), gradient

    weights = minimize(loss, np.zeros(one.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return other @ weights[1:] + weights[0]


def _interval(ours: Floats, real: Floats) -> Interval:
    generator = np.random.default_rng(0)
    drawn = [_area(generator.choice(ours, len(ours)), generator.choice(real, len(real))) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return _area(ours, real), float(low), float(high)


def _area(ours: Floats, real: Floats) -> float:
    """Probability that a real piece scores higher than one of ours, ties half."""
    ranks = rankdata(np.concatenate([ours, real]))[len(ours) :]
    return float((ranks.sum() - len(real) * (len(real) + 1) / 2) / (len(ours) * len(real)))
