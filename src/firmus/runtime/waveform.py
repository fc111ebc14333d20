"""A Waveform: sound sampled one sample after another, by a network with queues (`firmus.models.wavenet`).

The second, slower way to a note: the same interface as `firmus.runtime.timbre.Timbre`, without its sliders.

Conventions: sound is mono float32 from -1 to 1; inside, 256 classes by the μ-law at the model's own rate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import partials
from firmus.errors import ModelError
from firmus.runtime.model_cache import ModelLoader
from firmus.runtime.session import session
from firmus.runtime.timbre import check_note, check_range
from firmus.runtime.weights import Card

CLASSES = 256
Floats = NDArray[np.float32]


class Waveform:
    """A model whose card says ``"instrument"`` and that has a ``step``, ready to play.

    Parameters
    ----------
    card : Card
    threads : int
        Of the runtime; one is fastest, since steps are small.
    """

    def __init__(self, card: Card, threads: int = 1) -> None:
        if card.kind != "instrument" or "step" not in card.facts.get("graphs", {}):
            raise ModelError(f"model {card.name!r} is a {card.kind} that does not go sample by sample; take 'wavenet'")
        self.card, self.threads = card, threads
        self.rate: int = card.facts["rate"]
        self.size: int = card.shape["latent"]
        self._reaches = np.array(card.facts["reaches"])
        self._begins = np.concatenate([[0], np.cumsum(self._reaches)[:-1]])
        self._sessions: dict[str, Any] = {}

    def names(self) -> dict[str, Floats]:
        """Points of the instruments of the training set, by name."""
        return {name: np.array(point, np.float32) for name, point in self.card.facts["instruments"].items()}

    def encode(self, samples: Floats, rate: int, pitch: float) -> Floats:
        """Point (Z,) of a recorded note; see `firmus.runtime.timbre.Timbre.encode`."""
        check_note(samples, rate, pitch)
        return self.encode_features(partials.features(samples, rate, pitch), pitch)

    def encode_features(self, features: Floats, pitch: float) -> Floats:
        """Point (Z,) of a note whose features (16, 96) are known."""
        feed = {"features": features[None], "pitch": np.array([pitch], np.float32)}
        return self._run("encode", ["mean"], feed)[0][0]

    def sample(
        self, latent: Floats, pitch: float, velocity: int, seconds: float, rate: int = 44100, seed: int = 0
    ) -> Floats:
        """Play a note, held to its end; see `firmus.runtime.timbre.Timbre.sample`.

        Each sample is drawn at a temperature of 0.9. It takes several times as long as it lasts.
        """
        check_range("seconds", seconds, 0.02, 60.0)
        generator = np.random.default_rng(seed)
        count = round(seconds * self.rate)
        uniform = generator.random(count)
        drawn = np.empty(count, np.int64)

        def choose(index: int, logits: Floats) -> int:
            chances = np.exp((logits - logits.max()) / np.float32(0.9)).cumsum()
            drawn[index] = min(int(np.searchsorted(chances, uniform[index] * chances[-1])), CLASSES - 1)
            return int(drawn[index])

        self._walk(latent, pitch, 440 * 2 ** ((pitch - 69) / 12) if pitch else 0.0, velocity, count, choose)
        wave = decoded(drawn)
        wave -= wave.mean(dtype=np.float64).astype(np.float32)
        fade = min(round(0.01 * self.rate), count)
        wave[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        wave = partials.resampled(wave, self.rate, rate)
        wanted = round(seconds * rate)
        return np.clip(np.pad(wave, (0, max(wanted - len(wave), 0)))[:wanted], -1, 1)

    def score(
        self, latent: Floats, pitch: float, hertz: float, velocity: int, samples: Floats
    ) -> tuple[Floats, Floats]:
        """Nats (N,) and squared error (N,) of each sample of a note at the model's rate, from those before it."""
        codes = encoded(samples)
        nats, squared = np.empty(len(codes), np.float32), np.empty(len(codes), np.float32)
        values = decoded(np.arange(CLASSES))

        def choose(index: int, logits: Floats) -> int:
            chances = np.exp(logits - logits.max())
            chances /= chances.sum()
            nats[index] = -np.log(max(float(chances[codes[index]]), 1e-12))
            squared[index] = (chances @ values - samples[index]) ** 2
            return int(codes[index])

        self._walk(latent, pitch, hertz, velocity, len(codes), choose)
        return nats, squared

    def _walk(
        self,
        latent: Floats,
        pitch: float,
        hertz: float,
        velocity: int,
        count: int,
        choose: Callable[[int, Floats], int],
    ) -> None:
        """Go from sample to sample; `choose` is given the index and the logits (256,) and names the class."""
        one = {"pitch": np.array([pitch], np.float32), "velocity": np.array([velocity], np.float32)}
        condition = self._run("condition", ["condition"], {"latent": np.asarray(latent, np.float32)[None], **one})[0]
        local = local_conditions(count, hertz, self.rate)
        queue = np.zeros((int(self._reaches.sum()), self.card.shape["width"]), np.float32)
        self._run("step", ["logits"], self._feed(CLASSES // 2, local[:1], condition, queue[self._begins]))
        step, code = self._sessions["step"].run, CLASSES // 2
        for index in range(count):
            places = self._begins + index % self._reaches
            logits, seen = step(
                ["logits", "seen"], self._feed(code, local[index : index + 1], condition, queue[places])
            )
            queue[places] = seen[0]
            code = choose(index, logits[0])

    @staticmethod
    def _feed(code: int, local: Floats, condition: Floats, past: Floats) -> dict[str, NDArray[Any]]:
        return {"code": np.array([code]), "local": local, "condition": condition, "past": past[None]}

    def _run(self, graph: str, outputs: list[str], feed: dict[str, NDArray[Any]]) -> list[Floats]:
        if graph not in self._sessions:
            self._sessions[graph] = session(self.card, graph, self.threads)
        return self._sessions[graph].run(outputs, feed)


def local_conditions(count: int, hertz: float, rate: int) -> Floats:
    """What each sample is told (N, 5), as `firmus.models.wavenet.local_conditions`."""
    time = np.arange(count, dtype=np.float64)
    phase = 2 * np.pi / rate * ((time * hertz) % rate)
    known = np.full(count, float(hertz > 0))
    rows = [
        np.sin(phase) * known,
        np.cos(phase) * known,
        np.exp(-time / rate / 0.05),
        np.exp(-time / rate / 0.6),
        known,
    ]
    return np.stack(rows, axis=1).astype(np.float32)


def encoded(samples: Floats) -> NDArray[np.int64]:
    """Classes 0 to 255 of samples from -1 to 1, by the μ-law.

    Examples
    --------
    >>> encoded(np.array([-1.0, 0.0, 1.0], np.float32)).tolist()
    [0, 128, 255]
    """
    mu = CLASSES - 1
    squeezed = np.sign(samples) * np.log1p(mu * np.minimum(np.abs(samples), 1)) / np.log1p(mu)
    return ((squeezed + 1) / 2 * mu + 0.5).astype(np.int64)


def decoded(codes: NDArray[np.int64]) -> Floats:
    """Samples of classes; the inverse of `encoded`, but for the rounding."""
    mu = CLASSES - 1
    squeezed = 2 * codes / mu - 1
    return (np.sign(squeezed) * np.expm1(np.abs(squeezed) * np.log1p(mu)) / mu).astype(np.float32)


load = ModelLoader(Waveform)
"""Load a model by name, cached in memory; see `firmus.runtime.model_cache`."""
