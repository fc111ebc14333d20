"""Values that a request names: title, chords, range, meter, pickup, tempo, length, form, number of versions."""

from __future__ import annotations

import re
from typing import Any

from firmus.requests import lexicon
from firmus.requests.lexicon import NUMBER, number
from firmus.requests.piece import Piece
from firmus.requests.text import Text
from firmus.translation import vocabulary

_N = f"({NUMBER})"
_CHORD = (
    r"[A-G](?:#|b)?(?:maj|min|dim|aug|sus|m|M|\+|°|ø|-(?=\d))?(?:13|11|69|7|9|6|5)?(?:(?:b|#)\d{1,2}|sus[24]?|maj7|add9"
    r"|[24](?<=sus[24]))*(?:/[A-G][#b]?)?"
)
_NUMERAL = r"(?:b|#)?(?:VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(?:°|o|ø|\+|maj7|7|9)*"
_BETWEEN = r"(?:\s*[,、|]\s*|\s*-+>?\s*|\s+)"
_CHINESE_CHORD = r"[降升]?[A-Ga-g](?:大小|小大|半减|大|小|减|增|属)?(?:三|七|九|六)?和弦"
CONTROLS = ("density", "register", "polyphony", "syncopation", "temperature", "top_p")
AMOUNTS = {"little": 0.2, "half": 0.5, "much": 0.8}


def title(text: Text) -> str | None:
    """A title, in quotation marks or not."""
    quoted = r"""(?:"(.+?)"|《(.+?)》|(?<![a-z])'(.+?)'(?![a-z]))"""
    verbs = "make|keep|give|let|change|put|add|play|transpose|set|speed|slow|then"
    capital = rf"((?-i:[A-Z]).*?)(?=[.,;]|$| and (?:{verbs})(?![a-z]))"
    match = (
        text.take(rf"(?:(?:re)?title[ds]?|call(?:ed)?|(?:re)?named?|entitled)(?: \w+){{0,3}}?:? ?{quoted}")
        or text.take(rf"(?:标题|题目|曲名|名字|取名|起名|命名|名为|叫做?|题为)[^《\"',.;]{{0,6}}{quoted}")
        or text.take(rf"(?:call|name|title|rename) (?:it|this|the (?:piece|song|tune))(?: to)?:? {capital}")
        or text.take(rf"(?:the )?title:? (?:should be |is |to be |to |becomes )?{capital}")
        or text.take(r"(?:标题|题目|曲名|名字|命名|取名)(?:就?(?:改成|改为|叫做?|是|为|用|:))([^,.;]+)")
        or text.take(r"《(.+?)》")
    )
    return next((group.strip() for group in match.groups() if group), None) if match else None


def chords(text: Text) -> str | None:
    """A progression, one chord a bar."""
    sequence = rf"(?<![A-Za-z0-9#]){_CHORD}(?:{_BETWEEN}{_CHORD})+(?![A-Za-z0-9#])"
    listed = rf"(?<![A-Za-z0-9#])(?:{_CHORD} ?(?:和|and) ?)+{_CHORD}(?![A-Za-z0-9#])"
    numerals = rf"(?<!violin )(?<!violins )(?<![A-Za-z0-9#]){_NUMERAL}(?:{_BETWEEN}{_NUMERAL})+(?![A-Za-z0-9'])"
    either = rf"(?:{_CHINESE_CHORD}|{_CHORD}(?![A-Za-z0-9#大小调]))"
    chinese = rf"(?:(?<![A-Za-z0-9#]){_CHORD}[、,和\s]*)*{_CHINESE_CHORD}(?:[、,和\s]*{either})*"
    quality = "(?:maj7|m7b5|dim7?|aug|sus[24]|m7|m|7|9)"
    before = "(?:chords? |(?:on|use|put) (?:an? )?|和弦(?:用|是|为)?|用|一个|[换改]成 ?)"
    if re.search("chord|harmon|和弦", text.whole, re.IGNORECASE):
        before = f"(?:{before}|(?:by|to|with|into|be|is|as) |[:为成])"
    single = rf"{before}((?-i:[A-G](?:#|b)?{quality}))(?![A-Za-z0-9])(?! ?(?:minor|major))"
    if match := text.take(chinese, re.RegexFlag(0)):
        return vocabulary.chords(re.sub(r"[,、\s]+|和(?!弦)", "、", match[0].strip("、, ")))
    joined = re.search(listed, text.left)
    if joined and re.search("[a-z0-9]", re.sub("and", "", joined[0])):  # not A and B, which may be sections
        text.take(listed, re.RegexFlag(0))
        return " ".join(re.split(" ?(?:和|and) ?", joined[0]))
    for pattern in (sequence, numerals):
        found = re.search(pattern, text.left)
        if found and re.fullmatch(r"A(?:-[A-E])+", found[0]):
            continue  # sections of a form
        if match := text.take(pattern, re.RegexFlag(0)):
            return " ".join(re.split(r"\s*-+>?(?!\d)\s*|[\s,、|]+", match[0].strip()))
    match = text.take(single)
    return match[1] if match else None


def note_range(text: Text) -> str | None:
    """Lowest and highest note of a part."""
    note = r"((?-i:[A-G])[#b]?-?\d)"
    above, below = r"(?:above|higher than|over|高于|最高|超过)", r"(?:below|lower than|under|低于|最低)"
    between = r"(?:,? ?(?:n?or|and|nor|also)?(?: no| not)? ?|[,、]?(?:也?不|也别|别)?(?:要)?)"
    if match := text.take(rf"{above} ?{note}{between}{below} ?{note}"):
        return f"{match[2]}-{match[1]}"
    if match := text.take(rf"{below} ?{note}{between}{above} ?{note}"):
        return f"{match[1]}-{match[2]}"
    match = text.take(
        rf"(?:between |from |within |range(?: of)?:? |音域[^A-G]{{0,6}})?{note} ?(?:-|to|and|到|至|和|与) ?{note}"
    )
    return f"{match[1]}-{match[2]}" if match else None


def meter(text: Text) -> str | None:
    """A meter."""
    if match := text.take(r"(?<![\d/])(\d{1,2}) ?/ ?(1|2|4|8|16)(?![\d/])(?:拍子?| time)?"):
        return f"{match[1]}/{match[2]}"
    if match := text.take(r"([二三五六七九])([四八])拍子?"):
        return f"{vocabulary.NUMBERS[match[1]]}/{vocabulary.NUMBERS[match[2]]}"
    if match := text.take(r"([二四八]|十六)(?:分之)?([二三四五六七九]|十二)拍子?"):
        return vocabulary.meter(match[0])
    return next((value for value, pattern in lexicon.load().words["meter"].items() if text.take(pattern)), None)


_LENGTHS = {
    "whole": 4.0, "half": 2.0, "minim": 2.0, "dotted quarter": 1.5, "quarter": 1.0, "crotchet": 1.0, "beat": 1.0,
    "beats": 1.0, "eighth": 0.5, "quaver": 0.5, "sixteenth": 0.25, "拍": 1.0, "二分": 2.0, "附点四分": 1.5, "四分": 1.0,
    "八分": 0.5, "十六分": 0.25,
}  # fmt: skip
"""Quarter notes of a note value."""


def pickup(text: Text) -> float | None:
    """Quarter notes of a pickup; 1 where it is said without a length."""
    what = "(?:pick[ -]?up|upbeat|anacrusis)(?: bar)?"
    chinese = "(拍|(?:附点)?[二四八]分音符|十六分音符)"
    length = "(whole|half|dotted quarter|quarter|eighth|sixteenth|beats?|crotchet|quaver|minim)"
    if text.take(rf"(?:no|without(?: an?y?)?) {what}|(?:不要|没有|无|不用|不带|去掉)弱起"):
        return 0.0
    if match := text.take(rf"(half)[ -]a?[ -]?beat {what}|{what} of (half) a beat|弱起(半)拍|(半)拍(?:的)?弱起"):
        return 0.5
    for pattern in (
        rf"{_N}?[ -]?{length}(?:[ -]notes?)?[ -](?:long )?{what}",
        rf"{what} (?:of|lasting|with|that lasts) (?:an? )?{_N}? ?{length}(?: notes?)?",
        rf"{_N}[ -]?(beats?)[ -]{what}",
        rf"弱起{_N}?个?{chinese}",
        rf"{_N}?个?{chinese}(?:的)?弱起",
    ):
        if match := text.take(pattern):
            return _quarters(match)
    no_verb = r"(?<!pace )(?<!should )(?<!could )(?<!to )"
    noun = rf"{no_verb}pick[ -]?up(?! (?:a (?:bit|little)|the|speed|some|where|from|in ))"
    bare = rf"(?:{noun}|anacrusis)(?: bar)?|(?:with|on|has|have|add|needs?|gets?) an upbeat(?! [a-z])|弱起"
    if not text.take(bare):
        return None
    apart = text.take(rf"(?<=[,.;:?!]) ?{_N}(?:个|[ -])?({chinese[1:-1]}|beats?|quarters?|eighths?)(?=[,.;!?]|$)")
    return _quarters(apart) if apart else 1.0


def _quarters(match: re.Match[str]) -> float:
    """Quarter notes of a length: how many (1 where that is not said), and of which note value."""
    unit = match[2].casefold().removesuffix("音符")
    return (number(match[1]) if match[1] else 1.0) * _LENGTHS.get(unit, _LENGTHS.get(unit.removesuffix("s"), 1.0))


def tempo(text: Text, piece: Piece | None) -> float | None:
    """Quarter notes a minute: a number, an Italian term, or worked out from the piece's."""
    words = lexicon.load().words["pace"]
    if piece:
        for name, sign in (("faster", 1), ("slower", -1)):
            if match := text.take(words[f"{name}_by"]):
                return float(round(piece.tempo + sign * number(lexicon.first(match))))
            if match := text.take(words[f"{name}_share"]):
                return float(round(piece.tempo * (1 + sign * number(lexicon.first(match)) / 100)))
        for name, factor in (("double", 2.0), ("half", 0.5)):
            if text.take(words[name]):
                return float(round(piece.tempo * factor))
    alone = r"(?<=[^\d\s][,;:.!?])\s?[就约]?([4-9]\d|[12]\d\d)(?= *吧?(?:[,;.!?]|$))"
    if match := text.take(words["number"]) or text.take(alone):
        return number(lexicon.first(match))
    for term, value in lexicon.load().tempi.items():
        edges = r"(?<![a-z]){}(?: tempo| speed)?(?![a-z])" if term.isascii() else "{}"
        if text.take(edges.format(re.escape(term))):
            return value
    return None


def duration(text: Text) -> float | None:
    """Seconds."""
    of_several = "(?:violin|half|phrase|part|voice|line|bar|to|hand|time)"  # the second one
    second = rf"(?:seconds?(?! {of_several})|secs?|s)(?![a-z])"
    minute = r"(?:minutes?|mins?)(?![a-z])"
    for pattern, minutes, more in (
        (r"(?<![\d:/])(\d{1,2}):(\d\d)(?![\d:/])", 60, 0),
        (rf"{_N} ?{minute}(?: and|,)? {_N}(?: {second}|(?= ?(?:[,.;]|$)))|{_N}分钟?{_N}秒", 60, 0),
        (rf"(?:an?|one) {minute} and a half|one and a half {minute}|(?<!每)一分半钟?|一分钟半", 0, 90),
        (rf"{_N} and a half {minute}|(?<!每){_N}分半钟?|(?<!每){_N}分钟半", 60, 30),
        (rf"(?:half a|a half) {minute}|(?<!每)半分钟", 0, 30),
        (rf"{_N}[ -]?(?:more |extra |full )?{minute}|(?<!每){_N}分钟", 60, 0),
        (rf"(?<!beats )(?<!per )(?:a|another|one more)(?: (?:full|whole|good))? {minute}|再(?:来|写)?一分钟", 0, 60),
        (rf"another half (?:a )?{minute}", 0, 30),
        (rf"{_N}[ -]?(?:more |extra |full )?{second}|{_N}秒钟?", 1, 0),
    ):
        if match := text.take(pattern):
            found = [number(group) for group in match.groups() if group]
            return float(sum(value * size for value, size in zip(found, (minutes, 1), strict=False)) + more)
    return None


def count_of_bars(text: Text) -> int | None:
    """A number of bars."""
    new = r"(?<!these )(?<!those )(?<!the )(?<!this )(?<!that )(?<![这那此每\d一二三四五六七八九十])"
    kind = r"(?:(?!(?:middle|last|first|of|per|each|every|in|an?) )[a-z¤]+ )?"
    match = text.take(rf"{new}{_N}[ -]?{kind}(?:bars?|measures?)|{new}{_N}个?小节")
    return int(number(match[1] or match[2])) if match else None


def last_bar(text: Text, piece: Piece) -> int | None:
    """The bar up to which a piece is to go on, where it has no such bar yet."""
    chinese = rf"(?:写|续|延长|扩展?|加|做|弄|拉长)[到至]第?{_N}小节"
    pattern = rf"(?<!\d )(?<!\d)(?:up to|until|till|through|to|as far as) (?:bar|measure) {_N}|{chinese}"
    match = re.search(pattern, text.left, re.IGNORECASE)
    last = int(number(lexicon.first(match))) if match else 0
    return last if last > piece.bars and text.take(pattern) else None


def versions(text: Text, is_new: bool) -> int | None:
    """How many versions are asked for; of a new piece also as how many pieces."""
    words = lexicon.load().words["versions"]
    found = text.take_all(words["asked"]) + (text.take_all(words["new"]) if is_new else [])
    return next((value for match in found if (value := int(number(lexicon.first(match)))) > 1), None)


def controls(text: Text) -> dict[str, float]:
    """Controls that are given as numbers from 0 to 1, or in percent."""
    found = {}
    for name, pattern in lexicon.load().words["control"].items():
        link = r"(?: (?:of|to|at|around|about)| is)?[:=]? ?(?:设?[为成到]|调[到成])?"
        if match := text.take(rf"(?:{pattern.pattern}){link}(\d*\.\d+|[01](?![\d.])|(\d+) ?(?:%|percent|per cent))"):
            found[name] = float(match[2]) / 100 if match[2] else float(match[1])
    return found


def model(text: Text) -> str | None:
    """Name of a model: where the word is there, or of one that has a hyphen."""
    match = text.take(
        r"(?:(?:with|by|using|use|用) )?(?:the )?(?:model|模型) ?[:=]?[「\"']?([a-z]+(?:-[a-z0-9]+)*)"
    ) or (text.take(r"(?:with|by|using|use|用) ?(?:the )?((?:vae|gan|infovae|recurrent)-[a-z0-9-]+)(?: model| 模型)?"))
    return match[1].casefold() if match else None


def seed(text: Text) -> int | None:
    """A seed."""
    match = text.take(r"(?:random )?(?:seed|种子)(?: (?:is|of|number))?(?:为|是|用|:|=|设[为成])? ?(\d+)")
    return int(match[1]) if match else None


def amount(text: Text) -> float | None:
    """How much a variation changes."""
    words = lexicon.load().words["amount"]
    if match := text.take(words["share"]):
        return round(number(lexicon.first(match)) / (10 if match[0].endswith("成") else 100), 3)
    return next((value for name, value in AMOUNTS.items() if text.take(words[name])), None)


def form(text: Text) -> str | None:
    """Section letters of a form."""
    if match := text.take(
        r"(?<![A-Za-z0-9])([A-E](?:'|\d+)*(?:-?[A-E](?:'|\d+)*)+)(?![A-Za-z0-9#])(?:式|形式|曲式)?", re.RegexFlag(0)
    ):
        letters = match[1].replace("-", "")
        if {*"ABCDE"[: len({*letters} & {*"ABCDE"})]} == {*letters} & {*"ABCDE"}:  # no section without one before it
            return letters
    for name, pattern in lexicon.load().words["form"].items():
        if text.take(pattern):
            return name
    return None


def loose(text: Text, given: dict[str, Any]) -> list[str] | None:
    """Which of key and chords are wishes: what is named beside the words for it, or else what is given."""
    words = lexicon.load().words["loose"]
    match = text.take(words["loose"])
    if not match:
        return None
    near = text.whole[max(0, match.start() - 12) : match.end() + 24]
    named = [name for name in ("key", "chords") if words[name].search(near)]
    if len(named) == 2 or not named:
        named = [name for name in ("key", "chords") if name in given] or named
    return named or None
