"""The catalogue: Chinese of every message, found by its English template."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

from firmus.translation import vocabulary

MOST_CHARACTERS = 4000  # of a message that is looked up
SHORT, WORDS = 8, 2  # characters of a template that is a phrase, such as "{} notes"; most blanks in a field of it
DEEPEST = 6  # fields within fields


@dataclass(frozen=True, slots=True)
class Template:
    """A message with fields: the text between its fields, and its Chinese."""

    pieces: tuple[str, ...]
    chinese: str

    @property
    def weight(self) -> int:
        """Characters that are not a field's: of two templates that fit, the one that has more is meant."""
        return sum(map(len, self.pieces))

    def fields(self, message: str) -> list[str] | None:
        """What stands in the fields of a message; None where the template does not fit it.

        Each piece is sought from the left, the last at the end: where any way to fit exists, one is found. Of two
        fields with but a blank between them the second is in quotes, or one word; with nothing, the first is.
        """
        first, *inner, last = self.pieces
        if not message.startswith(first) or len(message) < len(first) + len(last) or not message.endswith(last):
            return None
        begin, end, found = len(first), len(message) - len(last), []
        for piece, following in pairwise([*inner, ""]):
            place = message.find(piece, begin, end)
            until = message.find(following, begin, end) if following else end
            if not piece:
                place = message.find(" ", begin, max(until, begin))
                place = until if place < 0 else place
            elif piece == " ":
                quoted = re.search(r" (?=['\"])", message[begin : max(until, begin)])
                place = begin + quoted.start() if quoted else message.rfind(" ", begin, max(until, begin))
            if place < 0:
                return None
            found.append(message[begin:place])
            begin = place + len(piece)
        return [*found, message[begin:end]]


@cache
def entries() -> dict[str, str]:
    """Chinese of every template, by its English."""
    folder = resources.files("firmus") / "assets" / "translations" / "zh"
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def templates() -> tuple[Template, ...]:
    """Templates with fields, the most specific first."""
    found = [Template(tuple(english.split("{}")), text) for english, text in entries().items() if "{}" in english]
    return tuple(sorted(found, key=lambda each: -each.weight))


def chinese(message: str, depth: int = 0) -> str:
    """A message in Chinese; what stands in its fields too, where it is known; as it is where nothing is.

    Examples
    --------
    >>> chinese("song.mid: MIDI file without a track")
    'song.mid：MIDI 文件没有音轨'
    >>> chinese("there is no part 'x': the parts are 1 Soprano, 2 Alto")
    "没有声部 'x'：现有声部为 1 女高音、2 女低音"
    """
    text = message.strip()
    if not text or len(text) > MOST_CHARACTERS or depth > DEEPEST:
        return message
    return next(_readings(text, depth), message)


class _Field:
    """What stands in a field: in Chinese by ``{}``; by ``{!s}``, where it is the name of a file, as it is."""

    def __init__(self, text: str, depth: int) -> None:
        self.text, self.depth = text, depth

    def __format__(self, _: str) -> str:
        return chinese(self.text, self.depth)

    def __str__(self) -> str:
        return self.text


def _readings(text: str, depth: int) -> Iterator[str]:
    """Chinese of a text: as a whole, as a list of words, by a template, or of its end, behind a colon."""
    if (known := _word(text)) is not None:
        yield known
    if ", " in text and None not in (words := [_word(each) for each in text.split(", ")]):
        yield "、".join(map(str, words))
    fitting = [(template, fields) for template in templates() if (fields := template.fields(text)) is not None]
    fitting = [(template, fields) for template, fields in fitting if template.weight >= SHORT or _are_short(fields)]
    yield from (_filled(*each, depth) for each in fitting if ": " not in each[1][0])
    place = text.find(": ")
    while place > 0:  # what stands before it is a name, or where something is
        rest = text[place + 2 :]
        if (known := chinese(rest, depth + 1)) != rest:
            head = text[:place]
            yield f"{chinese(head, depth + 1) if ' ' in head else head}：{known}"
        place = text.find(": ", place + 1)
    yield from (_filled(*each, depth) for each in fitting)


def _filled(template: Template, fields: list[str], depth: int) -> str:
    return template.chinese.format(*(_Field(each, depth + 1) for each in fields))


def _are_short(fields: list[str]) -> bool:
    return all(": " not in each and each.count(" ") <= WORDS for each in fields)


def _word(text: str) -> str | None:
    """A text without fields in Chinese, or a numbered word (``2 Alto``); None where it is not known."""
    number, blank, rest = text.partition(" ")
    if blank and number.isdecimal() and f"{{}} {rest}" not in entries() and (known := _word(rest)) is not None:
        return f"{number} {known}"
    return entries().get(text) or vocabulary.chinese(text)
