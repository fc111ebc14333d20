"""The order in which the parts of a bar are encoded: melody, bass, drums, then what lies between.

Inner parts are composed knowing the outer ones, as harmony is taught. A model whose card has no ``part_order`` was
trained on parts in the order of the score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from firmus.tokens import Prepared
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import grid_shape

OUTER_FIRST = "melody, bass, drums, others"  # the fact ``part_order`` of a card
_BASSES = (*range(32, 40), 43)  # General MIDI: bass guitars and synthetic basses, contrabass


def part_order(programs: Sequence[int]) -> list[int]:
    """Places of parts in the order of encoding, by their program tokens alone.

    The melody is the first part that is no drums; the bass is the last with a bass's program, else the last that is no
    drums. Parts without notes are ordered in the same way.

    Examples
    --------
    >>> choir = [vocabulary.PROGRAM + 52] * 4
    >>> part_order(choir)  # soprano, bass, alto, tenor
    [0, 3, 1, 2]
    >>> part_order([vocabulary.DRUMS, *(vocabulary.PROGRAM + program for program in (81, 33, 29))])
    [1, 2, 0, 3]
    """
    pitched = [place for place, program in enumerate(programs) if program != vocabulary.DRUMS]
    drums = [place for place, program in enumerate(programs) if program == vocabulary.DRUMS]
    basses = [place for place in pitched[1:] if programs[place] - vocabulary.PROGRAM in _BASSES]
    outer = [*pitched[:1], *(basses or pitched[1:])[-1:], *drums]
    return [*outer, *(place for place in pitched if place not in outer)]


def order_of(facts: Mapping[str, Any], programs: Sequence[int]) -> list[int]:
    """Places of parts in the order in which a model is given them, by the facts of its card."""
    return part_order(programs) if facts.get("part_order") == OUTER_FIRST else list(range(len(programs)))


def with_parts(prepared: Prepared, places: Sequence[int]) -> Prepared:
    """A prepared piece with some of its parts, in the order of `places`."""
    count, lanes = grid_shape(prepared)
    chosen = np.array([0, *(place + 1 for place in places)])
    starts = prepared["borders"][:-1].reshape(count, lanes)[:, chosen].reshape(-1)
    sizes = np.diff(prepared["borders"]).reshape(count, lanes)[:, chosen].reshape(-1)
    ends = np.cumsum(sizes)
    indices = np.arange(int(ends[-1])) + np.repeat(starts - (ends - sizes), sizes)
    content = {name: prepared[name][indices] for name in ("tokens", "time", "place")}
    content["programs"] = prepared["programs"][np.array(places, int)]
    return prepared | content | {"borders": np.concatenate([np.zeros(1, np.int64), ends])}


def in_order(prepared: Prepared) -> Prepared:
    """A prepared piece with its parts in the order of encoding."""
    order = part_order(prepared["programs"].tolist())
    return prepared if order == list(range(len(order))) else with_parts(prepared, order)
