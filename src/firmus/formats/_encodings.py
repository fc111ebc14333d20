"""Which encoding texts are in that are not UTF-8: GBK, Shift-JIS or Latin-1, judged over all texts of a file together.

Names of parts and titles are a few characters long: too little for the statistics of general libraries. But the
encodings lay their common characters into different bytes: GBK has the 3,755 common characters of Chinese in rows B0
to D7, Shift-JIS its kana in rows 82 and 83 and its common kanji in 88 to 97, and in a text in Latin-1 a letter
with an accent stands between plain ones. Of each pair of bytes it is scored how usual it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

MOST_BYTES = 20_000  # that are scored
LEAST = 0.3  # score below which texts are in none of them
_JAPANESE_SIGNS = (0x40, 0x41, 0x42, 0x45, 0x5B, 0x60, 0x69, 0x6A, 0x75, 0x76)  # blank 、。・ー～（）「」 in row 81
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_NATIVE = ("utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "latin-1")  # what the XML parser itself reads


def is_utf8(text: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def detect(texts: Iterable[bytes]) -> str:
    """Encoding of texts: UTF-8 where all of them are; else the one in which they are the most usual, or Latin-1.

    Examples
    --------
    >>> detect(["钢琴".encode("gbk")]), detect(["ピアノ".encode("cp932")]), detect(["Flûte".encode("latin-1")])
    ('gb18030', 'cp932', 'cp1252')
    >>> detect(["钢琴".encode(), b"Piano"])
    'utf-8'
    """
    foreign = [text for text in texts if not text.isascii()]
    if all(map(is_utf8, foreign)):
        return "utf-8"
    joined = b"\n".join(foreign)[:MOST_BYTES]
    scores = {"gb18030": _chinese(joined), "cp932": _japanese(joined), "cp1252": _western(joined)}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= LEAST else "latin-1"


def decode(text: bytes, encoding: str) -> str:
    """A text in an encoding; in Latin-1 where it is none of that encoding."""
    try:
        return text.decode(encoding)
    except UnicodeDecodeError:
        return text.decode("utf-8") if is_utf8(text) else text.decode("latin-1")


def utf8_xml(data: bytes) -> bytes:
    """XML in UTF-8: in the encoding that it declares, where the XML parser does not know that, or in the likeliest."""
    match = _DECLARED.match(data[:200])
    declared = match[1].decode("ascii").lower() if match else "utf-8"
    if declared.startswith("gb"):
        declared = "gb18030"  # which holds GB2312 and GBK
    if declared in _NATIVE and (declared not in ("utf-8", "utf8") or data[:2] in (b"\xff\xfe", b"\xfe\xff")):
        return data
    if declared in _NATIVE:
        if is_utf8(data):
            return data
        declared = detect(data.splitlines())
    try:
        text = data.decode(declared)
    except (UnicodeDecodeError, LookupError):
        return data  # the XML parser says what is wrong
    if match:
        text = text[: match.start(1)] + "UTF-8" + text[match.end(1) :]
    return text.encode()


def _chinese(text: bytes) -> float:
    def pair(lead: int, trail: int) -> float:
        if trail < 0xA1 or lead < 0xA1:
            return 0.1  # an extension: rare characters
        if 0xB0 <= lead <= 0xD7:
            return 1.0
        return 0.6 if lead in (0xA1, 0xA3) else 0.4 if 0xD8 <= lead <= 0xF7 else 0.2

    return _pairs(text, "gb18030", lambda lead: 0x81 <= lead <= 0xFE, pair)


def _japanese(text: bytes) -> float:
    def pair(lead: int, trail: int) -> float:
        if (lead == 0x82 and trail >= 0x9F) or (lead == 0x83 and trail <= 0x96):
            return 1.0
        if lead == 0x81:
            return 0.7 if trail in _JAPANESE_SIGNS else 0.2
        return 0.7 if lead == 0x82 else 0.75 if 0x88 <= lead <= 0x97 else 0.2

    return _pairs(text, "cp932", lambda lead: 0x81 <= lead <= 0x9F or 0xE0 <= lead <= 0xFC, pair)


def _pairs(text: bytes, encoding: str, is_lead: Callable[[int], bool], pair: Callable[[int, int], float]) -> float:
    """Mean score of the bytes of an encoding of pairs; half-width signs beside them are rare."""
    if not _fits(text, encoding):
        return 0.0
    place, total, count = 0, 0.0, 0
    while place < len(text):
        byte = text[place]
        if byte < 0x80:
            place += 1
        elif is_lead(byte) and place + 1 < len(text):
            total += 2 * pair(byte, text[place + 1])
            count += 2
            place += 2
        else:
            total += 0.15
            count += 1
            place += 1
    return total / max(count, 1)


def _western(text: bytes) -> float:
    """Mean score of the bytes above ASCII: letters among plain letters are usual, rows of them are not."""
    if not _fits(text, "cp1252"):
        return 0.0
    total, count = 0.0, 0
    for row in re.finditer(rb"[\x80-\xff]+", text):
        beside = text[row.start() - 1 : row.start()].isalpha(), text[row.end() : row.end() + 1].isalpha()
        letters = min(row[0]) >= 0xC0
        if len(row[0]) == 1:
            each = 0.95 if letters and any(beside) else 0.6 if letters else 0.5
        else:
            each = 0.6 if len(row[0]) == 2 and letters and all(beside) else 0.25
        total += each * len(row[0])
        count += len(row[0])
    return total / max(count, 1)


def _fits(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError as error:
        return error.end >= len(text) == MOST_BYTES  # a character that was cut in two
    return True
