"""Recipes that come with Firmus: by name, wherever it is installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

from firmus.errors import RecipeError, unknown

PACKAGED = Path(__file__).parent / "assets" / "recipes"  # in an installed wheel
CHECKOUT = Path(__file__).parents[2] / "recipes"  # in a checkout of the source


def recipes() -> dict[str, Path]:
    """File of each recipe, by name.

    Examples
    --------
    >>> recipes()["first"].name
    'first.toml'
    """
    folder = PACKAGED if PACKAGED.is_dir() else CHECKOUT
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find(name: str) -> Path:
    """A recipe by its path, or by its name where there is no such file.

    Raises
    ------
    RecipeError
        Where there is neither; the message names the nearest.
    """
    path = Path(name)
    if path.exists() or path.suffix or path.name != name:
        return path
    if name not in recipes():
        raise RecipeError(unknown("recipe", name, recipes()))
    return recipes()[name]


def title(path: Path) -> str:
    """What a recipe trains, in its own words, and how long that takes, where it says so."""
    text = path.read_text(encoding="utf-8")
    comment = text.partition("\n")[0].removeprefix("#").strip() if text.startswith("#") else ""
    return comment or str(tomllib.loads(text).get("description", ""))
