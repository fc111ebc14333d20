"""WAV: a chunk ``id3 `` with an ID3v2.4 tag and one ``LIST`` with the notice, behind the sound.

Source: *Multimedia Programming Interface and Data Specifications 1.0* (1991): chunks have even lengths; ``ICMT`` of
``LIST INFO`` is a comment.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights import id3
from firmus.rights.labels import AIGC, NOTICE

EXTENSIONS = (".wav",)


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    return _sized(data + _label(texts))


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    return _split(data)[0]


def content(data: bytes) -> bytes:
    """The file without them."""
    return _split(data)[1]


def _label(texts: Mapping[str, str]) -> bytes:
    comment = _chunk(b"ICMT", f"{texts[NOTICE]} {AIGC}={texts[AIGC]}".encode() + b"\x00")
    return _chunk(b"LIST", b"INFO" + comment) + _chunk(b"id3 ", id3.encode(texts))


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _sized(data: bytes) -> bytes:
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


def _split(data: bytes) -> tuple[dict[str, str], bytes]:
    place = data.rfind(b"id3 ")
    texts = id3.decode(data[place + 8 :])[0] if place >= 0 else {}
    label = _label(texts) if texts else b""
    is_ours = bool(label) and data.endswith(label) and data[4:8] == (len(data) - 8).to_bytes(4, "little")
    return (texts, _sized(data[: -len(label)])) if is_ours else ({}, data)
