"""What a style means where nothing else is said: its parts and their ranges, its tempo."""

from __future__ import annotations

from dataclasses import dataclass

from firmus.errors import InvalidBrief
from firmus.render.instruments import PROGRAMS, program_number
from firmus.score import Part


@dataclass(frozen=True, slots=True)
class Voice:
    """A part of a style: name, General MIDI program, usual range; the program by which models know it, if another."""

    name: str
    program: int
    low: int = 0
    high: int = 127
    monophonic: bool = True
    known_as: int = -1
    is_drums: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """A style: its voices, its tempo in quarters a minute (by meter where that matters), how boldly it is drawn.

    `rests`: bars in a row that a part may be silent; `has_chords`: chord symbols are composed too.
    """

    name: str
    title: str
    voices: tuple[Voice, ...]
    tempo: float
    tempi: tuple[tuple[str, float], ...] = ()
    rests: int = 0
    temperature: float = 0.88
    has_chords: bool = False

    def tempo_in(self, meter: str) -> float:
        """Usual tempo in a meter."""
        return dict(self.tempi).get(meter, self.tempo)


CHOIR = (
    Voice("Soprano", 52, 60, 81),
    Voice("Alto", 52, 53, 74),
    Voice("Tenor", 52, 48, 69),
    Voice("Bass", 52, 40, 64),
)
HANDS = (Voice("Right Hand", 0, 52, 93, False), Voice("Left Hand", 0, 33, 74, False))
STYLES = {
    style.name: style
    for style in (
        Style("chorale", "Chorale", CHOIR, 76, (("3/4", 84), ("3/2", 120))),
        Style("hymn", "Hymn", CHOIR, 92, (("3/4", 96), ("6/8", 80))),
        Style(
            "song", "Song", (Voice("Voice", 53, 58, 81, known_as=68), Voice("Piano", 0, 31, 91, False)), 88,
            (("6/8", 76), ("3/4", 96), ("2/4", 72)), rests=2, temperature=1.0,
        ),
        Style(
            "quartet", "String Quartet",
            (Voice("Violin I", 40, 56, 93), Voice("Violin II", 40, 55, 84), Voice("Viola", 41, 48, 76),
             Voice("Cello", 42, 36, 69)),
            112, (("3/4", 126), ("6/8", 96), ("2/4", 100)), rests=2, temperature=1.0,
        ),
        Style("piano", "Piano Piece", HANDS, 100, (("3/4", 120), ("6/8", 84)), rests=2, temperature=1.0),
        Style(
            "folk", "Tune", (Voice("Melody", 40, 55, 88, known_as=0),), 112,
            (("6/8", 168), ("9/8", 168), ("12/8", 168), ("3/4", 132), ("2/4", 96), ("2/2", 176)),
            temperature=1.0,
        ),
        Style(
            "lead-sheet", "Song Sheet", (Voice("Melody", 73, 58, 81, known_as=68),), 108, (("3/4", 120), ("6/8", 84)),
            temperature=1.0, has_chords=True,
        ),
        Style(
            "band", "Band Piece",
            (Voice("Lead", 81, 55, 88), Voice("Guitar", 29, 40, 79, False), Voice("Bass", 33, 28, 55),
             Voice("Drums", 0, is_drums=True)),
            120, rests=2, temperature=1.0,
        ),
        Style("drums", "Groove", (Voice("Drums", 0, is_drums=True),), 108, temperature=0.95),
        Style(
            "organ", "Organ Piece", (Voice("Manual", 19, 48, 84, False), Voice("Pedal", 19, 36, 67, False)), 80,
            rests=2, temperature=1.0,
        ),
        Style(
            "choir", "Choral Piece", CHOIR, 84, (("3/4", 96), ("6/8", 80)), rests=2, temperature=1.0,
        ),
    )
}  # fmt: skip

# Ranges of instruments a player is comfortable in, by General MIDI program; families for the rest.
RANGES = {
    0: (36, 96), 6: (36, 89), 19: (36, 96), 24: (40, 79), 25: (40, 79), 32: (28, 60), 33: (28, 60), 40: (55, 93),
    41: (48, 84), 42: (36, 76), 43: (28, 60), 46: (36, 96), 52: (40, 81), 56: (54, 82), 57: (40, 70), 58: (29, 60),
    60: (41, 77), 64: (56, 87), 65: (49, 80), 66: (44, 75), 67: (36, 68), 68: (58, 89), 69: (52, 81), 70: (34, 72),
    71: (50, 89), 72: (74, 102), 73: (60, 93), 74: (60, 86), 75: (60, 93),
}  # fmt: skip
CHORDAL = (*range(0, 32), *range(46, 47), *range(88, 96))  # programs that play several notes at once


def instrument_range(program: int) -> tuple[int, int]:
    """Comfortable range of an instrument; a broad one where none is listed."""
    return RANGES.get(program, RANGES.get(program // 8 * 8, (40, 88)))


def voices(style: Style, wanted: tuple[str, ...]) -> tuple[Voice, ...]:
    """Parts to compose: the style's own, or the instruments asked for.

    Raises
    ------
    InvalidBrief
        Where there are more than the style has voices, or an instrument is unknown.
    """
    if not wanted:
        return style.voices
    if len(wanted) > len(style.voices):
        raise InvalidBrief(f"{len(wanted)} parts for a {style.name}: it has at most {len(style.voices)}")
    chosen = []
    names = {voice.name.lower(): voice for voice in style.voices}
    for place, name in enumerate(wanted):
        if name.lower() in names:
            chosen.append(names[name.lower()])
            continue
        try:
            program = program_number(name)
        except Exception as error:
            raise InvalidBrief(str(error)) from None
        low, high = instrument_range(program)
        usual = style.voices[place]
        if low > usual.low and high >= usual.high:
            low = min(low, usual.high - 12)
        low, high = (max(low, usual.low - 5), min(high, usual.high + 7)) if not usual.is_drums else (low, high)
        chosen.append(Voice(PROGRAMS[program][0], program, low, high, program not in CHORDAL))
    return tuple(chosen)


def empty_parts(chosen: tuple[Voice, ...]) -> tuple[Part, ...]:
    """Parts without notes; pans spread a little from left to right."""
    spread = [64] if len(chosen) == 1 else [44 + round(40 * i / (len(chosen) - 1)) for i in range(len(chosen))]
    return tuple(
        Part(voice.name, (), voice.program, voice.is_drums, pan=pan) for voice, pan in zip(chosen, spread, strict=True)
    )
