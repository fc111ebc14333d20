"""The spines of a Humdrum file: its columns, which split, join, change places, begin and end on the way down."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmus.errors import FormatError
from firmus.formats._written.measures import Position

MAX_SPINES = 512


@dataclass(slots=True, eq=False)
class Spine:
    """A column: its exclusive interpretation, the number of the column it came from, its voice there.

    `end` is the tick at which its last note or rest ends.
    """

    kind: str
    track: int
    voice: int = 1
    end: Position = 0


def begin(tokens: list[str], first: int) -> list[Spine]:
    """Spines of a line of exclusive interpretations, ``**kern **text``; their tracks are counted from `first`."""
    return [Spine(token, first + place) for place, token in enumerate(tokens)]


def follow(spines: list[Spine], tokens: list[str], new: int = 0) -> list[Spine]:
    """Spines after a line of interpretations that may split (``*^``), join (``*v``), swap, add or end some.

    Tracks of those that are added (``*+``) are counted from `new`.

    Examples
    --------
    >>> spines = follow(begin(["**kern", "**text"], 0), ["*^", "*"])
    >>> [(spine.track, spine.voice) for spine in spines]
    [(0, 1), (0, 2), (1, 1)]
    >>> len(follow(spines, ["*v", "*v", "*-"]))
    1
    """
    if not any(mark in ("*^", "*v", "*x", "*+", "*-") for mark in tokens):
        return spines
    after: list[Spine] = []
    joining: list[Spine] = []
    for spine, mark in zip(_swapped(spines, tokens), tokens, strict=True):
        if mark == "*v":
            joining.append(spine)
            continue
        after.extend(_joined(joining))
        joining = []
        if mark != "*-":
            after.append(spine)
        if mark == "*^":
            others = {each.voice for each in (*spines, *after) if each.track == spine.track}
            after.append(replace(spine, voice=max(others) + 1))
        elif mark == "*+":
            after.append(Spine("", new))
            new += 1
    after.extend(_joined(joining))
    if len(after) > MAX_SPINES:
        raise FormatError(f"more than {MAX_SPINES} spines at once")
    return after


def _joined(spines: list[Spine]) -> list[Spine]:
    """Spines that join: those of each track, or where one stands alone, all of them."""
    tracks = dict.fromkeys(spine.track for spine in spines)
    groups = [[spine for spine in spines if spine.track == track] for track in tracks]
    if any(len(group) == 1 for group in groups):
        groups = [spines]
    return [replace(group[0], end=max(each.end for each in group)) for group in groups]


def _swapped(spines: list[Spine], tokens: list[str]) -> list[Spine]:
    places = [place for place, mark in enumerate(tokens) if mark == "*x"]
    if len(places) % 2:
        raise FormatError("*x changes the places of two spines: it must stand in two of a line")
    swapped = list(spines)
    for one, other in zip(places[::2], places[1::2], strict=True):
        swapped[one], swapped[other] = swapped[other], swapped[one]
    return swapped
