"""Recognising style, genre and composer on held-out pieces, beside baselines on the same traits.

    python benchmarks/classify.py --sets ../shared/data                    # the shipped weights and the baselines
    python benchmarks/classify.py --sets ../shared/data --unknown          # each style left out of the training in turn
    python benchmarks/classify.py --sets ../shared/data --pictures out     # confusion matrices as SVG

The recipe (``recipes/recogniser.toml``) says which sets, and with them the split: the pieces of the test are those that
its training left alone, by work. Baselines, all on the traits as the network takes them (square roots, standardised):
the commonest class; the nearest class mean; the five nearest pieces, by distance; logistic regression, trained as the
network is, with no hidden layer.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from firmus.analysis.traits import instruments
from firmus.learning import feature_dataset, recognition
from firmus.learning.metrics import auroc, classification_metrics, confusion
from firmus.learning.recipe import Recipe, load
from firmus.learning.recognition import HEADS, NOISE, ClassificationTask
from firmus.learning.sources import source
from firmus.render import plots
from firmus.runtime import listener
from firmus.runtime.recognition import FAR, LEAST

RECIPE = Path(__file__).parent.parent / "recipes" / "recogniser.toml"
SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "top_3", "calibration_error")
NEIGHBOURS = 5
SHORT = 1000  # steps


def main() -> None:
    """Print every table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", type=Path, default=Path("../shared/data"))
    options.add_argument("--unknown", action="store_true")
    options.add_argument("--pictures", type=Path)
    chosen = options.parse_args()
    recipe = load(RECIPE)
    made = recognition.classification_task(
        feature_dataset.gather([source(name) for name in recipe.data.sets], chosen.sets, Path("cache"))
    )
    if chosen.unknown:
        left_out(recipe, made)
        return
    predicted = predictions(recipe, made)
    for place, head in enumerate(HEADS):
        table(made, predicted, place, head)
        shapes(made, predicted, place, head)
        named(made, predicted, place, head)
    for place, head in enumerate(HEADS):
        matrix(made, predicted, place, head, chosen.pictures)
    noise(made, predicted)


Predictions = dict[tuple[str, bool], list[np.ndarray]]  # of a method, without instruments or with: chances of every row


def predictions(recipe: Recipe, made: ClassificationTask) -> Predictions:
    """Chances of every row by every method."""
    values = made.dataset.values
    shipped = listener.load(recipe.name)
    predicted: Predictions = {}
    linear = recognition.fit(recipe, made, 0.0, lambda line: None, hidden=[])
    recognition.calibrate(linear, made)
    for bare in (False, True):
        seen = np.where(instruments(), np.float32(0), values) if bare else values
        found = shipped.listen(values=seen)
        predicted["network", bare] = [found[head] for head in HEADS]
        predicted["logistic regression", bare] = logistic(linear, seen)
        rows = made.dataset.rows("train", "whole")
        music = np.array([each != NOISE for each in made.dataset.sets])
        rows = rows[music[made.dataset.piece_index[rows]]]
        flat = flattened(seen, rows)
        targets = made.targets[made.dataset.piece_index[rows]]
        sizes = [len(made.classes[head]) for head in HEADS]
        predicted["nearest mean", bare] = [nearest_mean(flat, rows, targets[:, h], n) for h, n in enumerate(sizes)]
        predicted["5 nearest pieces", bare] = [neighbours(flat, rows, targets[:, h], n) for h, n in enumerate(sizes)]
        predicted["commonest class", bare] = [commonest(len(flat), targets[:, h], n) for h, n in enumerate(sizes)]
    return predicted


def logistic(network, values: np.ndarray) -> list[np.ndarray]:
    import torch

    with torch.no_grad():
        return [each.numpy() for each in network.judge(torch.from_numpy(values))[:-1]]


def flattened(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Square roots, standardised by the rows that are learnt from."""
    rooted = np.sign(values) * np.sqrt(np.abs(values))
    return np.clip((rooted - rooted[rows].mean(0)) / np.maximum(rooted[rows].std(0), 1e-3), -4, 4)


def nearest_mean(flat: np.ndarray, rows: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    means = np.stack([flat[rows[truth == each]].mean(0) for each in range(classes) if (truth == each).any()])
    far = ((flat**2).sum(1)[:, None] - 2 * flat @ means.T + (means**2).sum(1)) / flat.shape[1]
    near = np.full((len(flat), classes), -1e9)
    near[:, [each for each in range(classes) if (truth == each).any()]] = -far
    return softmax(near)


def neighbours(flat: np.ndarray, rows: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    rows, truth = rows[truth >= 0], truth[truth >= 0]
    found = np.zeros((len(flat), classes))
    known = flat[rows]
    for first in range(0, len(flat), 2000):
        some = flat[first : first + 2000]
        far = (some**2).sum(1)[:, None] - 2 * some @ known.T + (known**2).sum(1)
        near = np.argpartition(far, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        closeness = 1 / np.maximum(np.take_along_axis(far, near, 1), 1e-6)
        for column in range(NEIGHBOURS):
            found[np.arange(first, first + len(some)), truth[near[:, column]]] += closeness[:, column]
    return found / found.sum(1, keepdims=True)


def commonest(count: int, truth: np.ndarray, classes: int) -> np.ndarray:
    shares = np.bincount(truth[truth >= 0], minlength=classes) / (truth >= 0).sum()
    return np.tile(shares, (count, 1))


def softmax(values: np.ndarray) -> np.ndarray:
    raised = np.exp(values - values.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def known_rows(made: ClassificationTask, place: int, *shapes: str) -> np.ndarray:
    """Rows of held-out music with a label that people gave."""
    rows = made.dataset.rows("test", *shapes)
    return rows[made.by_piece[made.dataset.piece_index[rows], place]]


def table(made: ClassificationTask, predicted: Predictions, place: int, head: str) -> None:
    """Every method, with instruments and without, on whole pieces."""
    rows = known_rows(made, place, "whole")
    truth = made.targets[made.dataset.piece_index[rows], place]
    classes = len(set(truth.tolist()))
    print(f"\n{head}: {len(rows)} held-out pieces, {classes} classes\n")
    titles = [*(each.replace("_", " ") for each in SHOWN), "without instruments: accuracy", "balanced"]
    print("| method | " + " | ".join(titles) + " |")
    print("|---" * (len(SHOWN) + 3) + "|")
    for method in ("commonest class", "nearest mean", "5 nearest pieces", "logistic regression", "network"):
        found, bare = (classification_metrics(predicted[method, each][place][rows], truth) for each in (False, True))
        shown = [f"{found[name]:.3f}" for name in SHOWN] + [f"{bare[name]:.3f}" for name in SHOWN[:2]]
        print(f"| {method} | " + " | ".join(shown) + " |")


def shapes(made: ClassificationTask, predicted: Predictions, place: int, head: str) -> None:
    """The network on what a file may give of a piece."""
    print("\n| the network hears | pieces | " + " | ".join(each.replace("_", " ") for each in SHOWN) + " |")
    print("|---" * (len(SHOWN) + 2) + "|")
    for name, shape in (("whole pieces", "whole"), ("8 bars", "eight"), ("all parts in one, as a piano", "merged")):
        rows = known_rows(made, place, shape)
        truth = made.targets[made.dataset.piece_index[rows], place]
        found = classification_metrics(predicted["network", False][place][rows], truth)
        print(f"| {name} | {len(rows)} | " + " | ".join(f"{found[each]:.3f}" for each in SHOWN) + " |")


def named(made: ClassificationTask, predicted: Predictions, place: int, head: str) -> None:
    """How often the runtime names a class, and how often it is right then."""
    rows = known_rows(made, place, "whole")
    truth, found = made.targets[made.dataset.piece_index[rows], place], predicted["network", False][place][rows]
    best = found.argmax(1)
    said = (found.max(1) >= LEAST[head]) & ~np.isin(np.array(made.classes[head])[best], (NOISE, recognition.OTHERS))
    right = (best == truth)[said].mean()
    print(f"\nnamed (from {LEAST[head]:.0%} on): {said.mean():.3f} of the pieces; of these right: {right:.3f}")


def matrix(made: ClassificationTask, predicted: Predictions, place: int, head: str, pictures: Path | None) -> None:
    """What was taken for what: rows are true."""
    rows = known_rows(made, place, "whole")
    truth = made.targets[made.dataset.piece_index[rows], place]
    counts = confusion(predicted["network", False][place][rows], truth)
    named = [name or "(others)" for name in made.classes[head]]
    there = np.flatnonzero(counts.sum(0) + counts.sum(1))
    print(f"\n{head}: what was taken for what (rows: the truth)\n\n```")
    widest = max(len(named[each]) for each in there)
    print(" " * widest + "".join(f"{number:>5}" for number in range(1, len(there) + 1)))
    for number, row in enumerate(there, 1):
        print(f"{named[row]:>{widest}}" + "".join(f"{counts[row, each] or '.':>5}" for each in there) + f"   {number}")
    print("```")
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        kept = counts[np.ix_(there, there)]
        drawn = plots.confusion(kept, [named[each] for each in there])
        (pictures / f"{head}.svg").write_text(drawn, encoding="utf-8")


def noise(made: ClassificationTask, predicted: Predictions) -> None:
    """How often noise is refused, and music is not."""
    shipped = listener.load("recogniser")
    rows = made.dataset.rows("test", "whole")
    found = shipped.listen(values=made.dataset.values[rows])
    sets = np.array(made.dataset.sets)[made.dataset.piece_index[rows]]
    names = np.array(made.dataset.names)[made.dataset.piece_index[rows]]
    refused = (found["style"].argmax(1) == made.classes["style"].index(NOISE)) | (found["distance"] > 1)
    print("\n| heard | pieces | refused |\n|---|---|---|")
    print(f"| music | {(sets != NOISE).sum()} | {refused[sets != NOISE].mean():.3f} |")
    kinds = np.array([each.split(" ")[0] for each in names])
    for kind in sorted(set(kinds[sets == NOISE])):
        some = (sets == NOISE) & (kinds == kind)
        kept = " (never met in training)" if kind == feature_dataset.HELD_OUT_NOISE else ""
        print(f"| noise: {kind}{kept} | {some.sum()} | {refused[some].mean():.3f} |")


def left_out(recipe: Recipe, made: ClassificationTask) -> None:
    """Each style left out of a short training in turn: how well its pieces are told from those of the others."""
    recipe = replace(recipe, training=replace(recipe.training, steps=SHORT))
    print("\n| style left out | pieces | refused | music refused | AUROC: distance | AUROC: likeliest style |")
    print("|---" * 6 + "|")
    for number, name in enumerate(made.classes["style"]):
        if name == NOISE:
            continue
        unknown = made.targets[:, 0] == number
        splits = tuple(
            "out" if gone else split for gone, split in zip(unknown, made.dataset.splits, strict=True)
        )  # fmt: skip
        targets = made.targets.copy()
        targets[:, 0] -= targets[:, 0] > number
        classes = {**made.classes, "style": tuple(each for each in made.classes["style"] if each != name)}
        fewer = ClassificationTask(replace(made.dataset, splits=splits), classes, targets, made.by_piece)
        network = recognition.fit(recipe, fewer, 0.0, lambda line: None)
        recognition.calibrate(network, fewer)
        outside = np.flatnonzero((unknown & np.isin(made.dataset.splits, ("test",)))[made.dataset.piece_index])
        outside = outside[made.dataset.variant[outside] == "whole"]
        inside = fewer.dataset.rows("test", "whole")
        inside = inside[np.array([each != NOISE for each in made.dataset.sets])[made.dataset.piece_index[inside]]]
        judged = [judge(network, made.dataset.values[rows], classes["style"]) for rows in (inside, outside)]
        (near, sure, no), (far, unsure, yes) = judged
        print(
            f"| {name} | {len(outside)} | {yes.mean():.3f} | {no.mean():.3f} | {auroc(near, far):.3f} | "
            f"{auroc(-sure, -unsure):.3f} |"
        )


def judge(network, values: np.ndarray, styles: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance, the likeliest style's chance, and whether the runtime would name no style."""
    import torch

    with torch.no_grad():
        chances, *_, far = (each.numpy() for each in network.judge(torch.from_numpy(values)))
    sure = chances.max(1)
    refused = (far > FAR) | (sure < LEAST["style"]) | (chances.argmax(1) == styles.index(NOISE))
    return far, sure, refused


if __name__ == "__main__":
    main()
