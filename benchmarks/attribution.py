"""Attribution: whether the works that `firmus rights` names as raising a piece's likelihood do raise it.

    python benchmarks/attribution.py build [--prepared CORPUS.npz]
    python benchmarks/attribution.py leave-out [--prepared CORPUS.npz] [--works 200] [--groups 10] [--runs 1]

``build`` writes what ships beside the originality index: feature vectors of the training works, and probabilities of
intervals.

``leave-out``: a small neural model (GRU of 64 units, over the interval and the change of length of each note of a
melody) learns from folk tunes, and is trained again without each of several groups of 20: half of the groups are the
works that score highest for a held-out tune, half are drawn. It starts from the same weights and sees the works in the
same order; each is the mean of as many runs as asked. *Predicted*: the sum of the scores of the works of a group for a
held-out tune, a note. *Measured*: by how many nats a note the tune becomes less likely without the group. Rank
correlation (Spearman) over groups and held-out tunes, and over the tunes within each group alone; intervals: 95 %,
bootstrap over held-out tunes. The floors are the similarity of feature vectors, and how many n-grams are shared.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from firmus.analysis.lines import BORDER, Lines
from firmus.analysis.melodies import RATIOS, WHOLE, Melodies, Symbols
from firmus.rights.attribution import SHIPPED, Works, feature_vectors, influences
from firmus.rights.collection import KEPT, Collection, Source, shipped
from originality import read

Array = NDArray[np.float64]
SETS = ("oneills", "ryan", "aird")
GROUP, EPOCHS, BATCH, UNITS, LONGEST = 20, 10, 10, 64, 150
WIDEST = 12  # semitones
SYMBOLS = (2 * WIDEST + 1) * (len(RATIOS) + 1)


class Small(torch.nn.Module):
    """The next symbol of a melody, from those before."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(SYMBOLS + 1, UNITS)
        self.recurrent = torch.nn.GRU(UNITS, UNITS, batch_first=True)
        self.output = torch.nn.Linear(UNITS, SYMBOLS)

    def nats(self, symbols: torch.Tensor) -> torch.Tensor:
        """Negative log-likelihood (B,) a note of melodies (B, T), padded with -1."""
        before = torch.nn.functional.pad(symbols[:, :-1].clamp(min=0), (1, 0), value=SYMBOLS)
        logits = self.output(self.recurrent(self.embedding(before))[0])
        each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), symbols, ignore_index=-1, reduction="none")
        return each.sum(1) / (symbols >= 0).sum(1).clamp(min=1)


def symbols_of(melodies: Melodies) -> NDArray[np.int64]:
    """Interval and change of length of each note of a melody, as one number."""
    sounds = melodies.pitches != BORDER
    intervals = np.clip(np.diff(melodies.pitches[sounds]), -WIDEST, WIDEST) + WIDEST
    ratios = np.searchsorted(RATIOS, np.diff(melodies.lengths[sounds]), side="right")
    return intervals * (len(RATIOS) + 1) + ratios


def padded(rows: list[NDArray[np.int64]]) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row[:LONGEST]) for row in rows], True, -1.0).long()


def trained(works: torch.Tensor, kept: NDArray[np.bool_], seed: int) -> Small:
    """A model that learns from the works that are kept, in the same order whatever is left out."""
    torch.manual_seed(seed)
    model, generator = Small(), np.random.default_rng(seed)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(EPOCHS):
        order = generator.permutation(len(works))
        for batch in np.split(order, range(BATCH, len(order), BATCH)):
            batch = batch[kept[batch]]
            if len(batch):
                optimiser.zero_grad()
                model.nats(works[batch]).mean().backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
    return model


def measured(works: torch.Tensor, held: torch.Tensor, kept: NDArray[np.bool_], runs: int) -> Array:
    """Nats a note of held-out melodies under models that learn from the works that are kept: a mean over runs."""
    models = [trained(works, kept, seed) for seed in range(runs)]
    with torch.no_grad():
        return np.mean([model.nats(held).numpy().astype(float) for model in models], axis=0)


def some(asked: argparse.Namespace, split: str, count: int, generator: np.random.Generator) -> list[Lines]:
    """The first line of as many folk tunes."""
    pieces, lines = read(asked, split)
    numbers = [number for number, piece in enumerate(pieces) if piece.set in SETS]
    chosen = sorted(generator.choice(numbers, min(count, len(numbers)), replace=False).tolist())
    keep = np.zeros(len(pieces), bool)
    keep[chosen] = True
    tunes = lines.select(keep)
    return [tunes.select(np.arange(len(chosen)) == number) for number in range(len(chosen))]


def leave_out(asked: argparse.Namespace) -> None:
    generator = np.random.default_rng(17)
    works, held = some(asked, "train", asked.works, generator), some(asked, "valid", asked.pieces, generator)
    names = [Source(str(number), "", "") for number in range(len(works))]
    joined = joined_lines(works)
    predictors: dict[str, Array] = {}
    for name, modulus in (("score, whole melodies", WHOLE), ("score, as what is shipped", KEPT)):
        collection = Collection.of(joined, names, "tunes", modulus)
        transitions = Works.of(joined, collection).transitions
        found = [influences(Symbols.of(Melodies.of(tune), modulus), collection, transitions) for tune in held]
        predictors[name] = np.array([nats / max(len(tune), 1) for (nats, _), tune in zip(found, held, strict=True)])
        if modulus == WHOLE:
            shared = np.array([counts / max(len(tune), 1) for (_, counts), tune in zip(found, held, strict=True)])
    predictors["floor: n-grams shared"] = shared
    points = np.concatenate([feature_vectors(tune, 1) for tune in held])
    predictors["floor: similarity"] = (points @ feature_vectors(joined, len(works)).T).astype(float)
    first = predictors["score, whole melodies"]
    targets = generator.choice(len(held), asked.groups // 2, replace=False)
    groups = [np.argsort(-first[target])[:GROUP] for target in targets]
    groups += [generator.choice(len(works), GROUP, replace=False) for _ in range(asked.groups - len(groups))]
    rows, tunes = (padded([symbols_of(Melodies.of(each)) for each in some]) for some in (works, held))
    whole = measured(rows, tunes, np.ones(len(works), bool), asked.runs)
    print(f"{len(works)} works, {len(held)} held-out tunes at {whole.mean():.3f} nats a note", flush=True)
    changes = []
    for group in groups:
        kept = np.ones(len(works), bool)
        kept[group] = False
        changes.append(measured(rows, tunes, kept, asked.runs) - whole)
        print(f"left out {len(changes)} of {len(groups)}", file=sys.stderr, flush=True)
    print_correlations(predictors, groups, np.array(changes))


def print_correlations(predictors: dict[str, Array], groups: list[NDArray[np.int64]], changes: Array) -> None:
    """Of each predictor, over all pairs and within groups, and the change of the tunes that a group was chosen for."""
    generator = np.random.default_rng(0)
    print("| predicted by | groups and tunes | within a group |\n|-|-|-|")
    for name, values in predictors.items():
        predicted = np.array([values[:, group].sum(axis=1) for group in groups])

        def overall(tunes: NDArray[np.int64], predicted: Array = predicted) -> float:
            return float(spearmanr(predicted[:, tunes].ravel(), changes[:, tunes].ravel()).statistic)

        def within(tunes: NDArray[np.int64], predicted: Array = predicted) -> float:
            pairs = zip(predicted[:, tunes], changes[:, tunes], strict=True)
            return float(np.mean([spearmanr(one, other).statistic for one, other in pairs]))

        every, cells = np.arange(changes.shape[1]), []
        for measure in (overall, within):
            drawn = [measure(generator.choice(every, len(every))) for _ in range(200)]
            low, high = np.quantile(drawn, [0.025, 0.975])
            cells.append(f"{measure(every):.2f} ({low:.2f} … {high:.2f})")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def joined_lines(tunes: list[Lines]) -> Lines:
    from firmus.analysis.lines import joined

    return joined(tunes, [1] * len(tunes))


def build(asked: argparse.Namespace) -> None:
    pieces, lines = read(asked, "train")
    if len(pieces) != len(shipped().sources):
        raise SystemExit(f"{len(pieces)} pieces, but the index has {len(shipped().sources)}: build it first")
    Works.of(lines, shipped()).save(SHIPPED)
    print(f"{len(pieces):,} works, {SHIPPED.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("build", "leave-out"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--prepared", type=Path, default=Path("cache/composer.npz"), help="what firmus train prepared")
    parser.add_argument("--works", type=int, default=200)
    parser.add_argument("--groups", type=int, default=10)
    parser.add_argument("--pieces", type=int, default=80)
    parser.add_argument("--runs", type=int, default=1)
    asked = parser.parse_args()
    {"build": build, "leave-out": leave_out}[asked.what](asked)


if __name__ == "__main__":
    main()
