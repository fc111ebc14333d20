"""Keys that a request names: by their names, or by where they are from the piece's own."""

from __future__ import annotations

import re

from firmus.errors import InvalidBrief, InvalidScore
from firmus.requests import lexicon
from firmus.requests.lexicon import NUMBER, number
from firmus.requests.piece import Piece
from firmus.requests.text import Text
from firmus.score import Key
from firmus.translation import vocabulary

MODES = "major|minor|maj|min|ionian|dorian|phrygian|lydian|mixolydian|aeolian|locrian"
CHINESE_MODES = "|".join(vocabulary.MODES.values())
TOO_LOW = ("low", "低了")  # which is to be higher
UPWARDS = ("up", "higher", "raise", "lift", "升", "提", "移高", "上移", "往上", "向上", "高")


def find(text: Text, piece: Piece | None) -> str | None:
    """The key that a request names, taken out of it.

    Raises
    ------
    InvalidBrief
        Where an octave is asked for: that is no other key.

    Examples
    --------
    >>> find(Text("a hymn in E flat major"), None), find(Text("降B大调的民歌"), None)
    ('Eb major', 'Bb major')
    """
    refused = r"(?:不要|不用|别用|不是|(?<![a-z])(?:instead of|rather than|not)(?: in)? )"
    english = rf"(?-i:[A-G])(?:[ -]?(?:b|#|flat|sharp))?(?: (?:{MODES}))?(?![a-z])"
    text.take(rf"{refused}(?:[降升b#]?[A-G][大小]调|{english})")  # a key that it is not to be in
    own = piece.key if piece else None
    moved = _moved(text, own) if own else None
    if name := find_named(text):
        return name
    before = "(?:[Ii]n|[Tt]o|[Ii]nto|[Kk]ey of|[Kk]ey:?|[Kk]ey to)"
    bare = rf"{before} ([A-G])(#|b| flat| sharp|-flat|-sharp)?(?![A-Za-z0-9#'/])"
    if match := text.take(bare, re.RegexFlag(0)):
        return _spelled(match[1], match[2], "major")
    alone = r"(?<=[,;.] )([A-G])(#|b| flat| sharp|-flat|-sharp)?(?= *(?:[,;.]|$))"
    if piece is None and (match := text.take(alone, re.RegexFlag(0))):
        return _spelled(match[1], match[2], "major")
    if match := text.take(r"(?<![A-Za-z#])([A-G])([ -]flat|[ -]sharp)(?![a-z])", re.RegexFlag(0)):
        return _spelled(match[1], match[2], "major")
    if match := text.take(r"(?:降|升)?[A-G]调"):
        return vocabulary.key(match[0])
    return (moved or _related(text, own)) if own else None


def find_named(text: Text) -> str | None:
    """A key by its tonic and its mode."""
    edges = "(?![a-z])(?! (?:change|variation|third|seventh|sixth))"
    named = rf"(?<![A-Za-z#])([A-Ga-g])(#|b|[ -]?flat|[ -]?sharp)?[ -]?({MODES}){edges}"
    if match := text.take(rf"(?:in |to |into )?(?:the key of )?{named}"):
        return _spelled(match[1], match[2], match[3])
    mode = rf"(?:(?:自然|和声|旋律)?[大小]调|(?:{CHINESE_MODES})调?式?)"
    match = text.take(rf"(?:降|升|b|#)?[A-Ga-g](?:b|#)?\s*{mode}")
    return vocabulary.key(match[0]) if match else None


def _spelled(tonic: str, accidental: str | None, mode: str) -> str:
    sign = {"flat": "b", "sharp": "#"}.get((accidental or "").strip(" -").casefold(), accidental or "")
    mode = {"maj": "major", "min": "minor"}.get(mode.casefold(), mode.casefold())
    return f"{tonic.upper()}{sign} {mode}"


def _moved(text: Text, own: Key) -> str | None:
    """A key so far above or below the piece's."""
    words = lexicon.load().words
    if words["related"]["octave"].search(text.left):
        raise InvalidBrief("notes are not moved by octaves: ask for another register, such as 'the melody higher'")
    intervals = words["interval"]
    names = "|".join(pattern.pattern for pattern in intervals.values())
    count = f"(?P<count>{NUMBER})"
    up = "升高?|提高|移高|上移|往上移?|向上移?|高|降低?|移低|下移|往下移?|向下移?|低"
    what = "(?:it|this|everything|all of it|the (?:whole )?(?:piece|song|thing|key|tune|lot))(?: all)?"
    by = f"(?: (?:up|down))?(?: by)?(?: (?:an?|one))?(?: {count})?"
    for pattern in (
        rf"(?P<way>up|down|higher|lower|raise|lift|drop)(?: {what})?{by} (?P<interval>{names})",
        rf"(?:(?:an?|one) )?(?:{count} )?(?P<interval>{names}) (?P<way>up(?:wards?)?|down(?:wards?)?|higher|lower)",
        rf"(?P<way>{up})(?:移)?{count}?个?(?P<interval>{names})",
        rf"(?:(?:an?|one) )?(?:{count} )?(?P<interval>{names}) too (?P<way>high|low)",
        rf"(?P<way>[高低]了){count}?个?(?P<interval>{names})",
    ):
        if match := text.take(pattern):
            steps = next(int(size) for size, each in intervals.items() if each.fullmatch(match["interval"]))
            steps *= int(number(match["count"])) if match["count"] else 1
            sign = 1 if match["way"].casefold() in TOO_LOW or match["way"].casefold().startswith(UPWARDS) else -1
            sign = -1 if match["way"] == "高了" else sign
            return _nearest(own, own.pitch_class + sign * steps, own.mode)
    return None


def _related(text: Text, own: Key) -> str | None:
    """The relative or parallel key of the piece's, its dominant, or its other mode."""
    words = lexicon.load().words["related"]
    other = {"major": "minor", "minor": "major"}[own.mode]
    relative = own.pitch_class + (-3 if own.mode == "major" else 3)
    for name, tone, mode in (
        ("relative", relative, other),
        ("subdominant", own.pitch_class + 5, own.mode),
        ("dominant", own.pitch_class + 7, own.mode),
        ("parallel", own.pitch_class, other),
    ):
        if text.take(words[name]):
            return _nearest(own, tone, mode)
    articles = r"(?<![a-z])(?:in |to |into |the |a )*"
    match = text.take(rf"{articles}(minor|major)(?: key| mode)?(?![a-z])(?! (?:third|second|seventh))|(大|小)调")
    if not match:
        return None
    return _nearest(own, own.pitch_class, "minor" if lexicon.first(match).casefold() in ("minor", "小") else "major")


def _nearest(own: Key, tone: int, mode: str) -> str:
    """The key of a pitch class: with the piece's own tonic, or else the fewest accidentals."""
    found: list[tuple[bool, int, str]] = []
    for letter in "CDEFGAB":
        for sign in ("", "b", "#"):
            try:
                each = Key.parse(f"{letter}{sign} {mode}")
            except InvalidScore:
                continue
            if each.pitch_class == tone % 12:
                found.append((each.tonic != own.tonic, abs(each.signature), each.text))
    return min(found)[2]
