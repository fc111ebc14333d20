"""How much people borrow: what held-out music shares with the training music, and where a piece stands among it.

Held-out pieces of which a part has a third of its notes in common with one training piece are versions of it which the
split did not recognise, not borrowing, and are not counted.

Paper: Yin, Reuben, Stepney & Collins, *Deep learning's shallow gains* (2022), for the baseline: a generator is judged
by how much people borrow from each other, not by zero.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from functools import cache
from typing import NamedTuple

from firmus.rights.collection import SHIPPED

FEWEST = 200  # held-out pieces of a style; where there are fewer, those of all styles count
MANY = 0.99  # share of the pieces by people whose most telling passage tells less than what is called a copy
USUAL = 0.5  # likewise, up to which a piece is called original
MEASURES = ("run", "bits", "coverage")  # see `firmus.rights.originality.Originality`
Z = 1.96  # standard deviations of a 95 % interval


class Standing(NamedTuple):
    """Share of pieces by people that share less, its 95 % interval, and of how many pieces of which style it is."""

    share: float
    low: float
    high: float
    pieces: int
    style: str


@cache
def table(modulus: int) -> dict[str, dict[str, list[float]]]:
    """`MEASURES` of every held-out piece, by style (``""`` for all), each in rising order.

    Parameters
    ----------
    modulus : int
        Of the steps that were compared: that of the shipped index, or 12 for whole melodies.
    """
    found: dict[str, dict[str, dict[str, list[float]]]] = json.loads(
        (SHIPPED / "baseline.json").read_text(encoding="utf-8")
    )
    return found[str(modulus)]


def standing(measure: str, value: float, modulus: int, style: str = "") -> Standing:
    """Where a piece stands among those by people.

    Examples
    --------
    >>> standing("bits", 0, 12).share, standing("bits", 10_000, 12).share
    (0.0, 1.0)
    """
    known = table(modulus)
    name = style if len(known.get(style, {}).get(measure, ())) >= FEWEST else ""
    values = known[name][measure]
    return Standing(*wilson(bisect_left(values, value), len(values)), len(values), name)


def wilson(successes: int, trials: int) -> tuple[float, float, float]:
    """A share and its 95 % interval (Wilson 1927).

    Examples
    --------
    >>> [round(each, 3) for each in wilson(50, 100)]
    [0.5, 0.404, 0.596]
    """
    if not trials:
        return 0.0, 0.0, 1.0
    share = successes / trials
    middle = share + Z**2 / (2 * trials)
    half = Z * (share * (1 - share) / trials + Z**2 / (4 * trials**2)) ** 0.5
    scale = 1 + Z**2 / trials
    return share, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
