"""Tandem interpretations, ``*M3/4`` or ``*k[f#]``, and the metronome marks of ``!!!OMD``, as values."""

from __future__ import annotations

import re

from firmus.errors import InvalidScore
from firmus.score import Key, Meter

_DESIGNATION = re.compile(r"\*([a-gA-G])(#|-)?:(ion|dor|phr|lyd|mix|aeo|loc)?")
_NOTES = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "sixteenth": 0.25}
_METRONOME = re.compile(
    r"\[(dotted-)?(whole|half|quarter|eighth|sixteenth)(?:-note)?(-dot)?\]\s*=\s*(\d{1,3}(?:\.\d{1,3})?)"
)


def meter(token: str) -> Meter | None:
    """Meter of ``*M3/4`` or ``*M2+3/8``; None where a token is none, or of a measure that no Score has.

    Examples
    --------
    >>> meter("*M2+3/8").text, meter("*MX")
    ('5/8', None)
    """
    match = re.fullmatch(r"\*M(\d{1,3}(?:\+\d{1,3}){0,20})/(\d{1,3})", token)
    try:
        return Meter(0, sum(map(int, match[1].split("+"))), int(match[2])) if match else None
    except InvalidScore:
        return None


def signature(token: str) -> int | None:
    """Sharps of ``*k[f#c#]``, negative for flats; None where a token is no key signature.

    Examples
    --------
    >>> signature("*k[f#c#]"), signature("*k[b-]"), signature("*k[]"), signature("*G:")
    (2, -1, 0, None)
    """
    match = re.fullmatch(r"\*k\[([a-gA-G#n-]*)\]", token)
    return min(max(-7, match[1].count("#") - match[1].count("-")), 7) if match else None


def designation(token: str) -> Key | None:
    """Key of ``*G:``, ``*e:`` or ``*d:dor``; None where a token names no key.

    Examples
    --------
    >>> designation("*b-:").text, designation("*d:dor").text, designation("*k[]")
    ('Bb minor', 'D dorian', None)
    """
    match = _DESIGNATION.fullmatch(token)
    if not match:
        return None
    tonic = match[1].upper() + (match[2] or "").replace("-", "b")
    try:
        return Key.parse(f"{tonic} {match[3] or ('major' if match[1].isupper() else 'minor')}")
    except InvalidScore:
        return None


def tempo(token: str) -> float | None:
    """Quarter notes a minute of ``*MM96``; None where a token is no tempo.

    Examples
    --------
    >>> tempo("*MM96"), tempo("*MM[Andante]")
    (96.0, None)
    """
    match = re.fullmatch(r"\*MM(\d{1,4}(?:\.\d{1,6})?)", token)
    return _possible(float(match[1])) if match else None


def metronome(text: str) -> float | None:
    """Quarter notes a minute of a printed metronome mark; None where a text has none.

    Examples
    --------
    >>> metronome("Presto. M.M. [dotted-half]= 120."), metronome("[eighth] = 96"), metronome("Andante")
    (360.0, 48.0, None)
    """
    match = _METRONOME.search(text)
    return _possible(float(match[4]) * _NOTES[match[2]] * (1.5 if match[1] or match[3] else 1)) if match else None


def transposition(token: str) -> int | None:
    """Semitones from what is written to what sounds, of ``*Trd-1c-2``; None where a token is none.

    ``*ITrd...`` says how an instrument's part is printed: its notes stand in the file as they sound.

    Examples
    --------
    >>> transposition("*Trd-1c-2"), transposition("*ITrd1c2")
    (2, None)
    """
    match = re.fullmatch(r"\*Trd-?\d{1,2}c(-?\d{1,2})", token)
    return -int(match[1]) if match else None


def _possible(bpm: float) -> float | None:
    return bpm if 1 <= bpm <= 3000 else None
