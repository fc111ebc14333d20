"""The vocabulary of `firmus.tokens.events`.

Tokens come in families, each a run of integers: ``PITCH + 60`` is middle C. The tables below say how the
values of a family are spaced; `name` spells a token for people.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from firmus.pitch import QUALITIES
from firmus.score import Key

UNIT = 20  # ticks in a step of time: 24 to the quarter, fine enough for 32nds and triplets of sixteenths
QUARTER = 24
LONGEST_BAR = 8 * QUARTER  # a bar of 4/2; longer ones are cut

STYLES = (
    "chorale", "hymn", "song", "quartet", "piano", "folk", "lead-sheet", "band", "drums", "organ", "choir",
    "guitar", "chamber", "orchestra",
)  # fmt: skip
GENRES = (
    "mass", "requiem", "vespers", "motet", "oratorio", "hymn", "sacred", "opera", "song", "children's song", "sonnet",
    "polonaise", "mazurka", "waltz", "krakowiak", "dance", "march", "prelude", "etude", "nocturne", "sonata",
    "variations", "fugue", "rondo", "partita", "jig", "reel", "hornpipe", "strathspey", "slip jig", "renaissance",
    "baroque", "classical", "romantic", "folk", "popular", "rock", "funk", "jazz", "latin", "hip-hop", "soul",
    "afro-cuban", "punk", "new orleans", "country", "reggae", "game",
)  # fmt: skip
CONTROLS = ("density", "register", "polyphony", "valence", "arousal")
CLASSES = 8  # values of a control
MAX_PARTS = 32
SECTION_NAMES = "ABCDEFGHIJKLMNOP"
KEYS = tuple(Key.from_signature(sharps, mode) for mode in ("major", "minor") for sharps in range(-7, 8))
METERS = tuple(
    (numerator, denominator)
    for denominator, most in ((4, 8), (8, 16), (2, 4), (16, 32), (1, 2), (32, 64))
    for numerator in range(1, most + 1)
)
TEMPI = tuple(round(24 * 2 ** (step / 12), 2) for step in range(48))  # quarters a minute, 24 to 363
DURATIONS = (*range(1, 97), *range(100, 193, 4), *range(204, 385, 12))  # steps of time
VELOCITIES = tuple(range(4, 128, 4))
USUAL_VELOCITY = 80  # at the beginning of each cell
CHORDS = tuple((root, quality) for quality in QUALITIES for root in range(12))

_FAMILIES = {
    "START": 1, "END": 1, "BAR": 1, "OPEN": 1, "FILL": 1, "CUT": 1, "PICKUP": 1,
    "STYLE": 16, "CONTROL": 16 * CLASSES, "PROGRAM": 129, "KEY": len(KEYS), "METER": len(METERS),
    "TEMPO": len(TEMPI), "SECTION": len(SECTION_NAMES), "PART": MAX_PARTS + 1, "PLACE": LONGEST_BAR,
    "PITCH": 128, "DRUM": 128, "DURATION": len(DURATIONS), "VELOCITY": len(VELOCITIES),
    "CHORD": len(CHORDS) + 1, "BASS": 12,
    "GENRE": 48, "PLAN": 1, "COMPACT": 1,
}  # fmt: skip


def _place() -> dict[str, int]:
    first, places = 0, {}
    for family, size in _FAMILIES.items():
        places[family] = first
        first += size
    return places


_FIRST = _place()
VOCABULARY = sum(_FAMILIES.values())
START, END, BAR, OPEN = (_FIRST[each] for each in ("START", "END", "BAR", "OPEN"))
FILL, CUT, PICKUP = (_FIRST[each] for each in ("FILL", "CUT", "PICKUP"))
STYLE, CONTROL, PROGRAM, KEY = (_FIRST[each] for each in ("STYLE", "CONTROL", "PROGRAM", "KEY"))
METER, TEMPO, SECTION, PART = (_FIRST[each] for each in ("METER", "TEMPO", "SECTION", "PART"))
PLACE, PITCH, DRUM, DURATION = (_FIRST[each] for each in ("PLACE", "PITCH", "DRUM", "DURATION"))
VELOCITY, CHORD, BASS = (_FIRST[each] for each in ("VELOCITY", "CHORD", "BASS"))
GENRE, PLAN, COMPACT = (_FIRST[each] for each in ("GENRE", "PLAN", "COMPACT"))
COMPLETION = GENRE  # tokens from here on occur in prompts alone, and older weights do not know them
DRUMS = PROGRAM + 128  # the program of a drum part
LANE = PART  # part 0: the chord symbols
NO_CHORD_TOKEN = CHORD + len(CHORDS)

FAMILY_OF = np.repeat(np.arange(len(_FAMILIES)), list(_FAMILIES.values())).astype(np.int16)
FAMILY = {family: index for index, family in enumerate(_FAMILIES)}


def size(family: str) -> int:
    """Number of tokens in a family."""
    return _FAMILIES[family]


def name(token: int) -> str:
    """Spell a token.

    Examples
    --------
    >>> name(PITCH + 60), name(BAR), name(KEY + 5)
    ('PITCH 60', 'BAR', 'KEY Bb major')
    """
    if not 0 <= token < VOCABULARY:
        return f"? {token}"
    family = list(_FAMILIES)[FAMILY_OF[token]]
    value = token - _FIRST[family]
    values: dict[str, object] = {
        "STYLE": STYLES[value] if family == "STYLE" and value < len(STYLES) else value,
        "GENRE": GENRES[value] if family == "GENRE" else "",
        "KEY": KEYS[value].text if family == "KEY" else "",
        "METER": "{}/{}".format(*METERS[value]) if family == "METER" else "",
        "TEMPO": TEMPI[value] if family == "TEMPO" else "",
        "DURATION": DURATIONS[value] if family == "DURATION" else "",
        "VELOCITY": VELOCITIES[value] if family == "VELOCITY" else "",
        "CHORD": "N.C." if value == len(CHORDS) else CHORDS[value] if family == "CHORD" else "",
    }
    return family if _FAMILIES[family] == 1 else f"{family} {values.get(family, value)}"


def nearest(table: tuple[int, ...] | tuple[float, ...], value: float) -> int:
    """Index of the value in a sorted table that is nearest; the lower of two equally near.

    Examples
    --------
    >>> nearest((1, 2, 4), 3), nearest((1, 2, 4), 9)
    (1, 2)
    """
    at = bisect_left(table, value)
    if at == 0:
        return 0
    if at == len(table):
        return at - 1
    return at if table[at] - value < value - table[at - 1] else at - 1


def key_index(key: Key) -> int:
    """Index in `KEYS` of a key; a church mode counts as the major or minor key on its tonic.

    Examples
    --------
    >>> KEYS[key_index(Key.parse("D dorian"))].text
    'D minor'
    """
    plain = key.plain
    return KEYS.index(Key(0, plain.tonic, plain.mode))


def transposition(semitones: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Table (V,) of the transposed token of each token, by so many semitones; drums stay."""
    table = np.arange(VOCABULARY)
    pitches = np.arange(128)
    table[PITCH : PITCH + 128] = PITCH + np.clip(pitches + semitones, 0, 127)
    shift = (semitones * 7 + 5) % 12 - 5  # on the line of fifths
    for index, key in enumerate(KEYS):
        signature = (key.signature + shift + 5) % 12 - 5 if shift else key.signature
        table[KEY + index] = KEY + KEYS.index(Key.from_signature(signature, key.mode))
    for index, (root, quality) in enumerate(CHORDS):
        table[CHORD + index] = CHORD + CHORDS.index(((root + semitones) % 12, quality))
    table[BASS : BASS + 12] = BASS + (np.arange(12) + semitones) % 12
    return table
