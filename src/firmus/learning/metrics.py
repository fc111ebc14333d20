"""How well chances of classes were told: accuracies, F1, calibration, confusion.

Conventions: ``chances`` (N, C) of every class, ``truth`` (N,) the right one. Balanced accuracy and macro-F1 are means
over the classes that occur. Calibration: M. P. Naeini, G. F. Cooper & M. Hauskrecht, *Obtaining Well Calibrated
Probabilities Using Bayesian Binning* (AAAI 2015), the expected calibration error in ten bins of equal width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]
BINS = 10


def confusion(chances: Floats, truth: Integers) -> Integers:
    """How often (C, C) pieces of a class (row) were told to be of another (column).

    Examples
    --------
    >>> confusion(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.array([0, 1, 1])).tolist()
    [[1, 0], [1, 1]]
    """
    found = np.zeros((chances.shape[1], chances.shape[1]), np.int64)
    np.add.at(found, (truth, chances.argmax(axis=1)), 1)
    return found


def marks(chances: Floats, truth: Integers) -> dict[str, float]:
    """``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``top_3`` and ``calibration_error``, each 0 to 1.

    Examples
    --------
    >>> found = marks(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.array([0, 1, 1]))
    >>> found["accuracy"], found["balanced_accuracy"], found["macro_f1"], found["top_3"]
    (0.6667, 0.75, 0.6667, 1.0)
    """
    table = confusion(chances, truth)
    right, own, told = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    there = own > 0
    best = np.argsort(-chances, axis=1, kind="stable")[:, :3]
    found = {
        "accuracy": right.sum() / max(table.sum(), 1),
        "balanced_accuracy": (right[there] / own[there]).mean(),
        "macro_f1": (2 * right[there] / (own[there] + told[there])).mean(),
        "top_3": (best == truth[:, None]).any(axis=1).mean(),
        "calibration_error": calibration_error(chances, truth),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def calibration_error(chances: Floats, truth: Integers) -> float:
    """Mean distance between how sure one was and how often one was right, over ten bins of how sure.

    Examples
    --------
    >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    0.0
    """
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    parts = [(place == each) for each in range(BINS) if (place == each).any()]
    return float(sum(some.sum() * abs(sure[some].mean() - right[some].mean()) for some in parts) / max(len(truth), 1))


def auroc(inside: Floats, outside: Floats) -> float:
    """Chance that something outside lies farther than something inside (area under the ROC curve); ties count half.

    Examples
    --------
    >>> auroc(np.array([0.1, 0.2]), np.array([0.2, 0.9]))
    0.875
    """
    above = (outside[:, None] > inside).mean() + 0.5 * (outside[:, None] == inside).mean()
    return float(above)
