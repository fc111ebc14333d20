"""One part as the measures of an ABC voice: layers of notes joined by ``&``, ties, tuplets, fields, chord symbols."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from firmus.formats.abc.rhythm import STEP, Cell, bar_cells, fitted, values
from firmus.formats.abc.spelling import Speller
from firmus.score import TICKS_PER_QUARTER, Key, Note, Part
from firmus.timing import Bar, beat

UNIT = 240


@dataclass(frozen=True, slots=True)
class Event:
    """Notes that sound together from `start` to `end` in one layer; a rest where there are no pitches."""

    start: int
    end: int
    pitches: tuple[int, ...] = ()
    tied: bool = False
    continued: bool = False


class Marks:
    """Fields and chord symbols by tick, quantised to the nearest 32nd of the bar where off the grid."""

    def __init__(self, all_bars: list[Bar]) -> None:
        self.bars = all_bars
        self.starts = [bar.start for bar in all_bars]
        self.fields: dict[int, str] = {}
        self.keys: dict[int, Key] = {}
        self.chords: dict[int, str] = {}

    def add(self, tick: int, text: str, key: Key | None = None) -> None:
        """Add a field, which splits the notes that sound over it."""
        tick = self._placed(tick)
        self.fields[tick] = self.fields.get(tick, "") + text
        if key is not None:
            self.keys[tick] = key

    def add_chord(self, tick: int, text: str) -> None:
        """Add a chord symbol."""
        self.chords[self._placed(tick)] = text

    def _placed(self, tick: int) -> int:
        if not self.bars:
            return tick
        bar = self.bars[max(0, bisect_right(self.starts, tick) - 1)]
        offset = tick - bar.start
        if offset % STEP == 0 or offset % 40 == 0:
            return tick
        return min(bar.end, bar.start + (offset + 30) // 60 * 60)


class WrittenVoice:
    """The measures of one part."""

    def __init__(self, part: Part, all_bars: list[Bar], marks: Marks, key: Key | None) -> None:
        self.bars = all_bars
        self.marks = marks
        self.speller = Speller(key)
        plain_cells = [bar_cells(bar) for bar in all_bars]
        notes, cells = fitted(part.notes, [cell for bar_of_cells in plain_cells for cell in bar_of_cells])
        edges = [0, *accumulate(len(bar_of_cells) for bar_of_cells in plain_cells)]
        self.cells = [[each for cell in cells[first:last] for each in cell] for first, last in pairwise(edges)]
        self.layers = [self._by_bar(layer) for layer in _layers(notes)] or [{}]

    def _by_bar(self, layer: list[Event]) -> dict[int, list[Event]]:
        """Cut the events of a layer at barlines."""
        by_bar: dict[int, list[Event]] = {}
        for event in layer:
            index = max(0, bisect_right(self.marks.starts, event.start) - 1)
            start = event.start
            while start < event.end and index < len(self.bars):
                end = min(event.end, self.bars[index].end)
                tied = end < event.end and index + 1 < len(self.bars)
                by_bar.setdefault(index, []).append(Event(start, end, event.pitches, tied, start > event.start))
                start, index = end, index + 1
        return by_bar

    def measures(self) -> Iterator[str]:
        """Give the text of each bar, without barlines."""
        for index, bar in enumerate(self.bars):
            first_events = [layer[index][0] for layer in self.layers if index in layer]
            self.speller.begin_bar(pitch for event in first_events if event.continued for pitch in event.pitches)
            fields = {tick: text for tick, text in self.marks.fields.items() if bar.start <= tick < bar.end}
            chords = {tick: text for tick, text in self.marks.chords.items() if bar.start <= tick < bar.end}
            first, *others = self.layers
            events = _cut(_filled(first.get(index, []), bar), fields)
            begins = {event.start for event in events}
            texts = {tick: fields.get(tick, "") + chords.get(tick, "") for tick in begins & (fields.keys() | chords)}
            written = [self._layer(index, events, texts, "z")]
            for layer in others:
                if index in layer:
                    hidden = [replace(each, continued=False) for each in _filled(layer[index], bar)]
                    written.append(self._layer(index, hidden, {}, "x"))
            remaining = {tick: text for tick, text in chords.items() if tick not in begins}
            if remaining:
                written.append(self._layer(index, _cut(_filled([], bar), remaining), remaining, "x"))
            yield " & ".join(written)

    def _layer(self, index: int, events: list[Event], texts: dict[int, str], rest: str) -> str:
        """Write the events that fill one bar."""
        bar = self.bars[index]
        regions = _regions(self.cells[index], events)
        events = _cut(events, {region.start for region in regions})
        pulse, words, place = beat(bar.meter), "", 0
        for region in regions:
            inside = []
            while place < len(events) and events[place].start < region.end:
                inside.append(events[place])
                place += 1
            lengths = [_lengths(event, region, bar) for event in inside]
            if not region.plain:
                words = words.rstrip(" ") + " " + _tuplet_sign(region, sum(map(len, lengths)))
            for event, pieces in zip(inside, lengths, strict=True):
                if (event.start > region.start or region.plain) and not (event.start - bar.start + bar.place) % pulse:
                    words = words.rstrip(" ") + " "
                words += texts.get(event.start, "")
                if event.start in self.marks.keys and rest == "z":
                    self.speller.change(self.marks.keys[event.start])
                words += self._event(event, pieces, rest)
        return words.strip(" ")

    def _event(self, event: Event, pieces: list[Fraction], rest: str) -> str:
        words = []
        for number, piece in enumerate(pieces):
            length = _length(piece)
            if not event.pitches:
                words.append(rest + length)
                continue
            continued = event.continued and not number
            names = [self.speller.note(pitch, continued=continued) for pitch in event.pitches]
            tie = "-" if event.tied or number + 1 < len(pieces) else ""
            words.append((names[0] if len(names) == 1 else f"[{''.join(names)}]") + length + tie)
        return " ".join(words) + (" " if pieces[-1] >= TICKS_PER_QUARTER else "")


def _layers(notes: Iterable[Note]) -> list[list[Event]]:
    """Distribute notes over as few layers as needed; notes of equal start and end are a chord."""
    chords: dict[tuple[int, int], list[int]] = {}
    for note in notes:
        chords.setdefault((note.start, note.end), []).append(note.pitch)
    layers: list[list[Event]] = []
    for (start, end), pitches in sorted(chords.items(), key=lambda item: (item[0][0], -max(item[1]), item[0][1])):
        event = Event(start, end, tuple(sorted(pitches)))
        free = next((layer for layer in layers if layer[-1].end <= start), None)
        if free is None:
            layers.append([event])
        else:
            free.append(event)
    return layers


def _filled(events: list[Event], bar: Bar) -> list[Event]:
    """Events of one bar with the rests between them."""
    filled: list[Event] = []
    tick = bar.start
    for event in events:
        if event.start > tick:
            filled.append(Event(tick, event.start))
        filled.append(event)
        tick = event.end
    if tick < bar.end:
        filled.append(Event(tick, bar.end))
    return filled


def _cut(events: list[Event], ticks: Iterable[int]) -> list[Event]:
    """Events cut at ticks, their pieces tied."""
    edges = sorted(ticks)
    result: list[Event] = []
    for event in events:
        first = bisect_right(edges, event.start)
        for edge in edges[first:]:
            if edge >= event.end:
                break
            result.append(replace(event, end=edge, tied=bool(event.pitches)))
            event = replace(event, start=edge, continued=False)
        result.append(event)
    return result


def _regions(cells: list[Cell], events: list[Event]) -> list[Cell]:
    """Join plain cells, and the triplets of two quarters over which a note is sustained."""
    edges = {tick for event in events for tick in (event.start, event.end)}
    result: list[Cell] = []
    for cell in cells:
        if all((tick - cell.start) % STEP == 0 for tick in edges if cell.start < tick < cell.end):
            cell = Cell(cell.start, cell.end)
        last = result[-1] if result else None
        joined = last is not None and (last.above, last.below) == (cell.above, cell.below)
        if joined and last is not None and not cell.plain:
            joined = cell.start not in edges and last.end - last.start == cell.end - cell.start
        if joined and last is not None:
            result[-1] = replace(last, end=cell.end)
        else:
            result.append(cell)
    return result


def _lengths(event: Event, region: Cell, bar: Bar) -> list[Fraction]:
    """Note values of one event, as they are written within its region."""
    duration = Fraction((event.end - event.start) * region.above, region.below)
    if region.above * region.below not in (1, 6):
        # Onsets of 5:4 and 7:4 are rounded to whole ticks.
        duration = Fraction(round(duration / STEP) * STEP)
    if duration.denominator != 1:
        return [duration]
    offset = (event.start - bar.start + bar.place) % TICKS_PER_QUARTER if region.plain else 0
    return [Fraction(piece) for piece in values(int(duration), TICKS_PER_QUARTER - offset)]


def _tuplet_sign(region: Cell, count: int) -> str:
    if (region.above, region.below, count) == (3, 2, 3):
        return "(3"
    return f"({region.above}:{region.below}:{count}"


def _length(piece: Fraction) -> str:
    length = piece / UNIT
    upper = "" if length.numerator == 1 else str(length.numerator)
    lower = "" if length.denominator == 1 else f"/{length.denominator}"
    return upper + ("/" if lower == "/2" else lower)
