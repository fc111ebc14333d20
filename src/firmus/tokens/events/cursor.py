"""An incremental parser of events: the position in the music, the open cells, and the Score so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from firmus.pitch import NO_CHORD, note_name
from firmus.score import Chord, Meter, Note, Part, Score, Section, Tempo
from firmus.tokens.events import vocabulary

DRUM_STEPS = 6  # duration of a drum note: a sixteenth
ALL = -1  # stands for the lanes of a bar that is open throughout
MAX_STEPS = 2**31 // vocabulary.UNIT - 10_000


@dataclass(slots=True)
class BarState:
    """One bar as read so far."""

    start: int
    length: int
    place: int = 0
    key: int | None = None
    meter: int | None = None
    tempo: int | None = None
    section: int | None = None
    open: list[int] = field(default_factory=list)  # lanes; [ALL] for every one


@dataclass(slots=True)
class Cursor:
    """Reads tokens in order; `push` returns the slot after each.

    Attributes
    ----------
    phase : str
        ``"head"``, ``"bars"``, ``"fill"`` or ``"end"``.
    is_plan : bool
        Whether the chord lane alone is filled: the tokens of ``PLAN`` are read.
    bar : int
        Index of the current bar, -1 before the first.
    lane : int
        Lane of the current cell: 0 the chord symbols, 1 ... the parts, -1 for none.
    family : int
        Family of the last valid token; see `vocabulary.FAMILY`.
    place : int
        Where in the bar the next note of the cell begins, -1 where that is not known.
    onset : int
        Where the last one of the cell began, -1 before the first.
    chord : list of (int, int)
        Pitch and velocity of the notes whose duration follows.
    """

    phase: str = "head"
    is_compact: bool = False
    is_plan: bool = False
    programs: list[int] = field(default_factory=list)
    has_lane: bool = False
    bars: list[BarState] = field(default_factory=list)
    bar: int = -1
    lane: int = -1
    family: int = vocabulary.FAMILY["START"]
    place: int = -1
    onset: int = -1
    chord: list[tuple[int, int]] = field(default_factory=list)
    chord_size: int = 0  # notes of the last duration
    time: int = 0
    end_of_note: int = 0
    pitch: int = -1
    velocity: int = vocabulary.USUAL_VELOCITY
    style: int | None = None
    notes: list[list[tuple[int, int, int, int]]] = field(default_factory=list)  # start, steps, pitch, velocity
    chords: dict[int, tuple[int, int]] = field(default_factory=dict)
    slot: tuple[int, int, int] = (0, 0, 0)

    def push(self, token: int) -> tuple[int, int, int]:
        """Read one token; one that is not valid here changes nothing."""
        if 0 <= token < vocabulary.VOCABULARY:
            family = int(vocabulary.FAMILY_OF[token])
            if _READERS[family](self, token):
                self.family = family
        return self.slot

    def _move_to(self, time: int, place: int, lane: int) -> bool:
        if lane < 0:
            self.chord = []
        self.time, self.slot = time, (time, min(place, vocabulary.LONGEST_BAR), lane + 1)
        return True

    # -- the header before the bars -------------------------------------------------------------------------

    def _compact(self, token: int) -> bool:
        self.is_compact = self.is_compact or self.phase == "head"
        return self.phase == "head"

    def _style(self, token: int) -> bool:
        if self.phase == "head":
            self.style = token - vocabulary.STYLE
        return self.phase == "head"

    def _program(self, token: int) -> bool:
        if self.phase != "head" or len(self.programs) >= vocabulary.MAX_PARTS:
            return False
        self.programs.append(token)
        self.notes.append([])
        return True

    # -- bars ----------------------------------------------------------------------------------------------

    def _bar(self, token: int) -> bool:
        if self.phase in ("head", "bars"):
            previous = self.bars[-1] if self.bars else None
            start = previous.start + previous.length if previous else 0
            if start > MAX_STEPS:
                return False
            self.bars.append(BarState(start, previous.length if previous else 4 * vocabulary.QUARTER))
            self.phase, self.bar = "bars", len(self.bars) - 1
        elif self.phase == "fill":
            following = [index for index in range(self.bar + 1, len(self.bars)) if self.open_lanes(index)]
            if not following:
                return False
            self.bar = following[0]
        else:
            return False
        self.lane, self.place = -1, -1
        return self._move_to(self.bars[self.bar].start, 0, -1)

    def _structure(self, token: int) -> bool:
        """Key, meter, tempo or section of the bar that has just begun."""
        if self.phase != "bars" or self.family not in _BEGINNING:
            return False
        bar, family = self.bars[-1], int(vocabulary.FAMILY_OF[token])
        if family == vocabulary.FAMILY["KEY"]:
            bar.key = token - vocabulary.KEY
        elif family == vocabulary.FAMILY["TEMPO"]:
            bar.tempo = token - vocabulary.TEMPO
        elif family == vocabulary.FAMILY["SECTION"]:
            bar.section = token - vocabulary.SECTION
        else:
            numerator, denominator = vocabulary.METERS[token - vocabulary.METER]
            bar.meter, bar.length = token - vocabulary.METER, numerator * 4 * vocabulary.QUARTER // denominator
        return True

    def _pickup(self, token: int) -> bool:
        return self.phase == "bars" and len(self.bars) == 1 and self.family in _BEGINNING and not self.bars[0].open

    def _open(self, token: int) -> bool:
        if self.phase != "bars" or (self.bars[-1].open == [ALL]):
            return False
        if self.lane < 0:
            self.bars[-1].open = [ALL]
            return True
        if self.family != vocabulary.FAMILY["PART"] or self.lane in self.bars[-1].open:
            return False
        self.bars[-1].open.append(self.lane)
        return True

    def open_lanes(self, bar: int) -> list[int]:
        """Lanes of a bar that are filled after ``FILL``, or ``PLAN``."""
        opened = self.bars[bar].open
        if opened == [ALL]:
            opened = list(range(0 if self.has_lane else 1, len(self.programs) + 1))
        return [0] if self.is_plan and 0 in opened else [] if self.is_plan else sorted(opened)

    def _fill(self, token: int) -> bool:
        is_plan = token == vocabulary.PLAN
        if self.phase != "bars" or not any(bar.open for bar in self.bars):
            return False
        if is_plan and not any((bar.open == [ALL] and self.has_lane) or 0 in bar.open for bar in self.bars):
            return False
        self.is_plan = is_plan
        self.phase, self.bar, self.lane, self.place = "fill", -1, -1, -1
        return self._move_to(0, 0, -1)

    def _cut(self, token: int) -> bool:
        if self.phase == "bars":
            self.lane, self.place = -1, -1
            return self._move_to(0, 0, -1)
        return self.phase == "head"

    def _end(self, token: int) -> bool:
        if self.phase not in ("bars", "fill"):
            return False
        self.phase, self.lane, self.place = "end", -1, -1
        return self._move_to(0, 0, -1)

    # -- cells ---------------------------------------------------------------------------------------------

    @property
    def is_chained(self) -> bool:
        """Whether notes of the cell follow on from one another: pitches in the compact form."""
        return self.is_compact and self.lane > 0 and self.programs[self.lane - 1] != vocabulary.DRUMS

    @property
    def is_cell_empty(self) -> bool:
        """Whether nothing stands in the cell yet."""
        return (self.onset if self.is_chained else self.place) < 0

    def _part(self, token: int) -> bool:
        lane = token - vocabulary.PART
        if self.phase == "head":
            self.has_lane = self.has_lane or lane == 0
            return lane == 0
        if self.phase == "end" or self.bar < 0 or not self.lane < lane <= len(self.programs):
            return False
        if lane == 0 and not self.has_lane:
            return False
        if self.bars[self.bar].open == [ALL] if self.phase == "bars" else lane not in self.open_lanes(self.bar):
            return False
        self.lane, self.velocity, self.pitch = lane, vocabulary.USUAL_VELOCITY, -1
        self.onset, self.chord = -1, []
        self.place = self.bars[self.bar].place if self.is_chained else -1
        return self._move_to(self.bars[self.bar].start, 0, lane)

    def _place(self, token: int) -> bool:
        place = token - vocabulary.PLACE
        if self.family == vocabulary.FAMILY["PICKUP"] and self.lane < 0:
            bar = self.bars[0]
            if not 0 < place < bar.length:
                return False
            bar.place = place
            return self._move_to(place, place, -1)
        bar_open = self.phase == "bars" and self.lane >= 0 and self.lane in self.bars[self.bar].open
        if self.lane < 0 or bar_open or self.phase == "end":
            return False
        bar = self.bars[self.bar]
        earliest = max(self.onset, bar.place) if self.is_chained else max(self.place + 1, bar.place)
        if self.chord or not earliest <= place < bar.length:
            return False
        self.place, self.pitch = place, -1
        return self._move_to(bar.start + place, place, self.lane)

    def _in_part(self, drums: bool) -> bool:
        if self.place < 0 or self.lane <= 0 or self.place >= self.bars[self.bar].length:
            return False
        if self.phase == "bars" and self.lane in self.bars[self.bar].open:
            return False
        return (self.programs[self.lane - 1] == vocabulary.DRUMS) == drums

    def _velocity(self, token: int) -> bool:
        if not (self._in_part(drums=True) or self._in_part(drums=False)):
            return False
        if self.family == vocabulary.FAMILY["PITCH"] and not self.is_compact:
            return False
        self.velocity = vocabulary.VELOCITIES[token - vocabulary.VELOCITY]
        return self._move_to(self.bars[self.bar].start + self.place, self.place, self.lane)

    def _pitch(self, token: int) -> bool:
        if not self._in_part(drums=False) or (self.chord and not self.is_compact):
            return False
        self.pitch = token - vocabulary.PITCH
        self.chord.append((self.pitch, self.velocity))
        return self._move_to(self.bars[self.bar].start + self.place, self.place, self.lane)

    def _duration(self, token: int) -> bool:
        """The duration of the notes read since the last one; or more of theirs."""
        steps = vocabulary.DURATIONS[token - vocabulary.DURATION]
        if self.chord:
            self.onset, self.chord_size = self.place, len(self.chord)
            start = self.bars[self.bar].start + self.onset
            self.notes[self.lane - 1] += [(start, steps, pitch, velocity) for pitch, velocity in self.chord]
            self.chord = []
        elif self.family == vocabulary.FAMILY["DURATION"] and self.lane > 0:
            notes = self.notes[self.lane - 1]
            start, before = notes[-1][:2]
            steps = min(before + steps, MAX_STEPS + 9_000 - start)
            notes[-self.chord_size :] = [(start, steps, *rest) for _, _, *rest in notes[-self.chord_size :]]
        else:
            return False
        self.end_of_note = start + steps
        if self.is_chained:
            self.place, self.pitch = self.onset + steps, -1
        return self._move_to(start + steps, self.onset + steps, self.lane)

    def _drum(self, token: int) -> bool:
        if not self._in_part(drums=True):
            return False
        start = self.bars[self.bar].start + self.place
        self.pitch = token - vocabulary.DRUM
        self.notes[self.lane - 1].append((start, DRUM_STEPS, self.pitch, self.velocity))
        return self._move_to(start, self.place, self.lane)

    def _chord(self, token: int) -> bool:
        if self.lane != 0 or self.family != vocabulary.FAMILY["PLACE"]:
            return False
        self.chords[self.time] = (token - vocabulary.CHORD, -1)
        return True

    def _bass(self, token: int) -> bool:
        if (
            self.family != vocabulary.FAMILY["CHORD"]
            or self.lane != 0
            or self.chords[self.time][0] == len(vocabulary.CHORDS)
        ):
            return False
        self.chords[self.time] = (self.chords[self.time][0], token - vocabulary.BASS)
        return True

    # -- the Score -----------------------------------------------------------------------------------------

    def score(self) -> Score:
        """Build the Score read so far: no part names, silence in open cells, no note past the end."""
        if not self.bars:
            return Score()
        shift, end = self.bars[0].place, self.bars[-1].start + self.bars[-1].length

        parts = []
        for program, notes in zip(self.programs, self.notes, strict=True):
            part_notes = tuple(
                Note((start - shift) * vocabulary.UNIT, min(steps, end - start) * vocabulary.UNIT, pitch, velocity)
                for start, steps, pitch, velocity in notes
            )
            is_drums = program == vocabulary.DRUMS
            parts.append(Part("", part_notes, 0 if is_drums else program - vocabulary.PROGRAM, is_drums))
        return Score(
            tuple(parts),
            **self._events(shift),
            pickup=(self.bars[0].length - shift) * vocabulary.UNIT if shift else 0,
            end=(end - shift) * vocabulary.UNIT,
        )

    def _events(self, shift: int) -> dict[str, Any]:
        """Meters, tempi, keys, sections and chords, each where it changes."""
        events: dict[str, list[Any]] = {"meters": [], "tempi": [], "keys": [], "sections": []}
        for bar in self.bars:
            tick = max(0, bar.start - shift) * vocabulary.UNIT
            if bar.meter is not None:
                events["meters"].append(Meter(tick, *vocabulary.METERS[bar.meter]))
            if bar.tempo is not None:
                events["tempi"].append(Tempo(tick, vocabulary.TEMPI[bar.tempo]))
            if bar.key is not None:
                events["keys"].append(replace(vocabulary.KEYS[bar.key], start=tick))
            if bar.section is not None:
                events["sections"].append(Section(tick, vocabulary.SECTION_NAMES[bar.section]))
        events["chords"] = [self._symbol(time, shift) for time in sorted(self.chords)]
        return {name: tuple(_changes(each)) for name, each in events.items()}

    def _symbol(self, time: int, shift: int) -> Chord:
        kind, bass = self.chords[time]
        tick = (time - shift) * vocabulary.UNIT
        if kind == len(vocabulary.CHORDS):
            return Chord(tick, NO_CHORD)
        sharps = next((vocabulary.KEYS[bar.key].signature for bar in self.bars if bar.key is not None), 0)
        root, quality = vocabulary.CHORDS[kind]
        return Chord(tick, spell(root, sharps), quality, spell(bass, sharps) if bass >= 0 else "")


def spell(pitch_class: int, sharps: int) -> str:
    """Name of a pitch class in a signature: from six fifths below its centre to five above.

    Examples
    --------
    >>> spell(10, 0), spell(6, 2), spell(3, -3)
    ('Bb', 'F#', 'Eb')
    """
    centre = sharps + 1
    place = (pitch_class * 7 - centre + 5) % 12 - 5 + centre
    return note_name(place)


def _changes(events: list[Any]) -> list[Any]:
    """Drop events that repeat the one before, except sections."""
    changes: list[Any] = []
    for event in events:
        if not changes or replace(event, start=0) != replace(changes[-1], start=0) or isinstance(event, Section):
            changes.append(event)
    return changes


_BEGINNING = {vocabulary.FAMILY[family] for family in ("BAR", "SECTION", "KEY", "METER", "TEMPO")}
_READERS: dict[int, Callable[[Cursor, int], bool]] = {
    vocabulary.FAMILY[family]: reader
    for family, reader in {
        "START": lambda cursor, token: False,
        "END": Cursor._end,
        "BAR": Cursor._bar,
        "OPEN": Cursor._open,
        "FILL": Cursor._fill,
        "PLAN": Cursor._fill,
        "COMPACT": Cursor._compact,
        "CUT": Cursor._cut,
        "PICKUP": Cursor._pickup,
        "STYLE": Cursor._style,
        "CONTROL": lambda cursor, token: cursor.phase == "head",
        "GENRE": lambda cursor, token: cursor.phase == "head",
        "PROGRAM": Cursor._program,
        "KEY": Cursor._structure,
        "METER": Cursor._structure,
        "TEMPO": Cursor._structure,
        "SECTION": Cursor._structure,
        "PART": Cursor._part,
        "PLACE": Cursor._place,
        "PITCH": Cursor._pitch,
        "DRUM": Cursor._drum,
        "DURATION": Cursor._duration,
        "VELOCITY": Cursor._velocity,
        "CHORD": Cursor._chord,
        "BASS": Cursor._bass,
    }.items()
}
