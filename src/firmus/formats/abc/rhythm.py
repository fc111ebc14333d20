"""Note values for writing: which beats are tuplets, and which tied note values make a duration.

A bar is cut into cells of a quarter (an eighth in compound meters). A cell is plain, or one tuplet (3:2, 5:4
or 7:4) where its onsets and ends require it; what fits no such grid is quantised to the nearest one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from firmus.score import TICKS_PER_QUARTER, Note
from firmus.timing import Bar, beat

STEP = 15
TRIPLET_STEP = 20
# Lengths, in powers of two, that one note value with up to two dots can have.
_DOTTED = (1, 3, 7)


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of a bar, `above` notes in the time of `below`; plain where they are equal."""

    start: int
    end: int
    above: int = 1
    below: int = 1

    @property
    def plain(self) -> bool:
        """Whether it is no tuplet."""
        return self.above == self.below


def bar_cells(bar: Bar) -> list[Cell]:
    """Cut a bar into plain cells; after a pickup's missing beats, so that beats stay beats."""
    width = TICKS_PER_QUARTER if beat(bar.meter) % TICKS_PER_QUARTER == 0 else TICKS_PER_QUARTER // 2
    first = bar.start - bar.place % width
    edges = [max(bar.start, edge) for edge in range(first, bar.end, width)]
    return [Cell(start, end) for start, end in zip(edges, [*edges[1:], bar.end], strict=True)]


def fitted(notes: Iterable[Note], cells: list[Cell]) -> tuple[list[Note], list[list[Cell]]]:
    """Choose the tuplets that the notes need, and quantise what fits no grid.

    Parameters
    ----------
    notes : iterable of Note
    cells : list of Cell
        Plain cells in order of time, without gaps.

    Returns
    -------
    notes : list of Note
    cells : list of list of Cell
        The cells that replace each cell.
    """
    notes = list(notes)
    starts = [cell.start for cell in cells]
    edges: list[set[int]] = [set() for _ in cells]
    for note in notes:
        for tick in (note.start, note.end):
            edges[max(0, bisect_right(starts, tick) - 1)].add(tick)
    chosen: list[list[Cell]] = []
    quantised: dict[int, int] = {}
    for cell, ticks in zip(cells, edges, strict=True):
        split = _split({tick for tick in ticks if tick < cell.end}, cell)
        if split is None:
            kind, places = _quantised({tick for tick in ticks if tick < cell.end}, cell)
            quantised |= places
            split = [kind]
        chosen.append(split)
    end_of_all = cells[-1].end if cells else 0
    result = []
    for note in notes:
        start, end = quantised.get(note.start, note.start), min(quantised.get(note.end, note.end), end_of_all)
        if end <= start:
            start, end = (start, start + 60) if start + 60 <= end_of_all else (max(0, end_of_all - 60), end_of_all)
        result.append(replace(note, start=start, duration=end - start))
    return result, chosen


def _split(ticks: set[int], cell: Cell) -> list[Cell] | None:
    """The cell, or its halves or quarters, as tuplets that hold all edges exactly; None where none do."""
    kind = _tuplet({tick - cell.start for tick in ticks}, cell)
    if kind is not None:
        return [kind]
    width = cell.end - cell.start
    if width < 240 or width % 120:
        return None
    middle = cell.start + width // 2
    halves = Cell(cell.start, middle), Cell(middle, cell.end)
    before = _split({tick for tick in ticks if tick < middle}, halves[0])
    after = _split({tick for tick in ticks if tick >= middle}, halves[1]) if before else None
    return before + after if before and after else None


def _tuplet(offsets: set[int], cell: Cell) -> Cell | None:
    """The cell as the tuplet that holds all offsets exactly; None where none does."""
    width = cell.end - cell.start
    if all(tick % STEP == 0 for tick in offsets):
        return cell
    if all(tick % TRIPLET_STEP == 0 for tick in (*offsets, width)):
        return replace(cell, above=3, below=2)
    for above in (5, 7):
        for count in (above, 2 * above):
            grid = {(2 * index * width + count) // (2 * count) for index in range(count)}
            if width % 120 == 0 and offsets <= grid:
                return replace(cell, above=above, below=4)
    return None


def _quantised(ticks: set[int], cell: Cell) -> tuple[Cell, dict[int, int]]:
    """The cell on the coarsest grid that keeps its edges apart, or the finest, and where each edge goes."""
    best: dict[int, int] = {}
    for step in _steps(ticks, cell):
        best = {tick: min(cell.end, cell.start + _snap(tick - cell.start, step)) for tick in ticks}
        triplet = step in (40, 20)
        if len(set(best.values())) == len(ticks):
            break
    return (replace(cell, above=3, below=2) if triplet else cell), best


def _steps(ticks: set[int], cell: Cell) -> list[int]:
    """Steps of the grids to try: 32nds and their triplets, the nearer first, then finer ones."""
    if (cell.end - cell.start) % 240:
        return [60, 30, 15]

    def distance(step: int) -> int:
        return sum(abs(tick - cell.start - _snap(tick - cell.start, step)) for tick in ticks)

    return [*sorted((60, 40), key=distance), *sorted((30, 20), key=distance), 15]


def _snap(tick: int, step: int) -> int:
    return (tick + step // 2) // step * step


def values(duration: int, to_beat: int) -> list[int]:
    """Note values, in ticks, that make a duration when tied; `to_beat` is the time to the next beat.

    Examples
    --------
    >>> values(1200, 480), values(600, 240), values(720, 480), values(840, 480), values(840, 240)
    ([960, 240], [240, 360], [720], [840], [240, 480, 120])
    """
    if _is_value(duration) and (to_beat == TICKS_PER_QUARTER or duration % 105):
        return [duration]
    note_values: list[int] = []
    if to_beat < duration and to_beat % TICKS_PER_QUARTER and _is_value(to_beat):
        note_values.append(to_beat)
        duration -= to_beat
    while duration and (not _is_value(duration) or duration % 105 == 0):
        value = next((each for each in _VALUES if each <= duration), duration)
        note_values.append(value)
        duration -= value
    return [*note_values, duration] if duration else note_values


def _is_value(duration: int) -> bool:
    steps, odd = divmod(duration, STEP)
    if odd or not steps:
        return False
    while steps % 2 == 0:
        steps //= 2
    return steps in _DOTTED


_VALUES = sorted((STEP * dots * 2**power for dots in (1, 3) for power in range(11)), reverse=True)
