"""How drums keep a groove in composed bands: whether a bar comes back, how phrases end, whether there is a snare.

Bands composed with defaults (16 bars of 4/4, consecutive seeds). Strokes are compared on sixteenths: bars equal to the
one before; likeness to it (strokes in both, of those in either) by the place of the bar in a phrase of four; the
range of the velocities.

    python benchmarks/grooves.py [--count 24] [--seed 701]
"""

from __future__ import annotations

import argparse

import numpy as np

import firmus
from firmus.drums import SNARES
from firmus.score import Score

PHRASE, SIXTEENTH = 4, 120


def drum_bars(score: Score) -> list[frozenset[tuple[int, int]]]:
    """Sixteenth and key of the strokes of each bar."""
    bar = score.meters[0].bar
    strokes = [(note.start - score.pickup, note.pitch) for part in score.parts if part.is_drums for note in part.notes]
    return [
        frozenset(((start - first) // SIXTEENTH, key) for start, key in strokes if first <= start < first + bar)
        for first in range(0, score.end - score.pickup, bar)
    ]


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=701)
    options = parser.parse_args()
    works = firmus.compose(style="band", meter="4/4", bars=16, seed=options.seed, count=options.count)
    likeness: list[list[float]] = [[] for _ in range(PHRASE)]
    equal, ranges, lacking = [], [], 0
    for score in (work.score for work in works):
        notes = [note for part in score.parts if part.is_drums for note in part.notes]
        ranges.append(np.ptp([note.velocity for note in notes]))
        lacking += not {note.pitch for note in notes} & set(SNARES)
        rows = drum_bars(score)
        for place in range(1, len(rows)):
            one, other = rows[place - 1], rows[place]
            equal.append(one == other)
            likeness[place % PHRASE].append(len(one & other) / max(1, len(one | other)))
    by_place = " ".join(f"{np.mean(each):.2f}" for each in likeness)
    print(f"without a snare {lacking} of {len(works)}, equal to the bar before {np.mean(equal):.2f}, "
          f"likeness to it by bar of the phrase {by_place}, range of velocities {np.mean(ranges):.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
