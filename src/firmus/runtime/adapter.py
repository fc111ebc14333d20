"""An adapter of a model to some pieces: a linear output layer of low rank, which moves its logits.

What it is
    The log-probabilities that a model gives to the tokens of a style are projected on their first principal components;
    a linear function of these, and a bias, is added to the logits. Nothing within the model changes: its eight-bit
    weights, its cache and its graph stay as they are, and the adapter is a few hundred kilobytes.
Paper
    After E. J. Hu et al., *LoRA: low-rank adaptation of large language models* (ICLR 2022), at the output alone, where
    logits are all that is needed to learn it.
Conventions
    Each row of logits is computed by itself, so that a row has the same bits alone and beside others.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError

FILE = "adapter.npz"
LEAST = -15.0  # log-probability that counts as the least
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """What is added to logits (V,).

    Parameters
    ----------
    tokens : array (N,)
        Of the vocabulary, whose logits are read and moved.
    mean : array (N,)
        Of their log-probabilities.
    basis : array (N, K)
        Components on which they are projected, scaled.
    weights : array (K + 1, N)
        Of the components, and the bias in the last row.
    """

    tokens: NDArray[np.int64]
    mean: Floats
    basis: Floats
    weights: Floats

    def __call__(self, logits: Floats) -> Floats:
        """Adapted logits (R, V).

        Examples
        --------
        >>> bias = Adapter(np.array([2]), np.zeros(1, "f"), np.zeros((1, 0), "f"), np.array([[0.5]], "f"))
        >>> bias(np.zeros((1, 4), np.float32)).tolist()
        [[0.0, 0.0, 0.5, 0.0]]
        """
        adapted = logits.copy()
        for row in adapted:
            row[self.tokens] += self.features(row) @ self.weights
        return adapted

    def features(self, row: Floats) -> Floats:
        """Components (K + 1,) of logits (V,), the last of which is 1."""
        top = row.max()
        scores = np.maximum(row[self.tokens] - (top + np.log(np.exp(row - top).sum())), LEAST)
        return np.append((scores - self.mean) @ self.basis, np.float32(1)).astype(np.float32)

    def encoded(self) -> bytes:
        """As a file (``.npz``)."""
        held = io.BytesIO()
        np.savez_compressed(held, allow_pickle=False, **{each.name: getattr(self, each.name) for each in fields(self)})
        return held.getvalue()


def load(path: Path) -> Adapter:
    """Read an adapter.

    Raises
    ------
    ModelError
        Where it is absent or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return Adapter(*(archive[each.name] for each in fields(Adapter)))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"adapter {path.parent.name}/{path.name} is unreadable: {error!r}") from None
