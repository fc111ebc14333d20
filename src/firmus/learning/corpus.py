"""Music prepared for training: pieces in a representation, split by piece, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmus import plugins
from firmus.tokens import Example, Prepared


@dataclass(frozen=True, slots=True)
class Piece:
    """One prepared piece and where it comes from."""

    name: str
    set: str
    split: str
    prepared: Prepared
    tokens: int


@dataclass
class Corpus:
    """Prepared pieces of one representation; see `firmus.learning.prepare`."""

    representation: str
    all_pieces: list[Piece]
    weights: dict[str, float] = field(default_factory=dict)
    _draws: dict[str, Any] = field(default_factory=dict, repr=False)

    def pieces(self, split: str) -> list[Piece]:
        """Pieces of one split, ``"train"`` or ``"valid"``."""
        return [piece for piece in self.all_pieces if piece.split == split]

    def example(self, split: str, generator: np.random.Generator, length: int, transpose: bool) -> Example:
        """Random training sequence: a piece in proportion to its tokens and its set's weight, then a cut of it."""
        if split not in self._draws:
            pieces = self.pieces(split)
            shares = np.array([piece.tokens * self.weights.get(piece.set, 1.0) for piece in pieces], float)
            self._draws[split] = (pieces, np.cumsum(shares) / shares.sum())
        pieces, shares = self._draws[split]
        piece = pieces[int(np.searchsorted(shares, generator.random(), side="right"))]
        module = plugins.load("firmus.tokens", self.representation)
        drawn: Example = module.example(piece.prepared, generator, length, transpose)
        return drawn
