"""Filling the open cells of a piece: prompt, tokens one by one, notes.

A piece longer than the model's context is filled window by window: each window begins with some bars of left context
and includes as many bars of right context as fit.
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

from firmus.runtime.batch import Feed, Sequence, open_batch
from firmus.runtime.constraints import Grammar, Rules
from firmus.runtime.draft import Draft
from firmus.runtime.part_order import PartOrder
from firmus.runtime.repetition import Repetition
from firmus.runtime.sampling import Sampling, draw, negative_log_likelihood, reweighed
from firmus.runtime.steering import Steering
from firmus.runtime.stepper import ROWS, Stepper
from firmus.runtime.voice_leading import STRANGE, VoiceLeading
from firmus.score import Chord, Note, Score
from firmus.tokens import Prepared, events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_PLACE, BAR_START
from firmus.tokens.events.cursor import Cursor

Open = NDArray[np.bool_]
PITCHES = slice(vocabulary.PITCH, vocabulary.PITCH + 128)
TYPICAL_CELL = 16  # tokens of an open cell of one part, as an estimate before it is composed
CONTEXT_BARS = 8  # bars of left context of a window
ENDING = 3  # bars at the end of a piece that are in one window, where there are several


@dataclass(frozen=True, slots=True)
class Request:
    """Which cells of a score to fill, and under which constraints.

    Parameters
    ----------
    score : Score
        With the notes of open cells already removed.
    is_open : array (B, P + 1) of bool
        Cells to fill: bars as `firmus.tokens.events` counts them, lane 0 the chord symbols.
    style : str
        ``""`` for none.
    rules : Rules
        Times count from the start of the piece.
    sampling : Sampling
    voices : tuple of int
        Parts, from 1 and the highest first, that are led as voices; see `firmus.runtime.voice_leading`.
    dissonance : float
        Nats that a dissonance of the outer voices loses on a beat.
    controls : tuple of int
        Control tokens: the requested attributes of the open cells.
    targets : mapping of str to float
        Target values of controls, for guidance during sampling; see `firmus.runtime.steering`.
    is_plan : bool
        Whether the chord lane alone is filled, and the other open cells stay empty (see `firmus.tokens.events`); the
        model's card must have ``"plan"`` among its controls.
    bars : int
        Bars of the whole piece, of which progress is reported where requests follow one another (`then`).
    then : callable, optional
        Makes the next request, if any, from the resulting score; a piece in sections is composed this way.
    """

    score: Score
    is_open: Open
    style: str
    rules: Rules
    sampling: Sampling
    voices: tuple[int, ...] = ()
    dissonance: float = 0.0
    controls: tuple[int, ...] = ()
    targets: Mapping[str, float] = field(default_factory=dict)
    is_plan: bool = False
    bars: int = 0
    then: Callable[[Score], Request | None] | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """The result of a request: score, mean negative log-likelihood (nats) per token, and number of tokens."""

    score: Score
    nats: float
    tokens: int


class Bar(NamedTuple):
    """The notes composed in one bar, reported once it is complete; a later report of the same bar replaces it.

    Parameters
    ----------
    number : int
        Index of the bar, from 0, as `firmus.tokens.events` counts them.
    notes : tuple of (int, Note)
        Index of the part, and note.
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
        Called with bars done and bars in total.

    Returns
    -------
    Filled
        The request's score with the composed notes added; everything given is unchanged.
    """
    on_progress = (lambda _, done, total: progress(done, total)) if progress else None
    return next(fill_all(stepper, [(request, generator)], on_progress, rows=1))[1]


def fill_all(
    stepper: Stepper,
    jobs: Iterable[tuple[Request, np.random.Generator]],
    progress: Callable[[int, int, int], None] | None = None,
    rows: int = ROWS,
    on_bar: Callable[[int, Bar], None] | None = None,
) -> Iterator[tuple[int, Filled]]:
    """Compose the open cells of many requests in batches; each result equals that of `fill` alone.

    Parameters
    ----------
    stepper : Stepper
    jobs : iterable of (Request, numpy.random.Generator)
        Consumed one by one, when a row is free.
    progress : callable, optional
        Called with the number of finished requests and, of the one that is furthest, bars done and in total.
    rows : int
        Batch size: requests filled together at most.
    on_bar : callable, optional
        Called with the index of a request among the jobs, and each of its bars once complete.

    Yields
    ------
    (int, Filled)
        Index of a request among the jobs, and its result, as soon as it is finished.
    """
    batch, queued = open_batch(stepper, rows), iter(enumerate(jobs))
    orders: dict[int, PartOrder] = {}
    running: dict[Future[Filled], int] = {}
    reached: dict[int, tuple[int, int]] = {}
    finished, last = 0, (0, 0, 0)

    def report() -> None:
        nonlocal last
        furthest = max(reached.values(), key=lambda each: each[0] / each[1], default=last[1:])
        if progress and (finished, *furthest) != last:
            last = (finished, *furthest)
            progress(*last)

    def reach(number: int, done: int, total: int) -> None:
        reached[number] = (done, total)
        report()

    def callbacks(number: int) -> Callbacks:
        emit = on_bar and partial(on_bar, number)
        return Callbacks(
            lambda *bars: batch.call_soon(partial(reach, number, *bars)),
            (lambda bar: batch.call_soon(partial(emit, orders[number].original_bar(bar)))) if emit else None,
        )

    length, is_compact = stepper.card.shape["length"], events.is_compact(stepper.card.facts)
    try:
        while True:
            for number, (request, generator) in islice(queued, max(0, batch.rows - len(running))):
                orders[number] = PartOrder.of(stepper.card, request.score)
                ordered = orders[number].request(request)
                sequence = filling(ordered, generator, length, callbacks(number), is_compact)
                running[batch.add(sequence)] = number
            if not running:
                return
            batch.step()
            for future in [each for each in running if each.done()]:
                number = running.pop(future)
                reached.pop(number, None)
                finished += 1
                filled = future.result()
                yield number, replace(filled, score=orders[number].original(filled.score))
                if reached:
                    report()
    finally:
        for future in running:
            future.cancel()
        batch.close()


class Callbacks(NamedTuple):
    """Observers of a sequence: of its progress (bars done, bars in total), and optionally of each complete bar."""

    progress: Callable[[int, int], None]
    on_bar: Callable[[Bar], None] | None = None


def filling(
    request: Request, generator: np.random.Generator, length: int, callbacks: Callbacks, is_compact: bool = True
) -> Sequence[Filled]:
    """The sequence, for a `Batch`, that composes a request's open cells with a model of `length` tokens of context."""
    nats: list[float] = []
    before = 0
    steering = Steering(request.targets, request.rules)
    while True:
        within = callbacks
        if request.bars:
            first = int(np.flatnonzero(request.is_open.any(axis=1))[0]) if request.is_open.any() else before
            within = callbacks._replace(progress=partial(_progress_within, callbacks.progress, first, request.bars))
        draft = Draft(request.score, request.style, bool(request.is_open[:, 0].any()), is_compact)
        score = yield from _once(request, draft, steering, generator, length, nats, within)
        if callbacks.on_bar and (request.then or request.bars):  # repeated sections are reported, too
            _report_bars(callbacks.on_bar, score, range(before, len(request.is_open)))
        before = len(request.is_open)
        further = request.then(score) if request.then else None
        if further is None:
            if request.bars:
                callbacks.progress(request.bars, request.bars)
            return Filled(score, sum(nats) / max(len(nats), 1), len(nats))
        request = further


def _report_bars(on_bar: Callable[[Bar], None], score: Score, bars: range) -> None:
    """Report complete bars of a score."""
    ticks = [*events.prepare(score)["ticks"].tolist(), 2**62]
    for index in bars:
        within = [
            (place, note)
            for place, part in enumerate(score.parts)
            for note in part.notes
            if ticks[index] <= note.start < ticks[index + 1]
        ]
        on_bar(Bar(index, tuple(within)))


def _progress_within(progress: Callable[[int, int], None], before: int, bars: int, done: int, total: int) -> None:
    """Report progress in a piece of so many bars, of which some were there before."""
    progress(min(before + done, bars), bars)


def _once(
    request: Request,
    draft: Draft,
    steering: Steering,
    generator: np.random.Generator,
    length: int,
    nats: list[float],
    callbacks: Callbacks,
) -> Sequence[Score]:
    """Compose the open cells of one request, without its `then`; each token's log-loss is appended to `nats`."""
    left = request.is_open.copy()
    of_drums, of_fills = request.sampling.of_drums, request.sampling.of_fills
    total, done = int(left.any(axis=1).sum()), 0
    while left.any():
        first, last = window(draft.prepared, left, length)
        now = np.zeros_like(left)
        now[first:last] = left[first:last]
        prompt = events.assemble(
            draft.prepared, now, first, last, request.controls, with_fill=False, is_plan=request.is_plan
        )
        cursor = Cursor()
        repetition = Repetition(cursor)
        for token in prompt.tokens.tolist():
            cursor.push(token)
            repetition.observe(token)
        grammar = Grammar(cursor, rules_within(request.rules, draft.prepared, first, last))
        leading = VoiceLeading(cursor, request.voices, request.rules.beat, request.dissonance)
        steering.window()
        logits = (yield Feed(prompt.tokens, prompt.slots, restart=True))[: vocabulary.COMPLETION]
        while True:
            allowed = grammar.allowed()
            steered, sampling = steering.steer(logits, cursor), request.sampling
            if allowed[PITCHES].any():
                penalised = _penalised(steered, leading.penalties(), repetition)
                steered = reweighed(steered, penalised, allowed, PITCHES, sampling)
            elif cursor.lane > 0 and cursor.programs[cursor.lane - 1] == vocabulary.DRUMS:
                is_last = first + cursor.bar == len(left) - 1
                steered, sampling = _penalised(steered, None, repetition), of_fills if is_last else of_drums
            elif cursor.lane == 0 and (strange := leading.strange_chords()):
                steered = steered.copy()
                steered[strange] -= STRANGE
            token = draw(steered, allowed, sampling, generator)
            nats.append(negative_log_likelihood(logits, allowed, token))
            bar = cursor.bar if cursor.phase == "fill" else -1
            slot = cursor.push(token)
            steering.observe(token, cursor)
            repetition.observe(token)
            if token == vocabulary.BAR:
                callbacks.progress(min(done + 1, total), total)
                done += 1
            if callbacks.on_bar and bar >= 0 and (token == vocabulary.BAR or cursor.phase == "end"):
                callbacks.on_bar(Bar(first + bar, draft.bar_notes(cursor, now, first, bar)))
            if cursor.phase == "end":
                break
            logits = (yield Feed([token], [slot]))[: vocabulary.COMPLETION]
        draft.add(cursor, now, first, last)
        left[first:last] = False
    return draft.score()


def _penalised(
    logits: NDArray[np.float32], faults: NDArray[np.float64] | None, repetition: Repetition
) -> NDArray[np.float32]:
    """The logits (V,) without the nats that faults of voice leading and repetition lose."""
    repeated, nats = repetition.penalty()
    if faults is None and not repeated:
        return logits
    logits = logits.copy()
    logits[repeated] -= nats
    if faults is not None:
        logits[PITCHES] -= faults
    return logits


def rules_within(rules: Rules, prepared: Prepared, first: int, last: int) -> Rules:
    """Rules with times relative to a window's start; those of the ending hold only if it reaches the last bar."""
    origin = int(prepared["bars"][first, BAR_START])
    shifted = tuple((max(0, start - origin), tones) for start, tones in rules.chords)
    is_end = last == len(prepared["bars"])
    return replace(
        rules,
        chords=shifted,
        final=rules.final if is_end else (),
        final_chord=rules.final_chord if is_end else None,
        cadence=tuple(
            (part, tuple((max(0, start - origin), tones) for start, tones in own)) for part, own in rules.cadence
        )
        if is_end
        else (),
    )


def window(prepared: Prepared, is_open: Open, length: int, is_known: bool = False) -> tuple[int, int]:
    """First bar of the next window and the bar after its last: as many as fit into `length` tokens.

    `is_known`: the open cells have their music already, so their size need not be estimated.
    """
    sizes = np.diff(prepared["borders"]).reshape(is_open.shape)
    cost = np.where(is_open, sizes + 3 if is_known else TYPICAL_CELL, sizes + 1).sum(axis=1) + 4
    opened = np.flatnonzero(is_open.any(axis=1))
    count, budget = len(cost), length - len(prepared["programs"]) - 8
    first = max(0, int(opened[0]) - CONTEXT_BARS)
    if cost.sum() <= budget:
        return 0, count
    while first < opened[0] and cost[first : opened[0] + 1].sum() > budget * 2 // 3:
        first += 1
    last = int(opened[0]) + 1
    while last < count and cost[first : last + 1].sum() <= budget:
        last += 1
    if last < count:
        last = max(int(opened[0]) + 1, min(last, count - ENDING))
    return first, last


def suggest(
    stepper: Stepper, prompt: list[int], family: str, allowed: NDArray[np.bool_], generator: np.random.Generator
) -> int:
    """Sample one token of a family (a key, a meter) after a prompt; returns its index in the family."""
    cursor = Cursor()
    slots = np.array([cursor.push(token) for token in prompt])
    logits = stepper.feed(np.array(prompt), slots, stepper.start(len(prompt)))
    mask = np.zeros(len(logits), bool)
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
