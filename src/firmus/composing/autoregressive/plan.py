"""Plan: the score with its gaps, and the rules for filling them; and how a model is given a score."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmus.composing.form import Section
from firmus.composing.selection import Open
from firmus.composing.styles import styles
from firmus.runtime.constraints import Rules
from firmus.runtime.weights import Card
from firmus.score import Note, Part, Score


@dataclass(frozen=True, slots=True)
class Plan:
    """What is composed of one seed.

    Parameters
    ----------
    score : Score
        Notes of open cells taken out.
    is_open : array (B, P + 1) of bool
    style : str
    rules : Rules
    sections : tuple of Section
        Sections, which are composed one phrase after the other; empty for all at once.
    """

    score: Score
    is_open: Open
    style: str
    rules: Rules
    sections: tuple[Section, ...] = ()


def without_overlaps(given: Part, composed: Part) -> Part:
    """The composed part, in which no note sounds into another of its pitch, as no player and no MIDI file can have it.

    Of two notes of one pitch the earlier ends where the later begins; of two at once, and where the later is composed
    into a given one, the composed one is left out. Given notes stay as they are.
    """
    kept: list[Note] = []
    sounding: dict[int, int] = {}  # place among those kept, by pitch
    fixed = set(given.notes)
    for note in sorted(composed.notes, key=lambda note: (note.start, note not in fixed)):
        place = sounding.get(note.pitch)
        before = None if place is None else kept[place]
        if place is not None and before is not None and before.end > note.start and not {before, note} <= fixed:
            if before in fixed or before.start == note.start:
                continue
            kept[place] = replace(before, duration=note.start - before.start)
        sounding[note.pitch] = len(kept)
        kept.append(note)
    return replace(composed, notes=tuple(kept))


def model_view(score: Score, card: Card, style: str) -> Score:
    """The score as the model is given it: without chord symbols, marks and instruments that it was not trained on."""
    programs = set(card.facts.get("programs", range(128)))
    voices = styles()[style].voices if style in styles() else ()

    def known(place: int, part: Part) -> Part:
        voice = voices[place] if place < len(voices) else None
        if voice and voice.model_program in programs and voice.program == part.program:
            return replace(part, program=voice.model_program)
        if part.is_drums or part.program in programs:
            return part
        usual = voice.program if voice else 52
        return replace(part, program=usual if usual in programs else min(programs, default=0))

    parts = tuple(known(place, part) for place, part in enumerate(score.parts))
    chords = score.chords if "chords" in card.controls else ()
    sections = score.sections if "sections" in card.controls else ()
    sections = tuple(replace(mark, label=mark.label.rstrip("'") or mark.label) for mark in sections)
    return replace(score, parts=parts, chords=chords, sections=sections)
