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
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import pairwise
from os import PathLike
from typing import Self

from firmus import plugins
from firmus._checks import MAX_TICK, text, within
from firmus.errors import InvalidScore
from firmus.harmony import Chord, Key

__all__ = [
    "MAX_PARTS", "MAX_TICK", "TICKS_PER_QUARTER", "Chord", "Key", "Meter", "Note", "Part", "Score", "Section", "Tempo",
]  # fmt: skip
TICKS_PER_QUARTER = 480
MAX_PARTS = 256


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
            within("note start", self.start, 0, MAX_TICK - 1, " ticks")
            within("note duration", self.duration, 1, MAX_TICK - self.start, " ticks")
            within("note pitch", self.pitch, 0, 127, " (60 is middle C)")
            within("note velocity", self.velocity, 1, 127)
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
    pedal : tuple of (int, int)
        Ticks at which a sustain pedal goes down and up, in order; it lengthens the sound (`sounding`), not the notes.
    """

    name: str = ""
    notes: tuple[Note, ...] = ()
    program: int = 0
    is_drums: bool = False
    volume: int = 100
    pan: int = 64
    pedal: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        text("part name", self.name)
        within(f"program of part {self.name!r}", self.program, 0, 127)
        within(f"volume of part {self.name!r}", self.volume, 0, 127)
        within(f"pan of part {self.name!r}", self.pan, 0, 127)
        if type(self.is_drums) is not bool:
            raise InvalidScore(f"is_drums {repr(self.is_drums)[:60]} of part {self.name!r} must be True or False")
        object.__setattr__(self, "notes", tuple(sorted(self.notes, key=_in_order)))
        object.__setattr__(self, "pedal", tuple((down, up) for down, up in self.pedal))
        ticks = [tick for span in self.pedal for tick in span]
        for tick in ticks:
            within(f"pedal of part {self.name!r}", tick, 0, MAX_TICK, " ticks")
        if any(up <= down for down, up in self.pedal) or ticks != sorted(ticks):
            raise InvalidScore(f"pedal of part {self.name!r} must go down and up in turn; ticks are {ticks[:8]}")

    @property
    def end(self) -> int:
        """First tick after the last note; 0 where there is none."""
        return max((note.end for note in self.notes), default=0)

    def sounding(self) -> tuple[Note, ...]:
        """Notes as long as the pedal lets them sound.

        A note that ends while the pedal is down sounds on until the pedal is up, its key is struck again, or a note
        a semitone from it (in any octave) is struck: players lift the pedal there.

        Examples
        --------
        >>> part = Part(notes=(Note(0, 480, 60), Note(480, 480, 64), Note(960, 480, 71)), pedal=((0, 1900),))
        >>> [note.duration for note in part.sounding()]
        [960, 1420, 940]
        """
        downs = [down for down, _ in self.pedal]
        following: dict[int, int] = {}  # next strike of each pitch class
        strikes: dict[int, int] = {}  # of each key
        sounding = []
        for note in reversed(self.notes):
            index = bisect_left(downs, note.end) - 1
            if index >= 0 and self.pedal[index][1] > note.end:
                clashes = (following.get((note.pitch + step) % 12, MAX_TICK) for step in (-1, 1))
                end = min(self.pedal[index][1], strikes.get(note.pitch, MAX_TICK), *clashes)
                sounding.append(replace(note, duration=max(note.end, end) - note.start))
            else:
                sounding.append(note)
            strikes[note.pitch] = following[note.pitch % 12] = note.start
        return tuple(reversed(sounding))


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature, from `start` (ticks) on; numerator 1 to 64, denominator 1, 2, 4 ... 64."""

    start: int
    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        within("meter start", self.start, 0, MAX_TICK)
        within(f"numerator of meter {self.numerator}/{self.denominator}", self.numerator, 1, 64)
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
        within("tempo start", self.start, 0, MAX_TICK)
        if not isinstance(self.bpm, int | float) or not 1 <= self.bpm <= 3000:
            raise InvalidScore(f"tempo {self.bpm!r} must be 1 to 3000 quarter notes a minute")
        object.__setattr__(self, "bpm", float(self.bpm))


@dataclass(frozen=True, slots=True)
class Section:
    """A rehearsal or form mark, from `start` (ticks) on: ``"A"``, ``"Verse"``."""

    start: int
    label: str

    def __post_init__(self) -> None:
        within("section start", self.start, 0, MAX_TICK)
        text("section label", self.label)
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
        within("pickup", self.pickup, 0, self.meters[0].bar - 1, " ticks, less than the first bar")
        within("end", self.end, 0, MAX_TICK)
        text("title", self.title)
        text("composer", self.composer)
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

        return replace(
            self,
            parts=tuple(move(part) for part in self.parts),
            keys=tuple(key.transposed(semitones) for key in self.keys),
            chords=tuple(chord.transposed(semitones) for chord in self.chords),
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
