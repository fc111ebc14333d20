"""A Listener: a discriminative model; features of music in, probabilities of labels or of notes out.

The third kind of model beside the stepper and the latent: classifiers of style, composer and mood, transcription. It
generates nothing, and its graph is stateless: arrays in by name, arrays out by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError
from firmus.runtime.model_cache import ModelLoader
from firmus.runtime.session import session
from firmus.runtime.weights import Card

Arrays = dict[str, NDArray[Any]]


class Listener:
    """A model whose card says ``"listener"``, ready to run.

    Parameters
    ----------
    card : Card
    threads : int
        Of the runtime; 0 for as many as there are cores.

    Attributes
    ----------
    inputs, outputs : tuple of str
        Names of the graph's inputs and outputs.
    """

    def __init__(self, card: Card, threads: int = 0) -> None:
        if card.kind != "listener":
            raise ModelError(f"model {card.name!r} is a {card.kind}, not a listener: it makes music and judges none")
        self.card = card
        self.session = session(card, threads=threads)
        self.inputs: tuple[str, ...] = tuple(each.name for each in self.session.get_inputs())
        self.outputs: tuple[str, ...] = tuple(each.name for each in self.session.get_outputs())

    def listen(self, **arrays: NDArray[Any]) -> Arrays:
        """Every output of the graph, by name.

        Parameters
        ----------
        **arrays : array
            One for each of `inputs`; floating-point numbers are rounded to 32 bits.
        """
        feed = {name: each.astype(np.float32) if each.dtype.kind == "f" else each for name, each in arrays.items()}
        return dict(zip(self.outputs, self.session.run(None, feed), strict=True))


load = ModelLoader(Listener)
"""Load a model by name, cached in memory; see `firmus.runtime.model_cache`."""
