"""How sure a figure is: bootstrap intervals over pieces.

Paper: Efron 1979; the percentile interval. Pieces are drawn, not tokens or bars: those of one piece are alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
Interval = tuple[float, float, float]


def ratio(sums: Sequence[float] | NDArray[np.float64], counts: Sequence[float] | NDArray[np.float64]) -> Interval:
    """Sum over sum, and its 95 % interval: nats a note, or a share of windows.

    Parameters
    ----------
    sums, counts : sequence (pieces,)
        Of each piece; not all counts may be 0.

    Returns
    -------
    tuple of float
        The ratio over all pieces, and the ends of its interval.

    Examples
    --------
    >>> ratio([1, 1, 1], [2, 2, 2])
    (0.5, 0.5, 0.5)
    """
    above, below = np.asarray(sums, float), np.asarray(counts, float)
    drawn = np.random.default_rng(0).integers(0, len(above), (DRAWS, len(above)))
    ratios = above[drawn].sum(axis=1) / np.maximum(below[drawn].sum(axis=1), 1e-12)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(above.sum() / below.sum()), float(low), float(high)


def mean(values: Sequence[float] | NDArray[np.float64]) -> Interval:
    """Mean over pieces, and its 95 % interval; pieces without a value (NaN) are left out.

    Examples
    --------
    >>> mean([2.0, 2.0, float("nan")])
    (2.0, 2.0, 2.0)
    """
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    return ratio(known, np.ones(len(known)))
