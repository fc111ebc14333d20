"""Training a classifier of styles, genres and composers: portraits in, calibrated weights with a card out."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from firmus import plugins
from firmus.analysis.traits import instruments, names
from firmus.formats import save
from firmus.learning import feature_dataset
from firmus.learning.feature_dataset import NOISE, Portraits
from firmus.learning.labels import GENRES_BY_PIECE, composer_key
from firmus.learning.metrics import marks
from firmus.learning.parallel import Spread
from firmus.learning.recipe import Recipe, fill
from firmus.learning.sources import SOURCES, source
from firmus.runtime.listener import Listener
from firmus.runtime.weights import Card, read_card

HEADS = ("style", "genre", "composer")
NOBODY = ""  # the class of all composers who are no class of their own
FEWEST_WORKS = {"style": 10, "genre": 3, "composer": 10}  # of a class
FEWEST_PIECES = {"style": 15, "genre": 20, "composer": 15}
FAR = 0.99  # share of the validation pieces that are nearer than distance 1
TEMPERATURES = np.exp(np.linspace(np.log(0.4), np.log(3.0), 60))


@dataclass(frozen=True, slots=True)
class Task:
    """Portraits with the classes that are learnt.

    Parameters
    ----------
    portraits : Portraits
    classes : dict of tuple of str
        Names of the classes of each head.
    targets : array (P, H)
        Class of each piece for each head, -1 where nothing is said.
    given : array (P, H)
        Where somebody said so of the piece itself, and not of all of its set: what is hard to tell.
    """

    portraits: Portraits
    classes: dict[str, tuple[str, ...]]
    targets: NDArray[np.int64]
    given: NDArray[np.bool_]

    def drawn(self, split: str, *shapes: str) -> tuple[Tensor, Tensor]:
        """Values (N, F) and targets (N, H) of the rows of one side, in some shapes."""
        rows = self.portraits.rows(split, *shapes)
        values, targets = self.portraits.values[rows], self.targets[self.portraits.piece[rows]]
        return torch.from_numpy(values), torch.from_numpy(targets)


def task(made: Portraits) -> Task:
    """The classes that have pieces enough, and the class of every piece."""
    told = [(each.style, each.genre, composer_key(each.composer) if each.composer else "") for each in made.labels]
    shown: dict[str, str] = {}
    for each in made.labels:
        if each.composer and len(each.composer) > len(shown.get(composer_key(each.composer), "")):
            shown[composer_key(each.composer)] = each.composer
    classes, columns = {}, []
    for place, head in enumerate(HEADS):
        works: defaultdict[str, set[str]] = defaultdict(set)
        counts: Counter[str] = Counter()
        for said, each in zip(told, made.labels, strict=True):
            works[said[place]].add(each.work)
            counts[said[place]] += 1
        fit = sorted(
            name for name in works
            if name and len(works[name]) >= FEWEST_WORKS[head] and counts[name] >= FEWEST_PIECES[head]
        )  # fmt: skip
        fit = [NOBODY, *fit] if head == "composer" else fit
        index = {name: number for number, name in enumerate(fit)}
        default = 0 if head == "composer" else -1
        columns.append([index.get(said[place], default) for said in told])
        classes[head] = tuple(shown.get(name, name) if head == "composer" else name for name in fit)
    music = np.array([each != NOISE for each in made.sets])
    by_piece = np.isin(made.sets, (*GENRES_BY_PIECE, "folder"))
    given = np.stack([music, by_piece, np.array([bool(each.composer) for each in made.labels])], axis=1)
    return Task(made, classes, np.array(columns, np.int64).T, given & (np.array(columns).T >= 0))


def run(
    recipe: Recipe, sets: Path, folder: Path, command: str, minutes: float | None, report: Callable[[str], None],
    spread: Spread,
) -> Path:  # fmt: skip
    """Train by a recipe and export the weights; returns their folder.

    Parameters
    ----------
    recipe : Recipe
    sets : Path
        Where the sets of music lie.
    folder : Path
        Of the run.
    command : str
        That is being run, for the card.
    minutes : float, optional
        Bound on the time of the training itself.
    report : callable
        Takes one line of progress.
    spread : callable
        Has music read.
    """
    made = task(
        feature_dataset.gather([source(name) for name in recipe.data.sets], sets, Path("cache"), report, spread)
    )
    for head, named in made.classes.items():
        report(f"{head}: {len(named)} classes: {', '.join(name or '(others)' for name in named)}")
    began = time.monotonic()
    network = learnt(recipe, made, minutes or recipe.training.minutes, report)
    settle(network, made)
    weights = folder / "weights" / recipe.name
    training = {"command": command, "seconds": round(time.monotonic() - began, 1), "steps": recipe.training.steps}
    card = export(network, recipe, made, weights, training)
    for split, found in card.facts["metrics"].items():
        if split != "command":
            report(f"{split}: " + "; ".join(f"{head} {each['accuracy']:.1%}" for head, each in found.items()))
    return weights


def learnt(recipe: Recipe, made: Task, minutes: float, report: Callable[[str], None], **changes: Any) -> Any:
    """A trained network; the weights that did best on the validation pieces.

    Parameters
    ----------
    recipe : Recipe
    made : Task
    minutes : float
        Bound on the time; 0 for none.
    report : callable
    **changes
        To the recipe's network, to compare.
    """
    settings = recipe.training
    torch.manual_seed(settings.seed)
    module = plugins.load("firmus.models", recipe.model)
    config = fill(module.Config, {**recipe.network, **changes}, "network")
    sizes = {head: len(named) for head, named in made.classes.items()}
    network = module.build(config, module.Shape(tuple(instruments().tolist()), sizes))
    values, targets = made.drawn("train")
    network.fit_scale(values)
    optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, settings.steps)
    chance = _chances(targets[:, 0])
    held, told = made.drawn("valid")
    best, kept, began = float("inf"), {}, time.monotonic()
    for step in range(1, settings.steps + 1):
        rows = torch.multinomial(chance, settings.batch_windows, replacement=True)
        network.train()
        loss, _ = network.loss("classes", (values[rows], targets[rows]), step / settings.steps)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimiser.step()
        pace.step()
        late = minutes and time.monotonic() - began > 60 * minutes
        if step % 250 == 0 or step == settings.steps or late:
            network.eval()
            with torch.no_grad():
                found = float(network.loss("classes", (held, told), 1.0)[0])
            report(f"step {step}: loss {float(loss.detach()):.3f}, on validation pieces {found:.3f}")
            if found < best:
                best, kept = found, {name: each.clone() for name, each in network.state_dict().items()}
        if late:
            break
    network.load_state_dict(kept)
    return network.eval()


def _chances(styles: Tensor) -> Tensor:
    """How often each row is drawn: of a style with four times the rows, half as often each."""
    counts = torch.bincount(styles + 1, minlength=1).float()
    return counts.clamp(min=1).rsqrt()[styles + 1]


@torch.no_grad()
def settle(network: Any, made: Task) -> None:
    """Calibrate: a temperature a head, and how far is far, on the validation pieces."""
    values, targets = made.drawn("train")
    network.fit_distance(values, targets[:, 0])
    values, targets = made.drawn("valid", "whole", "eight")
    given = made.given[made.portraits.piece[made.portraits.rows("valid", "whole", "eight")]]
    for place, logits in enumerate(network(values)):
        known = torch.from_numpy(given[:, place])
        if not known.any():
            continue
        nats = [
            float(torch.nn.functional.cross_entropy(logits[known] / each, targets[known, place]))
            for each in TEMPERATURES
        ]
        network.temperature[place] = float(TEMPERATURES[int(np.argmin(nats))])
    music = torch.tensor([*(name != NOISE for name in made.classes["style"]), True])[targets[:, 0]]  # -1 is the last
    network.unit.fill_(float(network.distance(network.hidden(values[music])).quantile(FAR)))


def chances(listener: Listener, values: NDArray[np.float32], bare: bool = False) -> dict[str, NDArray[np.float32]]:
    """Chances of every class and distances of rows (N, F), by head, as the runtime tells them.

    Parameters
    ----------
    listener : Listener
    values : array (N, F)
    bare : bool
        Whether the instruments are taken away first.
    """
    return listener.listen(values=np.where(instruments(), np.float32(0), values) if bare else values)


def measured(listener: Listener, made: Task, split: str, *shapes: str, bare: bool = False) -> dict[str, Any]:
    """Marks of each head on the pieces of one side, in some shapes, whose label was given by piece."""
    rows = made.portraits.rows(split, *shapes)
    found = chances(listener, made.portraits.values[rows], bare)
    pieces = made.portraits.piece[rows]
    told = {}
    for place, head in enumerate(HEADS):
        known = made.given[pieces, place]
        if known.any():
            truth = made.targets[pieces[known], place]
            told[head] = {**marks(found[head][known], truth), "pieces": int(known.sum())}
    return told


def seen(made: Task, place: int) -> dict[str, list[str]]:
    """Classes of a head that pieces of each style were learnt with: of bands no genre was, so none is told."""
    found: dict[str, list[str]] = {}
    learnt_from = np.array([split == "train" for split in made.portraits.splits])
    for number, style in enumerate(made.classes["style"]):
        some = made.targets[learnt_from & (made.targets[:, 0] == number), place]
        named = made.classes[HEADS[place]]
        found[style] = sorted({named[each] for each in some.tolist() if each >= 0} - {NOBODY})
    return found


def export(network: Any, recipe: Recipe, made: Task, folder: Path, training: dict[str, Any]) -> Card:
    """Write the graph and ``card.json``, with what was measured through the runtime itself."""
    module = plugins.load("firmus.models", recipe.model)
    data = module.graph(network).SerializeToString()
    folder.mkdir(parents=True, exist_ok=True)
    save(data, folder / "model.onnx")
    used = [SOURCES[name] for name in sorted(set(made.portraits.sets) & set(SOURCES))]
    facts: dict[str, Any] = {
        "name": recipe.name,
        "title": module.TITLE,
        "description": recipe.description,
        "kind": module.KIND,
        "representation": recipe.representation,
        "styles": [name for name in made.classes["style"] if name != NOISE],
        "tasks": ["analyse"],
        "controls": [],
        "shape": {"traits": len(names())},
        "digest": hashlib.sha256(data).hexdigest(),
        "parameters": sum(each.numel() for each in network.parameters()),
        "bytes": len(data),
        "data": [
            {"name": each.name, "title": each.title, "credit": each.credit, "licence": each.licence} for each in used
        ],
        "pieces": dict(Counter(made.portraits.splits)),
        "piece_licences": sorted(set(made.portraits.licences) - {""}),
        "classes": {head: list(named) for head, named in made.classes.items()},
        "seen": {head: seen(made, place) for place, head in enumerate(HEADS) if place},
        "traits": list(names()),
        "recipe": recipe.as_dict(),
        "training": training,
    }  # fmt: skip
    _write(facts, folder)
    listener = Listener(read_card(folder / "card.json"))
    facts["metrics"] = {
        "command": training["command"],
        "test": measured(listener, made, "test", "whole"),
        "test, 8 bars": measured(listener, made, "test", "eight"),
        "test, without instruments": measured(listener, made, "test", "whole", bare=True),
        "valid": measured(listener, made, "valid", "whole"),
    }
    return _write(facts, folder)


def _write(facts: dict[str, Any], folder: Path) -> Card:
    save((json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode(), folder / "card.json")
    return read_card(folder / "card.json")
