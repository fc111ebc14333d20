"""State of reading an ABC tune: measures, and the voices they belong to.

Times within a measure are subticks (`firmus.formats.abc.fields.SUBTICKS` to the tick).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from firmus.formats.abc.fields import KeyField, transposed_key
from firmus.score import Chord, Key, Meter


@dataclass(slots=True)
class Measure:
    """What one voice plays between two barlines.

    Parameters
    ----------
    line : int
        Where it begins in the file.
    meter, key, tempo
        In force at its start; the meter is None where it is free.
    notes : list of [offset, duration, pitch, tied, natural pitch]
    changes : list of (offset, Meter, Key, tempo, section label or Chord)
    length : int
        The furthest that a voice or its overlay gets.
    repeat_start : bool
    repeat_end : int
        How often the passage that ends here is played; 0 where no repeat ends here.
    endings : tuple of int
        Numbers of the repeat ending that begins here.
    final : bool
        Whether a double or thick barline ends it.
    part : str
        Label of a ``P:`` field before it.
    restated : bool
        Whether an ``M:`` field stands before it.
    """

    line: int
    meter: Meter | None
    key: Key | None
    tempo: float | None
    notes: list[list[int]] = field(default_factory=list)
    changes: list[tuple[int, Meter | Key | float | str | Chord | None]] = field(default_factory=list)
    length: int = 0
    repeat_start: bool = False
    repeat_end: int = 0
    endings: tuple[int, ...] = ()
    final: bool = False
    part: str = ""
    restated: bool = False


@dataclass(slots=True)
class Voice:
    """One voice: its instrument, the measures read so far, and the state of reading."""

    identity: str
    meter: Meter | None
    key: KeyField
    tempo: float | None
    unit: int
    name: str = ""
    program: int = 0
    is_drums: bool = False
    volume: int = 100
    pan: int = 64
    shifts: dict[str, int] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    measure: Measure = field(init=False)
    position: int = 0
    last: tuple[int, int] | None = None
    broken: tuple[int, int] = (1, 1)
    tuplet: tuple[int, int, int] = (1, 1, 0)
    accidentals: dict[int, int] = field(default_factory=dict)
    tied: dict[int, int] = field(default_factory=dict)
    overlay_ties: dict[int, int] = field(default_factory=dict)
    carried: dict[int, int] = field(default_factory=dict)

    transpose: int = field(init=False)

    def __post_init__(self) -> None:
        self.transpose = sum(self.shifts.values())
        self.begin(0)

    def shift(self, semitones: dict[str, int]) -> None:
        """Take the transpositions that a field gives, by property; a later one of a property replaces it."""
        self.shifts |= semitones
        self.transpose = sum(self.shifts.values())

    def sounding_key(self) -> Key | None:
        """Key at sounding pitch, where the voice transposes."""
        key = self.key.key
        return key and transposed_key(key, self.transpose)

    def begin(self, line: int) -> None:
        """Begin a new measure."""
        self.measure = Measure(line, self.meter, self.sounding_key(), self.tempo)
        self.position = 0
        self.last = None
        self.accidentals = {}
        self.carried = {**self.overlay_ties, **self.tied}
        self.overlay_ties, self.tied = {}, {}

    def close(self, line: int) -> bool:
        """End the measure, unless it is empty; return whether there was one."""
        measure = self.measure
        measure.length = max(measure.length, self.position)
        if not measure.length:
            return False
        self.measures.append(measure)
        self.begin(line)
        return True
