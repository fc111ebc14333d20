"""Rhythmic notation: note values and rests, tuplets, where beams are broken.

Notes are split at barlines and wherever they would hide the beat (E. Gould, "Behind Bars", 2011, pages 166-171): a
value may cross a division only from a stronger place, or as a plain syncopation around it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from firmus.notation.quantisation import beat_edges, parts_of_beat
from firmus.score import Meter
from firmus.timing import Bar, beat

TYPES = {
    3840: "breve", 1920: "whole", 960: "half", 480: "quarter", 240: "eighth", 120: "16th", 60: "32nd", 30: "64th",
    15: "128th",
}  # fmt: skip
VALUES = {length: (name, 0) for length, name in TYPES.items()} | {
    length * 3 // 2: (name, 1) for length, name in TYPES.items() if length > 15
}
FLAGS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}
_TUPLETS = {3: (3, 2), 5: (5, 4), 7: (7, 4)}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a bar in plain values, or one tuplet: `actual` notes in the time of `normal`."""

    start: int
    end: int
    actual: int = 1
    normal: int = 1


@dataclass(frozen=True, slots=True)
class Value:
    """One written value: its ticks, its name and dots, and the tuplet it is in."""

    start: int
    end: int
    name: str
    dots: int
    span: Span | None = None


# -- where beats are ------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def groups(meter: Meter) -> tuple[int, ...]:
    """Ticks at which the beats of a full bar begin, and its end.

    Examples
    --------
    >>> groups(Meter(0, 7, 8)), groups(Meter(0, 6, 8))
    ((0, 480, 960, 1680), (0, 720, 1440))
    """
    unit = beat(meter)
    if meter.denominator >= 8 and unit * meter.denominator == 1920:  # no compound meter: beats of two and three
        count = meter.numerator
        if count <= 3:
            sizes = [count]
        elif count % 2 == 0 and count != 8:
            sizes = [2] * (count // 2)
        elif count in (5, 8):
            sizes = [3, 2] if count == 5 else [3, 3, 2]
        else:
            sizes = [2] * ((count - 3) // 2) + [3]
        places = [0]
        for size in sizes:
            places.append(places[-1] + size * unit)
        return tuple(places)
    return tuple(range(0, meter.bar + 1, unit)) if meter.bar % unit == 0 else (0, meter.bar)


def halves(meter: Meter) -> tuple[int, ...]:
    """Ticks inside a full bar that are stronger than a beat."""
    places = groups(meter)
    count = len(places) - 1
    if count % 4 == 0 and count:
        return tuple(places[index] for index in range(2, count, 2))
    if count == 6:
        return (places[3],)
    return (places[3],) if count in (5, 7) else ()


@lru_cache(maxsize=1024)
def _divisions(meter: Meter) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Places in a bar down to sixty-fourths, and how weak each is (0 the barline, 1 half a bar, 2 a beat...)."""
    levels: dict[int, int] = {0: 0, meter.bar: 0}
    levels.update(dict.fromkeys(halves(meter), 1))
    places = groups(meter)
    compound = meter.denominator >= 8
    for start, end in pairwise(places):
        levels.setdefault(start, 2)
        step = 1920 // meter.denominator if compound else (end - start) // 2
        level = 3
        while step >= 30 and level < 12:
            for place in range(start, end, step):
                levels.setdefault(place, level)
            step, level = step // 2, level + 1
    ordered = sorted(levels)
    return tuple(ordered), tuple(levels[place] for place in ordered)


# -- note values ----------------------------------------------------------------------------------------------


def spans(bar: Bar, points: Sequence[int]) -> list[Span]:
    """Plain stretches and tuplets of one voice in one bar; `points` are the ticks where its values change."""
    inside = sorted({point - bar.start + bar.place for point in points if bar.start <= point <= bar.end})
    edges = beat_edges([bar])
    shift = bar.start - bar.place
    result: list[Span] = []
    index = 0
    while index + 1 < len(edges):
        start, end = edges[index] - shift, edges[index + 1] - shift
        wide = edges[min(index + 2, len(edges) - 1)] - shift
        if wide - start == 960 and end - start == 480 and _is_pair(bar.meter, start):
            places = {point - start for point in inside if start < point < wide}
            if places and places <= {320, 640}:
                result.append(Span(start + shift, wide + shift, 3, 2))
                index += 2
                continue
        result.extend(_beat_spans(start, end, [point for point in inside if start < point < end], shift))
        index += 1
    return result


def _is_pair(meter: Meter, start: int) -> bool:
    return start % 960 == 0 or meter.numerator % 2 == 1


def _beat_spans(start: int, end: int, points: list[int], shift: int) -> list[Span]:
    places, length = [point - start for point in points], end - start
    whole = Span(start + shift, end + shift)
    if all(place % 60 == 0 for place in places) or length % 240:
        return [whole]
    if all(place % (length // 3) == 0 for place in places):
        return [Span(whole.start, whole.end, 3, 2)]
    for count in (5, 7):
        if all(place in parts_of_beat(length, count) for place in places):
            return [Span(whole.start, whole.end, *_TUPLETS[count])]
    middle = start + length // 2
    if middle in points and length == 480:
        return [
            *_beat_spans(start, middle, [point for point in points if point < middle], shift),
            *_beat_spans(middle, end, [point for point in points if point > middle], shift),
        ]
    return [Span(whole.start, whole.end, 3, 2)]


def values(start: int, end: int, bar: Bar, all_spans: Sequence[Span], rest: bool) -> list[Value]:
    """Written values, to be tied, of a note or rest inside one bar."""
    result: list[Value] = []
    tick = start
    for index, span in enumerate(all_spans):
        if span.end <= tick:
            continue
        if span.actual > 1:
            stop = min(end, span.end)
            result.extend(_in_tuplet(tick, stop, span, rest))
        else:
            stop = tick
            for later in all_spans[index:]:  # plain stretches are written together
                if later.actual > 1 or stop >= end:
                    break
                stop = min(end, later.end)
            shift = bar.start - bar.place
            cuts = _split(
                tick - shift, stop - shift, _divisions(bar.meter), rest, beat(bar.meter) * bar.meter.denominator != 1920
            )
            result.extend(Value(first + shift, last + shift, *_name(last - first)) for first, last in cuts)
        tick = stop
        if tick >= end:
            break
    if tick < end:
        result.append(Value(tick, end, *_name(end - tick)))
    return result


@lru_cache(maxsize=8192)
def _split(
    start: int, end: int, divisions: tuple[tuple[int, ...], tuple[int, ...]], rest: bool, compound: bool
) -> tuple[tuple[int, int], ...]:
    places, levels = divisions
    first, last = bisect_right(places, start), bisect_left(places, end)
    length = end - start
    if first >= last:
        return ((start, end),)
    inside = min(range(first, last), key=lambda index: levels[index])
    start_level = levels[first - 1] if places[first - 1] == start else 99
    end_level = levels[last] if last < len(places) and places[last] == end else 99
    cut, strength = places[inside], levels[inside]
    if length in VALUES:
        if rest:
            is_one_value = start_level < strength and (VALUES[length][1] == 0 or compound)
        else:
            even = cut - start == end - cut and not (compound and strength == 2)
            is_one_value = start_level <= strength or (even and _is_syncopation(start_level, strength, cut - start))
        if is_one_value:
            return ((start, end),)
    if rest and start_level > end_level:  # from a weak position: end at the strongest one
        cut = max((places[index] for index in range(first, last) if levels[index] == strength), default=cut)
    return _split(start, cut, divisions, rest, compound) + _split(cut, end, divisions, rest, compound)


def _is_syncopation(start_level: int, strength: int, half: int) -> bool:
    """Whether a value that is centred on a division begins at the next finer one: short, long, short."""
    return start_level == strength + 1 and strength > 0 and (strength > 1 or half == 480)


def _in_tuplet(start: int, end: int, span: Span, rest: bool) -> list[Value]:
    """Values inside a tuplet: the same rule in stretched time, a bar of `actual` units."""
    stretch = span.actual / span.normal

    def stretched(tick: int) -> int:
        return round((tick - span.start) * stretch / 15) * 15

    unit = stretched(span.end) // span.actual
    parts = _split(stretched(start), stretched(end), _tuplet_divisions(unit, span.actual), rest, True)
    result, begin = [], start
    for _, last in parts:
        stop = end if last == parts[-1][1] else span.start + round(last / stretch)
        result.append(Value(begin, stop, *_name(last - stretched(begin)), span))
        begin = stop
    return result


@lru_cache(maxsize=64)
def _tuplet_divisions(unit: int, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    levels = {0: 0, unit * count: 0}
    step, level = unit, 2
    while step >= 15:
        for place in range(0, unit * count, step):
            levels.setdefault(place, level)
        step, level = step // 2, level + 1
    ordered = sorted(levels)
    return tuple(ordered), tuple(levels[place] for place in ordered)


def _name(length: int) -> tuple[str, int]:
    """Name and dots of a value; the nearest where there is none of this length."""
    if length in VALUES:
        return VALUES[length]
    return VALUES[min(VALUES, key=lambda each: abs(each - length))]


def beam_groups(bar: Bar, plain_eighths: bool) -> list[int]:
    """Ticks at which beams are broken: beats; of plain eighths half bars of 4/4, bars of 3/4 and fours of 2/2."""
    shift = bar.start - bar.place
    meter = bar.meter
    if plain_eighths and meter.denominator == 2:
        places = list(range(0, meter.bar + 1, 960))
    elif plain_eighths and meter.denominator == 4 and meter.numerator in (2, 3, 4):
        places = [0, meter.bar] if meter.numerator != 4 else [0, 960, 1920]
    else:
        places = list(groups(meter))
        if meter.denominator <= 2:
            places = list(range(0, meter.bar + 1, 480))
    return [place + shift for place in places]
