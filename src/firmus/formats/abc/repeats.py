"""Repeats, endings and the order of parts: in which order the measures of an ABC tune are played."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmus.errors import FormatError
from firmus.formats.abc.measure import Voice

MAX_MEASURES = 100_000


@dataclass(slots=True)
class Barlines:
    """The barlines of one measure; see `Measure`."""

    repeat_start: bool
    repeat_end: int
    endings: tuple[int, ...]
    final: bool
    part: str


def barlines(voices: list[Voice]) -> list[Barlines]:
    """Unite the barlines of voices that have as many measures; a repeat may stand in one voice only."""
    return [
        Barlines(
            any(measure.repeat_start for measure in column),
            max(measure.repeat_end for measure in column),
            next((measure.endings for measure in column if measure.endings), ()),
            any(measure.final for measure in column),
            next((measure.part for measure in column if measure.part), ""),
        )
        for column in zip(*(voice.measures for voice in voices), strict=True)
    ]


def order(measures: list[Barlines], parts: str = "") -> list[int]:
    """Indices of the measures as they are played.

    Parameters
    ----------
    measures : list of Barlines
    parts : str
        The header's ``P:`` field, such as ``AABB`` or ``(AB)3C``; unknown labels leave the written order.
    """
    measures = _repaired(measures)
    ranges: dict[str, tuple[int, int]] = {}
    begins = [index for index, measure in enumerate(measures) if measure.part]
    for begin, end in zip(begins, [*begins, len(measures)][1:], strict=True):
        ranges.setdefault(measures[begin].part[:1], (begin, end))
    labels = _expanded(parts)
    if not labels or not ranges or any(label not in ranges for label in labels):
        return _unfolded(measures, 0, len(measures))
    result = _unfolded(measures, 0, begins[0])
    for label in labels:
        result += _unfolded(measures, *ranges[label])
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


def _repaired(measures: list[Barlines]) -> list[Barlines]:
    """Remove endings without a first one, and end each ending by a repeat where the next one follows."""
    result = [
        Barlines(measure.repeat_start, measure.repeat_end, measure.endings, measure.final, measure.part)
        for measure in measures
    ]
    last_ending = 0
    for index, measure in enumerate(result):
        if measure.endings:
            if 1 not in measure.endings and not last_ending:
                measure.endings = ()
            elif last_ending and 1 not in measure.endings and index:
                result[index - 1].repeat_end = max(2, result[index - 1].repeat_end)
            last_ending = max(measure.endings, default=0)
        elif measure.repeat_start:
            last_ending = 0
    return result


def _group_end(measures: list[Barlines], first: int, stop: int) -> tuple[int, int]:
    """First measure after the group of endings that begins at an index, and how often it is played."""
    times, index = max(measures[first].endings), first
    while index < stop:
        measure = measures[index]
        if measure.endings and index > first:
            if 1 in measure.endings:
                return index, times
            times = max(times, *measure.endings)
        elif measure.repeat_start and index > first:
            return index, times
        index += 1
        if (measure.repeat_end or measure.final) and not (index < stop and measures[index].endings):
            return index, times
    return stop, times


def _unfolded(measures: list[Barlines], begin: int, stop: int) -> list[int]:
    """Play the measures from `begin` to before `stop` with their repeats.

    A repeat without a beginning goes back to the end of the last repeat, or to the last double bar (but not
    after a single measure, a pickup).
    """
    result: list[int] = []
    index = start = begin
    pass_number, times, group_end = 1, 2, -1
    while index < stop:
        measure = measures[index]
        if index == group_end or (measure.repeat_start and index != start):
            start, pass_number, times, group_end = index, 1, 2, -1
        if measure.endings and (group_end >= 0 or 1 in measure.endings):
            if group_end < 0:
                group_end, times = _group_end(measures, index, stop)
            if pass_number not in measure.endings:
                index = _next_ending(measures, index, pass_number, group_end)
                continue
        result.append(index)
        index += 1
        if measure.repeat_end:
            if group_end < 0:
                times = measure.repeat_end
            if pass_number < times:
                pass_number, index = pass_number + 1, start
            elif index >= group_end:
                start, pass_number, times, group_end = index, 1, 2, -1
        elif measure.final and group_end < 0 and not measures[start].repeat_start and index > start + 1:
            start, pass_number = index, 1
        if len(result) > MAX_MEASURES:
            raise FormatError(f"the repeats make more than {MAX_MEASURES:,} measures")
    return result


def _next_ending(measures: list[Barlines], first: int, pass_number: int, group_end: int) -> int:
    """Measure at which the ending of a pass begins; the end of the group where there is none."""
    for index in range(first + 1, group_end):
        if pass_number in measures[index].endings:
            return index
    return group_end


def same_shape(voices: list[Voice]) -> bool:
    """Whether all voices have as many measures, so that they share repeats and barlines."""
    return len({len(voice.measures) for voice in voices}) == 1
