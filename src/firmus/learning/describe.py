"""What a space of points means: where each style lies, and which way leads to more of a quality.

For each quality a direction is found by least squares: the values that training windows measure, on the points
where they lie. A step Δz = W⁺ Δa, W⁺ the pseudo-inverse of all directions together, changes one quality and, as far as
they are linear, none of the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import plugins
from firmus.analysis import features
from firmus.learning.corpus import Corpus
from firmus.runtime.latent import Latent
from firmus.tokens import in_bars

WINDOWS = 3000
QUANTILES = 17
FEWEST = 4  # windows a dimension of the space, to find a direction


def describe(latent: Latent, corpus: Corpus) -> dict[str, Any]:
    """What the card of a latent model says of its space, from training windows.

    Returns
    -------
    dict
        ``styles``: mean and standard deviation (Z,) of the points of each style. ``qualities``: of each the
        ``direction`` (Z,), ``offset`` (value = direction · z + offset) and ``quantiles`` (17,) of its values.
    """
    module = plugins.load("firmus.tokens", latent.card.representation)
    generator = np.random.default_rng(1)
    points, styles, measured = [], [], []
    for _ in range(WINDOWS):
        window = corpus.window("train", generator, latent.card.shape["bars"], True)
        points.append(latent.encode(window.values[None], window.bar)[0][0])
        styles.append(window.style)
        measured.append(features.qualities(in_bars(module.decode(window.values), window.bar)))
    z = np.stack(points)
    return {"styles": _by_style(z, np.array(styles)), "qualities": _directions(z, measured)}


def _by_style(z: NDArray[Any], styles: NDArray[Any]) -> dict[str, Any]:
    """Mean and standard deviation of the points of each style, and of all as ``""``."""
    found = {}
    for style in ("", *sorted(set(styles.tolist()) - {""})):
        chosen = z if not style else z[styles == style]
        if len(chosen) >= 30:
            found[style] = {"mean": _rounded(chosen.mean(axis=0)), "spread": _rounded(chosen.std(axis=0))}
    return found


def _directions(z: NDArray[Any], measured: list[dict[str, float]]) -> dict[str, Any]:
    """Least squares of each quality, with a little ridge, on the points."""
    found = {}
    for name in features.QUALITIES:
        has = np.array([name in each for each in measured])  # a window of rests has no register
        values = np.array([each[name] for each in measured if name in each])
        if has.sum() < FEWEST * z.shape[1] or values.std() < 1e-6:
            continue
        middle = z[has].mean(axis=0)
        centred = z[has] - middle
        ridge = 1e-3 * len(values) * np.eye(z.shape[1])
        direction = np.linalg.solve(centred.T @ centred + ridge, centred.T @ (values - values.mean()))
        offset = float(values.mean() - direction @ middle)
        quantiles = np.quantile(values, np.linspace(0, 1, QUANTILES))
        found[name] = {
            "direction": _rounded(direction), "offset": round(offset, 5), "quantiles": _rounded(quantiles),
        }  # fmt: skip
    return found


def _rounded(values: NDArray[Any]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
