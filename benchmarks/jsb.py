"""JSB chorales on the grid of sixteenths: nats per token on the validation split.

Protocol: soprano, alto, tenor, bass of one sixteenth, then the next; 46 pitches and a rest; every token of whole
pieces, teacher forcing, all that stands before as context; micro-average over tokens. Prints the counting
baseline, published anchors, and the shipped model through the runtime, as shipped (eight bits a weight), with
95 % bootstrap intervals over pieces; also the tokens that differ from the voice's last one, alone.

    python benchmarks/jsb.py [--data ../shared/data] [--model chorale-grid]
"""

from __future__ import annotations

import argparse
import json
import lzma
import time
from pathlib import Path

import numpy as np

from firmus.evaluation.counting import Counting
from firmus.runtime.stepper import Stepper, load
from firmus.tokens import grid


def rasters(data: Path, split: str) -> list[np.ndarray]:
    """Token rasters (S, 4) of a split."""
    path = data / "jsb" / "Jsb16thSeparated.train-valid.json.xz"
    pieces = json.loads(lzma.decompress(path.read_bytes()))[split]
    return [np.where(np.array(piece) > 0, np.array(piece) - grid.LOWEST + 1, grid.REST) for piece in pieces]


def model_nats(stepper: Stepper, raster: np.ndarray) -> np.ndarray:
    """Surprise (S, 4) of every token under a model, one step at a time."""
    tokens = np.concatenate([[grid.START], raster.reshape(-1)])
    slots = grid.slots(tokens)
    state = stepper.start(len(tokens))
    found = np.empty(len(tokens) - 1)
    for place in range(len(tokens) - 1):
        logits = stepper.feed(tokens[place : place + 1], slots[place : place + 1], state).astype(np.float64)
        top = logits.max()
        found[place] = top + np.log(np.exp(logits - top).sum()) - logits[tokens[place + 1]]
    return found.reshape(-1, grid.PARTS)


def interval(pieces: list[np.ndarray]) -> tuple[float, float, float]:
    """Micro-average and its 95 % bootstrap interval over pieces."""
    sums, counts = np.array([each.sum() for each in pieces]), np.array([each.size for each in pieces])
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(pieces), (2000, len(pieces)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return sums.sum() / counts.sum(), *np.quantile(means, (0.025, 0.975))


def row(name: str, pieces: list[np.ndarray], valid: list[np.ndarray]) -> str:
    mean, low, high = interval(pieces)
    macro = float(np.mean([each.mean() for each in pieces]))
    changed = [nats[1:][raster[1:] != raster[:-1]] for nats, raster in zip(pieces, valid, strict=True)]
    return f"| {name} | {mean:.4f} | {low:.4f} to {high:.4f} | {macro:.4f} | {np.concatenate(changed).mean():.3f} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--model", default="chorale-grid")
    asked = options.parse_args()
    train, valid = rasters(asked.data, "train"), rasters(asked.data, "valid")
    print(f"{len(valid)} pieces, {sum(each.size for each in valid):,} tokens\n")
    print("| | nats/token | 95 % interval | mean over pieces | changed tokens only |\n|---|---|---|---|---|")
    counting = Counting(train)
    print(row("counting (floor)", [counting.nats(each) for each in valid], valid), flush=True)
    print("| *literature: Music Transformer, plain, relative, best* | *0.417, 0.357, 0.335* | | | |")
    stepper = load(asked.model)
    began = time.perf_counter()
    print(row(f"Firmus, {asked.model}", [model_nats(stepper, each) for each in valid], valid))
    print(f"\n{sum(each.size for each in valid) / (time.perf_counter() - began):,.0f} tokens/s")


if __name__ == "__main__":
    main()
