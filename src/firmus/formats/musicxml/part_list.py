"""The ``<part-list>`` of MusicXML: names, programs, volumes, groups of parts.

Parts that one player reads from braced staves (`firmus.notation.grand_staff`) are one ``<score-part>``; each is a
``<score-instrument>`` of it whose id ends with its first staff: ``P1-S1`` the right hand, ``P1-S2`` the left. The
reader gives these back as parts of their own; a part on several staves in any other file is one part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from firmus.formats._written.instruments import program_of
from firmus.formats._written.measures import WrittenPart, rounded
from firmus.formats.musicxml.instruments import DRUM_NAMES, PROGRAMS, SOUNDS, abbreviation
from firmus.formats.musicxml.values import number
from firmus.notation.measures import PartLayout
from firmus.score import Part

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_FAMILIES = ((40, 43), (52, 54), (56, 63), (64, 71), (72, 79))  # programs that share a bracket
_KEYBOARDS = {**dict.fromkeys(range(6), "Piano"), **dict.fromkeys(range(16, 21), "Organ"), 21: "Accordion", 46: "Harp"}


# -- reading --------------------------------------------------------------------------------------------------


def read_part(element: Element) -> list[WrittenPart]:
    """Read one ``<score-part>``: one part, or the parts of one player, in order of their staves."""
    instruments = element.findall("score-instrument")
    staves = [re.fullmatch(r".*-S(\d{1,2})", each.get("id", "")) for each in instruments]
    if len(instruments) > 1 and staves[0] and staves[0][1] == "1":
        hands: list[WrittenPart] = []
        for each, staff in zip(instruments, staves, strict=True):
            if staff and (not hands or int(staff[1]) > hands[-1].first_staff):
                hands.append(_part_info(element, each, one_line(each.findtext("instrument-name") or "")))
                hands[-1].first_staff = int(staff[1])
        return hands
    return [_part_info(element, instruments[0] if instruments else None, one_line(element.findtext("part-name") or ""))]


def one_line(text: str) -> str:
    """Text without line breaks and outer blanks."""
    return re.sub(r"\s*[\r\n]\s*", " ", text).strip()


def _part_info(element: Element, instrument: Element | None, name: str) -> WrittenPart:
    info = WrittenPart(name=name)
    words = (
        [instrument.findtext(each) or "" for each in ("instrument-sound", "instrument-name")]
        if instrument is not None
        else []
    )
    program = program_of(" ".join((*map(one_line, words), name)))
    info.has_pitched_name = program is not None
    wanted = instrument.get("id") if instrument is not None else None
    for midi in element.findall("midi-instrument"):
        unpitched = midi.findtext("midi-unpitched")
        if unpitched:
            info.drum_keys[midi.get("id", "")] = _midi(unpitched, "midi-unpitched", 1, 128) - 1
        if wanted is not None and midi.get("id") != wanted:
            continue
        wanted = midi.get("id")
        if midi.findtext("midi-program"):
            program = _midi(midi.findtext("midi-program"), "midi-program", 1, 128) - 1
        info.drum_channel = (midi.findtext("midi-channel") or "").strip() == "10"
        if midi.findtext("volume"):
            info.volume = min(max(0, round(float(number(midi.findtext("volume"), "volume")) * 1.27)), 127)
        if midi.findtext("pan"):
            info.pan = min(max(0, round(64 + float(number(midi.findtext("pan"), "pan")) * 0.7)), 127)
    info.program = program or 0
    return info


def _midi(text: str | None, what: str, low: int, high: int) -> int:
    return min(max(low, rounded(number(text, what))), high)


# -- writing --------------------------------------------------------------------------------------------------


def part_list_xml(parts: Sequence[Part], layouts: Sequence[PartLayout]) -> str:
    """``<part-list>`` of parts in their layouts, families of instruments in brackets."""
    pieces = ["<part-list>\n"]
    families = [_family(parts[layout.parts[0]]) for layout in layouts]
    for place, layout in enumerate(layouts):
        family = families[place]
        if (
            family >= 0
            and (place == 0 or families[place - 1] != family)
            and families[place : place + 2] == [family] * 2
        ):
            joined = "no" if family == 1 else "yes"
            pieces.append(
                '<part-group type="start" number="1"><group-symbol>bracket</group-symbol>'
                f"<group-barline>{joined}</group-barline></part-group>\n"
            )
        pieces.append(_score_part(parts, layout))
        if family >= 0 and place and families[place - 1] == family and families[place + 1 : place + 2] != [family]:
            pieces.append('<part-group type="stop" number="1"/>\n')
    return "".join(pieces) + "</part-list>\n"


def text(words: str) -> str:
    """Words with markup escaped and without characters that XML forbids."""
    return escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", words))


def _family(part: Part) -> int:
    if part.is_drums:
        return -1
    return next((index for index, (low, high) in enumerate(_FAMILIES) if low <= part.program <= high), -1)


def _score_part(parts: Sequence[Part], layout: PartLayout) -> str:
    first = parts[layout.parts[0]]
    element = f"P{layout.parts[0] + 1}"
    name = _KEYBOARDS.get(first.program, PROGRAMS[first.program]) if len(layout.parts) > 1 else first.name
    short = abbreviation(name)
    shortened = f"<part-abbreviation>{text(short)}</part-abbreviation>" if short else ""
    listed, played = [], []
    for index, staff in zip(layout.parts, layout.first_staves, strict=True):
        part = parts[index]
        for each, words, key in _instruments(part, element, staff if len(layout.parts) > 1 else 0):
            sound = "" if part.is_drums or part.program not in SOUNDS else SOUNDS[part.program]
            sound = f"<instrument-sound>{sound}</instrument-sound>" if sound else ""
            listed.append(
                f'<score-instrument id="{each}"><instrument-name>{text(words)}</instrument-name>{sound}'
                "</score-instrument>\n"
            )
            played.append(_midi_instrument(part, index, each, key))
    return (
        f'<score-part id="{element}"><part-name>{text(name)}</part-name>{shortened}\n'
        f"{''.join(listed)}{''.join(played)}</score-part>\n"
    )


def _instruments(part: Part, element: str, staff: int) -> list[tuple[str, str, int]]:
    """Id, name and drum key (-1 where it has pitches) of every instrument of a part."""
    if staff:
        return [(f"{element}-S{staff}", part.name, -1)]
    keys = sorted({note.pitch for note in part.notes}) if part.is_drums else []
    drums = [(f"{element}-I{key + 1}", DRUM_NAMES.get(key, f"Drum {key}"), key) for key in keys]
    return drums or [(f"{element}-I1", "Drumset" if part.is_drums else PROGRAMS[part.program], -1)]


def _midi_instrument(part: Part, index: int, instrument: str, key: int) -> str:
    channel = 10 if part.is_drums else (index % 15) + 1 + (index % 15 >= 9)
    unpitched = f"<midi-unpitched>{key + 1}</midi-unpitched>" if key >= 0 else ""
    return (
        f'<midi-instrument id="{instrument}"><midi-channel>{channel}</midi-channel>'
        f"<midi-program>{part.program + 1}</midi-program>{unpitched}"
        f"<volume>{part.volume / 1.27:.4f}</volume><pan>{(part.pan - 64) / 0.7:.4f}</pan></midi-instrument>\n"
    )
