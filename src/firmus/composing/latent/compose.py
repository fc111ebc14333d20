"""Composing from nothing: windows of points drawn where the style's lie; some ideas, taken up again and answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from firmus import raster
from firmus.analysis import features
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.latent import windows
from firmus.composing.latent.latent_space import SPREAD, Points, Space, between, scale_mask
from firmus.composing.rules import chords_over
from firmus.composing.styles import model_style, styles
from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.runtime.latent import OPEN
from firmus.score import Key, Meter, Score, Tempo
from firmus.tokens import Integers
from firmus.work import Work

BARS = 16
TEMPO = 100.0
TEMPERATURE = 0.5
KEYS = ("C major", "G major", "D major", "F major", "A minor", "D minor", "E minor", "G minor")
PATTERN = (0, 1, 0, 2, 3, 4, 0, 2)  # which idea each window of a phrase takes up


def prepare(commission: Commission, space: Space) -> None:
    """Refuse what cannot be asked for."""
    space.targets(commission.controls)
    _frame(commission, space)


def perform(commission: Commission, space: Space, progress: Progress | None) -> list[Work]:
    """Compose a piece from each seed."""
    targets, frame, works = space.targets(commission.controls), _frame(commission, space), []
    for number, seed in enumerate(commission.seeds, 1):
        generator = np.random.default_rng(seed)
        key = commission.tonality or Key.parse(KEYS[int(generator.integers(len(KEYS)))])
        values = _phrases(commission, space, frame, key, targets, generator)
        bar = frame.meters[0].bar // raster.STEP
        score = space.score(values[: frame.end // raster.STEP], bar)
        pitched = not all(part.is_drums for part in score.parts)
        score = replace(
            score,
            meters=frame.meters,
            tempi=frame.tempi,
            keys=(key,) if pitched else (),
            chords=frame.chords,
            title=_title(commission, key if pitched else None),
            end=frame.end,
        )
        if not space.latent.is_autoregressive and pitched:
            score = windows.ruled(score, frozenset(key.scale) if commission.is_strict("key") else frozenset())
        score = windows.basses_in_range(score)
        spans = tuple((0, score.end, row) for row in range(len(score.parts)))
        works.append(origins.work(commission, seed, score, measured=features.qualities(score), composed=spans))
        if progress:
            progress("compose", number, len(commission.seeds))
    return works


def points(
    space: Space, style: str, generator: np.random.Generator, key: Key | None = None, bar: int = 0
) -> list[Points]:
    """A point for each idea of `PATTERN`, near to one another, in a key."""

    def drawn() -> Points:
        return space.draw_in(key, style, bar, generator) if key else space.draw(style, generator)

    first = drawn()
    return [first, *(between(first, drawn(), SPREAD) for _ in range(max(PATTERN)))]


def _frame(commission: Commission, space: Space) -> Score:
    """The empty score: meter, tempo, length and chords."""
    name, meter, request = space.card.name, commission.meter or Meter(0, 4, 4), commission.request
    bar = meter.bar // raster.STEP
    known = space.card.facts.get("bar", 0)  # a piano roll has one width
    if meter.bar % raster.STEP or bar > raster.LONGEST_BAR or known not in (0, bar):
        most = f"bars of {known} sixteenths" if known else "bars of up to 6/4, in whole sixteenths"
        raise InvalidBrief(f"meter {request.get('meter')}: model {name!r} knows {most}")
    if commission.named_parts or commission.named_ranges:
        raise InvalidBrief(f"model {name!r} has parts of its own: {', '.join(space.module.NAMES)}")
    if commission.progression and space.card.representation != "band":
        raise InvalidBrief(f"chords {request['chords']}: model {name!r} knows no chords; gan-band and composer do")
    tempo = commission.tempo or TEMPO
    bars = round(commission.seconds * tempo * 8 / meter.bar) if commission.seconds else commission.bars or BARS
    if commission.seconds and not commission.tempo:
        tempo = max(bars, 1) * meter.bar / 8 / commission.seconds
    frame = Score(meters=(meter,), tempi=(Tempo(0, tempo),), end=max(bars, 1) * meter.bar)
    return replace(frame, chords=chords_over(commission.progression, frame)) if commission.progression else frame


def _title(commission: Commission, key: Key | None) -> str:
    style = styles()[commission.style].title if commission.style in styles() else commission.card.name
    return f"{style} in {key.text}" if key else style


def _phrases(
    commission: Commission,
    space: Space,
    frame: Score,
    key: Key,
    targets: dict[str, float],
    generator: np.random.Generator,
) -> Integers:
    """Windows (T, C) side by side: ideas that come back (`PATTERN`), the last one ending on the tonic."""
    bar = frame.meters[0].bar // raster.STEP
    steps = bar * space.bars
    count = -(-frame.end // (steps * raster.STEP))
    temperature = TEMPERATURE if commission.temperature is None else commission.temperature
    ideas = points(space, model_style(commission.style), generator, key, bar)
    scale = scale_mask(space, set(key.scale), steps) if commission.is_strict("key") else None
    given = np.full((count * steps, len(space.module.COLUMNS)), OPEN)
    if frame.chords:
        lane = space.module.encode(frame)[:, -1]
        given[: len(lane), -1] = lane
    pieces: list[Integers] = []
    base = int(generator.integers(2**31))
    for place in range(count):
        last = place + 1 == count
        allowed = _resting(space, key, scale, steps, bar) if last and scale is not None else scale
        fixed = given[place * steps : (place + 1) * steps]
        idea = PATTERN[place % len(PATTERN)]

        def decode(z: Points, allowed: Any = allowed, fixed: Any = fixed, idea: int = idea) -> Integers:
            own = np.random.default_rng([base, idea])  # an idea that comes back is decoded alike
            return space.latent.decode(z, bar, space.bars, own, temperature, np.repeat(fixed[None], len(z), 0), allowed)

        values = space.nearest(ideas[idea][None], targets, bar, decode)[1][0]
        pieces.append(values if space.latent.can_encode else space.moved_into(key, values, bar))
    return np.concatenate(pieces)


def _resting(space: Space, key: Key, scale: Any, steps: int, bar: int) -> Any:
    """A mask whose last bar allows the tonic alone to begin."""
    tonic = scale_mask(space, {key.scale[0]}, steps)
    allowed = scale.copy()
    allowed[steps - bar :] &= tonic[steps - bar :]
    return allowed
