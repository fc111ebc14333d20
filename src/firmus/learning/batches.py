"""Endless batches for training: sequences of similar length, windows of equal bars, segments of audio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from firmus import plugins
from firmus.learning import tones
from firmus.learning.corpus import Corpus
from firmus.learning.recipe import TONES, Recipe

Batch = tuple[Tensor, ...]


def batches(
    recipe: Recipe,
    corpus: Corpus,
    processes: int,
    length: int,
    *,
    seed: int,
    split: str = "train",
    transposed: bool = True,
) -> Iterator[Batch]:
    """Batches of a recipe's representation, without end.

    Parameters
    ----------
    recipe : Recipe
    corpus : Corpus
    processes : int
        Number of processes among which a batch is divided.
    length : int
        Tokens of a sequence at most, or frames of sound; ignored for windows, which have `bars` of the recipe.
    seed : int
    split : str
    transposed : bool
        Whether each example is transposed to a random key, where the recipe says so.

    Yields
    ------
    tuple of Tensor
        Of sequences: tokens (B, T), slots (B, T, 3), targets (B, T). Of windows: values (B, T, C) and the number of
        steps in a bar (). Of sound: levels (B, T, 291) from 0 to 1, and keys (B, T, 88). Of tones: see
        `firmus.learning.tones.batches`.
    """
    generator = np.random.default_rng(seed)
    if recipe.representation == TONES:
        return tones.batches(recipe, corpus, processes, generator, split, length)
    transposed = transposed and recipe.data.transpose
    kind = plugins.load("firmus.tokens", recipe.representation).KIND
    if kind == "raster":
        return _windows(recipe, corpus, processes, generator, split, transposed)
    if kind == "sound":
        return _segments(recipe, corpus, processes, generator, split, transposed, length)
    return _sequences(recipe, corpus, processes, generator, split, transposed, length)


def _sequences(
    recipe: Recipe,
    corpus: Corpus,
    processes: int,
    generator: np.random.Generator,
    split: str,
    transposed: bool,
    length: int,
) -> Iterator[Batch]:
    budget = max(recipe.training.batch_tokens // processes, length)
    pool: list[Any] = []
    while True:
        count = 16 * budget // length
        pool += [corpus.example(split, generator, length, transposed) for _ in range(count)]
        pool.sort(key=lambda each: len(each.tokens))
        full: list[list[Any]] = [[]]
        for each in pool:
            padded = _padded(len(each.tokens) - 1)
            if (len(full[-1]) + 1) * padded > budget:
                full.append([])
            full[-1].append(each)
        pool = full.pop()  # not full: stays for the next round
        for index in generator.permutation(len(full)):
            yield collate(full[index])


def _windows(
    recipe: Recipe, corpus: Corpus, processes: int, generator: np.random.Generator, split: str, transposed: bool
) -> Iterator[Batch]:
    """Windows of `bars` bars; those with bars of equal length are in one batch."""
    size = max(1, recipe.training.batch_windows // processes)
    waiting: dict[int, list[Any]] = {}
    while True:
        window = corpus.window(split, generator, recipe.data.bars, transposed)
        group = waiting.setdefault(window.bar, [])
        group.append(window.values)
        if len(group) == size:
            yield torch.from_numpy(np.stack(waiting.pop(window.bar)).astype(np.int64)), torch.tensor(window.bar)


def _segments(
    recipe: Recipe,
    corpus: Corpus,
    processes: int,
    generator: np.random.Generator,
    split: str,
    transposed: bool,
    length: int,
) -> Iterator[Batch]:
    """Segments of audio, `length` frames each."""
    size = max(1, recipe.training.batch_windows // processes)
    while True:
        examples: list[Any] = [corpus.example(split, generator, length, transposed) for _ in range(size)]
        levels, keys = (np.stack([getattr(each, name) for each in examples]) for name in ("levels", "keys"))
        yield torch.from_numpy(levels).float() / 255, torch.from_numpy(keys).long()


def collate(examples: list[Any]) -> Batch:
    """Pad to equal length: tokens (B, T), slots (B, T, 3), targets (B, T) with -100 where no token is predicted.

    T is one of few lengths: every new shape costs a compilation on a CPU.
    """
    longest = _padded(max(len(each.tokens) for each in examples) - 1)
    tokens = np.zeros((len(examples), longest), np.int64)
    slots = np.zeros((len(examples), longest, 3), np.int64)
    targets = np.full((len(examples), longest), -100, np.int64)
    for row, each in enumerate(examples):
        n = len(each.tokens) - 1
        tokens[row, :n], slots[row, :n] = each.tokens[:-1], each.slots[:-1]
        targets[row, :n] = np.where(each.given[1:], -100, each.tokens[1:])
    return torch.from_numpy(tokens), torch.from_numpy(slots), torch.from_numpy(targets)


def _padded(length: int) -> int:
    """Least of 64, 128, 192, 256, 384, 512, 768 ... that is not below a length."""
    size = 64
    while size < length:
        size += max(64, 1 << (size.bit_length() - 2))
    return size
