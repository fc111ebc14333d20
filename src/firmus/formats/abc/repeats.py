"""Repeats, endings and the order of parts: in which order the measures of an ABC tune are played."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmus.errors import FormatError
from firmus.formats.abc.measure import Voice

MAX_MEASURES = 100_000


@dataclass(slots=True)
class Marks:
    """What stands at the barlines of one measure; see `Measure`."""

    repeat_start: bool
    repeat_end: int
    endings: tuple[int, ...]
    final: bool
    part: str


def marks(voices: list[Voice]) -> list[Marks]:
    """Unite the barlines of voices that have as many measures; a repeat may stand in one voice only."""
    return [
        Marks(
            any(measure.repeat_start for measure in column),
            max(measure.repeat_end for measure in column),
            next((measure.endings for measure in column if measure.endings), ()),
            any(measure.final for measure in column),
            next((measure.part for measure in column if measure.part), ""),
        )
        for column in zip(*(voice.measures for voice in voices), strict=True)
    ]


def order(found: list[Marks], parts: str = "") -> list[int]:
    """Indices of the measures as they are played.

    Parameters
    ----------
    found : list of Marks
    parts : str
        The header's ``P:`` field, such as ``AABB`` or ``(AB)3C``; unknown labels leave the written order.
    """
    found = _mended(found)
    ranges: dict[str, tuple[int, int]] = {}
    begins = [index for index, mark in enumerate(found) if mark.part]
    for begin, end in zip(begins, [*begins, len(found)][1:], strict=True):
        ranges.setdefault(found[begin].part[:1], (begin, end))
    played = _expanded(parts)
    if not played or not ranges or any(label not in ranges for label in played):
        return _unfolded(found, 0, len(found))
    result = _unfolded(found, 0, begins[0])
    for label in played:
        result += _unfolded(found, *ranges[label])
        if len(result) > MAX_MEASURES:
            raise FormatError(f"the order of parts P:{parts[:20]} makes more than {MAX_MEASURES:,} measures")
    return result


def _expanded(parts: str) -> str:
    """Write out ``(AB)3C2`` as ``ABABABCC``; empty where it is no order of single letters."""
    parts = re.sub(r"[\s.,]", "", parts)
    if not re.fullmatch(r"[A-Z0-9()]{1,200}", parts):
        return ""
    for _ in range(10):
        parts = re.sub(r"\(([A-Z]*)\)(\d{0,2})|([A-Z])(\d{1,2})", _repeated, parts)
        if len(parts) > 1000:
            return ""
        if parts.isalpha():
            return parts
    return ""


def _repeated(match: re.Match[str]) -> str:
    return (match[1] if match[3] is None else match[3]) * int((match[2] if match[3] is None else match[4]) or 1)


def _mended(found: list[Marks]) -> list[Marks]:
    """Take out endings without a first one, and end each ending by a repeat where the next one follows."""
    result = [Marks(mark.repeat_start, mark.repeat_end, mark.endings, mark.final, mark.part) for mark in found]
    inside = 0
    for index, mark in enumerate(result):
        if mark.endings:
            if 1 not in mark.endings and not inside:
                mark.endings = ()
            elif inside and 1 not in mark.endings and index:
                result[index - 1].repeat_end = max(2, result[index - 1].repeat_end)
            inside = max(mark.endings, default=0)
        elif mark.repeat_start:
            inside = 0
    return result


def _group_end(found: list[Marks], index: int, stop: int) -> tuple[int, int]:
    """First measure after the group of endings that begins at an index, and how often it is played."""
    times, place = max(found[index].endings), index
    while place < stop:
        mark = found[place]
        if mark.endings and place > index:
            if 1 in mark.endings:
                return place, times
            times = max(times, *mark.endings)
        elif mark.repeat_start and place > index:
            return place, times
        place += 1
        if (mark.repeat_end or mark.final) and not (place < stop and found[place].endings):
            return place, times
    return stop, times


def _unfolded(found: list[Marks], begin: int, stop: int) -> list[int]:
    """Play the measures from `begin` to before `stop` with their repeats.

    A repeat without a beginning goes back to the end of the last repeat, or to the last double bar (which is
    no such place after a single measure, a pickup).
    """
    result: list[int] = []
    place = start = begin
    turn, times, group_end = 1, 2, -1
    while place < stop:
        mark = found[place]
        if place == group_end or (mark.repeat_start and place != start):
            start, turn, times, group_end = place, 1, 2, -1
        if mark.endings and (group_end >= 0 or 1 in mark.endings):
            if group_end < 0:
                group_end, times = _group_end(found, place, stop)
            if turn not in mark.endings:
                place = _next_ending(found, place, turn, group_end)
                continue
        result.append(place)
        place += 1
        if mark.repeat_end:
            if group_end < 0:
                times = mark.repeat_end
            if turn < times:
                turn, place = turn + 1, start
            elif place >= group_end:
                start, turn, times, group_end = place, 1, 2, -1
        elif mark.final and group_end < 0 and not found[start].repeat_start and place > start + 1:
            start, turn = place, 1
        if len(result) > MAX_MEASURES:
            raise FormatError(f"the repeats make more than {MAX_MEASURES:,} measures")
    return result


def _next_ending(found: list[Marks], place: int, turn: int, group_end: int) -> int:
    """Measure at which the ending of a turn begins; the end of the group where there is none."""
    for index in range(place + 1, group_end):
        if turn in found[index].endings:
            return index
    return group_end


def same_shape(voices: list[Voice]) -> bool:
    """Whether all voices have as many measures, so that they share repeats and barlines."""
    return len({len(voice.measures) for voice in voices}) == 1
