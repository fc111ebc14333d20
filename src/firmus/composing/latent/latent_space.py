"""Latent space: points where the windows of a style lie, ways between them, directions of qualities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import plugins, raster
from firmus.analysis import features, keys
from firmus.composing.commission import Commission
from firmus.errors import InvalidBrief
from firmus.runtime.latent import Latent, load
from firmus.runtime.weights import Card
from firmus.score import Key, Score
from firmus.tokens import Integers, in_bars

Points = NDArray[np.float32]
STRENGTHS = (0.5, 1.0, 1.5, 2.2, 3.0)  # of a step towards a quality, of which the nearest result is kept
KEY_POINTS, KEY_TEMPERATURE = 8, 0.5  # of so many points, decoded so, the one clearest about its key is taken
SPREAD = 0.35  # share of the way to a random point that neighbouring windows of one piece lie apart


class Space:
    """A latent model, its representation and what its card says of its space."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.module: Any = plugins.load("firmus.tokens", card.representation)
        self.bars = card.shape["bars"]
        self.lines = [column for column, size in enumerate(self.module.COLUMNS) if size == raster.LINE]
        self.facts: dict[str, Any] = card.facts.get("space", {})

    @cached_property
    def latent(self) -> Latent:
        """The model, loaded when it is first used."""
        return load(self.card.name)

    def draw(self, style: str, generator: np.random.Generator) -> Points:
        """A random point (Z,) where windows of a style lie; of a model without an encoder, anywhere."""
        styles = self.facts.get("styles", {})
        about = styles.get(style) or styles.get("")
        noise = generator.standard_normal(self.latent.size)
        if about is None:
            return noise.astype(np.float32)
        return (np.array(about["mean"]) + np.array(about["spread"]) * noise).astype(np.float32)

    def draw_in(self, key: Key, style: str, bar: int, generator: np.random.Generator) -> Points:
        """As `draw`, of several points the one whose window is clearest about its key, moved into this one.

        The space holds every tune in every key: the window of a point is decoded, transposed and encoded again.
        """
        if not self.lines or not self.latent.can_encode:
            return self.draw(style, generator)
        z = np.stack([self.draw(style, generator) for _ in range(KEY_POINTS)])
        windows = self.latent.decode(z, bar, self.bars, generator, KEY_TEMPERATURE)
        estimates = [keys.estimate(self.score(values, bar)) for values in windows]
        confidences = [each.confidence * (each.key.mode == key.mode) if each else 0.0 for each in estimates]
        best = int(np.argmax(confidences))
        if not confidences[best]:
            return z[best]
        return self.latent.encode(self.moved_into(key, windows[best], bar)[None], bar)[0][0]

    def moved_into(self, key: Key, values: Integers, bar: int) -> Integers:
        """A window (T, C) transposed from its estimated key to this one, or to the key of the same scale."""
        estimate = keys.estimate(self.score(values, bar))
        if estimate is None:
            return values
        shift = (7 * (key.signature - estimate.key.signature) + 6) % 12 - 6
        window = values.copy()
        for column in self.lines:
            window[:, column] = raster.moved(window[:, column], shift)
        return window

    def score(self, values: Integers, bar: int) -> Score:
        """A window's Score."""
        return in_bars(self.module.decode(values), bar)

    def towards(self, measured: Mapping[str, float], targets: Mapping[str, float]) -> Points:
        """The step Δz = B Δa (Z,) from what is measured to the targets of some qualities."""
        known = self.facts.get("qualities", {})
        steps = [
            np.array(known[name]["direction"]) * (value - measured.get(name, value)) for name, value in targets.items()
        ]
        return np.sum(steps, axis=0).astype(np.float32)

    def targets(self, shares: Mapping[str, float]) -> dict[str, float]:
        """What is asked of each quality, as a value: the share of the training windows that have less.

        Raises
        ------
        InvalidBrief
            Where the space has no direction for it.
        """
        known = self.facts.get("qualities", {})
        values = {}
        for name in features.QUALITIES:
            if name in shares:
                if name not in known:
                    able = ", ".join(known) or "no quality"
                    raise InvalidBrief(f"{name} {shares[name]}: model {self.card.name!r} can be asked for {able}")
                quantiles = known[name]["quantiles"]
                values[name] = float(np.interp(shares[name], np.linspace(0, 1, len(quantiles)), quantiles))
        return values

    def nearest(
        self, z: Points, targets: Mapping[str, float], bar: int, decode: Callable[[Points], Integers]
    ) -> tuple[Points, Integers]:
        """Points (N, Z) moved towards some targets, and their windows: of several strengths the nearest."""
        values = decode(z)
        if not targets:
            return z, values
        step = self.towards(self._measured(values, bar), targets)
        candidates = [(z, values), *((z + strength * step, decode(z + strength * step)) for strength in STRENGTHS)]
        spread = {name: self._spread(name) for name in targets}

        def distance(values: Integers) -> float:
            measured = self._measured(values, bar)
            return sum(abs(measured.get(name, value) - value) / spread[name] for name, value in targets.items())

        return min(candidates, key=lambda each: distance(each[1]))

    def _measured(self, windows: Integers, bar: int) -> dict[str, float]:
        """Mean of each quality of windows (N, T, C)."""
        rows = [features.qualities(self.score(each, bar)) for each in windows]
        names = set().union(*rows)
        return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}

    def _spread(self, name: str) -> float:
        quantiles = self.facts["qualities"][name]["quantiles"]
        return max(float(quantiles[-2] - quantiles[1]), 1e-6)


def between(one: Points, other: Points, share: float) -> Points:
    """The point a share of the way from one to the other on an arc (spherical interpolation, Shoemake 1985).

    Examples
    --------
    >>> between(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5).round(3)
    array([0.707, 0.707], dtype=float32)
    """
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = float(np.clip((one @ other) / max(lengths, 1e-9), -1, 1))
    angle = np.arccos(cosine)
    if angle < 1e-3:
        return (1 - share) * one + share * other
    on_the_arc = (np.sin((1 - share) * angle) * one + np.sin(share * angle) * other) / np.sin(angle)
    return on_the_arc.astype(np.float32)


def key_mask(space: Space, commission: Commission, steps: int) -> NDArray[np.bool_] | None:
    """Which values may be drawn (T, F): of lines the pitches of the key asked for; None where none is a rule."""
    if commission.key is None or not commission.is_strict("key"):
        return None
    return scale_mask(space, set(commission.key.scale), steps)


def scale_mask(
    space: Space, scale: set[int], steps: int, low: int = raster.LOWEST, high: int = raster.HIGHEST
) -> NDArray[np.bool_]:
    """Which values may be drawn (T, F): of lines some pitch classes within a range; all values of other columns."""
    masks = []
    for size in space.module.COLUMNS:
        mask = np.ones(size, bool)
        if size == raster.LINE:
            pitches = np.arange(raster.LOWEST, raster.HIGHEST + 1)
            mask[raster.FIRST :] = [pitch % 12 in scale and low <= pitch <= high for pitch in pitches]
        masks.append(mask)
    return np.tile(np.concatenate(masks), (steps, 1))
