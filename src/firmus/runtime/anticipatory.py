"""Composing with a model of arrival times: triple by triple, with given notes inserted five seconds ahead.

What it is
    Constrained sampling for `firmus.tokens.arrival`. Only valid triples can be drawn: a time that is not before the
    last and not more than a second after it, a duration, a note of those allowed that does not begin there already.
    Given notes stand in the sequence as controls, each after the first event that begins less than five seconds before
    it.
Paper
    Thickstun et al., *Anticipatory Music Transformer* (2023), section 3, for where controls stand.
Conventions
    Times are steps of 10 ms from the beginning of the piece, rows (N, 3) as `firmus.tokens.arrival.triples` gives them.
    When the network's context is full, it begins anew with the latest half, in which times count from its first note.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.sampling import Sampling, draw, negative_log_likelihood
from firmus.tokens import Integers, arrival

DENSEST = 100  # notes and rests that begin in a second at most, so that time advances
MOST_INSTRUMENTS = 16  # as many as MIDI has channels; its authors left out pieces with more
MARGIN = 2 * arrival.AHEAD  # steps of time that a window keeps free


class Causal(Protocol):
    """An autoregressive network.

    Attributes
    ----------
    length : int
        Context length: tokens that it was trained to see at once.
    """

    length: int

    def restart(self) -> None:
        """Clear the cache."""

    def feed(self, tokens: Integers) -> NDArray[np.float32]:
        """Read tokens (T,), after those that were read before; logits (V,) of the next token."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be composed.

    Parameters
    ----------
    before, given : array (N, 3)
        Notes that begin before `start` (the prompt); given notes that begin later (controls, inserted ahead).
    start, stop : int
        Notes are composed that begin from `start` on, before `stop`; none sounds longer than until `stop`.
    allowed : array (16512,) of bool
        Instruments with their pitches that may be composed.
    sampling : Sampling
    """

    before: Integers
    given: Integers
    start: int
    stop: int
    allowed: NDArray[np.bool_]
    sampling: Sampling


def compose(
    model: Causal, request: Request, generator: np.random.Generator, progress: Callable[[int], None] = lambda time: None
) -> tuple[Integers, float]:
    """Rows (N, 3) of the composed notes, in order, and the mean negative log-likelihood (nats) of their tokens.

    Parameters
    ----------
    model : Causal
    request : Request
    generator : numpy.random.Generator
    progress : callable, optional
        Called with the time reached, in steps.
    """
    sequence = _Sequence(model, request, generator)
    notes = []
    while (row := sequence.next()) is not None:
        progress(row[0])
        if row[2] != arrival.REST - arrival.NOTE:
            duration = min(max(row[1], 1), request.stop - row[0])
            notes.append((row[0], duration, row[2]))
    nats = sequence.nats / sequence.drawn if sequence.drawn else 0.0
    return arrival.in_order(np.array(notes, np.int64).reshape(-1, 3)), nats


class _Sequence:
    """The triples so far, and how many of them the network has read."""

    def __init__(self, model: Causal, request: Request, generator: np.random.Generator) -> None:
        self.model, self.request, self.generator = model, request, generator
        self.flag = arrival.ANTICIPATE if len(request.given) else arrival.AUTOREGRESS
        self.pending = arrival.in_order(request.given).tolist()[::-1]  # the next one comes last
        self.rows: list[tuple[int, int, int, bool]] = []  # time, duration, note, whether it is a control
        self.times: list[int] = []  # of events, without controls
        self.begun: set[int] = set()  # notes that begin at the latest time
        self.instruments = set((request.before[:, 2] // arrival.PITCHES).tolist())
        self.nats, self.drawn = 0.0, 0
        self.read = self.fed = self.offset = (
            0  # tokens and triples that the network has read; time origin of its window
        )
        self._add_controls()
        for row in arrival.with_rests(request.before, request.start).tolist():
            self._add(*row)
        self._restart()

    @property
    def now(self) -> int:
        """Time of the latest event."""
        return self.times[-1] if self.times else 0

    def next(self) -> tuple[int, int, int] | None:
        """Draw one triple; None where it would begin after the end."""
        waiting = len(self.rows) - self.fed
        if self.read + 3 * waiting + 3 > self.model.length or self.now - self.offset > arrival.TIMES - MARGIN:
            self._restart()
        elif waiting:
            self._read(self._tokens(self.rows[self.fed :]))
            self.fed = len(self.rows)
        first = max(self.now, self.request.start)
        if len(self.times) >= DENSEST:
            first = max(first, self.times[-DENSEST] + arrival.STEPS)
        shift = arrival.TIME - self.offset
        last = max(self.now, self.request.start) + arrival.RESTS_AFTER
        time = self._draw(range(first + shift, last + shift + 1)) - shift
        if time >= self.request.stop:
            return None
        allowed = self._notes(time)
        durations = arrival.DURATIONS if allowed.any() else 1
        duration = self._draw(range(arrival.DURATION, arrival.DURATION + durations)) - arrival.DURATION
        mask = np.zeros(arrival.VOCABULARY, bool)
        mask[arrival.NOTE : arrival.REST] = allowed
        mask[arrival.REST] = duration == 0
        row = time, duration, self._choose(mask) - arrival.NOTE
        self._add(*row)
        return row

    def _notes(self, time: int) -> NDArray[np.bool_]:
        """Mask of the notes that may begin at a time: allowed, not there already, of no seventeenth instrument."""
        allowed = self.request.allowed.copy()
        given = self.request.given[self.request.given[:, 0] == time, 2].tolist()
        allowed[[*given, *(self.begun if time == self.now else ())]] = False
        if len(self.instruments) >= MOST_INSTRUMENTS:
            allowed &= np.isin(np.arange(arrival.NOTES) // arrival.PITCHES, list(self.instruments))
        return allowed

    def _draw(self, tokens: range) -> int:
        mask = np.zeros(arrival.VOCABULARY, bool)
        mask[tokens.start : tokens.stop] = True
        return self._choose(mask)

    def _choose(self, mask: NDArray[np.bool_]) -> int:
        """Draw one of some tokens, and feed it to the network."""
        token = draw(self.logits, mask, self.request.sampling, self.generator)
        self.nats += negative_log_likelihood(self.logits, mask, token)
        self.drawn += 1
        self._read([token])
        return token

    def _add(self, time: int, duration: int, note: int) -> None:
        """Append an event that the network has read, or reads when it begins anew."""
        if time != self.now:
            self.begun = set()
        self.rows.append((time, duration, note, False))
        self.times.append(time)
        self.fed = len(self.rows)
        if note < arrival.NOTES:
            self.begun.add(note)
            self.instruments.add(note // arrival.PITCHES)
        self._add_controls()

    def _add_controls(self) -> None:
        """Append the controls whose time is five seconds away, or less."""
        while self.pending and self.pending[-1][0] <= self.now + arrival.AHEAD:
            time, duration, note = self.pending.pop()
            self.rows.append((time, duration, note, True))

    def _restart(self) -> None:
        """Restart the network with the latest triples alone, times counting from the first of them."""
        window = self.rows[-((self.model.length - 1) // 6) :]
        window = [row for row in window if self.now - row[0] <= arrival.TIMES // 2]
        self.offset = min([self.now, *(row[0] for row in window)])
        self.model.restart()
        self.read = 0
        self._read([self.flag, *self._tokens(window)])
        self.fed = len(self.rows)

    def _tokens(self, rows: list[tuple[int, int, int, bool]]) -> list[int]:
        """Tokens of triples, times relative to the window."""
        triples = (arrival.tokens(np.array([[row[0] - self.offset, *row[1:3]]]), row[3]).tolist() for row in rows)
        return [token for triple in triples for token in triple]

    def _read(self, tokens: list[int]) -> None:
        self.logits = self.model.feed(np.array(tokens, np.int64))
        self.read += len(tokens)
