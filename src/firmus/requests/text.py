"""Text of a request: made plain, corrected, divided into clauses; what was understood is taken out of it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache

from firmus.render.instruments import program_names
from firmus.requests import lexicon

TAKEN = "¤"  # stands for each character that was understood
_SIGNS = str.maketrans({"。": ".", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "~": "-",
                        "♭": "b", "♯": "#", "「": '"', "」": '"', "【": '"', "】": '"'})  # fmt: skip
_MARKS = r"[,;:!?\n]|\.(?!\d)|(?<!\d) -{1,2} (?=[a-z])"
_WORDS = (
    r"(?<!everything)(?<!everyone)(?<!all)(?<!parts)(?<!voices) but (?!not)|"
    r" and (?=(?:the )?(?:\w+ ){1,3}?(?:stays?|unchanged|untouched|remains?|as (?:it|they))\b)|"
    r" and (?=(?:then )?(?:also )?(?:make|keep|leave|do |don't|rewrite|change|give|let|have|put|set|write|add|vary)\b)|"
    r" (?=with(?:out)? )| while | though | whereas |"
    r"(?=但|不过|可是|同时|并且|而且|并(?=保|让|把|使))|(?<=不变|别动|不动|照旧)(?=[让把给将])"
)
_CLAUSE = re.compile(f"{_MARKS}|{_WORDS}", re.IGNORECASE)


class Text:
    """A request.

    Parameters
    ----------
    words : str
        As it was written.

    Attributes
    ----------
    whole : str
        The text, made plain.
    left : str
        Of the same length: what was not understood yet.
    """

    def __init__(self, words: str) -> None:
        self.whole = repaired(corrected(plain(words)))
        self.left = self.whole

    def take(self, pattern: str | re.Pattern[str], flags: re.RegexFlag = re.IGNORECASE) -> re.Match[str] | None:
        """Find a pattern in what is left, and take it out."""
        match = re.search(pattern, self.left) if isinstance(pattern, re.Pattern) else re.search(
            pattern, self.left, flags
        )  # fmt: skip
        if match:
            self.left = self.left[: match.start()] + TAKEN * (match.end() - match.start()) + self.left[match.end() :]
        return match

    def take_all(self, pattern: str | re.Pattern[str], flags: re.RegexFlag = re.IGNORECASE) -> list[re.Match[str]]:
        """Find a pattern wherever it stands in what is left, and take it out."""
        found = []
        while match := self.take(pattern, flags):
            if match.start() == match.end():
                break
            found.append(match)
        return found

    def clauses(self) -> list[int]:
        """Where clauses begin; a mark within what was understood as one thing (a list of bars) divides nothing."""
        starts = [0]
        for match in _CLAUSE.finditer(self.whole):
            is_mark = bool(re.fullmatch(_MARKS, match[0]))
            is_topic = match[0].strip() in (":", "and") and not self.left[starts[-1] : match.start()].strip(f" {TAKEN}")
            if not (is_topic or (is_mark and self.left[match.start()] == TAKEN)):
                starts.append(match.end())
        return starts


def clause_of(clauses: list[int], place: int) -> int:
    """Number of the clause in which a place of the text is."""
    return bisect_right(clauses, place) - 1


def plain(words: str) -> str:
    """A text with signs of a Western keyboard, except for 、 and 《》, and in simplified characters, except for titles.

    Examples
    --------
    >>> plain("第９～１２小节，更平静。"), plain("鋼琴簡單一點，叫《聽雨》")
    ('第9-12小节,更平静.', '钢琴简单一点,叫《聽雨》')
    """
    loaded = lexicon.load()
    pieces = re.split(r"(《.*?》|\".*?\")", unicodedata.normalize("NFKC", words).translate(_SIGNS).strip())
    pieces[::2] = [each.translate(loaded.simplified) for each in pieces[::2]]
    for slip, word in loaded.slips.items():
        pieces[::2] = [each.replace(slip, word) for each in pieces[::2]]
    return re.sub(r"(?<=\d) ?\.{2,} ?(?=\d)", "-", "".join(pieces))


def language_of(words: str) -> str:
    """Language of a request: ``"zh"`` where it has Chinese characters, else ``"en"``.

    Examples
    --------
    >>> language_of("tempo改成112"), language_of("tempo 112")
    ('zh', 'en')
    """
    return "zh" if re.search("[\u4e00-\u9fff]", words) else "en"


def corrected(words: str) -> str:
    """A text whose misspelt English words are replaced by the one word of the lexicon that is a slip away.

    Examples
    --------
    >>> corrected("contiune the acompaniment for 8 bars, quite calm")
    'continue the accompaniment for 8 bars, quite calm'
    """

    def correct(match: re.Match[str]) -> str:
        word = match[0].casefold()
        if word in known_words() or len(word) < 5 or not match[0].islower():
            return match[0]
        near = sorted((each for each in known_words() if each[0] == word[0] and is_slip(word, each)), key=len)
        return near[0] if near and all(each.startswith(near[0]) for each in near) else match[0]

    return re.sub(r"(?<![A-Za-z'])[A-Za-z]{5,}(?![A-Za-z'])", correct, words)


_DIGITS = r"[\d一二三四五六七八九十]"
_TAKEN_BACK = "(?:wait|sorry|oops|i mean|make that|scratch that)"
_REPAIR = (
    rf"[\s,.;-]{{1,8}}(?:actually[\s,.]+)?(?:no(?=[,.]|[\s,.]{{1,8}}{_TAKEN_BACK})|{_TAKEN_BACK})"
    rf"(?:[\s,.]{{1,8}}(?:actually|no|rather|{_TAKEN_BACK})(?![a-z]))*[\s,.]{{1,8}}"
)
_REPAIR_ZH = r"[,.;-]{1,8}(?:[啊哦噢]?不对|[啊哦噢]不|不不|说错了|口误)[,.;-]*(?:应该是|我是说|是|改成)?"
_REPAIRED = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (rf"(?:bars?|measures?) [\d -]+{_REPAIR}(?=(?:bars?|measures?) \d)", ""),
        (rf"(?<![\w-])\d+( ?[a-z]*){_REPAIR}(\d+)(?![\d-])", r"\2\1"),
        (rf"(?:(?<=\s)|^)(?:an? |the )?[a-z]+{_REPAIR}(?=(?:an? |the )?[a-z])", ""),
        (rf"第?{_DIGITS}+(?:[到至-]第?{_DIGITS}+)?小节{_REPAIR_ZH}(?=第?{_DIGITS})", ""),
        (rf"[\u4e00-\u9fff\w]{{1,6}}?{_REPAIR_ZH}(?=[\u4e00-\u9fff\w])", ""),
    )
)
"""Patterns of what is taken back and of the words for it, and what stands in their place."""


def repaired(words: str) -> str:
    """A text without what its writer took back: of a self-repair the repair alone.

    Examples
    --------
    >>> repaired("a reel... no wait, a hornpipe in D"), repaired("吉他--不对,是贝斯--重来")
    ('a hornpipe in D', '贝斯--重来')
    """
    for pattern, instead in _REPAIRED:
        words = pattern.sub(instead, words)
    return words


def is_slip(word: str, other: str) -> bool:
    """Whether words differ by one letter: left out, too many, another one, or two that changed places.

    Examples
    --------
    >>> is_slip("contiune", "continue"), is_slip("acompany", "accompany"), is_slip("hym", "hymns")
    (True, True, False)
    """
    if word == other or abs(len(word) - len(other)) > 1 or len(other) < 5:
        return False
    begin = next((place for place, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(word))
    rest, other_rest = word[begin:], other[begin:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and len(other_rest) > 1 and rest[2:] == other_rest[2:])
    )


def _inflected(match: re.Match[str]) -> str:
    """The words of a stem and its endings."""
    stem, endings, optional = match.groups()
    return " ".join([stem + ending for ending in endings.split("|")] + [stem] * bool(optional))


@cache
def known_words() -> frozenset[str]:
    """Every English word of the lexicon, those among them that are merely right as they are."""
    loaded = lexicon.load()
    patterns = [each.pattern for section in loaded.words.values() for each in section.values()]
    patterns += [pattern for _, pattern, _ in loaded.adjectives] + list(loaded.tempi)
    spelt = [pattern.replace("[sz]", letter) for pattern in patterns for letter in "sz"]
    spelt = [re.sub(optional, kept, each) for each in spelt for optional, kept in ((r"[a-z]\?", ""), (r"\?", ""))]
    spelt = [re.sub(r"([a-z]+)\(\?:([a-z|]+)\)(\??)", _inflected, each) for each in spelt]
    words = {word for each in spelt for word in re.findall("[a-z]{4,}", re.sub(r"\\.|\(:", " ", each))}
    words |= {word for name in program_names() for word in re.findall("[a-z]{4,}", name)}
    return frozenset(words)
