"""Interpolating: from one piece to another, in steps that are each music."""

from __future__ import annotations

from dataclasses import replace

from firmus.composing import perform, prepare
from firmus.composing.commission import Commission, begin
from firmus.composing.selection import find_part
from firmus.composing.source import given
from firmus.errors import InvalidBrief
from firmus.score import Section
from firmus.timing import bars
from firmus.work import Brief, Work

__all__ = ["commission", "in_a_row", "perform"]

MODEL = {False: "vae-melody", True: "vae-groove"}  # by whether there are drums alone


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    source = given(brief, "interpolate")
    if brief.target is None or not any(part.notes for part in brief.target.parts):
        raise InvalidBrief("interpolate needs two pieces with notes: a source and a target")
    only_drums = all(part.is_drums for part in source.parts if part.notes)
    begun = begin(brief, "interpolate", MODEL[only_drums])
    begun = replace(begun, places=tuple(find_part(source, name) for name in brief.parts))
    return prepare(begun)


def in_a_row(works: list[Work]) -> Work:
    """All steps as one piece, each a section with its number."""
    length = bars(works[0].score)[-1].end
    parts = tuple(
        replace(part, notes=tuple(
            replace(note, start=note.start + step * length)
            for step, work in enumerate(works) for note in work.score.parts[place].notes
        ))
        for place, part in enumerate(works[0].score.parts)
    )  # fmt: skip
    sections = tuple(Section(step * length, str(step + 1)) for step in range(len(works)))
    title = works[0].score.title.rpartition(",")[0]
    score = replace(works[0].score, parts=parts, sections=sections, end=len(works) * length, title=title)
    return Work(score, works[0].origin)
