"""MusicXML 4.0, score-partwise, plain (``.musicxml``, ``.xml``) or compressed (``.mxl``)."""

from __future__ import annotations

from firmus.score import Score

TITLE = "MusicXML"
EXTENSIONS = (".musicxml", ".xml", ".mxl")
MEDIA_TYPE = "application/vnd.recordare.musicxml+xml"
COMPRESSED = (".mxl",)


def sniff(data: bytes) -> bool:
    """Whether this begins like MusicXML, or is a zip archive with MusicXML's container."""
    from firmus.formats.musicxml.load import looks_like_musicxml

    return looks_like_musicxml(data)


def read(data: bytes) -> list[Score]:
    """Read the Score in MusicXML bytes, plain or compressed."""
    from firmus.formats.musicxml.reader import read_score

    return [read_score(data)]


def write(score: Score) -> bytes:
    """Write uncompressed MusicXML; its ids and conventions are described in `writer`."""
    from firmus.formats.musicxml.writer import write_score

    return write_score(score)


def write_compressed(score: Score) -> bytes:
    """Write compressed MusicXML (``.mxl``): the same bytes, every time, for the same Score."""
    from firmus.formats.musicxml.load import packed

    return packed(write(score))
