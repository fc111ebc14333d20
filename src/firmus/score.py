"""The Score: what sounds. Frozen dataclasses, times in integer ticks, 480 to the quarter, always.

Conventions: pitches are *sounding* MIDI numbers (60 = middle C); a drum part's pitches are General MIDI
drum keys; tied notes are one note; notes of a part may overlap. Key tonics and chord roots keep their
spelling (``"Bb"``, ``"F#"``). ``Score.pickup`` is the length of an incomplete first bar, which is bar 0;
the first full bar is bar 1. A meter that begins in the middle of a bar ends that bar.

>>> melody = Part("Melody", (Note(0, 480, 67), Note(480, 480, 69), Note(960, 960, 71)), program=73)
>>> score = Score((melody,), meters=(Meter(0, 4, 4),), keys=(Key(0, "G", "major"),))
>>> score.end, len(score.parts[0].notes)
(1920, 3)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import pairwise
from os import PathLike
from typing import Literal, Self

from firmus import plugins
from firmus.errors import InvalidScore, unknown
from firmus.pitch import NO_CHORD, QUALITIES, QUALITY_SPELLINGS, fifths, note_name, pitch_class

TICKS_PER_QUARTER = 480
MAX_TICK = 2**31 - 1
MAX_PARTS = 256


def _within(what: str, value: object, low: int, high: int, hint: str = "") -> None:
    if type(value) is not int or not low <= value <= high:
        raise InvalidScore(f"{what} {value!r} must be a whole number from {low} to {high}" + hint)


def _text(what: str, value: object) -> None:
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidScore(f"{what} {repr(value)[:60]} must be text, without halves of characters")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One sounding note.

    Parameters
    ----------
    start, duration : int
        Ticks; ``start >= 0``, ``duration >= 1``, and the note ends before 2**31.
    pitch : int
        MIDI number, 0 to 127.
    velocity : int
        1 to 127.
    """

    start: int
    duration: int
    pitch: int
    velocity: int = 80

    def __post_init__(self) -> None:
        if not (
            type(self.start) is type(self.duration) is type(self.pitch) is type(self.velocity) is int
            and self.start >= 0
            and self.duration >= 1
            and self.start + self.duration <= MAX_TICK
            and 0 <= self.pitch <= 127
            and 1 <= self.velocity <= 127
        ):
            raise InvalidScore(self._complaint())

    def _complaint(self) -> str:
        try:
            _within("note start", self.start, 0, MAX_TICK - 1, " ticks")
            _within("note duration", self.duration, 1, MAX_TICK - self.start, " ticks")
            _within("note pitch", self.pitch, 0, 127, " (60 is middle C)")
            _within("note velocity", self.velocity, 1, 127)
        except InvalidScore as error:
            return str(error)
        return f"{self!r} is no note"

    @property
    def end(self) -> int:
        """First tick after the note."""
        return self.start + self.duration


def _in_order(note: Note) -> tuple[int, int, int, int]:
    return note.start, note.pitch, note.duration, note.velocity


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument or voice; notes are kept in order of start, then pitch.

    Parameters
    ----------
    name : str
    notes : tuple of Note
    program : int
        General MIDI program, 0 to 127; without meaning where `is_drums`.
    is_drums : bool
    volume, pan : int
        0 to 127, as MIDI controllers 7 and 10; pan 64 is the middle.
    """

    name: str = ""
    notes: tuple[Note, ...] = ()
    program: int = 0
    is_drums: bool = False
    volume: int = 100
    pan: int = 64

    def __post_init__(self) -> None:
        _text("part name", self.name)
        _within(f"program of part {self.name!r}", self.program, 0, 127)
        _within(f"volume of part {self.name!r}", self.volume, 0, 127)
        _within(f"pan of part {self.name!r}", self.pan, 0, 127)
        if type(self.is_drums) is not bool:
            raise InvalidScore(f"is_drums {repr(self.is_drums)[:60]} of part {self.name!r} must be True or False")
        object.__setattr__(self, "notes", tuple(sorted(self.notes, key=_in_order)))

    @property
    def end(self) -> int:
        """First tick after the last note; 0 where there is none."""
        return max((note.end for note in self.notes), default=0)


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature, from `start` (ticks) on; numerator 1 to 64, denominator 1, 2, 4 ... 64."""

    start: int
    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        _within("meter start", self.start, 0, MAX_TICK)
        _within(f"numerator of meter {self.numerator}/{self.denominator}", self.numerator, 1, 64)
        if type(self.denominator) is not int or self.denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise InvalidScore(
                f"meter {self.numerator}/{self.denominator}: the denominator must be 1, 2, 4, 8, 16, 32 or 64"
            )

    @classmethod
    def parse(cls, text: str, start: int = 0) -> Self:
        """Read ``"3/4"``.

        Examples
        --------
        >>> Meter.parse("6/8").bar
        1440
        """
        match = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", text)
        if not match:
            raise InvalidScore(f"meter {text!r} must be two numbers with a stroke, such as 3/4 or 6/8")
        return cls(start, int(match[1]), int(match[2]))

    @property
    def bar(self) -> int:
        """Ticks in a full bar."""
        return self.numerator * TICKS_PER_QUARTER * 4 // self.denominator

    @property
    def text(self) -> str:
        """As a musician writes it, ``"3/4"``."""
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class Tempo:
    """Quarter notes a minute, from `start` (ticks) on; 1 to 3000."""

    start: int
    bpm: float

    def __post_init__(self) -> None:
        _within("tempo start", self.start, 0, MAX_TICK)
        if not isinstance(self.bpm, int | float) or not 1 <= self.bpm <= 3000:
            raise InvalidScore(f"tempo {self.bpm!r} must be 1 to 3000 quarter notes a minute")
        object.__setattr__(self, "bpm", float(self.bpm))


@dataclass(frozen=True, slots=True)
class Key:
    """A key, from `start` (ticks) on; the signature has at most seven sharps or flats."""

    start: int
    tonic: str
    mode: Literal["major", "minor"] = "major"

    def __post_init__(self) -> None:
        _within("key start", self.start, 0, MAX_TICK)
        if self.mode not in ("major", "minor"):
            raise InvalidScore(f"mode {self.mode!r} of key {self.tonic!r} must be 'major' or 'minor'")
        if not -7 <= self.signature <= 7:
            raise InvalidScore(
                f"there is no key {self.text!r}: its signature would have {abs(self.signature)} "
                f"{'sharps' if self.signature > 0 else 'flats'}, and seven is the most; spell it enharmonically"
            )

    @classmethod
    def parse(cls, text: str, start: int = 0) -> Self:
        """Read ``"G minor"``, ``"Bb"``, ``"f# min"`` or ``"Am"``.

        Examples
        --------
        >>> Key.parse("G minor").text, Key.parse("Bb").text, Key.parse("Am").text
        ('G minor', 'Bb major', 'A minor')
        """
        match = re.fullmatch(r"\s*([A-Ga-g])([#b♯♭]?)[\s-]*(major|maj|minor|min|m|M)?\s*", text, re.IGNORECASE)
        if not match:
            raise InvalidScore(f"there is no key {text!r}: write it as 'G minor' or 'Bb major'")
        minor = match[3] is not None and (match[3].lower() in ("minor", "min") or match[3] == "m")
        accidental = match[2].replace("♯", "#").replace("♭", "b").lower()
        return cls(start, match[1].upper() + accidental, "minor" if minor else "major")

    @classmethod
    def from_signature(cls, sharps: int, mode: Literal["major", "minor"], start: int = 0) -> Self:
        """Key of a signature; `sharps` is negative for flats.

        Examples
        --------
        >>> Key.from_signature(-2, "minor").text
        'G minor'
        """
        return cls(start, note_name(sharps + (3 if mode == "minor" else 0)), mode)

    @property
    def signature(self) -> int:
        """Sharps in the signature, negative for flats."""
        return fifths(self.tonic) - (3 if self.mode == "minor" else 0)

    @property
    def pitch_class(self) -> int:
        """Pitch class of the tonic."""
        return pitch_class(self.tonic)

    @property
    def scale(self) -> tuple[int, ...]:
        """Pitch classes of the scale; minor includes the raised sixth and seventh (melodic minor)."""
        steps = (0, 2, 4, 5, 7, 9, 11) if self.mode == "major" else (0, 2, 3, 5, 7, 8, 9, 10, 11)
        return tuple((self.pitch_class + step) % 12 for step in steps)

    @property
    def text(self) -> str:
        """As a musician says it, ``"G minor"``."""
        return f"{self.tonic} {self.mode}"


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord symbol that holds from `start` (ticks) until the next one.

    Parameters
    ----------
    start : int
    root : str
        Spelled note name, or ``"N.C."`` for no chord.
    quality : str
        A key of `QUALITIES`: ``""`` is major, ``"m"`` minor, ``"7"`` a dominant seventh.
    bass : str
        Spelled note name; ``""`` where the bass is the root.
    """

    start: int
    root: str
    quality: str = ""
    bass: str = ""

    def __post_init__(self) -> None:
        _within("chord start", self.start, 0, MAX_TICK)
        if self.root == NO_CHORD:
            if self.quality or self.bass:
                raise InvalidScore(f"'N.C.' takes no quality and no bass, not {self.quality!r} {self.bass!r}")
            return
        pitch_class(self.root)
        if self.quality not in QUALITIES:
            raise InvalidScore(unknown(f"quality of chord on {self.root}", self.quality, QUALITIES))
        if self.bass:
            pitch_class(self.bass)

    @classmethod
    def parse(cls, text: str, start: int = 0) -> Self:
        """Read a lead-sheet symbol; common spellings (``"Cmin7"``, ``"C-7"``, ``"CΔ"``, ``"Co"``) are known.

        Examples
        --------
        >>> Chord.parse("Bbm7/Db")
        Chord(start=0, root='Bb', quality='m7', bass='Db')
        >>> Chord.parse("F#min").text
        'F#m'
        """
        if text.strip().upper() in ("N.C.", "NC", "NONE"):
            return cls(start, NO_CHORD)
        clean = text.strip().replace("♯", "#").replace("♭", "b")
        match = re.fullmatch(r"([A-G](?:#{1,2}|b{1,2})?)([^/]*)(?:/([A-G](?:#{1,2}|b{1,2})?))?", clean)
        if not match:
            raise InvalidScore(f"{text!r} is no chord symbol: write it as Am, G7, Fmaj7 or C/E")
        quality = match[2].strip()
        return cls(start, match[1], QUALITY_SPELLINGS.get(quality, quality), match[3] or "")

    @property
    def text(self) -> str:
        """As a lead sheet writes it."""
        return self.root + self.quality + (f"/{self.bass}" if self.bass else "")

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes of the chord, the root first; with the bass where it is another; empty for N.C."""
        if self.root == NO_CHORD:
            return ()
        root = pitch_class(self.root)
        tones = tuple((root + interval) % 12 for interval in QUALITIES[self.quality])
        bass = (pitch_class(self.bass),) if self.bass else ()
        return tones + tuple(tone for tone in bass if tone not in tones)


@dataclass(frozen=True, slots=True)
class Section:
    """A rehearsal or form mark, from `start` (ticks) on: ``"A"``, ``"Verse"``."""

    start: int
    label: str

    def __post_init__(self) -> None:
        _within("section start", self.start, 0, MAX_TICK)
        _text("section label", self.label)
        if not self.label or len(self.label) > 100:
            raise InvalidScore(f"section label {self.label[:20]!r} must have 1 to 100 characters")


@dataclass(frozen=True, slots=True, repr=False)
class Score:
    """A piece of music.

    Parameters
    ----------
    parts : tuple of Part
        At most 256.
    meters, tempi : tuple of Meter, tuple of Tempo
        In order of start, one at a time; the first stands at tick 0 (added where missing: 4/4, 120).
    keys, chords, sections : tuple of Key, Chord, Section
        In order of start, one at a time; may be empty (no key known).
    pickup : int
        Ticks of an incomplete first bar, less than a full bar; 0 where the first bar is full.
    end : int
        First tick after the piece, at least the end of the last note and filled up to it.
    title, composer : str
    """

    parts: tuple[Part, ...] = ()
    meters: tuple[Meter, ...] = ()
    tempi: tuple[Tempo, ...] = ()
    keys: tuple[Key, ...] = ()
    chords: tuple[Chord, ...] = ()
    sections: tuple[Section, ...] = ()
    pickup: int = 0
    end: int = field(default=0)
    title: str = ""
    composer: str = ""

    def __post_init__(self) -> None:
        if len(self.parts) > MAX_PARTS:
            raise InvalidScore(f"{len(self.parts)} parts: a score has at most {MAX_PARTS}")
        for name in ("parts", "meters", "tempi", "keys", "chords", "sections"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.meters or self.meters[0].start > 0:
            object.__setattr__(self, "meters", (Meter(0, 4, 4), *self.meters))
        if not self.tempi or self.tempi[0].start > 0:
            object.__setattr__(self, "tempi", (Tempo(0, 120.0), *self.tempi))
        for name in ("meters", "tempi", "keys", "chords", "sections"):
            starts = [event.start for event in getattr(self, name)]
            if any(later <= earlier for earlier, later in pairwise(starts)):
                raise InvalidScore(f"{name} must be in order of start, one at a time; starts are {starts[:8]}")
        _within("pickup", self.pickup, 0, self.meters[0].bar - 1, " ticks, less than the first bar")
        _within("end", self.end, 0, MAX_TICK)
        _text("title", self.title)
        _text("composer", self.composer)
        object.__setattr__(self, "end", max([self.end, *(part.end for part in self.parts)]))

    def transposed(self, semitones: int) -> Score:
        """Move every pitched part, key and chord by so many semitones; drums stay.

        Examples
        --------
        >>> Score((Part("", (Note(0, 480, 60),)),), keys=(Key(0, "C"),)).transposed(-2).keys[0].text
        'Bb major'
        """

        def move(part: Part) -> Part:
            if part.is_drums:
                return part
            notes = (replace(note, pitch=note.pitch + semitones) for note in part.notes)
            return replace(part, notes=tuple(notes))

        shift = _fifths_of(semitones)
        return replace(
            self,
            parts=tuple(move(part) for part in self.parts),
            keys=tuple(_transposed_key(key, shift) for key in self.keys),
            chords=tuple(_transposed_chord(chord, shift) for chord in self.chords),
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as music, sound (``.wav`` ...), engraved score (``.pdf``, ``.svg``) or piano roll (``.png``).

        The file appears whole or not at all, in place of what was there.

        Raises
        ------
        FormatError
            Where no file of ours ends so.
        """
        import_module("firmus.render.files").write(self, path)

    def __repr__(self) -> str:
        notes = sum(len(part.notes) for part in self.parts)
        names = ", ".join(part.name or "?" for part in self.parts[:8]) + (" ..." if len(self.parts) > 8 else "")
        quarters = self.end / TICKS_PER_QUARTER
        return f"<Score {self.title!r}: {len(self.parts)} parts ({names}), {notes} notes, {quarters:g} quarters>"

    def _repr_html_(self) -> str:
        return str(plugins.load("firmus.render", "notebook").html(self))


def _fifths_of(semitones: int) -> int:
    """Fewest steps on the line of fifths that make so many semitones, from -5 to 6."""
    return (semitones * 7 + 5) % 12 - 5


def _near_naturals(place: int) -> int:
    """Same pitch class, at most six places from D on the line of fifths."""
    return (place + 4) % 12 - 4


def _transposed_key(key: Key, shift: int) -> Key:
    signature = key.signature + shift
    if not -6 <= signature <= 6:
        signature = (signature + 5) % 12 - 5
    return Key.from_signature(signature, key.mode, key.start)


def _transposed_chord(chord: Chord, shift: int) -> Chord:
    if chord.root == NO_CHORD:
        return chord
    root = note_name(_near_naturals(fifths(chord.root) + shift))
    bass = note_name(_near_naturals(fifths(chord.bass) + shift)) if chord.bass else ""
    return replace(chord, root=root, bass=bass)
