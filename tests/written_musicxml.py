"""MusicXML typed in a few words, for the tests of its reader."""

from __future__ import annotations

from typing import Any

from firmus.formats import musicxml
from firmus.score import Score

HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
)


def note(pitch: str, duration: int, *inside: str, voice: int = 1) -> str:
    step, alter, octave = pitch[0], pitch.count("#") - pitch.count("b"), pitch[-1]
    altered = f"<alter>{alter}</alter>" if alter else ""
    before = "".join(each for each in inside if each in ("<chord/>", "<grace/>", "<cue/>"))
    after = "".join(each for each in inside if each not in ("<chord/>", "<grace/>", "<cue/>"))
    length = "" if "<grace/>" in inside else f"<duration>{duration}</duration>"
    return (
        f"<note>{before}<pitch><step>{step}</step>{altered}<octave>{octave}</octave></pitch>{length}"
        f"<voice>{voice}</voice>{after}</note>"
    )


def rest(duration: int) -> str:
    return f"<note><rest/><duration>{duration}</duration></note>"


def backup(duration: int) -> str:
    return f"<backup><duration>{duration}</duration></backup>"


def attributes(divisions: int = 4, time: str = "4/4", more: str = "") -> str:
    beats, unit = time.split("/")
    return (
        f"<attributes><divisions>{divisions}</divisions>{more}<time><beats>{beats}</beats>"
        f"<beat-type>{unit}</beat-type></time></attributes>"
    )


def repeat(direction: str, times: int = 0, ending: str = "") -> str:
    played = f' times="{times}"' if times else ""
    place = "left" if direction == "forward" else "right"
    return f'<barline location="{place}">{ending}<repeat direction="{direction}"{played}/></barline>'


def ending(number: str, kind: str, repeats: bool = False) -> str:
    place = "left" if kind == "start" else "right"
    sign = '<repeat direction="backward"/>' if repeats else ""
    return f'<barline location="{place}"><ending number="{number}" type="{kind}"/>{sign}</barline>'


def measures(*contents: str, first: str = "1", implicit: bool = False) -> str:
    found = []
    for index, content in enumerate(contents):
        hidden = ' implicit="yes"' if implicit and index == 0 else ""
        found.append(f'<measure number="{int(first) + index}"{hidden}>{content}</measure>')
    return "".join(found)


def xml(*parts: str, part_list: str = "", head: str = "") -> bytes:
    listed = part_list or "".join(
        f'<score-part id="P{index}"><part-name>Part {index}</part-name></score-part>'
        for index in range(1, len(parts) + 1)
    )
    bodies = "".join(f'<part id="P{index}">{body}</part>' for index, body in enumerate(parts, 1))
    return (
        f'{HEADER}<score-partwise version="4.0">{head}<part-list>{listed}</part-list>{bodies}</score-partwise>'
    ).encode()


def read(data: bytes) -> Score:
    (score,) = musicxml.read(data)
    return score


def of(*contents: str, **keywords: Any) -> Score:
    return read(xml(measures(*contents), **keywords))


def notes(score: Score, part: int = 0) -> list[tuple[int, int, int]]:
    return [(each.start, each.duration, each.pitch) for each in score.parts[part].notes]


def line(score: Score) -> list[int]:
    return [each.pitch for each in score.parts[0].notes]
