"""Filling the open cells of pieces, many at once; see `firmus.runtime.decoding` for one.

A piece may be filled by several requests that follow one another, each composed several times, of which one is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from copy import deepcopy
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.batch import Batch, BatchClient, open_batch
from firmus.runtime.decoding import Callbacks, decoding
from firmus.runtime.part_order import PartOrder
from firmus.runtime.request import Bar, Filled, Request
from firmus.runtime.sampling import Sampling, draw
from firmus.runtime.steering import Steering
from firmus.runtime.stepper import ROWS, Stepper
from firmus.runtime.weights import Card
from firmus.score import Chord, Score
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_PLACE, BAR_START
from firmus.tokens.events.cursor import Cursor


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
    running: dict[int, _Job] = {}
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

    def emit(number: int, bar: Bar) -> None:
        if on_bar and number in running:
            running[number].reported[bar.number] = bar
            on_bar(number, bar)

    def callbacks(number: int, order: PartOrder) -> Callbacks:
        return Callbacks(
            lambda *bars: batch.call_soon(partial(reach, number, *bars)),
            (lambda bar: batch.call_soon(partial(emit, number, order.original_bar(bar)))) if on_bar else None,
        )

    try:
        while True:
            free = max(0, batch.rows - sum(len(job.attempts) for job in running.values()))
            for number, (request, generator) in islice(queued, free):
                order = PartOrder.of(stepper.card, request.score)
                running[number] = _Job(stepper.card, order, generator, callbacks(number, order))
                running[number].begin(batch, request)
            if not running:
                return
            batch.step()
            for number, job in [(number, job) for number, job in running.items() if job.is_done()]:
                filled = job.chosen()
                for bar in job.corrections(filled.score) if on_bar else ():
                    emit(number, bar)
                if further := job.request.then(filled.score) if job.request.then else None:
                    job.begin(batch, further)
                    continue
                if job.request.bars:
                    reach(number, job.request.bars, job.request.bars)
                del running[number]
                reached.pop(number, None)
                finished += 1
                yield number, filled
                if reached:
                    report()
    finally:
        for job in running.values():
            job.cancel()
        batch.close()


class _Job:
    """A piece in the making: the request that is being composed, and its attempts, one for each alternative."""

    def __init__(self, card: Card, order: PartOrder, generator: np.random.Generator, callbacks: Callbacks) -> None:
        self.length, self.is_compact = card.shape["length"], events.is_compact(card.facts)
        self.order, self.generator, self.callbacks = order, generator, callbacks
        self.request: Request
        self.attempts: list[Future[Filled]] = []
        self.steering: list[Steering] = []
        self.kept = 0  # which attempt was kept
        self.nats, self.tokens = 0.0, 0  # of all requests so far
        self.reported: dict[int, Bar] = {}

    def begin(self, batch: Batch | BatchClient, request: Request) -> None:
        """Let a request be composed, for the first attempt with progress."""
        steering = self.steering[self.kept] if self.attempts else Steering(request.targets, request.rules)
        count = request.alternatives
        generators = [self.generator] if count == 1 else self.generator.spawn(count)
        self.request, ordered = request, self.order.request(request)
        self.steering = [deepcopy(steering) for _ in generators]
        sequences = (
            decoding(ordered, own, self.length, SILENT if place else self.callbacks, self.is_compact, steered)
            for place, (own, steered) in enumerate(zip(generators, self.steering, strict=True))
        )
        self.attempts = [batch.add(sequence) for sequence in sequences]

    def is_done(self) -> bool:
        return all(attempt.done() for attempt in self.attempts)

    def chosen(self) -> Filled:
        """The attempt that is kept, with the mean log-loss of all requests of this piece so far."""
        filled = [attempt.result() for attempt in self.attempts]
        scores = [self.order.original(each.score) for each in filled]
        self.kept = self.request.choose(scores) if self.request.choose and len(scores) > 1 else 0
        kept = filled[self.kept]
        self.nats += kept.nats * kept.tokens
        self.tokens += kept.tokens
        return Filled(scores[self.kept], self.nats / max(self.tokens, 1), self.tokens)

    def corrections(self, score: Score) -> list[Bar]:
        """Bars that are not as they were reported, if they were: repeated ones, and those of another attempt."""
        found = bars_of(score, range(len(self.request.is_open)))
        return [bar for bar in found if self.reported.get(bar.number) != bar]

    def cancel(self) -> None:
        for attempt in self.attempts:
            attempt.cancel()


SILENT = Callbacks(lambda done, total: None)


def bars_of(score: Score, numbers: Iterable[int]) -> Iterator[Bar]:
    """Complete bars of a score."""
    ticks = [*events.prepare(score)["ticks"].tolist(), 2**62]
    for number in numbers:
        within = [
            (place, note)
            for place, part in enumerate(score.parts)
            for note in part.notes
            if ticks[number] <= note.start < ticks[number + 1]
        ]
        yield Bar(number, tuple(within))


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
