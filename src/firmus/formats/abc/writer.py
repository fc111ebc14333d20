"""Write one Score as ABC: the fields, then the voices, four bars to a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from firmus.formats.abc.voice import Marks, WrittenVoice
from firmus.score import Key, Part, Score
from firmus.timing import Bar, bars

BARS_A_LINE = 4


def text(score: Score) -> str:
    """The ABC file of a Score."""
    all_bars = _bars(score)
    lines = ["%abc-2.1", "X: 1", f"T: {escaped(score.title)}"]
    if score.composer:
        lines.append(f"C: {escaped(score.composer)}")
    lines += [f"M: {score.meters[0].text}", "L: 1/8", f"Q: 1/4={_number(score.tempi[0].bpm)}"]
    parts = score.parts or (Part(),)
    for number, part in enumerate(parts, 1):
        lines += _voice_header(part, number if len(parts) > 1 or part.name else 0)
    key = score.keys[0] if score.keys and score.keys[0].start == 0 else None
    lines.append(f"K: {_key(key)}")
    voices = [
        list(WrittenVoice(part, all_bars, _marks(score, all_bars, leading=index == 0), key).measures())
        for index, part in enumerate(parts)
    ]
    for first in range(0, len(all_bars), BARS_A_LINE):
        for number, measures in enumerate(voices, 1):
            last = first + BARS_A_LINE >= len(all_bars)
            line = " | ".join(measures[first : first + BARS_A_LINE]) + (" |]" if last else " |")
            lines.append((f"[V:{number}] " if len(parts) > 1 else "") + line)
    return "\n".join(lines).replace(" \n", "\n") + "\n"


def escaped(value: str) -> str:
    """A text string with ABC's special characters escaped."""
    value = value.replace("\\", "\\\\").replace("%", "\\%").replace("&", "\\&")
    return "".join(" " if letter.isspace() or not letter.isprintable() else letter for letter in value).strip()


def _number(bpm: float) -> str:
    return f"{bpm:.3f}".rstrip("0").rstrip(".")


def _key(key: Key | None) -> str:
    if key is None:
        return "none"
    return key.tonic + (f" {key.church_mode}" if key.church_mode else "m" if key.mode == "minor" else "")


def _voice_header(part: Part, number: int) -> Iterator[str]:
    if number:
        name = escaped(part.name).replace('"', "&quot;")
        low = part.notes and not part.is_drums and median(note.pitch for note in part.notes) < 57
        yield f"V: {number}" + (f' name="{name}"' if name else "") + (" clef=bass" if low else "")
    if part.is_drums:
        yield "%%MIDI channel 10"
    if part.program:
        yield f"%%MIDI program {part.program}"
    if part.volume != 100:
        yield f"%%MIDI control 7 {part.volume}"
    if part.pan != 64:
        yield f"%%MIDI control 10 {part.pan}"


def _bars(score: Score) -> list[Bar]:
    """The bars, the last one only as long as the score."""
    all_bars = bars(score)
    if all_bars:
        all_bars[-1] = replace(all_bars[-1], end=min(all_bars[-1].end, score.end))
    return all_bars


def _marks(score: Score, all_bars: list[Bar], *, leading: bool) -> Marks:
    """Changes that a voice writes: meters and keys in every voice, the rest in the first alone."""
    marks = Marks(all_bars)
    if leading:
        for section in score.sections:
            marks.add(section.start, f"\nP: {escaped(section.label)}\n")
    for meter in score.meters[1:]:
        marks.add(meter.start, f"[M:{meter.text}]")
    for key in score.keys:
        if key.start:
            marks.add(key.start, f"[K:{_key(key)}]", key)
    if leading:
        for tempo in score.tempi[1:]:
            marks.add(tempo.start, f"[Q:1/4={_number(tempo.bpm)}]")
        for chord in score.chords:
            marks.add_chord(chord.start, f'"{chord.text}"')
    return marks
