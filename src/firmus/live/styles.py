"""Styles of accompaniment: what drums, bass and chords play in a beat, as patterns over a bar.

A pattern is a word a beat and a letter a step of it (2 or 3 of equal length); ``.`` rests. Drums: ``x`` strikes, ``X``
strikes louder. Chords: ``c`` plays the chord for a step, ``C`` for the beat, ``H`` for the bar. Bass: ``1``, ``3``,
``5`` and ``8`` are notes of the chord, ``a`` leads to the next chord's root by a step; capital ``R`` holds the root
for two beats. Bars of other lengths go on with the last beats again.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmus.errors import InvalidBrief, unknown
from firmus.score import Meter
from firmus.timing import beat

KICK, SNARE, STICK, HAT, RIDE, PEDAL = 36, 38, 37, 42, 51, 44


@dataclass(frozen=True, slots=True)
class Style:
    """Patterns of a style for bars of one kind.

    Parameters
    ----------
    steps : int
        Of a beat.
    drums : mapping of int to str
        Pattern of each key of the drum kit.
    bass, chords : str
    chord_program, bass_program : int
        Of General MIDI.
    """

    steps: int
    drums: dict[int, str]
    bass: str
    chords: str
    chord_program: int = 0
    bass_program: int = 32

    def drum_steps(self, place: int) -> list[tuple[int, int, str]]:
        """Step, key and letter of each stroke in a beat of the bar, from 0."""
        words = [(key, word(pattern, place)) for key, pattern in self.drums.items()]
        return [(step, key, text[step]) for key, text in words for step in range(self.steps) if text[step] != "."]


def word(pattern: str, place: int) -> str:
    """Word of a beat of the bar, from 0.

    Examples
    --------
    >>> word("1. .. 5. ..", 2), word("1. 5. 5.", 4)
    ('5.', '5.')
    """
    words = pattern.split()
    return words[place] if place < len(words) else words[1 + (place - 1) % (len(words) - 1)]


STYLES: dict[str, dict[str, Style]] = {
    "pop": {
        "duple": Style(2, {KICK: "X. .. x. ..", SNARE: ".. X. .. X.", HAT: "xx xx xx xx"}, "1. .1 5. .a",
                       "C. .. C. .c", 4, 33),
        "triple": Style(2, {KICK: "X. .. ..", SNARE: ".. x. x.", HAT: "xx xx xx"}, "1. .. 5.", ".. C. C.", 4, 33),
    },
    "ballad": {
        "duple": Style(2, {KICK: "X. .. x. ..", STICK: ".. x. .. x.", HAT: "x. x. x. x."}, "R. .. R. ..",
                       "C. C. C. C.", 0, 32),
        "triple": Style(2, {KICK: "X. .. ..", STICK: ".. x. x.", HAT: "x. x. x."}, "R. .. 5.", "C. C. C.", 0, 32),
    },
    "swing": {
        "duple": Style(3, {RIDE: "X.. x.x X.. x.x", PEDAL: "... x.. ... x..", KICK: "x.. ... ... ..."},
                       "1.. 3.. 5.. a..", "..c ... ..c ...", 0, 32),
        "triple": Style(3, {RIDE: "X.. x.x x..", PEDAL: "... x.. x.."}, "1.. 5.. a..", "... c.. c..", 0, 32),
    },
    "bossa": {
        "duple": Style(2, {KICK: "X. .x X. .x", STICK: "x. .x .. x.", HAT: "xx xx xx xx"}, "1. .5 5. .1",
                       "c. .c .. c.", 24, 32),
        "triple": Style(2, {KICK: "X. .x .x", STICK: "x. .x ..", HAT: "xx xx xx"}, "1. .5 5.", "c. .c ..", 24, 32),
    },
    "folk": {
        "duple": Style(2, {KICK: "x. .. x. .."}, "1. .. 5. ..", ".. c. .. c.", 24, 32),
        "triple": Style(2, {KICK: "x. .. .."}, "1. .. ..", ".. c. c.", 24, 32),
    },
}  # fmt: skip
COMPOUND = {
    "pop": Style(3, {KICK: "X.. ... x.. ...", SNARE: "... X.. ... X..", HAT: "xxx xxx xxx xxx"}, "1.. 5.. 1.. a..",
                 "C.. C.. C.. C..", 4, 33),
    "folk": Style(3, {KICK: "x.. x.. x.. x.."}, "1.. 5.. 1.. 5..", "..c ..c ..c ..c", 24, 32),
}  # fmt: skip
"""For bars of dotted beats; of other styles the first."""
HARMONY = Style(2, {}, "R. .. R. ..", "H. .. .. ..", 48, 43)
"""Strings that hold each chord under a melody."""


def style(name: str, meter: Meter) -> Style:
    """Patterns of a style for a meter.

    Raises
    ------
    InvalidBrief
        Where there is no such style; the message names the nearest.

    Examples
    --------
    >>> style("swing", Meter(0, 4, 4)).bass
    '1.. 3.. 5.. a..'
    """
    if name not in STYLES:
        raise InvalidBrief(unknown("style", name, STYLES))
    if beat(meter) % 720 == 0:
        return COMPOUND.get(name, COMPOUND["pop"])
    return STYLES[name]["triple" if meter.bar // beat(meter) % 3 == 0 else "duple"]
