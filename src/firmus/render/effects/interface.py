"""Sounds of an interface: click, confirm, error, notify, coin; notes of damped partials, struck."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from firmus.render.effects.settings import SAMPLE_RATE, Curve, Settings

ATTACK = 0.0015


class Tap(NamedTuple):
    """A note: its frequency over the pitch, its onset and length as shares of the sound, and its level."""

    ratio: float
    onset: float
    length: float
    level: float = 1.0


SINE, BELL, SQUARE, WOOD = ((1, 1.0),), ((1, 1.0), (2.76, 0.45), (5.4, 0.25)), \
    ((1, 1.0), (3, 0.33), (5, 0.2), (7, 0.14)), ((1, 1.0), (2.4, 0.4), (4.1, 0.15))  # fmt: skip
"""Frequency and level of the partials."""


def click(settings: Settings) -> Curve:
    """A key that goes down, and, softer and lower, up again."""
    return _struck(settings, (Tap(1.0, 0.0, 0.25), Tap(0.72, 0.45, 0.2, 0.35)), WOOD)


def confirm(settings: Settings) -> Curve:
    """Two notes, a fifth up."""
    return _struck(settings, (Tap(1.0, 0.0, 0.35, 0.8), Tap(1.5, 0.22, 0.78)), (*SINE, (2, 0.2)))


def error(settings: Settings) -> Curve:
    """Two low notes, rough, the second a tritone lower and longer."""
    return _struck(settings, (Tap(1.0, 0.0, 0.4), Tap(1.06, 0.0, 0.4, 0.6), Tap(0.7071, 0.36, 0.64),
                              Tap(0.75, 0.36, 0.64, 0.6)), SQUARE)  # fmt: skip


def notify(settings: Settings) -> Curve:
    """A bell in three notes of a major chord."""
    return _struck(settings, (Tap(1.0, 0.0, 0.8, 0.8), Tap(1.25, 0.14, 0.8, 0.8), Tap(1.5, 0.28, 0.72)), BELL)


def coin(settings: Settings) -> Curve:
    """A short note, and a fourth higher one that rings."""
    return _struck(settings, (Tap(1.0, 0.0, 0.16), Tap(1.3348, 0.14, 0.86)), SQUARE)


def _struck(settings: Settings, taps: tuple[Tap, ...], partials: tuple[tuple[float, float], ...]) -> Curve:
    generator, times = settings.generator, settings.times
    cents = 2 ** (generator.uniform(-12, 12) / 1200)
    left, right = np.zeros(settings.frames), np.zeros(settings.frames)
    for tap in taps:
        since = times - tap.onset * settings.seconds
        length = tap.length * settings.seconds
        sounding = (since >= 0) * np.minimum(np.maximum(since, 0) / ATTACK, 1)
        since = np.maximum(since, 0)
        hertz = settings.pitch * tap.ratio * cents
        for ratio, level in partials:
            decay = np.exp(-5.5 * since / length * (0.7 + 0.3 * ratio) * generator.uniform(0.9, 1.1))
            if hertz * ratio < SAMPLE_RATE / 2.2:
                wave = np.sqrt(settings.tone) * level * tap.level * np.sin(2 * np.pi * hertz * ratio * since) * decay
                left, right = left + wave * sounding, right + wave * sounding
        strike = tap.level * np.exp(-since / (0.004 + 0.03 * length)) * sounding * np.sqrt(1 - settings.tone)
        left = left + strike * generator.standard_normal(settings.frames)
        right = right + strike * generator.standard_normal(settings.frames)
    return np.stack([left, right], axis=1)
