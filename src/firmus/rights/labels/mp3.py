"""MP3: an ID3v2.4 tag before the sound."""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights import id3

EXTENSIONS = (".mp3",)


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    return id3.encode(texts) + data


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    return id3.decode(data)[0]


def content(data: bytes) -> bytes:
    """The file without them."""
    return data[id3.decode(data)[1] :]
