"""PNG: international texts before the end.

Source: PNG (Third Edition), 11.3.3.4: an ``iTXt`` chunk is a keyword, flags, a language and UTF-8.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from firmus.rights.labels import NAMES

EXTENSIONS = (".png",)
_END = b"\x00\x00\x00\x00IEND"


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    head, end, rest = data.rpartition(_END)
    return head + b"".join(_chunk(name, texts[name].encode()) for name in NAMES) + end + rest


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    return _split(data)[0]


def content(data: bytes) -> bytes:
    """The file without them."""
    return _split(data)[1]


def _chunk(name: str, text: bytes) -> bytes:
    body = b"iTXt" + name.encode() + bytes(5) + text
    return (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def _split(data: bytes) -> tuple[dict[str, str], bytes]:
    texts, rest = {}, data
    for name in NAMES:
        place = rest.find(b"iTXt" + name.encode() + bytes(5)) - 4
        size = int.from_bytes(rest[place : place + 4]) if place >= 0 else 0
        text = rest[place + 8 + len(name) + 5 : place + 8 + size]
        if place < 0 or rest[place : place + 12 + size] != _chunk(name, text):
            return {}, data
        texts[name] = text.decode(errors="replace")
        rest = rest[:place] + rest[place + 12 + size :]
    return texts, rest
