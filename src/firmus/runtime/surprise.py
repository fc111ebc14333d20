"""How surprising a model finds music that is already there, note by note, and how hard rules bear on it.

A note's surprise is the negative log-probability (nats) of the tokens that tell it, each given all before: its
place, pitch and duration, and where it begins a bar or a part, that too. It is Shannon's information content
(C. E. Shannon 1948), which follows what listeners find unexpected (M. T. Pearce & G. A. Wiggins, Expectation in
Melody, Music Perception 2006).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.constraints import Rules
from firmus.runtime.filling import window
from firmus.runtime.stepper import Stepper
from firmus.score import Score
from firmus.tokens import Prepared, events
from firmus.tokens import _vocabulary as v
from firmus.tokens._cells import BAR_PLACE, BAR_START
from firmus.tokens._cursor import Cursor

Logits = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NoteSurprise:
    """One note and its surprise.

    Parameters
    ----------
    part : int
        From 0.
    start : int
        Tick.
    pitch : int
        MIDI number, or the drum's key.
    nats : float
        Of all its tokens.
    pitch_nats : float
        Of its pitch (or drum) alone.
    pressure : dict of str to float
        Share, 0 to 1, of the model's probability that each rule took away from the pitches: ``"key"``,
        ``"chords"``, ``"range"``.
    """

    part: int
    start: int
    pitch: int
    nats: float
    pitch_nats: float
    pressure: dict[str, float]


def surprises(
    stepper: Stepper,
    score: Score,
    is_open: NDArray[np.bool_],
    style: str = "",
    rules: Rules | None = None,
    controls: tuple[int, ...] = (),
) -> Iterator[NoteSurprise]:
    """Surprise of every note in the open cells, in the order in which the model would compose them.

    Parameters
    ----------
    stepper : Stepper
    score : Score
        With all its notes.
    is_open : array (B, P + 1) of bool
        Cells whose notes are looked at; the others are given.
    style : str
    rules : Rules, optional
        Under which the music was composed.
    controls : tuple of int
    """
    prepared, left = events.prepare(score, style), is_open.copy()
    while left.any():
        first, last = window(prepared, left, stepper.card.shape["length"])
        now = np.zeros_like(left)
        now[first:last] = left[first:last]
        yield from _window(stepper, prepared, now, first, last, rules, controls)
        left[first:last] = False


def _window(
    stepper: Stepper,
    prepared: Prepared,
    is_open: NDArray[np.bool_],
    first: int,
    last: int,
    rules: Rules | None,
    controls: tuple[int, ...],
) -> Iterator[NoteSurprise]:
    told = events.assemble(prepared, is_open, first, last, controls)
    begin = int(np.flatnonzero(told.tokens == v.FILL)[0]) + 1
    cursor, state = Cursor(), stepper.start(len(told.tokens))
    for token in told.tokens[:begin].tolist():
        cursor.push(token)
    logits = stepper.feed(told.tokens[:begin], told.slots[:begin], state)
    ticks, places = prepared["ticks"], prepared["bars"][:, BAR_PLACE]
    origin = int(prepared["bars"][first, BAR_START])
    known = sum(len(notes) for notes in cursor.notes)
    nats = pitch_nats = 0.0
    pressure: dict[str, float] = {}
    for at in range(begin, len(told.tokens)):
        token = int(told.tokens[at])
        chances = _chances(logits)
        cost = -float(np.log(max(chances[token], 1e-12)))
        nats += cost
        if v.FAMILY_OF[token] in (v.FAMILY["PITCH"], v.FAMILY["DRUM"]):
            pitch_nats = cost
            if rules and v.FAMILY_OF[token] == v.FAMILY["PITCH"]:
                pressure = _pressure(chances, rules, cursor.lane, origin + cursor.time, cursor.place)
        cursor.push(token)
        if sum(len(notes) for notes in cursor.notes) > known:
            known += 1
            bar = first + cursor.bar
            tick = int(ticks[bar]) + (cursor.place - int(places[bar])) * v.UNIT
            yield NoteSurprise(cursor.lane - 1, tick, cursor.pitch, nats, pitch_nats, pressure)
            nats, pressure = 0.0, {}
        if at + 1 < len(told.tokens):
            logits = stepper.feed(told.tokens[at : at + 1], told.slots[at : at + 1], state)


def _chances(logits: NDArray[np.float32]) -> Logits:
    scores = logits.astype(np.float64)
    masses = np.exp(scores - scores.max())
    found: Logits = masses / masses.sum()
    return found


def _pressure(chances: Logits, rules: Rules, lane: int, time: int, place: int) -> dict[str, float]:
    """Share of the probability of the pitches that each rule forbids."""
    pitches = chances[v.PITCH : v.PITCH + 128]
    total, number = float(pitches.sum()), np.arange(128)
    found: dict[str, float] = {}
    part = rules.parts[lane - 1]
    if (part.low, part.high) != (0, 127):
        found["range"] = float(pitches[(number < part.low) | (number > part.high)].sum()) / max(total, 1e-12)
    if rules.scale is not None:
        found["key"] = float(pitches[~np.isin(number % 12, list(rules.scale))].sum()) / max(total, 1e-12)
    holding = [tones for start, tones in rules.chords if start <= time]
    if holding and holding[-1] and place % rules.beat == 0:
        found["chords"] = float(pitches[~np.isin(number % 12, list(holding[-1]))].sum()) / max(total, 1e-12)
    return found
