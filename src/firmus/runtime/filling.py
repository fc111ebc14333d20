"""Filling the open cells of a piece: prompt, tokens one by one, notes.

A piece too long for the model is filled window by window: some bars of what stands before are read again, and
as many of what stands after as there is room for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.constraints import Grammar, Rules
from firmus.runtime.sampling import Sampling, draw
from firmus.runtime.stepper import Stepper
from firmus.score import Chord, Note, Score
from firmus.tokens import Prepared, events
from firmus.tokens import _vocabulary as v
from firmus.tokens._cells import BAR_PLACE, BAR_START
from firmus.tokens._cursor import Cursor

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
    """

    score: Score
    is_open: Open
    style: str
    rules: Rules
    sampling: Sampling
    controls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of a request: the score, and the mean surprise (nats) of its tokens, of which there are so many."""

    score: Score
    nats: float
    tokens: int


def fill(
    stepper: Stepper,
    request: Request,
    generator: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> Filled:
    """Compose the open cells.

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
    score, left = request.score, request.is_open.copy()
    total, done = int(left.any(axis=1).sum()), 0
    nats: list[float] = []
    while left.any():
        prepared = events.prepare(score, request.style)
        first, last = window(prepared, left, stepper.card.shape["length"])
        now = np.zeros_like(left)
        now[first:last] = left[first:last]
        cursor = Cursor()
        for token, cost in _sequence(stepper, request, prepared, (first, last), now, cursor, generator):
            nats.append(cost)
            if token == v.BAR and progress:
                progress(min(done + 1, total), total)
                done += 1
        score = _merge(score, prepared, first, now, cursor)
        left[first:last] = False
    return Filled(score, sum(nats) / max(len(nats), 1), len(nats))


def window(prepared: Prepared, is_open: Open, length: int) -> tuple[int, int]:
    """First bar to be told and the bar after the last: as many as there is room for."""
    sizes = np.diff(prepared["borders"]).reshape(is_open.shape)
    cost = np.where(is_open, USUAL_CELL, sizes + 1).sum(axis=1) + 4
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


def _sequence(
    stepper: Stepper,
    request: Request,
    prepared: Prepared,
    span: tuple[int, int],
    is_open: Open,
    cursor: Cursor,
    generator: np.random.Generator,
) -> Iterator[tuple[int, float]]:
    """Feed the prompt, then draw tokens until the end: each with its surprise in nats."""
    prompt = events.assemble(prepared, is_open, *span, request.controls, with_fill=False)
    for token in prompt.tokens.tolist():
        cursor.push(token)
    origin = int(prepared["bars"][span[0], BAR_START])
    moved = tuple((max(0, start - origin), tones) for start, tones in request.rules.chords)
    final = request.rules.final if span[1] == len(prepared["bars"]) else ()
    grammar = Grammar(cursor, replace(request.rules, chords=moved, final=final))
    state = stepper.start(stepper.card.shape["length"] + 256)
    logits = stepper.feed(prompt.tokens, prompt.slots, state)
    while cursor.phase != "end":
        allowed = grammar.allowed()
        token = draw(logits, allowed, request.sampling, generator)
        slot = cursor.push(token)
        yield token, surprise(logits, allowed, token)
        if cursor.phase != "end":
            logits = stepper.feed(np.array([token]), np.array([slot]), state)


def _merge(score: Score, prepared: Prepared, first: int, filled: Open, cursor: Cursor) -> Score:
    """Add to the score what the cursor read into the filled cells, at the ticks where its bars begin."""
    starts = np.array([bar.start for bar in cursor.bars])
    ticks, places = prepared["ticks"], prepared["bars"][:, BAR_PLACE]

    def tick(time: int) -> tuple[int, int]:
        bar = int(np.searchsorted(starts, time, side="right")) - 1
        return first + bar, int(ticks[first + bar]) + (time - int(starts[bar]) - int(places[first + bar])) * v.UNIT

    parts = []
    for lane, part in enumerate(score.parts, 1):
        composed = []
        for start, steps, pitch, velocity in cursor.notes[lane - 1]:
            bar, begin = tick(start)
            if bool(filled[bar][lane]):
                composed.append(Note(begin, steps * v.UNIT, pitch, velocity))
        parts.append(replace(part, notes=part.notes + tuple(composed)))
    chords = {chord.start: chord for chord in score.chords}
    if filled[:, 0].any():
        for chord in cursor.score().chords:
            bar, begin = tick(chord.start // v.UNIT + cursor.bars[0].place)
            if bool(filled[bar][0]):
                chords[begin] = replace(chord, start=begin)
    return replace(score, parts=tuple(parts), chords=tuple(chords[at] for at in sorted(chords)))


def suggest(
    stepper: Stepper, prompt: list[int], family: str, allowed: NDArray[np.bool_], generator: np.random.Generator
) -> int:
    """Let the model choose one token of a family (a key, a meter) after a prompt; returns its place in the family."""
    cursor = Cursor()
    slots = np.array([cursor.push(token) for token in prompt])
    logits = stepper.feed(np.array(prompt), slots, stepper.start(len(prompt)))
    mask = np.zeros(v.VOCABULARY, bool)
    first = int(np.flatnonzero(v.FAMILY[family] == v.FAMILY_OF)[0])
    mask[first : first + len(allowed)] = allowed
    return draw(logits, mask, Sampling(1.0, 0.95), generator) - first


def chord_rules(score: Score, chords: tuple[Chord, ...]) -> tuple[tuple[int, frozenset[int]], ...]:
    """Chords as `Rules` holds them: time in steps, pitch classes."""
    prepared = events.prepare(score)
    starts, ticks = prepared["bars"][:, BAR_START], prepared["ticks"]
    rules = []
    for chord in chords:
        bar = int(np.searchsorted(ticks, chord.start, side="right")) - 1
        steps = (chord.start - int(ticks[bar])) // v.UNIT + int(prepared["bars"][bar, BAR_PLACE])
        rules.append((int(starts[bar]) + steps, frozenset(chord.pitch_classes)))
    return tuple(rules)


def surprise(logits: NDArray[np.float32], allowed: NDArray[np.bool_], token: int) -> float:
    """Nats of a token among those allowed."""
    scores = logits[allowed]
    top = float(scores.max())
    return top + float(np.log(np.exp(scores - top).sum())) - float(logits[token])
