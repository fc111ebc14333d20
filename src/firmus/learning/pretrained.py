"""Beginning a training from exported weights: eight bits unpacked into the network of a recipe."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from firmus import plugins
from firmus.errors import RecipeError
from firmus.learning.quantising import dequantise
from firmus.learning.recipe import Recipe
from firmus.runtime.weights import Card


@torch.no_grad()
def load(network: torch.nn.Module, recipe: Recipe, card: Card) -> None:
    """Fill a network with a model's exported weights.

    A vocabulary that has grown since keeps its fresh embeddings for the new tokens.

    Parameters
    ----------
    network : torch.nn.Module
        Of the recipe; modified in place.
    recipe : Recipe
    card : Card
        Of the weights to begin from.

    Raises
    ------
    RecipeError
        Where the weights are of another representation, kind or size.
    """
    module = plugins.load("firmus.models", recipe.model)
    if (card.representation, card.title) != (recipe.representation, module.TITLE):
        raise RecipeError(
            f"--from {card.name}: it is a {card.title!r} over {card.representation!r}; the recipe trains a "
            f"{module.TITLE!r} over {recipe.representation!r}"
        )
    arrays = dequantise(onnx.ModelProto.FromString(card.model()))
    for name, (constant, is_transposed) in _constants(network, module).items():
        found, weight = arrays.get(constant), network.get_parameter(name)
        if found is not None and is_transposed:
            found = found.T
        rows = min(len(weight), 0 if found is None else len(found))
        if found is None or found.shape[1:] != weight.shape[1:] or not (rows == len(weight) or name == "token.weight"):
            shape = None if found is None else found.shape
            raise RecipeError(
                f"--from {card.name}: {name} is {tuple(weight.shape)} in the recipe and {shape} in the weights; "
                "[network] must be the same"
            )
        weight[:rows] = torch.from_numpy(found[:rows].copy())


@torch.no_grad()
def _constants(network: torch.nn.Module, module: Any) -> dict[str, tuple[str, bool]]:
    """The constant of the exported graph that each parameter becomes, and whether it is transposed there.

    They are recognised by their values: the graph is built of a network all of whose numbers are different.
    """
    values = {name: weight.clone() for name, weight in network.named_parameters()}
    for parameter in network.parameters():
        parameter.normal_()
    marked = {name: parameter.numpy() for name, parameter in network.named_parameters()}
    places: dict[str, tuple[str, bool]] = {}
    for constant in module.graph(network).graph.initializer:
        array = numpy_helper.to_array(constant)
        for name, own in marked.items():
            for is_transposed, seen in enumerate((own, own.T)):
                if array.shape == seen.shape and np.array_equal(array, seen):
                    places.setdefault(name, (constant.name, bool(is_transposed)))
    network.load_state_dict(values, strict=False)
    if missing := set(values) - set(places):
        raise RecipeError(f"weights of {', '.join(sorted(missing))} cannot be read back: this model begins afresh")
    return places
