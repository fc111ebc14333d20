"""How long music repeats itself: bars in a row, in all pitched parts together, that are like those before them.

Protocol: of each style the longest stretch of a piece in which every bar is like the one 1, 2 or 4 bars before: at
least `ALIKE` of the notes of both (part, place, pitch) are in both; drums count only where there is nothing else. Real
pieces are whole, held-out ones first; composed ones have so many bars, or last so many seconds.
Quantiles over pieces: .5, .9, .95 and the longest.

    python benchmarks/loops.py [--data ../shared/data] [--styles piano,band] [--count 8] [--bars 32 | --seconds 180]
        [--temperature 0.85]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import firmus
from distribution import real
from firmus.composing.styles import styles
from firmus.runtime.repetition import ALIKE
from firmus.runtime.weights import card
from firmus.score import Score
from firmus.timing import bars
from styles import music_of, style_of

PERIODS = (1, 2, 4)
WHOLE = 10**6


def notes_of_bars(score: Score) -> list[set[tuple[int, int, int]]]:
    """Part, place and pitch of the notes of each bar."""
    starts = [bar.start - bar.place for bar in bars(score)]
    found: list[set[tuple[int, int, int]]] = [set() for _ in starts]
    has_pitches = not all(part.is_drums for part in score.parts)
    for place, part in enumerate(score.parts):
        for note in () if part.is_drums and has_pitches else part.notes:
            bar = int(np.searchsorted(starts, note.start, side="right")) - 1
            found[bar].add((place, note.start - starts[bar], note.pitch))
    return found


def longest(score: Score, period: int) -> int:
    """Bars of the longest stretch in which each is like the one a period before."""
    content, most, run = notes_of_bars(score), 1, 0
    for one, other in zip(content, content[period:], strict=False):
        run = run + 1 if one and len(one & other) >= ALIKE * len(one | other) else 0
        most = max(most, run + period if run else 1)
    return most


def row(name: str, scores: list[Score]) -> str:
    cells = []
    for period in PERIODS:
        found = [longest(score, period) for score in scores]
        cells.append(" ".join(f"{each:g}" for each in (*np.quantile(found, (0.5, 0.9, 0.95)), max(found))))
    return f"| {name} | {len(scores)} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print two rows for each style: real music and ours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--prepared", type=Path, help="music prepared for training, in place of the data")
    parser.add_argument("--styles", default=",".join(styles()))
    parser.add_argument("--real", type=int, default=240, help="real pieces of a style")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--bars", type=int)
    length.add_argument("--seconds", type=float)
    parser.add_argument("--temperature", type=float)
    asked = parser.parse_args()
    pieces = [piece for split in ("valid", "train")
              for piece in music_of(card("composer"), asked.data, asked.prepared).pieces(split)]  # fmt: skip
    print("| | pieces | " + " | ".join(f"{period} bars" for period in PERIODS) + " |\n|-|-:|-|-|-|")
    given = {"bars": asked.bars, "seconds": asked.seconds, "temperature": asked.temperature}
    given = {name: value for name, value in given.items() if value is not None}
    for style in asked.styles.split(","):
        chosen = [piece for piece in pieces if style_of(piece.prepared) == style][: asked.real]
        print(row(f"{style}, real", [real(piece.prepared, WHOLE) for piece in chosen]), flush=True)
        works = firmus.compose(style=style, seed=asked.seed, count=asked.count, **given)
        scores = [work.score for work in works] if isinstance(works, list) else [works.score]
        print(row(style, scores), flush=True)


if __name__ == "__main__":
    main()
