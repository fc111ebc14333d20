"""Fields of a Brief: what each may be, and how its text is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmus.errors import InvalidBrief, InvalidScore, unknown
from firmus.harmony import NUMERAL, chord_of_numeral
from firmus.pitch import midi_number
from firmus.score import Chord, Key
from firmus.translation import vocabulary

MOST_BARS = 512
MOST_COUNT = 100
MOST_TEXT = {
    "bars": 2000, "style": 200, "genre": 200, "key": 200, "meter": 200, "chords": 20_000, "mood": 200, "form": 2000,
    "title": 500, "quantise": 200, "model": 200, "effort": 200, "watermark": 200, "original": 200,
    "harmony": 200,
}  # fmt: skip
"""Characters of each text of a Brief at most."""
MOST_NAME = 200  # characters of a name of a part, or of its range
MOODS = {
    "calm": (0.3, -0.6), "happy": (0.7, 0.5), "sad": (-0.6, -0.4), "tense": (-0.6, 0.6), "neutral": (0.0, 0.0),
}  # fmt: skip
RULES = ("key", "chords")  # what may be a rule or a wish
EFFORTS = ("quick", "usual", "best")
WATERMARKS = ("public", "private", "off")
ORIGINALS = ("off", "guard", "strict")
HARMONIES = ("traditional", "modern")
TRANSFORMATIONS = (
    "sequence", "inversion", "retrograde", "augmentation", "diminution", "fragmentation", "return",
)  # fmt: skip
CHOICES = {"effort": EFFORTS, "watermark": WATERMARKS, "original": ORIGINALS, "harmony": HARMONIES}

NAMED = {
    "loose": ("rule", vocabulary.RULES, RULES),
    "by": ("transformation", vocabulary.TRANSFORMATIONS, TRANSFORMATIONS),
}
"""Of each field that is a list of names: what they are, their words, and which there are."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a number may be: from `low` (or above it) to `high`, whole or not, in a unit."""

    low: float
    high: float
    whole: bool = False
    above: bool = False
    unit: str = ""

    def hold(self, value: object) -> bool:
        """Whether a value is such a number."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return self.low <= value <= self.high and not (self.above and value == self.low)


SHARE = Limits(0, 1)
LIMITS = {
    "bars": Limits(1, MOST_BARS, whole=True),
    "seconds": Limits(1, 3600),
    "pickup": Limits(0, 8, unit=" quarter notes"),
    "tempo": Limits(10, 400, unit=" quarter notes a minute"),
    "density": SHARE,
    "register": SHARE,
    "polyphony": SHARE,
    "syncopation": SHARE,
    "amount": Limits(0, 1, above=True),
    "steps": Limits(3, 64, whole=True),
    "count": Limits(1, MOST_COUNT, whole=True),
    "level": Limits(1, 8, whole=True),
    "seed": Limits(0, 2**63 - 1, whole=True),
    "temperature": Limits(0, 2),
    "top_p": Limits(0, 1, above=True),
}
"""What each number of a Brief may be, where it is given."""


READ: Mapping[str, Callable[[str], str]] = {
    "style": lambda text: vocabulary.english(text, vocabulary.STYLES),
    "genre": lambda text: vocabulary.english(vocabulary.plain(text), vocabulary.GENRES),
    "mood": lambda text: vocabulary.english(vocabulary.plain(text), vocabulary.MOODS),
    "quantise": lambda text: vocabulary.english(vocabulary.plain(text), vocabulary.GRIDS),
    "effort": lambda text: vocabulary.english(text, vocabulary.EFFORTS),
    "watermark": lambda text: vocabulary.english(text, vocabulary.WATERMARKS),
    "original": lambda text: vocabulary.english(text, vocabulary.ORIGINALS),
    "harmony": lambda text: vocabulary.english(text, vocabulary.HARMONIES),
    "key": vocabulary.key,
    "meter": vocabulary.meter,
    "chords": vocabulary.chords,
    "form": vocabulary.form,
    "bars": vocabulary.bars,
}
"""How the Chinese of each field is read."""


def bar_numbers(text: str) -> tuple[tuple[int, int | None], ...]:
    """Read ``"9-12"``, ``"9-"`` or ``"3,5,9-12"``: (first, last) each, None for "to the end".

    Examples
    --------
    >>> bar_numbers("3,9-12,20-")
    ((3, 3), (9, 12), (20, None))
    """
    spans: list[tuple[int, int | None]] = []
    for item in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:(-)\s*(\d{1,6})?)?\s*", item)
        if not match:
            raise InvalidBrief(f"bars {text!r} must be numbers or ranges counted from 1, such as 9-12 or 3,5,9-12")
        first = int(match[1])
        last = int(match[3]) if match[3] else None if match[2] else first
        if last is not None and last < first:
            raise InvalidBrief(f"bars {item.strip()!r}: the last bar, {last}, comes before the first, {first}")
        spans.append((first, last))
    return tuple(spans)


def chord_bars(text: str, key: Key | None = None) -> tuple[tuple[Chord, ...], ...]:
    """Read a progression: bars are divided by blanks or strokes, chords within a bar by commas.

    Chords are symbols of a lead sheet, or Roman numerals in a key.

    Examples
    --------
    >>> [[chord.text for chord in bar] for bar in chord_bars("Am F,G | C")]
    [['Am'], ['F', 'G'], ['C']]
    >>> [[chord.text for chord in bar] for bar in chord_bars("I vi IV,V7 I", Key(0, "D"))]
    [['D'], ['Bm'], ['G', 'A7'], ['D']]
    """

    def read(symbol: str) -> Chord:
        if not NUMERAL.fullmatch(symbol):
            return Chord.parse(symbol)
        if key is None:
            raise InvalidBrief(f"chord {symbol!r} is a Roman numeral: give the key that it is in")
        return chord_of_numeral(symbol, key)

    try:
        bars = [tuple(read(each) for each in bar.split(",") if each) for bar in re.split(r"[\s|]+", text) if bar]
    except InvalidScore as error:
        raise InvalidBrief(str(error)) from None
    if not bars:
        raise InvalidBrief("chords is empty: write them as 'Am F C G', one a bar")
    return tuple(bars)


def pitch_range(text: str, part: str = "") -> tuple[int, int]:
    """Read ``"F3-D5"`` (or MIDI numbers, ``"53-74"``): lowest and highest pitch.

    Examples
    --------
    >>> pitch_range("C4-Bb5")
    (60, 82)
    """
    pitches = []
    for item in re.split(r"\s*(?<=[\d\s])-\s*", vocabulary.plain(text).strip()):
        if item.isdecimal():
            pitches.append(int(item))
            continue
        try:
            pitches.append(midi_number(item))
        except InvalidScore:
            break
    if len(pitches) != 2 or not 0 <= pitches[0] <= pitches[1] <= 127:
        shown = f" of part {part!r}" if part else ""
        raise InvalidBrief(f"range {text!r}{shown} must be the lowest and the highest note, such as F3-D5")
    return pitches[0], pitches[1]


def mood(text: str) -> tuple[float, float]:
    """Valence and arousal, -1 to 1, of a word or of two numbers.

    Examples
    --------
    >>> mood("calm"), mood("0.5,-0.25")
    ((0.3, -0.6), (0.5, -0.25))
    """
    if text in MOODS:
        return MOODS[text]
    try:
        valence, arousal = (float(each) for each in text.split(","))
    except ValueError:
        raise InvalidBrief(unknown("mood", text, MOODS) + ", or valence,arousal such as 0.3,-0.5") from None
    check_number("valence", valence, Limits(-1, 1))
    check_number("arousal", arousal, Limits(-1, 1))
    return valence, arousal


def listed(what: str, value: object) -> tuple[str, ...]:
    """Names in a list, or divided by commas.

    Raises
    ------
    InvalidBrief
    """
    if isinstance(value, str):
        value = [each.strip() for each in vocabulary.plain(value).split(",") if each.strip()]
    if not isinstance(value, list | tuple):
        raise InvalidBrief(f"{what} {value!r} must be a list of names, or names divided by commas")
    if len(value) > MOST_COUNT:
        raise InvalidBrief(f"{what} has {len(value):,} names: {MOST_COUNT} is the most")
    names = tuple(str(each) for each in value)
    if any(len(each) > MOST_NAME for each in names):
        raise InvalidBrief(f"{what} has a name of more than {MOST_NAME} characters")
    return names


def check_number(what: str, value: object, limits: Limits) -> None:
    """Refuse what is no number within limits.

    Raises
    ------
    InvalidBrief
    """
    if not limits.hold(value):
        kind = "a whole number from " if limits.whole else "above " if limits.above else ""
        raise InvalidBrief(f"{what} {value!r} must be {kind}{limits.low} to {limits.high}{limits.unit}")
