"""A Timbre: a space of instruments, each point of which plays any note.

A decoder says, from a point, a pitch, a velocity and a time, how strong each partial and each band of noise is
(`firmus.models.ddsp_vae`); `firmus.analysis.additive` makes sound of it. An encoder finds the point of a recorded note.
Points between two instruments sound between them.

Conventions: a point is float32 (Z,); pitches are MIDI numbers, which need not be whole; sound is mono float32 from -1
to 1. The same arguments give the same samples. Nothing sounds above 12 kHz, which is how far the training reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import additive, partials
from firmus.errors import ModelError
from firmus.runtime.model_cache import ModelLoader
from firmus.runtime.session import session
from firmus.runtime.weights import Card

Floats = NDArray[np.float32]
SLIDERS = ("brightness", "attack", "decay", "noise", "harmonicity")
LEARNT_SECONDS = float(partials.TIMES[-1])  # of a note that was learnt; beyond, levels go on as they went
SLOPE_SECONDS = 0.6  # at the end of these, from which they go on
PEAK = 0.95  # at most
FADE_SECONDS = 0.01
ONSET_SECONDS = 0.08
LOWEST_RATE, HIGHEST_RATE, MOST_SECONDS = 8_000, 96_000, 60.0


@dataclass(frozen=True, slots=True)
class Shaped:
    """A point, and how its sound is changed; wherever a point is taken, this is taken as well.

    Parameters
    ----------
    latent : float32 array (Z,)
    brightness : float
        -1 to 1; 1 raises the partials by 6 dB an octave, at the same power.
    attack : float
        -1 to 1; 1 makes the onset four times as long, and fades in over 0.4 s.
    decay : float
        -1 to 1; 1 lets a sound that dies away ring four times as long, -1 makes any sound die away by 90 dB a second.
    noise : float
        -1 to 1: -24 to 24 dB.
    harmonicity : float
        -1 to 1; -1 stretches the partials as those of a stiff bar, 1 makes them exact multiples.
    """

    latent: Floats
    brightness: float = 0.0
    attack: float = 0.0
    decay: float = 0.0
    noise: float = 0.0
    harmonicity: float = 0.0


class Timbre:
    """A model whose card says ``"instrument"``, ready to play.

    Parameters
    ----------
    card : Card
    threads : int
        Of the runtime; 0 for as many as there are cores.

    Examples
    --------
    >>> timbre = load("timbre")
    >>> flute = timbre.names()["Flute"]
    >>> timbre.sample(flute, 69.0, 100, 0.5).shape
    (22050,)
    """

    def __init__(self, card: Card, threads: int = 0) -> None:
        if card.kind != "instrument" or "decode" not in card.facts.get("graphs", {}):
            raise ModelError(f"model {card.name!r} is a {card.kind}: it has no space of instruments; take 'timbre'")
        self.card, self.threads = card, threads
        self.size: int = card.shape["latent"]
        self._sessions: dict[str, Any] = {}

    def names(self) -> dict[str, Floats]:
        """Points of the instruments of the training set, by their General MIDI names."""
        return {name: np.array(point, np.float32) for name, point in self.card.facts["instruments"].items()}

    def encode(self, samples: Floats, rate: int, pitch: float) -> Floats:
        """Point (Z,) of a recorded note.

        Parameters
        ----------
        samples : float array (N,)
            One note, mono, from its onset on; at any loudness.
        rate : int
            8,000 to 96,000 samples a second.
        pitch : float
            MIDI number.

        Raises
        ------
        ModelError
            Where it is silent, or an argument is out of range.
        """
        samples = check_note(samples, rate, pitch)
        return self.encode_features(partials.features(samples, rate, pitch), pitch)

    def encode_features(self, features: Floats, pitch: float) -> Floats:
        """Point (Z,) of a note whose features (16, 96), of `firmus.analysis.partials`, are known."""
        feed = {"features": features[None], "pitch": np.array([pitch], np.float32)}
        return self._run("encode", ["mean"], feed)[0][0]

    def sample(
        self, latent: Floats | Shaped, pitch: float, velocity: int, seconds: float, rate: int = 44100, seed: int = 0
    ) -> Floats:
        """Play a note that is held to its end, where it fades within 10 ms.

        Parameters
        ----------
        latent : float32 array (Z,) or Shaped
        pitch : float
            MIDI number, 0 to 127; 33 to 96 were learnt.
        velocity : int
            1 to 127.
        seconds : float
            0.02 to 60.
        rate : int
            8,000 to 96,000.
        seed : int
            Of the noise.

        Returns
        -------
        float32 array (seconds · rate,)

        Raises
        ------
        ModelError
            Where an argument is out of range.
        """
        shaped = latent if isinstance(latent, Shaped) else Shaped(latent)
        if np.shape(shaped.latent) != (self.size,):
            raise ModelError(
                f"a point of shape {np.shape(shaped.latent)}: points of {self.card.name!r} have {self.size}"
            )
        check_range("pitch", pitch, 0, 127)
        check_range("velocity", velocity, 1, 127)
        check_range("seconds", seconds, 0.02, MOST_SECONDS)
        check_range("rate", rate, LOWEST_RATE, HIGHEST_RATE)
        count = round(seconds * rate)
        hop = round(rate / additive.FRAMES)
        time = (np.arange(count // hop + 2) * hop / rate).astype(np.float32)
        levels, bands, stretch = self._controls(shaped, pitch, velocity, time)
        white = np.random.default_rng(seed).uniform(-1, 1, (len(time), 2 * hop)).astype(np.float32)
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        wave = additive.harmonic(levels, hertz, stretch, rate, hop) + additive.filtered_noise(bands, white, rate)
        wave = _without_offset(wave[:count])
        fade = min(round(FADE_SECONDS * rate), count)
        wave[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
        return wave * np.float32(min(1.0, PEAK / max(float(np.abs(wave).max()), 1e-9)))

    def with_controls(
        self,
        latent: Floats | Shaped,
        *,
        brightness: float | None = None,
        attack: float | None = None,
        decay: float | None = None,
        noise: float | None = None,
        harmonicity: float | None = None,
    ) -> Shaped:
        """The same instrument, changed; see `Shaped` for what each does. 0 changes nothing, None keeps what was set.

        Raises
        ------
        ModelError
            Where a value is not from -1 to 1.
        """
        values = dict(zip(SLIDERS, (brightness, attack, decay, noise, harmonicity), strict=True))
        given: dict[str, Any] = {name: float(value) for name, value in values.items() if value is not None}
        for name, value in given.items():
            check_range(name, value, -1, 1)
        return replace(latent if isinstance(latent, Shaped) else Shaped(latent), **given)

    def controls(self, latent: Floats | Shaped) -> dict[str, float]:
        """How bright, slow to begin, long, noisy and harmonic an instrument is among those of the training set.

        Each from -1 (least) to 1 (most), measured at middle C with velocity 100.
        """
        mine = self._measures(latent if isinstance(latent, Shaped) else Shaped(latent))
        below = (self._known < mine).mean(axis=0) + (self._known == mine).mean(axis=0) / 2
        return {name: round(float(2 * share - 1), 3) for name, share in zip(SLIDERS, below, strict=True)}

    @cached_property
    def _known(self) -> NDArray[np.float64]:
        """Measures (instruments, 5) of the training set."""
        return np.array([self._measures(Shaped(point)) for point in self.names().values()])

    def _measures(self, shaped: Shaped) -> NDArray[np.float64]:
        time = np.arange(0, LEARNT_SECONDS, 1 / additive.FRAMES, dtype=np.float32)
        levels, bands, stretch = self._controls(shaped, 60.0, 100, time)
        power = (levels.astype(np.float64) ** 2).sum(axis=1)
        total = power + 1e-12
        centroid = (levels.astype(np.float64) ** 2 @ np.log2(np.arange(1, levels.shape[1] + 1))).sum() / total.sum()
        top = int(total.argmax())
        attack = int(np.argmax(total >= 0.5 * total[top])) / additive.FRAMES
        late = 10 * np.log10(total[-20:].mean() / total[top])
        noise = 10 * np.log10((bands.astype(np.float64) ** 2).sum() / total.sum() + 1e-9)
        return np.array([centroid, attack, late, noise, -stretch])

    def _controls(self, shaped: Shaped, pitch: float, velocity: int, time: Floats) -> tuple[Floats, Floats, float]:
        """Amplitudes (T, K), gains (T, N) and stretch of a note, as changed."""
        levels, bands, stretch = self._decode(
            shaped.latent, pitch, velocity, _warped(time, shaped.attack, shaped.decay)
        )
        if shaped.brightness:
            powers = (levels**2).sum(axis=1, keepdims=True)
            tilt = np.arange(1, levels.shape[1] + 1) ** shaped.brightness
            levels = (levels * tilt).astype(np.float32)
            levels *= np.sqrt(powers / np.maximum((levels**2).sum(axis=1, keepdims=True), 1e-12))
            bands = (bands * 2.0 ** (shaped.brightness * np.linspace(-2, 2, bands.shape[1]))).astype(np.float32)
        gain = np.ones_like(time)
        if shaped.attack > 0:
            gain = np.minimum(time / np.float32(0.4 * shaped.attack**2 + 1e-3), np.float32(1))
        if shaped.decay < 0:
            gain = (gain * 10 ** (-90 / 20 * shaped.decay**2 * time)).astype(np.float32)
        harmonicity = shaped.harmonicity
        stretch = stretch * (1 - max(harmonicity, 0)) + 0.004 * min(harmonicity, 0) ** 2
        noise = np.float32(10 ** (24 / 20 * shaped.noise))
        return (
            (levels * gain[:, None]).astype(np.float32),
            (bands * gain[:, None] * noise).astype(np.float32),
            float(stretch),
        )

    def _decode(self, latent: Floats, pitch: float, velocity: int, time: Floats) -> tuple[Floats, Floats, float]:
        """What the network says; after what it has learnt, each level goes on falling as it fell."""
        within = np.minimum(time, np.float32(LEARNT_SECONDS))
        marks = np.array([LEARNT_SECONDS - SLOPE_SECONDS, LEARNT_SECONDS], np.float32)
        feed = {
            "latent": np.asarray(latent, np.float32)[None],
            "pitch": np.array([pitch], np.float32),
            "velocity": np.array([velocity], np.float32),
            "time": np.concatenate([within, marks])[None],
        }
        levels, bands, stretch = self._run("decode", ["levels", "bands", "stretch"], feed)
        beyond = np.maximum(time - LEARNT_SECONDS, 0)[:, None] / SLOPE_SECONDS
        found = []
        for each in (levels[0], bands[0]):
            ratio = np.clip((each[-1] + 1e-7) / (each[-2] + 1e-7), 1e-3, 1.0)
            found.append(each[:-2] * ratio**beyond)
        return found[0], found[1], float(stretch[0])

    def _run(self, graph: str, outputs: list[str], feed: dict[str, NDArray[Any]]) -> list[Floats]:
        if graph not in self._sessions:
            self._sessions[graph] = session(self.card, graph, self.threads)
        return self._sessions[graph].run(outputs, feed)


def _warped(time: Floats, attack: float, decay: float) -> Floats:
    """Time as the decoder is told it: slower or faster in the onset, slower after it."""
    slow, long = 4.0**attack, 4.0 ** max(decay, 0)
    onset = ONSET_SECONDS * slow
    return np.where(time < onset, time / slow, ONSET_SECONDS + (time - onset) / long).astype(np.float32)


def _without_offset(wave: Floats) -> Floats:
    """Without what lies below 20 Hz at the beginning and end: no click, no constant part."""
    ramp = min(32, len(wave))
    wave = wave - wave.mean(dtype=np.float64).astype(np.float32)
    wave[:ramp] *= np.linspace(0, 1, ramp, dtype=np.float32)
    return wave


def check_note(samples: Floats, rate: int, pitch: float) -> Floats:
    """The samples of a note that can be encoded.

    Raises
    ------
    ModelError
    """
    check_range("rate", rate, LOWEST_RATE, HIGHEST_RATE)
    check_range("pitch", pitch, 0, 127)
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1 or len(samples) < rate // 20 or not np.isfinite(samples).all() or not samples.any():
        raise ModelError(f"a note of shape {samples.shape}: it must be mono, finite, at least 0.05 s, not silent")
    return samples


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse a value out of range.

    Raises
    ------
    ModelError
    """
    if not low <= value <= high:
        raise ModelError(f"{name} {value!r} must be from {low:g} to {high:g}")


load = ModelLoader(Timbre)
"""Load a model by name, cached in memory; see `firmus.runtime.model_cache`."""
