"""Lexicon: the words of requests, English and Chinese, as regular expressions by what they mean.

The words stand in ``assets/requests/*.toml``, one file a language, and are searched together: a request may mix both.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from firmus.translation.vocabulary import GENRES

SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
NUMBER = (
    r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百]+|(?<![a-z])(?:a couple of|(?:a )?dozen|"
    + "|".join(f"{tens}(?:[ -](?:{'|'.join(SMALL[1:10])}))?" for tens in TENS)
    + "|"
    + "|".join(sorted(SMALL[1:], key=len, reverse=True))
    + ")(?![a-z]))"
)
"""A number in figures or in words."""
BPM = r"(?:bpm|beats?(?:[ -](?:a|per|/)[ -]min(?:ute)?)?)"


def number(text: str) -> float:
    """A number in figures or in words.

    Examples
    --------
    >>> number("12"), number("twenty-four"), number("十六"), number("二十"), number("两"), number("a couple of")
    (12.0, 24.0, 16.0, 20.0, 2.0, 2.0)
    """
    words = text.strip().casefold()
    if re.fullmatch(r"\d+(?:\.\d+)?", words):
        return float(words)
    if words == "a couple of":
        return 2.0
    if words.endswith("dozen"):
        return 12.0
    if words.isascii():
        first, _, second = words.replace("-", " ").partition(" ")
        if first in TENS:
            return 20.0 + 10 * TENS.index(first) + (SMALL.index(second) if second else 0)
        return float(SMALL.index(first))
    hundreds, mark, rest = words.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    total = 100 * DIGITS.get(hundreds, 1) if mark else 0
    total += 10 * DIGITS.get(tens, 1) if ten else 0
    return float(total + DIGITS.get(ones, 0))


@dataclass(frozen=True, slots=True)
class Adjective:
    """What an adjective asks for: by how much more than there is, or absolutely.

    Parameters
    ----------
    relative : dict of str to int
        Field of a Brief (or valence and arousal of its mood) and direction, such as ``{"density": 1}``.
    absolute : dict of str to Any
        Fields of a Brief, such as ``{"density": 0.8}``.
    """

    relative: dict[str, int]
    absolute: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words.

    Parameters
    ----------
    words : dict
        Patterns by section and name: ``words["verb"]["vary"]``.
    tempi : dict of str to float
        Quarter notes a minute of terms, such as ``"adagio"``.
    adjectives : list of (str, str, Adjective)
        Kind (``"plain"``, ``"comparative"``, ``"noun"``), pattern, and what it asks for.
    simplified : dict of int to str
        Simplified characters by the code points of traditional ones, as ``str.translate`` takes them.
    slips : dict of str to str
        Chinese words by what is written for them by mistake.
    """

    words: dict[str, dict[str, re.Pattern[str]]]
    tempi: dict[str, float]
    adjectives: list[tuple[str, str, Adjective]]
    simplified: dict[int, str]
    slips: dict[str, str]

    def any_of(self, kind: str, language: str) -> str:
        """Alternatives of all adjectives of a kind in a language, the longest first."""
        patterns = [pattern for each, pattern, _ in self.adjectives if each == f"{kind} {language}"]
        return "|".join(sorted(patterns, key=len, reverse=True)) or "(?!)"

    def adjective(self, kind: str, text: str) -> Adjective:
        """What a word of a kind asks for."""
        return next(
            meaning
            for each, pattern, meaning in self.adjectives
            if each == kind and re.fullmatch(pattern, text, re.IGNORECASE)
        )


@cache
def load() -> Lexicon:
    """Read the lexicon.

    Examples
    --------
    >>> lexicon = load()
    >>> bool(lexicon.words["verb"]["vary"].search("please vary it")), lexicon.tempi["行板"]
    (True, 84.0)
    """
    entries: dict[str, dict[str, list[str]]] = {}
    tempi: dict[str, float] = {}
    adjectives: list[tuple[str, str, Adjective]] = []
    characters: dict[int, str] = {}
    slips: dict[str, str] = {}
    for language in ("en", "zh"):
        path = resources.files("firmus") / f"assets/requests/{language}.toml"
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for each in document.pop("adjective"):
            meaning = Adjective(each["relative"], each.get("absolute", {}))
            for kind in ("plain", "comparative", "noun"):
                adjectives += [(f"{kind} {language}", pattern(word, language), meaning) for word in each.get(kind, ())]
        characters |= {ord(pair[0]): pair[1] for pair in document.pop("characters", {}).get("traditional", "").split()}
        slips |= document.pop("slip", {})
        tempi |= {name: float(bpm) for name, bpm in document.pop("tempo").items()}
        for section, names in document.items():
            section = f"degree {language}" if section == "degree" else section
            for name, words in names.items():
                holder = entries.setdefault(section, {}).setdefault(name, [])
                holder += [pattern(word, language) for word in words]
    for genre, chinese in GENRES.items():
        if genre not in ("hymn", "song", "folk"):
            words = [*([] if genre == "popular" else [pattern(f"{genre}(?:s|y|ier|ish)?", "en")]), *chinese]
            entries["genre"].setdefault(genre, []).extend(words)
    return Lexicon({name: {key: _compiled(words) for key, words in section.items()}
                    for name, section in entries.items()}, tempi, adjectives, characters, slips)  # fmt: skip


def pattern(word: str, language: str) -> str:
    """Pattern of an entry: English ones are whole words, and their blanks may be hyphens.

    ``<number>`` stands for a number, ``<n>`` for one that is read, ``<bpm>`` for beats a minute.
    """
    if language == "en":
        word = f"(?<![a-z])(?:{word.replace(' ', '[ -]')})(?![a-z])".replace(r"\w+", r"[\w¤]+")
    return word.replace("<number>", NUMBER).replace("<n>", f"({NUMBER})").replace("<bpm>", BPM)


def first(match: re.Match[str]) -> str:
    """The first group of a match that took part in it."""
    return next(group for group in match.groups() if group is not None)


def _compiled(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(words, key=len, reverse=True)), re.IGNORECASE)
