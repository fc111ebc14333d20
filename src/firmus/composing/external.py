"""Composing with a model that others trained, which a person has as a folder (`firmus.engines`).

It hears and tells times on a clock, not beats: what is given is told to it in seconds, and what it composes is set down
where it sounds, at the source's tempo, or at 120 quarter notes a minute where there is no source. Of a Brief it can be
asked for what can be made a rule over single notes: a key, instruments, ranges, a length. All else is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import plugins
from firmus.composing import latent_space as windows
from firmus.composing import session
from firmus.errors import InvalidBrief, ModelError
from firmus.render.instruments import program_number
from firmus.runtime import anticipatory
from firmus.runtime.constraints import PartRules
from firmus.runtime.external import ENGINES
from firmus.runtime.sampling import Sampling
from firmus.runtime.weights import Card
from firmus.score import Key, Note, Part, Score
from firmus.timing import bars, seconds, tick
from firmus.tokens import Integers
from firmus.tokens import arrival as a
from firmus.work import Brief, Work, pitch_range

USUAL_SECONDS = 30.0
USUAL_TEMPERATURE = 1.0
ALWAYS = ("model", "count", "seed", "temperature", "top_p")  # what every verb takes
Allowed = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a verb has made of a Brief.

    Parameters
    ----------
    score : Score
        What is given, without the notes that are to be composed.
    spans : list of (int, int)
        Ticks between which notes are composed, in order.
    places : sequence of int
        Parts that are composed; empty where the model chooses its own, which are added behind.
    allowed : array (16512,) of bool
        As of `firmus.runtime.anticipatory.Request`.
    source : Score, optional
    limits : sequence of PartRules
        Of each part of the source.
    """

    score: Score
    spans: list[tuple[int, int]]
    places: Sequence[int]
    allowed: Allowed
    source: Score | None = None
    limits: Sequence[PartRules] = ()


def compose(brief: Brief, chosen: Card, progress: session.Progress | None) -> list[Work]:
    """Compose from nothing, for so many seconds, on the instruments asked for or any."""
    allowed = check(brief, chosen)
    end = round(tick(Score(), brief.seconds or USUAL_SECONDS))
    score = Score(keys=(Key.parse(brief.key),) if brief.key else (), end=end, title=f"Piece by {chosen.name}")
    return _perform(brief, "compose", chosen, Plan(score, [(0, end)], (), allowed), progress)


def check(brief: Brief, chosen: Card) -> Allowed:
    """What may be composed from nothing; refuses what it cannot be asked for.

    Raises
    ------
    InvalidBrief
    """
    refuse(brief, chosen, "compose", "seconds", "parts", "ranges", "key")
    numbers = [_instrument(name) for name in brief.parts]
    allowed = _of_instruments(numbers or range(a.INSTRUMENTS), brief)
    for name, text in brief.ranges.items():
        if _instrument(name) not in numbers:
            raise InvalidBrief(f"range {text} of {name!r}: name it among the parts too, such as --parts {name}")
        _narrow(allowed, [_instrument(name)], pitch_range(text, name))
    return allowed


def extend(brief: Brief, chosen: Card, source: Score, bars_added: int, progress: session.Progress | None) -> list[Work]:
    """Continue a piece for some bars, on its own instruments."""
    refuse(brief, chosen, "continue", "bars", "seconds", "ranges", "key")
    last = bars(source)[-1]
    score = replace(source, end=last.end + bars_added * last.meter.bar)
    places = [place for place, part in enumerate(source.parts) if part.notes]
    plan = _on_parts(brief, score, [(last.end, score.end)], places, source)
    return _perform(brief, "continue", chosen, plan, progress)


def infill(
    brief: Brief, chosen: Card, source: Score, spans: list[tuple[int, int]], places: Sequence[int],
    progress: session.Progress | None,
) -> list[Work]:  # fmt: skip
    """Compose some bars of some parts anew, in the light of what stands before, beside and after them."""
    refuse(brief, chosen, "infill", "bars", "parts", "ranges", "key")

    def emptied(part: Part) -> Part:
        kept = (note for note in part.notes if not any(first <= note.start < last for first, last in spans))
        return replace(part, notes=tuple(kept))

    parts = tuple(emptied(part) if place in places else part for place, part in enumerate(source.parts))
    plan = _on_parts(brief, replace(source, parts=parts), spans, places, source)
    return _perform(brief, "infill", chosen, plan, progress)


def accompany(brief: Brief, chosen: Card, source: Score, progress: session.Progress | None) -> list[Work]:
    """Compose other instruments to all parts of a piece, or to the one that is named."""
    refuse(brief, chosen, "accompany", "parts", "key")
    if len(brief.parts) > 1:
        raise InvalidBrief(f"parts {', '.join(brief.parts)}: name the one that is the melody")
    kept = [source.parts[session.find_part(source, brief.parts[0])]] if brief.parts else list(source.parts)
    if not any(part.notes for part in kept):
        raise InvalidBrief(f"part {brief.parts[0]!r} is empty: there is nothing to accompany")
    there = {a.instrument(part) for part in kept}
    allowed = _of_instruments([number for number in range(a.INSTRUMENTS) if number not in there], brief)
    score = replace(source, parts=tuple(kept), title=source.title or "Accompanied Melody")
    return _perform(brief, "accompany", chosen, Plan(score, [(0, score.end)], (), allowed, source), progress)


def refuse(brief: Brief, chosen: Card, task: str, *able: str) -> None:
    """Refuse every field of a Brief but some.

    Raises
    ------
    InvalidBrief
    """
    for name, value in brief.as_dict().items():
        if name not in (*able, *ALWAYS):
            shown = " ".join(value) if isinstance(value, tuple) else value
            hint = ": it composes by the clock, say seconds" if name in ("bars", "tempo", "meter") else ""
            raise InvalidBrief(
                f"{name} {shown}: model {chosen.name!r} cannot be asked for it{hint}; to {task} it takes "
                f"{', '.join((*able, *ALWAYS))}"
            )


def _perform(
    brief: Brief, task: str, chosen: Card, plan: Plan, progress: session.Progress | None
) -> list[Work]:  # fmt: skip
    """Compose as many works as are asked for, each from its own seed, the least surprising first.

    What is finished is kept when interrupted.
    """
    if not plan.allowed.any():
        raise InvalidBrief("no note is left that could be composed: the key and the ranges leave none")
    first = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    engine: Any = plugins.load(ENGINES, chosen.facts["engine"]).load(chosen)
    told = replace(brief, model=chosen.name)  # where its folder lies is nobody's business
    works: list[Work] = []
    try:
        for index in range(brief.count):
            seed = (first + index) % 2**63
            clock = _clock(plan, f"{task} {index + 1}/{brief.count}" if brief.count > 1 else task, progress)
            score, nats, spans = _composed(engine, brief, plan, np.random.default_rng(seed), clock)
            works.append(
                windows.work(
                    told, task, engine.card, seed, score, composed=tuple(spans),
                    source=session.digest(plan.source) if plan.source else "",
                    measured={
                        "surprise": round(nats, 4), "score": {"total": round(float(np.exp(-nats)), 4)},
                        "engine": {name: chosen.facts[name] for name in ("architecture", "licence")},
                    },
                )
            )  # fmt: skip
    except KeyboardInterrupt:
        if not works:
            raise
    return sorted(works, key=lambda work: -float(work.origin.measured["score"]["total"]))


def _clock(plan: Plan, title: str, progress: session.Progress | None) -> Callable[[int], None]:
    """What takes the step that composing has reached, and says how many bars of the open ones are done."""
    ends = [bar.end for bar in bars(plan.score) if any(first <= bar.start < last for first, last in plan.spans)]

    def reached(step: int) -> None:
        at = round(tick(plan.score, step / a.STEPS))
        if progress:
            progress(title, sum(end <= at for end in ends), len(ends))

    return reached


def _composed(
    engine: Any, brief: Brief, plan: Plan, generator: np.random.Generator, reached: Callable[[int], None]
) -> tuple[Score, float, list[tuple[int, int, int]]]:
    """The whole score, the mean surprise of what is new in it, and its spans."""
    heat = USUAL_TEMPERATURE if brief.temperature is None else brief.temperature
    score, nats = plan.score, []
    for first, last in plan.spans:
        start, stop = (round(a.STEPS * seconds(score, at)) for at in (first, last))
        rows = a.triples(score)
        request = anticipatory.Request(
            rows[rows[:, 0] < start], rows[rows[:, 0] >= start], start, stop, plan.allowed,
            Sampling(heat, brief.top_p),
        )  # fmt: skip
        made, surprise = anticipatory.compose(engine.reading(), request, generator, reached)
        if not len(made) and not plan.places:
            raise ModelError("the model composed nothing but rests: try another seed, or say which parts")
        nats.append(surprise)
        score = _set_down(plan, score, made, (first, last))
        reached(stop)
    places = plan.places or range(len(plan.score.parts), len(score.parts))
    spans = [(first, last, place) for place in places for first, last in plan.spans]
    return score, float(np.mean(nats)), spans


def _set_down(plan: Plan, score: Score, rows: Integers, span: tuple[int, int]) -> Score:
    """The score with rows as notes within a span of ticks: in the parts that are composed, or in parts of their own."""
    notes = list(_notes(score, rows, span))
    if not plan.places:
        return replace(score, parts=(*score.parts, *a.parts(rows, notes)))
    parts = list(score.parts)
    numbered = sorted(zip(rows[:, 2] // a.PITCHES, notes, strict=True), key=lambda pair: int(pair[0]))
    for number, group in groupby(numbered, key=lambda pair: int(pair[0])):
        for _, note in group:
            place = _nearest(plan, number, note.pitch)
            parts[place] = replace(parts[place], notes=(*parts[place].notes, note))
    return replace(score, parts=tuple(parts))


def _notes(score: Score, rows: Integers, span: tuple[int, int]) -> Iterator[Note]:
    """Rows as notes that begin within a span of ticks and end in it."""
    first, last = span
    for begins, lasts, sounds in rows.tolist():
        start = min(max(round(tick(score, begins / a.STEPS)), first), last - 1)
        end = min(max(round(tick(score, (begins + lasts) / a.STEPS)), start + 1), last)
        yield Note(start, end - start, sounds % a.PITCHES)


def _nearest(plan: Plan, number: int, pitch: int) -> int:
    """Of the parts that are composed and play an instrument the one whose notes lie nearest to a pitch."""
    whole = plan.source or plan.score
    able = [
        place for place in plan.places
        if a.instrument(whole.parts[place]) == number
        and (number == a.DRUMS or plan.limits[place].low <= pitch <= plan.limits[place].high)
    ]  # fmt: skip

    def distance(place: int) -> float:
        pitches = [note.pitch for note in whole.parts[place].notes]
        return abs(float(np.mean(pitches)) - pitch) if pitches else 0.0

    return min(able, key=distance)


def _instrument(name: str) -> int:
    if name.strip().lower() == "drums":
        return a.DRUMS
    try:
        return program_number(name)
    except Exception as error:
        raise InvalidBrief(str(error)) from None


def _of_instruments(numbers: Sequence[int], brief: Brief) -> Allowed:
    """Every note of some instruments, within the key that is asked for."""
    every = np.arange(a.NOTES)
    allowed = np.isin(every // a.PITCHES, list(numbers))
    if brief.key:
        in_key = np.isin(every % a.PITCHES % 12, Key.parse(brief.key).scale)
        allowed &= in_key | (every // a.PITCHES == a.DRUMS)
    return allowed


def _on_parts(
    brief: Brief, score: Score, spans: list[tuple[int, int]], places: Sequence[int], source: Score
) -> Plan:  # fmt: skip
    """A plan for parts of a source: each may play what its instrument can, in its range, in the key."""
    limits = session.rules_of_parts(brief, source)
    allowed = np.zeros(a.NOTES, bool)
    for place in places:
        part = source.parts[place]
        own = _of_instruments([a.instrument(part)], brief)
        if not part.is_drums:
            _narrow(own, [part.program], (limits[place].low, limits[place].high))
        allowed |= own
    return Plan(score, spans, places, allowed, source, limits)


def _narrow(allowed: Allowed, numbers: Sequence[int], limits: tuple[int, int]) -> None:
    """Take out the notes of some instruments that are outside of a range."""
    for number in numbers:
        allowed[number * a.PITCHES : number * a.PITCHES + limits[0]] = False
        allowed[number * a.PITCHES + limits[1] + 1 : (number + 1) * a.PITCHES] = False
