"""Checks before and during training: a summary of data and model, time left, overfitting, copying."""

from __future__ import annotations

import resource
import sys
from typing import Any

import numpy as np
import torch

from firmus import plugins
from firmus.analysis.copying import Memory
from firmus.errors import RecipeError
from firmus.learning.corpus import Corpus, Piece
from firmus.learning.recipe import Recipe
from firmus.score import Score
from firmus.tokens import in_bars

FEW_PIECES = 40  # a network trained on fewer overfits
SAMPLES = 128  # windows sampled to measure how much the model copies
MARGIN = 2.0  # standard errors by which copying must exceed that of held-out music


def summary(recipe: Recipe, corpus: Corpus, network: torch.nn.Module) -> list[str]:
    """Lines of text on the size of the corpus and of the network."""
    train_pieces, valid_pieces = corpus.pieces("train"), corpus.pieces("valid")
    unit = {"events": "tokens", "piano_frames": "frames of sound", "tones": "samples"}.get(
        recipe.representation, "sixteenths"
    )
    amount = sum(piece.tokens for piece in train_pieces)
    weights = sum(each.numel() for each in network.parameters())
    lines = [
        f"{len(train_pieces)} pieces to learn from ({amount:,} {unit}), {len(valid_pieces)} held out to measure on",
        f"{weights / 1e6:.2f} M weights: about {weights / 1e6:.1f} MB when exported in eight bits, "
        f"{weights * 20 / 1e6:.0f} MB in memory with their gradients, besides what a batch takes",
    ]
    if len(train_pieces) < FEW_PIECES:
        lines.append(f"warning: {len(train_pieces)} pieces are few: expect the model to learn them by heart")
    if not valid_pieces:
        lines.append("warning: no piece is left to be held out: nothing will say when to stop")
    return lines


def estimate(seconds_a_step: float, steps_left: int, minutes_left: float | None) -> str:
    """A line of text on the remaining time, and the memory in use."""
    minutes = steps_left * seconds_a_step / 60
    bounded = minutes_left is not None and minutes_left < minutes
    least = min(minutes, minutes_left) if minutes_left is not None else minutes
    unit = 1 if sys.platform == "darwin" else 1024
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    bound = f" (the bound; all steps would take {minutes:.0f})" if bounded else ""
    return f"{seconds_a_step:.2f} s a step: about {least:.0f} minutes to go{bound}, {megabytes:,.0f} MB of memory"


def check_time(limit: float, preparing: float, exporting: float) -> None:
    """Check that a bound on the minutes of a run leaves some to train in.

    Examples
    --------
    >>> check_time(10, 3.5, 1.2)
    >>> check_time(2, 3.5, 0)
    Traceback (most recent call last):
    ...
    firmus.errors.RecipeError: minutes 2: preparing the music alone took 3.5: allow more; it is not prepared again

    Raises
    ------
    RecipeError
    """
    if preparing + exporting < limit:
        return
    alone = " alone" if preparing >= limit else ""
    then = "" if alone else f", and exporting takes {exporting:.1f}"
    taken = f"preparing the music{alone} took {preparing:.1f}{then}"
    raise RecipeError(f"minutes {limit:g}: {taken}: allow more; it is not prepared again")


def rising(log: list[dict[str, float]], entries: int = 3) -> str:
    """A warning where the validation loss has risen for `entries` entries of the log; else ``""``.

    Examples
    --------
    >>> log = [{"step": 100 * i, "valid": valid} for i, valid in enumerate([2.0, 1.0, 1.1, 1.2, 1.3])]
    >>> rising(log)
    'warning: the held-out loss has risen since step 100: the model learns its pieces by heart'
    >>> rising(log[:3])
    ''
    """
    losses = [entry["valid"] for entry in log]
    if len(losses) <= entries or not np.isfinite(losses).all():
        return ""
    best = int(np.argmin(losses))
    if len(losses) - 1 - best < entries or losses[-1] < losses[best] + 0.005 * abs(losses[best]):
        return ""
    return (
        f"warning: the held-out loss has risen since step {log[best]['step']:.0f}: the model learns its pieces by heart"
    )


class CopyMonitor:
    """Measures how much of a model's samples occurs in the training music, against how much of held-out music does.

    Parameters
    ----------
    recipe : Recipe
        Of a raster.
    corpus : Corpus
    """

    def __init__(self, recipe: Recipe, corpus: Corpus) -> None:
        self.module: Any = plugins.load("firmus.tokens", recipe.representation)
        self.bars = recipe.data.bars
        train_scores = (score for piece in corpus.pieces("train") for score in self._runs(piece))
        self.memory = Memory(train_scores, (self.bars,))
        valid_scores = [score for piece in corpus.pieces("valid") for score in self._runs(piece)]
        self.human = self._copied(valid_scores)

    def _runs(self, piece: Piece) -> list[Score]:
        """Runs of bars of equal length in a piece, as scores."""
        if "cells" in piece.prepared:  # a piano roll is stored as its cells
            return []
        lines, runs, first = piece.prepared["bars"], [], 0
        for last in range(1, len(lines) + 1):
            if last == len(lines) or lines[last, 1] != lines[first, 1]:
                start, length = (int(each) for each in lines[first])
                values = piece.prepared["raster"][start : start + (last - first) * length]
                if length and last - first >= self.bars:
                    runs.append(in_bars(self.module.decode(values), length))
                first = last
        return runs

    def _copied(self, scores: list[Score]) -> tuple[float, int]:
        """Fraction of the windows of some scores that occur in the training music, and the number of windows."""
        copied = total = 0
        for score in scores:
            for drums in (False, True):
                hits, count = self.memory.copied(score, self.bars, drums)
                copied, total = copied + hits, total + count
        return copied / max(total, 1), total

    def measure(self, network: Any, generator: np.random.Generator) -> dict[str, float]:
        """Sample windows and measure the fraction that is copied."""
        bar = 16
        torch.manual_seed(int(generator.integers(2**31)))
        samples = network.sample(SAMPLES, bar, self.bars).cpu().numpy()
        fraction, count = self._copied([in_bars(self.module.decode(each), bar) for each in samples])
        return {"copied": fraction, "copied_by_people": self.human[0], "drawn": float(count)}

    def warning(self, metrics: dict[str, float]) -> str:
        """A warning where more is copied than of held-out music, by `MARGIN` standard errors; else ``""``."""
        human, count = metrics["copied_by_people"], max(metrics["drawn"], 1.0)
        error = (max(human, 1 / count) * (1 - min(human, 1.0)) / count) ** 0.5
        if metrics["copied"] <= human + MARGIN * error:
            return ""
        return (
            f"warning: {metrics['copied']:.1%} of what it draws stands note for note in the training music, against "
            f"{human:.1%} of held-out music: it has begun to copy"
        )
