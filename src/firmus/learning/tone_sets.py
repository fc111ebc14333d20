"""Notes of instruments as sets to learn from: rendered from SoundFonts, synthesised, or a folder of recordings.

A document is a sound file; its style is the name of its instrument; ``PITCH-VELOCITY.wav`` says what is played, and
where a recording does not say, its pitch is found. Held out: every fourth pitch (``valid``), and eight instruments
(``test``).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus.errors import RecipeError
from firmus.learning.parallel import Spread
from firmus.render import instruments, sampler, soundfont

RATE, SECONDS = 24_000, 2.4
VELOCITIES = (50, 85, 120)
STEP = 4  # semitones between the pitches of an instrument
HELD_OUT = (
    7,
    13,
    20,
    25,
    41,
    66,
    74,
    105,
)  # clavinet, xylophone, reed organ, steel guitar, viola, sax, recorder, banjo
LEFT_OUT = (3, 14, 44, 47, 55, 86, 93, *range(95, 104), 111)  # detuned, out of tune, chords, or no notes
LAST = 110
RANGES = {
    0: (33, 96), 8: (48, 96), 16: (36, 96), 24: (40, 84), 32: (28, 64), 40: (55, 96), 41: (48, 88), 42: (36, 76),
    43: (28, 60), 44: (36, 90), 56: (52, 84), 57: (40, 72), 58: (28, 60), 59: (52, 84), 60: (40, 76), 61: (40, 84),
    64: (56, 88), 65: (49, 81), 66: (44, 76), 67: (36, 69), 68: (58, 91), 69: (52, 81), 70: (34, 72), 71: (50, 91),
    72: (72, 96), 73: (60, 96), 80: (36, 96), 104: (48, 84),
}  # fmt: skip  # of the programs from each on
LOUDNESS = 0.12  # root mean square of an instrument's loudest 0.1 s
SYNTHESISED = ("Plucked Wire", "Struck Bell", "Square Pipe", "Sawtooth Reed", "Breath", "Pure Tone")
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ToneFile:
    """A note as a sound file, and what is played."""

    name: str
    data: bytes
    instrument: str
    pitch: float
    velocity: int
    split: str


def rendered(data: Path, spread: Spread) -> Iterator[ToneFile]:
    """Notes of the melodic programs of Fluid R3, in ``sf2/FluidR3_GM.sf2`` of the folder."""
    path = data / "sf2" / "FluidR3_GM.sf2"
    if not path.is_file():
        raise RecipeError(
            f"{path} is not there: install the package fluid-soundfont-gm and say --sets /usr/share/sounds, or name "
            "another folder"
        )
    for tones in spread(_program, [(path, each) for each in range(LAST + 1) if each not in LEFT_OUT]):
        yield from tones


def _program(job: tuple[Path, int]) -> list[ToneFile]:
    """Notes of one program of a SoundFont."""
    path, program = job
    font = soundfont.SoundFont(path)
    low, high = RANGES[max(first for first in RANGES if first <= program)]

    def play(pitch: int, velocity: int) -> Floats:
        buffer = np.zeros((round(RATE * SECONDS), 2), np.float32)
        note = sampler.Played(0.0, SECONDS, pitch, velocity)
        sampler.add_notes(buffer, RATE, font, (0, program), [note], (1.0, 1.0))
        return buffer.mean(axis=1)

    held = "test" if program in HELD_OUT else ""
    return list(_notes(instruments.PROGRAMS[program][0], range(low, high + 1, STEP), play, held))


def synthesised(_: Path, __: Spread) -> Iterator[ToneFile]:
    """Notes of plain synthesis: a plucked string (Karplus & Strong 1983), frequency modulation, waves, breath."""
    for index, name in enumerate(SYNTHESISED):

        def play(pitch: int, velocity: int, index: int = index) -> Floats:
            return _synthesise(index, 440 * 2 ** ((pitch - 69) / 12), velocity / 127)

        yield from _notes(name, range(36, 93, STEP), play, "")


def _notes(name: str, pitches: range, play: Callable[[int, int], Floats], split: str) -> Iterator[ToneFile]:
    """All notes of an instrument, at one gain that makes the loudest as loud as any instrument's."""
    tones = {(pitch, velocity): play(pitch, velocity) for pitch in pitches for velocity in VELOCITIES}
    size = RATE // 10
    loudest = max(
        float(np.sqrt((wave[: len(wave) // size * size].reshape(-1, size) ** 2).mean(axis=1)).max())
        for wave in tones.values()
    )
    for (pitch, velocity), wave in tones.items():
        if np.abs(wave).max() < 1e-4:
            continue
        held = split or ("valid" if pitches.index(pitch) % 4 == 2 else "train")
        data = written(np.clip(wave * LOUDNESS / loudest, -1, 1))
        yield ToneFile(f"{name}/{pitch}-{velocity}.wav", data, name, float(pitch), velocity, held)


def written(wave: Floats, rate: int = RATE) -> bytes:
    """A WAV file of 16 bits."""
    import soundfile

    target = io.BytesIO()
    soundfile.write(target, wave, rate, "PCM_16", format="WAV")
    return target.getvalue()


def _synthesise(index: int, hertz: float, force: float) -> Floats:
    """One note of each of `SYNTHESISED`."""
    from scipy.signal import lfilter

    time = np.arange(round(RATE * SECONDS)) / RATE
    generator = np.random.default_rng(round(1000 * hertz) + index)
    phase = 2 * np.pi * hertz * time
    k = np.arange(1, int(min(11_000 / hertz, 96)) + 1)
    swell = np.minimum(time / 0.06, 1)
    if index == 0:  # delay and average
        delay = RATE / hertz - 0.5
        burst = lfilter([force], [1, force - 1], generator.uniform(-1, 1, int(delay) + 1))
        whole, part = int(delay), delay - int(delay)
        feedback = np.zeros(whole + 3)
        feedback[0] = 1
        feedback[whole : whole + 3] -= 0.499 * np.array([1 - part, 1, part])
        return lfilter([1.0], feedback, np.pad(burst, (0, len(time) - len(burst)))).astype(np.float32) * force
    if index == 1:
        wave = np.sin(phase + 4 * force * np.exp(-3 * time) * np.sin(2 * phase)) * np.exp(-2 * time)
    elif index in (2, 3):
        amplitudes = (k % 2 if index == 2 else 1) / k ** (2.2 - force)
        wave = (amplitudes @ np.sin(k[:, None] * phase)) * swell
    elif index == 4:
        pole = 1 - np.pi * hertz / 12 / RATE
        noise = lfilter(
            [1 - pole], [1, -2 * pole * np.cos(2 * np.pi * hertz / RATE), pole**2], generator.normal(size=len(time))
        )
        wave = (0.5 * noise / noise.std() + 0.5 * np.sin(phase)) * swell
    else:
        wave = np.sin(phase) * swell
    return (wave * force).astype(np.float32)
