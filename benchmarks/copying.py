"""How much of what is composed stands, note for note, in the training music; and how much of real music does.

Protocol: windows of 1, 2, 4 and 8 bars of one part (the upper line of each; drums apart): onsets in the bar,
lengths and intervals all the same, in any key, anywhere in any part of any training piece of the model. The pieces
are those of benchmarks/distribution.py: composed ones, and held-out real ones cut to the same lengths. Versions of a
tune stand on one side of the split, except that the chorales keep their published split, in which many held-out
chorales share their tune with a training one. The control is training pieces themselves: 100 %. Intervals: 95 %,
bootstrap over pieces; "more" is ours less real music, its interval from both. There is no published anchor for these
windows; the aim is at or below real music.

With ``--once``, windows that come back within a piece, as forms have it, count once.

    python benchmarks/copying.py [--once] [--data ../shared/data] [--model composer] [--pieces 500] [--styles folk]
"""

from __future__ import annotations

import numpy as np

from distribution import composed, held_out_music, length, options, real
from firmus.analysis.copying import Memory
from firmus.evaluation import intervals
from firmus.runtime.weights import card
from firmus.score import Score
from styles import music_of, style_of

LENGTHS = (1, 2, 4, 8)
WHOLE = 10**6


def shares(
    memory: Memory, scores: list[Score], bars: int, drums: bool, once: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Copied windows of each piece, and all of them."""
    found = np.array([memory.copied(score, bars, drums, once=once) for score in scores], float)
    return found[:, 0], found[:, 1]


def difference(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """95 % interval of the difference of two shares, pieces of both drawn anew."""
    generator = np.random.default_rng(0)
    found = []
    for _ in range(intervals.DRAWS):
        rates = []
        for copied, every in (ours, theirs):
            drawn = generator.integers(0, len(copied), len(copied))
            rates.append(copied[drawn].sum() / max(every[drawn].sum(), 1))
        found.append(rates[0] - rates[1])
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--once", action="store_true", help="what comes back within a piece counts once")
    asked = parser.parse_args()
    corpus = music_of(card(asked.model), asked.data, asked.prepared)
    train = corpus.pieces("train")
    memory = Memory((real(piece.prepared, WHOLE) for piece in train), LENGTHS)
    print(f"{len(train):,} training pieces; different windows of 4 bars: {len(memory.known[4, False]):,}, "
          f"of drums {len(memory.known[4, True]):,}\n")  # fmt: skip
    print("| style | bars | windows, held out | held out, copied % | 95 % interval | windows, ours | ours, copied % |"
          " 95 % interval | more, points | control, % |\n|-|-:|-:|-:|-|-:|-:|-|-|-:|", flush=True)  # fmt: skip
    chosen = held_out_music(asked, corpus)
    for style, held_out in chosen.items():
        ours = composed(asked, style, [length(score) for score in held_out], asked.pieces // len(chosen))
        control = [real(piece.prepared) for piece in train if style_of(piece.prepared) == style][:20]
        for drums in (False, True):
            for bars in LENGTHS:
                one, other, third = (
                    shares(memory, each, bars, drums, asked.once) for each in (held_out, ours, control)
                )
                if one[1].sum() and other[1].sum():
                    print(row(f"{style}, drums" if drums else style, bars, one, other, third), flush=True)


def row(
    style: str,
    bars: int,
    held_out: tuple[np.ndarray, np.ndarray],
    ours: tuple[np.ndarray, np.ndarray],
    control: tuple[np.ndarray, np.ndarray],
) -> str:
    cells = [f"| {style} | {bars}"]
    for copied, every in (held_out, ours):
        mean, low, high = (100 * each for each in intervals.ratio(copied, every))
        cells.append(f"{int(every.sum()):,} | {mean:.2f} | {low:.2f} to {high:.2f}")
    low, high = (100 * each for each in difference(ours, held_out))
    return " | ".join([*cells, f"{low:+.2f} to {high:+.2f}", f"{100 * control[0].sum() / control[1].sum():.0f} |"])


if __name__ == "__main__":
    main()
