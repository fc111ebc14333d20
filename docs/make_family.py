"""Make the diagrams and the listening examples of docs/models.md, from fixed seeds, with the models that ship.

    python docs/make_family.py [--out docs] [--only diagrams]

Writes ``images/models.svg``, the networks as boxes, and for each model ``audio/<model>.mp3`` and
``images/<model>-roll.png``. Melodies are typed in here: *Ah! vous dirai-je, maman* (France, before 1761), *Frère
Jacques* (France, before 1775) and a beat as a machine plays it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib
from make_examples import piano_roll, sound  # type: ignore[import-not-found,unused-ignore]

import firmus
from firmus import formats
from firmus.formats import save
from firmus.runtime.weights import cards
from firmus.score import Note, Part, Score, Tempo
from firmus.tasks.interpolate import joined

matplotlib.use("svg")

MAMAN = "X:1\nT:Maman\nM:4/4\nL:1/4\nQ:1/4=112\nK:C\nCC GG | AA G2 | FF EE | DD C2 |]\n"
JACQUES = "X:1\nT:Frère Jacques\nM:4/4\nL:1/4\nQ:1/4=112\nK:C\nCD EC | CD EC | EF G2 | EF G2 |]\n"
LONG = "X:1\nT:{title}\nM:4/4\nL:1/4\nQ:1/4=112\nK:C\n{body}|]\n"
MAMAN_16 = LONG.format(title="Maman", body="CC GG | AA G2 | FF EE | DD C2 | GG FF | EE D2 | GG FF | EE D2 | " * 2)
JACQUES_16 = LONG.format(
    title="Frère Jacques",
    body="CD EC | CD EC | EF G2 | EF G2 | G/A/G/F/ EC | G/A/G/F/ EC | CG, C2 | CG, C2 | " * 2,
)
READ, SPACE, TELL, JUDGE = "#cfe3f5", "#fff3c4", "#d6efd2", "#f7d4d0"


def melody(abc: str) -> Score:
    """A tune of those typed in above."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tune.abc"
        path.write_text(abc, encoding="utf-8")
        return formats.read(path)


def beat() -> Score:
    """Four bars of a rock beat, every stroke in its place and as loud as the others."""
    notes = []
    for bar in range(4):
        strokes = [(240 * eighth, 42) for eighth in range(8)] + [(0, 36), (480, 38), (960, 36), (1200, 36), (1440, 38)]
        notes += [Note(1920 * bar + place, 60, drum, 90) for place, drum in strokes]
    notes.sort(key=lambda note: (note.start, note.pitch))
    return Score((Part("Drums", tuple(notes), is_drums=True),), tempi=(Tempo(0, 100),), title="Beat")


def between(one: str, other: str, model: str, steps: int) -> firmus.Work:
    """The way from one melody to another, in a row."""
    return joined(firmus.interpolate(melody(one), melody(other), model=model, steps=steps, seed=1))


def humanised() -> firmus.Work:
    """The beat, first as the machine plays it, then as a drummer."""
    work = firmus.humanise(beat(), seed=3)
    played, straight = work.score.parts[0], beat().parts[0]
    later = tuple(replace(note, start=note.start + 4 * 1920) for note in played.notes)
    part = replace(played, notes=straight.notes + later)
    return firmus.Work(replace(work.score, parts=(part,), end=8 * 1920, title="Beat, and a drummer"), work.origin)


EXAMPLES: dict[str, Callable[[], firmus.Work]] = {
    "recurrent": lambda: firmus.compose(model="recurrent", style="folk", key="D major", meter="6/8", bars=8, seed=7),
    "vae-melody": lambda: between(MAMAN, JACQUES, "vae-melody", 5),
    "infovae-melody": lambda: between(MAMAN, JACQUES, "infovae-melody", 5),
    "vae-melody-16": lambda: between(MAMAN_16, JACQUES_16, "vae-melody-16", 3),
    "vae-groove": humanised,
    "vae-trio": lambda: firmus.compose(model="vae-trio", key="A minor", bars=8, tempo=112, seed=4),
    "gan-band": lambda: firmus.compose(model="gan-band", chords="Am F C G", bars=8, tempo=112, seed=4),
    "gan-band-dense": lambda: firmus.compose(model="gan-band-dense", chords="Am F C G", bars=8, tempo=112, seed=4),
    "recurrent-gan": lambda: firmus.compose(model="recurrent-gan", key="G major", bars=8, seed=4),
    "infogan": lambda: firmus.compose(model="infogan", key="G major", bars=8, seed=4),
    "vae-gan": lambda: between(MAMAN, JACQUES, "vae-gan", 5),
}

# Each network: its title, boxes (text, column, row, colour) and arrows (from, to, label).
Box = tuple[str, float, float, str]
NETWORKS: tuple[tuple[str, tuple[Box, ...], tuple[tuple[int, int, str], ...]], ...] = (
    (
        "Steppers: composer (transformer), recurrent",
        (("tokens so far", 0, 0, READ), ("attention, or\na recurrent state", 1, 0, TELL),
         ("rules: key, meter,\nchords, range", 2, 0, SPACE), ("next token", 3, 0, TELL)),
        ((0, 1, ""), (1, 2, "chances"), (2, 3, "draw")),
    ),
    (
        "VAE, flat",
        (("window x", 0, 0, READ), ("encoder\n(both directions)", 1, 0, READ), ("q(z|x)\nλ·KL or MMD", 2, 0, SPACE),
         ("decoder\nstep by step", 3, 0, TELL), ("window", 4, 0, TELL)),
        ((0, 1, ""), (1, 2, ""), (2, 3, "z"), (3, 4, "told")),
    ),
    (
        "VAE, hierarchical",
        (("bars of x", 0, 0, READ), ("bar encoder, then\nencoder over bars", 1, 0, READ),
         ("16 seats\nq(z|x)", 2, 0, SPACE), ("conductor:\na plan a bar", 3, 0, TELL),
         ("decoder, begun\nanew each bar", 4, 0, TELL)),
        ((0, 1, ""), (1, 2, ""), (2, 3, "z"), (3, 4, "plans")),
    ),
    (
        "GAN, recurrent GAN",
        (("noise z", 0, 0, SPACE), ("generator", 1, 0, TELL), ("on or off\n(straight-through)", 2, 0, TELL),
         ("critic", 3, 0, JUDGE), ("real windows", 4, 0, READ), ("chords,\ngiven parts", 2, -1, READ)),
        ((0, 1, ""), (1, 2, ""), (2, 3, "made"), (4, 3, "real"), (5, 1, ""), (5, 3, "")),
    ),
    (
        "InfoGAN",
        (("codes c, noise", 0, 0, SPACE), ("generator", 1, 0, TELL), ("melody", 2, 0, TELL), ("critic", 3, 0, JUDGE),
         ("reader Q:\nwhich codes?", 3, -1, JUDGE)),
        ((0, 1, ""), (1, 2, ""), (2, 3, "real?"), (2, 4, "")),
    ),
    (
        "VAE-GAN",
        (("melody x", 0, 0, READ), ("encoder", 1, 0, READ), ("q(z|x), N(0,1)\nλ·KL", 2, 0, SPACE),
         ("decoder =\ngenerator", 3, 0, TELL), ("discriminator:\nalike? real?", 4, 0, JUDGE)),
        ((0, 1, ""), (1, 2, ""), (2, 3, "z"), (3, 4, "sung")),
    ),
)  # fmt: skip


def diagrams(path: Path) -> None:
    """Draw the networks as boxes and arrows."""
    from matplotlib import pyplot
    from matplotlib.patches import FancyBboxPatch

    pyplot.rcParams.update({"svg.hashsalt": "firmus", "font.family": "DejaVu Sans", "font.size": 10})
    heights = [1 - min(box[2] for box in boxes) for _, boxes, _ in NETWORKS]
    figure, grid = pyplot.subplots(len(NETWORKS), 1, figsize=(11, 1.25 * sum(heights)), height_ratios=heights)
    for axes, height, (title, boxes, arrows) in zip(grid, heights, NETWORKS, strict=True):
        axes.set(xlim=(-0.5, 4.5), ylim=(0.45 - height, 0.75))
        axes.axis("off")
        axes.text(-0.45, 0.72, title, weight="bold", va="top")
        for text, x, y, colour in boxes:
            axes.add_patch(FancyBboxPatch((x - 0.32, y - 0.28), 0.64, 0.56, "round,pad=0.02", fc=colour, ec="#555555"))
            axes.text(x, y, text, ha="center", va="center")
        for start, stop, label in arrows:
            (_, x, y, _), (_, to_x, to_y, _) = boxes[start], boxes[stop]
            way = 1 if to_x > x else -1 if to_x < x else 0
            begin, end = (x + 0.35 * way, y), (to_x - 0.35 * way, to_y)
            if not way:
                begin, end = (x, y + 0.31), (to_x, to_y - 0.31)
            axes.annotate("", end, begin, arrowprops={"arrowstyle": "->", "color": "#333333"})
            axes.text((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2 + 0.06, label, ha="center", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Make everything, or the diagrams alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of images/ and audio/")
    parser.add_argument("--only", choices=["diagrams"])
    options = parser.parse_args()
    diagrams(options.out / "images" / "models.svg")
    if options.only:
        return 0
    known = cards()
    for name, make in EXAMPLES.items():
        if name not in known:
            print(f"{name}: not trained here, no example")
            continue
        work = make()
        for path, data in (
            (options.out / "images" / f"{name}-roll.png", piano_roll(work)),
            (options.out / "audio" / f"{name}.mp3", sound(work)),
        ):
            save(data, path)
            print(f"{path}  {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
