"""RomanText: analyses of harmony that people write, as keys and chords at bars and beats.

Paper: D. Tymoczko, M. Gotham, M. S. Cuthbert & C. Ariza, The RomanText Format (ISMIR 2019). Conventions: a measure a
line (``m4 g: i b3 V65 b4 i``), beats counted from 1 as they are felt (a dotted quarter in 6/8); keys in capitals are
major. In minor ``VI`` and ``VII`` are the lowered degrees, ``vi`` and ``vii`` the raised ones. Alternative readings
(``m4var1``), notes and form marks are passed over; ``m5-8 = m1-4`` copies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from firmus.analysis.keys import simplest
from firmus.score import Key, Score
from firmus.timing import bars, beat

NUMERAL = re.compile(r"^([b#]*)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)$")
SPECIAL = {"Ger": (8, "7"), "It": (8, "7"), "Fr": (8, "7"), "N": (1, ""), "Cad": (0, "")}  # steps above the tonic
STEPS = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
NAMES = ("i", "ii", "iii", "iv", "v", "vi", "vii")
SEVENTHS = ("7", "65", "43", "42", "2")
SPELLINGS = (("%", "ø"), ("/o", "ø"), ("6/5", "65"), ("6/4", "64"), ("4/3", "43"), ("4/2", "42"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What an analyst reads from a tick on: key, root (pitch class) and quality of the chord."""

    start: int
    key: Key
    root: int
    quality: str


def read(text: str, score: Score) -> list[Reading]:
    r"""Read a RomanText analysis of a Score whose repeats are not played; what is no chord is left out.

    Examples
    --------
    >>> score = Score(end=3840)
    >>> [(each.start, each.key.text, each.root, each.quality) for each in read("m1 g: i b3 V65/V\nm2 V7", score)]
    [(0, 'G minor', 7, 'm'), (960, 'G minor', 9, '7'), (1920, 'G minor', 2, '7')]
    """
    begins = {bar.number: bar for bar in bars(score)}
    measures: dict[int, list[tuple[float, Key, str]]] = {}
    key: Key | None = None
    for line in text.splitlines():
        found = re.match(r"^m(\d+)(?:-(\d+))?([a-z]\w*)?\s*(=\s*m(\d+)(?:-(\d+))?)?(.*)$", line.strip())
        if not found or found[3]:
            continue
        first = int(found[1])
        if found[4]:
            source = int(found[5])
            for offset in range(int(found[2] or first) - first + 1):
                measures[first + offset] = list(measures.get(source + offset, []))
            continue
        place, row = 1.0, []
        for word in found[7].split():
            if re.fullmatch(r"b\d+(\.\d+)?", word):
                place = float(word[1:])
            elif re.fullmatch(r"[A-Ga-g][b#]*:", word):
                key = Key(0, word[0].upper() + word[1:-1], "major" if word[0].isupper() else "minor")
            elif key is not None and not re.fullmatch(r"[|:]+", word):
                row.append((place, key, word))
        measures[first] = row
    readings = []
    for number, row in measures.items():
        bar = begins.get(number)
        for place, own, word in row if bar else ():
            chord = chord_of(word, own)
            if chord is not None and bar is not None:
                start = bar.start - bar.place + round((place - 1) * beat(bar.meter))
                readings.append(Reading(max(start, 0), replace(own, start=max(start, 0)), *chord))
    return sorted(readings, key=lambda each: each.start)


def chord_of(word: str, key: Key) -> tuple[int, str] | None:
    """Root (pitch class) and quality of a numeral in a key; None where it is none.

    Examples
    --------
    >>> in_a = Key(0, "A", "minor")
    >>> [chord_of(word, in_a) for word in ("i6", "viio7", "VII", "iiø65", "V7/iv", "Cad64", "||")]
    [(9, 'm'), (8, 'dim7'), (7, ''), (11, 'm7b5'), (9, '7'), (9, 'm'), None]
    """
    for written, meant in SPELLINGS:
        word = word.replace(written, meant)
    word, _, applied = word.partition("/")
    if applied:
        target = _degree(applied.partition("/")[0], key)
        if target is None:
            return None
        step, letters = target
        return chord_of(word, simplest((key.pitch_class + step) % 12, "major" if letters.isupper() else "minor"))
    for name, (step, quality) in SPECIAL.items():
        if word.startswith(name):
            is_minor = name == "Cad" and key.mode == "minor"
            return (key.pitch_class + step) % 12, "m" if is_minor else quality
    found = _degree(word, key)
    if found is None:
        return None
    step, letters = found
    rest = NUMERAL.match(word)[3]  # type: ignore[index]  # _degree has matched
    return (key.pitch_class + step) % 12, _quality(step, letters, re.sub(r"\[.*?\]", "", rest), key)


def _degree(word: str, key: Key) -> tuple[int, str] | None:
    """Semitones above the tonic, and the letters, of a numeral."""
    found = NUMERAL.match(word)
    if found is None:
        return None
    accidentals, letters, _ = found.groups()
    place = NAMES.index(letters.lower())
    step = STEPS[key.mode][place]
    if key.mode == "minor" and place in (5, 6) and letters.islower():
        step += 1  # the raised sixth and seventh degrees
    step += accidentals.count("#") - accidentals.count("b")
    return step % 12, letters


def _quality(step: int, letters: str, rest: str, key: Key) -> str:
    """Quality, as a lead sheet writes it, of a numeral's letters and what follows them."""
    has_seventh = any(figure in rest for figure in SEVENTHS) and not re.fullmatch(r"[oø+]?(6|64)?", rest)
    if "ø" in rest:
        return "m7b5" if has_seventh or rest == "ø" else "dim"
    if "o" in rest:
        return "dim7" if has_seventh else "dim"
    if "+" in rest:
        return "aug7" if has_seventh else "aug"
    if letters.islower():
        return "m7" if has_seventh else "m"
    if not has_seventh:
        return ""
    is_major_seventh = (step + 11) % 12 in {each % 12 for each in STEPS[key.mode]} and step != 7
    return "maj7" if is_major_seventh or "maj" in rest else "7"
