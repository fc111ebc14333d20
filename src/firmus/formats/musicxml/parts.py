"""One part of a MusicXML file, read measure by measure as it is written (repeats are played later).

Positions are ticks from the start of the measure. Where the file's divisions do not divide 480, exact
fractions are counted and only the start and the end of a note are rounded, so nothing drifts.

Dynamics become velocities (see `firmus.formats._written.dynamics`): by the mark, or the file's own percentage (of
90, as MusicXML has it) where it gives one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from firmus.errors import FormatError, InvalidScore
from firmus.formats._written.assembly import ROUNDING
from firmus.formats._written.dynamics import ACCENTS, FALLING, Dynamics
from firmus.formats._written.measures import Position, WrittenMeasure, WrittenNote, rounded
from firmus.formats.musicxml.harmony import read_harmony
from firmus.formats.musicxml.values import (
    ending_numbers,
    number,
    pitch_height,
    ticks_of_division,
    time_signature,
    velocity_of,
)
from firmus.score import TICKS_PER_QUARTER

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

TYPES: dict[str, int | Fraction] = {
    "maxima": 32, "long": 16, "breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4), "32nd": Fraction(1, 8), "64th": Fraction(1, 16), "128th": Fraction(1, 32),
    "256th": Fraction(1, 64), "512th": Fraction(1, 128), "1024th": Fraction(1, 256),
}  # fmt: skip
MAX_MEASURE = 4096 * TICKS_PER_QUARTER
WHOLE_BAR = ("", "whole", "breve")  # types of a rest that may stand for a bar of any length
JUMP_WORDS = {
    "dacapo": r"d c( al (fine|coda))?|da capo( al (fine|coda))?",
    "dalsegno": r"d s( al (fine|coda))?|dal segno( al (fine|coda))?",
    "tocoda": r"(to|al) coda",
    "fine": r"fine",
}
MAX_ROUNDING = 60  # the same where tuplets are written in coarse divisions: a thirty-second note


class PartReader:
    """Reads the measures of one part in their order."""

    def __init__(self, index: int, name: str, keys_of_instruments: dict[str, int]) -> None:
        self.index = index
        self.name = name
        self.drum_keys = keys_of_instruments
        self.per_division: Position = 0  # 0 until the file says it
        self.bar = 0  # ticks of a full measure; 0 without a meter
        self.transpose: dict[str, int] = {}  # by staff number, "" for all
        self.key_shifts: dict[str, int] = {}
        self.doublings: dict[str, int] = {}
        self.sharps: list[tuple[int, int, str]] = []
        self.measure = WrittenMeasure()
        self.notes: list[WrittenNote] = []
        self.position: Position = 0
        self.furthest: Position = 0
        self.last_start: Position = 0
        self.last_written: tuple[str, int] = ("", 0)  # type and dots of the note that opened the chord
        self.last_ticks: Position = 0
        self.uneven = 0  # notes of the measure whose lengths may be rounded
        self.dynamics = Dynamics()
        self._explicit: set[int] = set()
        self._tags: dict[str, Callable[[Element], None]] = {
            "note": self._note, "backup": self._backup, "forward": self._forward, "barline": self._barline,
            "attributes": self._attributes, "direction": self._direction, "sound": self._sound,
            "harmony": self._harmony,
        }  # fmt: skip

    def read(self, element: Element, measure: WrittenMeasure) -> list[WrittenNote]:
        """Read one measure into the measure that all parts share; return this part's notes."""
        self.measure, self.notes = measure, []
        self.position = self.furthest = self.last_start = self.uneven = 0
        self.dynamics, self._explicit = Dynamics(self.dynamics.levels[-1][1]), set()
        try:
            if not self.per_division:  # some programs write the first notes before their divisions
                self._divisions(element.find("attributes/divisions"))
            for child in element:
                handle = self._tags.get(child.tag)
                if handle:
                    handle(child)
        except (FormatError, InvalidScore) as error:
            label = element.get("number", "?")[:20]
            raise FormatError(f"part {self.name!r}, measure {label}: {error}") from None
        measure.length = max(measure.length, self._length())
        self._set_velocities()
        self.notes.sort(key=lambda note: note.start)  # voices are written one after another: ties need time order
        return self.notes

    # -- time ---------------------------------------------------------------------------------------------

    def _duration(self, element: Element) -> Position:
        ticks = number(element.findtext("duration"), "duration") * (self.per_division or TICKS_PER_QUARTER)
        if not 0 <= ticks <= MAX_MEASURE:
            raise FormatError(
                f"a duration of {float(ticks / TICKS_PER_QUARTER):g} quarter notes: it must be 0 to "
                f"{MAX_MEASURE // TICKS_PER_QUARTER}"
            )
        return ticks

    def _backup(self, element: Element) -> None:
        self.position -= self._duration(element)
        if self.position < 0:
            if self.position < -(self.bar or 4 * TICKS_PER_QUARTER):  # wrong sums of real programs stay within a bar
                raise FormatError(
                    f"a backup leads {float(-self.position / TICKS_PER_QUARTER):g} quarter notes before the measure"
                )
            self.position = 0

    def _forward(self, element: Element) -> None:
        self._advance(self._duration(element), stretches=False)

    def _advance(self, ticks: Position, stretches: bool = True) -> None:
        """Move on; what `stretches` nothing (rests of whole bars) leaves a measure as long as its meter says."""
        self.position += ticks
        if self.position > MAX_MEASURE:
            raise FormatError(f"the measure is longer than {MAX_MEASURE // TICKS_PER_QUARTER} quarter notes")
        end = self.position if stretches or not self.bar else min(self.position, self.bar)
        self.furthest = max(self.furthest, end)

    def _length(self) -> int:
        """Ticks of the measure; lengths rounded to divisions that miss the barline are moved onto it.

        A program that writes seven notes in the time of a quarter in whole divisions is wrong by up to half a
        division each.
        """
        uneven = self.uneven and rounded(self.uneven * Fraction(self.per_division) / 2)
        tolerance = min(uneven, MAX_ROUNDING)
        length = rounded(self.furthest)
        error = abs(length - self.bar)
        if not self.bar or error > max(tolerance, ROUNDING):
            return length
        for note in self.notes:
            if abs(note.end - self.bar) <= error and note.start < self.bar:
                note.end = self.bar
        return self.bar

    def _at(self, element: Element) -> int:
        """Tick of a direction or chord symbol, its <offset> counted; never before the measure."""
        offset = element.find("offset")
        if offset is None:
            return rounded(self.position)
        ticks = number(offset.text, "offset") * (self.per_division or TICKS_PER_QUARTER)
        return min(max(0, rounded(self.position + ticks)), MAX_MEASURE)

    # -- notes --------------------------------------------------------------------------------------------

    def _note(self, element: Element) -> None:
        if element.find("grace") is not None:
            return
        ticks = self._duration(element) if element.find("duration") is not None else self._by_type(element)
        written = (element.findtext("type", ""), len(element.findall("dot")))
        rest = element.find("rest")
        if element.find("chord") is not None:
            start = self.last_start
            if written == self.last_written and written[0]:  # some programs write the lengths of chord notes wrong
                ticks = self.last_ticks
            self.furthest = max(self.furthest, start + ticks)
        else:
            start = self.last_start = self.position
            self.last_written, self.last_ticks = written, ticks
            whole_bar = rest is not None and not start and (rest.get("measure") == "yes" or written[0] in WHOLE_BAR)
            self._advance(ticks, stretches=not whole_bar)
            self.uneven += element.find("time-modification") is not None or bool(ticks % 15 and ticks % 20)
        first = rounded(start)
        last = rounded(start + ticks)
        if last <= first or element.find("cue") is not None or rest is not None:
            return
        pitch = self._pitch(element)
        if pitch is not None:
            self._sounding(element, first, last, pitch)

    def _sounding(self, element: Element, first: int, last: int, pitch: int) -> None:
        """Store a note, and its double an octave away where the part is doubled."""
        ties = {each.get("type") for each in element.findall("tie")}
        if not ties:
            ties = {each.get("type") for each in element.findall("notations/tied")}
        dynamics = element.get("dynamics")
        velocity = velocity_of(dynamics) if dynamics is not None else 0
        voice = element.findtext("voice", "1")
        note = WrittenNote(first, last, pitch, velocity, "stop" in ties, "start" in ties, voice)
        note.is_pitched = element.find("pitch") is not None
        note.staff = _staff(element.findtext("staff"))
        if element.get("attack") or element.get("release"):
            per_division = self.per_division or TICKS_PER_QUARTER
            note.attack = rounded(number(element.get("attack", "0"), "attack") * per_division)
            note.release = rounded(number(element.get("release", "0"), "release") * per_division)
        octave = self._by_staff(self.doublings, element.findtext("staff", "1")) if note.is_pitched else 0
        double = [replace(note, pitch=pitch + octave)] if octave and 0 <= pitch + octave <= 127 else []
        for each in (note, *double):
            if dynamics is not None:
                self._explicit.add(len(self.notes))
            self.notes.append(each)

    @staticmethod
    def _by_staff(values: dict[str, int], staff: str) -> int:
        """Value of a staff, else that of all staves, else 0."""
        return values.get(staff, values.get("", 0))

    def _by_type(self, element: Element) -> Position:
        name = (element.findtext("type") or "").strip()
        if name not in TYPES:
            raise FormatError("a note without a duration")
        ticks = Fraction(TYPES[name]) * TICKS_PER_QUARTER
        dots = len(element.findall("dot"))
        ticks *= 2 - Fraction(1, 2 ** min(dots, 8))
        tuplet = element.find("time-modification")
        if tuplet is not None:
            normal = number(tuplet.findtext("normal-notes"), "normal-notes")
            actual = number(tuplet.findtext("actual-notes"), "actual-notes")
            if not 0 < normal <= 1000 or not 0 < actual <= 1000:
                raise FormatError(f"a tuplet of {actual} in the time of {normal}: both must be 1 to 1000")
            ticks = ticks * normal / actual
        return ticks

    def _pitch(self, element: Element) -> int | None:
        pitch = element.find("pitch")
        if pitch is not None:
            value = pitch_height(pitch.findtext("step"), pitch.findtext("octave"), pitch.findtext("alter"))
            value += self._by_staff(self.transpose, element.findtext("staff", "1"))
            if not 0 <= value <= 127:
                raise FormatError(f"a note that sounds at MIDI number {value}: it must be 0 to 127")
            return value
        unpitched = element.find("unpitched")
        if unpitched is None:
            return None
        instrument = element.find("instrument")
        known = self.drum_keys.get(instrument.get("id", "")) if instrument is not None else None
        if known is None and len(self.drum_keys) == 1:
            known = next(iter(self.drum_keys.values()))
        if known is not None:
            return known
        step, octave = unpitched.findtext("display-step"), unpitched.findtext("display-octave")
        return _DISPLAYED.get(f"{step}{octave}", 38)

    # -- signatures ---------------------------------------------------------------------------------------

    def _attributes(self, element: Element) -> None:
        self._divisions(element.find("divisions"))
        for transpose in element.findall("transpose"):
            self._transpose(transpose)
        for key in element.findall("key"):
            if key.find("fifths") is not None:
                shift = self._by_staff(self.key_shifts, key.get("number", "1"))
                sharps = rounded(number(key.findtext("fifths"), "fifths")) + shift
                sharps = (sharps + 5) % 12 - 5 if not -7 <= sharps <= 7 else sharps
                mode = (key.findtext("mode") or "").strip().lower()
                self.measure.keys.append((self.index, rounded(self.position), sharps, mode))
                break
        time = element.find("time")
        if time is not None and not self.position:
            meter = time_signature(time)
            self.bar = meter.bar if meter else 0
            if not (self.measure.meter or self.measure.no_meter):
                self.measure.meter, self.measure.no_meter = meter, meter is None

    def _divisions(self, element: Element | None) -> None:
        if element is None:
            return
        self.per_division = ticks_of_division(element.text)

    def _transpose(self, element: Element) -> None:
        chromatic = rounded(number(element.findtext("chromatic", "0"), "chromatic"))
        octaves = rounded(number(element.findtext("octave-change", "0"), "octave-change"))
        diatonic = element.findtext("diatonic")
        staff = element.get("number", "")
        self.transpose[staff] = chromatic + 12 * octaves
        if abs(self.transpose[staff]) > 127:
            raise FormatError(f"a transposition by {self.transpose[staff]} semitones: 127 is the most")
        steps = rounded(number(diatonic, "diatonic")) if diatonic else round(chromatic * 7 / 12)
        shift = 7 * chromatic - 12 * steps
        self.key_shifts[staff] = (shift + 5) % 12 - 5 if abs(shift) > 12 else shift
        double = element.find("double")
        self.doublings[staff] = 0 if double is None else 12 if double.get("above") == "yes" else -12

    # -- marks --------------------------------------------------------------------------------------------

    def _direction(self, element: Element) -> None:
        at = self._at(element)
        sound = element.find("sound")
        if sound is not None:
            self._sound(sound, at)
        for direction in element.findall("direction-type"):
            for mark in direction:
                if mark.tag == "metronome" and not (sound is not None and sound.get("tempo")):
                    self._metronome(mark, at)
                elif mark.tag == "rehearsal":
                    label = "".join(mark.itertext()).strip()[:100]
                    if label:
                        self.measure.sections.setdefault(at, label)
                elif mark.tag == "dynamics":
                    self._dynamics(mark, at, sound.get("dynamics") if sound is not None else None)
                elif mark.tag in ("segno", "coda"):
                    self.measure.signs.append(mark.tag)
                elif mark.tag == "words":
                    self._words("".join(mark.itertext()))

    def _sound(self, element: Element, at: int | None = None) -> None:
        if at is None:
            at = self._at(element)
        tempo = element.get("tempo")
        if tempo:
            self._tempo(float(number(tempo, "tempo")), at)
        if element.get("dynamics"):
            self.dynamics.set_level(at, velocity_of(element.get("dynamics")))
        for name in ("dacapo", "dalsegno", "segno", "tocoda", "coda", "fine"):
            value = element.get(name)
            if value and value != "no":
                self.measure.jumps.setdefault(name, value)

    def _words(self, text: str) -> None:
        """Store a jump that is written in words, for files that have no <sound> for it."""
        plain = re.sub(r"[^a-z]+", " ", text[:100].lower()).strip()
        jump = next((name for name, pattern in JUMP_WORDS.items() if re.fullmatch(pattern, plain)), "")
        if jump:
            self.measure.signs.append(jump)

    def _metronome(self, element: Element, at: int) -> None:
        units = [(each.text or "").strip() for each in element.findall("beat-unit")]
        per_minute = re.search(r"\d+(\.\d+)?", element.findtext("per-minute", ""))
        if len(units) != 1 or units[0] not in TYPES or not per_minute:
            return
        dots = len(element.findall("beat-unit-dot"))
        quarters = float(TYPES[units[0]]) * (2 - 0.5 ** min(dots, 8))
        self._tempo(float(per_minute[0][:12]) * quarters, at)

    def _tempo(self, bpm: float, at: int) -> None:
        if 1 <= bpm <= 3000:  # players write 0 for "as before"
            self.measure.tempi.setdefault(at, bpm)

    def _dynamics(self, element: Element, at: int, percent: str | None) -> None:
        for mark in element:
            if percent and mark.tag in ACCENTS:
                self.dynamics.levels.remove((at, velocity_of(percent)))  # an accent does not change the level
            if not percent or mark.tag in ACCENTS or mark.tag in FALLING:
                self.dynamics.mark(at, mark.tag)

    def _set_velocities(self) -> None:
        for index, note in enumerate(self.notes):
            if index not in self._explicit:
                note.velocity = self.dynamics.velocity(note.start)

    def _harmony(self, element: Element) -> None:
        semitones, key_shift = self._by_staff(self.transpose, "1"), self._by_staff(self.key_shifts, "1")
        chord = read_harmony(element, self._at(element), semitones, key_shift)
        if chord is not None:
            self.measure.chords.setdefault(chord.start, chord)

    # -- repeats ------------------------------------------------------------------------------------------

    def _barline(self, element: Element) -> None:
        measure = self.measure
        repeat = element.find("repeat")
        if repeat is not None:
            if repeat.get("direction") == "forward":
                measure.forward = True
            else:
                times = repeat.get("times", "2")
                measure.backward = min(max(2, int(times) if times.isdecimal() else 2), 1000)
                measure.after_jump = repeat.get("after-jump") == "yes"
        ending = element.find("ending")
        if ending is not None:
            if ending.get("type") == "start":
                measure.ending = measure.ending or ending_numbers(ending.get("number", "1"))
            else:
                measure.ending_stops = True
        if element.findtext("bar-style") == "light-heavy" and repeat is None:
            measure.final = True


def _staff(text: str | None) -> int:
    """Number of a staff; 1 where none is given or it is no number."""
    clean = (text or "").strip()
    return int(clean) if re.fullmatch(r"[0-9]{1,2}", clean) else 1


# General MIDI drum keys by the usual place on the staff, for files that name no instrument.
_DISPLAYED = {
    "F4": 36, "E4": 35, "D4": 44, "C5": 38, "A4": 41, "B4": 45, "G4": 43, "D5": 47, "E5": 48, "F5": 51,
    "G5": 42, "A5": 49, "B5": 57, "C6": 55, "D6": 52,
}  # fmt: skip
