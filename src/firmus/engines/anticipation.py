"""The Anticipatory Music Transformer: a GPT-2 that reads and writes notes with their arrival times.

What it is
    A causal network over `firmus.tokens.arrival`; it composes, continues, and infills around given notes.
Paper
    Thickstun, Hall, Donahue and Liang, *Anticipatory Music Transformer* (2023, arXiv 2306.08620), whose published
    models have this architecture and vocabulary.
Conventions
    Keys and values are cached, so each token is computed once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.engines import _opening
from firmus.errors import ModelError
from firmus.runtime.model_cache import ModelLoader
from firmus.runtime.weights import Card
from firmus.tokens import Integers
from firmus.tokens.arrival import VOCABULARY

ARCHITECTURES = ("gpt2",)
TASKS = ("compose", "continue", "infill", "accompany")
CONTROLS = ("key", "parts", "ranges", "seconds")
SHORTEST = 64  # tokens of context


def described(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """Fields of the model's card.

    Raises
    ------
    ModelError
        Where its vocabulary or context length differs.
    """
    size, length, layers = (config.get(name) for name in ("vocab_size", "n_positions", "n_layer"))
    if size != VOCABULARY:
        raise ModelError(
            f"{folder}: a GPT-2 with a vocabulary of {size} tokens: it must have the {VOCABULARY} of arrival times"
        )
    if not isinstance(length, int) or length < SHORTEST:
        raise ModelError(f"{folder}: a GPT-2 that reads {length} tokens at once: it must be {SHORTEST} or more")
    return {
        "title": f"Anticipatory Music Transformer (GPT-2, {layers} layers)",
        "description": "Any instruments, on a clock instead of beats; composes, continues, fills in, accompanies.",
        "representation": "arrival",
        "shape": {"vocabulary": size, "length": length},
    }


class Anticipation:
    """The network in memory.

    Parameters
    ----------
    card : Card
    """

    def __init__(self, card: Card) -> None:
        self.torch, _ = _opening.libraries()
        self.card, self.network = _opening.model(card, "GPT2LMHeadModel")

    def reading(self) -> Reading:
        """A new sequence, with its own cache; any number of them at a time."""
        return Reading(self)


class Reading:
    """A sequence of tokens and its key-value cache: a `firmus.runtime.anticipatory.Causal`."""

    def __init__(self, model: Anticipation) -> None:
        self.model, self.length = model, model.card.shape["length"]
        self.restart()

    def restart(self) -> None:
        """Clear the cache."""
        self.cache: Any = None

    def feed(self, tokens: Integers) -> NDArray[np.float32]:
        """Read tokens (T,); logits (55028,) of the next one."""
        torch, network = self.model.torch, self.model.network
        with torch.inference_mode():
            line = torch.from_numpy(np.ascontiguousarray(tokens))[None].to(network.device)
            output = network(line, past_key_values=self.cache, use_cache=True, logits_to_keep=1)
            self.cache = output.past_key_values
            logits: NDArray[np.float32] = output.logits[0, -1].float().cpu().numpy()
        return logits


load = ModelLoader(Anticipation)
