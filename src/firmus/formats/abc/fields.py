"""ABC information fields: ``M:``, ``L:``, ``Q:``, ``K:`` and ``V:``.

Lengths are counted in subticks, `SUBTICKS` to the tick, so that every tuplet adds up exactly.

Source: The ABC music standard 2.1 (2011), sections 3 and 4, https://abcnotation.com/wiki/abc:standard:v2.1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from firmus.errors import FormatError, InvalidScore
from firmus.pitch import fifths
from firmus.score import Key, Meter

SUBTICKS = 128 * 9 * 5 * 7 * 11 * 13
WHOLE = 1920 * SUBTICKS
SHARPS = "FCGDAEB"
# Sharps that a mode adds to the major key of the same tonic, and the family of its third.
MODES: dict[str, tuple[int, Literal["major", "minor"]]] = {
    "maj": (0, "major"), "ion": (0, "major"), "lyd": (1, "major"), "mix": (-1, "major"),
    "dor": (-2, "minor"), "min": (-3, "minor"), "aeo": (-3, "minor"), "phr": (-4, "minor"), "loc": (-5, "minor"),
}  # fmt: skip
_GERMAN = {"H": "B", "Es": "Eb", "As": "Ab"}
_ALTERATIONS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
_KEY = re.compile(
    r"(H(?![Pp])|Es|As|[A-G])(?:\s*([#♯♭]|b(?![a-z])|(?i:flat|sharp)\b)|(b)(?!ass))?\s*"
    r"(?:((?i:maj|ion|aeo|min|mix|dor|phr|lyd|loc|exp))[A-Za-z]*|([mM])(?![a-z]))?"
)
_ACCIDENTALS = {"#": "#", "♯": "#", "sharp": "#", "b": "b", "♭": "b", "flat": "b"}
_ALTERED = r"(\^{1,2}|_{1,2}|=)([A-Ga-g])"
_ALTERED_RUN = re.compile(rf"(?<![\w=])(?:{_ALTERED})+(?!\w)")
_CLEF = re.compile(r"(?<!\S)(treble|bass|alto|tenor|perc)?\d?([+-]8(?:va|vb)?)?(?!\S)")
# Quarter notes a minute of tempo words without a number, the middle of their customary range.
_TEMPO_WORDS = {
    "largo": 50, "lento": 56, "adagio": 66, "andante": 84, "andantino": 92, "moderato": 108, "allegretto": 112,
    "allegro": 132, "vivace": 160, "presto": 184, "prestissimo": 208, "slow": 70, "lively": 126, "fast": 150,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyField:
    """Content of a ``K:`` field.

    Parameters
    ----------
    key : Key or None
        None for a piece without a key.
    alterations : dict
        Semitones by note letter, C to B.
    """

    key: Key | None
    alterations: dict[str, int]


def signature(sharps: int) -> dict[str, int]:
    """Semitones by letter of a key signature, negative `sharps` for flats.

    Examples
    --------
    >>> signature(2), signature(-1)
    ({'F': 1, 'C': 1}, {'B': -1})
    """
    sign, order = (1, SHARPS) if sharps > 0 else (-1, SHARPS[::-1])
    alterations: dict[str, int] = {}
    for place in range(abs(sharps)):
        letter = order[place % 7]
        alterations[letter] = alterations.get(letter, 0) + sign
    return alterations


def read_key(text: str) -> KeyField | None:
    """Read the tonic, mode and explicit accidentals of ``K:``; None where it names a clef only.

    Examples
    --------
    >>> read_key("D dorian").key.text, read_key("Amix").key.text, read_key("Em").key.text
    ('A minor', 'D major', 'E minor')
    """
    text = text.strip()
    if re.match(r"H[Pp]\b", text):
        return KeyField(Key(0, "D"), signature(2))
    if not text or re.match(r"none\b", text, re.IGNORECASE):
        return KeyField(None, {})
    match = _KEY.match(text)
    if match is None:
        if re.match(_ALTERED, text):
            return KeyField(None, _explicit(text))
        if re.match(r"(?i:clef|octave|transpose|middle|bass|treble|alto|tenor|perc|staff|[a-z]+=|[+-]8|m=)", text):
            return None
        raise FormatError(f"key {text[:20]!r} must be a tonic A to G and a mode, such as K:G, K:Dm or K:A mixolydian")
    accidental = _ACCIDENTALS.get((match[2] or match[3] or "").lower(), "")
    mode = (match[4] or ("min" if match[5] else "maj")).lower()
    added, family = MODES.get(mode, MODES["maj"])
    sharps = fifths(_GERMAN.get(match[1], match[1]) + accidental) + added
    alterations = {} if mode == "exp" else signature(sharps)
    alterations |= _explicit(text[match.end() :])
    if abs(sharps) > 7:
        sharps -= 12 if sharps > 0 else -12
    return KeyField(Key.from_signature(sharps, family), alterations)


def _explicit(text: str) -> dict[str, int]:
    """Semitones by letter of the accidentals that a key field spells out, ``^f_b`` or ``^f _b``."""
    runs = (run[0] for run in _ALTERED_RUN.finditer(text))
    return {letter.upper(): _ALTERATIONS[mark] for run in runs for mark, letter in re.findall(_ALTERED, run)}


def read_meter(text: str) -> Meter | None:
    """Read ``M:``; None where the metre is free or changes from bar to bar.

    Examples
    --------
    >>> read_meter("C|").text, read_meter("(2+3)/8").text, read_meter("2/4+3/8").text, read_meter("none")
    ('2/2', '5/8', '7/8', None)
    """
    text = re.sub(r"^FREI", "", text.strip()).replace("(", "").replace(")", "")
    if text in ("", "O", "o") or text.lower().startswith("none") or re.fullmatch(r"(\d+/\d+\s+)+\d+/\d+", text):
        return None
    if text[0] in "Cc":
        return Meter(0, 2, 2) if text[1:2] == "|" else Meter(0, 4, 4)
    match = re.match(r"[\d+]+\s*/\s*\d+(?:\s*\+\s*[\d+]+\s*/\s*\d+)*|\d+$", text)
    try:
        if match is None or len(text) > 100:
            raise ValueError(text)
        groups = re.findall(r"([\d+]+)\s*/\s*(\d+)", match[0]) or [(match[0], "4")]
        lower = max(int(below) for _, below in groups)
        upper = sum(
            sum(int(each) for each in above.split("+") if each) * lower // int(below) for above, below in groups
        )
        return Meter(0, upper, lower)
    except (ValueError, ZeroDivisionError, InvalidScore):
        raise FormatError(
            f"meter {text[:20]!r} must be two numbers with a stroke, such as M:3/4, or C, C| or none"
        ) from None


def read_length(text: str) -> int:
    """Read ``L:``, the unit note length, in subticks.

    Examples
    --------
    >>> read_length("1/8") == WHOLE // 8
    True
    """
    match = re.match(r"\s*(\d{1,3})(?:\s*/\s*(\d{1,3}))?", text)
    if match is None or not int(match[1]) or not 1 <= int(match[2] or 1) <= 512:
        raise FormatError(f"unit note length {text.strip()[:20]!r} must be a fraction from 1/512 to 1, such as L:1/8")
    return WHOLE * int(match[1]) // int(match[2] or 1)


def default_length(meter: Meter | None) -> int:
    """Unit note length, in subticks, where there is no ``L:``: a sixteenth below 3/4, else an eighth."""
    return WHOLE // 16 if meter is not None and meter.numerator * 4 < meter.denominator * 3 else WHOLE // 8


def read_tempo(text: str, unit: int) -> float | None:
    """Read ``Q:`` in quarter notes a minute; `unit` is the unit note length. None where it gives words only.

    Examples
    --------
    >>> read_tempo('"Allegro" 3/8=80', WHOLE // 8), read_tempo("240", WHOLE // 8), read_tempo("C3=80", WHOLE // 8)
    (120.0, 120.0, 120.0)
    """
    text = text[:200]
    words = " ".join(re.findall(r'"([^"]*)"', text)).lower()
    text = re.sub(r'"[^"]*"?', " ", text)
    match = re.search(r"(?:(C\d*|[\d/\s]+?)\s*=\s*)?(?:ca?\.?\s*)?(\d+(?:\.\d+)?)", text)
    if match is None:
        tempi = [bpm for word, bpm in _TEMPO_WORDS.items() if re.search(rf"\b{word}\b", words)]
        return float(tempi[0]) if tempi else None
    beat = unit
    if match[1] and match[1][0] == "C":
        beat = unit * int(match[1][1:4] or 1)
    elif match[1]:
        fractions = re.findall(r"(\d{1,3})(?:/(\d{1,3}))?", match[1])
        beat = sum(WHOLE * int(above) // max(1, int(below or 1)) for above, below in fractions)
    bpm = float(match[2][:12]) * beat * 4 / WHOLE
    if not 1 <= bpm <= 3000:
        raise FormatError(f"tempo {text.strip()[:20]!r} must be 1 to 3000 quarter notes a minute, such as Q:1/4=120")
    return bpm


def read_properties(text: str) -> dict[str, str]:
    """Read ``name=value`` pairs of ``V:`` and ``K:``; a clef named alone is the value of ``clef``.

    Examples
    --------
    >>> read_properties('bass-8 name="Left hand" octave=-1')
    {'name': 'Left hand', 'octave': '-1', 'clef': 'bass-8'}
    """
    pairs = re.compile(r'([A-Za-z]\w*)\s*=\s*("[^"]*"|[^\s"]+)')
    properties = {name.lower(): value.strip('"') for name, value in pairs.findall(text)}
    alone = next((match[0] for match in _CLEF.finditer(pairs.sub(" ", text)) if match[1] or match[2]), "")
    if alone and "clef" not in properties:
        properties["clef"] = alone
    return properties


def transpositions(properties: dict[str, str]) -> dict[str, int]:
    """Semitones by the property that gives them: ``clef=treble-8``, ``octave=`` or ``transpose=``.

    Examples
    --------
    >>> transpositions({"clef": "treble-8"}), transpositions({"octave": "1", "t": "-2"}), transpositions({})
    ({'clef': -12}, {'octave': 12, 'transpose': -2}, {})
    """
    semitones = {}
    if "clef" in properties:
        clef = properties["clef"]
        semitones["clef"] = 12 if "+8" in clef else -12 if "-8" in clef else 0
    for name, source, factor in (("octave", "octave", 12), ("transpose", "transpose", 1), ("t", "transpose", 1)):
        value = properties.get(name, "")
        if re.fullmatch(r"[+-]?\d{1,2}", value):
            semitones[source] = factor * int(value)
    return semitones


def transposed_key(key: Key, semitones: int) -> Key:
    """Key that sounds so many semitones higher, with six sharps or flats at most where it changes.

    Examples
    --------
    >>> transposed_key(Key(0, "D"), -2).text, transposed_key(Key(0, "C#"), 12).text
    ('C major', 'C# major')
    """
    if semitones % 12 == 0:
        return key
    sharps = (key.signature + semitones * 7 + 5) % 12 - 5
    return Key.from_signature(sharps, key.mode, key.start)
