"""Parts that one player reads from one braced group of staves: the hands of a keyboard or harp, an organ's pedal.

Hands are known by their names (right and left, upper and lower, manual and pedal), or where two neighbouring parts
have the same keyboard to themselves and the upper part lies higher.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from firmus.notation.layout import KEYBOARDS, needs_two
from firmus.score import Part
from firmus.timing import Bar

ORGANS = range(16, 21)
_UPPER = re.compile(
    r"\b(right|rh|r\.h\.?|up|upper|discant|treble|manuals?|swell|great)\b|右手|手键盘|上谱", re.IGNORECASE
)
_LOWER = re.compile(r"\b(left|lh|l\.h\.?|down|lower|bass|pedals?)\b|左手|踏板|脚键盘|下谱", re.IGNORECASE)
_PEDAL = re.compile(r"\bpedals?\b|踏板|脚键盘", re.IGNORECASE)


def joined(parts: Sequence[Part], bars: Sequence[Bar]) -> list[tuple[int, ...]]:
    """Indices of the parts in groups of one player, in order; most groups are one part.

    Examples
    --------
    >>> from firmus.score import Note
    >>> right, left = Part("Right Hand", (Note(0, 480, 72),)), Part("Left Hand", (Note(0, 480, 48),))
    >>> joined([Part("Voice", (), 52), right, left], [])
    [(0,), (1, 2)]
    """
    groups: list[tuple[int, ...]] = []
    index = 0
    while index < len(parts):
        count = _count(parts, index, bars)
        groups.append(tuple(range(index, index + count)))
        index += count
    return groups


def _count(parts: Sequence[Part], index: int, bars: Sequence[Bar]) -> int:
    """How many parts, from this one on, one player reads."""
    upper, *others = parts[index : index + 3]
    if not others or not _same_keyboard(upper, others[0]):
        return 1
    lower = others[0]
    with_pedal = len(others) > 1 and _same_keyboard(upper, others[1]) and is_pedal(others[1])
    is_manual = _UPPER.search(lower.name) or (_LOWER.search(lower.name) and not is_pedal(lower))
    if with_pedal and _UPPER.search(upper.name) and is_manual:
        return 3
    if _UPPER.search(upper.name) and _LOWER.search(lower.name):
        return 2
    alone = not (index and _same_keyboard(parts[index - 1], upper)) and not (
        len(others) > 1 and _same_keyboard(lower, others[1])
    )
    higher = fmean(note.pitch for note in upper.notes) > fmean(note.pitch for note in lower.notes)
    narrow = not any(needs_two(part, [(note.start, note.end) for note in part.notes], bars) for part in (upper, lower))
    return 2 if alone and higher and narrow else 1


def is_pedal(part: Part) -> bool:
    """Whether a part is the pedal of an organ."""
    return part.program in ORGANS and bool(_PEDAL.search(part.name))


def _same_keyboard(one: Part, other: Part) -> bool:
    return (
        one.program == other.program
        and one.program in KEYBOARDS
        and not (one.is_drums or other.is_drums)
        and bool(one.notes and other.notes)
    )
