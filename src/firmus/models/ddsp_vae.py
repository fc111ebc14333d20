"""A space of instruments whose decoder controls oscillators and filtered noise: a variational autoencoder of timbre.

What it is
    A point is an instrument, not a note. Each instrument of the training set has a point of its own, a mean and a
    spread, learnt with the decoder, which must play all its notes from there; the encoder learns to name the point from
    the levels of *one* note. From a point, a pitch and a velocity the decoder says, at the times at which notes are
    analysed, amplitudes of up to 96 partials and gains of 32 bands of noise, and how far the partials are stretched;
    between these times decibels are interpolated over the logarithm of time. Oscillators and filtered noise make sound
    of it, through which gradients flow.
Paper
    Engel et al., *DDSP: Differentiable Digital Signal Processing* (2020): equation 1, x(n) = Σ_k A_k(n) sin φ_k(n);
    equation 4, the multi-scale spectral loss L = Σ_i ‖S_i - Ŝ_i‖₁ + α ‖log S_i - log Ŝ_i‖₁ over FFT sizes 2048 … 64.
    Kingma & Welling, *Auto-Encoding Variational Bayes* (2014); Zadeh et al., *Variational Auto-Decoder* (2019), and
    Bojanowski et al., *Optimizing the Latent Space of Generative Networks* (2018), for points that are learnt as
    parameters. Here pitch is known and constant within a note, amplitudes are given one by one, and the levels that
    analysis measures are learnt beside the spectra, which costs a twentieth of them a note.
Conventions
    Sound at 24 kHz, controls at 187.5 frames a second, as of `firmus.analysis.additive`, which does the same in numpy.
    ``features`` (B, 16, 96) of `firmus.analysis.partials`; points (B, Z).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from firmus.analysis import additive, partials
from firmus.models._traced import traced
from firmus.tokens import Shape

TITLE = "Harmonics and noise"
KIND = "instrument"
RATE, SECONDS, PITCHED = 24_000, 2.4, True  # of the notes it learns from
HOP = round(RATE / additive.FRAMES)
SIZES = (2048, 1024, 512, 256, 128, 64)  # of the spectra
DRAWN = 2  # of these in a step of training, at random: the same loss in the mean, in a third of the time
TINY = 1e-4  # added to a magnitude before its logarithm
AUDIBLE = 1e-3  # share of the loudest partial from which a level is learnt
OF_NOTE = 20  # numbers that say pitch and velocity
LOUDEST = 0.5  # logarithm of an amplitude, at most
HIDDEN = 0.3  # share of the features that the encoder does not see in training
FROM_ENCODER = 0.25  # share of the notes that are played from the encoder's point


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network, and what is learnt beside the spectra.

    Parameters
    ----------
    latent : int
        Numbers of a point.
    width : int
        Of the decoder's hidden layers.
    layers : int
        Of the decoder.
    instruments : int
        Of the training set, at most.
    heard : int
        Notes of a batch that are synthesised and compared by their spectra; of all, levels are compared.
    divergence : float
        Weight of the Kullback-Leibler divergences, per point.
    measured : float
        Weight of the levels that analysis measures.
    """

    latent: int = 16
    width: int = 384
    layers: int = 2
    instruments: int = 512
    heard: int = 4
    divergence: float = 2e-3
    measured: float = 1.0


class TimbreVAE(nn.Module):
    """The network; see the module's docstring."""

    PHASES = ("network",)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, seen = config.width, len(partials.TIMES) * partials.FEATURES
        self.points = nn.Parameter(torch.randn(config.instruments, config.latent))
        self.spreads = nn.Parameter(torch.full((config.instruments, config.latent), -1.0))
        self.encoder = nn.Sequential(
            nn.Linear(seen + 1, 256),
            nn.GELU(),
            nn.Linear(256, 256),
            nn.GELU(),
            nn.Linear(256, 2 * config.latent),
        )
        self.enter = nn.Linear(config.latent + OF_NOTE, width)
        self.hidden = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width)
        self.levels = nn.Linear(width, len(partials.TIMES) * (additive.HARMONICS + additive.BANDS))
        self.stiff = nn.Sequential(nn.Linear(config.latent + 1, 32), nn.GELU(), nn.Linear(32, 1))
        with torch.no_grad():
            quiet = torch.cat([-3.5 - 0.06 * torch.arange(additive.HARMONICS), torch.full((additive.BANDS,), -7.0)])
            self.levels.bias.copy_(quiet.repeat(len(partials.TIMES)))
            self.levels.weight.mul_(0.5)
            self.stiff[-1].bias.fill_(-2.0)  # type: ignore[operator]

    def encode(self, features: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (B, Z) of the points of notes: features (B, 16, 96), MIDI pitches (B,)."""
        seen = functional.dropout(features.flatten(1), HIDDEN, self.training)
        mean, spread = self.encoder(torch.cat([seen, pitch[:, None] / 64 - 1], dim=1)).chunk(2, dim=1)
        return mean, positive(spread)

    def measured(self, latent: Tensor, pitch: Tensor, velocity: Tensor) -> Tensor:
        """Logarithms (B, 16, 96 + 32) of the amplitudes of partials and of the gains of bands, at `partials.TIMES`."""
        x = self.enter(torch.cat([latent, of_note(pitch, velocity)], dim=1))
        for layer in self.hidden:
            x = x + layer(x)
        levels: Tensor = self.levels(self.norm(x)).unflatten(1, (len(partials.TIMES), -1))
        return levels.clamp(max=LOUDEST)

    def decode(self, latent: Tensor, pitch: Tensor, velocity: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Amplitudes (B, T, 96), gains (B, T, 32) and stretch (B,) of notes at times (B, T) in seconds."""
        levels = (between(time) @ self.measured(latent, pitch, velocity)).exp()
        return levels[..., : additive.HARMONICS], levels[..., additive.HARMONICS :], self.stiffness(latent, pitch) ** 2

    def stiffness(self, latent: Tensor, pitch: Tensor) -> Tensor:
        """Square root (B,) of the stretch B of the partials, at most that of 4e-3."""
        stiff: Tensor = self.stiff(torch.cat([latent, pitch[:, None] / 64 - 1], dim=1))[:, 0]
        return math.sqrt(4e-3) * stiff.sigmoid()

    def forward(self, features: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor]:
        """Encode."""
        return self.encode(features, pitch)

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Spectra of a stretch of some notes, measured levels of all, and divergences of the points.

        In training most notes are played from their instrument's point, else from what the encoder makes of another.
        """
        with torch.autocast(batch[0].device.type, enabled=False):  # half precision is too coarse for sound
            samples, first, pitch, velocity, hertz, stretch, amplitudes, features, other, noise, power = (
                each.float() for each in batch[:-1]
            )
            latent, divergence = self._points(features, other, batch[-1])
            levels, stiff = self.measured(latent, pitch, velocity), self.stiffness(latent, pitch)
            parts = {
                "spectra": self._spectra(levels, samples, first, hertz, stretch),
                **_levels_apart(levels.exp(), amplitudes, noise, power),
                "stretch": (stiff - stretch.sqrt()).abs().mean() * 20,
                "divergence": divergence,
            }
            weights = {"divergence": self.config.divergence, "measured": self.config.measured, "noise": 0.5}
            loss = torch.stack([weights.get(name, 1.0) * each for name, each in parts.items()]).sum()
        return loss, {name: each.detach() for name, each in parts.items()}

    def _points(self, features: Tensor, pitch: Tensor, instrument: Tensor) -> tuple[Tensor, Tensor]:
        """Points (B, Z) from which notes are played, and the divergence of the instruments' points.

        Of an instrument's point, from a normal distribution and from the encoder's, which learns to be near.
        """
        mean, spread = self.encode(features, pitch)
        if not self.training:  # what the encoder makes of a note is what can be validated
            return mean, 0.5 * (mean**2 + spread**2 - 1 - 2 * spread.log()).sum(1).mean()
        own, width = self.points[instrument], positive(self.spreads[instrument])
        latent = own + width * torch.randn_like(own)
        encoded = mean + spread * torch.randn_like(mean)
        is_encoded = torch.rand(len(mean), 1, device=mean.device) < FROM_ENCODER
        normal = 0.5 * (own**2 + width**2 - 1 - 2 * width.log())
        match = (spread / width).log() + (width**2 + (own - mean) ** 2) / (2 * spread**2) - 0.5
        return torch.where(is_encoded, encoded, latent), (normal + match).sum(1).mean()

    def _spectra(self, levels: Tensor, samples: Tensor, first: Tensor, hertz: Tensor, stretch: Tensor) -> Tensor:
        """Spectral loss of a stretch (B, N) of the first notes of a batch."""
        some = slice(self.config.heard)
        samples, first = samples[some], first[some]
        frames = samples.shape[1] // HOP + 1
        time = (first[:, None] + torch.arange(frames, device=samples.device) * HOP) / RATE
        played = (between(time) @ levels[some]).exp()
        white = torch.rand(len(samples), frames, 2 * HOP, device=samples.device) * 2 - 1
        sound = harmonic(played[..., : additive.HARMONICS], hertz[some], stretch[some], first)
        sound = sound + filtered_noise(played[..., additive.HARMONICS :], white)
        sizes = [SIZES[each] for each in torch.randperm(len(SIZES))[:DRAWN]] if self.training else SIZES
        return spectral_distance(sound, samples, sizes)

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """All of it is learnt at once."""
        return [self]


def positive(x: Tensor) -> Tensor:
    """A standard deviation."""
    return functional.softplus(x - 1) + 1e-3


def between(time: Tensor) -> Tensor:
    """Weights (B, T, 16) of `partials.TIMES` at times (B, T): linear over the logarithm of time, constant beyond."""
    marks = len(partials.TIMES)
    a_step = math.log(partials.TIMES[-1] / partials.TIMES[0]) / (marks - 1)
    place = (torch.log(time.clamp(min=1e-4) / float(partials.TIMES[0])) / a_step).clamp(0, marks - 1)
    return (1 - (place[..., None] - torch.arange(marks, device=time.device)).abs()).clamp(min=0)


def _levels_apart(levels: Tensor, amplitudes: Tensor, noise: Tensor, power: Tensor) -> dict[str, Tensor]:
    """How far levels (B, 16, 96 + 32) are from measured amplitudes (B, 16, 96), gains (B, 16, 32), power (B, 16).

    All in nats, relative to a note's loudest partial.
    """
    loudest = amplitudes.amax((1, 2), keepdim=True).clamp(min=1e-5)
    mine, gains = (each / loudest for each in levels.tensor_split([additive.HARMONICS], dim=2))
    true, noise, power = amplitudes / loudest, noise / loudest, power / loudest[..., 0] ** 2
    counts = (true > AUDIBLE).float()
    wrong = ((mine + 3e-4).log() - (true + 3e-4).log()).abs()
    share = torch.from_numpy(additive.band_matrix(RATE, HOP)).mean(1).to(levels.device) / 3  # of white noise's power
    total = (mine**2).sum(2) / 2 + gains**2 @ share
    return {
        "measured": (counts * wrong).sum() / counts.sum(),
        "noise": ((gains + AUDIBLE).log() - (noise + AUDIBLE).log()).abs().mean(),
        "loudness": 0.5 * ((total + 1e-5).log() - (power + 1e-5).log()).abs().mean(),
    }


def of_note(pitch: Tensor, velocity: Tensor) -> Tensor:
    """What the decoder is told of a note (B, 20): pitch on several scales, and velocity."""
    height = (pitch - 64) / 32
    waves = height[:, None] * torch.tensor([1.0, 2.0, 4.0, 8.0], device=pitch.device) * (math.pi / 2)
    bumps = torch.exp(-((pitch[:, None] - torch.linspace(30, 98, 9, device=pitch.device)) ** 2) / (2 * 6.0**2))
    loudness = velocity[:, None] / 64 - 1
    return torch.cat([height[:, None], waves.sin(), waves.cos(), bumps, loudness, loudness**2], dim=1)


def harmonic(levels: Tensor, hertz: Tensor, stretch: Tensor, first: Tensor | None = None) -> Tensor:
    """Sum of oscillators (B, J · HOP) of amplitudes (B, J + 1, K); see `firmus.analysis.additive.harmonic`.

    `first` (B,) is the sample of the note at which it begins.
    """
    count, frames = levels.shape[2], levels.shape[1] - 1
    k = torch.arange(1, count + 1, device=levels.device, dtype=torch.float64)
    of = stretch.double()[:, None]
    frequencies = k * hertz.double()[:, None] * ((1 + of * k**2) / (1 + of)).sqrt()  # (B, K)
    levels = levels * (frequencies < additive.CEILING)[:, None]
    turn = 2 * math.pi * frequencies / RATE
    begin = torch.zeros_like(hertz) if first is None else first
    places = begin.double()[:, None] + torch.arange(frames, device=levels.device) * HOP
    start = torch.remainder(turn[:, None] * places[..., None] - math.pi * k * (k - 1) / count, 2 * math.pi).float()
    within = (turn[..., None] * torch.arange(HOP, device=levels.device)).float()  # (B, K, HOP)
    basis = torch.cat([within.cos(), within.sin()], dim=1)
    sines, cosines = start.sin(), start.cos()
    before, after = (
        torch.bmm(torch.cat([each * sines, each * cosines], dim=2), basis) for each in (levels[:, :-1], levels[:, 1:])
    )
    share = torch.arange(HOP, device=levels.device) / HOP
    return ((1 - share) * before + share * after).flatten(1)


def filtered_noise(bands: Tensor, white: Tensor) -> Tensor:
    """Noise (B, J · HOP) of gains (B, J + 1, N) and white noise (B, J + 1, 2 · HOP); see `firmus.analysis.additive`."""
    matrix = torch.from_numpy(additive.band_matrix(RATE, HOP, bands.shape[2])).to(bands.device)
    shape = torch.from_numpy(additive.window(HOP)).to(bands.device)
    frames = torch.fft.irfft(torch.fft.rfft(white) * (bands @ matrix), 2 * HOP) * shape
    return (frames[:, :-1, HOP:] + frames[:, 1:, :HOP]).flatten(1)


def spectral_distance(found: Tensor, wanted: Tensor, sizes: Sequence[int] = SIZES) -> Tensor:
    """Multi-scale spectral loss of sounds (B, N): L1 of magnitudes, relative to the sound's own, and of logarithms."""
    total = found.new_zeros(())
    for size in sizes:
        shape = torch.hann_window(size, device=found.device)
        mine, true = (
            torch.stft(each, size, size // 2, window=shape, center=True, pad_mode="constant", return_complex=True)
            for each in (found, wanted)
        )
        mine, true = (each.abs() / math.sqrt(size) for each in (mine, true))
        linear = (mine - true).abs().mean((1, 2)) / (true.mean((1, 2)) + 1e-3)
        total = total + linear.mean() + 0.5 * ((mine + TINY).log() - (true + TINY).log()).abs().mean()
    return total / len(sizes)


def build(config: Config, shape: Shape | None = None) -> TimbreVAE:
    """Make a network with fresh weights."""
    return TimbreVAE(config)


def example(generator: np.random.Generator) -> tuple[TimbreVAE, dict[str, dict[str, NDArray[Any]]]]:
    """A small network with fresh weights, and inputs for each of its graphs."""
    pitch, velocity = generator.uniform(30, 90, 2).astype(np.float32), generator.uniform(1, 127, 2).astype(np.float32)
    features = generator.random((2, len(partials.TIMES), partials.FEATURES), np.float32)
    latent, time = generator.standard_normal((2, 8), np.float32), generator.random((2, 30), np.float32)
    network = build(Config(latent=8, width=64, layers=1, instruments=3)).eval()
    return network, {
        "encode": {"features": features, "pitch": pitch},
        "decode": {"latent": latent, "pitch": pitch, "velocity": velocity, "time": time},
    }


def graphs(network: TimbreVAE) -> dict[str, Any]:
    """Its functions: ``encode`` (features, pitch) and ``decode`` (latent, pitch, velocity, time)."""
    rows, times = {0: "B"}, {0: "B", 1: "T"}
    features = torch.zeros(2, len(partials.TIMES), partials.FEATURES)
    one, latent = torch.zeros(2), torch.zeros(2, network.config.latent)
    return {
        "encode": traced(
            network, network.encode, {"features": features, "pitch": one}, {"mean": rows, "spread": rows},
            {"features": rows, "pitch": rows},
        ),
        "decode": traced(
            network, network.decode, {"latent": latent, "pitch": one, "velocity": one, "time": torch.zeros(2, 30)},
            {"levels": times, "bands": times, "stretch": rows},
            {"latent": rows, "pitch": rows, "velocity": rows, "time": times},
        ),
    }  # fmt: skip


def facts(network: TimbreVAE) -> dict[str, Any]:
    """What the runtime must know besides its sizes."""
    return {"rate": RATE, "seconds": SECONDS}


def sizes(network: TimbreVAE) -> dict[str, int]:
    """Sizes of what goes in and comes out."""
    return {"latent": network.config.latent, "harmonics": additive.HARMONICS, "bands": additive.BANDS}
