"""JSB chorales on the grid of sixteenths: nats per open token on the validation split.

Protocol: soprano, alto, tenor, bass of one sixteenth, then the next; 46 pitches and a rest; whole pieces, teacher
forcing, every open token told from all that stands before it and all that is given; micro-average over tokens.

compose     everything is open, from the first sixteenth
harmonise   the soprano of the whole piece is given
infill      one bar of all voices is open, the rest given: the second bar of sixteen sixteenths and every fourth
            after it, each alone

Prints the counting floor (which looks ahead where something is given), published anchors marked as literature, and
the shipped model through the runtime, as shipped (eight bits a weight), with 95 % bootstrap intervals over pieces;
also the tokens alone that differ from the voice's last one. Calibrated: logits divided by a temperature, which is
chosen on the other half of the pieces. The mixture adds the counting model's probabilities to the calibrated
network's, its share chosen likewise; with several models there is an ensemble, the mean of their probabilities.

    python benchmarks/jsb.py [--data ../shared/data] [--model chorale-grid ...] [--task compose ...] [--split valid]
"""

from __future__ import annotations

import argparse
import json
import lzma
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from firmus.evaluation.counting import Counting
from firmus.runtime.scorer import Scorer
from firmus.runtime.weights import card
from firmus.tokens import grid

TEMPERATURES = np.arange(1.0, 1.75, 0.05)
SHARES = np.arange(0.0, 0.65, 0.05)  # of the counting model in the mixture
LITERATURE = {
    "compose": "Music Transformer, plain, relative, best: 0.417, 0.357, 0.335; Coconet in order of time 0.436",
    "harmonise": "Coconet 0.238, a bound, over random regions and not this one",
    "infill": "Coconet 0.238, a bound, over random regions and not this one",
}


def rasters(data: Path, split: str) -> list[np.ndarray]:
    """Token rasters (S, 4) of a split."""
    path = data / "jsb" / "Jsb16thSeparated.train-valid.json.xz"
    pieces = json.loads(lzma.decompress(path.read_bytes()))[split]
    return [np.where(np.array(piece) > 0, np.array(piece) - grid.LOWEST + 1, grid.REST) for piece in pieces]


def everything(raster: np.ndarray) -> list[np.ndarray]:
    """Nothing is given."""
    return [np.zeros(raster.shape, bool)]


def soprano(raster: np.ndarray) -> list[np.ndarray]:
    """The soprano is given."""
    given = np.zeros(raster.shape, bool)
    given[:, 0] = True
    return [given]


def bars(raster: np.ndarray, first: int = 1, every: int = 4) -> list[np.ndarray]:
    """All but one bar is given, once for every fourth bar."""
    found = []
    for start in range(first * grid.PLACES, len(raster) - grid.PLACES + 1, every * grid.PLACES):
        given = np.ones(raster.shape, bool)
        given[start : start + grid.PLACES] = False
        found.append(given)
    return found


TASKS = {"compose": everything, "harmonise": soprano, "infill": bars}


def surprise(
    raster: np.ndarray, masks: list[np.ndarray], nats: Callable[[np.ndarray, np.ndarray | None], np.ndarray]
) -> np.ndarray:
    """Surprise (N,) of every open token of a piece, one region after another."""
    nats_of_masks = [nats(raster, given if given.any() else None)[~given] for given in masks]
    return np.concatenate(nats_of_masks) if nats_of_masks else np.zeros(0)


def changed(raster: np.ndarray, masks: list[np.ndarray]) -> np.ndarray:
    """Which open tokens (N,) differ from their voice's last one."""
    differs = np.zeros(raster.shape, bool)
    differs[1:] = raster[1:] != raster[:-1]
    return np.concatenate([differs[~given] for given in masks]) if masks else np.zeros(0, bool)


def interval(pieces: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Micro-average and its 95 % bootstrap interval over pieces."""
    sums, counts = np.array([each.sum() for each in pieces]), np.array([each.size for each in pieces])
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(pieces), (2000, len(pieces)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return sums.sum() / counts.sum(), *np.quantile(means, (0.025, 0.975))


def row(name: str, pieces: list[np.ndarray], moved: list[np.ndarray]) -> str:
    mean, low, high = interval(pieces)
    macro = float(np.mean([each.mean() for each in pieces if each.size]))
    only = np.concatenate(pieces)[np.concatenate(moved)].mean()
    return f"| {name} | {mean:.4f} | {low:.4f} to {high:.4f} | {macro:.4f} | {only:.3f} |"


def blend(parts: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    """Surprise of a weighted mean of probabilities."""
    return -np.log(sum(share * np.exp(-part) for part, share in zip(parts, shares, strict=True)))


def mixture(counted: list[np.ndarray], network: list[np.ndarray]) -> tuple[list[np.ndarray], list[float]]:
    """Network and counting together, and the share of counting in each half, chosen on the other half."""
    mixed, chosen = list(network), []
    for half in (0, 1):
        ours, theirs = np.concatenate(network[1 - half :: 2]), np.concatenate(counted[1 - half :: 2])
        share = min(SHARES, key=lambda each: blend((theirs, ours), (each, 1 - each)).mean())
        chosen.append(float(share))
        for index in range(half, len(network), 2):
            mixed[index] = blend((counted[index], network[index]), (share, 1 - share))
    return mixed, chosen


def calibrated(each: list[np.ndarray]) -> tuple[list[np.ndarray], list[float]]:
    """Of surprises (T, N) at every temperature, those at the one that is best for the other half of the pieces."""
    chosen_losses, chosen = [each_one[0] for each_one in each], []
    for half in (0, 1):
        best = int(np.concatenate(each[1 - half :: 2], axis=1).mean(axis=1).argmin())
        chosen.append(float(TEMPERATURES[best]))
        for index in range(half, len(each), 2):
            chosen_losses[index] = each[index][best]
    return chosen_losses, chosen


def nats_at_temperatures(scorer: Scorer, raster: np.ndarray, masks: list[np.ndarray]) -> np.ndarray:
    """Surprise (T, N) of every open token of a piece at every temperature."""
    parts = []
    for given in masks:
        logits = scorer.log_probabilities(raster, given if given.any() else None, 1.0)[~given]
        tokens = raster[~given][:, None].astype(int)
        scaled = logits[None] / TEMPERATURES[:, None, None]
        scaled -= np.logaddexp.reduce(scaled, axis=-1, keepdims=True)
        parts.append(-np.take_along_axis(scaled, np.broadcast_to(tokens, (len(scaled), *tokens.shape)), -1)[..., 0])
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(TEMPERATURES), 0))


def table(task: str, train: list[np.ndarray], pieces: list[np.ndarray], scorers: dict[str, Scorer]) -> None:
    """Print the rows of one task."""
    masks = [TASKS[task](each) for each in pieces]
    moved = [changed(*each) for each in zip(pieces, masks, strict=True)]
    print(f"\n## {task}: {len(pieces)} pieces, {sum(map(len, moved)):,} open tokens\n")
    print("| | nats/token | 95 % interval | mean over pieces | changed tokens only |\n|---|---|---|---|---|")
    learnt = {"compose": None, "harmonise": soprano, "infill": lambda raster: bars(raster, 0, 1)}
    counting = Counting(train, learnt[task])
    counted = [surprise(*each, counting.nats) for each in zip(pieces, masks, strict=True)]
    print(row("counting (floor)", counted, moved), flush=True)
    print(f"| *literature: {LITERATURE[task]}* | | | | |")
    every = []
    for name, scorer in scorers.items():
        began = time.perf_counter()
        losses = [nats_at_temperatures(scorer, *each) for each in zip(pieces, masks, strict=True)]
        speed = sum(map(len, moved)) / (time.perf_counter() - began)
        print(row(f"Firmus, {name}", [each[0] for each in losses], moved) + f" {speed:,.0f} tokens/s", flush=True)
        calibrated_losses, chosen = calibrated(losses)
        every.append(calibrated_losses)
        print(
            row(f"Firmus, {name}, *calibrated* ({chosen[0]:.2f}, {chosen[1]:.2f})", calibrated_losses, moved),
            flush=True,
        )
    losses = [blend(each, [1 / len(each)] * len(each)) for each in zip(*every, strict=True)]
    if len(every) > 1:
        print(row(f"*ensemble* of these {len(every)}", losses, moved))
    both, shares = mixture(counted, losses)
    print(row(f"*mixture* with counting, whose share is {shares[0]:.2f} and {shares[1]:.2f}", both, moved), flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--model", nargs="+", default=["chorale-grid"])
    options.add_argument("--task", nargs="+", choices=TASKS, default=list(TASKS))
    options.add_argument("--split", choices=("train", "valid"), default="valid", help="train shows overfitting")
    asked = options.parse_args()
    scorers = {name: Scorer(card(name)) for name in asked.model}
    for task in asked.task:
        table(task, rasters(asked.data, "train"), rasters(asked.data, asked.split), scorers)


if __name__ == "__main__":
    main()
