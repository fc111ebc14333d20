"""A Scorer: a whole piece in, the likelihood of each of its tokens out, with any of them given.

The graph (see `firmus.models.frames.graph`) predicts the open tokens in order of time, each from all before it and all
that are given, before or after.
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

    def log_probabilities(
        self, frames: Integers, given: NDArray[np.bool_] | None = None, temperature: float | None = None
    ) -> NDArray[np.float64]:
        """Log-probabilities (S, P, V) of every token at every place of frames (S, P); meaningless where given.

        Logits are divided by the temperature, by default the card's: a network that overfits few pieces is
        overconfident (C. Guo et al., On Calibration of Modern Neural Networks, 2017).
        """
        known = np.zeros(frames.shape, bool) if given is None else given
        feed = {"frames": frames[None].astype(np.int64), "given": known[None].astype(np.int64)}
        logits = self.session.run(None, feed)[0][0].astype(np.float64)
        logits /= temperature or float(self.card.facts.get("temperature", 1.0))
        logits -= logits.max(axis=-1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))

    def nats(
        self, frames: Integers, given: NDArray[np.bool_] | None = None, temperature: float | None = None
    ) -> NDArray[np.float64]:
        """Negative log-likelihood (S, P) of every token; 0 where it is given."""
        log_probabilities = self.log_probabilities(frames, given, temperature)
        of_tokens = np.take_along_axis(log_probabilities, frames[..., None].astype(np.int64), axis=-1)
        nats: NDArray[np.float64] = -of_tokens[..., 0]
        return nats if given is None else np.where(given, 0.0, nats)
