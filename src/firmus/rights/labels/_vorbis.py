"""Vorbis comments: who encoded the file, then texts of the form ``NAME=text``, each with its length.

Source: *Ogg Vorbis I format specification: comment field and header specification* (Xiph.Org).
"""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights.labels import NAMES


def extended(comments: bytes, texts: Mapping[str, str]) -> bytes:
    """Comments with the texts behind the others."""
    vendor = 4 + int.from_bytes(comments[:4], "little")
    count = int.from_bytes(comments[vendor : vendor + 4], "little") + len(NAMES)
    end = _end(comments)
    own = b"".join(_field(name, texts[name]) for name in NAMES)
    return comments[:vendor] + count.to_bytes(4, "little") + comments[vendor + 4 : end] + own + comments[end:]


def split(comments: bytes) -> tuple[dict[str, str], bytes]:
    """The texts, and the comments without them; none where they are not the last."""
    vendor = 4 + int.from_bytes(comments[:4], "little")
    count = int.from_bytes(comments[vendor : vendor + 4], "little") - len(NAMES)
    place, end = vendor + 4, _end(comments)
    for _ in range(min(max(count, 0), len(comments))):
        place += 4 + int.from_bytes(comments[place : place + 4], "little")
    texts, first = {}, place
    for name in NAMES:
        size = int.from_bytes(comments[place : place + 4], "little")
        text = comments[place + 4 : place + 4 + size].decode(errors="replace").partition("=")[2]
        if not 0 < size <= len(comments) or comments[place : place + 4 + size] != _field(name, text):
            return {}, comments
        texts[name], place = text, place + 4 + size
    if place != end or count < 0:
        return {}, comments
    return texts, comments[:vendor] + count.to_bytes(4, "little") + comments[vendor + 4 : first] + comments[end:]


def _field(name: str, text: str) -> bytes:
    body = f"{name.upper()}={text}".encode()
    return len(body).to_bytes(4, "little") + body


def _end(comments: bytes) -> int:
    """Where the last text ends; behind it Vorbis has a bit for framing."""
    place = 4 + int.from_bytes(comments[:4], "little")
    count = int.from_bytes(comments[place : place + 4], "little")
    place += 4
    for _ in range(min(count, len(comments))):
        place += 4 + int.from_bytes(comments[place : place + 4], "little")
    return place
