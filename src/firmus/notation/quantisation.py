"""From ticks to the places of a written rhythm: quantisation, for the notation only.

A note that begins on the grid (thirty-seconds or triplet sixteenths: multiples of 60 or 40 ticks from the beat, also
fifths and sevenths of a beat) is written where it begins, and where its end is on the grid with its length, but for
rests shorter than a sixteenth, which are closed, and tuplets in which nothing begins. So is a part all of whose notes
begin within `PLAYED` ticks of the grid, as `firmus perform` plays. Any other note goes to the simplest grid that its
beat fits; a drum stroke to the nearest sixteenth or triplet.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache

from firmus.score import Note
from firmus.timing import Bar

# Grids of a beat, the simplest first: parts of the beat, and a penalty beside squared ticks of error.
_GRIDS = ((1, 0), (2, 60), (4, 160), (3, 300), (6, 700), (8, 900), (5, 1500), (12, 2500))
_FLAM = 45  # ticks between two strokes that are heard as one
PLAYED = 9  # ticks off the grid of thirty-seconds and triplet sixteenths, whose places are 20 apart at least
_SHORT = 120  # ticks: a note or gap that is shorter is how a note is played, not its value


def beat_edges(bars: Sequence[Bar]) -> list[int]:
    """Ticks at which the beats of all bars begin, and the last bar's end; eighths where the beat is of three."""
    edges: list[int] = []
    for bar in bars:
        step = 480 if bar.meter.denominator <= 4 else 1920 // bar.meter.denominator
        step = max(step, 240)
        first = bar.start - bar.place % step
        edges.extend(max(place, bar.start) for place in range(first, bar.end, step))
    return [*edges, bars[-1].end]


@lru_cache(maxsize=256)
def parts_of_beat(length: int, count: int) -> tuple[int, ...]:
    """Places that divide a beat evenly, with its start and end."""
    return tuple(round(length * index / count) for index in range(count + 1))


def quantised(notes: Sequence[tuple[int, int]], bars: Sequence[Bar]) -> list[tuple[int, int]]:
    """Starts and ends as they are written, one pair a note."""
    edges = beat_edges(bars)
    notes = _without_lone_tuplets(_without_expression(notes, edges), edges)
    onsets: list[list[int]] = [[] for _ in edges]
    ends: list[list[int]] = [[] for _ in edges]
    for start, end in notes:
        index = bisect_right(edges, start) - 1
        onsets[index].append(start - edges[index])
        index = min(bisect_left(edges, end), len(edges) - 1) - 1
        ends[index].append(end - edges[index])
    grids = [_grid(onsets[index], ends[index], edges[index + 1] - edges[index]) for index in range(len(edges) - 1)]
    return _without_short_gaps([_to_grid(start, end, edges, grids) for start, end in notes], edges)


def _without_expression(notes: Sequence[tuple[int, int]], edges: list[int]) -> Sequence[tuple[int, int]]:
    """Put notes on the grid where all begin so near it that each has but one place there."""
    moved = []
    for start, end in notes:
        index = min(bisect_right(edges, start + PLAYED), len(edges) - 1) - 1
        place, length = start - edges[index], edges[index + 1] - edges[index]
        if place % 40 and place % 60 and (place in parts_of_beat(length, 5) or place in parts_of_beat(length, 7)):
            return notes
        nearest = min((round(place / step) * step for step in (60, 40)), key=lambda each: abs(each - place))
        if abs(nearest - place) > PLAYED:
            return notes
        moved.append((edges[index] + nearest, max(end, edges[index] + nearest + 1)))
    return moved


def _without_lone_tuplets(notes: Sequence[tuple[int, int]], edges: list[int]) -> list[tuple[int, int]]:
    """Move an end at a third of a beat to the next sixteenth where nothing begins at a third of that beat."""
    beats = [bisect_right(edges, start) - 1 for start, _ in notes]
    uneven = {beat for beat, (start, _) in zip(beats, notes, strict=True) if (start - edges[beat]) % 60}
    moved = []
    for start, end in notes:
        beat = min(bisect_left(edges, end), len(edges) - 1) - 1
        place = end - edges[beat]
        if beat not in uneven and place % 60 and place % 40 == 0:
            end = min(edges[beat] + place - place % _SHORT + _SHORT, edges[beat + 1])
        moved.append((start, end))
    return moved


def _without_short_gaps(times: list[tuple[int, int]], edges: list[int]) -> list[tuple[int, int]]:
    """Lengthen notes over gaps of less than a sixteenth, and notes of less than one over the gap of the beat.

    What is played short of its value is written as the value: ``quarter``, not a dotted eighth and a rest of a
    thirty-second. Notes that were long enough keep their rests.
    """
    onsets = sorted({start for start, _ in times})
    lengthened = []
    for start, end in times:
        index, beat_start = bisect_left(onsets, end), edges[bisect_right(edges, start) - 1]
        stop = edges[bisect_left(edges, end)] if end <= edges[-1] else end
        if index < len(onsets):
            stop = min(stop, onsets[index])
        if end - start < _SHORT:
            stop = min(stop, start + (160 if (start - beat_start) % _SHORT else 240))
        lengthened.append((start, stop if stop - end < _SHORT or end - start < _SHORT else end))
    return lengthened


def drum_times(notes: Sequence[Note], bars: Sequence[Bar]) -> list[tuple[int, int]]:
    """Starts and ends of drum strokes as they are written, one pair a stroke.

    A stroke stands at the nearest sixteenth or triplet eighth, finer only where strokes of one drum would fall
    together: how early or late it is played is for the ear. Its length is arbitrary: up to the next stroke or the end
    of the beat.
    """
    edges = beat_edges(bars)
    strokes: list[list[tuple[int, int]]] = [[] for _ in edges]
    for note in notes:
        index = bisect_right(edges, note.start) - 1
        strokes[index].append((note.start - edges[index], note.pitch))
    grids = [_drum_grid(strokes[index], edges[index + 1] - edges[index]) for index in range(len(edges) - 1)]
    times = [_to_grid(note.start, note.start + 1, edges, grids) for note in notes]
    onsets = sorted({start for start, _ in times})
    ends = {}
    for place, start in enumerate(onsets):
        beat = bisect_right(edges, start)
        stop = edges[beat]
        if (start - edges[beat - 1]) % 120 == 60:  # a thirty-second off a sixteenth: no tie over it
            stop = min(stop, start + 60)
        ends[start] = min(stop, onsets[place + 1]) if place + 1 < len(onsets) else stop
    return [(start, ends[start]) for start, _ in times]


def _grid(onsets: list[int], ends: list[int], length: int) -> tuple[int, ...]:
    """Places in a beat to which its notes go; empty where they are on one already."""
    fifths, sevenths = parts_of_beat(length, 5), parts_of_beat(length, 7)
    places = [*onsets, *ends]
    if all(each % 60 == 0 or each % 40 == 0 or each == length for each in places):
        return ()
    if all(each in fifths for each in places) or all(each in sevenths for each in places):
        return ()
    best, lowest = parts_of_beat(length, 1), math.inf
    for count, penalty in _GRIDS:
        if length % 240 and count > 1:
            continue
        grid = parts_of_beat(length, count)
        cost: float = penalty + sum(_nearest(grid, each)[1] ** 2 for each in onsets)
        cost += sum(_nearest(grid, each)[1] ** 2 for each in ends) / 5
        if cost < lowest:
            best, lowest = grid, cost
    return best


def _drum_grid(strokes: list[tuple[int, int]], length: int) -> tuple[int, ...]:
    """Places in a beat to which strokes (place, drum) go."""
    if length % 240:
        return _grid([place for place, _ in strokes], [], length)
    sixteenths = length // 120
    best, lowest = parts_of_beat(length, sixteenths), math.inf
    for count, penalty in ((sixteenths, 0), (3, 600), (6, 1500), (2 * sixteenths, 1500)):
        grid = parts_of_beat(length, count)
        nearest = [_nearest(grid, place) for place, _ in strokes]
        cost = penalty + sum(distance**2 for _, distance in nearest) + 5000 * _together(strokes, nearest)
        if cost < lowest:
            best, lowest = grid, cost
    return best


def _together(strokes: list[tuple[int, int]], nearest: list[tuple[int, int]]) -> int:
    """How many strokes of one drum that are no flam would stand at one place."""
    last: dict[tuple[int, int], int] = {}
    count = 0
    for (place, drum), (at, _) in sorted(zip(strokes, nearest, strict=True)):
        count += (at, drum) in last and place - last[at, drum] >= _FLAM
        last[at, drum] = place
    return count


def _nearest(grid: tuple[int, ...], place: int) -> tuple[int, int]:
    index = bisect_left(grid, place)
    candidates = [grid[each] for each in (index - 1, index) if 0 <= each < len(grid)]
    nearest = min(candidates, key=lambda each: abs(each - place))
    return nearest, abs(nearest - place)


def _to_grid(start: int, end: int, edges: list[int], grids: list[tuple[int, ...]]) -> tuple[int, int]:
    first = min(bisect_right(edges, start), len(grids)) - 1
    last = min(bisect_left(edges, end), len(edges) - 1) - 1
    if grids[first]:
        start = edges[first] + _nearest(grids[first], start - edges[first])[0]
    if grids[last]:
        end = edges[last] + _nearest(grids[last], end - edges[last])[0]
    if start >= edges[-1]:
        start = edges[-2] + (grids[-1][-2] if grids[-1] else 0)
    if end <= start:  # a note shorter than the grid
        beat_index = bisect_right(edges, start) - 1
        grid = grids[beat_index] or parts_of_beat(
            edges[beat_index + 1] - edges[beat_index],
            8 if (edges[beat_index + 1] - edges[beat_index]) % 480 == 0 else 4,
        )
        later = [edges[beat_index] + each for each in grid if edges[beat_index] + each > start]
        end = later[0] if later else edges[beat_index + 1]
    return start, end
