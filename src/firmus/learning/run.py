"""A whole training run: recipe, corpus, training, export."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from firmus.errors import RecipeError
from firmus.learning import criticism, export, prepare, recipe, recognition, tones, train
from firmus.learning.parallel import Spread, on_every_core
from firmus.runtime.weights import card


def run(
    path: Path,
    sets: Path,
    user_folder: Path | None = None,
    out: Path | None = None,
    minutes: float | None = None,
    report: Callable[[str], None] = print,
    spread: Spread = on_every_core,
    pretrained: str = "",
) -> Path:
    """Train by a recipe and export the weights; returns their folder, ``<out>/weights/<name>``.

    Of several processes (``torchrun``) the first alone reports and exports.

    Parameters
    ----------
    path : Path
        The recipe.
    sets : Path
        Folder that holds the recipe's sets of music.
    user_folder : Path, optional
        A folder of music files to train on instead.
    out : Path, optional
        Folder of the run, from which it also resumes; ``runs/<name>`` by default.
    minutes : float, optional
        Bound on the time of the whole run, from preparing the music to the export.
    report : callable
        Called with each line of progress.
    spread : callable
        A parallel `map` that reads and encodes the music: on every core, or on the machines of a cluster.
    pretrained : str
        Name of the model whose weights the training begins from; fresh ones by default.
    """
    began = time.monotonic()
    chosen = recipe.load(path)
    if user_folder is not None and not user_folder.is_dir():
        raise RecipeError(f"{user_folder} is no folder: name one that holds music files")
    folder = out or Path("runs") / chosen.name
    weights = folder / "weights" / chosen.name
    is_first = os.environ.get("RANK", "0") == "0"
    report = report if is_first else lambda line: None
    command = f"firmus train {path.as_posix()}" + (f" --minutes {minutes:g}" if minutes else "")
    command += f" --from {pretrained}" if pretrained else ""
    first = card(pretrained) if pretrained else None
    if chosen.representation in recipe.FEATURES:
        if user_folder is not None:
            raise RecipeError("a classifier learns from labelled sets: leave --data out; --sets says where they lie")
        if first:
            raise RecipeError("a classifier is trained in minutes, from fresh weights: leave --from out")
        trainer = recognition if chosen.representation == "traits" else criticism
        return trainer.run(chosen, sets, folder, command, minutes, report, spread)
    if chosen.representation == recipe.TONES:
        if first:
            raise RecipeError("instruments are trained in half an hour, from fresh weights: leave --from out")
        corpus = tones.prepare(chosen, sets, Path("cache"), user_folder, report, spread)
    else:
        corpus = prepare.prepare(chosen, sets, Path("cache"), user_folder=user_folder, report=report, spread=spread)
    network, progress = train.train(chosen, corpus, folder, minutes=minutes, began=began, first=first, report=report)
    if not is_first:
        return weights
    last = progress.log[-1] if progress.log else {}
    unit = "loss" if chosen.representation == recipe.TONES else "nats_per_token"
    training = {
        "steps": progress.step,
        "minutes": round(progress.minutes, 1),
        "tokens": progress.tokens,
        f"train_{unit}": last.get("train"),
        f"valid_{unit}": last.get("valid"),
        "command": command,
        **({"from": {"name": first.name, "digest": first.digest}} if first else {}),
        "curve": progress.log,
    }
    export.export(network, chosen, corpus, weights, training=training)
    return weights
