"""A Scorer: a whole piece in, the likelihood of each of its tokens out, whatever part of it is given.

The graph (see `firmus.models.frames.graph`) tells the open tokens in order of time, each from all that stand before
it and all that are given, before or after.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus.runtime.session import session
from firmus.runtime.weights import Card
from firmus.tokens import Integers


class Scorer:
    """A model whose card says ``"scorer"``, ready to run.

    Parameters
    ----------
    card : Card
    threads : int
        Of the runtime; 0 for as many as there are cores.
    """

    def __init__(self, card: Card, threads: int = 0) -> None:
        self.card = card
        self.session = session(card, threads=threads)

    def log_chances(
        self, frames: Integers, given: NDArray[np.bool_] | None = None, temperature: float | None = None
    ) -> NDArray[np.float64]:
        """Log-probabilities (S, P, V) of every token at every place of frames (S, P); of no use where given.

        Logits are divided by the temperature, by default the card's: a network that learnt few pieces by heart is too
        sure of itself (C. Guo et al., On Calibration of Modern Neural Networks, 2017).
        """
        known = np.zeros(frames.shape, bool) if given is None else given
        feed = {"frames": frames[None].astype(np.int64), "given": known[None].astype(np.int64)}
        logits = self.session.run(None, feed)[0][0].astype(np.float64)
        logits /= temperature or float(self.card.facts.get("temperature", 1.0))
        logits -= logits.max(axis=-1, keepdims=True)
        chances: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return chances

    def nats(
        self, frames: Integers, given: NDArray[np.bool_] | None = None, temperature: float | None = None
    ) -> NDArray[np.float64]:
        """Surprise (S, P) of every token; 0 where it is given."""
        chances = self.log_chances(frames, given, temperature)
        told = np.take_along_axis(chances, frames[..., None].astype(np.int64), axis=-1)
        found: NDArray[np.float64] = -told[..., 0]
        return found if given is None else np.where(given, 0.0, found)
