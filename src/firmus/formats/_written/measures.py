"""Measures, notes and parts as they are written: before repeats are played and ties joined."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from firmus.score import Chord, Meter

MAX_NOTES = 1_000_000
MAX_WRITTEN = 20_000

Position = int | Fraction
"""Ticks; a fraction where whole ones would drift, as in septuplets."""


def rounded(position: Position) -> int:
    """Nearest tick, halves upward."""
    return position if isinstance(position, int) else (2 * position + 1) // 2


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
    after_jump: bool = False  # the repeat that ends here is also played after D.C. or D.S.
    jumps: dict[str, str] = field(default_factory=dict)  # dacapo, dalsegno, segno, tocoda, coda, fine
    signs: list[str] = field(default_factory=list)  # the same as they are printed, in words or as a sign
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
    is_pitched: bool = True

    def moved(self, ticks: int) -> WrittenNote:
        """A copy that many ticks later (`dataclasses.replace` takes ten times as long)."""
        return WrittenNote(
            self.start + ticks, self.end + ticks, self.pitch, self.velocity, self.tied_from, self.tied_to, self.voice,
            self.staff, self.attack, self.release, self.is_pitched,
        )  # fmt: skip


@dataclass(slots=True)
class WrittenPart:
    """An instrument: name, program, whether it is drums, volume, pan; its first staff where parts share a group."""

    name: str = ""
    program: int = 0
    drum_channel: bool = False
    has_pitched_name: bool = False  # that of an instrument which isn't drums, whatever its channel is
    volume: int = 100
    pan: int = 64
    drum_keys: dict[str, int] = field(default_factory=dict)
    first_staff: int = 1


@dataclass(slots=True)
class WrittenScore:
    """All that a file says: measures; of each part, by its id, the instruments and the notes of every measure."""

    parts: dict[str, list[WrittenPart]] = field(default_factory=dict)
    notes: dict[str, list[list[WrittenNote]]] = field(default_factory=dict)
    measures: list[WrittenMeasure] = field(default_factory=list)
    title: str = ""
    composer: str = ""
