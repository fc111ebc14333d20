"""Representations of music: Score ⇄ integer arrays, one module each.

Every representation module has

``TITLE``
    its name in words;
``VOCABULARY``, ``PLACES``, ``PARTS``, ``QUARTER``
    numbers of tokens, of places in a bar and of parts, and steps of time in a quarter note;
``encode(score) -> array (T,)``
    the tokens of a whole piece, the first of them a start token;
``slots(tokens) -> array (T, 3)``
    where in the music each token leads: time, place in the bar, part (see `firmus.models.transformer`);
``decode(tokens) -> Score``
    a valid Score out of *any* integer array;
``quantise(score) -> Score``
    what is left of a Score: ``decode(encode(score)) == quantise(score)``;
``prepare(score) -> Prepared``
    what training keeps of a piece: a dict of arrays, small enough to hold a corpus in memory;
``scales(pieces, length) -> Scales``
    what the classes of its controls mean in each style; empty where it has no controls;
``example(prepared, generator, length, transpose, scales) -> Example``
    one random training sequence of at most `length` tokens out of a prepared piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer[Any]]
Prepared = dict[str, NDArray[Any]]
Scales = dict[str, dict[str, list[float]]]  # style → control → the seven borders between its classes


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
