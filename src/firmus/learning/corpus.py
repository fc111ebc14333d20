"""A corpus for training: encoded pieces, split by piece, sampled at random."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import plugins
from firmus.errors import RecipeError
from firmus.tokens import Example, Prepared, Scales, Window

TRIES = 2000  # to cut a window


@dataclass(frozen=True, slots=True)
class Piece:
    """One encoded piece, its origin, licence and style."""

    name: str
    set: str
    licence: str
    split: str
    prepared: Prepared
    tokens: int
    style: str = ""


@dataclass
class Corpus:
    """Encoded pieces of one representation; built by `firmus.learning.prepare`.

    Parameters
    ----------
    representation : str
    all_pieces : list of Piece
    weights, shares : dict of str to float
        Of sets and of styles; see `firmus.learning.recipe.Data`.
    scales : Scales
    """

    representation: str
    all_pieces: list[Piece]
    weights: dict[str, float] = field(default_factory=dict)
    scales: Scales = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    _samplers: dict[str, Any] = field(default_factory=dict, repr=False)

    def pieces(self, split: str) -> list[Piece]:
        """Pieces of one split, ``"train"`` or ``"valid"``."""
        return [piece for piece in self.all_pieces if piece.split == split]

    def example(self, split: str, generator: np.random.Generator, length: int, transpose: bool) -> Example:
        """Random training sequence: a piece, with probability by its tokens and weights, then a cut of it."""
        module = plugins.load("firmus.tokens", self.representation)
        piece = self._sample(split, generator)
        return module.example(piece.prepared, generator, length, transpose, self.scales)

    def window(self, split: str, generator: np.random.Generator, bars: int, transpose: bool) -> Window:
        """Random window of a raster, from a piece sampled in the same way.

        Raises
        ------
        RecipeError
            Where no piece has so many bars of equal length in which anything sounds.
        """
        module = plugins.load("firmus.tokens", self.representation)
        for _ in range(TRIES):
            window: Window | None = module.cut(self._sample(split, generator).prepared, generator, bars, transpose)
            if window is not None:
                return window
        raise RecipeError(f"no piece has {bars} bars of equal length with all that {module.TITLE!r} needs")

    def probabilities(self, pieces: list[Piece]) -> NDArray[np.float64]:
        """How often each piece is sampled, relative to the others.

        By its tokens and its set's weight; where styles have shares, so within its style.
        """
        weights = np.array([piece.tokens * self.weights.get(piece.set, 1.0) for piece in pieces], float)
        if self.shares:
            names, styles = np.unique([piece.style for piece in pieces], return_inverse=True)
            totals = np.bincount(styles, weights)
            weights *= (np.array([self.shares.get(name, 1.0) for name in names]) / np.maximum(totals, 1e-9))[styles]
        return weights

    def _sample(self, split: str, generator: np.random.Generator) -> Piece:
        if split not in self._samplers:
            pieces = self.pieces(split)
            weights = self.probabilities(pieces)
            self._samplers[split] = (pieces, np.cumsum(weights) / weights.sum())
        pieces, cumulative = self._samplers[split]
        return pieces[int(np.searchsorted(cumulative, generator.random(), side="right"))]


def save(corpus: Corpus, path: Path) -> None:
    """Write a corpus as one compressed NumPy archive: fields of all pieces concatenated, and their offsets."""
    arrays: dict[str, Any] = {}
    for name in corpus.all_pieces[0].prepared:
        fields = [piece.prepared[name] for piece in corpus.all_pieces]
        arrays[name] = np.concatenate(fields)
        arrays[f"{name}.borders"] = np.cumsum([0, *(len(each) for each in fields)])
    facts = [
        [piece.name, piece.set, piece.licence, piece.split, piece.tokens, piece.style] for piece in corpus.all_pieces
    ]
    arrays["facts"] = np.frombuffer(json.dumps([corpus.representation, facts, corpus.scales]).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.part.npz")  # several processes may prepare at once
    np.savez_compressed(temporary, allow_pickle=False, **arrays)
    temporary.replace(path)


def load(path: Path, weights: dict[str, float] | None = None, shares: dict[str, float] | None = None) -> Corpus:
    """Read a corpus; the inverse of `save`."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    representation, facts, scales = json.loads(arrays.pop("facts").tobytes())
    names = [name for name in arrays if not name.endswith(".borders")]
    pieces = []
    for index, (name, set_name, licence, split, tokens, style) in enumerate(facts):
        prepared = {}
        for each in names:
            borders = arrays[f"{each}.borders"]
            prepared[each] = arrays[each][borders[index] : borders[index + 1]]
        pieces.append(Piece(name, set_name, licence, split, prepared, tokens, style))
    return Corpus(representation, pieces, weights or {}, scales, shares or {})
