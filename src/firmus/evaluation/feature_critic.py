"""A critic of features: how well a simple classifier tells composed music from real music of the same style.

What it is
    Logistic regression on a few hundred features of each piece (`firmus.analysis.passages`). It is trained anew on
    every two sets, on some of their pieces, and judges the others; reported is the area under its ROC curve, .5 where
    it cannot tell them apart.
Conventions
    It judges music, not files: every piece is taken from its beginning, in the same number of bars, as a passage. Only
    the measures of endings see the last bars. A work (a tune and its versions) is never on both sides of a split.
Source
    D. Lopez-Paz & M. Oquab, *Revisiting Classifier Two-Sample Tests* (ICLR 2017).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from firmus.analysis import composition, passages
from firmus.evaluation.intervals import DRAWS, Interval
from firmus.score import Score

Floats = NDArray[np.float64]
BARS = 12  # of each piece, so that the close of a piece of 16 is not among them
FOLDS, ROUNDS = 5, 5
PENALTY = 0.1  # of the weights' squares, against overfitting
NAMES = (*passages.NAMES, *composition.BEGINNING, *composition.END)  # of the features, in order


def features(beginning: Score, end: Score | None = None) -> Floats:
    """Features (F,) of a piece; those of its close from another stretch of it, where one is given; NaN for none."""
    close = beginning if end is None else end
    measured = [each(beginning) for each in composition.BEGINNING.values()]
    measured += [each(close) for each in composition.END.values()]
    return np.concatenate([passages.features(passages.plain(beginning, BARS)), measured])


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
