"""Filling the open cells of a piece: prompt, tokens one by one, notes.

A piece too long for the model is filled window by window: some bars of what stands before are read again, and
as many of what stands after as there is room for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.batch import Feed, Sequence, place
from firmus.runtime.constraints import Grammar, Rules
from firmus.runtime.draft import Draft
from firmus.runtime.sampling import Sampling, draw, surprise
from firmus.runtime.steering import Steering
from firmus.runtime.stepper import ROWS, Stepper
from firmus.score import Chord, Note, Score
from firmus.tokens import Prepared, events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_PLACE, BAR_START
from firmus.tokens.events.cursor import Cursor

Open = NDArray[np.bool_]
USUAL_CELL = 16  # tokens of an open cell of one part, as a guess before it is composed
CONTEXT_BARS = 8  # bars before a window that are read again


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be filled.

    Parameters
    ----------
    score : Score
        With the notes of open cells already taken out.
    is_open : array (B, P + 1) of bool
        Cells to fill: bars as `firmus.tokens.events` counts them, lane 0 the chord symbols.
    style : str
        ``""`` for none.
    rules : Rules
        With times counted from the start of the piece.
    sampling : Sampling
    controls : tuple of int
        Control tokens: what the open cells are to be like.
    targets : mapping of str to float
        What is seen to while composing; see `firmus.runtime.steering`.
    then : callable, optional
        What is to be filled next, if anything, out of the score that came of this; a piece in sections is composed so.
    """

    score: Score
    is_open: Open
    style: str
    rules: Rules
    sampling: Sampling
    controls: tuple[int, ...] = ()
    targets: Mapping[str, float] = field(default_factory=dict)
    then: Callable[[Score], Request | None] | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of a request: the score, and the mean surprise (nats) of its tokens, of which there are so many."""

    score: Score
    nats: float
    tokens: int


class Bar(NamedTuple):
    """Notes that were composed in one bar, as soon as it is whole; told again, they replace what was told of it.

    Parameters
    ----------
    number : int
        Of the bar, from 0, as `firmus.tokens.events` counts them.
    notes : tuple of (int, Note)
        With the place of the part of each.
    """

    number: int
    notes: tuple[tuple[int, Note], ...]


def fill(
    stepper: Stepper,
    request: Request,
    generator: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> Filled:
    """Compose the open cells of one request.

    Parameters
    ----------
    stepper : Stepper
    request : Request
    generator : numpy.random.Generator
    progress : callable, optional
        Takes the bars done and the bars to do.

    Returns
    -------
    Filled
        The request's score with the composed notes added; everything given is as it was.
    """
    told = (lambda _, done, total: progress(done, total)) if progress else None
    return next(fill_all(stepper, [(request, generator)], told, rows=1))[1]


def fill_all(
    stepper: Stepper,
    jobs: Iterable[tuple[Request, np.random.Generator]],
    progress: Callable[[int, int, int], None] | None = None,
    rows: int = ROWS,
    heard: Callable[[int, Bar], None] | None = None,
) -> Iterator[tuple[int, Filled]]:
    """Compose the open cells of many requests, some of them at a time; each comes out as `fill` makes it alone.

    Parameters
    ----------
    stepper : Stepper
    jobs : iterable of (Request, numpy.random.Generator)
        Taken one by one, when there is room.
    progress : callable, optional
        Takes the number of requests that are finished and, of the one that is furthest, bars done and to do.
    rows : int
        Requests that are filled together at most.
    heard : callable, optional
        Takes the place of a request among the jobs, and each bar of it that is whole.

    Yields
    ------
    (int, Filled)
        Place of a request among the jobs, and what came of it, as soon as it is finished.
    """
    own, coming = place(stepper, rows), iter(enumerate(jobs))
    running: dict[Future[Filled], int] = {}
    reached: dict[int, tuple[int, int]] = {}
    finished, last = 0, (0, 0, 0)

    def tell() -> None:
        nonlocal last
        furthest = max(reached.values(), key=lambda each: each[0] / each[1], default=last[1:])
        if progress and (finished, *furthest) != last:
            last = (finished, *furthest)
            progress(*last)

    def reach(number: int, done: int, total: int) -> None:
        reached[number] = (done, total)
        tell()

    def listener(number: int) -> Listener:
        whole = heard and partial(heard, number)
        return Listener(
            lambda *bars: own.later(partial(reach, number, *bars)),
            (lambda bar: own.later(partial(whole, bar))) if whole else None,
        )

    length = stepper.card.shape["length"]
    try:
        while True:
            for number, (request, generator) in islice(coming, max(0, own.rows - len(running))):
                running[own.add(filling(request, generator, length, listener(number)))] = number
            if not running:
                return
            own.step()
            for future in [each for each in running if each.done()]:
                number = running.pop(future)
                reached.pop(number, None)
                finished += 1
                yield number, future.result()
                if reached:
                    tell()
    finally:
        for future in running:
            future.cancel()
        own.leave()


class Listener(NamedTuple):
    """Who is told how far a sequence is (bars done, bars to do), and what it composed, if anybody wants it."""

    progress: Callable[[int, int], None]
    heard: Callable[[Bar], None] | None = None


def filling(request: Request, generator: np.random.Generator, length: int, listener: Listener) -> Sequence[Filled]:
    """The sequence, for a `Batch`, that composes the open cells of a request with a model of so many tokens."""
    nats: list[float] = []
    done = before = 0
    steering = Steering(request.targets, request.rules)
    while True:
        following = listener._replace(progress=partial(_further, listener.progress, done))
        score = yield from _once(request, steering, generator, length, nats, following)
        done += int(request.is_open.any(axis=1).sum())
        if listener.heard and (request.then or before):  # what came back by itself is told, too
            _tell(listener.heard, score, range(before, len(request.is_open)))
            before = len(request.is_open)
        further = request.then(score) if request.then else None
        if further is None:
            return Filled(score, sum(nats) / max(len(nats), 1), len(nats))
        request = further


def _tell(heard: Callable[[Bar], None], score: Score, bars: range) -> None:
    """Tell whole bars of a score."""
    ticks = [*events.prepare(score)["ticks"].tolist(), 2**62]
    for index in bars:
        within = [
            (place, note)
            for place, part in enumerate(score.parts)
            for note in part.notes
            if ticks[index] <= note.start < ticks[index + 1]
        ]
        heard(Bar(index, tuple(within)))


def _further(progress: Callable[[int, int], None], before: int, done: int, total: int) -> None:
    """Tell progress after bars that were done before."""
    progress(before + done, before + total)


def _once(
    request: Request,
    steering: Steering,
    generator: np.random.Generator,
    length: int,
    nats: list[float],
    listener: Listener,
) -> Sequence[Score]:
    """Compose the open cells of one request, without what is to follow; the surprise of each token goes to `nats`."""
    draft, left = Draft(request.score, request.style, bool(request.is_open[:, 0].any())), request.is_open.copy()
    total, done = int(left.any(axis=1).sum()), 0
    while left.any():
        first, last = window(draft.prepared, left, length)
        now = np.zeros_like(left)
        now[first:last] = left[first:last]
        prompt = events.assemble(draft.prepared, now, first, last, request.controls, with_fill=False)
        cursor = Cursor()
        for token in prompt.tokens.tolist():
            cursor.push(token)
        grammar = Grammar(cursor, rules_within(request.rules, draft.prepared, first, last))
        steering.window()
        logits = yield Feed(prompt.tokens, prompt.slots, anew=True)
        while True:
            allowed = grammar.allowed()
            token = draw(steering.steer(logits, cursor), allowed, request.sampling, generator)
            nats.append(surprise(logits, allowed, token))
            bar = cursor.bar if cursor.phase == "fill" else -1
            slot = cursor.push(token)
            steering.heard(token, cursor)
            if token == vocabulary.BAR:
                listener.progress(min(done + 1, total), total)
                done += 1
            if listener.heard and bar >= 0 and (token == vocabulary.BAR or cursor.phase == "end"):
                listener.heard(Bar(first + bar, draft.whole(cursor, now, first, bar)))
            if cursor.phase == "end":
                break
            logits = yield Feed([token], [slot])
        draft.add(cursor, now, first, last)
        left[first:last] = False
    return draft.score()


def rules_within(rules: Rules, prepared: Prepared, first: int, last: int) -> Rules:
    """Rules with times counted from the start of a window; it ends the piece only if it reaches its last bar."""
    origin = int(prepared["bars"][first, BAR_START])
    moved = tuple((max(0, start - origin), tones) for start, tones in rules.chords)
    is_end = last == len(prepared["bars"])
    return replace(
        rules,
        chords=moved,
        final=rules.final if is_end else (),
        final_chord=rules.final_chord if is_end else None,
    )


def window(prepared: Prepared, is_open: Open, length: int, is_known: bool = False) -> tuple[int, int]:
    """First bar to be told and the bar after the last: as many as there is room for.

    `is_known`: the open cells have their music already, so that one need not guess how long it is.
    """
    sizes = np.diff(prepared["borders"]).reshape(is_open.shape)
    cost = np.where(is_open, sizes + 3 if is_known else USUAL_CELL, sizes + 1).sum(axis=1) + 4
    opened = np.flatnonzero(is_open.any(axis=1))
    count, room = len(cost), length - len(prepared["programs"]) - 8
    first = max(0, int(opened[0]) - CONTEXT_BARS)
    if cost.sum() <= room:
        return 0, count
    while first < opened[0] and cost[first : opened[0] + 1].sum() > room * 2 // 3:
        first += 1
    last = int(opened[0]) + 1
    while last < count and cost[first : last + 1].sum() <= room:
        last += 1
    return first, last


def suggest(
    stepper: Stepper, prompt: list[int], family: str, allowed: NDArray[np.bool_], generator: np.random.Generator
) -> int:
    """Let the model choose one token of a family (a key, a meter) after a prompt; returns its place in the family."""
    cursor = Cursor()
    slots = np.array([cursor.push(token) for token in prompt])
    logits = stepper.feed(np.array(prompt), slots, stepper.start(len(prompt)))
    mask = np.zeros(vocabulary.VOCABULARY, bool)
    first = int(np.flatnonzero(vocabulary.FAMILY[family] == vocabulary.FAMILY_OF)[0])
    mask[first : first + len(allowed)] = allowed
    return draw(logits, mask, Sampling(1.0, 0.95), generator) - first


def chord_rules(score: Score, chords: tuple[Chord, ...]) -> tuple[tuple[int, frozenset[int]], ...]:
    """Chords as `Rules` holds them: time in steps, pitch classes."""
    prepared = events.prepare(score)
    starts, ticks = prepared["bars"][:, BAR_START], prepared["ticks"]
    rules = []
    for chord in chords:
        bar = int(np.searchsorted(ticks, chord.start, side="right")) - 1
        steps = (chord.start - int(ticks[bar])) // vocabulary.UNIT + int(prepared["bars"][bar, BAR_PLACE])
        rules.append((int(starts[bar]) + steps, frozenset(chord.pitch_classes)))
    return tuple(rules)
