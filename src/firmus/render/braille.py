"""Music Braille of a melody: Braille ASCII (BRF) of one staff with one voice, for an embosser or a Braille display.

What it is
    The signs of the *Music Braille Code, 2015* (Braille Authority of North America) for notes, rests, dots, ties,
    octaves, accidentals, key and time signatures; figures of a bass are not transcribed.
Conventions
    Octave signs as its part 3 says: at the first note of a line, and where an interval is a sixth or more, or a fourth
    or fifth into another octave. Each line begins with the number of its measure. Whole notes and sixteenths share a
    sign, halves and thirty-seconds, quarters and sixty-fourths, as in print Braille: the measure tells which. One page
    has lines of 40 cells, without running heads. Nobody who reads Braille has proof-read it.
"""

from __future__ import annotations

from dataclasses import replace

from firmus.errors import FormatError
from firmus.notation.measures import Measure, PartLayout, Segment, lay_out
from firmus.notation.spelling import Spelling, spell
from firmus.score import Score
from firmus.timing import bars

CELLS = 40
VOICE = 52  # a program whose part stands on one staff
EIGHTHS = dict(zip("CDEFGAB", "DEFGHIJ", strict=True))
HALVES = dict(zip("CDEFGAB", "NOPQRST", strict=True))
QUARTERS = dict(zip("CDEFGAB", "?:$]\\[W", strict=True))
WHOLES = dict(zip("CDEFGAB", "YZ&=(!)", strict=True))
NOTES = {
    "whole": WHOLES, "half": HALVES, "quarter": QUARTERS, "eighth": EIGHTHS, "16th": WHOLES, "32nd": HALVES,
    "64th": QUARTERS, "128th": EIGHTHS,
}  # fmt: skip
RESTS = {
    "whole": "M", "half": "U", "quarter": "V", "eighth": "X", "16th": "M", "32nd": "U", "64th": "V", "128th": "X",
}  # fmt: skip
OCTAVES = ("@@", "@", "^", "_", '"', ".", ";", ",", ",,")  # from the octave below C1 on
ACCIDENTALS = {-2: "<<", -1: "<", 0: "*", 1: "%", 2: "%%"}
DOT, TIE, END, NUMBER = "'", "@C", "<K", "#"
UPPER = dict(zip("1234567890", "ABCDEFGHIJ", strict=True))


def brf(score: Score) -> bytes:
    r"""A melody in Braille ASCII.

    Raises
    ------
    FormatError
        Where there are several parts, voices or notes at once, tuplets, or longer values than a whole note.

    Examples
    --------
    >>> from firmus.score import Key, Note, Part
    >>> line = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72)))
    >>> print(brf(Score((Part("", line),), keys=(Key.parse("G major"),))).decode().replace(chr(13), ""), end="")
    %#D4
    #A "?:$*] \[W?<K
    """
    if len(score.parts) != 1 or score.parts[0].is_drums:
        raise FormatError(f"{len(score.parts)} parts: Braille is written of one melody")
    if len(score.meters) > 1 or len(score.keys) > 1:
        raise FormatError("a change of meter or key: Braille is written of a melody that has none")
    every = bars(score)
    sung = replace(score, parts=(replace(score.parts[0], program=VOICE),))
    layout = lay_out(sung, (0,), every, spell(score))
    lines, line, before = [_heading(score)], "", None
    for place, measure in enumerate(layout.measures):
        signs, after = _measure(layout, measure, before)
        end = END if place + 1 == len(layout.measures) else ""
        if not line or len(line) + 1 + len(signs) + len(end) > CELLS:
            lines += [line] if line else []
            signs, after = _measure(layout, measure, None)  # a line begins with the sign of the octave
            line = f"{_number(measure.bar.number)} {signs}{end}"
        else:
            line += f" {signs}{end}"
        before = after
    return ("\r\n".join([*lines, line]) + "\r\n").encode("ascii")


def _heading(score: Score) -> str:
    """Key and time signature."""
    fifths = score.keys[0].signature if score.keys else 0
    sign, count = ("%" if fifths > 0 else "<"), abs(fifths)
    key = sign * count if count < 4 else f"{_number(count)}{sign}"
    meter = score.meters[0]
    return f"{key}{_number(meter.numerator)}{meter.denominator}"  # a lower digit is the digit itself in Braille ASCII


def _number(number: int) -> str:
    return NUMBER + "".join(UPPER[digit] for digit in str(number))


def _measure(layout: PartLayout, measure: Measure, before: Spelling | None) -> tuple[str, Spelling | None]:
    """Signs of a measure, and the last note in it; `before` is the note before, None where a line begins."""
    voices = [segments for segments in measure.voices.values() if any(each.chord for each in segments)]
    if len(voices) > 1:
        raise FormatError(f"two voices in bar {measure.bar.number}: Braille is written of one melody")
    if not voices:
        return "M", before
    signs = ""
    for segment in voices[0]:
        if segment.value.span is not None and segment.value.span.actual > 1:
            raise FormatError(f"a tuplet in bar {measure.bar.number}: Braille is written without them")
        if segment.value.name not in NOTES:
            raise FormatError(f"a {segment.value.name} note in bar {measure.bar.number}: Braille has none here")
        if segment.chord is None:
            signs += RESTS[segment.value.name] + DOT * segment.value.dots
            continue
        if len(segment.chord.notes) > 1:
            raise FormatError(f"a chord in bar {measure.bar.number}: Braille is written of one melody")
        note = layout.spelling[segment.chord.notes[0]]
        signs += _note(segment, note, before)
        before = note
    return signs, before


def _note(segment: Segment, note: Spelling, before: Spelling | None) -> str:
    letter, alteration, octave = note
    shown = ACCIDENTALS[alteration] if segment.accidentals else ""
    tie = TIE if segment.tied_to else ""
    sign = NOTES[segment.value.name][letter] + DOT * segment.value.dots
    return shown + _octave(octave, letter, before) + sign + tie


def _octave(octave: int, letter: str, before: Spelling | None) -> str:
    """The sign of the octave, where it is needed."""
    if before is not None:
        steps = abs(7 * (octave - before[2]) + "CDEFGAB".index(letter) - "CDEFGAB".index(before[0]))
        if steps < 3 or (steps < 5 and octave == before[2]):
            return ""
    return OCTAVES[min(max(octave, 0), len(OCTAVES) - 1)]
