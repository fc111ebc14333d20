"""What is to be more or less so: adjectives, their comparatives, and words of degree."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from firmus.errors import InvalidBrief
from firmus.requests import lexicon
from firmus.requests.lexicon import Adjective
from firmus.requests.text import Text

VERY = {0.2: 0.1, 0.8: 0.9}  # what an absolute value becomes with "very"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an adjective in a text asks for.

    Parameters
    ----------
    place : int
        Where it stands.
    relative : dict of str to int
        Field and direction, -2 to 2.
    absolute : dict of str to Any
        Fields and values.
    """

    place: int
    relative: dict[str, int]
    absolute: dict[str, Any]


def find(text: Text) -> list[Wish]:
    """Adjectives of a request, taken out of it.

    Examples
    --------
    >>> [(wish.relative, wish.absolute) for wish in find(Text("much calmer, not so busy, and sad"))]
    [({'arousal': -2}, {}), ({'density': -1}, {}), ({}, {'mood': 'sad'})]
    >>> [(wish.relative, wish.absolute) for wish in find(Text("欢快一点，低音太密了，要很高"))]
    [({'valence': 1}, {}), ({'density': -1}, {}), ({}, {'register': 0.9})]
    """
    wishes: list[Wish] = []
    for kind, sign, pattern in _patterns():
        for match in text.take_all(pattern):
            named = _named(match)
            meaning = _meaning(named)
            if kind == "plain":
                wishes.append(Wish(match.start(), {}, _absolute(meaning, "very" in named)))
            else:
                size = 2 if "much" in named else 1
                changed = {field: direction * sign * size for field, direction in meaning.relative.items()}
                wishes.append(Wish(match.start(), changed, {}))
    return sorted(wishes, key=lambda wish: wish.place)


def check(wishes: Sequence[Wish]) -> None:
    """Ask back where adjectives contradict each other.

    Raises
    ------
    InvalidBrief
    """
    for name in {name for wish in wishes for name in wish.absolute}:
        found = [wish.absolute[name] for wish in wishes if name in wish.absolute]
        low, high = min(found), max(found)
        if high != low and (isinstance(low, str) or (low < 0.5) != (high < 0.5) or name == "tempo"):
            raise InvalidBrief(f"{name}: {low} and {high} are asked for at once: say one of them, such as 'calm'")


def _meaning(named: dict[str, str]) -> Adjective:
    kind = next(name for name in named if name.partition("_")[0] in ("plain", "comparative", "noun"))
    return lexicon.load().adjective(kind.replace("_", " "), named[kind])


def _absolute(meaning: Adjective, very: bool) -> dict[str, Any]:
    return {name: VERY.get(value, value) if very else value for name, value in meaning.absolute.items()}


@cache
def _patterns() -> list[tuple[str, int, re.Pattern[str]]]:
    """Kind, sign and pattern, in the order in which they are tried."""
    known = lexicon.load()

    def word(kind: str, language: str) -> str:
        return f"(?P<{kind}_{language}>{known.any_of(kind, language)})"

    en = {name: each.pattern for name, each in known.words["degree en"].items()}
    zh = {name: each.pattern for name, each in known.words["degree zh"].items()}
    a_bit = "(?:(?:an? (?:little(?: bit)?|bit|tad|touch|notch)|slightly|somewhat|even|still|yet|rather|quite)[ -])?"
    much = f"(?:(?P<much>{en['much']})[ -])?"
    plain, noun, comparative = word("plain", "en"), word("noun", "en"), word("comparative", "en")
    by_far = r"(?:[ -]by[ -](?P<much>far))?"
    more_of = f"(?:{en['more']})[ -](?:of )?(?:an? )?"
    afterwards = f"(?:[,.] ?(?P<much>{en['much']})(?= *(?:[,.;!?]|$))|[ -](?P<much>(?!way|far)(?:{en['much']})))?"
    after = f"(?:儿?(?P<much>{zh['much']})|儿?(?:{zh['after']}))"
    some = f"(?:(?P<much>{zh['much']})|{zh['very']})?"
    plain_zh, comparative_zh = word("plain", "zh"), word("comparative", "zh")
    compared = f"(?:{zh['comparing']})(?:要|得|有)?{plain_zh}的?"
    kinds = [
        ("lacking", 1, f"(?:not|n't) enough (?:of )?{noun}|(?:not|n't) {plain} enough"),
        ("too", -1, f"{much}(?:a (?:bit|little) )?(?:{en['too']}) (?:(?:of )?(?:an? )?)?(?:{noun}|{plain}){by_far}"),
        ("less", -1, f"{much}{a_bit}(?:{en['less']})[ -]{a_bit}(?:{noun}|{plain})"),
        ("more", 1, f"{much}{a_bit}(?:{more_of}(?:{noun}|{plain})|{comparative}){afterwards}"),
        ("more", 1, f"(?:a few|some|plenty of|lots of|a (?:bit|touch|little) of)[ -](?:more )?{noun}"),
        ("lacking", 1, f"(?:{zh['lacking']})有?{plain_zh}"),
        ("too", -1, f"(?:不|没|怎么|别)[^,.;]{{0,6}}(?:{zh['so']}){plain_zh}"),
        ("too", -1, f"(?:{zh['too']})(?:更|得|太|过于)?{some}{plain_zh}了?"),
        ("complaint", -1, f"{plain_zh}(?:{zh['complaint']})"),
        ("more", 1, f"(?:{zh['more']})*(?:{comparative_zh}{after}?|{compared}{after}?|{plain_zh}{after})"),
        ("plain", 0, f"(?P<very>{en['very']})?(?:(?<= )| )?{plain}"),
        ("plain", 0, f"(?P<very>{zh['very']})?{plain_zh}"),
    ]  # fmt: skip
    return [(kind, sign, re.compile(_numbered(pattern), re.IGNORECASE)) for kind, sign, pattern in kinds]


def _numbered(pattern: str) -> str:
    """A pattern whose named groups have numbers behind their names, as no name may come twice."""
    numbers = itertools.count()
    return re.sub(r"\(\?P<(\w+)>", lambda match: f"(?P<{match[1]}__{next(numbers)}>", pattern)


def _named(match: re.Match[str]) -> dict[str, str]:
    """Groups that matched, by name."""
    return {name.partition("__")[0]: text for name, text in match.groupdict().items() if text is not None}
