"""Composing, varying and accompanying with a latent model."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import numpy as np

from firmus import raster
from firmus.analysis.chords import recognise
from firmus.composing import latent_space as windows
from firmus.composing import session
from firmus.composing.source import given, stretches
from firmus.composing.styles import STYLES
from firmus.errors import InvalidBrief
from firmus.runtime.latent import OPEN
from firmus.runtime.weights import Card
from firmus.score import Key, Meter, Score, Tempo
from firmus.tokens import Integers
from firmus.work import Brief, Work

USUAL_BARS = 16
USUAL_TEMPO = 100.0
USUAL_AMOUNT = 0.3
USUAL_TEMPERATURE = 0.5
KEYS = ("C major", "G major", "D major", "F major", "A minor", "D minor", "E minor", "G minor")
PATTERN = (0, 1, 0, 2, 3, 4, 0, 2)  # which idea each window of a phrase takes up


def vary(brief: Brief, chosen: Card, progress: session.Progress | None) -> list[Work]:
    """Move each window of a piece some way towards a random point, or towards more or less of a quality."""
    source = given(brief, "vary")
    space = windows.Space(chosen)
    wanted = space.targets(brief)
    heard, place = windows.heard(source, space.module, brief)
    found = list(windows.cut(heard, space, stretches(source, brief.bars)))
    amount = brief.amount if brief.amount is not None else 0.0 if wanted else USUAL_AMOUNT
    first = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    works = []
    for number in range(brief.count):
        seed = (first + number) % 2**63
        generator = np.random.default_rng(seed)
        other = space.draw(brief.style or "", generator)
        told: list[Integers] = []
        for index, window in enumerate(found):
            mean, _ = space.latent.encode(window.values[None], window.bar)
            z = windows.between(mean[0], windows.between(other, space.draw(brief.style or "", generator), 0.3), amount)
            told.append(_decoded(space, z, wanted, window.bar, generator, brief))
            if progress:
                progress("vary", index + 1, len(found))
        if place is None:
            parts = windows.spliced(space.module.quantise(source).parts, space, told, found)
            rows = list(range(len(parts)))
        else:
            (part,) = windows.spliced(heard.parts, space, told, found)
            parts, rows = (*source.parts[:place], part, *source.parts[place + 1 :]), [place]
        spans = tuple((window.first, window.last, row) for window in found for row in rows)
        works.append(
            windows.work(
                brief, "vary", chosen, seed, replace(source, parts=parts),
                composed=spans, source=session.digest(source),
            )
        )  # fmt: skip
    return works


def _decoded(
    space: windows.Space, z: Any, wanted: dict[str, float], bar: int, generator: np.random.Generator, brief: Brief
) -> Integers:
    """A window (T, C) of a point (Z,), nearest to what is wanted, in the key asked for."""
    heat = USUAL_TEMPERATURE if brief.temperature is None else brief.temperature
    allowed = windows.key_mask(space, brief, bar * space.bars)

    def decode(points: windows.Points) -> Integers:
        return space.latent.decode(points, bar, space.bars, generator, heat, allowed=allowed)

    found: Integers = space.nearest(z[None], wanted, bar, decode)[1][0]
    return found


def compose(brief: Brief, chosen: Card, progress: session.Progress | None) -> list[Work]:
    """Compose windows from points drawn where the style's lie: some ideas, taken up again and answered."""
    space = windows.Space(chosen)
    wanted = space.targets(brief)
    frame = _frame(brief, space)
    first = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    works = []
    for number in range(brief.count):
        seed = (first + number) % 2**63
        generator = np.random.default_rng(seed)
        key = session.key_asked(brief) or Key.parse(KEYS[int(generator.integers(len(KEYS)))])
        told = _ideas(space, brief, frame, key, wanted, generator)
        bar = frame.meters[0].bar // raster.STEP
        score = space.score(told[: frame.end // raster.STEP], bar)
        pitched = not all(part.is_drums for part in score.parts)
        score = replace(
            score, meters=frame.meters, tempi=frame.tempi, keys=(key,) if pitched else (), chords=frame.chords,
            title=_title(brief, chosen, key if pitched else None), end=frame.end,
        )  # fmt: skip
        if not space.latent.can_tell and pitched:
            score = windows.ruled(score, frozenset(key.scale) if brief.is_strict("key") else frozenset())
        spans = tuple((0, score.end, row) for row in range(len(score.parts)))
        works.append(windows.work(brief, "compose", chosen, seed, score, composed=spans))
        if progress:
            progress("compose", number + 1, brief.count)
    return works


def accompany(brief: Brief, chosen: Card, progress: session.Progress | None) -> list[Work]:
    """Paint the instruments of a band that a source has not, beside those it has, under its chords."""
    source, space = given(brief, "accompany"), windows.Space(chosen)
    for name in ("bars", "density", "register", "syncopation"):
        if getattr(brief, name) is not None:
            raise InvalidBrief(
                f"{name} {getattr(brief, name)}: {chosen.name} accompanies the whole source, as it hears it"
            )
    parts = tuple(source.parts[session.find_part(source, name)] for name in brief.parts) or source.parts
    taken = {space.module.instrument(part) for part in parts if part.notes}
    missing = [row for row in range(len(space.module.NAMES)) if row not in taken]
    if not missing:
        raise InvalidBrief(f"the source has {', '.join(space.module.NAMES).lower()}: nothing is left to accompany with")
    symbols = session.chords_over(brief.chords, source) if brief.chords else source.chords or recognise(source)
    heard = replace(source, parts=parts, chords=symbols)
    found = list(windows.cut(heard, space, stretches(heard, None)))
    key = Key.parse(brief.key) if brief.key and brief.is_strict("key") else None
    silent = space.module.decode(np.zeros((1, len(space.module.COLUMNS)), np.int64)).parts
    first = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    works = []
    for number in range(brief.count):
        seed = (first + number) % 2**63
        generator = np.random.default_rng(seed)
        ideas, told = _points(space, brief, generator), []
        for place, window in enumerate(found):
            fixed = window.values.copy()
            for row in missing:
                fixed[:, row * space.module.PITCHES : (row + 1) * space.module.PITCHES] = OPEN
            z = ideas[PATTERN[place % len(PATTERN)]][None]
            told.append(space.latent.decode(z, window.bar, space.bars, generator, given=fixed[None])[0])
            if progress:
                progress("accompany", place + 1, len(found))
        painted = replace(heard, parts=windows.spliced(silent, space, told, found))
        painted = windows.ruled(painted, frozenset(key.scale) if key else frozenset())
        fresh = tuple(painted.parts[row] for row in missing if painted.parts[row].notes)
        score = replace(source, parts=parts + fresh, chords=symbols)
        spans = tuple((found[0].first, score.end, len(parts) + row) for row in range(len(fresh)))
        works.append(
            windows.work(brief, "accompany", chosen, seed, score, composed=spans, source=session.digest(source))
        )
    return works


def _points(
    space: windows.Space, brief: Brief, generator: np.random.Generator, key: Key | None = None, bar: int = 0
) -> list[windows.Points]:
    """A point for each idea of `PATTERN`, near to one another, in a key."""

    def drawn() -> windows.Points:
        style = brief.style or ""
        return space.draw_in(key, style, bar, generator) if key else space.draw(style, generator)

    first = drawn()
    return [first, *(windows.between(first, drawn(), windows.SPREAD) for _ in range(max(PATTERN)))]


def _frame(brief: Brief, space: windows.Space) -> Score:
    """The empty score: meter, tempo, length and chords."""
    name, meter = space.card.name, Meter.parse(brief.meter or "4/4")
    bar = meter.bar // raster.STEP
    known = space.card.facts.get("bar", 0)  # a picture has one width
    if meter.bar % raster.STEP or bar > raster.LONGEST_BAR or known not in (0, bar):
        most = f"bars of {known} sixteenths" if known else "bars of up to 6/4, in whole sixteenths"
        raise InvalidBrief(f"meter {brief.meter}: model {name!r} knows {most}")
    if brief.parts or brief.ranges:
        raise InvalidBrief(f"model {name!r} has parts of its own: {', '.join(space.module.NAMES)}")
    if brief.chords and space.card.representation != "band":
        raise InvalidBrief(f"chords {brief.chords}: model {name!r} knows no chords; gan-band and composer do")
    tempo = brief.tempo or USUAL_TEMPO
    bars = round(brief.seconds * tempo * 8 / meter.bar) if brief.seconds else int(brief.bars or USUAL_BARS)
    if brief.seconds and not brief.tempo:
        tempo = max(bars, 1) * meter.bar / 8 / brief.seconds
    frame = Score(meters=(meter,), tempi=(Tempo(0, tempo),), end=max(bars, 1) * meter.bar)
    return replace(frame, chords=session.chords_over(brief.chords, frame)) if brief.chords else frame


def _title(brief: Brief, chosen: Card, key: Key | None) -> str:
    style = STYLES[brief.style].title if brief.style in STYLES else chosen.name
    return f"{style} in {key.text}" if key else style


def _ideas(
    space: windows.Space,
    brief: Brief,
    frame: Score,
    key: Key,
    wanted: dict[str, float],
    generator: np.random.Generator,
) -> Integers:
    """Windows (T, C) side by side: ideas that come back (`PATTERN`), the last one ending on the tonic."""
    bar = frame.meters[0].bar // raster.STEP
    steps = bar * space.bars
    count = -(-frame.end // (steps * raster.STEP))
    heat = USUAL_TEMPERATURE if brief.temperature is None else brief.temperature
    ideas = _points(space, brief, generator, key, bar)
    scale = windows.scale_mask(space, set(key.scale), steps) if brief.is_strict("key") else None
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

        def decode(z: windows.Points, allowed: Any = allowed, fixed: Any = fixed, idea: int = idea) -> Integers:
            own = np.random.default_rng([base, idea])  # an idea that comes back is told alike
            return space.latent.decode(z, bar, space.bars, own, heat, np.repeat(fixed[None], len(z), 0), allowed)

        told = space.nearest(ideas[idea][None], wanted, bar, decode)[1][0]
        pieces.append(told if space.latent.can_encode else space.moved_into(key, told, bar))
    return np.concatenate(pieces)


def _resting(space: windows.Space, key: Key, scale: Any, steps: int, bar: int) -> Any:
    """A mask whose last bar allows the tonic alone to begin."""
    tonic = windows.scale_mask(space, {key.scale[0]}, steps)
    allowed = scale.copy()
    allowed[steps - bar :] &= tonic[steps - bar :]
    return allowed
