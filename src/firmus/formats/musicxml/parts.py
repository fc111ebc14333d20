"""One part of a MusicXML file, read measure by measure as it is written (repeats are played later).

Positions are ticks from the start of the measure. Where the file's divisions do not divide 480, exact
fractions are counted and only the start and the end of a note are rounded, so nothing drifts.

Dynamics become velocities: ``DYNAMICS`` for the marks from pppppp to ffffff, the file's own percentage (of
90, as MusicXML has it) where it gives one. Accent marks (sf, fz, rf...) raise one moment only; fp is forte
for one moment, then piano. Wedges do not change velocities.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from firmus.errors import FormatError, InvalidScore
from firmus.formats.musicxml.harmony import read_harmony
from firmus.pitch import STEPS
from firmus.score import TICKS_PER_QUARTER, Chord, Meter

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

DYNAMICS = {
    "pppppp": 2, "ppppp": 5, "pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80,
    "f": 96, "ff": 112, "fff": 120, "ffff": 124, "fffff": 126, "ffffff": 127,
}  # fmt: skip
ACCENTS = {"sf": 112, "fz": 112, "sfz": 112, "rf": 104, "rfz": 104, "sffz": 120, "sfzp": 112}
FALLING = {"fp": ("f", "p"), "pf": ("p", "f"), "sfp": ("ff", "p"), "sfpp": ("ff", "pp"), "ffp": ("ff", "p")}
FULL_VELOCITY = 0.9  # velocity per percent: MusicXML counts dynamics in percent of velocity 90
DEFAULT_VELOCITY = 80
TYPES: dict[str, int | Fraction] = {
    "maxima": 32, "long": 16, "breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4), "32nd": Fraction(1, 8), "64th": Fraction(1, 16), "128th": Fraction(1, 32),
    "256th": Fraction(1, 64), "512th": Fraction(1, 128), "1024th": Fraction(1, 256),
}  # fmt: skip
MAX_MEASURE = 4096 * TICKS_PER_QUARTER
MAX_DIVISIONS = 10**6

Position = int | Fraction


@dataclass(slots=True)
class WrittenMeasure:
    """A measure as written, for all parts: its length, signatures, marks and repeat signs."""

    number: str = ""
    implicit: bool = False
    length: int = 0
    meter: Meter | None = None
    no_meter: bool = False
    tempi: dict[int, float] = field(default_factory=dict)
    keys: list[tuple[int, int, int, str]] = field(default_factory=list)  # part, position, sharps, mode
    chords: dict[int, Chord] = field(default_factory=dict)
    sections: dict[int, str] = field(default_factory=dict)
    forward: bool = False
    backward: int = 0  # how many times the passage is played; 0 where there is no repeat sign
    ending: tuple[int, ...] = ()
    ending_stops: bool = False
    jumps: dict[str, str] = field(default_factory=dict)  # dacapo, dalsegno, segno, tocoda, coda, fine
    final: bool = False


@dataclass(slots=True)
class WrittenNote:
    """A note as written: start and end in the measure, pitch, velocity, how it is tied, its voice.

    `attack` and `release` move the sounding start and end away from the written ones.
    """

    start: int
    end: int
    pitch: int
    velocity: int
    tied_from: bool
    tied_to: bool
    voice: str
    staff: int = 1
    attack: int = 0
    release: int = 0


def rounded(position: Position) -> int:
    """Nearest tick, halves upward."""
    return position if isinstance(position, int) else (2 * position + 1) // 2


def number(text: str | None, what: str) -> Position:
    """Exact value of an XML number; whole numbers stay ints."""
    clean = (text or "").strip()
    if re.fullmatch(r"[+-]?\d{1,12}", clean):
        return int(clean)
    if not re.fullmatch(r"[+-]?\d{0,12}(\.\d{0,12})?", clean) or not re.search(r"\d", clean):
        raise FormatError(f"{what} {clean[:40]!r} is no number")
    value = Fraction(clean)
    return value.numerator if value.denominator == 1 else value


class PartReader:
    """Reads the measures of one part in their order."""

    def __init__(self, index: int, name: str, keys_of_instruments: dict[str, int]) -> None:
        self.index = index
        self.name = name
        self.drum_keys = keys_of_instruments
        self.per_division: Position = TICKS_PER_QUARTER
        self.transpose: dict[str, int] = {}  # by staff number, "" for all
        self.key_shift = 0
        self.velocity = DEFAULT_VELOCITY
        self.pitched = self.unpitched = 0
        self.sharps: list[tuple[int, int, str]] = []
        self.measure = WrittenMeasure()
        self.notes: list[WrittenNote] = []
        self.position: Position = 0
        self.furthest: Position = 0
        self.last_start: Position = 0
        self._levels: list[tuple[int, int]] = []
        self._accents: dict[int, int] = {}
        self._explicit: set[int] = set()
        self._tags: dict[str, Callable[[Element], None]] = {
            "note": self._note, "backup": self._backup, "forward": self._forward, "barline": self._barline,
            "attributes": self._attributes, "direction": self._direction, "sound": self._sound,
            "harmony": self._harmony,
        }  # fmt: skip

    def read(self, element: Element, measure: WrittenMeasure) -> list[WrittenNote]:
        """Read one measure into the measure that all parts share; return this part's notes."""
        self.measure, self.notes = measure, []
        self.position = self.furthest = self.last_start = 0
        self._levels, self._accents, self._explicit = [(0, self.velocity)], {}, set()
        try:
            for child in element:
                handle = self._tags.get(child.tag)
                if handle:
                    handle(child)
        except (FormatError, InvalidScore) as error:
            label = element.get("number", "?")[:20]
            raise FormatError(f"part {self.name!r}, measure {label}: {error}") from None
        measure.length = max(measure.length, rounded(self.furthest))
        self._set_velocities()
        self.notes.sort(key=lambda note: note.start)  # voices are written one after another: ties need time order
        return self.notes

    # -- time ---------------------------------------------------------------------------------------------

    def _duration(self, element: Element) -> Position:
        ticks = number(element.findtext("duration"), "duration") * self.per_division
        if not 0 <= ticks <= MAX_MEASURE:
            raise FormatError(
                f"a duration of {float(ticks / TICKS_PER_QUARTER):g} quarter notes: it must be 0 to "
                f"{MAX_MEASURE // TICKS_PER_QUARTER}"
            )
        return ticks

    def _backup(self, element: Element) -> None:
        self.position -= self._duration(element)
        if self.position < 0:
            if self.position < -TICKS_PER_QUARTER:  # programs that count an incomplete bar wrongly stay within this
                raise FormatError(
                    f"a backup leads {float(-self.position / TICKS_PER_QUARTER):g} quarter notes before the measure"
                )
            self.position = 0

    def _forward(self, element: Element) -> None:
        self._advance(self._duration(element))

    def _advance(self, ticks: Position) -> None:
        self.position += ticks
        if self.position > self.furthest:
            self.furthest = self.position
            if self.position > MAX_MEASURE:
                raise FormatError(f"the measure is longer than {MAX_MEASURE // TICKS_PER_QUARTER} quarter notes")

    def _at(self, element: Element) -> int:
        """Tick of a direction or chord symbol, its <offset> counted; never before the measure."""
        offset = element.find("offset")
        if offset is None:
            return rounded(self.position)
        ticks = number(offset.text, "offset") * self.per_division
        return min(max(0, rounded(self.position + ticks)), MAX_MEASURE)

    # -- notes --------------------------------------------------------------------------------------------

    def _note(self, element: Element) -> None:
        if element.find("grace") is not None:
            return
        ticks = self._duration(element) if element.find("duration") is not None else self._by_type(element)
        if element.find("chord") is not None:
            start = self.last_start
            self.furthest = max(self.furthest, start + ticks)
        else:
            start = self.last_start = self.position
            self._advance(ticks)
        first = rounded(start)
        last = rounded(start + ticks)
        if last <= first or element.find("cue") is not None or element.find("rest") is not None:
            return
        pitch = self._pitch(element)
        if pitch is None:
            return
        ties = {each.get("type") for each in element.findall("tie")}
        if not ties:
            ties = {each.get("type") for each in element.findall("notations/tied")}
        dynamics = element.get("dynamics")
        if dynamics is not None:
            self._explicit.add(len(self.notes))
        velocity = _velocity(dynamics) if dynamics is not None else 0
        voice = element.findtext("voice", "1")
        note = WrittenNote(first, last, pitch, velocity, "stop" in ties, "start" in ties, voice)
        note.staff = _staff(element.findtext("staff"))
        if element.get("attack") or element.get("release"):
            note.attack = rounded(number(element.get("attack", "0"), "attack") * self.per_division)
            note.release = rounded(number(element.get("release", "0"), "release") * self.per_division)
        self.notes.append(note)

    def _by_type(self, element: Element) -> Position:
        name = (element.findtext("type") or "").strip()
        if name not in TYPES:
            raise FormatError("a note without a duration")
        ticks = Fraction(TYPES[name]) * TICKS_PER_QUARTER
        dots = len(element.findall("dot"))
        return ticks * (2 - Fraction(1, 2 ** min(dots, 8)))

    def _pitch(self, element: Element) -> int | None:
        pitch = element.find("pitch")
        if pitch is not None:
            self.pitched += 1
            value = _height(pitch.findtext("step"), pitch.findtext("octave"), pitch.findtext("alter"))
            staff = element.findtext("staff", "") if len(self.transpose) > 1 else ""
            value += self.transpose.get(staff, self.transpose.get("", 0))
            if not 0 <= value <= 127:
                raise FormatError(f"a note that sounds at MIDI number {value}: it must be 0 to 127")
            return value
        unpitched = element.find("unpitched")
        if unpitched is None:
            return None
        self.unpitched += 1
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
        divisions = element.find("divisions")
        if divisions is not None:
            value = number(divisions.text, "divisions")
            if not 0 < value <= MAX_DIVISIONS:
                raise FormatError(f"divisions {str(value)[:20]!r} must be above 0 and at most {MAX_DIVISIONS:,}")
            each = Fraction(TICKS_PER_QUARTER) / value
            self.per_division = each.numerator if each.denominator == 1 else each
        for transpose in element.findall("transpose"):
            self._transpose(transpose)
        for key in element.findall("key"):
            if key.find("fifths") is not None:
                sharps = rounded(number(key.findtext("fifths"), "fifths")) + self.key_shift
                sharps = (sharps + 5) % 12 - 5 if not -7 <= sharps <= 7 else sharps
                mode = (key.findtext("mode") or "").strip().lower()
                self.measure.keys.append((self.index, rounded(self.position), sharps, mode))
                break
        time = element.find("time")
        if time is not None and not self.position and not (self.measure.meter or self.measure.no_meter):
            self.measure.meter = _meter(time)
            self.measure.no_meter = self.measure.meter is None

    def _transpose(self, element: Element) -> None:
        chromatic = rounded(number(element.findtext("chromatic", "0"), "chromatic"))
        octaves = rounded(number(element.findtext("octave-change", "0"), "octave-change"))
        diatonic = element.findtext("diatonic")
        staff = element.get("number", "")
        self.transpose[staff] = chromatic + 12 * octaves
        if abs(self.transpose[staff]) > 127:
            raise FormatError(f"a transposition by {self.transpose[staff]} semitones: 127 is the most")
        steps = rounded(number(diatonic, "diatonic")) if diatonic else round(chromatic * 7 / 12)
        self.key_shift = 7 * chromatic - 12 * steps
        if abs(self.key_shift) > 12:
            self.key_shift = (self.key_shift + 5) % 12 - 5

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

    def _sound(self, element: Element, at: int | None = None) -> None:
        if at is None:
            at = self._at(element)
        tempo = element.get("tempo")
        if tempo:
            self._tempo(float(number(tempo, "tempo")), at)
        if element.get("dynamics"):
            self._levels.append((at, _velocity(element.get("dynamics"))))
        for name in ("dacapo", "dalsegno", "segno", "tocoda", "coda", "fine"):
            value = element.get(name)
            if value and value != "no":
                self.measure.jumps.setdefault(name, value)

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
            name = mark.tag
            if name in ACCENTS:
                self._accents[at] = ACCENTS[name]
                if percent:
                    self._levels.pop()  # an accent does not change the level
            elif name in FALLING:
                loud, soft = FALLING[name]
                self._accents[at] = DYNAMICS[loud]
                self._levels.append((at, DYNAMICS[soft]))
            elif name in DYNAMICS and not percent:
                self._levels.append((at, DYNAMICS[name]))

    def _set_velocities(self) -> None:
        levels = sorted(self._levels, key=lambda level: level[0])
        self.velocity = levels[-1][1]
        for index, note in enumerate(self.notes):
            if index in self._explicit:
                continue
            level = levels[max(0, bisect_right(levels, note.start, key=lambda each: each[0]) - 1)][1]
            note.velocity = max(level, self._accents.get(note.start, 0)) if self._accents else level

    def _harmony(self, element: Element) -> None:
        chord = read_harmony(element, self._at(element), self.transpose.get("", 0), self.key_shift)
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
        ending = element.find("ending")
        if ending is not None:
            if ending.get("type") == "start":
                measure.ending = measure.ending or _ending_numbers(ending.get("number", "1"))
            else:
                measure.ending_stops = True
        if element.findtext("bar-style") == "light-heavy" and repeat is None:
            measure.final = True


def _staff(text: str | None) -> int:
    """Number of a staff; 1 where none is given or it is no number."""
    clean = (text or "").strip()
    return int(clean) if re.fullmatch(r"[0-9]{1,2}", clean) else 1


def _velocity(percent: str | None) -> int:
    return min(max(1, rounded(Fraction(number(percent, "dynamics")) * 9 / 10)), 127)


def _height(step: str | None, octave: str | None, alter: str | None) -> int:
    """MIDI number of a written pitch; quarter tones go to the nearest semitone, halves upward."""
    letter = (step or "").strip().upper()
    if letter not in STEPS:
        raise FormatError(f"a pitch with the step {letter[:10]!r}: it must be A to G")
    height = 12 * (rounded(number(octave, "octave")) + 1) + STEPS[letter]
    return height + (rounded(number(alter, "alter")) if alter and alter.strip() else 0)


def _meter(element: Element) -> Meter | None:
    """Time signature, 3+2/8 added up, in the finer unit where there are two; None for senza misura."""
    signatures = []
    for beats, unit in zip(element.findall("beats"), element.findall("beat-type"), strict=False):
        counts = [rounded(number(each, "beats")) for each in (beats.text or "").split("+")]
        signatures.append((sum(counts), rounded(number(unit.text, "beat-type"))))
    if not signatures:
        return None
    denominator = max(unit for _, unit in signatures)
    if any(unit <= 0 or denominator % unit for _, unit in signatures):
        raise FormatError(f"time signature {signatures}: beat types must be 1, 2, 4 ... 64")
    return Meter(0, sum(count * denominator // unit for count, unit in signatures), denominator)


def _ending_numbers(text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for first, last in re.findall(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", text[:200]):
        numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(sorted(set(numbers))) or (1,)


# General MIDI drum keys by the usual place on the staff, for files that name no instrument.
_DISPLAYED = {
    "F4": 36, "E4": 35, "D4": 44, "C5": 38, "A4": 41, "B4": 45, "G4": 43, "D5": 47, "E5": 48, "F5": 51,
    "G5": 42, "A5": 49, "B5": 57, "C6": 55, "D6": 52,
}  # fmt: skip
