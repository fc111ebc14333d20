"""Interpolating: from one piece to another, in steps that are each music."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import numpy as np

from firmus.composing import latent_space as windows
from firmus.composing import session
from firmus.composing.source import given
from firmus.errors import InvalidBrief
from firmus.score import Score, Section
from firmus.timing import bars
from firmus.work import Brief, Work

USUAL_MODEL = {False: "vae-melody", True: "vae-groove"}  # by whether there are drums alone
USUAL_STEPS = 8


def interpolate(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Compose the way from one piece to another.

    Both are read window by window; each window of the one and the window of the other at its place are two points of
    the model's space, and the steps are decoded from points between them (Roberts et al. 2018, section 5.2; on an arc,
    for points of a normal distribution lie near a sphere). Windows are decoded without chance where no temperature is
    asked for.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `target`, `steps` (3 to 64, 8 by default, the two pieces among them),
        `parts` (which part of the source), `density`, `register`, `syncopation`, `key`, `temperature`, `seed`, `model`.
    progress : callable, optional

    Returns
    -------
    list of Work
        `steps` of them in order, from the source to the target, each as long as the shorter of the two.
    """
    brief = brief or Brief.of(**options)
    source = given(brief, "interpolate")
    if brief.target is None or not any(part.notes for part in brief.target.parts):
        raise InvalidBrief("interpolate needs two pieces with notes: a source and a target")
    only_drums = all(part.is_drums for part in source.parts if part.notes)
    chosen = windows.choose(brief, "interpolate", USUAL_MODEL[only_drums])
    space = windows.Space(chosen)
    wanted = space.targets(brief)
    seed = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    generator = np.random.default_rng(seed)
    both = _aligned(
        *(windows.heard(each, space.module, _for(brief, each, source))[0] for each in (source, brief.target))
    )
    length = min(bars(each)[-1].end for each in both)
    ones, others = (list(windows.cut(each, space, [(0, length)])) for each in both)
    count = brief.steps or USUAL_STEPS
    paths: list[Any] = []
    for index, (one, other) in enumerate(zip(ones, others, strict=False)):
        if (one.bar, one.start) != (other.bar, other.start):
            raise InvalidBrief(
                f"window {index + 1}: the source has bars of {one.bar} sixteenths, the target of {other.bar}: "
                "both must have the same meter"
            )
        ends = [space.latent.encode(each.values[None], each.bar)[0][0] for each in (one, other)]
        points = np.stack([windows.between(ends[0], ends[1], share) for share in np.linspace(0, 1, count)])
        allowed = windows.key_mask(space, brief, len(one.values))

        def decode(z: windows.Points, bar: int = one.bar, allowed: Any = allowed) -> Any:
            heat = brief.temperature or 0.0
            return space.latent.decode(z, bar, space.bars, generator, heat, allowed=allowed)

        _, told = space.nearest(points, wanted, one.bar, decode)
        told[0], told[-1] = one.values, other.values  # the two pieces themselves
        paths.append(told)
        if progress:
            progress("interpolate", index + 1, len(ones))
    names = [each.title or name for each, name in ((source, "one"), (brief.target, "other"))]
    nothing = space.module.decode(np.zeros((1, len(space.module.COLUMNS)), np.int64)).parts
    works = []
    for step in range(count):
        of_the_nearer = ones if 2 * step < count else others
        parts = windows.spliced(nothing, space, [path[step] for path in paths], of_the_nearer)
        score = Score(
            parts,
            both[0].meters,
            source.tempi[:1],
            end=length,
            title=f"{names[0]} to {names[1]}, {step + 1} of {count}",
        )
        measured = {"step": step + 1, "steps": count, "target": session.digest(brief.target)}
        works.append(
            windows.work(brief, "interpolate", chosen, seed, score, measured=measured, source=session.digest(source))
        )
    return works


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


def _for(brief: Brief, score: Score, source: Score) -> Brief:
    """The Brief, whose parts are those of the source alone."""
    return brief if score is source else replace(brief, parts=())


def _aligned(*scores: Score) -> list[Score]:
    """The scores, an incomplete first bar filled up with silence; the others then begin with a bar of silence."""
    if not any(score.pickup for score in scores):
        return list(scores)
    return [_later(score, score.meters[0].bar - score.pickup) for score in scores]


def _later(score: Score, ticks: int) -> Score:
    """A score that begins with some ticks of silence, and with a full bar."""
    parts = (
        replace(part, notes=tuple(replace(note, start=note.start + ticks) for note in part.notes))
        for part in score.parts
    )
    meters = (score.meters[0], *(replace(meter, start=meter.start + ticks) for meter in score.meters[1:]))
    return Score(tuple(parts), meters, score.tempi[:1], pickup=0, end=score.end + ticks)
