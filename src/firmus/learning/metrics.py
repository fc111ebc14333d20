"""Classification metrics: accuracies, F1, calibration error, confusion matrix, AUROC.

Conventions: ``probabilities`` (N, C) of the classes, ``truth`` (N,) the true class. Balanced accuracy and macro-F1
are means over the classes that occur. Calibration: M. P. Naeini, G. F. Cooper & M. Hauskrecht, *Obtaining Well
Calibrated Probabilities Using Bayesian Binning* (AAAI 2015), the expected calibration error in ten bins of equal
width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]
BINS = 10


def confusion(probabilities: Floats, truth: Integers) -> Integers:
    """Confusion matrix (C, C): counts of true (row) against predicted (column) class.

    Examples
    --------
    >>> confusion(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.array([0, 1, 1])).tolist()
    [[1, 0], [1, 1]]
    """
    counts = np.zeros((probabilities.shape[1], probabilities.shape[1]), np.int64)
    np.add.at(counts, (truth, probabilities.argmax(axis=1)), 1)
    return counts


def classification_metrics(probabilities: Floats, truth: Integers) -> dict[str, float]:
    """``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``top_3`` and ``calibration_error``, each 0 to 1.

    Examples
    --------
    >>> metrics = classification_metrics(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.array([0, 1, 1]))
    >>> metrics["accuracy"], metrics["balanced_accuracy"], metrics["macro_f1"], metrics["top_3"]
    (0.6667, 0.75, 0.6667, 1.0)
    """
    table = confusion(probabilities, truth)
    correct, actual, predicted = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    present = actual > 0
    top = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    metrics = {
        "accuracy": correct.sum() / max(table.sum(), 1),
        "balanced_accuracy": (correct[present] / actual[present]).mean(),
        "macro_f1": (2 * correct[present] / (actual[present] + predicted[present])).mean(),
        "top_3": (top == truth[:, None]).any(axis=1).mean(),
        "calibration_error": calibration_error(probabilities, truth),
    }
    return {name: round(float(value), 4) for name, value in metrics.items()}


def calibration_error(probabilities: Floats, truth: Integers) -> float:
    """Expected calibration error: mean gap between confidence and accuracy, over ten bins of confidence.

    Examples
    --------
    >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    0.0
    """
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
    masks = [(bin_of == each) for each in range(BINS) if (bin_of == each).any()]
    gaps = (mask.sum() * abs(confidence[mask].mean() - correct[mask].mean()) for mask in masks)
    return float(sum(gaps) / max(len(truth), 1))


def auroc(inside: Floats, outside: Floats) -> float:
    """Area under the ROC curve of a score that is to be higher outside than inside; ties count half.

    Examples
    --------
    >>> auroc(np.array([0.1, 0.2]), np.array([0.2, 0.9]))
    0.875
    """
    above = (outside[:, None] > inside).mean() + 0.5 * (outside[:, None] == inside).mean()
    return float(above)
