"""Adapting a model to some pieces: what `firmus.runtime.adapter` adds to its logits is learnt, without PyTorch.

The model reads each piece once; its logits and the tokens that came are all that is learnt from. The loss is the
negative log-likelihood, with a quadratic penalty, and is convex: L-BFGS finds its minimum. Rank and penalty
(`CHOICES`) are those that are best for pieces left out, in three-fold cross-validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from firmus.runtime.adapter import LEAST, Adapter

CHOICES = ((16, 4.0), (48, 4.0), (48, 16.0))  # rank and penalty
FOLDS = 3
STEPS = 25  # of L-BFGS
LIKELY = 3e-6  # mean probability from which on a token is adapted
SAMPLE = 2000  # positions of which the components are found
Floats = NDArray[np.float32]


class Reading(NamedTuple):
    """A piece as a model read it: logits (T, V), and the tokens (T,) that came."""

    logits: Floats
    tokens: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Adapted:
    """What was learnt: the adapter, and nats a token of pieces left out, without it and with it."""

    adapter: Adapter
    before: float
    after: float


def nats(reading: Reading, adapter: Adapter | None = None) -> float:
    """Negative log-likelihood of all tokens of a piece."""
    logits = adapter(reading.logits) if adapter else reading.logits
    return float(-_log_softmax(logits)[np.arange(len(logits)), reading.tokens].sum())


def adapt(readings: Sequence[Reading]) -> Adapted:
    """Learn an adapter, its rank and penalty by cross-validation.

    Parameters
    ----------
    readings : sequence of Reading
        At least three pieces.
    """
    total = sum(len(each.tokens) for each in readings)
    before = sum(nats(each) for each in readings) / total
    losses = dict.fromkeys(CHOICES, 0.0)
    for fold in range(FOLDS):
        left_out = [each for place, each in enumerate(readings) if place % FOLDS == fold]
        others = [each for place, each in enumerate(readings) if place % FOLDS != fold]
        for choice in CHOICES:
            adapter = fit(others, *choice)
            losses[choice] += sum(nats(each, adapter) for each in left_out) / total
    best = min(losses, key=lambda choice: losses[choice])
    return Adapted(fit(readings, *best), before, losses[best])


def fit(readings: Sequence[Reading], rank: int, penalty: float) -> Adapter:
    """The adapter of a rank that makes some pieces most likely, less the penalty; rank 0 is a bias alone."""
    logits = np.concatenate([each.logits for each in readings])
    came = np.concatenate([each.tokens for each in readings])
    scores = _log_softmax(logits)
    tokens = np.union1d(np.flatnonzero(np.exp(scores).mean(0) > LIKELY), came)
    rest = np.setdiff1d(np.arange(logits.shape[1]), tokens)
    other = np.log(np.exp(scores[:, rest]).sum(1, keepdims=True) + 1e-30)
    own = np.maximum(scores[:, tokens], LEAST)
    mean = own.mean(0)
    _, _, components = np.linalg.svd((own - mean)[:: max(1, len(own) // SAMPLE)], full_matrices=False)
    basis = components[:rank].T
    basis = 2 * basis / (((own - mean) @ basis).std(0) + 1e-6) / np.sqrt(max(rank, 1))
    features = np.hstack([(own - mean) @ basis, np.ones((len(own), 1))]).astype(np.float32)
    wide = np.hstack([scores[:, tokens], other]).astype(np.float32)
    weights = _minimum(wide, np.searchsorted(tokens, came), features, penalty)
    return Adapter(tokens, mean.astype(np.float32), basis.astype(np.float32), weights)


def _minimum(scores: Floats, targets: NDArray[np.int64], features: Floats, penalty: float) -> Floats:
    """Weights (K, N) of features (T, K) that make the targets (T,) likeliest; the last score (T, N + 1) stays."""
    size, rows = (features.shape[1], scores.shape[1] - 1), np.arange(len(targets))

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(size).astype(np.float32)
        moved = scores.copy()
        moved[:, :-1] += features @ weights
        found = _log_softmax(moved)
        slope = np.exp(found)
        slope[rows, targets] -= 1
        gradient = features.T @ slope[:, :-1] + penalty * weights
        value = -found[rows, targets].sum(dtype=np.float64) + penalty / 2 * (weights**2).sum(dtype=np.float64)
        return float(value), gradient.ravel().astype(np.float64)

    found = minimize(
        loss, np.zeros(size[0] * size[1]), jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 5}
    )
    return np.asarray(found.x, np.float32).reshape(size)


def _log_softmax(logits: Floats) -> Floats:
    less = logits - logits.max(1, keepdims=True)
    return np.asarray(less - np.log(np.exp(less).sum(1, keepdims=True)), np.float32)
