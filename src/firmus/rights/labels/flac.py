"""FLAC: Vorbis comments in a block of metadata.

Source: RFC 9639, 8.1 and 8.6: a block begins with its kind, whose highest bit says that it is the last, and its length.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights.labels import _vorbis

EXTENSIONS = (".flac",)
_COMMENTS, _LAST = 4, 0x80


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    begin, end = _block(data)
    return _with(data, begin, end, _vorbis.extended(data[begin:end], texts)) if begin else data


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    begin, end = _block(data)
    return _vorbis.split(data[begin:end])[0] if begin else {}


def content(data: bytes) -> bytes:
    """The file without them."""
    begin, end = _block(data)
    return _with(data, begin, end, _vorbis.split(data[begin:end])[1]) if begin else data


def _block(data: bytes) -> tuple[int, int]:
    """Where the block of comments begins, behind its head, and ends; 0 where there is none."""
    place = 4
    while data.startswith(b"fLaC") and place + 4 <= len(data):
        kind, size = data[place], int.from_bytes(data[place + 1 : place + 4])
        if kind & ~_LAST == _COMMENTS:
            return place + 4, place + 4 + size
        if kind & _LAST:
            break
        place += 4 + size
    return 0, 0


def _with(data: bytes, begin: int, end: int, block: bytes) -> bytes:
    return data[: begin - 3] + (len(block) % 2**24).to_bytes(3) + block + data[end:]
