"""Barlines of an ABC tune as played: its pickup and its meters.

Where measures do not add up (a short measure before a repeat and the pickup after it), neighbours that make
a full bar together are one bar. What still does not fit ends its bar by a `Meter` of the same size, so that
later barlines stand where they are written. Where the metre is free, each measure has the meter of its length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmus.score import TICKS_PER_QUARTER, Meter

_MOST_JOINED = 4


@dataclass(frozen=True, slots=True)
class PlayedMeasure:
    """One measure as played: where it begins and ends in ticks, its meter (None: free), and if ``M:`` begins it."""

    start: int
    end: int
    meter: Meter | None
    restated: bool = False


def pickup_and_meters(measures: list[PlayedMeasure]) -> tuple[int, list[Meter]]:
    """Pickup in ticks and meters of a tune.

    Examples
    --------
    >>> waltz = Meter(0, 3, 4)
    >>> edges = (0, 480, 1920, 2880, 3360, 4800)
    >>> pickup_and_meters([PlayedMeasure(start, end, waltz) for start, end in zip(edges, edges[1:])])
    (480, [Meter(start=0, numerator=3, denominator=4)])
    """
    pickup, result = 0, list[Meter]()
    anchor = 0
    for index, measure in enumerate(measures):
        current = result[-1] if result else None
        meter = measure.meter or _free(measures, index, current)
        open_bar = (measure.start - anchor) % meter.bar
        if current is None:
            result.append(replace(meter, start=0))
            pickup = _pickup(measures, meter)
            anchor = measure.end if pickup else 0
        elif (meter.numerator, meter.denominator) != (current.numerator, current.denominator) or (
            open_bar and (measure.restated or _filled_by(measures, index, meter.bar - open_bar) is None)
        ):
            result.append(replace(meter, start=measure.start))
            anchor = measure.start
    return pickup, result


def _pickup(measures: list[PlayedMeasure], meter: Meter) -> int:
    length = measures[0].end % meter.bar
    if len(measures) == 1 or not length:
        return 0
    filled = None if measures[0].meter is None else _filled_by(measures, 1, meter.bar - length)
    return 0 if filled is not None and filled < len(measures) - 1 else length


def _filled_by(measures: list[PlayedMeasure], index: int, missing: int) -> int | None:
    """Which measure from `index` on ends the open bar exactly; the number of measures where the tune ends first."""
    barline = measures[index].start + missing
    for other in range(index, min(index + _MOST_JOINED, len(measures))):
        measure = measures[other]
        if measure.meter != measures[index].meter or measure.end > barline or (measure.restated and other > index):
            return None
        if measure.end == barline:
            return other
    return len(measures) if index + _MOST_JOINED > len(measures) else None


def _free(measures: list[PlayedMeasure], index: int, current: Meter | None) -> Meter:
    """Meter of one measure's length; a shorter first or last measure takes its neighbour's."""
    lengths = [measure.end - measure.start for measure in measures[index : index + 2]]
    length = max(lengths) if index == 0 else lengths[0]
    if current is not None and index + 1 == len(measures) and length < current.bar:
        return current
    for denominator in (4, 8, 16):
        unit = TICKS_PER_QUARTER * 4 // denominator
        if length % unit == 0 and 1 <= length // unit <= 4 * denominator:
            return Meter(0, length // unit, denominator)
    return current or Meter(0, 4, 4)
