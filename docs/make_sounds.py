"""Make the sounds and pictures of docs/sounds.md, from fixed seeds.

    python docs/make_sounds.py [--out docs]

Writes ``audio/sounds-<name>.ogg`` (mono, 22,050 a second) and ``images/sounds-<name>.png`` (its spectrogram) of each
example: an instrument sampled of a struck bowl that is synthesised here, new ones of words, a morph, and a mix. The
sounds are smaller than 220 kB in all, the pictures than 300 kB. The same weights give the same files.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

import firmus
from firmus.formats import save
from firmus.production.mixer_options import mixer
from firmus.render import spectrogram, synth
from firmus.score import Note, Part, Score, Tempo

RATE = 22_050
QUALITY = 0.75  # libsndfile's compression level
LARGEST_SOUNDS, LARGEST_PICTURES = 220_000, 300_000
WIDTH, COLOURS = 560, 40
PARTIALS = ((1.0, 1.0, 2.4), (2.72, 0.5, 1.3), (5.15, 0.25, 0.6), (8.2, 0.12, 0.3))  # ratio, level, seconds


def bowl(path: Path) -> None:
    """Write the recording of a struck bowl: sines that are no harmonics and die away, each in its time."""
    times = np.arange(3 * 44_100) / 44_100
    wave = sum(level * np.sin(2 * np.pi * 392 * ratio * times) * np.exp(-3 * times / length)
               for ratio, level, length in PARTIALS)  # fmt: skip
    soundfile.write(path, 0.4 * np.asarray(wave) * np.minimum(times / 0.003, 1), 44_100)


def band() -> Score:
    """Eight bars' worth of a riff, a bass and drums, typed in."""
    tune = [Note(240 * step, 230, 64 + (0, 3, 5, 7, 10, 7, 5, 3)[step % 8], 85) for step in range(32)]
    bass = [Note(480 * step, 440, (40, 40, 36, 38)[step // 4 % 4], 90) for step in range(16)]
    drums = [Note(240 * step, 60, (36, 42, 38, 42)[step % 4], 100) for step in range(32)]
    parts = Part("Guitar", tuple(tune), program=27), Part("Bass", tuple(bass), program=33)
    return Score((*parts, Part("Drums", tuple(drums), is_drums=True)), tempi=(Tempo(0, 120),))


def examples() -> Iterator[tuple[str, synth.Audio]]:
    """Name and sound of each example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bowl.wav"
        bowl(path)
        yield "sampled", firmus.timbre("from", path)[0].preview()
    yield "plucked", firmus.timbre("new", like="warm, plucked", seed=7)[0].preview()
    yield "breathy", firmus.timbre("new", like="breathy flute", brightness=0.3, seed=7)[0].preview()
    for step, package in enumerate(firmus.timbre("morph", "flute", "cello", steps=3), 1):
        yield f"morph-{step}", package.preview()
    score = band()
    yield "mix-before", synth.render(score)
    settings = {"volume": "guitar=-2,drums=-3", "pan": "guitar=-0.5", "eq": "bass=+4/0/-3,guitar=-3/0/+3"}
    yield "mix-after", synth.render(score, mixer=mixer(score, reverb="guitar=0.35", **settings))


def picture(audio: synth.Audio, name: str) -> bytes:
    """The spectrogram, small."""
    from PIL import Image

    drawn = Image.open(io.BytesIO(spectrogram.png(audio, name))).convert("RGB")
    small = drawn.resize((WIDTH, round(drawn.height * WIDTH / drawn.width)), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def sound(audio: synth.Audio) -> bytes:
    """Ogg Vorbis, mono, in blocks."""
    from scipy.signal import resample_poly

    mono = resample_poly(audio.samples.mean(axis=1), 1, 2)[: 6 * RATE]
    mono[-RATE // 2 :] *= np.linspace(1, 0, RATE // 2)
    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", RATE, 1, "VORBIS", format="OGG", compression_level=QUALITY) as file:
        for first in range(0, len(mono), synth.WRITE_FRAMES):
            file.write(mono[first : first + synth.WRITE_FRAMES])
    return target.getvalue()


def main() -> None:
    """Write the page's sounds and pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    totals = [0, 0]
    for name, audio in examples():
        for place, (kind, ending, data) in enumerate(
            (("audio", "ogg", sound(audio)), ("images", "png", picture(audio, name)))
        ):
            folder = options.out / kind
            folder.mkdir(parents=True, exist_ok=True)
            save(data, folder / f"sounds-{name}.{ending}")
            totals[place] += len(data)
        print(name, totals, flush=True)
    if totals[0] > LARGEST_SOUNDS or totals[1] > LARGEST_PICTURES:
        sys.exit(f"too large: {totals} bytes of sound and of pictures")


if __name__ == "__main__":
    main()
