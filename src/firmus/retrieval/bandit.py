"""A Bayesian linear bandit: what a listener likes about music, learnt from a few ratings, and what to propose next.

What it is
    A rating is a linear function of a piece's features and noise; its weights have a normal prior, so that after each
    rating their posterior is normal too, in closed form. A list is made of the pieces whose upper confidence bound is
    highest (LinUCB), each as unlike those before it as can be (maximal marginal relevance). Pieces to begin with are
    spread: each as far as can be from those before it.
Paper
    L. Li, W. Chu, J. Langford & R. Schapire, *A contextual-bandit approach to personalized news article
    recommendation* (WWW 2010), algorithm 1; J. Carbonell & J. Goldstein, *The use of MMR, diversity-based reranking*
    (SIGIR 1998); O. Chapelle & L. Li, *An empirical evaluation of Thompson sampling* (NIPS 2011), for `Posterior.draw`.
Conventions
    Ratings are -1 to 1. Features (N, C) lie about 0 with a deviation of 1; they are divided by the root of C.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
PRECISION = 0.2  # of the prior of a weight
NOISE = 0.5  # variance of a rating
OPTIMISM = 0.3  # standard deviations that are added to the mean
DIVERSITY = 0.2  # weight of being unlike, against being liked
OFTEN = 0.9  # quantile that counts as far out, among which the first pieces are not


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Weights of the features: their mean (C,) and covariance (C, C)."""

    mean: Floats
    covariance: Floats

    def contributions(self, features: Floats) -> Floats:
        """What each feature (N, C) adds to the expected rating: (N, C)."""
        return _scaled(features) * self.mean

    def expected(self, features: Floats) -> Floats:
        """Expected ratings (N,)."""
        return _scaled(features) @ self.mean

    def bound(self, features: Floats) -> Floats:
        """Upper confidence bounds (N,) of the ratings."""
        scaled = _scaled(features)
        return scaled @ self.mean + OPTIMISM * np.sqrt(np.einsum("nc,cd,nd->n", scaled, self.covariance, scaled))

    def draw(self, generator: np.random.Generator) -> Floats:
        """Weights (C,) drawn from the posterior, in standard deviations of the prior (Thompson sampling)."""
        root = np.linalg.cholesky(self.covariance)
        return (self.mean + root @ generator.standard_normal(len(self.mean))) * np.sqrt(PRECISION)


def learn(features: Floats, ratings: Floats, weights: Floats) -> Posterior:
    """What rated pieces say.

    Parameters
    ----------
    features : array (N, C)
    ratings, weights : array (N,)
        Weights are 0 to 1: how much each rating still counts.

    Examples
    --------
    >>> slow, fast = [-1.0, 0.0], [1.0, 0.0]
    >>> posterior = learn(np.array([slow, fast]), np.array([1.0, -1.0]), np.ones(2))
    >>> posterior.expected(np.array([slow, fast])).round(2).tolist()
    [0.91, -0.91]
    """
    scaled = _scaled(features)
    precision = PRECISION * np.eye(features.shape[1]) + (scaled.T * weights) @ scaled / NOISE
    covariance = np.linalg.inv(precision)
    return Posterior(covariance @ (scaled.T @ (weights * ratings)) / NOISE, covariance)


def diverse(scores: Floats, features: Floats, count: int, among: int = 200) -> list[int]:
    """Places of the best, each liked and unlike those before it (maximal marginal relevance).

    Examples
    --------
    >>> diverse(np.array([1.0, 0.99, 0.9, 0.0]), np.array([[0.0], [0.0], [3.0], [9.0]]), 3)
    [0, 2, 1]
    """
    places = np.argsort(-scores, kind="stable")[: max(among, count)]
    relevance = scores[places] / max(float(np.ptp(scores)), 1e-9)
    nearest, chosen = np.zeros(len(places)), list[int]()
    for _ in range(min(count, len(places))):
        worth = (1 - DIVERSITY) * relevance - DIVERSITY * nearest
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
        away = ((features[places] - features[places[chosen[-1]]]) ** 2).mean(1)
        nearest = np.maximum(nearest, np.exp(-away))
    return [int(places[each]) for each in chosen]


def spread(features: Floats, count: int) -> list[int]:
    """Places of pieces that are as unlike each other as can be, but for those that are unlike all others.

    Examples
    --------
    >>> spread(np.array([[0.0], [0.1], [1.0], [-1.0]]), 3)
    [0, 2, 3]
    """
    middle = np.median(features, axis=0)
    far = ((features - middle) ** 2).sum(1)
    usual = np.flatnonzero(far <= np.quantile(far, OFTEN)) if len(features) > 10 * count else np.arange(len(features))
    chosen = [int(usual[np.argmin(far[usual])])]
    while len(chosen) < min(count, len(usual)):
        away = ((features[usual][:, None] - features[chosen]) ** 2).sum(2).min(1)
        chosen.append(int(usual[np.argmax(away)]))
    return chosen


def _scaled(features: Floats) -> Floats:
    return features / np.sqrt(features.shape[-1])
