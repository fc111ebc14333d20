"""Latent directions: where each style lies in a latent space, and along which direction a quality increases.

The direction of a quality is the change of a window's point with that quality, on the mean, the others being equal
(least squares of the points on all qualities together). A step Δz = B Δa changes the quality and stays where encoded
windows lie; the reverse regression, of qualities on points, gives directions that lead away from them. Windows
are those of the training music; for a network without an encoder, generated ones.
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
MIN_WINDOWS = 100  # to estimate directions
MIN_DEVIATION = 1e-6  # standard deviation of a quality


def describe(latent: Latent, corpus: Corpus) -> dict[str, Any]:
    """Describe the space of a latent model, for its card.

    Returns
    -------
    dict
        ``styles``, where it has an encoder: mean and standard deviation (Z,) of the points of each style.
        ``qualities``: of each the ``direction`` (Z,), a step for one unit more of it, and ``quantiles`` (17,) of its
        values.
    """
    module = plugins.load("firmus.tokens", latent.card.representation)
    generator = np.random.default_rng(1)
    points, styles, measured = [], [], []
    for _ in range(WINDOWS):
        window = corpus.window("train", generator, latent.card.shape["bars"], True)
        values = window.values
        if latent.can_encode:
            points.append(latent.encode(values[None], window.bar)[0][0])
            styles.append(window.style)
        else:
            points.append(generator.standard_normal(latent.size))
            values = latent.decode(points[-1][None], window.bar, latent.card.shape["bars"], generator)[0]
        measured.append(features.qualities(in_bars(module.decode(values), window.bar)))
    z = np.stack(points)
    styles_known = {"styles": _by_style(z, np.array(styles))} if styles else {}
    return {**styles_known, "qualities": _directions(z, measured)}


def _by_style(z: NDArray[Any], styles: NDArray[Any]) -> dict[str, Any]:
    """Mean and standard deviation of the points of each style, and of all as ``""``."""
    statistics = {}
    for style in ("", *sorted(set(styles.tolist()) - {""})):
        points = z if not style else z[styles == style]
        if len(points) >= 30:
            statistics[style] = {"mean": _rounded(points.mean(axis=0)), "spread": _rounded(points.std(axis=0))}
    return statistics


def _directions(z: NDArray[Any], measured: list[dict[str, float]]) -> dict[str, Any]:
    """Direction and quantiles of each quality: least squares of the points on all qualities together."""
    names = [name for name in features.QUALITIES if any(name in each for each in measured)]
    complete = np.array([all(name in each for name in names) for each in measured])  # a window of rests has no register
    values = np.array([[each[name] for name in names] for each in measured if all(name in each for name in names)])
    if complete.sum() < MIN_WINDOWS:
        return {}
    varied = values.std(axis=0) > MIN_DEVIATION
    names, values = [name for name, good in zip(names, varied, strict=True) if good], values[:, varied]
    centred = values - values.mean(axis=0)
    directions = np.linalg.lstsq(centred, z[complete] - z[complete].mean(axis=0), rcond=None)[0]  # (A, Z)
    quantiles = np.quantile(values, np.linspace(0, 1, QUANTILES), axis=0)
    return {
        name: {"direction": _rounded(direction), "quantiles": _rounded(values_of_name)}
        for name, direction, values_of_name in zip(names, directions, quantiles.T, strict=True)
    }


def _rounded(values: NDArray[Any]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
