"""Styles: what each means where nothing else is said: its parts and their ranges, its tempo; one module each.

Every module of this folder has ``STYLE``, a `Style`. A style that no model was trained on names one that models know
(`model_style`): its notes are composed as that one's, in parts, ranges and tempi of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from firmus import plugins
from firmus.errors import InvalidBrief
from firmus.render.instruments import PROGRAMS, program_number
from firmus.runtime.weights import Card
from firmus.score import Part, Score
from firmus.translation.vocabulary import part as part_name


@dataclass(frozen=True, slots=True)
class Voice:
    """A part of a style: name, General MIDI program, usual range; the program by which models know it, if another."""

    name: str
    program: int
    low: int = 0
    high: int = 127
    monophonic: bool = True
    model_program: int = -1
    is_drums: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A style, where nothing else is said.

    Parameters
    ----------
    name, title : str
    voices : tuple of Voice
    tempo : float
        Quarter notes a minute; `tempi` has other ones by meter.
    tempi : dict of str to float
    pickup_share : float
        Share of the style's music that begins with a pickup.
    rests : int
        Bars in a row that a part may be silent.
    temperature : float
        Of sampling.
    pitch_temperature : float, optional
        Of sampling pitches, where it is another.
    drum_temperature : float, optional
        Of sampling drums, where it is another.
    fill_temperature : float, optional
        Of sampling drums in the last bar of each phrase but the last, where it is another.
    velocity_temperature : float, optional
        Of sampling velocities but of drums; at a higher one dynamics leap from bar to bar.
    is_part_writing : bool
        Its parts are led as voices (`firmus.runtime.voice_leading`), over chords that are composed first.
    dissonance : float
        Nats that a dissonance of its outer voices loses on a beat.
    step_close : float
        Share of its pieces whose melody goes by step to the tonic at the end.
    minor_share : float, optional
        Share of its pieces in a minor key; as the model draws them where there is none.
    new_bars : float
        Share of the bars of a part that are not exactly an earlier one, in 16 held-out bars of the style.
    has_chords : bool
        Chord symbols are composed too.
    is_choral : bool
        Four voices, in which a melody can be harmonised.
    is_accompanied : bool
        The first part is a melody, which the others accompany.
    model_style : str
        The name by which models know it, where that is another.
    forms : tuple of str
        Usual forms, for `firmus.composing.form.usual`: numbers are of phrases. None where its pieces have none.
    through_composed : float
        Share of its shorter pieces in which no section comes back.
    resting : tuple of int
        Places of the parts that come to rest at the end of each phrase.
    is_planned : bool
        Its notes are composed under chords that are planned for the whole piece.
    modulates : bool
        Middle sections of its longer pieces are in related keys.
    """

    name: str
    title: str
    voices: tuple[Voice, ...]
    tempo: float
    tempi: tuple[tuple[str, float], ...] = ()
    pickup_share: float = 0.0
    minor_share: float | None = None
    rests: int = 0
    temperature: float = 0.88
    pitch_temperature: float | None = None
    drum_temperature: float | None = None
    fill_temperature: float | None = None
    velocity_temperature: float | None = 0.6
    is_part_writing: bool = False
    dissonance: float = 0.0
    step_close: float = 0.5
    new_bars: float = 0.9
    has_chords: bool = False
    is_choral: bool = False
    is_accompanied: bool = False
    model_style: str = ""
    forms: tuple[str, ...] = ()
    through_composed: float = 0.0
    resting: tuple[int, ...] = (0,)
    is_planned: bool = True
    modulates: bool = False

    def tempo_in(self, meter: str) -> float:
        """Usual tempo in a meter."""
        return dict(self.tempi).get(meter, self.tempo)


RONDO = "A2A'2B2A'2C2A'2"
LONGER = ("A2A'2B2", "A2B2A'2", "A2A'2B2A'2", "A2B2A'2C2", RONDO)
"""Forms of longer pieces of most styles."""

CHOIR = (
    Voice("Soprano", 52, 60, 81),
    Voice("Alto", 52, 53, 74),
    Voice("Tenor", 52, 48, 69),
    Voice("Bass", 52, 40, 64),
)


def model_style(name: str) -> str:
    """The name by which models know a style."""
    style = styles().get(name)
    return style.model_style or name if style else name


def styles_of(card: Card) -> list[str]:
    """Names of the styles that a model can be asked for: those it was trained on, then those that are composed so."""
    others = [name for name, style in styles().items() if style.model_style in card.styles and style.model_style]
    return [*card.styles, *(name for name in others if name not in card.styles)]


@cache
def styles() -> dict[str, Style]:
    """Every style, by its name."""
    loaded = [plugins.load(__name__, name).STYLE for name in plugins.names(__name__)]
    return {style.name: style for style in loaded}


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


def voices(style: Style, instruments: tuple[str, ...]) -> tuple[Voice, ...]:
    """Parts to compose: the style's own, or the instruments asked for.

    Raises
    ------
    InvalidBrief
        Where there are more than the style has voices, or an instrument is unknown.
    """
    if not instruments:
        return style.voices
    if len(instruments) > len(style.voices):
        raise InvalidBrief(f"{len(instruments)} parts for a {style.name}: it has at most {len(style.voices)}")
    selected = []
    names = {voice.name.lower(): voice for voice in style.voices}
    for place, name in enumerate(instruments):
        if part_name(name) in names:
            selected.append(names[part_name(name)])
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
        selected.append(Voice(PROGRAMS[program][0], program, low, high, program not in CHORDAL))
    return tuple(selected)


def empty_parts(voices: tuple[Voice, ...]) -> tuple[Part, ...]:
    """Parts without notes; pans spread a little from left to right."""
    count = len(voices)
    pans = [64] if count == 1 else [44 + round(40 * i / (count - 1)) for i in range(count)]
    return tuple(
        Part(voice.name, (), voice.program, voice.is_drums, pan=pan) for voice, pan in zip(voices, pans, strict=True)
    )


def infer_style(style: str, card: Card, score: Score) -> str:
    """Style asked for, or the first of the model's that has as many parts."""
    if style:
        return style
    count = len(score.parts)
    fitting = [name for name in card.styles if name in styles() and len(styles()[name].voices) == count]
    return fitting[0] if fitting else card.styles[0]
