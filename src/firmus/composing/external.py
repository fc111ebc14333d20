"""Composing with a model that others trained, which a person has as a folder (`firmus.engines`).

Its times are those of a clock, not beats: what is given is encoded in seconds, and what it composes is set down where
it sounds, at the source's tempo, or at 120 quarter notes a minute where there is no source. Of a Brief it can be
asked for what can be made a rule over single notes: a key, instruments, ranges, a length. All else is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import plugins
from firmus.analysis import features
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.rules import rules_of_parts
from firmus.errors import InvalidBrief, ModelError
from firmus.progress import Progress
from firmus.render.instruments import program_number
from firmus.runtime import anticipatory
from firmus.runtime.constraints import PartRules
from firmus.runtime.external import ENGINES
from firmus.runtime.sampling import Sampling
from firmus.score import Key, Note, Part, Score
from firmus.timing import bars, seconds, tick
from firmus.tokens import Integers, arrival
from firmus.work import Work

SECONDS = 30.0  # where no length is asked for
TEMPERATURE = 1.0
ALWAYS = ("model", "count", "seed", "temperature", "top_p")  # what every verb takes
TAKES = {
    "compose": ("seconds", "parts", "ranges", "key"),
    "continue": ("bars", "seconds", "ranges", "key"),
    "infill": ("bars", "parts", "ranges", "key"),
    "accompany": ("parts", "key"),
}
"""Fields of a Brief that each verb takes beside those."""
Allowed = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a verb has made of a commission.

    Parameters
    ----------
    score : Score
        What is given, without the notes that are to be composed.
    spans : sequence of (int, int)
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
    spans: Sequence[tuple[int, int]]
    places: Sequence[int]
    allowed: Allowed
    source: Score | None = None
    limits: Sequence[PartRules] = ()


def prepare(commission: Commission) -> Commission:
    """Refuse every field of a Brief but those that can be made a rule over single notes.

    Raises
    ------
    InvalidBrief
    """
    able = (*TAKES[commission.verb], *ALWAYS)
    for name, value in commission.request.items():
        if name not in able:
            text = " ".join(value) if isinstance(value, tuple) else value
            hint = ": it composes by the clock, say seconds" if name in ("bars", "tempo", "meter") else ""
            raise InvalidBrief(
                f"{name} {text}: model {commission.card.name!r} cannot be asked for it{hint}; to {commission.verb} it "
                f"takes {', '.join(able)}"
            )
    if not _plan(commission).allowed.any():
        raise InvalidBrief("no note is left that could be composed: the key and the ranges leave none")
    if "model" in commission.request:  # where its folder lies is nobody's business
        commission = replace(commission, request={**commission.request, "model": commission.card.name})
    return commission


def _plan(commission: Commission) -> Plan:
    source = commission.source
    if source is None:
        return _new(commission)
    if commission.verb == "accompany":
        return _accompanied(commission, source)
    score = commission.score or source
    places = commission.places or tuple(place for place, part in enumerate(source.parts) if part.notes)
    if commission.verb == "infill":
        places = commission.places or tuple(range(len(source.parts)))
        score = replace(
            score,
            parts=tuple(
                _emptied(part, commission.spans) if place in places else part for place, part in enumerate(score.parts)
            ),
        )
    return _on_parts(commission, score, places, source)


def _new(commission: Commission) -> Plan:
    """A piece from nothing, for so many seconds, on the instruments asked for or any."""
    numbers = [_instrument(name) for name in commission.named_parts]
    allowed = _of_instruments(numbers or range(arrival.INSTRUMENTS), commission.key)
    for name, limits in commission.named_ranges.items():
        if _instrument(name) not in numbers:
            text = commission.request["ranges"][name]
            raise InvalidBrief(f"range {text} of {name!r}: name it among the parts too, such as --parts {name}")
        _narrow(allowed, [_instrument(name)], limits)
    end = round(tick(Score(), commission.seconds or SECONDS))
    keys = (commission.key,) if commission.key else ()
    score = Score(keys=keys, end=end, title=f"Piece by {commission.card.name}")
    return Plan(score, [(0, end)], (), allowed)


def _accompanied(commission: Commission, source: Score) -> Plan:
    """Other instruments to all parts of a piece, or to the one that is named."""
    if len(commission.places) > 1:
        raise InvalidBrief(f"parts {', '.join(commission.named_parts)}: name the one that is the melody")
    kept = [source.parts[place] for place in commission.places] or list(source.parts)
    if not any(part.notes for part in kept):
        raise InvalidBrief(f"part {commission.named_parts[0]!r} is empty: there is nothing to accompany")
    taken = {arrival.instrument(part) for part in kept}
    free = [number for number in range(arrival.INSTRUMENTS) if number not in taken]
    score = replace(source, parts=tuple(kept), title=source.title or "Accompanied Melody")
    return Plan(score, [(0, score.end)], (), _of_instruments(free, commission.key), source)


def _on_parts(commission: Commission, score: Score, places: Sequence[int], source: Score) -> Plan:
    """Parts of a source: each may play what its instrument can, in its range, in the key."""
    limits = rules_of_parts(source, commission.ranges)
    allowed = np.zeros(arrival.NOTES, bool)
    for place in places:
        part = source.parts[place]
        own = _of_instruments([arrival.instrument(part)], commission.key)
        if not part.is_drums:
            _narrow(own, [part.program], (limits[place].low, limits[place].high))
        allowed |= own
    return Plan(score, commission.spans, places, allowed, source, limits)


def _emptied(part: Part, spans: Sequence[tuple[int, int]]) -> Part:
    """A part without the notes that begin within some spans."""
    kept = (note for note in part.notes if not any(first <= note.start < last for first, last in spans))
    return replace(part, notes=tuple(kept))


def perform(commission: Commission, progress: Progress | None = None) -> list[Work]:
    """Compose a work from each seed, the likeliest first; what is finished is kept when interrupted."""
    plan, card, verb, seeds = _plan(commission), commission.card, commission.verb, commission.seeds
    engine: Any = plugins.load(ENGINES, card.facts["engine"]).load(card)
    commission = replace(commission, card=engine.card)
    works: list[Work] = []
    try:
        for index, seed in enumerate(seeds, 1):
            clock = _clock(plan, f"{verb} {index}/{len(seeds)}" if len(seeds) > 1 else verb, progress)
            score, nats, spans = _composed(engine, commission, plan, np.random.default_rng(seed), clock)
            measured = {
                **features.qualities(score),
                "surprise": round(nats, 4),
                "score": {"total": round(float(np.exp(-nats)), 4)},
                "engine": {name: card.facts[name] for name in ("architecture", "licence")},
            }
            works.append(origins.work(commission, seed, score, measured=measured, composed=tuple(spans)))
    except KeyboardInterrupt:
        if not works:
            raise
    return sorted(works, key=lambda work: -float(work.origin.measured["score"]["total"]))


def _clock(plan: Plan, title: str, progress: Progress | None) -> Callable[[int], None]:
    """What takes the step that composing has reached, and says how many bars of the open ones are done."""
    ends = [bar.end for bar in bars(plan.score) if any(first <= bar.start < last for first, last in plan.spans)]

    def reached(step: int) -> None:
        at = round(tick(plan.score, step / arrival.STEPS))
        if progress:
            progress(title, sum(end <= at for end in ends), len(ends))

    return reached


def _composed(
    engine: Any, commission: Commission, plan: Plan, generator: np.random.Generator, reached: Callable[[int], None]
) -> tuple[Score, float, list[tuple[int, int, int]]]:
    """The whole score, the mean negative log-likelihood of what is new in it, and its spans."""
    temperature = TEMPERATURE if commission.temperature is None else commission.temperature
    score, nats = plan.score, []
    for first, last in plan.spans:
        start, stop = (round(arrival.STEPS * seconds(score, at)) for at in (first, last))
        rows = arrival.triples(score)
        request = anticipatory.Request(
            rows[rows[:, 0] < start],
            rows[rows[:, 0] >= start],
            start,
            stop,
            plan.allowed,
            Sampling(temperature, commission.top_p),
        )
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
        return replace(score, parts=(*score.parts, *arrival.parts(rows, notes)))
    parts = list(score.parts)
    numbered = sorted(zip(rows[:, 2] // arrival.PITCHES, notes, strict=True), key=lambda pair: int(pair[0]))
    for number, group in groupby(numbered, key=lambda pair: int(pair[0])):
        for _, note in group:
            place = _nearest(plan, number, note.pitch)
            parts[place] = replace(parts[place], notes=(*parts[place].notes, note))
    return replace(score, parts=tuple(parts))


def _notes(score: Score, rows: Integers, span: tuple[int, int]) -> Iterator[Note]:
    """Rows as notes that begin within a span of ticks and end in it."""
    first, last = span
    for begins, lasts, sounds in rows.tolist():
        start = min(max(round(tick(score, begins / arrival.STEPS)), first), last - 1)
        end = min(max(round(tick(score, (begins + lasts) / arrival.STEPS)), start + 1), last)
        yield Note(start, end - start, sounds % arrival.PITCHES)


def _nearest(plan: Plan, number: int, pitch: int) -> int:
    """Of the parts that are composed and play an instrument the one whose notes lie nearest to a pitch."""
    whole = plan.source or plan.score
    able = [
        place
        for place in plan.places
        if arrival.instrument(whole.parts[place]) == number
        and (number == arrival.DRUMS or plan.limits[place].low <= pitch <= plan.limits[place].high)
    ]

    def distance(place: int) -> float:
        pitches = [note.pitch for note in whole.parts[place].notes]
        return abs(float(np.mean(pitches)) - pitch) if pitches else 0.0

    return min(able, key=distance)


def _instrument(name: str) -> int:
    if name.strip().lower() == "drums":
        return arrival.DRUMS
    try:
        return program_number(name)
    except Exception as error:
        raise InvalidBrief(str(error)) from None


def _of_instruments(numbers: Sequence[int], key: Key | None) -> Allowed:
    """Every note of some instruments, within the key that is asked for."""
    every = np.arange(arrival.NOTES)
    allowed = np.isin(every // arrival.PITCHES, list(numbers))
    if key:
        in_key = np.isin(every % arrival.PITCHES % 12, key.scale)
        allowed &= in_key | (every // arrival.PITCHES == arrival.DRUMS)
    return allowed


def _narrow(allowed: Allowed, numbers: Sequence[int], limits: tuple[int, int]) -> None:
    """Take out the notes of some instruments that are outside of a range."""
    for number in numbers:
        allowed[number * arrival.PITCHES : number * arrival.PITCHES + limits[0]] = False
        allowed[number * arrival.PITCHES + limits[1] + 1 : (number + 1) * arrival.PITCHES] = False
