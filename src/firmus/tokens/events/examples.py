"""Training sequences: random cuts of a piece with a random open region, in a random key, with control tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.tokens import Example, Integers, Prepared, Scales
from firmus.tokens.events import vocabulary
from firmus.tokens.events.assembly import assemble
from firmus.tokens.events.cells import BAR_SECTION, NO_TOKEN, grid_shape
from firmus.tokens.events.controls import borders, classify, control, measure
from firmus.tokens.events.part_order import in_order, with_parts

PLANS = 0.2  # share of plans among the examples that have chord symbols
GIVEN_PARTS = 0.3  # share of the parts that are given in half of the plans
GENRES = 0.6  # share of the examples that are told their genre
MANY = 5  # parts beyond which some are dropped from an example
DRAWS = 1200  # cuts that the classes of a style's controls are measured on
_transpositions: dict[int, Integers] = {}


def example(
    prepared: Prepared,
    generator: np.random.Generator,
    length: int,
    transpose: bool = True,
    scales: Scales | None = None,
) -> Example:
    """A random cut of bars with a random open region, in a random key, with control tokens.

    Of more than five parts some are dropped; conditions estimated from the music (chords, sections, controls) are
    dropped at random, so that each may be given or not when composing.
    """
    cut = _cut(prepared, generator, length, transpose)
    controls: list[int] = prepared["genre"].tolist() if generator.random() < GENRES else []
    if scales and generator.random() < 0.7:
        between = scales.get(_style(prepared), {})
        for name, value in measure(cut.prepared, cut.is_open, cut.first, cut.last, cut.shift).items():
            if between.get(name) and generator.random() < 0.6:
                controls.append(control(name, classify(value, between[name])))
    drawn = assemble(cut.prepared, cut.is_open, cut.first, cut.last, controls, is_plan=cut.is_plan)
    tokens = drawn.tokens
    if cut.shift:
        if cut.shift not in _transpositions:
            _transpositions[cut.shift] = vocabulary.transposition(cut.shift)
        tokens = _transpositions[cut.shift][tokens]
    return Example(tokens[:length], drawn.slots[:length], drawn.given[:length])


def scales(pieces: Sequence[Prepared], length: int) -> Scales:
    """Borders between the classes of every control in each style, from random cuts with all parts."""
    generator = np.random.default_rng(0)
    by_style: Scales = {}
    styles = {_style(prepared) for prepared in pieces}
    for style in sorted(styles):
        chosen = [prepared for prepared in pieces if _style(prepared) == style]
        values: dict[str, list[float]] = {}
        for _ in range(DRAWS):
            cut = _cut(chosen[int(generator.integers(len(chosen)))], generator, length, True)
            everything = np.ones_like(cut.is_open)
            for name, value in measure(cut.prepared, everything, cut.first, cut.last, cut.shift).items():
                values.setdefault(name, []).append(value)
        every = {name: borders(each) for name, each in values.items()}
        by_style[style] = {name: each for name, each in every.items() if each}
    return by_style


@dataclass(frozen=True, slots=True)
class _Cut:
    """A range of bars of a piece, their open cells, their transposition in semitones, and whether it is a plan."""

    prepared: Prepared
    is_open: NDArray[np.bool_]
    first: int
    last: int
    shift: int
    is_plan: bool = False


def _cut(prepared: Prepared, generator: np.random.Generator, length: int, transpose: bool) -> _Cut:
    """Bars that fit into a length, with an open region; of some pieces with chord symbols, their plan."""
    prepared = in_order(_simplify(prepared, generator))
    count, lanes = grid_shape(prepared)
    sizes = np.diff(prepared["borders"]).reshape(count, lanes)
    has_chords, has_notes = bool(prepared["lane"][0]), bool(sizes[:, 1:].any())
    low, high = (int(each) for each in prepared["range"])
    low, high = (low, high) if has_notes else (60, 60)  # of chords alone
    shift = int(generator.integers(max(-5, -low), min(6, 127 - high) + 1)) if transpose and low <= high else 0
    if has_chords and (not has_notes or generator.random() < PLANS):
        return _Cut(prepared, *_plan(sizes, generator, length), shift, True)
    costs = sizes.sum(axis=1) + 2 * lanes + 5
    first, last = _bars(costs, lanes, generator, length)
    used = 0 if has_chords else 1
    is_open = np.zeros((count, lanes), bool)
    is_open[first:last, used:] = region(generator, last - first, lanes - used)
    if has_chords and lanes > 1 and generator.random() < 0.5:
        is_open[first:last, 0] = False  # chords are given more often than the random region has it
        if not is_open[first:last].any():
            is_open[first:last, 1:] = True
    return _Cut(prepared, is_open, first, last, shift)


def _plan(sizes: Integers, generator: np.random.Generator, length: int) -> tuple[NDArray[np.bool_], int, int]:
    """Open region and bars of a plan: everything (half of them), all but some parts, or the bars from some point on."""
    is_open, lanes = np.ones(sizes.shape, bool), int(sizes.shape[1])
    kind = generator.choice(3, p=(0.5, 0.25, 0.25)) if sizes[:, 1:].any() else 0
    given = generator.random(lanes) < (GIVEN_PARTS if kind == 1 else 0)
    given[0] = False
    shown = sizes * (given | (np.arange(lanes) == 0) | (kind == 2))
    first, last = _bars(shown.sum(axis=1) + 2 * lanes * (kind > 0) + 9, lanes, generator, length)
    is_open[:, given] = False
    if kind == 2:
        is_open[: int(generator.integers(first, last))] = False
    is_open[:first] = is_open[last:] = False
    return is_open, first, last


def _bars(costs: Integers, lanes: int, generator: np.random.Generator, length: int) -> tuple[int, int]:
    """A random run of bars, `last` exclusive, that fits into a length; `costs` are the tokens of each bar at most."""
    cost = np.concatenate([[0], np.cumsum(costs)])
    budget = length - (lanes - 1) - 8
    latest = int(np.searchsorted(cost, cost[-1] - budget))  # the earliest start that reaches the end
    first = 0 if latest == 0 or generator.random() < 0.3 else int(generator.integers(0, latest + 1))
    first = min(first, len(costs) - 1)
    return first, min(len(costs), max(first + 1, int(np.searchsorted(cost, cost[first] + budget, side="right")) - 1))


def _simplify(prepared: Prepared, generator: np.random.Generator) -> Prepared:
    """Drop at random what may be missing: derived chords, section marks, some of many parts."""
    changed: Prepared = {}
    if prepared["lane"][0] and prepared["lane"][-1] and generator.random() < 0.5:
        changed["lane"] = np.array([False, True])
    if (prepared["bars"][:, BAR_SECTION] != NO_TOKEN).any() and generator.random() < 0.5:
        changed["bars"] = prepared["bars"].copy()
        changed["bars"][:, BAR_SECTION] = NO_TOKEN
    prepared = prepared | changed
    parts = len(prepared["programs"])
    if parts <= MANY or generator.random() < 0.2:
        return prepared
    count, lanes = grid_shape(prepared)
    sizes = np.diff(prepared["borders"]).reshape(count, lanes)
    weights = generator.random(parts) * np.sqrt(1 + sizes[:, 1:].sum(axis=0))
    programs = prepared["programs"] - vocabulary.PROGRAM
    weights[(programs == 128) | ((programs >= 32) & (programs < 40))] *= 3  # drums and basses are dropped less often
    return with_parts(prepared, np.sort(np.argsort(weights)[-int(generator.integers(2, MANY + 1)) :]).tolist())


def _style(prepared: Prepared) -> str:
    styles = prepared["head"][vocabulary.FAMILY_OF[prepared["head"]] == vocabulary.FAMILY["STYLE"]]
    return vocabulary.STYLES[int(styles[0]) - vocabulary.STYLE] if len(styles) else ""


def region(generator: np.random.Generator, count: int, lanes: int) -> NDArray[np.bool_]:
    """Random open region (count, lanes) of the kinds that users request.

    Everything (35 %), the bars from some point on (15 %), a run of bars (15 %), some parts throughout (20 %),
    some parts in a run of bars (10 %), scattered cells (5 %).
    """
    start, stop = sorted(generator.integers(0, count + 1, 2).tolist())
    stop = min(max(stop, start + 1), count)
    start = min(start, stop - 1)
    chosen = np.zeros(lanes, bool)
    chosen[generator.permutation(lanes)[: generator.integers(1, max(lanes, 2))]] = True
    opened = np.zeros((count, lanes), bool)
    kind = generator.choice(6, p=(0.35, 0.15, 0.15, 0.2, 0.1, 0.05))
    if kind == 0 or (kind == 3 and lanes == 1):
        opened[:] = True
    elif kind == 1:
        opened[start:] = True
    elif kind == 2:
        opened[start:stop] = True
    elif kind == 3:
        opened[:, chosen] = True
    elif kind == 4:
        opened[start:stop, chosen] = True
    else:
        opened[:] = generator.random((count, lanes)) < generator.uniform(0.1, 0.6)
    return opened
