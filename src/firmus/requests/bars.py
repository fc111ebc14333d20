"""Which bars a request means: by number, from the beginning or the end, by halves, phrases and marked sections."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from firmus import timing
from firmus.errors import InvalidBrief
from firmus.requests import lexicon
from firmus.requests.lexicon import NUMBER, number
from firmus.requests.piece import Piece
from firmus.requests.text import Text

PHRASE = 4  # bars
ENDING = 4  # bars of a beginning and of an ending
CADENCE = 2
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
            "twelfth")  # fmt: skip
_N = f"({NUMBER})"
_ORD = rf"({'|'.join(ORDINALS)}|\d+(?:st|nd|rd|th))"
_BAR = r"(?:bars?|measures?|mm?\.)"
_FIRST = r"(?:first|opening|initial|beginning|top)"
_LAST = r"(?:last|final|closing|ending)"
_TO = r"(?:-|to|through|thru|until|till|up to|and)"


@dataclass(frozen=True, slots=True)
class Span:
    """Bars from `first` to `last`, both included, and where the text says so."""

    first: int
    last: int
    place: int


def find(text: Text, piece: Piece) -> list[Span]:
    """Bars that a request names, taken out of it; those of a piece of `piece.bars` bars.

    Raises
    ------
    InvalidBrief
        Where the piece has no such bars.
    """
    spans: list[Span] = []
    for pattern, meaning in _PATTERNS:
        for match in text.take_all(pattern):
            for first, last in meaning(match, piece.bars):
                spans.append(Span(first, last, match.start()))
    for span in spans:
        if not 1 <= span.first <= span.last <= piece.bars:
            numbers = f"{span.first}-{span.last}" if span.last > span.first else str(span.first)
            raise InvalidBrief(f"bars {numbers}: the piece has bars 1 to {piece.bars}")
    return sorted(spans, key=lambda span: span.place)


SECTIONS = {"副歌": "chorus", "主歌": "verse", "桥段": "bridge", "间奏": "interlude", "前奏": "intro", "尾奏": "outro"}


def sections(text: Text, piece: Piece) -> list[Span]:
    """Bars of the sections whose marks a request names, taken out of it: those of every section of that label.

    Raises
    ------
    InvalidBrief
        Where the piece has no such mark.
    """
    marks, numbers = piece.score.sections, timing.bars(piece.score)
    spans: list[Span] = []
    for match in text.take_all(lexicon.load().words["where"]["chorus"]):
        label = SECTIONS.get(match[0], match[0].casefold().removeprefix("section ").removesuffix("段"))
        stops = [*(mark.start for mark in marks[1:]), numbers[-1].end]
        found = [(mark.start, stop) for mark, stop in zip(marks, stops, strict=False) if mark.label.casefold() == label]
        if not found:
            raise InvalidBrief(
                "which bars are that section? The piece has no such mark: name the bars, such as 'bars 9 to 16'"
            )
        for start, stop in found:
            inside = [bar.number for bar in numbers if start <= bar.start < stop and bar.number > 0]
            spans += [Span(min(inside), max(inside), match.start())] if inside else []
    return spans


def marked(piece: Piece) -> dict[str, Span]:
    """Bars of the sections that are marked in a piece, by their labels; of one that returns, the first."""
    marks, numbers = piece.score.sections, timing.bars(piece.score)
    stops = [*(mark.start for mark in marks[1:]), numbers[-1].end]
    found: dict[str, Span] = {}
    for mark, stop in zip(marks, stops, strict=True):
        inside = [bar.number for bar in numbers if mark.start <= bar.start < stop and bar.number > 0]
        if inside:
            found.setdefault(mark.label, Span(min(inside), max(inside), 0))
    return found


def written(numbers: Iterable[int]) -> str:
    """Numbers of bars, as a Brief has them.

    Examples
    --------
    >>> written([5, 6, 7, 8]), written([4, 8, 12]), written([7])
    ('5-8', '4,8,12', '7')
    """
    runs: list[list[int]] = []
    for each in sorted(set(numbers)):
        if runs and each == runs[-1][1] + 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _whole(text: str) -> int:
    return int(number(text))


def _ordinal(text: str) -> int:
    return ORDINALS.index(text.casefold()) + 1 if text[0].isalpha() else int(re.sub(r"\D", "", text))


def _listed(match: re.Match[str], count: int) -> list[tuple[int, int]]:
    numbers = match[1] if match.re.groups else match[0]
    spans = re.findall(rf"{_N}(?: ?(?:-|to|到|至) ?第?{_N})?", numbers, re.IGNORECASE)
    return [(_whole(first), _whole(last or first)) for first, last in spans]


def _both_named(match: re.Match[str], count: int) -> list[tuple[int, int]]:
    size = PHRASE if "phrase" in match[0] else 1
    places = [count // size if word in ("last", "final") else _ordinal(word) for word in (match[1], match[2])]
    return [(size * (place - 1) + 1, size * place) for place in places]


def _phrases(first: int, last: int) -> list[tuple[int, int]]:
    return [(PHRASE * (first - 1) + 1, PHRASE * last)]


def _listed_phrases(match: re.Match[str], count: int) -> list[tuple[int, int]]:
    return [span for each in re.findall(NUMBER, match[0], re.IGNORECASE) for span in _phrases(*2 * [_whole(each)])]


def _middle(count: int) -> list[tuple[int, int]]:
    quarter = count // 4
    return [(quarter + 1, count - quarter)]


def _central(size: int, count: int) -> list[tuple[int, int]]:
    first = (count - size) // 2
    return [(first + 1, first + size)]


def _spoken_phrase(match: re.Match[str], count: int) -> list[tuple[int, int]]:
    if match[1].casefold() in ("last", "final", "closing"):
        return [(count - PHRASE + 1, count)]
    return _phrases(*2 * [_ordinal(match[1])])


_HALVES = {"first": 0, "opening": 0, "前": 0, "上": 0, "头": 0}


def _half(match: re.Match[str], count: int) -> list[tuple[int, int]]:
    half = (count + 1) // 2
    return [(1, half)] if match[1].casefold() in _HALVES else [(half + 1, count)]


def _quarter(match: re.Match[str], count: int) -> list[tuple[int, int]]:
    place = {"first": 0, "second": 1, "third": 2}.get(match[1].casefold(), 3)
    return [(count * place // 4 + 1, count * (place + 1) // 4)]


_SPAN = rf"{NUMBER}(?: ?(?:-|to|through) ?{NUMBER})?"
_EACH = rf"({'|'.join(ORDINALS)}|last|final)"
_PATTERNS = (
    # lists and spans of numbers
    (rf"(?<!between ){_BAR} {_SPAN}(?:(?:, ?(?:and )?| and | & )(?:{_BAR} ?)?{_SPAN}(?! ?(?:bars|bpm|version)))+",
     _listed),
    (rf"第?{NUMBER}(?:到|至|-){NUMBER}(?:小节)?(?:[、,和与及]+第?{NUMBER}(?:到|至|-){NUMBER})+小节", _listed),
    (rf"(?:the )?{_EACH}(?: bar| phrase)? and (?:the )?{_EACH} (?:bars?|phrases?)", _both_named),
    (rf"{_BAR} ?(?:no\.? ?)?{_N} ?(?:-|to|through|thru|until|till|up to) ?(?:and including )?(?:{_BAR} ?)?{_N}",
     lambda m, n: [(_whole(m[1]), _whole(m[2]))]),
    (rf"between (?:{_BAR} ?)?{_N} ?(?:and|to) ?(?:{_BAR} ?)?{_N}", lambda m, n: [(_whole(m[1]), _whole(m[2]))]),
    (rf"{_N} ?- ?{_N} ?{_BAR}", lambda m, n: [(_whole(m[1]), _whole(m[2]))]),
    (rf"第?{_N}(?:个?小节)?(?:到|至|-)第?{_N}个?小节", lambda m, n: [(_whole(m[1]), _whole(m[2]))]),
    (rf"小节{_N}(?:到|至|-){_N}", lambda m, n: [(_whole(m[1]), _whole(m[2]))]),
    (rf"(第?{NUMBER}(?:小节)?(?:[、,和与及]+第?{NUMBER}(?:小节)?)*[、,和与及]+第?{NUMBER})[这那]?[两二三四几]?个?小节",
     _listed),
    # from a bar on, up to a bar
    (rf"(?:from|starting (?:at|from|in)|beginning (?:at|with)) (?:{_BAR} ?)?{_N}(?: ?(?:on(?:wards?)?|to the (?:very )?"
     rf"end|onward))|(?:from|starting (?:at|from|in)) {_BAR} ?{_N}|{_BAR} ?{_N} (?:onwards?|ff\.?|"
     rf"and (?:on|after|following)|to the (?:end|last))", lambda m, n: [(_whole(m[1] or m[2] or m[3]), n)]),
    (rf"after {_BAR} ?{_N}", lambda m, n: [(_whole(m[1]) + 1, n)]),
    (rf"from (?:the )?{_ORD} (?:bar|measure)(?: on(?:wards?)?| to the end)?", lambda m, n: [(_ordinal(m[1]), n)]),
    (rf"(?:from|starting (?:with|at)) (?:the )?{_ORD} phrase(?: on(?:wards?)?| to the end)?",
     lambda m, n: [(PHRASE * (_ordinal(m[1]) - 1) + 1, n)]),
    (rf"after (?:the )?{_ORD} phrase", lambda m, n: [(PHRASE * _ordinal(m[1]) + 1, n)]),
    (rf"(?:从|自)第{_N}乐?句(?:起|开始|往后|到(?:最后|结尾|末尾))?(?!到)",
     lambda m, n: [(PHRASE * (_whole(m[1]) - 1) + 1, n)]),
    (rf"第{_N}乐?句(?:之后|以后)", lambda m, n: [(PHRASE * _whole(m[1]) + 1, n)]),
    (r"from (?:the )?(?:middle|halfway)(?: point)?(?: on(?:wards?)?| to the end)?|从中间(?:开始|起|往后)?",
     lambda m, n: [((n + 1) // 2 + 1, n)]),
    (r"(?:the )?(?:second to last|second last|penultimate|last but one) (?:bar|measure)|倒数第二个?小节",
     lambda m, n: [(n - 1, n - 1)]),
    (rf"倒数第{_N}个?小节", lambda m, n: [(n - _whole(m[1]) + 1, n - _whole(m[1]) + 1)]),
    (rf"倒数{_N}个?小节", lambda m, n: [(n - _whole(m[1]) + 1, n)]),
    (rf"{_BAR} {_N} ?(?:-|to) ?(?:the )?end", lambda m, n: [(_whole(m[1]), n)]),
    (rf"(?:up to(?: and including)?|until|till|through) {_BAR} ?{_N}", lambda m, n: [(1, _whole(m[1]))]),
    (rf"before {_BAR} ?{_N}", lambda m, n: [(1, _whole(m[1]) - 1)]),
    (rf"(?:从|自)?第{_N}小节(?:起|开始|进来|进入|加入|以后|之后|往后|到(?:最后|结尾|结束|末尾)|及以后)",
     lambda m, n: [(_whole(m[1]) + bool(re.search("[之以]后$", m[0])) * ("从" not in m[0]), n)]),
    (rf"第{_N}小节(?:以前|之前)", lambda m, n: [(1, _whole(m[1]) - 1)]),
    # from the beginning or the end
    (rf"{_FIRST} {_N} {_BAR}", lambda m, n: [(1, _whole(m[1]))]),
    (rf"{_LAST} {_N} {_BAR}", lambda m, n: [(n - _whole(m[1]) + 1, n)]),
    (rf"(?:the )?(?:middle|central) {_N} {_BAR}|{_N} (?:middle|central) {_BAR}|中间(?:的)?{_N}个?小节",
     lambda m, n: _central(_whole(m[1] or m[2] or m[3]), n)),
    (rf"(?:the )?{_LAST} (?:few )?(?:bars|measures)", lambda m, n: [(n - ENDING + 1, n)]),
    (r"(?:the )?(?:first|opening) (?:few )?(?:bars|measures)", lambda m, n: [(1, ENDING)]),
    (rf"(?:the )?{_LAST} (?:bar|measure)", lambda m, n: [(n, n)]),
    (r"(?:the )?(?:first|opening) (?:bar|measure)", lambda m, n: [(1, 1)]),
    (rf"(?:the )?{_ORD} (?:to|through|until) (?:the )?{_ORD} (?:bars?|measures?)",
     lambda m, n: [(_ordinal(m[1]), _ordinal(m[2]))]),
    (rf"(?:the )?{_ORD} (?:bar|measure)", lambda m, n: [(_ordinal(m[1]), _ordinal(m[1]))]),
    (rf"(?:开头|起头|前面?|头|最前面?|最初)(?:的)?{_N}个?小节", lambda m, n: [(1, _whole(m[1]))]),
    (rf"(?:最后面?|后面?|末尾?|结尾)(?:的)?{_N}个?小节", lambda m, n: [(n - _whole(m[1]) + 1, n)]),
    (rf"(?:{_BAR}|number) ?(?:no\.? ?|number )?{_N}(?! ?(?:bpm))", lambda m, n: [(_whole(m[1]), _whole(m[1]))]),
    (r"(?:最?前|开头|头|最初)几个?小节", lambda m, n: [(1, ENDING)]),
    (r"(?:最?后|末尾?|结尾)几个?小节", lambda m, n: [(n - ENDING + 1, n)]),
    (r"(?:末尾?|尾)小节", lambda m, n: [(n, n)]),
    (rf"从头(?:开始)?到第?{_N}个?小节", lambda m, n: [(1, _whole(m[1]))]),
    (rf"第{_N}个?小节", lambda m, n: [(_whole(m[1]), _whole(m[1]))]),
    # phrases
    (rf"(?:the )?first {_N} phrases", lambda m, n: _phrases(1, _whole(m[1]))),
    (rf"(?:the )?(?:last|final) {_N} phrases", lambda m, n: [(n - PHRASE * _whole(m[1]) + 1, n)]),
    (rf"(?:the )?{_ORD}(?: phrase)? and (?:the )?{_ORD} phrases?",
     lambda m, n: [*_phrases(*2 * [_ordinal(m[1])]), *_phrases(*2 * [_ordinal(m[2])])]),
    (rf"(?:the )?{_ORD} (?:to|through) (?:the )?{_ORD} phrases?",
     lambda m, n: _phrases(_ordinal(m[1]), _ordinal(m[2]))),
    (rf"(?:the )?({'|'.join(ORDINALS)}|\d+(?:st|nd|rd|th)|last|final|closing) phrase", _spoken_phrase),
    (rf"phrases? {_N} ?(?:-|to) ?{_N}", lambda m, n: _phrases(_whole(m[1]), _whole(m[2]))),
    (rf"phrases? {NUMBER}(?:(?:, | and ){NUMBER})*", _listed_phrases),
    (rf"第{_N}(?:乐?句)?(?:到|至|-)第?{_N}乐?句", lambda m, n: _phrases(_whole(m[1]), _whole(m[2]))),
    (rf"第{NUMBER}(?:乐?句)?(?:[、和与,]第?{NUMBER}(?:乐?句)?)*[、和与,]第?{NUMBER}乐?句", _listed_phrases),
    (rf"第{_N}乐?句", lambda m, n: _phrases(_whole(m[1]), _whole(m[1]))),
    (rf"(?:前面?|头|开头)(?:的)?{_N}乐?句", lambda m, n: _phrases(1, _whole(m[1]))),
    (rf"(?:最后|后面?|末尾?)(?:的)?{_N}乐?句", lambda m, n: [(n - PHRASE * _whole(m[1]) + 1, n)]),
    (r"(?:末|尾)句|最后那?句", lambda m, n: [(n - PHRASE + 1, n)]),
    (r"(?:首尾|头尾)(?:[两二]?[个乐]?句)", lambda m, n: [(1, PHRASE), (n - PHRASE + 1, n)]),
    (r"首句", lambda m, n: _phrases(1, 1)),
    # halves and quarters
    (r"(?:the )?(first|second|latter|last|back|opening|other) half", _half),
    (r"(前|后|上|下)(?:面?的?)(?:一?半)(?:部分|段|首|曲|截)?", _half),
    (r"(?:the )?(first|second|third|last|final|fourth) quarter(?! note)", _quarter),
    # numbers alone
    (r"(?<![\w/.#-])(\d{1,3}) ?(?:-|to|到|至) ?(\d{1,3})(?![\d/.%]| ?(?:bpm|beats|seconds|minutes)|[拍秒分])",
     lambda m, n: [(_whole(m[1]), _whole(m[2]))] if _whole(m[1]) < _whole(m[2]) <= n else []),
    # by name
    (r"(?:the )?(?:final )?cadence|(?:结尾|最后)?的?终止(?:式|处)?", lambda m, n: [(n - CADENCE + 1, n)]),
    (r"(?:at |in |to )?(?:the )?(?:very )?(?:beginning|opening|start(?! (?:over|with|again|from))|intro(?:duction)?|"
     r"outset)(?! bars)(?![a-z])|开头|开始(?:的?(?:部分|地方|那?段))|开端|起始|一开始|开篇|开场",
     lambda m, n: [(1, ENDING)]),
    (r"(?:at |in |to |towards )?(?:the )?(?:very )?(?:end(?:ing)?)(?![a-z])|结尾(?:部分|处|那?段)?|末尾|末段|"
     r"(?:finish|end|close)(?:es|ing)? (?:on|with)(?![a-z])|"
     r"收尾(?:的?(?:部分|地方)|处|那段)|最后(?:那?段|部分|面)?(?!一个)|结束(?:部分|处|的地方)|尾部",
     lambda m, n: [(n - ENDING + 1, n)]),
    (r"(?:at |in |through )?(?:the )?middle(?: (?:part|section|bars))?(?! (?:voices?|parts?|lines?))|"
     r"中间(?:那?一?段|部分|的?(?:部分|地方)|几?小节)?(?!的?[两二]?个?声部)|中段", lambda m, n: _middle(n)),
)  # fmt: skip
