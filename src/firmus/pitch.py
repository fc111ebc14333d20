"""Names of pitches and chords: spelled notes, the line of fifths, the chord qualities of a lead sheet."""

from __future__ import annotations

import re

from firmus.errors import InvalidScore

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1, "##": 2, "bb": -2}
LINE_OF_FIFTHS = ("F", "C", "G", "D", "A", "E", "B")

# Chord qualities as a lead sheet writes them, with their intervals above the root in semitones.
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10),
    "dim": (0, 3, 6), "dim7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10), "aug": (0, 4, 8), "aug7": (0, 4, 8, 10),
    "mM7": (0, 3, 7, 11), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "sus2": (0, 2, 7), "sus4": (0, 5, 7),
    "7sus4": (0, 5, 7, 10), "5": (0, 7), "add9": (0, 4, 7, 2), "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2), "m9": (0, 3, 7, 10, 2), "11": (0, 4, 7, 10, 2, 5), "13": (0, 4, 7, 10, 2, 9),
    "7b9": (0, 4, 7, 10, 1), "7#9": (0, 4, 7, 10, 3), "7b5": (0, 4, 6, 10),
}  # fmt: skip
NO_CHORD = "N.C."


def pitch_class(name: str) -> int:
    """Pitch class, 0 to 11, of a spelled note name.

    Examples
    --------
    >>> pitch_class("Bb"), pitch_class("F#"), pitch_class("Cb")
    (10, 6, 11)
    """
    if not name or name[0] not in STEPS or name[1:] not in ACCIDENTALS:
        raise InvalidScore(f"{name!r} is no note name: it must be A to G with #, b, ## or bb, such as 'Bb'")
    return (STEPS[name[0]] + ACCIDENTALS[name[1:]]) % 12


def midi_number(name: str) -> int:
    """MIDI number, 0 to 127, of a note name with its octave, in small or capital letters; C4 is middle C.

    Examples
    --------
    >>> midi_number("C4"), midi_number("Bb5"), midi_number("f#3")
    (60, 82, 54)
    """
    match = re.fullmatch(r"([A-Ga-g])([#♯]{0,2}|[b♭]{0,2})(-?\d)", name)
    if not match:
        raise InvalidScore(f"{name!r} is no note: it must be A to G with #, b, ## or bb and an octave, such as 'Bb4'")
    accidental = match[2].replace("♯", "#").replace("♭", "b")
    number = 12 * (int(match[3]) + 1) + STEPS[match[1].upper()] + ACCIDENTALS[accidental]
    if not 0 <= number <= 127:
        raise InvalidScore(f"note {name!r} must lie from C-1 to G9")
    return number


def fifths(name: str) -> int:
    """Place of a note name on the line of fifths, C = 0, G = 1, F = -1.

    Examples
    --------
    >>> fifths("C"), fifths("Eb"), fifths("F#")
    (0, -3, 6)
    """
    pitch_class(name)
    return LINE_OF_FIFTHS.index(name[0]) - 1 + 7 * ACCIDENTALS[name[1:]]


def note_name(place: int) -> str:
    """Note name at a place on the line of fifths; the inverse of `fifths`.

    Examples
    --------
    >>> note_name(-3), note_name(6)
    ('Eb', 'F#')
    """
    sharps, step = divmod(place + 1, 7)
    return LINE_OF_FIFTHS[step] + ("#" * sharps if sharps > 0 else "b" * -sharps)


QUALITY_SPELLINGS = {
    "M": "", "maj": "", "major": "", "min": "m", "minor": "m", "mi": "m", "-": "m", "M7": "maj7", "Maj7": "maj7",
    "ma7": "maj7", "Δ": "maj7", "Δ7": "maj7", "j7": "maj7", "min7": "m7", "mi7": "m7", "-7": "m7", "o": "dim",
    "°": "dim", "o7": "dim7", "°7": "dim7", "ø": "m7b5", "ø7": "m7b5", "min7b5": "m7b5", "-7b5": "m7b5",
    "+": "aug", "+7": "aug7", "7#5": "aug7", "7+": "aug7", "mmaj7": "mM7", "m(maj7)": "mM7", "min6": "m6",
    "-6": "m6", "sus": "sus4", "sus7": "7sus4", "dom7": "7", "maj9": "maj9", "M9": "maj9", "min9": "m9",
    "-9": "m9", "2": "add9", "(add9)": "add9", "ma": "", "Ma7": "maj7", "△": "maj7", "△7": "maj7", "∆": "maj7",
    "∆7": "maj7", "^": "maj7", "^7": "maj7", "△9": "maj9", "Δ9": "maj9", "∆9": "maj9", "m△": "mM7", "mΔ": "mM7",
    "m∆": "mM7", "m△7": "mM7", "mΔ7": "mM7", "-△7": "mM7", "h": "m7b5", "h7": "m7b5", "mi7b5": "m7b5", "m7-5": "m7b5",
    "7-9": "7b9", "7+9": "7#9",
}  # fmt: skip
