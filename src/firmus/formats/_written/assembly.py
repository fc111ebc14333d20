"""Written measures → Score: the measures of all parts, played in order, on one time axis.

Tied notes become one. A measure is as long as the longest part in it, an empty one as its meter says; halves of one
bar, split by a repeat sign, become one bar again. Of different signatures in several parts the first part's meter and
the most frequent sounding key count; a signature without a mode is major unless the notes indicate minor (see
`modes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from firmus.errors import FormatError
from firmus.formats._written.measures import MAX_NOTES, WrittenMeasure, WrittenNote, WrittenPart, WrittenScore
from firmus.formats._written.modes import with_modes
from firmus.score import MAX_TICK, Chord, Meter, Note, Part, Score, Section, Tempo

ROUNDING = 2  # ticks by which the sum of a measure's lengths may miss its meter
MAX_STAFF = 1000


@dataclass(slots=True)
class _Bar:
    """A bar as played: first tick, length, the meter in force, whether it is written here, whether implicit."""

    start: int
    length: int
    meter: Meter | None
    is_restated: bool
    implicit: bool


class Assembly:
    """Plays the written measures on one time axis.

    Parameters
    ----------
    written : WrittenScore
    played : sequence of int
        Indices of the measures in the order in which they are played.
    """

    def __init__(self, written: WrittenScore, played: Sequence[int]) -> None:
        self.written = written
        self.order = played
        self.meters = _meters_in_force(written.measures)
        self.starts: list[int] = []
        tick = 0
        for index in self.order:
            self.starts.append(tick)
            tick += self._length(index)
            if tick > MAX_TICK:
                raise FormatError(f"the piece is longer than {MAX_TICK} ticks")
        self.end = tick

    def _length(self, index: int) -> int:
        length, meter = self.written.measures[index].length, self.meters[index]
        if meter and abs(length - meter.bar) <= ROUNDING:  # tuplets written in rounded divisions fill the bar
            return meter.bar
        return length or (meter.bar if meter else Meter(0, 4, 4).bar)

    def score(self) -> Score:
        """The Score."""
        written = self.written
        parts = [each for part in written.parts if part in written.notes for each in self._parts(part)]
        pickup, meters = _meters(self._bars())
        score = Score(
            parts=tuple(parts),
            meters=meters,
            tempi=self._tempi(),
            chords=self._chords(),
            sections=self._sections(),
            pickup=pickup,
            end=self.end,
            title=written.title,
            composer=written.composer,
        )
        return replace(score, keys=with_modes(score, self._keys()))

    def _bars(self) -> list[_Bar]:
        bars: list[_Bar] = []
        seen: set[int] = set()
        for start, index in zip(self.starts, self.order, strict=True):
            is_restated = self.written.measures[index].meter is not None and index not in seen
            seen.add(index)
            bars.append(
                _Bar(start, self._length(index), self.meters[index], is_restated, self.written.measures[index].implicit)
            )
        return bars

    def _parts(self, part: str) -> list[Part]:
        """The parts of the Score that a part of the file is: one, each hand of a player, or pitched notes and drums."""
        measures, instruments = self.written.notes[part], self.written.parts[part]
        if len(instruments) == 1:
            return self._split(instruments[0], self._played(measures))
        stops = [instrument.first_staff for instrument in instruments[1:]] + [MAX_STAFF]
        parts: list[Part] = []
        for instrument, stop in zip(instruments, stops, strict=True):
            first = instrument.first_staff if parts else 0
            own = [[note for note in notes if first <= note.staff < stop] for notes in measures]
            notes = tuple(map(_note, self._played(own)))
            parts.append(Part(instrument.name, notes, instrument.program, volume=instrument.volume, pan=instrument.pan))
        return parts

    @staticmethod
    def _split(instrument: WrittenPart, notes: list[WrittenNote]) -> list[Part]:
        """One part, or two where it has pitched notes and drums."""
        all_drums = instrument.drum_channel and not instrument.has_pitched_name
        pitched = [note for note in notes if note.is_pitched and not all_drums]
        drums = [note for note in notes if not note.is_pitched or all_drums]
        plain = Part(instrument.name, program=instrument.program, volume=instrument.volume, pan=instrument.pan)
        parts = [
            replace(plain, notes=tuple(map(_note, chosen)), is_drums=chosen is drums)
            for chosen in (pitched, drums)
            if chosen
        ]
        if len(parts) == 2 and parts[1].name:
            parts[1] = replace(parts[1], name=f"{instrument.name} (percussion)")
        return parts or [replace(plain, is_drums=instrument.drum_channel)]

    def _played(self, measures: list[list[WrittenNote]]) -> list[WrittenNote]:
        """Play measures in order; tied notes become one."""
        finished: list[WrittenNote] = []
        tied: dict[tuple[int, bool], list[WrittenNote]] = {}  # notes to be continued, by pitch
        for start, index in zip(self.starts, self.order, strict=True):
            for note in measures[index] if index < len(measures) else ():
                key = note.pitch, note.is_pitched
                previous = _continued(tied.get(key), start + note.start, note.voice) if note.tied_from else None
                if previous is None:
                    previous = note.moved(start)
                    finished.append(previous)
                    if note.tied_to:
                        tied.setdefault(key, []).append(previous)
                else:
                    previous.end, previous.voice, previous.release = start + note.end, note.voice, note.release
                    if not note.tied_to:
                        tied[key].remove(previous)
            if len(finished) > MAX_NOTES:
                raise FormatError(f"with its repeats the piece has more than {MAX_NOTES:,} notes a part")
        return finished

    def _tempi(self) -> tuple[Tempo, ...]:
        in_force, current = [], 120.0
        for measure in self.written.measures:
            in_force.append(current)
            if measure.tempi:
                current = measure.tempi[max(measure.tempi)]
        tempi: list[Tempo] = []
        for start, index in zip(self.starts, self.order, strict=True):
            by_position = {0: in_force[index], **self.written.measures[index].tempi}
            for position in sorted(by_position):
                tempo = Tempo(start + position, by_position[position])
                if tempi and tempi[-1].start >= tempo.start:
                    tempi.pop()
                if not tempi or tempi[-1].bpm != tempo.bpm:
                    tempi.append(tempo)
        return tuple(tempi)

    def _chords(self) -> tuple[Chord, ...]:
        in_force: list[Chord | None] = []
        current: Chord | None = None
        for measure in self.written.measures:
            in_force.append(current)
            if measure.chords:
                current = measure.chords[max(measure.chords)]
        chords: dict[int, Chord] = {}
        last, before = None, -1
        for start, index in zip(self.starts, self.order, strict=True):
            by_position, carried = self.written.measures[index].chords, in_force[index]
            if index != before + 1 and carried and carried != last and 0 not in by_position:
                by_position = {0: carried, **by_position}
            for position in sorted(by_position):
                last = by_position[position]
                chords[start + position] = replace(last, start=start + position)
            before = index
        return tuple(chords[tick] for tick in sorted(chords))

    def _sections(self) -> tuple[Section, ...]:
        sections: dict[int, Section] = {}
        for start, index in zip(self.starts, self.order, strict=True):
            for position, label in self.written.measures[index].sections.items():
                sections.setdefault(start + position, Section(start + position, label))
        return tuple(sections[tick] for tick in sorted(sections))

    def _keys(self) -> list[tuple[int, int, str]]:
        """Sounding signatures in the order played: tick, sharps, mode; the most frequent of the parts counts."""
        current: dict[int, tuple[int, str]] = {}
        in_force: list[tuple[int, str] | None] = []
        changes: list[list[tuple[int, int, str]]] = []
        for measure in self.written.measures:
            in_force.append(_commonest(current))
            changes.append([])
            by_position: dict[int, dict[int, tuple[int, str]]] = {}
            for part, position, sharps, mode in measure.keys:
                by_position.setdefault(position, {})[part] = (sharps, mode)
            for position in sorted(by_position):
                current.update(by_position[position])
                common = _commonest(current)
                if common:
                    changes[-1].append((position, *common))
        signatures: list[tuple[int, int, str]] = []
        for start, index in zip(self.starts, self.order, strict=True):
            carried = in_force[index]
            in_measure = changes[index]
            if carried and not (in_measure and in_measure[0][0] == 0):
                in_measure = [(0, *carried), *in_measure]
            for position, sharps, mode in in_measure:
                if not signatures or signatures[-1][1:] != (sharps, mode):
                    signatures.append((start + position, sharps, mode))
        return signatures


def _note(note: WrittenNote) -> Note:
    start = max(0, note.start + note.attack)
    return Note(start, max(1, note.end + note.release - start), note.pitch, note.velocity)


def _continued(candidates: list[WrittenNote] | None, begin: int, voice: str) -> WrittenNote | None:
    """Note that a tied one continues: it ends where this begins, in the same voice if there is a choice."""
    first = None
    for each in candidates or ():
        if abs(each.end - begin) <= ROUNDING:
            if each.voice == voice:
                return each
            first = first or each
    return first


def _commonest(signatures: dict[int, tuple[int, str]]) -> tuple[int, str] | None:
    if not signatures:
        return None
    sharps = Counter(each[0] for each in signatures.values()).most_common(1)[0][0]
    modes = [mode for fifths, mode in signatures.values() if fifths == sharps]
    return sharps, next((mode for mode in modes if mode), "")


def _meters_in_force(measures: list[WrittenMeasure]) -> list[Meter | None]:
    meters: list[Meter | None] = []
    current: Meter | None = Meter(0, 4, 4)
    for measure in measures:
        if measure.no_meter:
            current = None
        current = measure.meter or current
        meters.append(current)
    return meters


def _meters(bars: list[_Bar]) -> tuple[int, tuple[Meter, ...]]:
    """Pickup, and the meters that put a barline at the start of every bar and nowhere else."""
    bars = _with_halves_joined(bars)
    pickup, meters = 0, []
    base = bar_length = 0  # where the bars in force are counted from; ticks of one
    for index, bar in enumerate(bars):
        full = bar.meter.bar if bar.meter else 0
        cut = len(bars) > 1 and bars[1].is_restated and not bar.implicit  # by the next meter: no pickup
        if index == 0 and bar.meter and bar.length < full and not cut:
            pickup = base = bar.length
            bar_length, meters = full, [bar.meter]
            continue
        meter = bar.meter if bar.meter and bar.length <= full else _irregular(bar)
        if not meters or meters[-1].text != meter.text or (bar.start - base) % bar_length:
            meters.append(replace(meter, start=bar.start))
            base, bar_length = bar.start, meter.bar
    return pickup, tuple(meters)


def _with_halves_joined(bars: list[_Bar]) -> list[_Bar]:
    """Join two neighbouring halves of a bar."""
    merged: list[_Bar] = []
    just_merged = False
    for bar in bars:
        last = merged[-1] if merged else None
        if (
            last
            and last.meter
            and bar.meter
            and last.meter.text == bar.meter.text
            and not just_merged
            and not bar.is_restated
            and last.length + bar.length == bar.meter.bar
        ):
            last.length += bar.length
            just_merged = True
            continue
        just_merged = False
        merged.append(bar)
    return merged


def _irregular(bar: _Bar) -> Meter:
    """Meter of a bar longer than its signature, or without one; the signature where none fits."""
    coarse = bar.meter.denominator if bar.meter else 4
    for denominator in (coarse, *(each for each in (4, 8, 16, 32, 64) if each > coarse)):
        unit = 1920 // denominator
        if bar.length % unit == 0 and 1 <= bar.length // unit <= 64:
            return Meter(0, bar.length // unit, denominator)
    return bar.meter or Meter(0, 4, 4)
