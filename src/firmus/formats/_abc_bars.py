"""Barlines of an ABC tune as played: its pickup and its meters.

Where measures do not add up (a short measure before a repeat and the pickup after it), neighbours that make
a full bar together are one bar. What still does not fit ends its bar by a `Meter` of the same size, so that
later barlines stand where they are written. Where the metre is free, each measure has the meter of its length.
"""

from __future__ import annotations

from dataclasses import replace

from firmus.score import TICKS_PER_QUARTER, Meter

Measures = list[tuple[int, Meter | None]]
_JOINED = 4


def pickup_and_meters(measures: Measures, end: int) -> tuple[int, list[Meter]]:
    """Pickup in ticks and meters of a tune.

    Parameters
    ----------
    measures : list of (tick, Meter or None)
        First tick of each measure as played and the meter in force; None where it is free.
    end : int
        First tick after the last measure.

    Examples
    --------
    >>> waltz = Meter(0, 3, 4)
    >>> pickup_and_meters([(0, waltz), (480, waltz), (1920, waltz), (2880, waltz), (3360, waltz)], 4800)
    (480, [Meter(start=0, numerator=3, denominator=4)])
    """
    ends = [tick for tick, _ in measures[1:]] + [end]
    pickup, result = 0, list[Meter]()
    anchor = 0
    for index, (tick, written) in enumerate(measures):
        current = result[-1] if result else None
        meter = written or _free(measures, ends, index, current)
        if current is None:
            result.append(replace(meter, start=0))
            pickup = _pickup(measures, ends, meter)
            anchor = ends[0] if pickup else 0
        elif (meter.numerator, meter.denominator) != (current.numerator, current.denominator) or (
            (tick - anchor) % meter.bar and not _completes(measures, ends, index, anchor, meter)
        ):
            result.append(replace(meter, start=tick))
            anchor = tick
    return pickup, result


def _pickup(measures: Measures, ends: list[int], meter: Meter) -> int:
    if len(ends) == 1 or ends[0] % meter.bar == 0:
        return 0
    if measures[1][1] == measures[0][1] is not None and _completes(measures, ends, 1, 0, meter):
        return 0
    return ends[0] % meter.bar


def _completes(measures: Measures, ends: list[int], index: int, anchor: int, meter: Meter) -> bool:
    """Whether the measures from `index` on, a few at most, fill up the bar that is open there."""
    tick = measures[index][0]
    barline = tick + meter.bar - (tick - anchor) % meter.bar
    for place in range(index, min(index + _JOINED, len(ends))):
        if measures[place][1] != measures[index][1] or ends[place] > barline:
            return False
        if ends[place] == barline:
            return True
    return index + _JOINED > len(ends)


def _free(measures: Measures, ends: list[int], index: int, current: Meter | None) -> Meter:
    """Meter of one measure's length; a shorter first or last measure takes its neighbour's."""
    length = ends[index] - measures[index][0]
    if index == 0 and len(ends) > 1 and ends[1] - ends[0] > length:
        length = ends[1] - ends[0]
    if current is not None and index + 1 == len(ends) and length < current.bar:
        return current
    for denominator in (4, 8, 16):
        unit = TICKS_PER_QUARTER * 4 // denominator
        if length % unit == 0 and 1 <= length // unit <= 4 * denominator:
            return Meter(0, length // unit, denominator)
    return current or Meter(0, 4, 4)
