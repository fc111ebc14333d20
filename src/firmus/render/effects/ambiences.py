"""Ambiences, which may be loops: rain, wind, a room, a machine. All are periodic in their length.

Drops after K. van den Doel, Physically based models for liquid sounds (ACM TAP 2005): a drop rings as a damped sine
whose frequency rises while its bubble comes to the surface.
"""

from __future__ import annotations

import numpy as np

from firmus.render.effects.noise import band, coloured, moving, scattered, stereo, wander
from firmus.render.effects.settings import SAMPLE_RATE, Curve, Settings

GRAINS = 24  # different drops or strokes
GRAIN_SECONDS = 0.06


def rain(settings: Settings) -> Curve:
    """A dense hiss of far drops, and `rate` near ones a second, each a splash and a ringing bubble about the pitch."""
    frames, generator = settings.frames, settings.generator
    hiss = [coloured(frames, generator, lambda hertz: (hertz / 1000) ** -0.3 / (1 + (350 / hertz) ** 2))
            for _ in range(2)]  # fmt: skip
    swell = 1 + 0.12 * wander(frames, generator, 0.4)
    near = np.zeros((frames, 2))
    for number in np.diff(np.round(np.linspace(0, settings.rate * settings.seconds, GRAINS + 1))).astype(int):
        levels = np.minimum((1 - generator.random(number)) ** -0.45, 4.0) - 0.8  # few are near, many far
        drops = scattered(frames, generator.random(number) * frames, levels, _drop(settings))
        angle = generator.random() * np.pi / 2
        near += np.stack([drops * np.cos(angle), drops * np.sin(angle)], axis=1)
    return stereo(hiss) * swell[:, None] * 0.5 + near * 0.8


def _drop(settings: Settings) -> Curve:
    generator = settings.generator
    times = np.arange(round(GRAIN_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = settings.pitch * 2 ** (0.6 * generator.standard_normal())
    decay = 0.003 + 0.006 * generator.random()
    ring = np.sin(2 * np.pi * hertz * times * (1 + 4 * times)) * np.exp(-times / decay)
    splash = 0.5 * np.diff(generator.standard_normal(len(times) + 1)) * np.exp(-times / 0.0015)
    return settings.blend(splash, ring)


def wind(settings: Settings) -> Curve:
    """Air in gusts, `rate` a second, whose bands and, by `tone`, whistling about the pitch go up and down with them."""
    frames, generator = settings.frames, settings.generator
    gusts = wander(frames, generator, settings.rate)
    sides = []
    for _ in range(2):
        strength = 0.8 * gusts + 0.2 * wander(frames, generator, 3 * settings.rate)
        step = np.linspace(0, 1, frames)

        def blowing(place: Curve, hertz: Curve, step: Curve = step, strength: Curve = strength) -> Curve:
            now = np.interp(place[:, 0], step, strength)[:, None]
            low = 1 / (1 + (hertz / (260 * 2 ** (1.2 * now))) ** 1.6)
            whistles = sum(band(hertz, settings.pitch * each * 2 ** (0.5 * now), 0.07) for each in (1.0, 1.62))
            return np.asarray(np.sqrt(1 - settings.tone) * low + 1.3 * np.sqrt(settings.tone) * whistles)

        air = moving(
            coloured(frames, generator, lambda hertz: (hertz / 200) ** -0.4 / (1 + (70 / hertz) ** 4)), blowing
        )
        sides.append(air * 10 ** (9 * strength / 20))
    return stereo(sides, 0.8)


def room(settings: Settings) -> Curve:
    """The tone of an empty room: soft dark noise of its air, and a hum of the mains (the pitch) with its harmonics."""
    frames, generator = settings.frames, settings.generator
    air = [coloured(frames, generator, lambda hertz: (hertz / 100) ** -0.9 / (1 + (hertz / 2500) ** 2)) for _ in "lr"]
    drift = 1 + 0.15 * wander(frames, generator, 0.3)
    hum = sum(_periodic(settings, settings.pitch * number) / number**1.4 for number in (1, 2, 3, 4, 6))
    hum = np.stack([np.asarray(hum)] * 2, axis=1) * (1 + 0.08 * wander(frames, generator, 0.5))[:, None]
    return settings.blend(stereo(air, 0.8) * drift[:, None], hum)


def machine(settings: Settings) -> Curve:
    """A motor: `rate` strokes a second that ring in the casing, the hum of the pitch and its harmonics, and air."""
    frames, generator = settings.frames, settings.generator
    strokes = max(round(settings.rate * settings.seconds), 1)
    times = np.arange(round(0.12 * SAMPLE_RATE)) / SAMPLE_RATE
    beats = np.zeros(frames)
    for place in range(4):  # four cylinders, each a little different
        onsets = np.arange(place, strokes, 4) * frames / strokes
        rings = sum(np.sin(2 * np.pi * hertz * times) * np.exp(-times * hertz / 12)
                    for hertz in settings.pitch * generator.uniform(1.2, 9.0, 4))  # fmt: skip
        knock = generator.standard_normal(len(times)) * np.exp(-times / 0.004)
        levels = generator.uniform(0.85, 1.0) + 0.06 * generator.standard_normal(len(onsets))
        beats += scattered(frames, onsets, levels, settings.blend(knock, np.asarray(rings) / 2))
    load = 1 + 0.05 * wander(frames, generator, 1.0)
    hum = np.asarray(sum(_periodic(settings, settings.pitch * number) / number for number in range(1, 9))) * load
    air = [coloured(frames, generator, lambda hertz: band(hertz, 900.0, 1.8)) for _ in range(2)]
    body = settings.blend(stereo(air) * 0.25, np.stack([hum, hum], axis=1) * 0.3)
    return body + np.stack([beats, beats], axis=1)


def _periodic(settings: Settings, hertz: float) -> Curve:
    """A sine that comes out even at the end of the sound."""
    turns = max(round(hertz * settings.seconds), 1)
    phase = settings.generator.random()
    return np.sin(2 * np.pi * (turns * np.arange(settings.frames) / settings.frames + phase))
