"""Representations of music: Score ⇄ integer arrays, one module each.

Every representation module has

``TITLE``
    its name in words;
``KIND``
    ``"sequence"`` (a piece is a line of tokens), ``"raster"`` (a piece is a table: steps of time × columns),
    ``"sound"`` (a table of frames, and the sound that is played for it) or ``"borrowed"`` (a line of tokens of models
    that were trained elsewhere: nothing is prepared for training);
``VOCABULARY``, ``PLACES``, ``PARTS``, ``QUARTER``
    numbers of tokens, of places in a bar and of parts, and steps of time in a quarter note;
``encode(score) -> array``
    the tokens (T,) of a whole piece, the first of them a start token; or its table (S, C);
``decode(array) -> Score``
    a valid Score out of *any* integer array;
``quantise(score) -> Score``
    what is left of a Score: ``decode(encode(score)) == quantise(score)``;
``prepare(score, style, derived) -> Prepared``
    what training keeps of a piece: a dict of arrays, small enough to hold a corpus in memory.

A sequence has besides

``slots(tokens) -> array (T, 3)``
    where in the music each token leads: time, place in the bar, part (see `firmus.models.transformer`);
``scales(pieces, length) -> Scales``
    what the classes of its controls mean in each style; empty where it has no controls;
``example(prepared, generator, length, transpose, scales) -> Example``
    one random training sequence of at most `length` tokens out of a prepared piece.

Sound has besides

``example(prepared, generator, length, transpose, scales) -> Heard``
    one random stretch of `length` frames: levels of its spectrum and what sounds in it.

A raster has besides

``COLUMNS``
    the number of values of each of its C columns;
``cut(prepared, generator, bars, transpose) -> Window or None``
    a random window of so many bars of equal length out of a prepared piece; None where it has none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.raster import Integers, Prepared, Window
from firmus.score import Meter, Score

__all__ = ["Example", "Integers", "Prepared", "Scales", "Shape", "Window", "in_bars", "shape"]

Scales = dict[str, dict[str, list[float]]]  # style → control → the seven borders between its classes


@dataclass(frozen=True, slots=True)
class Shape:
    """What a representation asks of a network.

    Parameters
    ----------
    vocabulary, places, parts : int
        Numbers of tokens, of places in a bar, and of parts.
    quarter : int
        Steps of time in a quarter note.
    columns : tuple of int
        Of a raster: the number of values of each column.
    """

    vocabulary: int
    places: int
    parts: int
    quarter: int
    columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A training sequence: each token is learnt from those before it, unless it was given.

    Parameters
    ----------
    tokens : array (T,)
    slots : array (T, 3)
    given : array (T,) of bool
        True for tokens that are context and not to be learnt; the first always is.
    """

    tokens: Integers
    slots: Integers
    given: NDArray[np.bool_]


def in_bars(score: Score, bar: int) -> Score:
    """A decoded window in bars of so many sixteenths: of quarters where they are whole, else of eighths."""
    meter = (bar // 4, 4) if bar % 4 == 0 else (bar // 2, 8) if bar % 2 == 0 else (bar, 16)
    return replace(score, meters=(Meter(0, *meter),))


def shape(module: Any) -> Shape:
    """What a representation module asks of a network."""
    return Shape(module.VOCABULARY, module.PLACES, module.PARTS, module.QUARTER, getattr(module, "COLUMNS", ()))
