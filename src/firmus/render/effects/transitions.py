"""Transitions between scenes: a riser, an impact, a sweep."""

from __future__ import annotations

import numpy as np

from firmus.render.effects.noise import band, coloured, moving, stereo
from firmus.render.effects.settings import SAMPLE_RATE, Curve, Settings

RISE_OCTAVES, RISE_DECIBELS = 3.0, 30.0
HARMONICS, HIGHEST = 24, 15_000.0
DETUNED = (0.994, 1.0, 1.0065)


def riser(settings: Settings) -> Curve:
    """Noise and a saw-tooth that rise by three octaves to the pitch and get louder, and stop at the top."""
    progress = settings.progress
    hertz = settings.pitch * 2 ** (RISE_OCTAVES * (progress - 1))

    def rising(place: Curve, frequencies: Curve) -> Curve:
        centre = 2 * settings.pitch * 2 ** (RISE_OCTAVES * (place - 1))
        return band(frequencies, centre, 0.9) / np.sqrt(centre / settings.pitch)

    rush = stereo((_level(moving(_white(settings), rising)) for _ in range(2)), 0.7)
    voices = [_saw(hertz * detune, settings.generator.random()) for detune in DETUNED]
    glide = stereo((voices[0] + voices[1] / 2, voices[2] + voices[1] / 2), 0.6)
    pulses = np.cumsum(settings.rate * (0.25 + 0.75 * progress)) / SAMPLE_RATE
    swell = 10 ** (RISE_DECIBELS * (progress - 1) / 20) * (0.65 + 0.35 * np.cos(2 * np.pi * pulses))
    return settings.blend(rush, _level(glide)) * swell[:, None]


def impact(settings: Settings) -> Curve:
    """A crack, a boom that falls to the pitch, and debris that gets darker while it dies away."""
    times, generator = settings.times, settings.generator
    hertz = settings.pitch * (1 + 3 * np.exp(-times / 0.035))
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    boom = np.tanh(2.2 * np.sin(phase) * np.exp(-6 * times / settings.seconds)) * np.minimum(times / 0.002, 1)
    boom += 0.25 * np.sin(1.51 * phase) * np.exp(-14 * times / settings.seconds)

    def darkening(place: Curve, frequencies: Curve) -> Curve:
        return 1 / (1 + (frequencies / (150 + 7000 * np.exp(-9 * place))) ** 2)

    decay = np.exp(-8 * times / settings.seconds)
    debris = stereo(_level(moving(_white(settings), darkening)) * decay for _ in range(2))
    grains = 1 + 0.4 * np.interp(times, np.linspace(0, settings.seconds, 60), generator.standard_normal(60))
    crack = _white(settings) * np.exp(-times / 0.003)
    return settings.blend(0.8 * debris * grains[:, None], 1.6 * np.stack([boom, boom], 1)) + 2.2 * crack[:, None]


def sweep(settings: Settings) -> Curve:
    """Air that passes by from left to right: its band rises to the pitch and falls again, loudest in the middle."""
    progress = settings.progress
    octaves = 0.25 + 1.1 * (1 - settings.tone)

    def centre(place: Curve) -> Curve:
        return settings.pitch * 2 ** (-2.5 * np.abs(2 * (place - 0.55)) ** 1.3)

    def passing(place: Curve, frequencies: Curve) -> Curve:
        return band(frequencies, centre(place), octaves) / np.sqrt(centre(place) / settings.pitch)

    air = _level(moving(_white(settings), passing))
    whistle = np.sin(2 * np.pi * np.cumsum(centre(progress)) / SAMPLE_RATE)
    bell = np.exp(-((np.abs(progress - 0.55) / 0.24) ** 2))
    flutter = 1 - 0.35 * (1 - np.cos(2 * np.pi * settings.rate * settings.times)) * (settings.rate > 0)
    mono = settings.blend(air, 0.7 * whistle) * bell**1.5 * flutter
    angle = progress * np.pi / 2
    return np.stack([mono * np.cos(angle), mono * np.sin(angle)], axis=1)


def _white(settings: Settings) -> Curve:
    return coloured(settings.frames, settings.generator, np.ones_like)


def _level(wave: Curve) -> Curve:
    """A wave at a root mean square of 1."""
    return wave / max(float(np.sqrt((wave**2).mean())), 1e-12)


def _saw(hertz: Curve, phase: float) -> Curve:
    """A saw-tooth whose frequency changes, without harmonics that would fold back."""
    turns = np.cumsum(hertz) / SAMPLE_RATE + phase
    wave = np.zeros(len(hertz))
    for number in range(1, HARMONICS + 1):
        wave += np.sin(2 * np.pi * number * turns) / number * (number * hertz < HIGHEST)
    return wave
