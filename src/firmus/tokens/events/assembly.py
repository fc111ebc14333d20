"""From cells to a sequence: the given ones, then the open ones, with the slot of every token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.tokens import Example, Integers, Prepared
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import (
    BAR_KEY,
    BAR_METER,
    BAR_PLACE,
    BAR_SECTION,
    BAR_START,
    BAR_TEMPO,
    NO_TOKEN,
    grid_shape,
)


def assemble(
    prepared: Prepared,
    is_open: NDArray[np.bool_],
    first: int = 0,
    last: int | None = None,
    controls: Sequence[int] = (),
    with_fill: bool = True,
    is_plan: bool = False,
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
    is_plan : bool
        Whether ``PLAN`` stands in place of ``FILL``.
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
    filled = slice(used.start, 1) if is_plan else used
    if is_open[first:last, filled].any():
        sequence.add([vocabulary.PLAN if is_plan else vocabulary.FILL], given=True)
        if with_fill:
            for bar in range(first, last):
                if is_open[bar, filled].any():
                    start = int(bars[bar, BAR_START])
                    sequence.at(start, 0, 0)
                    sequence.add([vocabulary.BAR])
                    for lane in range(filled.start, filled.stop):
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
