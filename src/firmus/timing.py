"""The one place that converts ticks, bars, beats and seconds.

Bars are counted from 1; an incomplete first bar (`Score.pickup`) is bar 0. A meter that begins in the
middle of a bar ends that bar.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from firmus.errors import InvalidBrief
from firmus.score import TICKS_PER_QUARTER, Meter, Score

MAX_BARS = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its number, first tick, first tick after it, and meter."""

    number: int
    start: int
    end: int
    meter: Meter

    @property
    def place(self) -> int:
        """Where in a full bar of the meter this bar begins: above 0 only for a pickup, which ends on the barline."""
        return self.meter.bar - (self.end - self.start) if self.number == 0 else 0


def bars(score: Score) -> list[Bar]:
    """Every bar of the score, in order; the last one is full, so it may end after `Score.end`.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> score = Score((Part("", (Note(0, 3000, 60),)),), meters=(Meter(0, 3, 4),), pickup=480)
    >>> [(bar.number, bar.start, bar.end) for bar in bars(score)]
    [(0, 0, 480), (1, 480, 1920), (2, 1920, 3360)]
    """
    found: list[Bar] = []
    start, number = 0, 0 if score.pickup else 1
    for index, meter in enumerate(score.meters):
        last = index + 1 == len(score.meters)
        stop = score.end if last else min(score.meters[index + 1].start, score.end)
        while start < stop:
            length = score.pickup if number == 0 else meter.bar
            end = start + length
            if not last:
                end = min(end, score.meters[index + 1].start)
            found.append(Bar(number, start, end, meter))
            start, number = end, number + 1
            if number > MAX_BARS:
                raise InvalidBrief(f"the score has more than {MAX_BARS} bars: its end, tick {score.end}, is absurd")
    return found


def written_bars(score: Score) -> list[Bar]:
    """Bars as they are written: where the last one lacks what the pickup has, in 32nds, it ends with the score.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = Score((Part("", (Note(0, 1920, 60),)),), pickup=480)
    >>> [(bar.number, bar.start, bar.end) for bar in written_bars(tune)]
    [(0, 0, 480), (1, 480, 1920)]
    """
    found = bars(score)
    left = score.end - found[-1].start if len(found) > 1 else 0
    if score.pickup and left and left % (TICKS_PER_QUARTER // 8) == 0 and left + score.pickup == found[-1].meter.bar:
        found[-1] = replace(found[-1], end=score.end)
    return found


def bar_at(all_bars: list[Bar], tick: int) -> int:
    """Index (not number) of the bar in which a tick falls; the last one for ticks after the end."""
    return max(0, bisect_right(all_bars, tick, key=lambda bar: bar.start) - 1)


def beat(meter: Meter) -> int:
    """Ticks of one felt beat: a dotted unit in compound meters (6/8, 9/8, 12/8), else the denominator's note.

    Examples
    --------
    >>> beat(Meter(0, 6, 8)), beat(Meter(0, 3, 4))
    (720, 480)
    """
    unit = TICKS_PER_QUARTER * 4 // meter.denominator
    compound = meter.denominator >= 8 and meter.numerator % 3 == 0 and meter.numerator > 3
    return unit * 3 if compound else unit


def seconds(score: Score, tick: float) -> float:
    """Seconds from the start of the score to a tick.

    Examples
    --------
    >>> seconds(Score(), 960)
    1.0
    """
    total = 0.0
    for index, tempo in enumerate(score.tempi):
        stop = score.tempi[index + 1].start if index + 1 < len(score.tempi) else tick
        span = min(stop, tick) - tempo.start
        if span <= 0:
            break
        total += span * 60.0 / (tempo.bpm * TICKS_PER_QUARTER)
    return total


def tick(score: Score, at: float) -> float:
    """Tick at so many seconds from the start; the inverse of `seconds`.

    Examples
    --------
    >>> tick(Score(), 1.0)
    960.0
    """
    left = at
    for index, tempo in enumerate(score.tempi):
        rate = tempo.bpm * TICKS_PER_QUARTER / 60.0
        if index + 1 == len(score.tempi):
            return tempo.start + left * rate
        span = (score.tempi[index + 1].start - tempo.start) / rate
        if left <= span:
            return tempo.start + left * rate
        left -= span
    raise AssertionError("a Score has at least one tempo")
