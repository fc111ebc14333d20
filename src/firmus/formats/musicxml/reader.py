"""MusicXML → Score: the measures of all parts, played in order, on one time axis.

Conventions: pitches are those that sound (transposing instruments are resolved); tied notes become one;
grace notes, cue notes and lyrics are left out; wedges, articulations and ornaments do not change notes;
repeats are played (see `firmus.formats._written`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmus.errors import FirmusError, FormatError
from firmus.formats._written.assembly import Assembly
from firmus.formats._written.measures import MAX_NOTES, MAX_WRITTEN, WrittenMeasure, WrittenScore
from firmus.formats._written.repeats import order
from firmus.formats.musicxml.load import elements, unpacked
from firmus.formats.musicxml.part_list import one_line, read_part
from firmus.formats.musicxml.parts import PartReader
from firmus.score import MAX_PARTS, Score

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_score(data: bytes, *, repeats: bool = True) -> Score:
    """Read the Score in MusicXML bytes, plain or compressed.

    Parameters
    ----------
    data : bytes
    repeats : bool
        Play repeats and jumps; else every measure once, as written.

    Raises
    ------
    FormatError
        Where the bytes are no MusicXML, or unsafe, or impossible; with part and measure where it has them.
    """
    file = ScoreFile()
    for part, element in elements(unpacked(data)):
        file.feed(part, element)
    if not file.readers:
        raise FormatError("MusicXML without a part that has a measure")
    try:
        measures = file.written.measures
        return Assembly(file.written, order(measures) if repeats else range(len(measures))).score()
    except FormatError:
        raise
    except FirmusError as error:
        raise FormatError(f"MusicXML: {error}") from None


class ScoreFile:
    """Content of a file."""

    def __init__(self) -> None:
        self.written = WrittenScore()
        self.readers: dict[str, PartReader] = {}
        self.note_count = 0
        self._movement = ""

    def feed(self, part: str, element: Element) -> None:
        """Read one element of the header, or one measure of a part."""
        if element.tag == "measure":
            self._measure(part, element)
        elif element.tag == "part-list":
            for each in element.findall("score-part"):
                self.written.parts[each.get("id", "")] = read_part(each)
            count = sum(map(len, self.written.parts.values()))
            if count > MAX_PARTS:
                raise FormatError(f"{count} parts: {MAX_PARTS} is the most")
        elif element.tag == "work":
            self.written.title = _text(element, "work-title")
        elif element.tag == "movement-title":
            self._movement = one_line("".join(element.itertext()))
        elif element.tag == "identification":
            for creator in element.findall("creator"):
                if creator.get("type", "composer") == "composer" and not self.written.composer:
                    self.written.composer = one_line(creator.text or "")
        self.written.title = self.written.title or self._movement

    def _measure(self, part: str, element: Element) -> None:
        if part not in self.written.parts:
            if part or len(self.written.parts) != 1:
                raise FormatError(f"part {part[:40]!r} stands in no <part-list>")
            part = next(iter(self.written.parts))  # a lone part needs no id
        reader = self.readers.get(part)
        if reader is None:
            info = self.written.parts[part][0]
            reader = self.readers[part] = PartReader(len(self.readers), info.name or part, info.drum_keys)
            self.written.notes[part] = []
        index = len(self.written.notes[part])
        if index == len(self.written.measures):
            if index == MAX_WRITTEN:
                raise FormatError(f"more than {MAX_WRITTEN:,} measures")
            implicit = element.get("implicit") == "yes"
            self.written.measures.append(WrittenMeasure(element.get("number", "")[:20], implicit))
        notes = reader.read(element, self.written.measures[index])
        self.written.notes[part].append(notes)
        self.note_count += len(notes)
        if self.note_count > MAX_NOTES:
            raise FormatError(f"more than {MAX_NOTES:,} notes")


def _text(element: Element, path: str) -> str:
    return one_line(element.findtext(path) or "")
