"""Representations of music: Score ⇄ integer arrays, one module each.

Every representation module has

``TITLE``
    its name in words;
``KIND``
    ``"sequence"`` (a piece is a sequence of tokens), ``"raster"`` (a table: steps of time × columns),
    ``"sound"`` (a table of frames, and synthesised audio of it) or ``"borrowed"`` (a sequence of tokens of models
    trained elsewhere: nothing is prepared for training);
``VOCABULARY``, ``PLACES``, ``PARTS``, ``QUARTER``
    numbers of tokens, of places in a bar and of parts, and steps of time in a quarter note;
``encode(score) -> array``
    the tokens (T,) of a whole piece, the first of them a start token; or its table (S, C);
``decode(array) -> Score``
    a valid Score out of *any* integer array;
``quantise(score) -> Score``
    a Score as the representation preserves it: ``decode(encode(score)) == quantise(score)``;
``prepare(score, style, derived, genre) -> Prepared``
    a piece preprocessed for training: a dict of arrays, small enough to hold a corpus in memory.

A sequence also has

``slots(tokens) -> array (T, 3)``
    position in the music after each token: time, place in the bar, part (see `firmus.models.transformer`);
``scales(pieces, length) -> Scales``
    borders between the classes of its controls in each style; empty where it has no controls;
``example(prepared, generator, length, transpose, scales) -> Example``
    one random training sequence of at most `length` tokens out of a prepared piece.

Sound also has

``example(prepared, generator, length, transpose, scales) -> AudioExample``
    one random stretch of `length` frames: its spectrogram and the keys that sound in it.

A raster also has

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
    """The dimensions of a representation that a network depends on.

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
    """A training sequence: each token is predicted from those before it, unless it was given.

    Parameters
    ----------
    tokens : array (T,)
    slots : array (T, 3)
    given : array (T,) of bool
        True for tokens that are context and excluded from the loss; the first always is.
    """

    tokens: Integers
    slots: Integers
    given: NDArray[np.bool_]


def in_bars(score: Score, bar: int) -> Score:
    """A decoded window in bars of so many sixteenths: of quarters where they are whole, else of eighths."""
    meter = (bar // 4, 4) if bar % 4 == 0 else (bar // 2, 8) if bar % 2 == 0 else (bar, 16)
    return replace(score, meters=(Meter(0, *meter),))


def shape(module: Any) -> Shape:
    """Shape of a representation module."""
    return Shape(module.VOCABULARY, module.PLACES, module.PARTS, module.QUARTER, getattr(module, "COLUMNS", ()))
