"""A training recipe: one TOML file that specifies model, data and hyperparameters.

>>> recipe = parse('''
... name = "tiny"
... representation = "grid"
... model = "transformer"
... [data]
... sets = ["jsb"]
... [network]
... width = 64
... ''')
>>> recipe.network, recipe.training.steps
({'width': 64}, 2000)
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from firmus import plugins
from firmus.errors import RecipeError, unknown


@dataclass(frozen=True, slots=True)
class Data:
    """Training data.

    Parameters
    ----------
    sets : tuple of str
        Names of `firmus.learning.sources`, or ``"folder"`` for the folder given with ``--data``.
    transpose : bool
        Whether each example is transposed to a random key.
    weights : dict
        How often a set is sampled relative to its number of tokens; 1 where not given.
    shares : dict
        How often a style is sampled, whatever its number of tokens; 1 where not given. Empty: by the tokens alone.
    bars : int
        Bars of a window, of a raster.
    composed : str
        Folder of composed pieces, with a folder for each style, from which a critic tells real ones.
    """

    sets: tuple[str, ...] = ()
    transpose: bool = True
    weights: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    bars: int = 2
    composed: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """Training procedure and hyperparameters.

    Parameters
    ----------
    steps : int
        Updates of the weights.
    minutes : float
        A bound on the time of the whole run, 0 for none; the run ends at whichever comes first.
    threads : int
        Threads of a CPU; 0 for as many as are fastest on the machine as it is, measured at the start.
    length : int
        Tokens in a sequence, at most.
    first_length : int
        Tokens in a sequence until the cooldown, 0 for `length`: training on short ones is faster.
    cooldown : float
        Fraction of the run, at its end, in which the learning rate falls to zero; it is constant before (Hägele et
        al. 2024), so that a run can be made longer later.
    compile : bool
        Whether the network is compiled (``torch.compile``; it needs a C++ compiler on a CPU).
    batch_tokens, batch_windows : int
        Tokens, or windows of a raster, in a batch, on all devices together.
    learning_rate, momentum, weight_decay, clip : float
        AdamW (Loshchilov & Hutter 2019), with its first beta; largest norm of the gradient.
    matrix_rate : float
        Learning rate of Muon (Jordan et al. 2024; scaled after Liu et al. 2025) for the matrices within the layers:
        the loss falls further per batch than with AdamW, at a little more time a step. 0 for AdamW throughout.
    warmup : int
        Steps until the full learning rate.
    average : float
        Decay of the moving average of the weights, which is what is exported.
    seed : int
    checkpoint_minutes : float
        Time between checkpoints and validations.
    """

    steps: int = 2000
    minutes: float = 0.0
    threads: int = 0
    length: int = 1024
    first_length: int = 0
    cooldown: float = 0.25
    compile: bool = False
    batch_tokens: int = 8192
    batch_windows: int = 64
    learning_rate: float = 1e-3
    momentum: float = 0.9
    matrix_rate: float = 0.0
    weight_decay: float = 0.1
    clip: float = 1.0
    warmup: int = 100
    average: float = 0.998
    seed: int = 1
    checkpoint_minutes: float = 5.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe; `network` is the model's own table, checked by the model's Config."""

    name: str
    representation: str
    model: str
    data: Data = Data()
    network: dict[str, Any] = field(default_factory=dict)
    training: Training = Training()
    styles: tuple[str, ...] = ()
    description: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a card."""
        return asdict(self)


FEATURES = ("traits", "passages")  # inputs of discriminative models, which are no tokens
TONES = "tones"  # recorded notes, which are no tokens either
Table = TypeVar("Table")


def load(path: str | Path) -> Recipe:
    """Read a recipe file.

    Raises
    ------
    RecipeError
        Where it is no TOML, or has an unknown key or an impossible value.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"recipe {path}: {error.strerror or error}") from None
    return parse(text)


def parse(text: str) -> Recipe:
    """Build a recipe from TOML text."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"the recipe is no valid TOML: {error}") from None
    document["data"] = fill(Data, document.get("data", {}), "data")
    document["training"] = fill(Training, document.get("training", {}), "training")
    recipe = fill(Recipe, document, "recipe")
    for package, name in (("firmus.models", recipe.model), ("firmus.tokens", recipe.representation)):
        known = (*plugins.names(package), *((*FEATURES, TONES) if package == "firmus.tokens" else ()))
        if name not in known:
            raise RecipeError(unknown(package.rpartition(".")[2].removesuffix("s"), name, known))
    if recipe.representation not in (*FEATURES, TONES) and _is_external(recipe.representation):
        raise RecipeError(f"representation {recipe.representation!r} is that of others' models: none is trained here")
    return recipe


def _is_external(representation: str) -> bool:
    return bool(plugins.load("firmus.tokens", representation).KIND == "borrowed")


def fill(kind: type[Table], table: dict[str, Any], where: str) -> Table:
    """Build a dataclass from a table: an unknown key is an error that names the nearest."""
    known = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise RecipeError(unknown(f"key in [{where}]", key, known))
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise RecipeError(f"[{where}] {error}") from None
