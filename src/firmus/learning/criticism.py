"""Training a critic: passages of real pieces, and of composed ones, in; calibrated weights with a card out.

Of every style for which the recipe's folder of composed pieces has a folder, as many real pieces as there are up to
400 are taken, each with its first and its last sixteen bars; real pieces that were held out from composing are held out
here too, and so is every fifth composed piece. Real pieces that were damaged stand beside what was composed, so that
the critic does not like what the composer never does wrong.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from firmus import formats, plugins
from firmus.analysis.excerpt import excerpt
from firmus.analysis.passages import NAMES, features, plain
from firmus.errors import RecipeError
from firmus.learning import fitting, prepare
from firmus.learning.corpus import Corpus
from firmus.learning.damage import damaged
from firmus.learning.parallel import Spread
from firmus.learning.real_music import TIED, comparable, excerpts
from firmus.learning.recipe import Recipe, fill
from firmus.learning.sources import SOURCES
from firmus.runtime.critic import log_odds, passages
from firmus.runtime.listener import Listener
from firmus.runtime.weights import Card, read_card
from firmus.score import Score
from firmus.timing import bars

REPRESENTATION = "events"  # of the real pieces
MOST_REAL, MOST_HELD = 400, 100  # pieces of a style
FEW = 40  # held-out real pieces, below which every sixth of the others is held out too
COMPOSED, DAMAGED, REAL = KINDS = ("composed", "damaged", "real")
CLASSES = 2  # of each head: not real, real
QUANTILES = 21  # of the judgements of composed pieces, which are kept with the weights


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece that is learnt from: its passages' features (N, F), its style, what it is, and whether it is held out."""

    values: NDArray[np.float32]
    style: str
    kind: str
    is_held_out: bool

    @property
    def is_real(self) -> bool:
        """Whether it is a real piece as it was written."""
        return self.kind == REAL


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
        Its data name the sets of real music, and the folder of what was composed.
    sets : Path
        Folder that holds the sets.
    folder : Path
        Of the run.
    command : str
        The command line, for the card.
    minutes : float, optional
        Bound on the time of the training itself.
    report : callable
        Called with each line of progress.
    spread : callable
        A parallel `map`.
    """
    composed = composed_pieces(Path(recipe.data.composed))
    corpus = prepare.prepare(
        replace(recipe, representation=REPRESENTATION), sets, Path("cache"), report=report, spread=spread
    )
    pieces = list(gather(corpus, composed, spread))
    report(f"{sum(len(piece.values) for piece in pieces):,} passages of {len(pieces):,} pieces")
    began = time.monotonic()
    network = fit(recipe, pieces, recipe.training.minutes if minutes is None else minutes, report)
    weights = folder / "weights" / recipe.name
    training = {"command": command, "seconds": round(time.monotonic() - began, 1), "steps": recipe.training.steps}
    card = export(network, recipe, pieces, corpus, weights, training)
    areas = card.facts["metrics"]["auc"]
    for style in card.styles:
        of_both = areas[COMPOSED][style], areas[DAMAGED][style]
        report(f"{style}: area under the ROC curve, composed {of_both[0]:.3f}, damaged {of_both[1]:.3f}")
    return weights


def composed_pieces(folder: Path) -> dict[str, list[Score]]:
    """What was composed, by style: the music files of each folder of that name.

    Raises
    ------
    RecipeError
        Where there is nothing.
    """
    found = {each.name: [formats.read(path) for path in sorted(each.rglob("*.json"))] for each in folder.glob("*/")}
    found = {style: scores for style, scores in sorted(found.items()) if scores}
    if not found:
        raise RecipeError(
            f"{folder} has no composed pieces: write some of each style there, "
            f"as with firmus compose --style folk --count 160 --formats json --out {folder}/folk"
        )
    return found


def gather(corpus: Corpus, composed: dict[str, list[Score]], spread: Spread) -> Iterator[Judged]:
    """Real and composed pieces of every style, as the critic hears them."""
    generator = np.random.default_rng(0)
    jobs: list[tuple[list[Score], str, str, bool]] = []
    for style, scores in composed.items():
        for number, score in enumerate(scores):
            jobs.append(([comparable(style, score)], style, COMPOSED, number % 5 == 4))
        held = list(excerpts(corpus.pieces("valid"), style, MOST_HELD, generator))
        learnt = list(excerpts(corpus.pieces("train"), style, MOST_REAL, generator))
        for number, real in enumerate([*held, *learnt]):
            is_held_out = real.is_held_out or (len(held) < FEW and number % 6 == 5)
            jobs.append(([real.beginning, real.end], style, REAL, is_held_out))
            jobs.append(([damaged(real.beginning, generator)], style, DAMAGED, is_held_out))
    for (_, style, kind, is_held_out), values in zip(jobs, spread(_heard, [job[0] for job in jobs]), strict=True):
        if len(values):
            yield Judged(values, style, kind, is_held_out)


def _heard(scores: Sequence[Score]) -> NDArray[np.float32]:
    """Features (N, F) of the passages of some stretches of a piece."""
    found = []
    for score in scores:
        body = plain(score)
        found += [features(excerpt(body, first, size)) for first, size in passages(len(bars(body)))]
    return np.array(found, np.float32).reshape(len(found), len(NAMES))


def fit(recipe: Recipe, pieces: Sequence[Judged], minutes: float, report: Callable[[str], None]) -> Any:
    """Train a network with a head for each style, and calibrate it; returns it."""
    torch.manual_seed(recipe.training.seed)
    styles = sorted({piece.style for piece in pieces})
    module = plugins.load("firmus.models", recipe.model)
    config = fill(module.Config, recipe.network, "network")
    network = module.build(config, module.Shape((False,) * len(NAMES), dict.fromkeys(styles, CLASSES)))
    train, weights = _rows([piece for piece in pieces if not piece.is_held_out], styles)
    valid, _ = _rows([piece for piece in pieces if piece.is_held_out], styles)
    fitting.fit(network, recipe.training, train, weights, valid, minutes, report)
    with torch.no_grad():
        for head, logits in enumerate(network(valid[0])):
            known = valid[1][:, head] >= 0
            network.temperature[head] = fitting.temperature(logits[known], valid[1][known, head])
    return network


def _rows(pieces: Sequence[Judged], styles: Sequence[str]) -> tuple[fitting.Rows, torch.Tensor]:
    """Values and targets of all passages; and weights: styles count the same, and so do real pieces and the others."""
    values = np.concatenate([piece.values for piece in pieces])
    sizes = [len(piece.values) for piece in pieces]
    heads = np.repeat([styles.index(piece.style) for piece in pieces], sizes)
    kinds = np.repeat([KINDS.index(piece.kind) for piece in pieces], sizes)
    is_real = kinds == KINDS.index(REAL)
    targets = np.full((len(values), len(styles)), -1, np.int64)
    targets[np.arange(len(values)), heads] = is_real
    side = heads * len(KINDS) + kinds
    weights = (1 + is_real) / np.bincount(side)[side]
    return (torch.from_numpy(values), torch.from_numpy(targets)), torch.from_numpy(weights)


def export(
    network: Any, recipe: Recipe, pieces: Sequence[Judged], corpus: Corpus, folder: Path, training: dict[str, Any]
) -> Card:
    """Write the graph and ``card.json``, with judgements as measured through the runtime."""
    module = plugins.load("firmus.models", recipe.model)
    data = module.graph(network).SerializeToString()
    folder.mkdir(parents=True, exist_ok=True)
    formats.save(data, folder / "model.onnx")
    used = [SOURCES[name] for name in sorted({piece.set for piece in corpus.all_pieces} & set(SOURCES))]
    styles = list(network.shape.classes)
    facts: dict[str, Any] = {
        "name": recipe.name,
        "title": "Critic of composed music",
        "description": recipe.description,
        "kind": module.KIND,
        "representation": recipe.representation,
        "styles": styles,
        "tasks": ["analyse"],
        "controls": [],
        "shape": {"features": len(NAMES)},
        "digest": hashlib.sha256(data).hexdigest(),
        "parameters": sum(each.numel() for each in network.parameters()),
        "bytes": len(data),
        "data": [
            {"name": each.name, "title": each.title, "credit": each.credit, "licence": each.licence} for each in used
        ],
        "pieces": dict(Counter(piece.kind for piece in pieces)),
        "piece_licences": sorted({piece.licence for piece in corpus.all_pieces} - {""}),
        "features": list(NAMES),
        "tied": list(TIED),
        "quantiles": {},
        "recipe": recipe.as_dict(),
        "training": training,
    }
    listener = Listener(_write(facts, folder))
    areas: dict[str, dict[str, float]] = {COMPOSED: {}, DAMAGED: {}}
    for style in styles:
        held = [piece for piece in pieces if piece.style == style and piece.is_held_out]
        judged = np.array([log_odds(list(piece.values.astype(float)), style, listener).mean() for piece in held])
        real, composed, spoilt = (judged[[piece.kind == kind for piece in held]] for kind in (REAL, COMPOSED, DAMAGED))
        facts["quantiles"][style] = np.quantile(composed, np.linspace(0, 1, QUANTILES)).round(3).tolist()
        for kind, others in ((COMPOSED, composed), (DAMAGED, spoilt)):
            areas[kind][style] = round(float((real[:, None] > others[None]).mean()), 4)
    facts["metrics"] = {"command": training["command"], "auc": areas}
    return _write(facts, folder)


def _write(facts: dict[str, Any], folder: Path) -> Card:
    formats.save((json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode(), folder / "card.json")
    return read_card(folder / "card.json")
