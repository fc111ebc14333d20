"""A Latent: windows of a raster in, points of a space out, and back.

Points between two windows decode to windows between them, and a step along a direction makes a window more of
something (see `firmus.learning.latent_directions` for what the card says of the space). What decodes in one go (a
generator of a GAN) and what tells step after step (the decoder of a VAE) look alike from outside.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError
from firmus.runtime.model_cache import Kept
from firmus.runtime.session import session
from firmus.runtime.weights import Card
from firmus.tokens import Integers

Points = NDArray[np.float32]
Feed = dict[str, NDArray[Any]]
OPEN = -1  # a value that is to be told


class Told(NamedTuple):
    """How well windows are told.

    Parameters
    ----------
    nats, squared : array (N, T, C)
        Surprise of each value, and the squared error of its distribution (Brier 1950: 0 to 2).
    likeliest : array (N, T, C)
        The value that would have been likeliest.
    """

    nats: NDArray[np.float64]
    squared: NDArray[np.float64]
    likeliest: Integers


class Latent:
    """A model whose card says ``"latent"``, ready to run.

    Parameters
    ----------
    card : Card
    threads : int
        Of the runtime; 0 for as many as there are cores.
    """

    def __init__(self, card: Card, threads: int = 0) -> None:
        if card.kind != "latent":
            raise ModelError(f"model {card.name!r} is a {card.kind}, not a latent model: it has no space of points")
        self.card, self.threads = card, threads
        self.columns: tuple[int, ...] = tuple(card.facts["columns"])
        self.size: int = card.shape["latent"]
        self._sessions: dict[str, Any] = {}

    @property
    def can_encode(self) -> bool:
        """Whether it reads windows, and does not only make them."""
        return "encode" in self.card.facts["graphs"]

    @property
    def can_tell(self) -> bool:
        """Whether it decodes step by step, and so says how likely a window is."""
        return "step" in self.card.facts["graphs"]

    def encode(
        self, values: Integers, bar: int, known: NDArray[np.bool_] | None = None
    ) -> tuple[Points, NDArray[np.float32]]:
        """Where windows lie: mean and standard deviation (N, Z) of each.

        Parameters
        ----------
        values : array (N, T, C)
        bar : int
            Steps in a bar.
        known : array (N, T, C) of bool, optional
            What the encoder may see of them; all of it by default.
        """
        if not self.can_encode:
            raise ModelError(f"model {self.card.name!r} makes music and reads none: it has no encoder")
        seen = np.ones(values.shape, bool) if known is None else known
        feed = {"values": values.astype(np.int64), "known": seen, "bar": np.array(bar)}
        mean, spread = self._run("encode", ["mean", "spread"], feed)
        return mean, np.exp(spread / 2)

    def decode(
        self,
        z: Points,
        bar: int,
        bars: int,
        generator: np.random.Generator,
        temperature: float = 1.0,
        given: Integers | None = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Integers:
        """Windows (N, T, C) of points (N, Z).

        Parameters
        ----------
        z : array (N, Z)
        bar, bars : int
            Steps in a bar, and how many of them.
        generator : numpy.random.Generator
        temperature : float
            Of drawing each value; 0 takes the likeliest.
        given : array (N, T, C), optional
            Values that are to come back as they are; -1 where one is to be told.
        allowed : array (T, F) of bool, optional
            Which values may be drawn at each step, those of all columns side by side; of no meaning to a generator that
            decodes in one go.
        """
        shape = (len(z), bar * bars, len(self.columns))
        fixed: Integers = np.full(shape, OPEN) if given is None else given
        if "decode" in self.card.facts["graphs"]:
            feed: Feed = {"z": z.astype(np.float32), "given": fixed.astype(np.int64), "bar": np.array(bar)}
            found: Integers = self._run("decode", ["values"], feed)[0]
            return np.where(fixed == OPEN, found, fixed)
        values: Integers = np.zeros(shape, np.int64)
        walk = self._walk(z, bar, bars)
        logits = next(walk)
        for step in range(bar * bars):
            for column, scores in self._columns(logits, values[:, step]):
                if allowed is not None:
                    start = self.starts[column]
                    scores = np.where(allowed[step, start : start + self.columns[column]], scores, -np.inf)
                told = _draw(scores, temperature, generator)
                open_ = fixed[:, step, column] == OPEN
                values[:, step, column] = np.where(open_, told, fixed[:, step, column])
            if step + 1 < bar * bars:
                logits = walk.send(values[:, step])
        return values

    def read(self, z: Points, values: Integers, bar: int) -> Told:
        """How well windows (N, T, C) are told, each value from points (N, Z) and from all that stands before it."""
        nats, squared, likeliest = np.zeros(values.shape), np.zeros(values.shape), np.zeros_like(values)
        walk = self._walk(z, bar, values.shape[1] // bar)
        logits = next(walk)
        for step in range(values.shape[1]):
            for column, scores in self._columns(logits, values[:, step]):
                chances = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
                own = np.take_along_axis(chances, values[:, step, column, None], 1)[:, 0]
                nats[:, step, column] = -own
                squared[:, step, column] = 1 - 2 * np.exp(own) + np.exp(2 * chances).sum(axis=1)
                likeliest[:, step, column] = scores.argmax(axis=1)
            if step + 1 < values.shape[1]:
                logits = walk.send(values[:, step])
        return Told(nats, squared, likeliest)

    def _walk(self, z: Points, bar: int, bars: int) -> Generator[NDArray[np.float64], Integers, None]:
        """Logits (N, F) of each step, from what the decoder is sent of those before: values (N, C)."""
        segments = bars if self.card.facts["hierarchical"] else 1
        told = {"z": z.astype(np.float32), "segments": np.zeros(segments, np.float32)}
        plans, begun = self._run("plan", ["plans", "begun"], told)
        states = begun.reshape(begun.shape[0], len(z), segments, -1)
        length = bar * bars // segments
        before: Integers = np.zeros((len(z), 1, len(self.columns)), np.int64)
        state = states[:, :, 0]
        for step in range(bar * bars):
            segment, inside = divmod(step, length)
            if inside == 0:
                state = np.ascontiguousarray(states[:, :, segment])
            feed: Feed = {
                "values": before, "known": np.full(before.shape, step > 0), "place": np.array([step % bar]),
                "bar": np.array(bar), "plan": plans[:, segment], "state": state,
            }  # fmt: skip
            logits, state = self._run("step", ["logits", "after"], feed)
            before = (yield logits.astype(np.float64))[:, None]

    def _columns(self, logits: NDArray[np.float64], values: Integers) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Scores (N, V) of each column of a step; what stands in values (N, C) by then adds to those of the next."""
        for column, (start, size) in enumerate(zip(self.starts, self.columns, strict=True)):
            yield column, logits[:, start : start + size]
            if column + 1 < len(self.columns):
                logits = logits + self._within[start + values[:, column]]

    @cached_property
    def starts(self) -> list[int]:
        """Where the values of each column begin among the F values of all."""
        return [sum(self.columns[:column]) for column in range(len(self.columns))]

    @cached_property
    def _within(self) -> NDArray[np.float32]:
        """What a value adds to the logits of later columns of its step (F, F)."""
        layers, width = self.card.facts["state"]
        nothing = np.zeros((1, 1, len(self.columns)), np.int64)
        feed = {
            "values": nothing, "known": nothing > 0, "place": np.array([0]), "bar": np.array(1),
            "plan": np.zeros((1, width), np.float32), "state": np.zeros((layers, 1, width), np.float32),
        }  # fmt: skip
        found: NDArray[np.float32] = self._run("step", ["within"], feed)[0]
        return found

    def _run(self, graph: str, outputs: list[str], feed: Feed) -> list[Any]:
        if graph not in self._sessions:
            self._sessions[graph] = session(self.card, graph, self.threads)
        found: list[Any] = self._sessions[graph].run(outputs, feed)
        return found


def _draw(scores: NDArray[np.float64], temperature: float, generator: np.random.Generator) -> Integers:
    """One value (N,) of each row of scores (N, V)."""
    if temperature <= 0:
        likeliest: Integers = scores.argmax(axis=1)
        return likeliest
    masses = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature).cumsum(axis=1)
    drawn: Integers = (masses < generator.random((len(scores), 1)) * masses[:, -1:]).sum(axis=1)
    return drawn


load = Kept(Latent)
"""Model of a name, kept in memory once loaded; see `firmus.runtime.model_cache`."""
