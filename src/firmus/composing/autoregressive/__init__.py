"""Composing token by token, with a model of the kind stepper (transformer, recurrent network).

`frame` plans the empty score of a new piece, which `phrases` composes phrase by phrase; `regions` opens bars and parts
of a piece, `setting` puts a melody into a style; each makes a `Plan`, which is filled here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from firmus.composing import controls, originality, pickup, ranking
from firmus.composing import origin as origins
from firmus.composing.autoregressive import attempts, frame, regions, setting
from firmus.composing.autoregressive.phrases import in_phrases
from firmus.composing.autoregressive.plan import Plan, model_view, without_overlaps
from firmus.composing.cadence import with_cadence
from firmus.composing.commission import Commission
from firmus.composing.form import phrases, returns
from firmus.composing.observer import Observer
from firmus.composing.planning import summary
from firmus.composing.selection import cell_spans
from firmus.composing.styles import Style, model_style, styles
from firmus.notation.legato import legato
from firmus.progress import Progress
from firmus.rights.keys import watermark_keys
from firmus.runtime import critic, stepper
from firmus.runtime.calibration import calibrations
from firmus.runtime.infilling import fill_all
from firmus.runtime.request import Bar, Request
from firmus.runtime.sampling import Sampling
from firmus.score import Chord, Note, Part, Score
from firmus.work import Work

DRAFTS = 4  # of which the nearest to the controls is kept
TEMPERATURE = 0.9  # where a style does not say
PLANS = {"compose": frame, "plan": frame, "harmonise": setting, "accompany": setting}
"""Module that plans for a verb, with ``prepare(commission)`` and ``plan(commission, generator)``; else `regions`."""


def prepare(commission: Commission) -> Commission:
    """Refuse what cannot be asked for, and say what is open under which rules.

    Raises
    ------
    InvalidBrief
    """
    return PLANS.get(commission.verb, regions).prepare(commission)


def perform(commission: Commission, progress: Progress | None = None) -> list[Work]:
    """Compose a work from each seed; best first (`firmus.composing.ranking`).

    Where a control is requested (density, mood ...), each work is the nearest to it of `DRAFTS`. Several are composed
    together, a token of each at a time; what is finished is kept when interrupted.
    """
    card, verb, seeds = commission.card, commission.verb, commission.seeds
    if verb == "plan":
        return [_planned(commission, seed) for seed in seeds]
    model = stepper.load(card.name)
    effort = "quick" if commission.controls else commission.effort  # drafts are chosen by the controls then
    drafts = DRAFTS if commission.controls else attempts.DRAFTS[effort]
    observer = progress if isinstance(progress, Observer) and drafts == 1 else None
    works: dict[int, Work] = {}
    plans: list[Plan] = []

    def jobs() -> Iterator[tuple[Request, np.random.Generator]]:
        for seed in seeds:
            generator = np.random.default_rng(seed)
            plan = PLANS.get(verb, regions).plan(commission, generator)
            plans.append(plan)
            if observer:
                observer.begin(len(plans), replace(plan.score, chords=_symbols(commission, plan, plan.score)))
            request, of_style = _request(commission, plan, seed), styles().get(plan.style)
            for draft in range(drafts):
                is_new = verb == "compose"  # notes have a generator of their own, for the plan may be given
                own = np.random.default_rng([seed, draft]) if draft or is_new else generator
                resting = of_style.resting if of_style else ()
                closing = request if commission.progression or not is_new else _closed(request, of_style, own)
                if plan.sections:
                    yield in_phrases(closing, phrases(plan.sections), resting, own, effort), own
                else:
                    yield attempts.in_attempts(closing, effort, commission.score), own

    def on_progress(finished: int, done: int, total: int) -> None:
        if progress:
            number = f" {finished // drafts + 1}/{len(seeds)}" if len(seeds) > 1 else ""
            progress(f"{verb}{number}", done, total)

    def on_bar(job: int, bar: Bar) -> None:
        if observer:
            observer.bar(job + 1, bar)

    try:
        for job, filled in fill_all(model, jobs(), on_progress, on_bar=on_bar if observer else None):
            index = job // drafts
            work = _work(commission, seeds[index], plans[index], filled.score, filled.nats)
            if index not in works or _rank(work) > _rank(works[index]):
                works[index] = work
    except KeyboardInterrupt:
        if not works:
            raise
    return sorted(works.values(), key=lambda work: -_rank(work))


def _request(commission: Commission, plan: Plan, seed: int) -> Request:
    card, style, known = commission.card, plan.style, model_style(plan.style)
    of_style = styles().get(style)
    temperature = commission.temperature
    sampling = Sampling(TEMPERATURE if temperature is None else temperature, commission.top_p)
    if of_style and temperature is None:
        warmths = (
            of_style.pitch_temperature, of_style.drum_temperature, of_style.fill_temperature,
            of_style.velocity_temperature,
        )  # fmt: skip
        sampling = Sampling(of_style.temperature, commission.top_p, *warmths)
    single = [limits.monophonic for limits in plan.rules.parts]
    are_voices = of_style is not None and of_style.is_part_writing and sum(not each for each in single) <= 1
    voices = tuple(range(1, len(single) + 1)) if are_voices else ()
    keys = watermark_keys(commission.watermark)
    return Request(
        model_view(plan.score, card, style),
        plan.is_open,
        known,
        plan.rules,
        sampling,
        voices,
        of_style.dissonance if of_style else 0.0,
        calibrations().get(style),
        controls.tokens(commission.controls, card, known, commission.genre),
        controls.targets(commission.controls, card, known),
        watermark=keys[seed % len(keys)],
        guard=originality.guard(commission, plan.score),
    )


def _closed(request: Request, style: Style | None, generator: np.random.Generator) -> Request:
    """The request, whose melody goes by step to the tonic at its end as often as in its style."""
    is_by_step, rules = style is not None and generator.random() < style.step_close, request.rules
    if not (is_by_step and rules.final and not rules.cadence and rules.parts[0].monophonic):
        return request
    return replace(request, rules=with_cadence(rules, request.score.keys[0], request.score, (1,)))


def _work(commission: Commission, seed: int, plan: Plan, filled: Score, nats: float) -> Work:
    """The composed notes in the score that was planned, with their Origin."""
    pairs = zip(plan.score.parts, filled.parts, strict=True)
    parts = tuple(replace(part, notes=without_overlaps(part, composed).notes) for part, composed in pairs)
    parts = _legato(plan.score, parts)
    score = replace(plan.score, parts=parts, chords=_symbols(commission, plan, filled))
    score = pickup.completed(score) if commission.verb == "compose" else score
    score = origins.marked(score)
    measured = controls.measure(score, plan.is_open, model_style(plan.style), commission.card)
    shares = {name: each["share"] for name, each in measured.items()}
    return origins.work(
        commission,
        seed,
        score,
        measured={
            "style": plan.style,
            "surprise": round(nats, 4),
            **({"form": returns(score, plan.sections)} if plan.sections else {}),
            **({"plan": summary(plan.score)} if PLANS.get(commission.verb) is frame else {}),
            "controls": measured,
            "score": ranking.rank(
                score, plan.style, nats, commission.controls, shares, _critic(commission, plan, score)
            ),
            **({"melody": score.parts[0].name} if PLANS.get(commission.verb) is setting else {}),
        },
        composed=tuple(cell_spans(score, plan.is_open)),
        rules=plan.rules.as_dict(),
        watermark="" if commission.watermark == "off" else commission.watermark,
    )


def _legato(given: Score, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts without short gaps after composed notes, which print as rests; bands keep them, as part of a groove."""
    if any(part.is_drums for part in parts):
        return parts
    held = legato(replace(given, parts=parts)).parts

    def written(part: Part, long: Part, fixed: set[Note]) -> Part:
        pairs = zip(part.notes, long.notes, strict=True)
        return replace(part, notes=tuple(note if note in fixed else other for note, other in pairs))

    return tuple(written(part, long, set(own.notes)) for part, long, own in zip(parts, held, given.parts, strict=True))


def _planned(commission: Commission, seed: int) -> Work:
    """A plan as a work: a score without notes."""
    plan = frame.plan(commission, np.random.default_rng(seed))
    measured = {"style": plan.style, "plan": summary(plan.score)}
    return origins.work(commission, seed, origins.marked(plan.score), measured=measured)


def _symbols(commission: Commission, plan: Plan, filled: Score) -> tuple[Chord, ...]:
    """Chord symbols: those given, or, in a style that shows them, those composed."""
    of_style = styles().get(plan.style)
    if PLANS.get(commission.verb) is frame and of_style is not None and not of_style.has_chords:
        return plan.score.chords if commission.progression else ()
    is_hidden = of_style is not None and of_style.is_part_writing and not of_style.has_chords
    return plan.score.chords if is_hidden and commission.verb in PLANS else filled.chords or plan.score.chords


def _rank(work: Work) -> float:
    scores: dict[str, Any] = work.origin.measured["score"]
    return float(scores["total"])


def _critic(commission: Commission, plan: Plan, score: Score) -> float | None:
    """The critic's rank of what was composed, with the bars around it; None where it was not asked."""
    rows = np.flatnonzero(plan.is_open[:, 1:].any(axis=1))
    if commission.effort == "quick" or not len(rows):
        return None
    first, last = int(rows[0]) - attempts.AROUND, int(rows[-1]) + 1 + attempts.AROUND
    found = critic.judge(score, model_style(plan.style), first, last)
    return found.rank if found else None
