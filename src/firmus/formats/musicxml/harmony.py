"""Chord symbols of MusicXML: ``<harmony>`` ⇄ `Chord`.

Our vocabulary is that of `firmus.pitch.QUALITIES`. A kind or a set of added and altered degrees outside it
goes to the quality with the nearest set of tones; a chord given only as text is parsed from the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmus.errors import FormatError, InvalidScore
from firmus.pitch import ACCIDENTALS, NO_CHORD, QUALITIES, STEPS, fifths, note_name
from firmus.score import Chord

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Every kind of MusicXML 4.0, as one of our qualities.
KINDS = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "m7", "diminished-seventh": "dim7", "augmented-seventh": "aug7", "half-diminished": "m7b5",
    "major-minor": "mM7", "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj9", "minor-11th": "m9", "dominant-13th": "13",
    "major-13th": "maj9", "minor-13th": "m9", "suspended-second": "sus2", "suspended-fourth": "sus4",
    "power": "5", "Neapolitan": "", "Italian": "7", "German": "7", "French": "7b5", "Tristan": "m7b5",
    "pedal": "5", "minor-major": "mM7",
}  # fmt: skip
# Qualities that need degrees beside their kind: (value, alteration, type).
DEGREES: dict[str, tuple[str, tuple[tuple[int, int, str], ...]]] = {
    "add9": ("major", ((9, 0, "add"),)),
    "7b9": ("dominant", ((9, -1, "add"),)),
    "7#9": ("dominant", ((9, 1, "add"),)),
    "7b5": ("dominant", ((5, -1, "alter"),)),
    "7sus4": ("suspended-fourth", ((7, 0, "add"),)),
}
KIND_OF = {quality: kind for kind, quality in reversed(KINDS.items())} | {"mM7": "major-minor"}
_DEGREE_TONES = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10, 9: 2, 10: 4, 11: 5, 12: 7, 13: 9}


def read_harmony(element: Element, start: int, semitones: int, key_shift: int) -> Chord | None:
    """Read one chord symbol; None where it is only a function or a numeral.

    Parameters
    ----------
    element : Element
        A ``<harmony>``; of several chords in one, the first counts.
    start : int
        Its tick.
    semitones, key_shift : int
        Transposition of the part, and its shift on the line of fifths: symbols are written as the part is.
    """
    kind = element.find("kind")
    if kind is None:
        return None
    name, text = (kind.text or "").strip(), (kind.get("text") or "").strip()
    if name == "none" or text.upper() in ("N.C.", "NC"):
        return Chord(start, NO_CHORD)
    shift = key_shift if semitones % 12 else 0
    root = _name(element, "root", shift)
    if not root:
        return None
    quality = KINDS.get(name, _quality_of_text(text))
    degrees = [_degree(each) for each in element.findall("degree")]
    if degrees:
        quality = _with_degrees(quality, degrees)
    bass = _name(element, "bass", shift)
    return Chord(start, root, quality, "" if bass == root else bass)


def _name(element: Element, what: str, shift: int) -> str:
    part = element.find(what)
    if part is None:
        return ""
    step = (part.findtext(f"{what}-step") or "").strip().upper()
    alter = (part.findtext(f"{what}-alter") or "0").strip()
    if step not in STEPS:
        raise FormatError(f"a chord with the {what} {step[:10]!r}: it must be A to G")
    try:
        sharps = round(float(alter))
    except (ValueError, OverflowError):
        raise FormatError(f"a chord whose {what} is altered by {alter[:20]!r}") from None
    if abs(sharps) > 2:
        raise FormatError(f"a chord whose {what} is altered by {sharps}: -2 to 2 are possible")
    name = step + ("#" * sharps if sharps > 0 else "b" * -sharps)
    place = fifths(name) + shift
    if shift and note_name(place)[1:] not in ACCIDENTALS:
        place = (place + 4) % 12 - 4
    return note_name(place)


def _quality_of_text(text: str) -> str:
    try:
        return Chord.parse("C" + text).quality
    except InvalidScore:
        return ""


def _degree(element: Element) -> tuple[int, int, str]:
    try:
        value = int(element.findtext("degree-value", "1"))
        alter = round(float(element.findtext("degree-alter") or "0"))
    except (ValueError, OverflowError):
        raise FormatError("a chord degree that is no number") from None
    return value, alter, (element.findtext("degree-type") or "add").strip()


def _with_degrees(quality: str, degrees: list[tuple[int, int, str]]) -> str:
    """Quality with the nearest tones to a quality with added, altered and left-out degrees."""
    tones = set(QUALITIES[quality])
    for value, alter, kind in degrees:
        plain = _DEGREE_TONES.get(value, 0)
        if kind in ("subtract", "alter"):
            near = {3: (3, 4), 5: (6, 7, 8), 7: (9, 10, 11)}.get(value, (plain,))
            tones -= set(near)
        if kind != "subtract":
            tones.add((plain + alter) % 12)
    return min(QUALITIES, key=lambda each: (len(tones ^ set(QUALITIES[each])), each != quality))
