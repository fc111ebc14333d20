"""An index of melodies: the notes of many pieces, where n-grams of them stand, and what is usual among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.melodies import Symbols
from firmus.analysis.seeds import Seeds
from firmus.analysis.surprise import Surprise


@dataclass(frozen=True, slots=True, eq=False)
class MelodyIndex:
    """Melodies of many pieces.

    Parameters
    ----------
    symbols : Symbols
    starts : array (P + 1,) of int64
        Number of the first note of each piece, and of all notes.
    seeds : Seeds
    surprise : Surprise
        What is usual in music.
    """

    symbols: Symbols
    starts: NDArray[np.int64]
    seeds: Seeds
    surprise: Surprise
