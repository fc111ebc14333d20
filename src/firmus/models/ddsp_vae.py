"""A space of instruments whose decoder controls oscillators and filtered noise: a variational autoencoder of timbre.

What it is
    The encoder sees the levels of the partials and bands of *one* note of an instrument and names a point; the decoder
    must play *another* note of it, from that point, its pitch, velocity and the time since its onset: amplitudes of up
    to 96 partials, gains of 32 bands of noise, and how far the partials are stretched. So a point is an instrument, not
    a note. Sound is made by a bank of oscillators and by filtered noise, through which gradients flow.
Paper
    Engel et al., *DDSP: Differentiable Digital Signal Processing* (2020): equation 1, x(n) = Σ_k A_k(n) sin φ_k(n);
    equation 4, the multi-scale spectral loss L = Σ_i ‖S_i - Ŝ_i‖₁ + α ‖log S_i - log Ŝ_i‖₁ over FFT sizes 2048 … 64;
    appendix B.5 for the output 2 σ(x)^(ln 10) + 10⁻⁷. Kingma & Welling, *Auto-Encoding Variational Bayes* (2014).
    Here pitch is known and constant within a note, amplitudes are given one by one, and the levels that analysis
    measures of partials, and their power, are learnt beside the spectra, which is much faster.
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
CONTEXT = 40  # numbers that say pitch, velocity and time


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network, and what is learnt beside the spectra.

    Parameters
    ----------
    latent : int
        Numbers of a point.
    width : int
        Of the hidden layers.
    layers : int
        Of the decoder.
    divergence : float
        Weight of the Kullback-Leibler divergence, per point.
    measured : float
        Weight of the levels that analysis measures.
    """

    latent: int = 16
    width: int = 256
    layers: int = 3
    divergence: float = 2e-3
    measured: float = 1.0


class TimbreVAE(nn.Module):
    """The network; see the module's docstring."""

    PHASES = ("network",)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, seen = config.width, len(partials.TIMES) * partials.FEATURES
        self.encoder = nn.Sequential(
            nn.Linear(seen + 1, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, 2 * config.latent),
        )
        self.enter = nn.Linear(config.latent + CONTEXT, width)
        self.hidden = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width)
        self.levels = nn.Linear(width, additive.HARMONICS)
        self.bands = nn.Linear(width, additive.BANDS)
        self.stiff = nn.Sequential(nn.Linear(config.latent + 1, 32), nn.GELU(), nn.Linear(32, 1))
        with torch.no_grad():
            self.levels.bias.copy_(-1.5 - 0.04 * torch.arange(additive.HARMONICS))
            self.bands.bias.fill_(-3.0)
            self.stiff[-1].bias.fill_(-2.0)  # type: ignore[operator]

    def encode(self, features: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (B, Z) of the points of notes: features (B, 16, 96), MIDI pitches (B,)."""
        mean, spread = self.encoder(torch.cat([features.flatten(1), pitch[:, None] / 64 - 1], dim=1)).chunk(2, dim=1)
        return mean, functional.softplus(spread - 1) + 1e-3

    def decode(self, latent: Tensor, pitch: Tensor, velocity: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Amplitudes (B, T, 96), gains (B, T, 32) and stretch (B,) of notes at times (B, T) in seconds."""
        x = self.enter(torch.cat([latent[:, None].expand(-1, time.shape[1], -1), context(pitch, velocity, time)], -1))
        for layer in self.hidden:
            x = x + layer(x)
        x = self.norm(x)
        return loud(self.levels(x)), 0.5 * loud(self.bands(x)), self.stretch(latent, pitch)

    def stretch(self, latent: Tensor, pitch: Tensor) -> Tensor:
        """Stretch B (B,) of the partials."""
        return 4e-3 * self.stiff(torch.cat([latent, pitch[:, None] / 64 - 1], dim=1))[:, 0].sigmoid() ** 2

    def forward(self, features: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor]:
        """Encode."""
        return self.encode(features, pitch)

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Spectra of a stretch of each note, levels of its partials, stretch, and divergence of the other's point."""
        with torch.autocast(batch[0].device.type, enabled=False):  # half precision is too coarse for sound
            samples, first, pitch, velocity, hertz, stretch, amplitudes, features, other = (
                each.float() for each in batch
            )
            mean, spread = self.encode(features, other)
            latent = mean + spread * torch.randn_like(mean) if self.training else mean
            frames = samples.shape[1] // HOP + 1
            time = (first[:, None] + torch.arange(frames, device=samples.device) * HOP) / RATE
            grid = torch.as_tensor(partials.TIMES, dtype=torch.float32, device=samples.device).expand(len(samples), -1)
            levels, bands, stiff = self.decode(latent, pitch, velocity, torch.cat([time, grid], dim=1))
            sound = harmonic(levels[:, :frames], hertz, stretch, first) + filtered_noise(
                bands[:, :frames], torch.rand(len(samples), frames, 2 * HOP, device=samples.device) * 2 - 1
            )
            sizes = [SIZES[each] for each in torch.randperm(len(SIZES))[:DRAWN]] if self.training else SIZES
            spectra = spectral_distance(sound, samples, sizes)
            loudest = amplitudes.amax((1, 2), keepdim=True).clamp(min=1e-5)
            counts = (amplitudes > AUDIBLE * loudest).float()
            wrong = (levels[:, frames:] / loudest + 3e-4).log() - (amplitudes / loudest + 3e-4).log()
            measured = (counts * wrong.abs()).sum() / counts.sum()
            powers = [((each / loudest) ** 2).sum(2) + 1e-5 for each in (levels[:, frames:], amplitudes)]
            loudness = 0.5 * (powers[0].log() - powers[1].log()).abs().mean()
            stiffness = (stiff.sqrt() - stretch.sqrt()).abs().mean() * 20
            divergence = 0.5 * (mean**2 + spread**2 - 1 - 2 * spread.log()).sum(1).mean()
            loss = (
                spectra + self.config.measured * (measured + loudness) + stiffness + self.config.divergence * divergence
            )
        parts = {
            "spectra": spectra,
            "measured": measured,
            "loudness": loudness,
            "stretch": stiffness,
            "divergence": divergence,
        }
        return loss, {name: each.detach() for name, each in parts.items()}

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """All of it is learnt at once."""
        return [self]


def loud(x: Tensor) -> Tensor:
    """2 σ(x)^(ln 10) + 10⁻⁷: positive, exponential where small."""
    return 2 * torch.exp(math.log(10) * functional.logsigmoid(x)) + 1e-7


def context(pitch: Tensor, velocity: Tensor, time: Tensor) -> Tensor:
    """What a frame is told (B, T, 40): pitch and velocity, and the time on scales from 2 ms to 4 s."""
    frames = time.shape[1]
    height = (pitch - 64) / 32
    waves = height[:, None] * torch.tensor([1.0, 2.0, 4.0, 8.0], device=time.device) * (math.pi / 2)
    bumps = torch.exp(-((pitch[:, None] - torch.linspace(30, 98, 9, device=time.device)) ** 2) / (2 * 6.0**2))
    loudness = velocity[:, None] / 64 - 1
    of_note = torch.cat([height[:, None], waves.sin(), waves.cos(), bumps, loudness, loudness**2], dim=1)  # (B, 20)
    scales = torch.tensor([0.002 * 1.5**step for step in range(19)], device=time.device)
    of_time = torch.cat([torch.exp(-time[..., None] / scales), time[..., None] / 2], dim=-1)  # (B, T, 20)
    return torch.cat([of_note[:, None].expand(-1, frames, -1), of_time], dim=-1)


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
    network = build(Config(latent=8, width=64, layers=1)).eval()
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
