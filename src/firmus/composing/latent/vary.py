"""Varying: each window of a piece moves some way towards a random point, or towards more or less of a quality."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from firmus.analysis import features
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.latent import windows
from firmus.composing.latent.latent_space import Points, Space, between, key_mask
from firmus.composing.source import source_of
from firmus.composing.styles import model_style
from firmus.progress import Progress
from firmus.tokens import Integers
from firmus.work import Work

AMOUNT = 0.3  # of the way, where none is asked for
TEMPERATURE = 0.5


def prepare(commission: Commission, space: Space) -> None:
    """Refuse what cannot be asked for."""
    space.targets(commission.controls)
    read, _ = windows.parts_read(source_of(commission), space.module, commission)
    list(windows.cut(read, space, commission.spans))


def perform(commission: Commission, space: Space, progress: Progress | None) -> list[Work]:
    """Vary the piece once from each seed."""
    source, targets = source_of(commission), space.targets(commission.controls)
    read, place = windows.parts_read(source, space.module, commission)
    cut = list(windows.cut(read, space, commission.spans))
    amount = commission.amount if commission.amount is not None else 0.0 if targets else AMOUNT
    works = []
    for seed in commission.seeds:
        generator = np.random.default_rng(seed)
        other = space.draw(model_style(commission.style), generator)
        values: list[Integers] = []
        for index, window in enumerate(cut):
            mean, _ = space.latent.encode(window.values[None], window.bar)
            z = between(mean[0], between(other, space.draw(model_style(commission.style), generator), 0.3), amount)
            values.append(_decoded(commission, space, z, targets, window.bar, generator))
            if progress:
                progress("vary", index + 1, len(cut))
        if place is None:
            parts = windows.spliced(space.module.quantise(source).parts, space, values, cut)
            rows = list(range(len(parts)))
        else:
            (part,) = windows.spliced(read.parts, space, values, cut)
            parts, rows = (*source.parts[:place], part, *source.parts[place + 1 :]), [place]
        spans = tuple((window.first, window.last, row) for window in cut for row in rows)
        score = replace(source, parts=parts)
        works.append(origins.work(commission, seed, score, measured=features.qualities(score), composed=spans))
    return works


def _decoded(
    commission: Commission, space: Space, z: Any, targets: dict[str, float], bar: int, generator: np.random.Generator
) -> Integers:
    """A window (T, C) of a point (Z,), nearest to the targets, in the key asked for."""
    temperature = TEMPERATURE if commission.temperature is None else commission.temperature
    allowed = key_mask(space, commission, bar * space.bars)

    def decode(points: Points) -> Integers:
        return space.latent.decode(points, bar, space.bars, generator, temperature, allowed=allowed)

    return space.nearest(z[None], targets, bar, decode)[1][0]
