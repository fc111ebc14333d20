"""Labels of passages, ``*>A``, and the order in which they are played, ``*>[A,A1,A,A2]``."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

from firmus.errors import FormatError
from firmus.formats._written import repeats
from firmus.formats._written.measures import WrittenMeasure


def label(token: str) -> str:
    """Label of ``*>A``; "" where a token is none.

    Examples
    --------
    >>> label("*>A"), label("*>[A,B]"), label("*>norep[A]")
    ('A', '', '')
    """
    return token[2:102].strip() if token.startswith("*>") and "[" not in token else ""


def expansion(token: str) -> list[str]:
    """Labels of ``*>[A,A1,A,A2]`` in order; [] where a token is none. Other versions have a name, ``*>norep[A,A2]``.

    Examples
    --------
    >>> expansion("*>[A,A1,A,A2]"), expansion("*>norep[A,A2]")
    (['A', 'A1', 'A', 'A2'], [])
    """
    match = re.fullmatch(r"\*>\s*\[([^\]]*)\]", token)
    return [each.strip() for each in match[1].split(",") if each.strip()] if match else []


def is_ending(name: str, names: Container[str]) -> bool:
    """Whether a label is that of an ending: A1 and A2 are A's.

    Examples
    --------
    >>> is_ending("A1", ["A", "A1", "A2"]), is_ending("A1", ["A1", "B1"])
    (True, False)
    """
    match = re.fullmatch(r"(.*?)\d+", name)
    return match is not None and match[1] in names


def order(measures: Sequence[WrittenMeasure], starts: Mapping[str, int], expanded: Sequence[str]) -> list[int]:
    """Indices of the measures in the order in which they are played.

    Parameters
    ----------
    measures : sequence of WrittenMeasure
    starts : mapping
        First measure of each labelled passage.
    expanded : sequence of str
        Labels in the order of playing. Where there are none, or some are nowhere, repeat signs count.
    """
    if not expanded or any(name not in starts for name in expanded):
        return repeats.order(measures)
    bounds = [*sorted(starts.values()), len(measures)]
    played = list(range(bounds[0]))
    for name in expanded:
        first = starts[name]
        played.extend(range(first, next((bound for bound in bounds if bound > first), first)))
        if len(played) > repeats.MAX_PLAYED:
            raise FormatError(f"with its repeats the piece has more than {repeats.MAX_PLAYED:,} measures")
    return played
