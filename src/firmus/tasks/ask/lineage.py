"""Lineage: the Origin of a work that several steps made has each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firmus.work import Work

MOVING = ("bars", "parts")
"""Fields of a revision after which notes stand elsewhere."""


def step(work: Work) -> dict[str, Any]:
    """What a step was, for the Origin of what followed it."""
    names = ("task", "model", "weights", "seed", "brief", "source")
    return {name: getattr(work.origin, name) for name in names}


def after(work: Work, earlier: Work) -> Work:
    """A work with the steps before it, the first of them first; what they composed is labelled in it, too.

    Where notes have moved since, everything counts as composed.
    """
    own, before = work.origin, earlier.origin
    composed = own.composed
    if before.composed:
        is_moved = own.task != "ask" or any(name in own.brief for name in MOVING)
        whole = tuple((0, work.score.end, place) for place in range(len(work.score.parts)))
        composed = whole if is_moved else before.composed
    origin = replace(
        own,
        steps=(*before.steps, step(earlier)),
        composed=composed,
        credits=tuple(dict.fromkeys((*before.credits, *own.credits))),
        ai_generated=own.ai_generated or before.ai_generated,
    )
    return replace(work, origin=origin)
