"""From the voices of an ABC tune, as written, to a Score, as played."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TypeVar

from firmus.errors import FormatError
from firmus.formats.abc import repeats
from firmus.formats.abc.bars import PlayedMeasure, pickup_and_meters
from firmus.formats.abc.fields import SUBTICKS
from firmus.formats.abc.file import Tune, text_of
from firmus.formats.abc.measure import Measure, Voice
from firmus.formats.abc.music import MAX_NOTES
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo

Event = TypeVar("Event", Meter, Key, float, str, Chord)
Line = list[tuple[int, Measure]]
MAX_PLAYED = 1_000_000
_HALF = SUBTICKS // 2
_AT_START = {Key: "key", float: "tempo"}


def play(tune: Tune, voices: list[Voice]) -> Score:
    """Unfold the repeats and build the Score of one tune."""
    parts_order = next((value for _, name, value in tune.header if name == "P"), "")
    is_joint = repeats.same_shape(voices)
    lines = _place_jointly(voices, parts_order) if is_joint else _place_separately(voices, parts_order)
    if sum(len(measure.notes) for line in lines for _, measure in line) > MAX_NOTES:
        raise FormatError(f"the tune has more than {MAX_NOTES:,} notes when its repeats are played")
    ends = [max(start + measure.length for start, measure in line[-1:]) for line in lines]
    end = _ticks(max(ends))
    pickup, meters = pickup_and_meters(_played_measures(lines[ends.index(max(ends))], end))
    return Score(
        parts=tuple(
            Part(_name(voice, len(voices)), _notes(line), voice.program, voice.is_drums, voice.volume, voice.pan)
            for voice, line in zip(voices, lines, strict=True)
        ),
        meters=tuple(meters),
        tempi=tuple(Tempo(tick, bpm) for tick, bpm in _without_repetitions(_events(lines, float))),
        keys=tuple(replace(key, start=tick) for tick, key in _without_repetitions(_events(lines, Key))),
        chords=tuple(replace(chord, start=tick) for tick, chord in _events(lines, Chord)),
        sections=tuple(Section(tick, label) for tick, label in _events(lines, str)),
        pickup=pickup,
        end=end,
        title=tune.title,
        composer=text_of(next((value for _, name, value in tune.header if name == "C"), "")),
    )


def _ticks(subticks: int) -> int:
    return (subticks + _HALF) // SUBTICKS


def _name(voice: Voice, count: int) -> str:
    return voice.name or ("" if count == 1 or voice.identity.isdigit() else voice.identity)


def _place_jointly(voices: list[Voice], parts_order: str) -> list[Line]:
    """Place the measures of voices that share their barlines; a measure is as long as its longest voice."""
    order = repeats.order(repeats.barlines(voices), parts_order)
    if len(order) * len(voices) > MAX_PLAYED:
        raise FormatError(f"{len(voices)} voices of {len(order):,} measures each: at most {MAX_PLAYED:,} together")
    lengths = (max(voice.measures[index].length for voice in voices) for index in order)
    starts = list(accumulate(lengths, initial=0))
    return [[(start, voice.measures[index]) for start, index in zip(starts, order, strict=False)] for voice in voices]


def _place_separately(voices: list[Voice], parts_order: str) -> list[Line]:
    """Place the measures of every voice by its own lengths and repeats."""
    return [_place_jointly([voice], parts_order)[0] for voice in voices]


def _played_measures(line: Line, end: int) -> list[PlayedMeasure]:
    """Place and meter of each measure; a meter that changes within one ends it."""
    meters: dict[int, tuple[Meter | None, bool]] = {}
    for start, measure in line:
        meters[_ticks(start)] = measure.meter, measure.restated
        for offset, value in measure.changes:
            if isinstance(value, Meter):
                meters[_ticks(start + offset)] = value, True
    starts = sorted(meters)
    return [PlayedMeasure(tick, stop, *meters[tick]) for tick, stop in zip(starts, [*starts[1:], end], strict=True)]


def _notes(line: Line) -> tuple[Note, ...]:
    """Notes of one voice, tied ones joined."""
    spans: list[list[int]] = []
    ties: dict[tuple[int, int], list[list[int]]] = {}
    for start, measure in line:
        for offset, duration, pitch, tied, _ in measure.notes:
            begin = start + offset
            open_ties = ties.get((pitch, begin)) if ties else None
            if open_ties:
                note = open_ties.pop(0)
                note[1] = begin + duration
            else:
                note = [begin, begin + duration, pitch]
                spans.append(note)
            if tied:
                ties.setdefault((pitch, note[1]), []).append(note)
    notes = []
    for begin, stop, pitch in spans:
        first = _ticks(begin)
        notes.append(Note(first, max(1, _ticks(stop) - first), pitch))
    return tuple(notes)


def _events(lines: list[Line], kind: type[Event]) -> list[tuple[int, Event]]:
    """Values in force at the start of each measure, and changes within it; the first voice wins."""
    name = _AT_START.get(kind)
    events: dict[int, Event] = {}
    for line in lines:
        for start, measure in line:
            at_start = getattr(measure, name) if name else None
            for offset, value in measure.changes:
                if isinstance(value, kind):
                    events.setdefault(_ticks(start + offset), value)
            if at_start is not None:
                events.setdefault(_ticks(start), at_start)
    return sorted(events.items(), key=lambda item: item[0])


def _without_repetitions(events: list[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """Events without those that repeat the value before them."""
    return [event for index, event in enumerate(events) if index == 0 or events[index - 1][1] != event[1]]
