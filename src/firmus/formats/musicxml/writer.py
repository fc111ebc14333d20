"""Score → MusicXML 4.0: notation at concert pitch, 480 divisions, one part for every Part.

The hands of one player are one part on braced staves, and two again on reading (see `part_list`).

Preserved on reading: every note's part, start, duration, pitch and velocity, also off the grid (the
``attack``, ``release`` and ``dynamics`` attributes of a note keep what notation rounds); programs, volume, pan;
meters and bars, keys, tempi, chords, sections, pickup, title, composer. `Score.end` comes back as the end of
its last bar. Repeated events that change nothing (a meter again on a barline, the same key) are not kept.

Every ``<note>`` has an id, ``n<part>-<index>``: the places of its part in `Score.parts` and of the note in
`Part.notes`, both from 0; later segments of a tied note are ``n<part>-<index>t<segment>``. Verovio keeps
them as ids in its SVG.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from firmus.formats._written.dynamics import DEFAULT_VELOCITY, DYNAMICS
from firmus.formats.musicxml.notes import NoteWriter, clef_xml, harmony_xml, key_xml, meter_xml, percent
from firmus.formats.musicxml.part_list import part_list_xml, text
from firmus.notation.grand_staff import joined
from firmus.notation.measures import Measure, PartLayout, Segment, lay_out
from firmus.notation.spelling import spell
from firmus.score import TICKS_PER_QUARTER, Chord, Part, Score, Tempo
from firmus.timing import Bar, beat, written_bars

_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n<score-partwise version="4.0">\n'
)
_DOT = "<beat-unit-dot/>"
_UNITS = {
    1920: ("whole", ""), 960: ("half", ""), 480: ("quarter", ""), 720: ("quarter", _DOT), 240: ("eighth", ""),
    360: ("eighth", _DOT), 120: ("16th", ""), 180: ("16th", _DOT), 60: ("32nd", ""), 30: ("64th", ""),
}  # fmt: skip
_MARKS = {name: DYNAMICS[name] for name in ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")}

Event = tuple[int, Callable[[str], str]]  # tick, and its XML given an <offset>


def write_score(score: Score) -> bytes:
    """Write a Score as uncompressed MusicXML."""
    all_bars = written_bars(score) or [Bar(1, 0, score.meters[0].bar, score.meters[0])]
    score = score if score.parts else replace(score, parts=(Part(),))
    names = spell(score)
    layouts = [lay_out(score, group, all_bars, names) for group in joined(score.parts, all_bars)]
    pieces = [_HEADER, _titles(score), part_list_xml(score.parts, layouts)]
    harmony_part = next((layout for layout in layouts if not layout.is_drums), layouts[0])
    for layout in layouts:
        pieces.append(f'<part id="P{layout.parts[0] + 1}">\n')
        writer = _PartWriter(score, layout, layout is harmony_part)
        pieces.extend(writer.measures())
        pieces.append("</part>\n")
    pieces.append("</score-partwise>\n")
    return "".join(pieces).encode()


def _titles(score: Score) -> str:
    title = f"<work><work-title>{text(score.title)}</work-title></work>\n" if score.title else ""
    composer = f'<creator type="composer">{text(score.composer)}</creator>' if score.composer else ""
    return (
        f"{title}<identification>{composer}<encoding><software>Firmus</software>"
        '<supports element="accidental" type="yes"/><supports element="beam" type="yes"/></encoding>'
        f"</identification>\n"
    )


# -- measures -------------------------------------------------------------------------------------------------


class _PartWriter:
    """Writes the measures of one part, or of the parts of one player."""

    def __init__(self, score: Score, layout: PartLayout, with_chords: bool) -> None:
        self.score = score
        self.layout = layout
        self.notes = NoteWriter(layout, DEFAULT_VELOCITY)
        self.events = sorted(self._events(with_chords), key=lambda event: event[0])
        self.levels = _levels(layout)
        self.meters = {meter.start: place for place, meter in enumerate(score.meters)}

    def measures(self) -> list[str]:
        """XML of every measure."""
        measures = self.layout.measures
        texts, event = [], 0
        for place, measure in enumerate(measures):
            bar, last = measure.bar, place + 1 == len(measures)
            stop = len(self.events) if last else event
            while stop < len(self.events) and self.events[stop][0] < bar.end:
                stop += 1
            events = self.events[event:stop]
            event = stop
            implicit = ' implicit="yes"' if bar.number == 0 else ""
            final = '<barline location="right"><bar-style>light-heavy</bar-style></barline>\n' if last else ""
            texts.append(
                f'<measure number="{bar.number}"{implicit}>\n{self._attributes(place, measure)}'
                f"{self._music(place, measure, events)}{final}</measure>\n"
            )
        return texts

    def _attributes(self, place: int, measure: Measure) -> str:
        bar, pieces = measure.bar, []
        if place == 0:
            pieces.append(f"<divisions>{TICKS_PER_QUARTER}</divisions>")
        pieces.extend(key_xml(key, not self.layout.is_drums) for key in self.score.keys if key.start == bar.start)
        if place == 0 or bar.start in self.meters:
            index = self.meters.get(bar.start, 0)
            is_printed = index == 0 or self.score.meters[index - 1].text != bar.meter.text
            pieces.append(meter_xml(bar.meter, is_printed))
        if place == 0 and self.layout.staves > 1:
            pieces.append(f"<staves>{self.layout.staves}</staves>")
        before = self.layout.measures[place - 1].clefs if place else []
        for number, clef in enumerate(measure.clefs, 1):
            if not before or before[number - 1] != clef:
                pieces.append(clef_xml(clef, number))
        return f"<attributes>{''.join(pieces)}</attributes>\n" if pieces else ""

    def _music(self, place: int, measure: Measure, events: list[Event]) -> str:
        """Voices of a measure one after another; marks go with the first."""
        bar, pieces = measure.bar, []
        if place in self.levels:
            events = sorted([*events, self._dynamics(*self.levels[place])], key=lambda event: event[0])
        voices = sorted(measure.voices)
        for order, (staff, voice) in enumerate(voices):
            if order:
                pieces.append(f"<backup><duration>{bar.end - bar.start}</duration></backup>\n")
            stem = ""
            if sum(each[0] == staff for each in voices) > 1:
                stem = "up" if voice % 2 else "down"
            number = voice + 4 * (staff - 1) if voice <= 4 else 100 * staff + voice
            for segment in measure.voices[staff, voice]:
                if not order:
                    pieces.append(self._marks(segment, events, last=segment.value.end >= bar.end))
                if place in self.levels and segment.value.start >= self.levels[place][0]:
                    self.notes.level = self.levels[place][1]
                pieces.append(self.notes.segment(segment, staff, number, stem) + "\n")
            if place in self.levels and order + 1 < len(voices):
                self.notes.level = self._level_before(place)
        if place in self.levels:
            self.notes.level = self.levels[place][1]
        pieces.extend(self._inner_keys(bar))
        return "".join(pieces)

    def _level_before(self, place: int) -> int:
        earlier = [each for each in self.levels if each < place]
        return self.levels[max(earlier)][1] if earlier else DEFAULT_VELOCITY

    def _marks(self, segment: Segment, events: list[Event], last: bool) -> str:
        """Marks that fall into a segment; where they are not at its start, with an offset."""
        pieces = []
        while events and (last or events[0][0] < segment.value.end):
            tick, build = events.pop(0)
            ahead = tick - segment.value.start
            pieces.append(build(f"<offset>{ahead}</offset>" if ahead else "") + "\n")
        return "".join(pieces)

    def _inner_keys(self, bar: Bar) -> list[str]:
        """Key changes inside a bar."""
        pieces = []
        for key in self.score.keys:
            if bar.start < key.start < bar.end:
                back, signature = bar.end - key.start, key_xml(key, not self.layout.is_drums)
                pieces.append(
                    f"<backup><duration>{back}</duration></backup><attributes>{signature}</attributes>"
                    f"<forward><duration>{back}</duration></forward>\n"
                )
        return pieces

    # -- marks ------------------------------------------------------------------------------------------------

    def _events(self, with_chords: bool) -> list[Event]:
        events: list[Event] = []
        if self.layout.parts[0] == 0:
            events.extend(self._tempo_events())
            events.extend((section.start, _rehearsal(section.label)) for section in self.score.sections)
        if with_chords:
            events.extend((chord.start, _chord(chord)) for chord in self.score.chords)
        return events

    def _tempo_events(self) -> list[Event]:
        """Tempo marks; those of a gradual change are played, not printed."""
        events: list[Event] = []
        measures = self.layout.measures
        starts = [measure.bar.start for measure in measures]
        printed = 0.0
        for index, tempo in enumerate(self.score.tempi):
            meter = measures[max(0, bisect_right(starts, tempo.start) - 1)].bar.meter
            later = self.score.tempi[index + 1].start if index + 1 < len(self.score.tempi) else self.score.end
            stays = index == 0 or later - tempo.start >= meter.bar
            visible = stays and abs(tempo.bpm - printed) >= 0.02 * tempo.bpm
            if visible:
                printed = tempo.bpm
            events.append((tempo.start, _tempo(tempo, beat(meter), visible)))
        return events

    def _dynamics(self, tick: int, level: int) -> Event:
        mark = next(name for name, velocity in _MARKS.items() if velocity == level)

        def build(offset: str) -> str:
            return (
                f'<direction placement="below"><direction-type><dynamics><{mark}/></dynamics></direction-type>'
                f'{offset}<sound dynamics="{percent(level)}"/></direction>'
            )

        return tick, build


def _chord(chord: Chord) -> Callable[[str], str]:
    return lambda offset: harmony_xml(chord, offset)


def _rehearsal(label: str) -> Callable[[str], str]:
    return lambda offset: (
        f'<direction placement="above"><direction-type><rehearsal>{text(label)}</rehearsal></direction-type>'
        f"{offset}</direction>"
    )


def _tempo(tempo: Tempo, unit: int, visible: bool) -> Callable[[str], str]:
    if not visible:
        return lambda offset: f'<sound tempo="{tempo.bpm!r}">{offset}</sound>'
    name, dot = _UNITS.get(unit, _UNITS[TICKS_PER_QUARTER])
    minute = tempo.bpm * TICKS_PER_QUARTER / (unit if unit in _UNITS else TICKS_PER_QUARTER)
    return lambda offset: (
        f'<direction placement="above"><direction-type><metronome><beat-unit>{name}</beat-unit>{dot}'
        f"<per-minute>{round(minute, 1):g}</per-minute></metronome></direction-type>"
        f'{offset}<sound tempo="{tempo.bpm!r}"/></direction>'
    )


def _levels(layout: PartLayout) -> dict[int, tuple[int, int]]:
    """Dynamic marks: for some measures the tick and the velocity of a new level, where loudness changes clearly."""
    notes = layout.notes
    if all(note.velocity == DEFAULT_VELOCITY for note in notes):
        return {}
    starts = [measure.bar.start for measure in layout.measures]
    by_measure: dict[int, list[int]] = {}
    for index, (start, _) in enumerate(layout.times):
        by_measure.setdefault(bisect_right(starts, start) - 1, []).append(index)
    levels: dict[int, tuple[int, int]] = {}
    level = None
    for place in sorted(by_measure):
        middle = median(notes[index].velocity for index in by_measure[place])
        if level is None or abs(middle - level) > 12:
            nearest = min(_MARKS.values(), key=lambda velocity: abs(velocity - middle))
            if nearest != level:
                level = nearest
                levels[place] = (min(layout.times[index][0] for index in by_measure[place]), nearest)
    return levels
