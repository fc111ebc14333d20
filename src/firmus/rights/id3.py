"""ID3v2.4 tags: a header of ten bytes and frames, of which ``TXXX`` holds a text with its name.

Source: *ID3 tag version 2.4.0*, main structure and native frames (2000): sizes have seven bits a byte.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights.labels import NAMES

HEADER = 10


def encode(texts: Mapping[str, str]) -> bytes:
    """A tag that holds the texts."""
    frames = b"".join(_frame(name, texts[name]) for name in NAMES)
    return b"ID3\x04\x00\x00" + size(len(frames)) + frames


def decode(tag: bytes) -> tuple[dict[str, str], int]:
    """The texts of a tag that `encode` made, and its length; none and 0 where it is another."""
    if not tag.startswith(b"ID3\x04\x00\x00"):
        return {}, 0
    length = HEADER + number(tag[6:10])
    texts, place = {}, HEADER
    for name in NAMES:
        length_of_frame = number(tag[place + 4 : place + 8])
        body = tag[place + HEADER : place + HEADER + length_of_frame]
        text = body.removeprefix(b"\x03" + name.encode() + b"\x00").decode(errors="replace")
        if tag[place : place + HEADER + length_of_frame] != _frame(name, text):
            return {}, 0
        texts[name], place = text, place + HEADER + length_of_frame
    return (texts, length) if place == length else ({}, 0)


def _frame(name: str, text: str) -> bytes:
    body = b"\x03" + name.encode() + b"\x00" + text.encode()  # 3: UTF-8
    return b"TXXX" + size(len(body)) + b"\x00\x00" + body


def size(value: int) -> bytes:
    """A size as it is written: four bytes of seven bits.

    Examples
    --------
    >>> number(size(1000))
    1000
    """
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def number(written: bytes) -> int:
    """The inverse of `size`."""
    return sum((each & 0x7F) << shift for each, shift in zip(written, (21, 14, 7, 0), strict=False))
