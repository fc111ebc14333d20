"""A Latent: an encoder from windows of a raster to points of a latent space, and a decoder back.

Points between two windows decode to windows between them, and a step along a direction strengthens an attribute of a
window (see `firmus.learning.latent_directions` for what the card says of the space). A decoder in one pass (the
generator of a GAN) and an autoregressive one (the decoder of a VAE) have the same interface.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError
from firmus.runtime.model_cache import ModelLoader
from firmus.runtime.session import session
from firmus.runtime.weights import Card
from firmus.tokens import Integers

Points = NDArray[np.float32]
Feed = dict[str, NDArray[Any]]
OPEN = -1  # a value that is to be decoded


class DecoderScores(NamedTuple):
    """How well a decoder predicts windows.

    Parameters
    ----------
    nats, squared : array (N, T, C)
        Negative log-likelihood of each value, and the squared error of its distribution (Brier 1950: 0 to 2).
    likeliest : array (N, T, C)
        The likeliest value.
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
        """Whether it has an encoder, and not only a decoder."""
        return "encode" in self.card.facts["graphs"]

    @property
    def is_autoregressive(self) -> bool:
        """Whether its decoder is autoregressive, and so gives the likelihood of a window."""
        return "step" in self.card.facts["graphs"]

    def encode(
        self, values: Integers, bar: int, known: NDArray[np.bool_] | None = None
    ) -> tuple[Points, NDArray[np.float32]]:
        """Encode windows: mean and standard deviation (N, Z) of the posterior of each.

        Parameters
        ----------
        values : array (N, T, C)
        bar : int
            Steps in a bar.
        known : array (N, T, C) of bool, optional
            Which values the encoder sees; all by default.
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
            Values that are kept as they are; -1 where one is to be decoded.
        allowed : array (T, F) of bool, optional
            Which values may be drawn at each step, those of all columns side by side; ignored by a generator that
            decodes in one pass.
        """
        shape = (len(z), bar * bars, len(self.columns))
        fixed: Integers = np.full(shape, OPEN) if given is None else given
        if "decode" in self.card.facts["graphs"]:
            feed: Feed = {"z": z.astype(np.float32), "given": fixed.astype(np.int64), "bar": np.array(bar)}
            decoded: Integers = self._run("decode", ["values"], feed)[0]
            return np.where(fixed == OPEN, decoded, fixed)
        values: Integers = np.zeros(shape, np.int64)
        steps = self._decoder_steps(z, bar, bars)
        logits = next(steps)
        for step in range(bar * bars):
            for column, scores in self._columns(logits, values[:, step]):
                if allowed is not None:
                    start = self.starts[column]
                    scores = np.where(allowed[step, start : start + self.columns[column]], scores, -np.inf)
                drawn = _draw(scores, temperature, generator)
                open_ = fixed[:, step, column] == OPEN
                values[:, step, column] = np.where(open_, drawn, fixed[:, step, column])
            if step + 1 < bar * bars:
                logits = steps.send(values[:, step])
        return values

    def read(self, z: Points, values: Integers, bar: int) -> DecoderScores:
        """Score windows (N, T, C): the prediction of each value from points (N, Z) and all values before it."""
        nats, squared, likeliest = np.zeros(values.shape), np.zeros(values.shape), np.zeros_like(values)
        steps = self._decoder_steps(z, bar, values.shape[1] // bar)
        logits = next(steps)
        for step in range(values.shape[1]):
            for column, scores in self._columns(logits, values[:, step]):
                log_probabilities = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
                of_value = np.take_along_axis(log_probabilities, values[:, step, column, None], 1)[:, 0]
                nats[:, step, column] = -of_value
                squared[:, step, column] = 1 - 2 * np.exp(of_value) + np.exp(2 * log_probabilities).sum(axis=1)
                likeliest[:, step, column] = scores.argmax(axis=1)
            if step + 1 < values.shape[1]:
                logits = steps.send(values[:, step])
        return DecoderScores(nats, squared, likeliest)

    def _decoder_steps(self, z: Points, bar: int, bars: int) -> Generator[NDArray[np.float64], Integers, None]:
        """Logits (N, F) of each step; the values (N, C) of the step before are sent in."""
        segments = bars if self.card.facts["hierarchical"] else 1
        inputs = {"z": z.astype(np.float32), "segments": np.zeros(segments, np.float32)}
        plans, begun = self._run("plan", ["plans", "begun"], inputs)
        states = begun.reshape(begun.shape[0], len(z), segments, -1)
        length = bar * bars // segments
        before: Integers = np.zeros((len(z), 1, len(self.columns)), np.int64)
        state = states[:, :, 0]
        for step in range(bar * bars):
            segment, inside = divmod(step, length)
            if inside == 0:
                state = np.ascontiguousarray(states[:, :, segment])
            feed: Feed = {
                "values": before,
                "known": np.full(before.shape, step > 0),
                "place": np.array([step % bar]),
                "bar": np.array(bar),
                "plan": plans[:, segment],
                "state": state,
            }
            logits, state = self._run("step", ["logits", "after"], feed)
            before = (yield logits.astype(np.float64))[:, None]

    def _columns(self, logits: NDArray[np.float64], values: Integers) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Logits (N, V) of each column of a step; the values (N, C) set by then add to those of later columns."""
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
        """Matrix (F, F): what a value adds to the logits of later columns of its step."""
        layers, width = self.card.facts["state"]
        nothing = np.zeros((1, 1, len(self.columns)), np.int64)
        feed = {
            "values": nothing,
            "known": nothing > 0,
            "place": np.array([0]),
            "bar": np.array(1),
            "plan": np.zeros((1, width), np.float32),
            "state": np.zeros((layers, 1, width), np.float32),
        }
        return self._run("step", ["within"], feed)[0]

    def _run(self, graph: str, outputs: list[str], feed: Feed) -> list[Any]:
        if graph not in self._sessions:
            self._sessions[graph] = session(self.card, graph, self.threads)
        return self._sessions[graph].run(outputs, feed)


def _draw(scores: NDArray[np.float64], temperature: float, generator: np.random.Generator) -> Integers:
    """One value (N,) of each row of scores (N, V)."""
    if temperature <= 0:
        return scores.argmax(axis=1)
    masses = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature).cumsum(axis=1)
    return (masses < generator.random((len(scores), 1)) * masses[:, -1:]).sum(axis=1)


load = ModelLoader(Latent)
"""Load a model by name, cached in memory; see `firmus.runtime.model_cache`."""
