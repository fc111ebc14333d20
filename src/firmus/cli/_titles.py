"""Titles and names of parts of new pieces, in the user's language: what stands on the sheet that is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from firmus.translation import language, translate, vocabulary

if TYPE_CHECKING:
    from firmus.work import Work


def entitled(work: Work) -> Work:
    """A Work composed from nothing, with its title and its parts named in the user's language; the notes are the same.

    A piece that somebody gave keeps its names: this is for what we named ourselves.
    """
    if language() != "zh":
        return work
    names = [part.name for part in work.score.parts]
    parts = tuple(replace(part, name=part_name(part.name, names)) for part in work.score.parts)
    return replace(work, score=replace(work.score, title=translate(work.score.title), parts=parts))


def part_name(name: str, among: Iterable[str] = ()) -> str:
    """A part's name in the user's language, where it is one of ours, or that of an instrument."""
    if language() != "zh":
        return name
    from firmus.render.instruments import PROGRAMS

    return dict(PROGRAMS).get(name) or vocabulary.part_text(name, among)
