"""From a hummed motif to arrangements: every stage as its command, each kept in a folder, each from the one before.

Run from the repository root: ``python docs/from_hum.py [FOLDER]``, out/from-hum by default. A stage whose folder is
there is not made again: edit its piece.json, delete the folders after it, and run the script again. The same notes come
out each time.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from firmus.cli import main

RATE = 22050
MOTIF = ((60, 1.0), (64, 0.5), (67, 0.5), (69, 1.0), (67, 1.0), (65, 0.5), (64, 0.5), (62, 1.0), (60, 2.0))
"""MIDI pitch and beats of what is hummed."""
BEAT = 0.6  # seconds
VIBRATO_HERTZ, VIBRATO_CENTS, GLIDE, BREATH = 5.5, 25.0, 0.06, 0.004
FORMANTS = ((1, 1.0), (2, 0.35), (3, 0.12), (4, 0.05))  # harmonics of a closed mouth, and their amplitudes
ENSEMBLES = {"quartet": "string quartet", "band": "band", "winds": "wind quintet"}


def hum(generator):
    """The motif as a closed mouth sings it: vibrato, glides between notes, a breath of noise (samples,)."""
    pitches, levels = [], []
    for pitch, beats in MOTIF:
        count = round(beats * BEAT * RATE)
        pitches.append(np.full(count, float(pitch)))
        level = np.ones(count)
        attack, release = round(0.05 * RATE), round(0.07 * RATE)
        level[:attack], level[-release:] = np.linspace(0.1, 1, attack), np.linspace(1, 0.05, release)
        levels.append(level)
    line, envelope = np.concatenate(pitches), np.concatenate(levels)
    window = np.hanning(round(GLIDE * RATE))
    line = np.convolve(np.pad(line, len(window) // 2, "edge"), window / window.sum(), "same")
    line = line[len(window) // 2 :][: len(envelope)]
    times = np.arange(len(line)) / RATE
    wobble = VIBRATO_CENTS / 100 * np.sin(2 * np.pi * VIBRATO_HERTZ * times) + 0.05 * generator.standard_normal()
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((line + wobble - 69) / 12)) / RATE
    voice = sum(share * np.sin(number * phase) for number, share in FORMANTS)
    sound = 0.4 * envelope * voice + BREATH * generator.standard_normal(len(line))
    silence = BREATH / 4 * generator.standard_normal(RATE // 4)
    return np.concatenate((silence, sound, silence))


def stages(folder):
    """Command of each stage, by its folder."""
    motif, melody = folder / "motif" / "piece.json", folder / "melody" / "piece.json"
    yield "motif", ["transcribe", folder / "hum.wav", "--voices", "one", "--tempo", "100"]
    yield "melody", ["develop", motif, "--style", "folk", "--bars", "16", "--seed", "4"]
    for harmony in ("traditional", "modern"):
        yield harmony, ["harmonise", melody, "--style", "hymn", "--harmony", harmony, "--seed", "4"]
    for name, ensemble in ENSEMBLES.items():
        yield name, ["orchestrate", folder / "traditional" / "piece.json", "--parts", ensemble, "--seed", "4"]
    for name in ENSEMBLES:
        yield f"{name}-played", ["perform", folder / name / "piece.json", "--seed", "4"]


def run(folder):
    """Make what is not there yet; exit status of the stage that failed, or 0."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "hum.wav").exists():
        soundfile.write(folder / "hum.wav", hum(np.random.default_rng(4)), RATE)
    for name, words in stages(folder):
        if not (folder / name).exists():
            print(name, flush=True)
            files = ["--formats", "json,mid,musicxml,svg,wav", "--out", folder / name]
            if status := main([*map(str, words), *map(str, files)]):
                return status
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1] if len(sys.argv) > 1 else "out/from-hum")))
