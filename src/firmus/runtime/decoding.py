"""Decoding the open cells of a piece: prompt, tokens one by one, notes.

A piece longer than the model's context is filled window by window: each window begins with some bars of left context
and includes as many bars of right context as fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.batch import Feed, Sequence
from firmus.runtime.constraints import Grammar, Rules
from firmus.runtime.draft import Draft
from firmus.runtime.originality import PENALTY, CopyGuard
from firmus.runtime.repetition import Repetition
from firmus.runtime.request import Bar, Filled, Open, Request
from firmus.runtime.sampling import Sampling, draw, negative_log_likelihood, reweighed
from firmus.runtime.steering import Steering
from firmus.runtime.voice_leading import STRANGE, VoiceLeading
from firmus.runtime.watermark import Watermark
from firmus.score import Score
from firmus.tokens import Integers, Prepared, events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cells import BAR_START
from firmus.tokens.events.cursor import Cursor

PITCHES = slice(vocabulary.PITCH, vocabulary.PITCH + 128)
VELOCITIES = slice(vocabulary.VELOCITY, vocabulary.VELOCITY + len(vocabulary.VELOCITIES))
DURATIONS = slice(vocabulary.DURATION, vocabulary.DURATION + len(vocabulary.DURATIONS))
TYPICAL_CELL = 16  # tokens of an open cell of one part, as an estimate before it is composed
CONTEXT_BARS = 8  # bars of left context of a window
ENDING = 3  # bars at the end of a piece that are in one window, where there are several


class Callbacks(NamedTuple):
    """Observers of a sequence: of its progress (bars done, bars in total), and optionally of each complete bar."""

    progress: Callable[[int, int], None]
    on_bar: Callable[[Bar], None] | None = None


def decoding(
    request: Request,
    generator: np.random.Generator,
    length: int,
    callbacks: Callbacks,
    is_compact: bool = True,
    steering: Steering | None = None,
) -> Sequence[Filled]:
    """The sequence, for a `Batch`, that composes a request's open cells with a model of `length` tokens of context.

    What it asks for afterwards (`Request.then`) and how often (`Request.alternatives`) is not its affair.
    """
    nats: list[float] = []
    steering = steering or Steering(request.targets, request.rules)
    if request.bars and request.is_open.any():
        first = int(np.flatnonzero(request.is_open.any(axis=1))[0])
        callbacks = callbacks._replace(progress=partial(_progress_within, callbacks.progress, first, request.bars))
    draft = Draft(request.score, request.style, bool(request.is_open[:, 0].any()), is_compact)
    score = yield from _windows(request, draft, steering, generator, length, nats, callbacks)
    return Filled(score, sum(nats) / max(len(nats), 1), len(nats))


def _progress_within(progress: Callable[[int, int], None], before: int, bars: int, done: int, total: int) -> None:
    """Report progress in a piece of so many bars, of which some were there before."""
    progress(min(before + done, bars), bars)


def _windows(
    request: Request,
    draft: Draft,
    steering: Steering,
    generator: np.random.Generator,
    length: int,
    nats: list[float],
    callbacks: Callbacks,
) -> Sequence[Score]:
    """Compose the open cells window by window; each token's log-loss is appended to `nats`."""
    left = request.is_open.copy()
    watermark = Watermark(request.watermark, request.score)
    total, done = int(left.any(axis=1).sum()), 0
    while left.any():
        first, last = window(draft.prepared, left, length)
        now = np.zeros_like(left)
        now[first:last] = left[first:last]
        prompt = events.assemble(
            draft.prepared, now, first, last, request.controls, with_fill=False, is_plan=request.is_plan
        )
        cursor, repetition = _read(prompt.tokens)
        grammar = Grammar(cursor, rules_within(request.rules, draft.prepared, first, last))
        watermark.window(cursor)
        leading = VoiceLeading(cursor, request.voices, request.rules.beat, request.dissonance, request.calibration)
        copying = CopyGuard(cursor, request.guard)
        steering.window()
        logits = (yield Feed(prompt.tokens, prompt.slots, restart=True))[: vocabulary.COMPLETION]
        while True:
            allowed = grammar.allowed()
            is_last = first + cursor.bar == len(left) - 1
            steered, sampling = _weighed(
                steering.steer(logits, cursor),
                allowed,
                request.sampling,
                (leading, repetition, copying),
                is_last=is_last,
            )
            token = watermark.draw(draw(steered, allowed, sampling, generator), steered, allowed, sampling)
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


def _read(prompt: Integers) -> tuple[Cursor, Repetition]:
    """A cursor behind a prompt, and what repeats so far."""
    cursor = Cursor()
    repetition = Repetition(cursor)
    for token in prompt.tolist():
        cursor.push(token)
        repetition.observe(token)
    return cursor, repetition


def _weighed(
    logits: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    sampling: Sampling,
    weights: tuple[VoiceLeading, Repetition, CopyGuard],
    *,
    is_last: bool,
) -> tuple[NDArray[np.float32], Sampling]:
    """The logits (V,) without the nats that pitches, durations or chords lose, and how they are drawn."""
    leading, repetition, copying = weights
    cursor = leading.cursor
    if allowed[PITCHES].any():
        penalised = _penalised(logits, leading.penalties(), repetition, copying.forbidden())
        weighed = reweighed(logits, penalised, allowed, PITCHES, sampling.temperature, sampling.pitch_temperature)
        return _steady(weighed, allowed, sampling), sampling
    if cursor.lane > 0 and cursor.programs[cursor.lane - 1] == vocabulary.DRUMS:
        return _penalised(logits, None, repetition), sampling.of_fills if is_last else sampling.of_drums
    if cursor.lane > 0 and allowed[DURATIONS].any() and (lost := leading.durations()) is not None:
        logits = logits.copy()
        logits[DURATIONS] -= lost
    elif cursor.lane == 0 and (strange := leading.strange_chords()):
        logits = logits.copy()
        logits[strange] -= STRANGE
    return logits, sampling


def _steady(logits: NDArray[np.float32], allowed: NDArray[np.bool_], sampling: Sampling) -> NDArray[np.float32]:
    """The logits (V,) under which velocities share their probability at their own temperature."""
    own = sampling.velocity_temperature
    if own is None or not allowed[VELOCITIES].any():
        return logits
    return reweighed(logits, logits, allowed, VELOCITIES, sampling.temperature, own)


def _penalised(
    logits: NDArray[np.float32],
    faults: NDArray[np.float64] | None,
    repetition: Repetition,
    copied: tuple[int, ...] = (),
) -> NDArray[np.float32]:
    """The logits (V,) without the nats that faults of voice leading, repetition and copied pitches lose."""
    repeated, nats = repetition.penalty()
    if faults is None and not repeated and not copied:
        return logits
    logits = logits.copy()
    logits[repeated] -= nats
    logits[list(copied)] -= PENALTY
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
