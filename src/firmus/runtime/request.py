"""What is asked of a model that composes token by token, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.calibration import Calibration
from firmus.runtime.constraints import Rules
from firmus.runtime.originality import Guard
from firmus.runtime.sampling import Sampling
from firmus.score import Note, Score

Open = NDArray[np.bool_]


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
    calibration : Calibration, optional
        Nats that steps, chord tones and durations lose; see `firmus.runtime.calibration`.
    controls : tuple of int
        Control tokens: the requested attributes of the open cells.
    targets : mapping of str to float
        Target values of controls, for guidance during sampling; see `firmus.runtime.steering`.
    is_plan : bool
        Whether the chord lane alone is filled, and the other open cells stay empty (see `firmus.tokens.events`); the
        model's card must have ``"plan"`` among its controls.
    watermark : bytes
        Key with which pitches are drawn (`firmus.runtime.watermark`); empty for none.
    guard : Guard, optional
        What must not be copied; see `firmus.runtime.originality`.
    bars : int
        Bars of the whole piece, of which progress is reported where requests follow one another (`then`).
    then : callable, optional
        Makes the next request, if any, from the resulting score; a piece in sections is composed this way.
    alternatives : int
        How often it is composed, each time with random numbers of its own.
    choose : callable, optional
        Says which of the resulting scores is kept, where there are several.
    """

    score: Score
    is_open: Open
    style: str
    rules: Rules
    sampling: Sampling
    voices: tuple[int, ...] = ()
    dissonance: float = 0.0
    calibration: Calibration | None = None
    controls: tuple[int, ...] = ()
    targets: Mapping[str, float] = field(default_factory=dict)
    is_plan: bool = False
    watermark: bytes = b""
    guard: Guard | None = None
    bars: int = 0
    then: Callable[[Score], Request | None] | None = None
    alternatives: int = 1
    choose: Callable[[list[Score]], int] | None = None


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
