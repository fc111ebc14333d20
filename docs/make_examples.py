"""Make the pictures and sounds of the README, from fixed seeds, with the model that composes by default.

    python docs/make_examples.py [--out docs]

Writes ``images/<name>.png`` (the first engraved page), ``images/<name>-roll.png`` (the piano roll, what Firmus
composed marked) and ``audio/<name>.mp3`` for three pieces: a chorale and a folk tune from nothing, and a melody
typed in here, *Ah! vous dirai-je, maman* (France, before 1761), set for four voices; of the chorale also
``images/chorale-heat.png``, how surprising each note is. Pictures are 1,100 pixels wide and smaller than 200 kB, sounds
smaller than 400 kB. The same model gives the same files.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import firmus
from firmus.formats import save
from firmus.render import drawing, engrave, roll, synth

if TYPE_CHECKING:
    from PIL import Image

WIDTH = 1100
LARGEST_PICTURE, LARGEST_SOUND = 200_000, 400_000
MARGIN = 24  # pixels left below the music
BARS_PER_ROW = 8  # of the piano roll
SOUND_RATE = 32_000
QUALITIES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)  # libsndfile's compression levels, the best first

MELODY = """X:1
T:Ah! vous dirai-je, maman
C:France, before 1761
M:4/4
L:1/4
Q:1/4=88
K:G
GG dd | ee d2 | cc BB | AA G2 | dd cc | BB A2 | dd cc | BB A2 | GG dd | ee d2 | cc BB | AA G2 |]
"""


def chorale() -> firmus.Work:
    """Compose the chorale that the README shows first."""
    return firmus.compose(style="chorale", key="G minor", meter="4/4", bars=16, seed=7)


def tune() -> firmus.Work:
    """Compose a jig."""
    return firmus.compose(style="folk", key="D major", meter="6/8", bars=16, seed=7)


def harmonised() -> firmus.Work:
    """Set a melody that everybody knows for four voices."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "melody.abc"
        path.write_text(MELODY, encoding="utf-8")
        return firmus.harmonise(path, style="chorale", key="G major", seed=7)


EXAMPLES: dict[str, Callable[[], firmus.Work]] = {"chorale": chorale, "tune": tune, "harmonised": harmonised}


def page(score: firmus.Score) -> bytes:
    """Draw the first engraved page, cut off below the music, as PNG."""
    from PIL import Image, ImageOps

    picture = Image.open(io.BytesIO(drawing.png(engrave.pages(score)[0], WIDTH))).convert("L")
    bottom = (ImageOps.invert(picture).getbbox() or (0, 0, WIDTH, picture.height))[3]
    return packed(picture.crop((0, 0, WIDTH, min(bottom + MARGIN, picture.height))), 16)


def piano_roll(work: firmus.Work) -> bytes:
    """Draw the piano roll; where something was given, what Firmus composed is marked."""
    from PIL import Image

    marked = work.origin.composed if work.origin.source else ()
    drawn = drawing.png(roll.svg(work.score, highlight=marked, width=WIDTH, bars_per_row=BARS_PER_ROW), WIDTH)
    return packed(Image.open(io.BytesIO(drawn)).convert("RGB"), 128)


def heat_map(work: firmus.Work) -> bytes:
    """Draw the piano roll with every note in the shade of its surprise, all shades kept."""
    return drawing.png(firmus.explain(work, most=0).maps()["roll"], WIDTH)


def packed(picture: Image.Image, colours: int) -> bytes:
    """Encode a picture as PNG of few colours."""
    target = io.BytesIO()
    picture.quantize(colours).save(target, "PNG", optimize=True)
    return target.getvalue()


def sound(work: firmus.Work) -> bytes:
    """Encode the sound as MP3, as well as fits."""
    import soundfile

    audio = synth.render(work.score, sample_rate=SOUND_RATE)
    for level in QUALITIES:
        target = io.BytesIO()
        with soundfile.SoundFile(
            target, "w", SOUND_RATE, 2, "MPEG_LAYER_III", format="MP3", compression_level=level, bitrate_mode="VARIABLE"
        ) as file:
            file.title, file.artist = work.score.title, f"Firmus {work.origin.firmus} (AI-generated)"
            file.write(audio.samples)
        if len(target.getvalue()) <= LARGEST_SOUND:
            break
    return target.getvalue()


def main() -> int:
    """Make every example; 0 where all are small enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of images/ and audio/")
    out = parser.parse_args().out
    too_large = []
    for name, make in EXAMPLES.items():
        try:
            work = make()
        except firmus.FirmusError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 2
        files = {
            out / "images" / f"{name}.png": (page(work.score), LARGEST_PICTURE),
            out / "images" / f"{name}-roll.png": (piano_roll(work), LARGEST_PICTURE),
            out / "audio" / f"{name}.mp3": (sound(work), LARGEST_SOUND),
        }
        if name == "chorale":
            files[out / "images" / f"{name}-heat.png"] = (heat_map(work), LARGEST_PICTURE)
        for path, (data, most) in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            save(data, path)
            print(f"{path}  {len(data):,} bytes")
            if len(data) > most:
                too_large.append(path)
        print(f"    {work.score.title}: model {work.origin.model}, seed {work.origin.seed}")
    for path in too_large:
        print(f"{path} is too large", file=sys.stderr)
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
