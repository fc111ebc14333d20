"""Originality of what is composed: guarded meanwhile, checked afterwards, composed again where that is asked.

What a person has given is neither guarded nor judged: only the notes that Firmus composed are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from firmus.composing.commission import Commission
from firmus.errors import InvalidBrief
from firmus.rights.collection import shipped
from firmus.rights.originality import COPIES, judge
from firmus.runtime.originality import Guard
from firmus.score import Part, Score
from firmus.work import Work

TRIES = 8  # times that a piece is composed where copies are refused


def guard(commission: Commission, given: Score) -> Guard | None:
    """What a model must not copy while it composes, beside what is given."""
    if commission.original == "off" or commission.verb == "plan":
        return None
    return Guard.of(shipped().index, commission.source or given)


def checked(commission: Commission, perform: Callable[[Commission], list[Work]]) -> list[Work]:
    """Compose, with the originality of each work in its Origin; where copies are refused, again until there is none.

    Raises
    ------
    InvalidBrief
        Where the last attempt, too, copies.
    """
    works = perform(commission)
    if commission.original == "off" or commission.verb == "plan":
        return works
    works = [judged(work) for work in works]
    if commission.original != "strict":
        return works
    count = len(commission.seeds)
    for attempt in range(1, TRIES):
        copied = [place for place, work in enumerate(works) if is_copy(work)]
        if not copied:
            return works
        for place in copied:
            seed = (works[place].origin.seed + attempt * count) % 2**63
            works[place] = judged(perform(replace(commission, seeds=(seed,)))[0])
    if any(map(is_copy, works)):
        raise InvalidBrief(
            f"original strict: what was composed in {TRIES} attempts copies; give another seed, or more to compose"
        )
    return works


def judged(work: Work) -> Work:
    """A work with the originality of its composed notes in its Origin."""
    found = judge(_composed(work), style=str(work.origin.measured.get("style", "")), altered=False)
    measured = {**work.origin.measured, "originality": found.summary()}
    return replace(work, origin=replace(work.origin, measured=measured))


def is_copy(work: Work) -> bool:
    """Whether a judged work copies."""
    return bool(work.origin.measured["originality"]["verdict"] == COPIES)


def _composed(work: Work) -> Score:
    """The score with the notes alone that Firmus composed."""
    spans = work.origin.composed
    if not spans:
        return work.score

    def kept(place: int, part: Part) -> Part:
        own = [(start, end) for start, end, number in spans if number == place]
        return replace(part, notes=tuple(n for n in part.notes if any(start <= n.start < end for start, end in own)))

    return replace(work.score, parts=tuple(kept(place, part) for place, part in enumerate(work.score.parts)))
