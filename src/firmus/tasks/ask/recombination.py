"""Recombination: bars of a piece in another order, or fewer of them, joined where they fit best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from firmus.composing.selection import bar_spans
from firmus.errors import InvalidBrief
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
from firmus.timing import bars as bars_of

Spans = Sequence[tuple[int, int]]
Event = TypeVar("Event", Meter, Tempo, Key, Chord, Section)
TAIL = 4  # bars of the ending that a shortened piece keeps at most
LEAP = 1.0  # cost of a semitone between the notes at a join
HALF_PHRASE, ODD_PLACE = 4.0, 12.0  # cost of a join within a phrase of four bars, and of one at an odd bar


def shortened(score: Score, count: int) -> str:
    """Bars that a piece of `count` bars keeps: its beginning, and its ending, which closes it.

    The place of the join is the one with the smallest leaps across it, and at the end of a phrase where one can be.

    Parameters
    ----------
    score : Score
    count : int
        1 to fewer bars than it has.

    Returns
    -------
    str
        As a Brief has them, such as ``"1-6,15-16"``.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> line = tuple(Note(480 * place, 480, 60) for place in range(64))
    >>> shortened(Score((Part("", line),)), 8), shortened(Score((Part("", line),)), 2)
    ('1-4,13-16', '1,16')
    """
    last = max(bar.number for bar in bars_of(score))
    if not 0 < count < last:
        raise InvalidBrief(f"{count} bars: a piece of {last} bars can be shortened to 1 to {last - 1}")
    if count == 1:
        return str(last)
    tails = range(1, min(TAIL, count - 1) + 1)
    tail = min(tails, key=lambda each: (_cost(score, count - each, last - each + 1), -each))
    head = count - tail
    named = [(1, head), (last - tail + 1, last)]
    return ",".join(str(first) if first == stop else f"{first}-{stop}" for first, stop in named)


def assembled(score: Score, numbers: str) -> Score:
    """A score of the bars that are named, in that order; a bar may come more than once.

    Notes that last beyond the bars taken together end with them. A pickup stays where bar 1 comes first.

    Examples
    --------
    >>> line = tuple(Note(1920 * place, 1920, 60 + place) for place in range(4))
    >>> [note.pitch for note in assembled(Score((Part("", line),)), "3-4,1,1").parts[0].notes]
    [62, 63, 60, 60]
    """
    spans = list(bar_spans(score, numbers))
    first = min(bar.start for bar in bars_of(score) if bar.number >= 1)
    pickup = score.pickup if score.pickup and spans[0][0] == first else 0
    if pickup:
        spans[0] = (0, spans[0][1])
    starts = [sum(end - start for start, end in spans[:place]) for place in range(len(spans))]
    return replace(
        score,
        parts=tuple(_part(part, spans, starts) for part in score.parts),
        meters=_lane(score.meters, spans, starts),
        tempi=_lane(score.tempi, spans, starts),
        keys=_lane(score.keys, spans, starts),
        chords=_lane(score.chords, spans, starts, is_state=False),
        sections=_lane(score.sections, spans, starts, is_state=False),
        pickup=pickup,
        end=sum(end - start for start, end in spans),
    )


def _part(part: Part, spans: Spans, starts: Sequence[int]) -> Part:
    notes = [
        replace(note, start=note.start - start + at, duration=min(note.duration, end - note.start))
        for (start, end), at in zip(spans, starts, strict=True)
        for note in part.notes
        if start <= note.start < end
    ]
    pedal = [
        (max(down, start) - start + at, min(up, end) - start + at)
        for (start, end), at in zip(spans, starts, strict=True)
        for down, up in part.pedal
        if down < end and up > start
    ]
    return replace(part, notes=tuple(sorted(notes)), pedal=tuple(pedal))


def _lane(events: Sequence[Event], spans: Spans, starts: Sequence[int], *, is_state: bool = True) -> tuple[Event, ...]:
    """Events within the spans; of what holds until it changes also the one that holds where a span begins."""
    found: dict[int, Event] = {}
    for (start, end), at in zip(spans, starts, strict=True):
        before = [each for each in events if each.start <= start]
        if is_state and before:
            found[at] = replace(before[-1], start=at)
        for each in events:
            if start <= each.start < end:
                found[each.start - start + at] = replace(each, start=each.start - start + at)
    ordered = [found[at] for at in sorted(found)]
    return tuple(
        each
        for place, each in enumerate(ordered)
        if not (is_state and place and replace(each, start=0) == replace(ordered[place - 1], start=0))
    )


def _cost(score: Score, left: int, right: int) -> float:
    """How badly bar `right` follows bar `left`: leaps of every part, and the place within phrases."""
    by_number = {bar.number: bar for bar in bars_of(score)}
    end, start = by_number[left].end, by_number[right].start
    leaps = 0.0
    for part in score.parts:
        before = [note for note in part.notes if note.start < end]
        after = [note for note in part.notes if note.start >= start]
        if before and after and not part.is_drums:
            leaps += LEAP * abs(_top(before).pitch - _top(after, first=True).pitch)
    place = 0.0 if left % 4 == 0 else HALF_PHRASE if left % 2 == 0 else ODD_PLACE
    return leaps + place + (0.0 if (right - 1 - left) % 4 == 0 else HALF_PHRASE)


def _top(notes: Sequence[Note], *, first: bool = False) -> Note:
    """The highest of the notes that come first, or last."""
    at = notes[0].start if first else max(note.start for note in notes)
    return max((note for note in notes if note.start == at), key=lambda note: note.pitch)
