"""Training a classifier of styles, genres and composers: features in, calibrated weights with a card out."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from firmus import plugins
from firmus.analysis.traits import instruments, names
from firmus.formats import save
from firmus.learning import feature_dataset, fitting, preflight, threads
from firmus.learning.feature_dataset import NOISE, FeatureDataset
from firmus.learning.labels import GENRES_BY_PIECE, composer_key
from firmus.learning.metrics import classification_metrics
from firmus.learning.parallel import Spread
from firmus.learning.recipe import Recipe, fill
from firmus.learning.sources import SOURCES, source
from firmus.runtime.listener import Listener
from firmus.runtime.weights import Card, read_card

HEADS = ("style", "genre", "composer")
OTHERS = ""  # the class of all composers without a class of their own
MIN_WORKS = {"style": 10, "genre": 3, "composer": 10}  # of a class
MIN_PIECES = {"style": 15, "genre": 20, "composer": 15}
DISTANCE_QUANTILE = 0.99  # of the distances of validation pieces, which becomes 1
AN_INSTANT = 1e-9  # minutes: enough for one step


@dataclass(frozen=True, slots=True)
class ClassificationTask:
    """A dataset with the classes to be learnt.

    Parameters
    ----------
    dataset : FeatureDataset
    classes : dict of tuple of str
        Names of the classes of each head.
    targets : array (P, H)
        Class of each piece for each head, -1 where it has no label.
    by_piece : array (P, H)
        Where the piece itself is labelled, and not merely all of its set: the harder cases, which are measured.
    """

    dataset: FeatureDataset
    classes: dict[str, tuple[str, ...]]
    targets: NDArray[np.int64]
    by_piece: NDArray[np.bool_]

    def tensors(self, split: str, *variants: str) -> tuple[Tensor, Tensor]:
        """Values (N, F) and targets (N, H) of the rows of a split, of some variants."""
        rows = self.dataset.rows(split, *variants)
        values, targets = self.dataset.values[rows], self.targets[self.dataset.piece_index[rows]]
        return torch.from_numpy(values), torch.from_numpy(targets)


def classification_task(dataset: FeatureDataset) -> ClassificationTask:
    """Choose the classes that have enough works and pieces, and assign one to every piece."""
    labels = [(each.style, each.genre, composer_key(each.composer) if each.composer else "") for each in dataset.labels]
    full_names: dict[str, str] = {}
    for each in dataset.labels:
        if each.composer and len(each.composer) > len(full_names.get(composer_key(each.composer), "")):
            full_names[composer_key(each.composer)] = each.composer
    classes, columns = {}, []
    for column, head in enumerate(HEADS):
        works: defaultdict[str, set[str]] = defaultdict(set)
        counts: Counter[str] = Counter()
        for label, each in zip(labels, dataset.labels, strict=True):
            works[label[column]].add(each.work)
            counts[label[column]] += 1
        frequent = sorted(
            name for name in works if name and len(works[name]) >= MIN_WORKS[head] and counts[name] >= MIN_PIECES[head]
        )
        names_of_head = [OTHERS, *frequent] if head == "composer" else frequent
        index = {name: number for number, name in enumerate(names_of_head)}
        default = 0 if head == "composer" else -1
        columns.append([index.get(label[column], default) for label in labels])
        classes[head] = tuple(full_names.get(name, name) if head == "composer" else name for name in names_of_head)
    music = np.array([each != NOISE for each in dataset.sets])
    genre_by_piece = np.isin(dataset.sets, (*GENRES_BY_PIECE, "folder"))
    by_piece = np.stack([music, genre_by_piece, np.array([bool(each.composer) for each in dataset.labels])], axis=1)
    targets = np.array(columns, np.int64).T
    return ClassificationTask(dataset, classes, targets, by_piece & (targets >= 0))


def run(
    recipe: Recipe,
    sets: Path,
    folder: Path,
    command: str,
    minutes: float | None,
    report: Callable[[str], None],
    spread: Spread,
) -> Path:
    """Train by a recipe and export the weights; returns their folder.

    Parameters
    ----------
    recipe : Recipe
    sets : Path
        Folder that holds the sets of music.
    folder : Path
        Of the run.
    command : str
        The command line, for the card.
    minutes : float, optional
        Bound on the time of the whole run, from reading the music to the export.
    report : callable
        Called with each line of progress.
    spread : callable
        A parallel `map` that reads the music.
    """
    started = time.monotonic()
    task = classification_task(
        feature_dataset.gather([source(name) for name in recipe.data.sets], sets, Path("cache"), report, spread)
    )
    for head, named in task.classes.items():
        report(f"{head}: {len(named)} classes: {', '.join(name or '(others)' for name in named)}")
    threads.choose(recipe.training.threads, lambda: fit(recipe, task, AN_INSTANT, lambda line: None), report)
    limit = recipe.training.minutes if minutes is None else minutes
    began = time.monotonic()
    if limit:
        preparing = (began - started) / 60
        exporting = rehearse(recipe, task) / 60 if preparing < limit else 0.0
        preflight.check_time(limit, preparing, exporting)
        limit -= preparing + 2 * exporting  # once more at the end
    network = fit(recipe, task, limit, report)
    calibrate(network, task)
    weights = folder / "weights" / recipe.name
    training = {"command": command, "seconds": round(time.monotonic() - began, 1), "steps": recipe.training.steps}
    card = export(network, recipe, task, weights, training)
    for split, heads in card.facts["metrics"].items():
        if split != "command":
            report(f"{split}: " + "; ".join(f"{head} {each['accuracy']:.1%}" for head, each in heads.items()))
    return weights


def rehearse(recipe: Recipe, task: ClassificationTask) -> float:
    """Seconds from the end of the training to the end of the export, of a network that was trained for one step."""
    began = time.monotonic()
    network = fit(recipe, task, AN_INSTANT, lambda line: None)
    calibrate(network, task)
    with TemporaryDirectory() as name:
        export(network, recipe, task, Path(name), {"command": ""})
    return time.monotonic() - began


def fit(recipe: Recipe, task: ClassificationTask, minutes: float, report: Callable[[str], None], **changes: Any) -> Any:
    """Train a network; returns it with the weights of the lowest validation loss.

    Parameters
    ----------
    recipe : Recipe
    task : ClassificationTask
    minutes : float
        Bound on the time; 0 for none.
    report : callable
    **changes
        Overrides of the recipe's ``[network]``, for ablations.
    """
    torch.manual_seed(recipe.training.seed)
    module = plugins.load("firmus.models", recipe.model)
    config = fill(module.Config, {**recipe.network, **changes}, "network")
    sizes = {head: len(named) for head, named in task.classes.items()}
    network = module.build(config, module.Shape(tuple(instruments().tolist()), sizes))
    train = task.tensors("train")
    weights = _sampling_weights(train[1][:, 0])
    return fitting.fit(network, recipe.training, train, weights, task.tensors("valid"), minutes, report)


def _sampling_weights(styles: Tensor) -> Tensor:
    """Sampling weight of each row: the inverse square root of the number of rows of its style."""
    counts = torch.bincount(styles + 1, minlength=1).float()
    return counts.clamp(min=1).rsqrt()[styles + 1]


@torch.no_grad()
def calibrate(network: Any, task: ClassificationTask) -> None:
    """Calibrate on the validation pieces: a temperature for each head, and the unit of the distance."""
    values, targets = task.tensors("train")
    network.fit_distance(values, targets[:, 0])
    values, targets = task.tensors("valid", "whole", "eight")
    by_piece = task.by_piece[task.dataset.piece_index[task.dataset.rows("valid", "whole", "eight")]]
    for head, logits in enumerate(network(values)):
        known = torch.from_numpy(by_piece[:, head])
        if not known.any():
            continue
        network.temperature[head] = fitting.temperature(logits[known], targets[known, head])
    music = torch.tensor([*(name != NOISE for name in task.classes["style"]), True])[targets[:, 0]]  # -1 is the last
    network.unit.fill_(float(network.distance(network.hidden(values[music])).quantile(DISTANCE_QUANTILE)))


def probabilities(
    listener: Listener, values: NDArray[np.float32], bare: bool = False
) -> dict[str, NDArray[np.float32]]:
    """Probabilities of every class by head, and distances, of rows (N, F), as the runtime outputs them.

    Parameters
    ----------
    listener : Listener
    values : array (N, F)
    bare : bool
        Whether the instrument features are zeroed first.
    """
    return listener.listen(values=np.where(instruments(), np.float32(0), values) if bare else values)


def evaluate(
    listener: Listener, task: ClassificationTask, split: str, *variants: str, bare: bool = False
) -> dict[str, Any]:
    """Metrics of each head on a split, in some variants, on the pieces that are labelled one by one."""
    rows = task.dataset.rows(split, *variants)
    predicted = probabilities(listener, task.dataset.values[rows], bare)
    pieces = task.dataset.piece_index[rows]
    metrics = {}
    for column, head in enumerate(HEADS):
        known = task.by_piece[pieces, column]
        if known.any():
            truth = task.targets[pieces[known], column]
            metrics[head] = {**classification_metrics(predicted[head][known], truth), "pieces": int(known.sum())}
    return metrics


def classes_by_style(task: ClassificationTask, column: int) -> dict[str, list[str]]:
    """Classes of a head in the training pieces of each style: bands have no genre, so none is predicted for them."""
    classes: dict[str, list[str]] = {}
    in_train = np.array([split == "train" for split in task.dataset.splits])
    named = task.classes[HEADS[column]]
    for number, style in enumerate(task.classes["style"]):
        targets = task.targets[in_train & (task.targets[:, 0] == number), column]
        classes[style] = sorted({named[each] for each in targets.tolist() if each >= 0} - {OTHERS})
    return classes


def export(network: Any, recipe: Recipe, task: ClassificationTask, folder: Path, training: dict[str, Any]) -> Card:
    """Write the graph and ``card.json``, with the metrics as measured through the runtime."""
    module = plugins.load("firmus.models", recipe.model)
    data = module.graph(network).SerializeToString()
    folder.mkdir(parents=True, exist_ok=True)
    save(data, folder / "model.onnx")
    used = [SOURCES[name] for name in sorted(set(task.dataset.sets) & set(SOURCES))]
    facts: dict[str, Any] = {
        "name": recipe.name,
        "title": module.TITLE,
        "description": recipe.description,
        "kind": module.KIND,
        "representation": recipe.representation,
        "styles": [name for name in task.classes["style"] if name != NOISE],
        "tasks": ["analyse"],
        "controls": [],
        "shape": {"traits": len(names())},
        "digest": hashlib.sha256(data).hexdigest(),
        "parameters": sum(each.numel() for each in network.parameters()),
        "bytes": len(data),
        "data": [
            {"name": each.name, "title": each.title, "credit": each.credit, "licence": each.licence} for each in used
        ],
        "pieces": dict(Counter(task.dataset.splits)),
        "piece_licences": sorted(set(task.dataset.licences) - {""}),
        "classes": {head: list(named) for head, named in task.classes.items()},
        "seen": {head: classes_by_style(task, column) for column, head in enumerate(HEADS) if column},
        "traits": list(names()),
        "recipe": recipe.as_dict(),
        "training": training,
    }
    _write(facts, folder)
    listener = Listener(read_card(folder / "card.json"))
    facts["metrics"] = {
        "command": training["command"],
        "test": evaluate(listener, task, "test", "whole"),
        "test, 8 bars": evaluate(listener, task, "test", "eight"),
        "test, without instruments": evaluate(listener, task, "test", "whole", bare=True),
        "valid": evaluate(listener, task, "valid", "whole"),
    }
    return _write(facts, folder)


def _write(facts: dict[str, Any], folder: Path) -> Card:
    save((json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode(), folder / "card.json")
    return read_card(folder / "card.json")
