"""Texts of a MIDI file (titles, names, words that are sung), whose encoding the standard leaves open."""

from __future__ import annotations

from dataclasses import replace

from firmus.formats import _encodings
from firmus.formats.midi.events import File

KINDS = range(1, 16)  # of meta events that hold text


def in_utf8(file: File) -> File:
    """The file with its texts in UTF-8, whichever encoding they were in: one for all of them."""
    texts = [content for track in file.tracks for _, kind, content in track.metas if kind in KINDS]
    encoding = _encodings.detect(texts)
    if encoding == "utf-8":
        return file

    def recoded(kind: int, content: bytes) -> bytes:
        return _encodings.decode(content, encoding).encode() if kind in KINDS else content

    tracks = [
        replace(track, metas=[(tick, kind, recoded(kind, content)) for tick, kind, content in track.metas])
        for track in file.tracks
    ]
    return replace(file, tracks=tracks)
