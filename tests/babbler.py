"""A network that says things at random."""

from types import SimpleNamespace

import numpy as np

from firmus.tokens.events import vocabulary


class Babbler:
    """A Stepper whose logits are noise; it checks that it is fed what a reader would find.

    With an even seed it writes the compact form.
    """

    def __init__(self, seed=0, length=1024, facts=None):
        self.generator = np.random.default_rng(seed)
        self.card = SimpleNamespace(
            shape={"length": length}, facts={"encoding": "" if seed % 2 else "compact"} | (facts or {})
        )

    def start(self, capacity, rows=1):
        return SimpleNamespace(lengths=np.zeros(rows))

    def step(self, tokens, slots, state):
        return np.stack([self.feed(tokens[:1], slots[:1], state) for _ in tokens])

    def feed(self, tokens, slots, state, row=0):
        assert len(tokens) == len(slots)
        logits = np.full(vocabulary.VOCABULARY, 9, np.float32)  # tokens of prompts alone are the likeliest
        logits[: vocabulary.COMPLETION] = self.generator.normal(0, 2, vocabulary.COMPLETION)
        logits[vocabulary.PLACE : vocabulary.PLACE + vocabulary.LONGEST_BAR] -= 4  # else it fills every step of time
        return logits
