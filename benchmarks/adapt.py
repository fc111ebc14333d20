"""Adapting to a composer or collection: how much likelier its unseen pieces become, and how much is copied.

Protocol: collections that come with music21 and are in no training set of the composer (no Bach): of each 14 pieces are
learnt from (at most; 24 notes to 1,600), and as many others measured; the order is drawn (seed 1), movements of one
mass, which share a name up to the last number, stand on one side. Measured are nats a token of the first 1,000 tokens
of music, all of it open, with the shipped eight-bit composer, as less or more than without the adapter; 95 % bootstrap
intervals over pieces. Ways: a *bias* of each token; a linear output layer of *rank* 16 or 48 (penalty 4); *chosen*, as
``firmus adapt`` does, by cross-validation; *nearest neighbours*: the tokens that followed the 16 nearest of all learnt
contexts (in the components of rank 48), mixed in with a weight of 0.2 (U. Khandelwal et al., *Generalization through
memorization*, ICLR 2020). Copying: windows of two bars of any part that stand note for note, in any key, in the pieces
that were learnt from; of 20 pieces of 8 bars composed with the chosen adapter, and of the unseen real ones.

    python benchmarks/adapt.py [--only palestrina] [--composed 20]
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from pathlib import Path

import music21
import numpy as np

import firmus
from firmus import formats
from firmus.analysis.copying import Memory
from firmus.errors import FirmusError
from firmus.learning import adapting
from firmus.learning.adapting import Reading
from firmus.runtime import stepper
from firmus.runtime.adapter import Adapter
from firmus.score import Score
from firmus.tasks.adapt import adaptation

CORPUS = Path(music21.__file__).parent / "corpus"
PIECES = 14  # on either side
NEIGHBOURS, MIXED = 16, 0.2
COLLECTIONS = {
    "palestrina": ("choir", "palestrina/Kyrie*.krn"), "monteverdi": ("choir", "monteverdi/*.mxl"),
    "trecento": ("choir", "trecento/*.xml"), "german children's songs": ("folk", "essenFolksong/kinder0.abc"),
    "songs of Lorraine": ("folk", "essenFolksong/lot.abc"), "songs of the Han": ("folk", "essenFolksong/han1.abc"),
}  # fmt: skip


def music(pattern: str) -> tuple[list[Score], list[Score]]:
    """Pieces to learn from, and others."""
    read: list[tuple[str, Score]] = []
    for path in sorted(CORPUS.glob(pattern)):
        try:
            scores = formats.read_all(path)
        except FirmusError:
            continue
        work = re.sub(r"^[A-Za-z]+_(?:I+_)?|_[a-z]$", "", path.stem) if path.suffix == ".krn" else path.stem
        read += [(work if len(scores) == 1 else f"{work} {number}", each) for number, each in enumerate(scores)]
    fitting = [each for each in read if 24 <= sum(len(part.notes) for part in each[1].parts) <= 1600]
    works = sorted({work for work, _ in fitting})
    np.random.default_rng(1).shuffle(works)
    order = sorted(fitting, key=lambda each: works.index(each[0]))
    learnt = order[:PIECES]
    known = {work for work, _ in learnt}
    others = [each for each in order[PIECES:] if each[0] not in known][:PIECES]
    return [score for _, score in learnt], [score for _, score in others]


def neighbours(learnt: list[Reading], adapter: Adapter, reading: Reading) -> float:
    """Nats of a piece, with the tokens that followed the nearest contexts mixed in."""
    keys = np.concatenate([features(adapter, each) for each in learnt])
    came = np.concatenate([each.tokens for each in learnt])
    query = features(adapter, reading)
    away = (query**2).sum(1)[:, None] + (keys**2).sum(1)[None] - 2 * query @ keys.T
    nearest = np.argpartition(away, NEIGHBOURS, 1)[:, :NEIGHBOURS]
    weight = np.exp(-np.take_along_axis(away, nearest, 1))
    share = (weight * (came[nearest] == reading.tokens[:, None])).sum(1) / weight.sum(1).clip(1e-30)
    logits = reading.logits.astype(np.float64)
    top = logits.max(1, keepdims=True)
    likely = np.exp(logits - top) / np.exp(logits - top).sum(1, keepdims=True)
    return float(-np.log((1 - MIXED) * likely[np.arange(len(likely)), reading.tokens] + MIXED * share).sum())


def features(adapter: Adapter, reading: Reading) -> np.ndarray:
    """Components of every context of a piece."""
    return np.array([adapter.features(row) for row in reading.logits])


def measure(name: str, style: str, pattern: str, count: int) -> None:
    """Rows of a collection."""
    learnt_scores, other_scores = music(pattern)
    network = stepper.load("composer")
    learnt = [adaptation.read(network, score, style) for score in learnt_scores]
    others = [adaptation.read(network, score, style) for score in other_scores]
    begun = time.perf_counter()
    chosen = adapting.adapt(learnt)
    seconds = time.perf_counter() - begun
    tokens = sum(len(each.tokens) for each in others)
    plain = np.array([adapting.nats(each) for each in others])
    size, rank = len(chosen.adapter.encoded()) / 1e3, chosen.adapter.basis.shape[1]
    print(f"{name}: {len(learnt)} and {len(others)} pieces; {plain.sum() / tokens:.3f} nats a token", flush=True)
    print(f"  adapter of {size:.0f} kB, rank {rank}, in {seconds:.0f} s", flush=True)
    ways = {"bias": adapting.fit(learnt, 0, 4.0), "rank 16": adapting.fit(learnt, 16, 4.0),
            "rank 48": adapting.fit(learnt, 48, 4.0), "chosen": chosen.adapter}  # fmt: skip
    for way, adapter in ways.items():
        row(way, np.array([adapting.nats(each, adapter) for each in others]), plain)
    row("nearest neighbours", np.array([neighbours(learnt, ways["rank 48"], each) for each in others]), plain)
    memory = Memory(learnt_scores, (2,))
    real = np.array([memory.copied(score, 2) for score in other_scores], float)
    made = np.array([memory.copied(score, 2) for score in composed(learnt_scores, style, count)], float)
    for whose, found in (("real", real), ("composed", made)):
        low, high = spread(found[:, 0], found[:, 1])
        print(
            f"  two bars copied, {whose}: {found[:, 0].sum() / found[:, 1].sum():.1%} ({low:.1%} to {high:.1%})",
            flush=True,
        )


def spread(copied: np.ndarray, every: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval over pieces."""
    drawn = np.random.default_rng(0).integers(0, len(copied), (2000, len(copied)))
    low, high = np.quantile(copied[drawn].sum(1) / every[drawn].sum(1).clip(1), (0.025, 0.975))
    return float(low), float(high)


def row(way: str, adapted: np.ndarray, plain: np.ndarray) -> None:
    """How much less likely or likelier, with its interval."""
    low, high = spread(adapted - plain, plain)
    print(f"  {way}: {adapted.sum() / plain.sum() - 1:+.1%} ({low:+.1%} to {high:+.1%})", flush=True)


def composed(scores: list[Score], style: str, count: int) -> list[Score]:
    """Pieces composed with an adapter to these, as a person would."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "music").mkdir()
        for number, score in enumerate(scores):
            formats.write(score, Path(folder) / "music" / f"{number}.json")
        firmus.adapt(Path(folder) / "music", style=style, out=Path(folder) / "models" / "adapted")
        os.environ["FIRMUS_WEIGHTS"] = str(Path(folder) / "models")
        stepper.load.cache_clear()
        options = {"style": style, "bars": 8, "model": "adapted", "effort": "quick"}
        made = [firmus.compose(seed=seed, **options).score for seed in range(1, count + 1)]
        del os.environ["FIRMUS_WEIGHTS"]
        return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=COLLECTIONS)
    parser.add_argument("--composed", type=int, default=20)
    asked = parser.parse_args()
    for name, (style, pattern) in COLLECTIONS.items():
        if asked.only in (None, name):
            measure(name, style, pattern, asked.composed)


if __name__ == "__main__":
    main()
