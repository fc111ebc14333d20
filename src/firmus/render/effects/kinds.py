"""Kinds of sound effects: the usual settings of each, and how one becomes finished audio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from firmus.render import mastering, soundtrack, synth
from firmus.render.effects import ambiences, interface, transitions
from firmus.render.effects.noise import folded
from firmus.render.effects.settings import SAMPLE_RATE, Curve, Settings

FADE_SECONDS, FADE_SHARE = 0.5, 0.12
EDGE_SECONDS, STOP_SECONDS = 0.0008, 0.03  # of what begins, and stops, at once
LOWEST = 18.0  # hertz; below it is nothing to hear
HALL = 0.9  # level of the reverberation at `space` 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sound effect.

    Parameters
    ----------
    synthesise : callable
        Of Settings, to an array (frames, 2).
    seconds : float
        Its usual length.
    longest : float
        Its greatest length in seconds.
    pitch, tone, space : float
        Usual settings.
    rate : float, optional
        Usual events a second, 0 for none; None where the kind knows none.
    loops : bool
        Whether it can be a loop.
    """

    synthesise: Callable[[Settings], Curve]
    seconds: float
    longest: float
    pitch: float
    tone: float
    space: float
    rate: float | None = None
    loops: bool = False

    @property
    def name(self) -> str:
        """As it is asked for."""
        return self.synthesise.__name__


KINDS = {
    kind.name: kind
    for kind in (
        Kind(transitions.riser, 3.0, 60.0, 880.0, 0.4, 0.25, rate=8.0),
        Kind(transitions.impact, 3.0, 30.0, 45.0, 0.6, 0.5),
        Kind(transitions.sweep, 1.2, 30.0, 2400.0, 0.2, 0.2, rate=0.0),
        Kind(ambiences.rain, 20.0, 300.0, 2600.0, 0.5, 0.15, rate=220.0, loops=True),
        Kind(ambiences.wind, 20.0, 300.0, 420.0, 0.3, 0.1, rate=0.2, loops=True),
        Kind(ambiences.room, 20.0, 300.0, 50.0, 0.15, 0.1, loops=True),
        Kind(ambiences.machine, 20.0, 300.0, 55.0, 0.5, 0.2, rate=14.0, loops=True),
        Kind(interface.click, 0.12, 5.0, 1900.0, 0.6, 0.0),
        Kind(interface.confirm, 0.45, 5.0, 660.0, 0.97, 0.15),
        Kind(interface.error, 0.5, 5.0, 220.0, 0.95, 0.05),
        Kind(interface.notify, 1.2, 5.0, 880.0, 0.98, 0.25),
        Kind(interface.coin, 0.7, 5.0, 987.77, 0.98, 0.05),
    )
}  # fmt: skip


def make(kind: Kind, settings: Settings, loudness: float) -> synth.Audio:
    """A sound effect, at a loudness (LUFS) and with its true peak below -1 dBTP.

    Examples
    --------
    >>> kind = KINDS["coin"]
    >>> settings = Settings(0.7, 988.0, 0.5, 0.98, 0.0, 0.0, False, np.random.default_rng(4))
    >>> make(kind, settings, -20.0).seconds
    0.7
    """
    frames, loop = settings.frames, settings.loop
    wave = kind.synthesise(settings)
    wave = _tilted(wave, settings.brightness, loop)
    wave /= max(float(np.abs(wave).max()), 1e-12)
    tail = round(mastering.REVERB_SECONDS * SAMPLE_RATE) if loop and settings.space else 0
    sounding = np.zeros((frames + tail, 2), np.float32)
    sounding[:frames] = wave
    if settings.space:
        mastering.reverberate(sounding, SAMPLE_RATE, HALL * settings.space)
    if loop:
        sounding = folded(sounding, frames)
    else:
        sounding *= _edges(settings, kind.loops)[:, None]
    sounding *= soundtrack.level(sounding, SAMPLE_RATE, loudness, loop)[:, None]
    return synth.Audio(sounding, SAMPLE_RATE)


def _tilted(wave: Curve, brightness: float, loop: bool) -> Curve:
    """A wave whose spectrum is tilted about 1 kHz."""
    from scipy import fft

    size = len(wave) if loop else fft.next_fast_len(len(wave) + SAMPLE_RATE // 10, real=True)
    hertz = np.clip(fft.rfftfreq(size, 1 / SAMPLE_RATE), 30.0, 16_000.0)[:, None]
    octaves = np.log2(hertz / 1000)
    spectrum = fft.rfft(wave, size, axis=0) * 10 ** (12 * (brightness - 0.5) * octaves / 20)
    spectrum[: round(size * LOWEST / SAMPLE_RATE) + 1] = 0
    tilted: Curve = fft.irfft(spectrum, size, axis=0)[: len(wave)]
    return tilted


def _edges(settings: Settings, is_steady: bool) -> Curve:
    """Gain that begins and ends in silence: soon, or, of what is steady, within half a second."""
    last = min(FADE_SECONDS, FADE_SHARE * settings.seconds)
    first = last if is_steady else min(EDGE_SECONDS, 0.02 * settings.seconds)
    last = last if is_steady else min(last, STOP_SECONDS)
    times = settings.times
    rising = np.sin(np.pi / 2 * np.clip(times / first, 0, 1)) ** 2
    falling = np.sin(np.pi / 2 * np.clip((times[-1] - times) / last, 0, 1)) ** 2
    return np.asarray(rising * falling)
