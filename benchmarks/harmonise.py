"""Harmonising: under Bach's own sopranos, how the parts are led and how they close, beside Bach's.

Chorales of the split "valid" of the JSB set (its grid has neither pickups nor repeated notes); each soprano, with the
key of its chorale, is harmonised once. Parallels of 100 moves in one direction; the rest as in `benchmarks/music.py`.

    python benchmarks/harmonise.py [--data ../shared/data] [--count 30] [--seed 901]
"""

from __future__ import annotations

import argparse
import json
import lzma
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

import firmus
from firmus.analysis import keys, voice_leading
from firmus.analysis.composition import voices
from firmus.score import Meter, Note, Part, Score, Tempo
from part_writing import roots

STEP = 120  # ticks of the set's grid
NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def chorale(grid: list[list[int]]) -> Score:
    """A chorale of the grid, a row for each sixteenth."""
    parts = []
    for name, column in zip(NAMES, np.array(grid).T.tolist(), strict=True):
        changes = [0, *(place for place in range(1, len(column)) if column[place] != column[place - 1]), len(column)]
        notes = (Note(one * STEP, (two - one) * STEP, column[one]) for one, two in pairwise(changes) if column[one] > 0)
        parts.append(Part(name, tuple(notes), 52))
    score = Score(tuple(parts), meters=(Meter(0, 4, 4),), tempi=(Tempo(0, 76),), end=-(-len(grid) // 16) * 1920)
    estimate = keys.estimate(score)
    return replace(score, keys=(replace(estimate.key, start=0),) if estimate else ())


def row(name: str, scores: list[Score]) -> str:
    """Measures of some harmonisations."""
    motion = [voice_leading.parallel_motion(score) for score in scores]
    moves = sum(count for _, count in motion)
    changes = [pair for score in scores for pair in pairwise(roots(score)) if pair[0] != pair[1]]
    cells = [100 * sum(counts[interval] for counts, _ in motion) / moves for interval in (7, 0)]
    measures = (voices.clashes, voices.outer_dissonances, voices.bass_close)
    cells += [float(np.nanmean([measure(score) for score in scores])) for measure in measures]
    cells += [np.mean([(two - one) % 12 == 5 for one, two in changes]), np.mean([pair == (7, 0) for pair in changes])]
    return f"| {name} | {' | '.join(f'{cell:.3f}' for cell in cells)} |"


def main() -> None:
    """Print a row for Bach and one for Firmus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=901)
    options = parser.parse_args()
    with lzma.open(options.data / "jsb" / "Jsb16thSeparated.train-valid.json.xz") as file:
        real = [chorale(grid) for grid in json.load(file)["valid"][: options.count]]
    sopranos = [replace(score, parts=score.parts[:1]) for score in real]
    ours = [
        firmus.harmonise(each, style="chorale", seed=options.seed + place).score for place, each in enumerate(sopranos)
    ]
    print("| | fifths | octaves | clashes | outer dissonances | bass closes | falling fifths | V-I |\n"
          "|-|-:|-:|-:|-:|-:|-:|-:|")  # fmt: skip
    print(row("Bach", real), row("Firmus", ours), sep="\n")


if __name__ == "__main__":
    main()
