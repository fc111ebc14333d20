"""Sampled instruments: pitch of recorded notes, joints of loops, damaged SoundFonts.

Protocol: every program of the shipped SoundFont plays single notes (pitch: 8 keys from C2 to A6, 1.8 s, a hit is 50
cents; loops: 14 programs, A3 for 1 and 3 s, which become instruments of nine zones, whose joints are measured as
`firmus.render.multisample.looping.click` says). 1,500 SoundFonts are damaged at 1 to 19 places each; what raises
anything but a FirmusError counts as a fault. The floor of a joint is a loop of the same length at no chosen place.

    PYTHONPATH=src python benchmarks/sampling.py
"""

from __future__ import annotations

import time

import numpy as np

from firmus.analysis.fundamental import fundamental
from firmus.errors import FirmusError
from firmus.production.timbres import sampling
from firmus.production.timbres.sampling import Note
from firmus.render import sampler, soundfont
from firmus.render.multisample import looping, sf2
from firmus.render.multisample.zones import Instrument
from firmus.render.soundfont import SoundFont

RATE = 44_100
KEYS = (36, 48, 55, 60, 69, 76, 84, 93)
LOOPED = (0, 19, 24, 40, 42, 48, 52, 56, 60, 68, 71, 73, 11, 46)
DAMAGED = 1500


def note(program: int, key: int, seconds: float) -> np.ndarray:
    buffer = np.zeros((round((seconds + 1) * RATE), 2), np.float32)
    played = sampler.Played(0.0, seconds, key, 100)
    sampler.add_notes(buffer, RATE, soundfont.current(), (0, program), [played], (0.5, 0.5))
    return buffer[:, 0]


def pitches() -> None:
    errors = []
    for program in sorted(soundfont.current().programs):
        for key in KEYS:
            found = fundamental(note(program, key, 1.8)[: 2 * RATE], RATE)
            errors.append(np.inf if found is None else abs(100 * (found.key - key)))
    hits = [each for each in errors if each < 50]
    print(f"pitch: {len(hits)} of {len(errors)} within 50 cents; median error {np.median(errors):.1f} cents")


def joints() -> None:
    found, floor = [], []
    for program in LOOPED:
        for seconds in (1.0, 3.0):
            zones = sampling.zones_of([Note(note(program, 57, seconds), 57.0)])
            for zone in zones:
                if zone.loop:
                    found.append(looping.click(zone.wave, zone.loop))
                    floor.append(looping.click(zone.wave, (zone.loop[0], zone.loop[1] - 37)))
    print(f"joints: {len(found)} loops, at most {max(found):.2f}; at no chosen place {np.median(floor):.1f} (median)")


def damaged() -> None:
    data = sf2.write(Instrument("Small", sampling.zones_of([Note(note(73, 81, 1.0), 81.0)])[:5]))
    place, refused, slowest = data.index(b"pdta"), 0, 0.0
    for seed in range(DAMAGED):
        generator, broken = np.random.default_rng(seed), bytearray(data)
        low, high = (12, data.index(b"smpl") + 8) if seed % 3 == 0 else (place, len(data))
        for each in generator.integers(low, high, int(generator.integers(1, 20))):
            broken[each] = int(generator.choice([0, 1, 127, 128, 255, int(generator.integers(256))]))
        begun = time.perf_counter()
        try:
            font = SoundFont(bytes(broken))
            for preset in font.presets[:3]:
                notes = [sampler.Played(0.0, 0.05, key, 100) for key in (30, 60, 90)]
                sampler.add_notes(np.zeros((4410, 2), np.float32), RATE, font, preset, notes, (0.5, 0.5))
        except FirmusError:
            refused += 1
        slowest = max(slowest, time.perf_counter() - begun)
    print(f"damaged: {refused} of {DAMAGED} refused, the others played; the slowest took {slowest:.2f} s")


def main() -> None:
    pitches()
    joints()
    damaged()


if __name__ == "__main__":
    main()
