"""The floor of the chorale benchmark: counting, without any network.

What it is
    For each voice, how often each pitch followed each context in the training pieces, from the most telling
    context to the least, interpolated after Witten & Bell (1991):
    p(x | c_k) = (n(c_k, x) + a t(c_k) · p(x | c_{k+1})) / (n(c_k) + a t(c_k)),
    where n counts occurrences, t the kinds of pitches seen in that context, and a is `CAUTION`.
Contexts
    The voice's last pitch, how long it is held and the one before it, the voices already told in this sixteenth,
    all voices of the last sixteenth, and the place in the beat; every pitch is told as its distance from the
    voice's own last one, so that each training piece counts in every key.
Conventions
    Rasters (S, 4) of grid tokens (0 rest, 1 ... 46 pitches); nats per token, teacher forcing, every token scored.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import NDArray

from firmus.tokens import grid

Raster = NDArray[np.int64]
SYMBOLS = grid.START  # rest and 46 pitches
CAUTION = 10  # trust in the wider context; Witten and Bell's own 1 overrates rare contexts here (0.57 nats)


class Counting:
    """Counts of a training set; see the module's docstring."""

    def __init__(self, rasters: Iterable[Raster]) -> None:
        self.counts: dict[Hashable, Counter[int]] = defaultdict(Counter)
        for raster in rasters:
            rows = raster.tolist()
            for step in range(len(rows)):
                for voice in range(grid.PARTS):
                    origin, contexts = self._contexts(rows, step, voice)
                    symbol = _told(rows[step][voice], origin)
                    for context in contexts:
                        self.counts[context][symbol] += 1
        self.totals = {context: sum(counter.values()) for context, counter in self.counts.items()}

    @staticmethod
    def _contexts(rows: list[list[int]], step: int, voice: int) -> tuple[int, list[Hashable]]:
        """What the pitch is told from, and the contexts, the most telling first."""
        before = rows[step - 1] if step else [grid.REST] * grid.PARTS
        origin, now = before[voice], tuple(_told(pitch, before[voice]) for pitch in rows[step][:voice])
        last = tuple(_told(pitch, origin) for pitch in before)
        since = step - 1
        while since >= 0 and rows[since][voice] == origin:
            since -= 1
        earlier = _told(rows[since][voice], origin) if since >= 0 else None
        beat, held = step % 4, min(step - 1 - since, 8)
        moved = tuple(old != new for old, new in zip(before, rows[step][:voice], strict=False))
        return origin, [
            (0, voice, beat, last, now, earlier, held),
            (1, voice, beat, last, now, earlier),
            (2, voice, beat, last, now),
            (3, voice, beat, now, last[3], earlier),
            (4, voice, beat, now, earlier),
            (5, voice, beat, now),
            (6, voice, beat, moved, now[-1:], earlier),
            (7, voice, beat, moved, earlier),
            (8, voice, beat, moved),
            (9, voice),
        ]

    def probability(self, rows: list[list[int]], step: int, voice: int) -> float:
        """Probability of the pitch that stands there, given all that is told before it."""
        origin, contexts = self._contexts(rows, step, voice)
        symbol = _told(rows[step][voice], origin)
        chance = 1 / SYMBOLS
        for context in reversed(contexts):
            total = self.totals.get(context, 0)
            if total:
                counter = self.counts[context]
                kinds = len(counter)
                chance = (counter[symbol] + CAUTION * kinds * chance) / (total + CAUTION * kinds)
        return chance

    def nats(self, raster: Raster) -> NDArray[np.float64]:
        """Surprise (S, 4) of every token of a piece, in nats."""
        rows = raster.tolist()
        places = [(step, voice) for step in range(len(rows)) for voice in range(grid.PARTS)]
        found = [-math.log(self.probability(rows, step, voice)) for step, voice in places]
        return np.array(found).reshape(-1, grid.PARTS)


def _told(token: int, origin: int) -> int:
    """A pitch as its distance from another; a rest is told as 100, a pitch after a rest from 200 on."""
    if token == grid.REST:
        return 100
    return token - origin if origin != grid.REST else 200 + token
