"""Which parts a request means, by name, instrument, number or role; and instruments that the piece has not."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from firmus.render.instruments import program_names
from firmus.requests import lexicon
from firmus.requests.bars import ORDINALS
from firmus.requests.lexicon import NUMBER, number
from firmus.requests.piece import Piece
from firmus.requests.text import Text
from firmus.translation.vocabulary import PARTS

NO_INSTRUMENTS = (
    "rain", "soundtrack", "crystal", "atmosphere", "brightness", "goblins", "echoes", "lead", "pad",
    "helicopter", "applause", "gunshot", "voice", "vocals", "bass", "drums", "band", "choir", "synth",
    "strings", "seashore", "水晶", "气氛", "明亮", "回声", "科幻", "精灵", "掌声", "枪声", "海浪",
    "雨滴", "铃铛", "呼吸声", "人声", "合唱", "贝斯", "木鱼", "弦乐",
)  # fmt: skip
"""Names of programs that mean something else in a request."""
_ROLES = (
    "one", "two", "low_strings", "strings", "violins", "viola", "cello", "inner", "outer", "top", "upper", "lower",
    "accompaniment", "right", "left", "both", "drums", "bass", "melody", "voice",
)  # fmt: skip
"""In this order they are looked for: longer names before those that are in them."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Parts that a text names.

    Parameters
    ----------
    parts : tuple of int
        From 0; empty for an instrument that the piece has not.
    start, end : int
        Where it stands in the text.
    name : str
        Of the instrument, in English small letters, or of the role.
    is_instrument : bool
    """

    parts: tuple[int, ...]
    start: int
    end: int
    name: str
    is_instrument: bool = False


def find(text: Text, piece: Piece) -> list[Mention]:
    """Parts of a piece, and instruments, that a request names, taken out of it; in the order of the text."""
    words, found = lexicon.load().words["part"], list[Mention]()
    for match in text.take_all(words["all"]):
        found.append(Mention(piece.roles["all"], match.start(), match.end(), "all"))
    if low := piece.roles["bass"]:  # a bass guitar is no guitar
        found += [Mention(low, each.start(), each.end(), "bass") for each in text.take_all(words["bassist"])]
    for pattern, place in _named(piece):
        found += [Mention((place,), match.start(), match.end(), "") for match in text.take_all(pattern)]
    found += _numbered(text, piece)
    own = [words[name] for name in _ROLES if piece.roles[name]]
    found += instruments(text, but=[*own, words["voice"], words["drums"]])
    roles = [name for name in _ROLES if piece.roles[name] or name in ("voice", "right", "left", "drums")]
    for name in roles:
        for match in text.take_all(words[name]):
            found.append(Mention(_counted(piece, name, match[0]), match.start(), match.end(), name))
    found += instruments(text)
    for name in _ROLES:
        for match in text.take_all(words[name]):
            found.append(Mention((), match.start(), match.end(), name))
    return _narrowed(text, sorted(found, key=lambda mention: mention.start))


def _narrowed(text: Text, mentions: list[Mention]) -> list[Mention]:
    """Mentions without those that another narrows: of 'the piano's left hand' the left hand."""
    wide = {
        id(one if set(other.parts) < set(one.parts) else other)
        for one, other in itertools.pairwise(mentions)
        if (set(other.parts) < set(one.parts) or set(one.parts) < set(other.parts))
        and one.parts
        and other.parts
        and re.fullmatch(
            r"(?:'s)?[\s的里中]*(?:(?:of|in) )?(?:the )?", text.whole[one.end : other.start], re.IGNORECASE
        )
    }
    return [mention for mention in mentions if id(mention) not in wide]


def _counted(piece: Piece, role: str, words: str) -> tuple[int, ...]:
    """Parts of a role; of the upper and lower ones so many as are said."""
    match = re.search(NUMBER, words, re.IGNORECASE) if role in ("upper", "lower") else None
    if not match:
        return piece.roles[role]
    count, by_height = int(number(match[0])), piece.by_height
    return tuple(sorted(by_height[:count] if role == "upper" else by_height[-count:]))


def instruments(text: Text, but: Sequence[re.Pattern[str]] = ()) -> list[Mention]:
    """Instruments that a text names, but for those whose name stands for something else in it."""
    return sorted(
        (
            Mention((), match.start(), match.end(), english_name(match[0]), is_instrument=True)
            for match in text.take_all(_instrument_names(tuple(but)))
        ),
        key=lambda mention: mention.start,
    )


def english_name(name: str) -> str:
    """Name of an instrument in English small letters.

    Examples
    --------
    >>> english_name("Clarinets"), english_name("长笛"), english_name("double bass")
    ('clarinet', 'flute', 'double bass')
    """
    plain = re.sub(r"[\s-]+", " ", name.casefold())
    if plain.isascii():
        return plain if plain in program_names() else plain.removesuffix("s")
    named = lexicon.load().words["instrument"]
    if usual := next((name for name, pattern in named.items() if pattern.fullmatch(plain)), None):
        return usual
    program = program_names()[plain]
    own = [each for each, words in PARTS.items() if plain in words and each in program_names()]
    general, *others = [each for each, number in program_names().items() if number == program and each.isascii()]
    shorter = [each for each in others if each in general.split()]
    return own[0] if own else shorter[0] if shorter else general


def _named(piece: Piece) -> list[tuple[str, int]]:
    """Patterns of the parts' own names, the longest first."""
    named = []
    for place, part in enumerate(piece.score.parts):
        own = part.name.strip().casefold()
        if not own or own in ("piano", "melody", "drums", "bass"):
            continue
        words = [re.escape(own).replace(r"\ ", "[ -]"), *PARTS.get(own, ())]
        named += [(_whole_word(word), place) for word in words]
    return sorted(named, key=lambda each: -len(each[0]))


def _whole_word(word: str) -> str:
    return f"(?<![a-z]){word}(?:s(?<!voices)|ists?)?(?:'s)?(?![a-z])" if re.search("[a-z]", word) else word


def _numbered(text: Text, piece: Piece) -> list[Mention]:
    """Parts by number, from the top."""
    ordinal = "|".join(ORDINALS)
    patterns = (
        rf"(?:voices?|parts?|staff|stave|tracks?) (?:no\.? ?|number )?({NUMBER})(?![a-z])",
        rf"(?:the )?({ordinal}|\d(?:st|nd|rd|th)) (?:voice|part|staff|stave|track|instrument)",
        rf"第({NUMBER})(?:个|条)?(?:声部|轨|行谱表?)",
    )
    found = []
    several = (
        rf"(?:voices|parts|staves|tracks) {NUMBER}(?:(?:, ?| and ){NUMBER})+|第?{NUMBER}(?:[、和与]第?{NUMBER})+声部"
    )
    for match in text.take_all(several):
        places = tuple(int(number(each)) - 1 for each in re.findall(NUMBER, match[0], re.IGNORECASE))
        is_there = all(0 <= place < len(piece.score.parts) for place in places)
        found.append(Mention(places if is_there else (), match.start(), match.end(), match[0]))
    for pattern in patterns:
        for match in text.take_all(pattern):
            said = match[1].casefold()
            place = ORDINALS.index(said) if said in ORDINALS else int(number(re.sub("(st|nd|rd|th)$", "", said))) - 1
            places = (place,) if 0 <= place < len(piece.score.parts) else ()
            found.append(Mention(places, match.start(), match.end(), match[0]))
    return found


@cache
def _instrument_names(but: tuple[re.Pattern[str], ...]) -> re.Pattern[str]:
    names = [name for name in program_names() if name not in NO_INSTRUMENTS and not name[-1].isdecimal()]
    names = [name for name in names if not any(each.fullmatch(name) or each.fullmatch(f"{name}s") for each in but)]
    patterns = [
        f"(?<![a-z]){re.escape(name).replace(chr(92) + ' ', '[ -]')}s?(?![a-z])" if name.isascii() else re.escape(name)
        for name in sorted(names, key=len, reverse=True)
    ]
    patterns += [each.pattern for each in lexicon.load().words["instrument"].values()]
    return re.compile("|".join(patterns), re.IGNORECASE)
