"""Major and minor: how often pieces that are planned are in a minor key, beside real music of their style.

Protocol: of each style so many real pieces of the training split, as `benchmarks/music.py` takes them, in the mode that
`firmus.analysis.keys` hears in their first 16 bars (files often name the major key of the signature), beside plans of
16 bars, seeds from 1.

    python benchmarks/modes.py [--styles band choir] [--count 60] [--prepared FILE]
"""

from __future__ import annotations

import numpy as np

import firmus
from firmus.analysis import keys
from firmus.learning.real_music import BARS, excerpts
from music import corpus_and_styles, options


def main() -> None:
    asked = options(__doc__).parse_args()
    corpus, wanted = corpus_and_styles(asked)
    print("| style | minor, real | planned |\n|-|-:|-:|")
    for style in wanted:
        real = excerpts(corpus.pieces("train"), style, asked.count, np.random.default_rng(0))
        heard = [found.key.mode for each in real if (found := keys.estimate(each.beginning))]
        planned = [firmus.plan(style=style, bars=BARS, seed=seed).score.keys for seed in range(1, asked.count + 1)]
        if heard and all(planned):
            ours = np.mean([each[0].mode == "minor" for each in planned])
            print(f"| {style} | {np.mean([mode == 'minor' for mode in heard]):.2f} | {ours:.2f} |", flush=True)


if __name__ == "__main__":
    main()
