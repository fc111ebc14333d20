"""One token of a **kern spine: a note, a rest, or notes that sound together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from firmus.errors import FormatError
from firmus.formats._written.measures import Position
from firmus.pitch import STEPS

MAX_LETTERS = 1000  # of a token
_WHOLE = 1920
_DURATION = re.compile(r"(\d+)(?:%(\d+))?")
_PITCH = re.compile(r"(#*)(([a-gA-G])\3*)([#n-]*)")
_TREMOLO = re.compile(r"@+\d+@*")


@dataclass(frozen=True, slots=True)
class Tone:
    """A note of a token: MIDI number, length, ties; whether its letter is a pitch or only a place on the staff."""

    pitch: int
    ticks: Position
    tied_from: bool
    tied_to: bool
    is_pitched: bool


@dataclass(frozen=True, slots=True)
class Token:
    """What begins at one moment in a spine, and ticks until its next; a grace note takes none and has no tones."""

    ticks: Position = 0
    tones: tuple[Tone, ...] = ()
    is_grace: bool = False


def parse(token: str) -> Token:
    """Read a token of notes or rests.

    Examples
    --------
    >>> parse("[4.cc#L").tones
    (Tone(pitch=73, ticks=720, tied_from=False, tied_to=True, is_pitched=True),)
    >>> [tone.pitch for tone in parse("12C 12E- 12G").tones], parse("12C 12E- 12G").ticks
    ([48, 51, 55], 160)
    """
    if len(token) > MAX_LETTERS:
        raise FormatError(f"a token of {len(token):,} characters: {MAX_LETTERS:,} is the most")
    notes = _TREMOLO.sub("", token).split()
    if any("q" in note or "Q" in note for note in notes):
        return Token(is_grace=True)
    lengths = [_length(note) for note in notes]
    first = next((length for length in lengths if length is not None), None)
    if first is None:
        if all("r" in note or not _PITCH.search(note) for note in notes):
            return Token()
        raise FormatError(f"note {token[:40]!r} has no duration: a quarter is 4, a grace note has q")
    tones = tuple(
        _tone(note, pitch, first if length is None else length)
        for note, length in zip(notes, lengths, strict=True)
        if "r" not in note and (pitch := _PITCH.search(note))
    )
    return Token(first, tones)


def _length(note: str) -> Position | None:
    """Ticks of ``4.`` (a dotted quarter), ``12`` (a triplet eighth), ``3%2`` (two thirds of a whole), ``0`` (a breve).

    None where a note of a chord has no length of its own.
    """
    found = _DURATION.search(note)
    if found is None:
        return None
    number, divisor = found.groups()
    dots = note.count(".")  # in mensural music a barline may part a note from its dot, which then stands last
    if len(number) > 4 or len(divisor or "") > 4 or dots > 8:
        raise FormatError(f"duration {found[0][:40]!r}: it must be below 10000, with eight dots at most")
    count = Fraction(2 ** len(number)) if not int(number) else Fraction(int(divisor or 1), int(number))
    ticks = count * _WHOLE * (2 - Fraction(1, 2**dots))
    if not ticks:
        raise FormatError(f"duration {found[0]!r} is nothing: write a grace note with q")
    return ticks.numerator if ticks.denominator == 1 else ticks


def _tone(note: str, pitch: re.Match[str], ticks: Position) -> Tone:
    before, letters, _, after = pitch.groups()
    accidental = before + after  # some files have a sharp before its letter
    octave = len(letters) + 3 if letters.islower() else 4 - len(letters)
    number = 12 * (octave + 1) + STEPS[letters[0].upper()] + accidental.count("#") - accidental.count("-")
    if not 0 <= number <= 127:
        raise FormatError(f"note {note[:40]!r} sounds at MIDI number {number}: it must be 0 to 127")
    continues = "_" in note
    return Tone(number, ticks, continues or "]" in note, continues or "[" in note, "R" not in note)
