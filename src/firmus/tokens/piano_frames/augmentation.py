"""Synthesised training audio: a score with inexact timing, on a random instrument, in a random room and microphone.

Everything is drawn from a generator that the notes seed, so a score always sounds the same. The instruments are the
shipped SoundFont's (`firmus.render.sampler`), a piano more often than all others together, and synthetic strings:
damped, inharmonic partials with random parameters, so that a network does not overfit one piano.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.spectrum import RATE, decibels, magnitudes
from firmus.errors import TokenError
from firmus.score import Score
from firmus.timing import seconds

DURATION, RELEASE = 20.0, 1.0  # seconds that are played, and of the release of the last notes
FEWEST = 4
SAMPLER_RATE = 24_000  # samples a second
SYNTHETIC = 0.3  # share of the scores played by synthetic strings
EMPTY = 0.03  # share of noise and drums alone
PROGRAMS = (  # General MIDI programs of the shipped SoundFont, how often each plays, lowest and highest key
    (0, 60, 21, 108), (4, 4, 28, 96), (6, 4, 29, 89), (11, 2, 53, 89), (19, 3, 36, 84), (21, 2, 48, 84),
    (24, 5, 40, 84), (25, 3, 40, 84), (40, 3, 55, 96), (42, 3, 36, 76), (46, 3, 24, 100), (48, 2, 36, 88),
    (52, 2, 43, 79), (56, 2, 55, 84), (60, 2, 41, 77), (65, 2, 50, 80), (68, 2, 58, 89), (71, 3, 50, 89),
    (73, 4, 60, 96),
)  # fmt: skip
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Performance:
    """Sound float32 (N,) at 16,000 a second, and its notes (M, 4): begin, end in seconds, pitch, velocity."""

    samples: Floats
    notes: NDArray[np.float64]


def perform(score: Score) -> Performance:
    """Play a random stretch of a score.

    Raises
    ------
    TokenError
        Where it has fewer than four notes.
    """
    written = [
        (seconds(score, note.start), seconds(score, note.end), note.pitch, note.velocity)
        for part in score.parts
        if not part.is_drums
        for note in part.notes
    ]
    if len(written) < FEWEST:
        raise TokenError(f"{len(written)} notes are too few to be played: {FEWEST} are the fewest")
    table = np.array(sorted(written))
    generator = np.random.default_rng(int.from_bytes(hashlib.blake2b(table.tobytes(), digest_size=8).digest(), "big"))
    notes = _excerpt(table, generator)
    program, lowest, highest = _instrument(generator)
    notes = _performed(notes, lowest, highest, generator)
    if len(notes) < FEWEST:
        raise TokenError(f"{len(notes)} notes are too few to be played: {FEWEST} are the fewest")
    samples = _synthetic(notes, generator) if program < 0 else _sampled(notes, program, generator)
    if generator.random() < EMPTY:
        samples, notes = np.zeros_like(samples), notes[:0]
    return Performance(_recorded(samples, generator), notes)


def levels(sound: Performance) -> NDArray[np.uint8]:
    """Spectrogram (T, 291) of a performance, as of `firmus.analysis.spectrum`."""
    return decibels(magnitudes(sound.samples))


def _instrument(generator: np.random.Generator) -> tuple[int, int, int]:
    """A program, -1 for synthetic strings, and its lowest and highest key."""
    if generator.random() < SYNTHETIC:
        return -1, 21, 108
    weights = np.array([each[1] for each in PROGRAMS], float)
    program, _, lowest, highest = PROGRAMS[int(generator.choice(len(PROGRAMS), p=weights / weights.sum()))]
    return program, lowest, highest


def _excerpt(table: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Notes of `DURATION` seconds from somewhere in a piece, at a tempo near its own; sometimes one voice alone."""
    notes = table.copy()
    notes[:, :2] *= generator.uniform(0.75, 1.3)
    if generator.random() < 0.12:  # its upper or its lower line
        highest = generator.random() < 0.7
        order = np.lexsort((-notes[:, 2] if highest else notes[:, 2], notes[:, 0]))
        notes = notes[order]
        notes = notes[np.r_[True, np.diff(notes[:, 0]) > 0.03]]
        notes[:-1, 1] = np.minimum(notes[:-1, 1], notes[1:, 0])
    first = notes[int(generator.integers(len(notes))), 0]
    first = min(first, max(float(notes[:, 0].max()) - DURATION, notes[0, 0]))
    notes = notes[(notes[:, 0] >= first - 1e-6) & (notes[:, 0] < first + DURATION - 0.5)]
    notes[:, :2] -= first - generator.uniform(0.1, 0.6)
    notes[:, 1] = np.minimum(notes[:, 1], DURATION)
    return notes


def _performed(
    notes: NDArray[np.float64], lowest: int, highest: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """A human performance: in another key, uneven in time and loudness, legato or not, with pedal."""
    count = len(notes)
    notes[:, 2] += generator.integers(-6, 7)
    if generator.random() < 0.1:  # all over the keys
        notes[:, 2] = generator.integers(21, 109, count)
    while (notes[:, 2] > highest).any() or (notes[:, 2] < lowest).any():
        notes[:, 2] += 12.0 * (notes[:, 2] < lowest) - 12.0 * (notes[:, 2] > highest)
    notes[:, :2] += generator.normal(0, generator.uniform(0, 0.02), (count, 1))
    lengths = (notes[:, 1] - notes[:, 0]) * generator.uniform(0.5, 1.05) * generator.uniform(0.85, 1.1, count)
    notes[:, 1] = notes[:, 0] + np.maximum(lengths, 0.05)
    if generator.random() < 0.35:  # a pedal that is changed every so often
        period = generator.uniform(0.5, 2.5)
        notes[:, 1] = np.maximum(notes[:, 1], (np.floor(notes[:, 0] / period) + 1) * period - 0.03)
    middle, spread = generator.uniform(45, 95), generator.uniform(4, 20)
    notes[:, 3] = np.clip(generator.normal(middle, spread, count) + 0.3 * (notes[:, 2] - 64), 15, 127).round()
    notes[:, 0] = np.maximum(notes[:, 0], 0.0)
    notes[:, 1] = np.minimum(notes[:, 1], DURATION + RELEASE)
    order = np.lexsort((notes[:, 0], notes[:, 2]))
    notes = notes[order]
    repeated = (np.diff(notes[:, 2]) == 0) & (notes[1:, 0] < notes[:-1, 1])  # a key is struck anew
    notes[:-1, 1] = np.where(repeated, notes[1:, 0] - 0.01, notes[:-1, 1])
    return notes[notes[:, 1] - notes[:, 0] > 0.04]


def _sampled(notes: NDArray[np.float64], program: int, generator: np.random.Generator) -> Floats:
    """The notes by a program of the SoundFont, tuned up to a sixth of a tone off."""
    from scipy.signal import resample_poly

    from firmus.render import sampler, soundfont

    rate = round(SAMPLER_RATE * 2.0 ** (generator.normal(0, 8) / 1200))  # resampled, so that the tuning is a little off
    buffer = np.zeros((int((DURATION + RELEASE) * SAMPLER_RATE), 2), np.float32)
    times = notes[:, :2] * SAMPLER_RATE / rate
    played = [
        sampler.Played(at, until - at, int(pitch), int(loud))
        for (at, until), (pitch, loud) in zip(times, notes[:, 2:], strict=True)
    ]
    sampler.add_notes(buffer, rate, soundfont.current(), (0, program), played, (0.25, 0.25))
    return resample_poly(buffer.mean(axis=1), RATE, SAMPLER_RATE).astype(np.float32)


def _synthetic(notes: NDArray[np.float64], generator: np.random.Generator) -> Floats:
    """The notes by strings with random inharmonicity, brightness, decay, hammer position and hammer noise."""
    samples = np.zeros(int((DURATION + RELEASE) * RATE), np.float32)
    inharmonicity = 10 ** generator.uniform(-4.5, -3.0)
    rolloff, place = generator.uniform(0.4, 1.6), generator.uniform(0.05, 0.4)
    decay, release = generator.uniform(0.5, 4.0), generator.uniform(0.02, 0.25)
    partial_gains = generator.normal(0, generator.uniform(0, 6), 40)  # decibels of each partial
    hammer_noise = generator.uniform(0, 0.05)
    detune = generator.normal(0, 8)
    for pitch in np.unique(notes[:, 2]):
        of_pitch = notes[notes[:, 2] == pitch]
        hertz = 440 * 2 ** ((pitch - 69 + (detune + generator.normal(0, 3)) / 100) / 12)
        times = np.arange(int((of_pitch[:, 1] - of_pitch[:, 0]).max() * RATE + 5 * release * RATE)) / RATE
        number = np.arange(1, 41)
        partial = hertz * number * np.sqrt(1 + inharmonicity * (pitch / 60) ** 4 * number**2)
        number, partial = number[partial < 7600][:25], partial[partial < 7600][:25]
        strength = (
            number ** (-rolloff) * (0.05 + np.abs(np.sin(np.pi * number * place))) * 10 ** (partial_gains[number] / 20)
        )
        rate = (0.3 + number * 0.15 + (pitch - 40) / 30) / decay
        wave = np.zeros(len(times), np.float32)
        for amplitude, cycle, fall in zip(strength, partial, np.maximum(rate, 0.1), strict=True):
            phase = generator.uniform(0, 2 * np.pi)
            wave += (amplitude * np.exp(-fall * times) * np.sin(2 * np.pi * cycle * times + phase)).astype(np.float32)
        wave[: RATE // 50] += (hammer_noise * generator.standard_normal(RATE // 50)).astype(np.float32)[: len(wave)]
        wave[:80] *= np.linspace(0, 1, 80, dtype=np.float32)[: len(wave)]
        for at, until, _, loud in of_pitch:
            sustain = int((until - at) * RATE)
            shape = np.exp(-np.maximum(np.arange(len(wave)) - sustain, 0) / (release * RATE)).astype(np.float32)
            first = int(at * RATE)
            piece = (wave * shape)[: len(samples) - first]
            samples[first : first + len(piece)] += np.float32((loud / 127) ** 2) * piece
    return samples


def _recorded(samples: Floats, generator: np.random.Generator) -> Floats:
    """A simulated recording: reverberation, microphone equalisation, noise and sometimes drums."""
    from scipy.signal import oaconvolve, sosfilt

    samples = samples / max(float(np.abs(samples).max()), 1e-6)
    if generator.random() < 0.75:
        tail = np.arange(int(generator.uniform(0.15, 1.3) * RATE)) / RATE
        room = generator.standard_normal(len(tail)) * np.exp(-6.9 * tail / tail[-1])
        room *= generator.uniform(0.02, 0.5) / np.sqrt((room**2).sum())
        room[0] += 1
        samples = oaconvolve(samples, room)[: len(samples)].astype(np.float32)
    for _ in range(int(generator.integers(0, 4))):
        samples = sosfilt(_peaking_filter(generator), samples).astype(np.float32)
    if generator.random() < 0.2:
        from scipy.signal import butter

        samples = sosfilt(butter(2, generator.uniform(2500, 7000), fs=RATE, output="sos"), samples).astype(np.float32)
    if generator.random() < 0.12:
        samples = samples + _drum_track(len(samples), generator) * generator.uniform(0.1, 0.8)
    noise = generator.standard_normal(len(samples)).astype(np.float32)
    if generator.random() < 0.5:
        noise = sosfilt([[0.1, 0, 0, 1, -0.9, 0]], noise).astype(np.float32) * 3
    level = max(float(np.sqrt((samples**2).mean())), 0.01) * 10 ** (-generator.uniform(15, 70) / 20)
    return np.tanh(samples + noise * np.float32(level)).astype(np.float32)


def _peaking_filter(generator: np.random.Generator) -> NDArray[np.float64]:
    """A filter that lifts or lowers a band by up to 9 dB (R. Bristow-Johnson, Audio EQ Cookbook)."""
    turn = 2 * np.pi * 60 * 2 ** generator.uniform(0, 6.5) / RATE
    alpha, gain = np.sin(turn) / (2 * generator.uniform(0.4, 2)), 10 ** (generator.uniform(-9, 9) / 40)
    a = 1 + alpha / gain
    row = [1 + alpha * gain, -2 * np.cos(turn), 1 - alpha * gain, a, -2 * np.cos(turn), 1 - alpha / gain]
    return np.array([row]) / a


def _drum_track(count: int, generator: np.random.Generator) -> Floats:
    """Random drum hits on a regular pulse."""
    from firmus.render import sampler, soundfont

    step = generator.uniform(0.15, 0.4)
    buffer = np.zeros((count, 2), np.float32)
    hits = [
        sampler.Played(step * i, 0.1, int(generator.choice([36, 38, 42, 42, 46, 49])), int(generator.integers(50, 120)))
        for i in range(int(count / RATE / step))
        if generator.random() < 0.6
    ]
    sampler.add_notes(buffer, RATE, soundfont.current(), (soundfont.DRUM_BANK, 0), hits, (0.25, 0.25))
    return buffer.mean(axis=1) / max(float(np.abs(buffer).max()), 1e-6)
