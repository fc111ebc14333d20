"""Selection: which bars of which parts are meant, as ticks, as places of parts, and as cells of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.brief_fields import bar_numbers
from firmus.errors import InvalidBrief
from firmus.score import Score
from firmus.timing import bars
from firmus.tokens import events
from firmus.translation.vocabulary import part as part_name
from firmus.translation.vocabulary import plain

Open = NDArray[np.bool_]  # (B, P + 1): bars × chord symbols and parts
Spans = tuple[tuple[int, int], ...]  # first tick and tick after the last of each


def bar_spans(score: Score, numbers: int | str | None) -> Spans:
    """Ticks of the bars that are named (``"9-12"``, ``"3,5"``); of the whole piece where none are.

    Raises
    ------
    InvalidBrief
        Where the piece has no such bars.
    """
    by_number = {bar.number: bar for bar in bars(score)}
    first, last = min(by_number), max(by_number)
    if numbers is None:
        return ((0, by_number[last].end),)
    spans = []
    for start, stop in bar_numbers(str(numbers)):
        stop = last if stop is None else stop
        if start < first or stop > last:
            raise InvalidBrief(f"bars {numbers}: the piece has bars {first} to {last}")
        spans.append((by_number[start].start, by_number[stop].end))
    return tuple(spans)


def find_part(score: Score, name: str) -> int:
    """Place of a part by its name, in English or Chinese, or its number from 1.

    Raises
    ------
    InvalidBrief
        Where there is no such part.
    """
    names = [part.name.casefold() for part in score.parts]
    wanted = plain(name).strip().casefold()
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    english = part_name(wanted)
    matches = (
        [place for place, each in enumerate(names) if each == wanted]
        or [place for place, each in enumerate(names) if part_name(each) == english]
        or [place for place, each in enumerate(names) if wanted and (wanted in each or english in each)]
    )
    if len(matches) != 1:
        listed = ", ".join(f"{number} {part.name or '(unnamed)'}" for number, part in enumerate(score.parts, 1))
        what = "no part" if not matches else "more than one part"
        raise InvalidBrief(f"there is {what} {name!r}: the parts are {listed}")
    return matches[0]


def cells_between(score: Score, spans: Sequence[tuple[int, int]], parts: Iterable[int]) -> Open:
    """Cells (B, P + 1) of the parts (places from 0) in the bars that begin within the spans of ticks."""
    prepared = events.prepare(score)
    is_open = np.zeros(events.grid_shape(prepared), bool)
    inside = np.zeros(len(prepared["ticks"]), bool)
    for start, stop in spans:
        inside |= (prepared["ticks"] >= start) & (prepared["ticks"] < stop)
    for place in parts:
        is_open[inside, place + 1] = True
    return is_open


def cell_spans(score: Score, is_open: Open) -> list[tuple[int, int, int]]:
    """Open cells that follow on each other: first tick, tick after the last, part from 0."""
    ticks = [*events.prepare(score)["ticks"].tolist(), max(score.end, bars(score)[-1].end)]
    spans: list[tuple[int, int, int]] = []
    for lane in range(1, is_open.shape[1]):
        rows = np.flatnonzero(is_open[:, lane]).tolist()
        for index, row in enumerate(rows):
            if index and rows[index - 1] == row - 1:
                spans[-1] = (spans[-1][0], ticks[row + 1], lane - 1)
            else:
                spans.append((ticks[row], ticks[row + 1], lane - 1))
    return spans
