"""Events bar by bar and part by part, with any region left open and filled at the end.

What it is
    A piece is a table of *cells*: bars × (chord lane and parts). A sequence first encodes the given cells (the prompt),
    then, after ``FILL``, the open ones::

        START [STYLE] [CONTROL ..] PROGRAM (one a part) [PART 0, where there are chord symbols] [CUT]
        BAR [SECTION] [KEY] METER TEMPO [PICKUP PLACE]      every bar; what has not changed is omitted
            PART 1 PLACE 0 PITCH 67 DURATION 24 PLACE 24 ..  a given cell (an empty one is omitted)
            PART 2 OPEN                                     an open cell
        BAR OPEN                                            a bar with every cell open
        [CUT] FILL
        BAR PART 2 PLACE 0 PITCH 60 ..                      each bar with open cells, in order
        END

    So composing from nothing, continuing, harmonising, accompanying and infilling are one task; the number of open
    bars is known from the start, and what follows a gap is read before the gap is filled. ``CUT`` says that the music
    began earlier, or goes on.
Paper
    Bars as units and bar-relative places after REMI (Huang & Yang 2020); gaps filled after their surroundings as
    in MMM (Ens & Pasquier 2020) and fill-in-the-middle (Bavarian et al. 2022).
Conventions
    24 steps to the quarter. In a cell: ``PLACE``, then for each note [``VELOCITY``] ``PITCH`` ``DURATION``
    (several durations add up; drums have none), lowest first; ``CHORD`` [``BASS``] in lane 0. Each cell begins
    with velocity 80. A token's slot is the position in the music after it: time in steps, place in the
    bar, and 0 for no part, 1 for the chord lane, 2 ... for the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.score import Score
from firmus.tokens import Example, Integers, Prepared, Scales
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import (
    BAR_KEY,
    BAR_METER,
    BAR_PLACE,
    BAR_SECTION,
    BAR_START,
    BAR_TEMPO,
    NO_TOKEN,
    encoding_order,
    grid_shape,
    prepare,
)
from firmus.tokens.events.controls import borders, classify, control, measure
from firmus.tokens.events.cursor import Cursor

TITLE = "Events, bar by bar, any region open"
KIND = "sequence"
__all__ = [
    "assemble",
    "classify",
    "control",
    "decode",
    "encode",
    "encoding_order",
    "example",
    "grid_shape",
    "measure",
    "prepare",
    "quantise",
    "region",
    "scales",
    "slots",
]
VOCABULARY = vocabulary.VOCABULARY
PLACES = vocabulary.LONGEST_BAR + 1
PARTS = vocabulary.MAX_PARTS + 2
QUARTER = vocabulary.QUARTER
WITHIN = vocabulary.WITHIN
MANY = 5  # parts beyond which some are dropped from an example
DRAWS = 1200  # cuts that the classes of a style's controls are measured on
_transpositions: dict[int, Integers] = {}


def encode(score: Score, style: str = "") -> Integers:
    """Tokens (T,) of a whole piece, everything given.

    Raises
    ------
    TokenError
        Where the score has more than 32 parts, or the style is unknown.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = Score((Part("Flute", (Note(0, 480, 72), Note(480, 1440, 74)), program=73),))
    >>> [vocabulary.name(token) for token in encode(tune)][3:]  # doctest: +NORMALIZE_WHITESPACE
    ['METER 4/4', 'TEMPO 120.95', 'PART 1', 'PLACE 0', 'PITCH 72', 'DURATION 24',
     'PLACE 24', 'PITCH 74', 'DURATION 72', 'END']
    """
    prepared = prepare(score, style)
    return assemble(prepared, np.zeros(grid_shape(prepared), bool)).tokens


def decode(tokens: Integers) -> Score:
    """Score of any integer array; tokens that are not valid where they occur are ignored."""
    cursor = Cursor()
    for token in np.asarray(tokens).reshape(-1).tolist():
        cursor.push(int(token))
    return cursor.score()


def slots(tokens: Integers) -> Integers:
    """Slot (T, 3) after each token."""
    cursor = Cursor()
    return np.array([cursor.push(int(token)) for token in tokens], np.int64).reshape(-1, 3)


def quantise(score: Score) -> Score:
    """A Score as preserved: on a grid of 24 to the quarter, by the tables of `vocabulary`, without part names."""
    return decode(encode(score))


def assemble(
    prepared: Prepared,
    is_open: NDArray[np.bool_],
    first: int = 0,
    last: int | None = None,
    controls: Sequence[int] = (),
    with_fill: bool = True,
) -> Example:
    """Assemble a sequence from cells.

    Parameters
    ----------
    prepared : dict of arrays
    is_open : array (B, P + 1) of bool
        Open cells, which are encoded at the end.
    first, last : int
        Bars to encode, `last` exclusive; ``CUT`` marks music omitted before and after.
    controls : sequence of int
        Control tokens.
    with_fill : bool
        Whether to append the open cells after ``FILL`` (training) or to stop there (composing).
    """
    bars, borders = prepared["bars"], prepared["borders"]
    count, lanes = grid_shape(prepared)
    last = count if last is None else last
    used = slice(0 if prepared["lane"][0] else 1, lanes)
    sequence = _Sequence(int(bars[first, BAR_START]))
    sequence.add([*prepared["head"], *controls, *prepared["programs"]])
    if prepared["lane"][0]:
        sequence.add([vocabulary.LANE])
    sequence.add([vocabulary.CUT] * (first > 0))
    sequence.at(0, 0, 0)
    state: list[int] = []
    for bar in range(first, last):
        row, opened = bars[bar], is_open[bar, used]
        sequence.structure(row, state)
        state = [int(row[kind]) for kind in (BAR_KEY, BAR_METER, BAR_TEMPO)]
        if opened.all():
            sequence.add([vocabulary.OPEN], given=True)
            continue
        for lane in range(used.start, lanes):
            cell = slice(borders[bar * lanes + lane], borders[bar * lanes + lane + 1])
            if is_open[bar, lane]:
                sequence.at(int(row[BAR_START]), 0, lane + 1)
                sequence.add([vocabulary.PART + lane, vocabulary.OPEN], given=True)
            elif cell.stop > cell.start:
                sequence.cell(prepared, cell, int(row[BAR_START]), lane)
    sequence.at(int(bars[first, BAR_START]), 0, 0)
    sequence.add([vocabulary.CUT] * (last < count), given=True)
    if is_open[first:last, used].any():
        sequence.add([vocabulary.FILL], given=True)
        if with_fill:
            for bar in range(first, last):
                if is_open[bar, used].any():
                    start = int(bars[bar, BAR_START])
                    sequence.at(start, 0, 0)
                    sequence.add([vocabulary.BAR])
                    for lane in range(used.start, lanes):
                        cell = slice(borders[bar * lanes + lane], borders[bar * lanes + lane + 1])
                        if is_open[bar, lane] and cell.stop > cell.start:
                            sequence.cell(prepared, cell, start, lane)
    if with_fill:
        sequence.at(int(bars[first, BAR_START]), 0, 0)
        sequence.add([vocabulary.END])
    return sequence.example()


class _Sequence:
    """A sequence under construction: runs of tokens, each with its slots."""

    def __init__(self, origin: int) -> None:
        self.origin = origin
        self.where = (0, 0, 0)
        self.tokens: list[Integers] = []
        self.slots: list[Integers] = []
        self.given: list[NDArray[np.bool_]] = []

    def at(self, time: int, place: int, part: int) -> None:
        """Set the slot; time counts from the start of the piece."""
        self.where = (time - self.origin, place, part)

    def add(self, tokens: Sequence[int], given: bool = False) -> None:
        """Append tokens with the current slot."""
        if len(tokens):
            self.tokens.append(np.array(tokens, np.int64))
            self.slots.append(np.tile(np.array(self.where, np.int64), (len(tokens), 1)))
            self.given.append(np.full(len(tokens), given))

    def structure(self, row: Integers, state: list[int]) -> None:
        """Append a bar: ``BAR``, and what has changed since the last one."""
        self.at(int(row[BAR_START]), 0, 0)
        current = [int(row[kind]) for kind in (BAR_KEY, BAR_METER, BAR_TEMPO)]
        changed = [token for index, token in enumerate(current) if not state or state[index] != token]
        section = [int(row[BAR_SECTION])]
        self.add([vocabulary.BAR, *(token for token in section + changed if token != NO_TOKEN)])
        if row[BAR_PLACE]:
            self.add([vocabulary.PICKUP])
            self.at(int(row[BAR_START] + row[BAR_PLACE]), int(row[BAR_PLACE]), 0)
            self.add([vocabulary.PLACE + int(row[BAR_PLACE])])

    def cell(self, prepared: Prepared, cell: slice, start: int, lane: int) -> None:
        """Append a cell's music."""
        self.at(start, 0, lane + 1)
        self.add([vocabulary.PART + lane])
        self.tokens.append(prepared["tokens"][cell].astype(np.int64))
        size = cell.stop - cell.start
        columns = (prepared["time"][cell] - self.origin, prepared["place"][cell], np.full(size, lane + 1))
        self.slots.append(np.stack(columns, axis=1).astype(np.int64))
        self.given.append(np.zeros(size, bool))

    def example(self) -> Example:
        """Join the runs."""
        given = np.concatenate(self.given)
        given[0] = True
        return Example(np.concatenate(self.tokens), np.concatenate(self.slots), given)


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
    controls: list[int] = []
    if scales and generator.random() < 0.7:
        between = scales.get(_style(prepared), {})
        for name, value in measure(cut.prepared, cut.is_open, cut.first, cut.last, cut.shift).items():
            if between.get(name) and generator.random() < 0.6:
                controls.append(control(name, classify(value, between[name])))
    drawn = assemble(cut.prepared, cut.is_open, cut.first, cut.last, controls)
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
    """A range of bars of a piece, their open cells, and their transposition in semitones."""

    prepared: Prepared
    is_open: NDArray[np.bool_]
    first: int
    last: int
    shift: int


def _cut(prepared: Prepared, generator: np.random.Generator, length: int, transpose: bool) -> _Cut:
    prepared = _simplify(prepared, generator)
    count, lanes = grid_shape(prepared)
    used = 0 if prepared["lane"][0] else 1
    sizes = np.diff(prepared["borders"]).reshape(count, lanes)
    cost = np.concatenate([[0], np.cumsum(sizes.sum(axis=1) + 2 * lanes + 5)])
    budget = length - len(prepared["programs"]) - 8
    latest = int(np.searchsorted(cost, cost[-1] - budget))  # the earliest start that reaches the end
    first = 0 if latest == 0 or generator.random() < 0.3 else int(generator.integers(0, latest + 1))
    last = min(count, max(first + 1, int(np.searchsorted(cost, cost[first] + budget, side="right")) - 1))
    is_open = np.zeros((count, lanes), bool)
    is_open[first:last, used:] = region(generator, last - first, lanes - used)
    if used == 0 and lanes > 1 and generator.random() < 0.5:
        is_open[first:last, 0] = False  # chords are given more often than the random region has it
        if not is_open[first:last].any():
            is_open[first:last, 1:] = True
    low, high = (int(each) for each in prepared["range"])
    shift = int(generator.integers(max(-5, -low), min(6, 127 - high) + 1)) if transpose and low <= high else 0
    return _Cut(prepared, is_open, first, last, shift)


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
    chosen_parts = np.sort(np.argsort(weights)[-int(generator.integers(2, MANY + 1)) :])
    chosen = np.concatenate([[0], chosen_parts + 1])
    starts = prepared["borders"][:-1].reshape(count, lanes)[:, chosen].reshape(-1)
    chosen_sizes = sizes[:, chosen].reshape(-1)
    ends = np.cumsum(chosen_sizes)
    places = np.arange(int(ends[-1])) + np.repeat(starts - (ends - chosen_sizes), chosen_sizes)
    content = {name: prepared[name][places] for name in ("tokens", "time", "place")}
    content["programs"] = prepared["programs"][chosen_parts]
    return prepared | content | {"borders": np.concatenate([np.zeros(1, np.int64), ends])}


def _style(prepared: Prepared) -> str:
    return vocabulary.STYLES[int(prepared["head"][1]) - vocabulary.STYLE] if len(prepared["head"]) > 1 else ""


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
