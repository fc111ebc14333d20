"""How fast music becomes tokens: every set of the training music read and encoded, notes per second.

python benchmarks/tokenise.py [--data ../shared/data] [--sets jsb,lieder,...]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from firmus.learning.reading import read_all
from firmus.learning.recipe import Recipe
from firmus.learning.sources import SOURCES, source


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--sets", default=",".join(SOURCES))
    asked = options.parse_args()
    recipe = Recipe("all", "events", "transformer")
    print("| set | pieces | refused | notes | tokens | s | notes/s |\n|---|---|---|---|---|---|---|")
    sums = [0, 0, 0, 0, 0.0]
    for name in asked.sets.split(","):
        began = time.perf_counter()
        found = read_all(source(name), asked.data, recipe, trusted=True)
        seconds = time.perf_counter() - began
        good = [each for each in found if each.prepared is not None]
        notes = sum(each.notes for each in good)
        tokens = sum(len(each.prepared["tokens"]) for each in good if each.prepared)
        row = [len(good), len(found) - len(good), notes, tokens, seconds]
        sums = [total + each for total, each in zip(sums, row, strict=True)]
        print(
            f"| {name} | {row[0]:,} | {row[1]} | {notes:,} | {tokens:,} | {seconds:.1f} | {notes / seconds:,.0f} |",
            flush=True,
        )
    print(
        f"| **all** | {sums[0]:,} | {sums[1]} | {sums[2]:,} | {sums[3]:,} | {sums[4]:.1f} | {sums[2] / sums[4]:,.0f} |"
    )


if __name__ == "__main__":
    main()
