"""Interpolating: from one piece to another, in steps that are each music."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.composing import perform, prepare
from firmus.errors import InvalidBrief
from firmus.tasks import Option, Verb
from firmus.work import Brief, Work

if TYPE_CHECKING:
    from firmus.composing.commission import Commission

__all__ = ["commission", "count", "joined", "perform"]

STEPS = 8  # pieces on the way, where their number is not asked for
MODEL = {False: "vae-melody", True: "vae-groove"}  # by whether there are drums alone

VERB = Verb(
    name="interpolate",
    english="compose the way from one piece to another",
    chinese="谱写从一首乐曲到另一首的过渡",
    pieces=("source", "target"),
    options=(
        Option("steps", "pieces on the way, both ends among them", "途中的乐曲数，含两端", kind=int, metavar="8"),
    ),
    place=7,
)


def commission(brief: Brief) -> Commission:
    """What is to be composed; refuses what cannot be.

    Raises
    ------
    InvalidBrief, ModelError
    """
    from firmus.composing.commission import begin
    from firmus.composing.selection import find_part
    from firmus.composing.source import given

    source = given(brief, "interpolate")
    if brief.target is None or not any(part.notes for part in brief.target.parts):
        raise InvalidBrief("interpolate needs two pieces with notes: a source and a target")
    only_drums = all(part.is_drums for part in source.parts if part.notes)
    begun = begin(brief, "interpolate", MODEL[only_drums])
    places = tuple(find_part(source, name) for name in brief.parts)
    return prepare(replace(begun, places=places, steps=count(brief)))


def joined(works: list[Work]) -> Work:
    """All steps as one piece, each a section with its number."""
    from firmus.score import Section
    from firmus.timing import bars

    length = bars(works[0].score)[-1].end
    parts = tuple(
        replace(
            part,
            notes=tuple(
                replace(note, start=note.start + step * length)
                for step, work in enumerate(works)
                for note in work.score.parts[place].notes
            ),
        )
        for place, part in enumerate(works[0].score.parts)
    )
    sections = tuple(Section(step * length, str(step + 1)) for step in range(len(works)))
    title = works[0].score.title.rpartition(",")[0]
    score = replace(works[0].score, parts=parts, sections=sections, end=len(works) * length, title=title)
    return Work(score, works[0].origin)


def count(brief: Brief) -> int:
    """How many works are made."""
    return brief.steps or STEPS
