"""A whole training run: recipe, corpus, training, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from firmus.errors import RecipeError
from firmus.learning import export, prepare, recipe, train
from firmus.runtime.weights import Card


def run(
    path: Path,
    sets: Path,
    user_folder: Path | None = None,
    out: Path | None = None,
    minutes: float | None = None,
    report: Callable[[str], None] = print,
) -> Card:
    """Train by a recipe and export the weights into ``<out>/weights``.

    Parameters
    ----------
    path : Path
        The recipe.
    sets : Path
        Where the recipe's sets of music lie.
    user_folder : Path, optional
        A folder of music files to learn from instead.
    out : Path, optional
        Folder of the run, where it also resumes; ``runs/<name>`` by default.
    minutes : float, optional
        Bound on the time of the whole run.
    report : callable
        Takes one line of progress.
    """
    chosen = recipe.load(path)
    if user_folder is not None and not user_folder.is_dir():
        raise RecipeError(f"{user_folder} is no folder: name one that holds music files")
    folder = out or Path("runs") / chosen.name
    corpus = prepare.prepare(chosen, sets, Path("cache"), user_folder=user_folder, report=report)
    network, progress = train.train(chosen, corpus, folder, minutes=minutes, report=report)
    last = progress.log[-1] if progress.log else {}
    training = {
        "steps": progress.step, "minutes": round(progress.minutes, 1), "tokens": progress.tokens,
        "train_nats_per_token": last.get("train"), "valid_nats_per_token": last.get("valid"),
        "command": f"firmus train {path.as_posix()}" + (f" --minutes {minutes:g}" if minutes else ""),
        "curve": progress.log,
    }  # fmt: skip
    return export.export(network, chosen, corpus, folder / "weights" / chosen.name, training=training)
