"""Numbers of MusicXML text: exact positions, pitches, velocities, time signatures, numbers of endings."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from firmus.errors import FormatError
from firmus.formats._written.measures import Position, rounded
from firmus.pitch import STEPS
from firmus.score import TICKS_PER_QUARTER, Meter

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DIVISIONS = 10**6
FULL_VELOCITY = 0.9  # velocity per percent: MusicXML counts dynamics in percent of velocity 90


@lru_cache(maxsize=4096)  # the same durations and beats stand in nearly every measure
def number(text: str | None, what: str) -> Position:
    """Exact value of an XML number; whole numbers stay ints."""
    clean = (text or "").strip()
    if re.fullmatch(r"[+-]?\d{1,12}", clean):
        return int(clean)
    if not re.fullmatch(r"[+-]?\d{0,12}(\.\d{0,12})?", clean) or not re.search(r"\d", clean):
        raise FormatError(f"{what} {clean[:40]!r} is no number")
    value = Fraction(clean)
    return value.numerator if value.denominator == 1 else value


@lru_cache(maxsize=256)
def ticks_of_division(text: str | None) -> Position:
    """Ticks of a division, of which a quarter note has so many."""
    value = number(text, "divisions")
    if not 0 < value <= MAX_DIVISIONS:
        raise FormatError(f"divisions {str(value)[:20]!r} must be above 0 and at most {MAX_DIVISIONS:,}")
    ticks = Fraction(TICKS_PER_QUARTER) / value
    return ticks.numerator if ticks.denominator == 1 else ticks


def velocity_of(percent: str | None) -> int:
    """MIDI velocity of a percentage of 90, at least 1."""
    return min(max(1, rounded(Fraction(number(percent, "dynamics")) * 9 / 10)), 127)


def pitch_height(step: str | None, octave: str | None, alter: str | None) -> int:
    """MIDI number of a written pitch; quarter tones go to the nearest semitone, halves upward."""
    letter = (step or "").strip().upper()
    if letter not in STEPS:
        raise FormatError(f"a pitch with the step {letter[:10]!r}: it must be A to G")
    height = 12 * (rounded(number(octave, "octave")) + 1) + STEPS[letter]
    return height + (rounded(number(alter, "alter")) if alter and alter.strip() else 0)


def time_signature(element: Element) -> Meter | None:
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


@lru_cache(maxsize=256)
def ending_numbers(text: str) -> tuple[int, ...]:
    """Times at which an ending is played: ``1, 3-4`` are 1, 3 and 4."""
    numbers: list[int] = []
    for first, last in re.findall(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", text[:200]):
        numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(sorted(set(numbers))) or (1,)
