"""Roman numerals: what a chord is in a key.

Conventions: of the analyses that people write (RomanText: Tymoczko, Gotham, Cuthbert & Ariza, ISMIR 2019). Capitals for
major and augmented triads, small letters for minor and diminished ones, ``o``, ``ø`` and ``+`` for what is diminished,
half-diminished and augmented, figures of the thorough bass for inversions, ``V7/V`` for a dominant of another degree.
Degrees are those of the key's scale; in minor the sixth and seventh are the lowered ones, but for ``viio``.
"""

from __future__ import annotations

from firmus.pitch import NO_CHORD, pitch_class
from firmus.score import Chord, Key

DEGREES = {
    "major": ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII"),
    "minor": ("I", "bII", "II", "III", "#III", "IV", "#IV", "V", "VI", "#VI", "VII", "VII"),
}
SMALL = ("m", "dim", "m7", "m7b5", "dim7", "mM7", "m6", "m9")
MARKS = {"dim": "o", "dim7": "o", "m7b5": "ø", "aug": "+", "aug7": "+", "sus4": "sus4", "7sus4": "sus4", "sus2": "sus2"}
DOMINANTS, LEADING = ("", "7"), ("dim", "dim7", "m7b5")
DIATONIC = {  # steps above the tonic of chords that belong to the key, by kind of triad
    "major": {"": (0, 5, 7), "m": (2, 4, 9), "dim": (11,)},
    "minor": {"": (3, 7, 8, 10), "m": (0, 5, 7), "dim": (2, 11), "aug": (3,)},
}
TRIADS = {"7": "", "maj7": "", "6": "", "9": "", "maj9": "", "add9": "", "5": "", "sus4": "", "7sus4": "", "sus2": "",
          "m7": "m", "m6": "m", "m9": "m", "mM7": "m", "m7b5": "dim", "dim7": "dim", "aug7": "aug"}  # fmt: skip


def numeral(chord: Chord, key: Key) -> str:
    """Roman numeral of a chord in a key; empty for ``N.C.``. The inverse is `firmus.harmony.chord_of_numeral`.

    Examples
    --------
    >>> in_g = Key.parse("G minor")
    >>> [numeral(Chord.parse(text), in_g) for text in ("Gm", "D7/F#", "Eb", "F#dim7", "Cm/Eb", "A7", "Am7b5/C")]
    ['i', 'V65', 'VI', 'viio7', 'iv6', 'V7/V', 'iiø65']
    >>> numeral(Chord.parse("E7"), Key.parse("C major"))
    'V7/vi'
    """
    if chord.root == NO_CHORD:
        return ""
    step = (pitch_class(chord.root) - key.pitch_class) % 12
    triad = TRIADS.get(chord.quality, chord.quality)
    figures = _figures(chord)
    if step not in DIATONIC[key.mode].get(triad, ()):
        applied = _applied(chord, step, triad, key)
        if applied:
            degree, target = applied
            return f"{degree}{MARKS.get(chord.quality, '')}{figures}/{target}"
    elif chord.quality == "7" and step in ((0, 5) if key.mode == "major" else ()):  # I7 and IV7 lead away
        target = _degree((step + 5) % 12, "", key)
        if step == 0:
            return f"V{figures}/{target}"
    name = _degree(step, chord.quality, key)
    if key.mode == "minor" and step == 11 and triad not in ("dim",):
        name = "#" + name
    return f"{name}{MARKS.get(chord.quality, '')}{figures}"


def _degree(step: int, quality: str, key: Key) -> str:
    name = DEGREES[key.mode][step]
    letters = name.lstrip("b#")
    mark = name[: len(name) - len(letters)]
    return mark + (letters.lower() if quality in SMALL else letters)


def _applied(chord: Chord, step: int, triad: str, key: Key) -> tuple[str, str] | None:
    """Degree and target of a dominant, or leading-note chord, of another degree of the key; None where it is none."""
    if chord.quality in DOMINANTS:
        target = (step + 5) % 12
    elif chord.quality in LEADING:
        target = (step + 1) % 12
    else:
        return None
    kinds = [kind for kind, steps in DIATONIC[key.mode].items() if target in steps and kind in ("", "m")]
    if not kinds or target == 0:
        return None
    kind = "" if target == 7 else kinds[0]
    return ("V" if triad == "" else "vii"), _degree(target, kind, key)


def _figures(chord: Chord) -> str:
    """Figures of the thorough bass; a major seventh is written ``M7``."""
    has_seventh = chord.quality in ("7", "maj7", "m7", "m7b5", "dim7", "mM7", "aug7", "9", "maj9", "m9", "7sus4")
    root = pitch_class(chord.root)
    above = (pitch_class(chord.bass) - root) % 12 if chord.bass else 0
    place = 0 if above == 0 else 1 if above in (3, 4) else 2 if above in (6, 7, 8) else 3 if above in (9, 10, 11) else 0
    if has_seventh:
        major = "M" if chord.quality in ("maj7", "maj9", "mM7") else ""
        return major + ("7", "65", "43", "2")[place]
    return ("", "6", "64", "")[place]
