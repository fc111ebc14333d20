"""Bootstrap intervals hold what they should."""

from __future__ import annotations

import numpy as np
import pytest

from firmus.evaluation import intervals


def test_ratio_weighs_long_pieces_more() -> None:
    assert intervals.ratio([1, 30], [10, 30])[0] == pytest.approx(31 / 40)


def test_the_interval_has_the_width_of_the_normal_theory() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    mean, low, high = intervals.mean(values)
    assert mean == pytest.approx(values.mean())
    assert high - low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.15)


def test_the_same_each_time() -> None:
    assert intervals.mean([1.0, 2.0, 4.0]) == intervals.mean([1.0, 2.0, 4.0])
