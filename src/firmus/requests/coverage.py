"""Coverage: what of a request was not used, so that it is asked about and never dropped."""

from __future__ import annotations

import re
from functools import cache

from firmus.requests import lexicon
from firmus.requests.text import TAKEN, Text, known_words, language_of

LONGEST = 24  # characters of a word that is shown
FEWEST = 2  # characters that Chinese has left in a row, to be a word


def unknown_words(text: Text) -> list[str]:
    """Words that say something and that no entry of the lexicon has, in the order of the text.

    Words of courtesy, of grammar and of what a piece is for say nothing that could be composed.

    Examples
    --------
    >>> unknown_words(Text("please make it calmer, and more purple")), unknown_words(Text("安静一点，像饼干那样"))
    (['purple'], ['像饼干'])
    """
    if language_of(text.whole) == "zh":
        left = text.left
        for pattern in _patterns():
            left = pattern.sub(lambda match: TAKEN * len(match[0]), left)
        found = re.findall(rf"[\u4e00-\u9fff]{{{FEWEST},}}", left)
    else:
        background = lexicon.load().words["idle"]["purpose"].sub(lambda match: TAKEN * len(match[0]), text.left)
        found = [
            word
            for word in re.findall(r"(?<![A-Za-z¤\d'])[A-Za-z][a-z']{2,}(?![A-Za-z¤\d])", background)
            if not _is_known(word.casefold().strip("'").removesuffix("'s"))
        ]
    return [word[:LONGEST] for word in dict.fromkeys(found)]


def _is_known(word: str) -> bool:
    known = known_words()
    return word in known or word.removesuffix("s") in known or bool(_idle().fullmatch(word))


@cache
def _idle() -> re.Pattern[str]:
    words = lexicon.load().words
    return re.compile(f"{words['idle']['words'].pattern}|{words['told']['filler'].pattern}", re.IGNORECASE)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Every entry that may stand in a request, those of courtesy last."""
    loaded = lexicon.load()
    sections = [names for section, names in loaded.words.items() if section not in ("refuse", "names", "idle")]
    adjectives = "|".join(loaded.any_of(kind, "zh") for kind in ("comparative", "plain", "noun"))
    return (
        loaded.words["idle"]["purpose"],
        *(pattern for names in sections for pattern in names.values()),
        re.compile(adjectives),
        loaded.words["idle"]["words"],
    )
