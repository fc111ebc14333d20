"""The floor of the chorale benchmark: counting, without any network.

What it is
    For each voice, how often each pitch followed each context in the training pieces, from the most telling
    context to the least, interpolated after Witten & Bell (1991):
    p(x | c_k) = (n(c_k, x) + a t(c_k) · p(x | c_{k+1})) / (n(c_k) + a t(c_k)),
    where n counts occurrences, t the kinds of pitches seen in that context, and a is `CAUTION`.
Contexts
    The voice's last pitch, how long it is held and the one before it, the voices already known in this sixteenth,
    all voices of the last sixteenth, and the place in the beat; every pitch is given as its distance from the
    voice's own last one, so that each training piece counts in every key.
    Where some of a piece is given, two things more: every voice of this sixteenth that is known, and when and at what
    pitch the voice's own line is next given.
Conventions
    Rasters (S, 4) of grid tokens (0 rest, 1 ... 46 pitches); nats per token, teacher forcing, every open token scored.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable

import numpy as np
from numpy.typing import NDArray

from firmus.tokens import grid

Raster = NDArray[np.int64]
Given = NDArray[np.bool_]  # (S, 4), what is known beforehand
SYMBOLS = grid.START  # rest and 46 pitches
AHEAD = 16  # sixteenths that are looked ahead for the line's next given pitch
CAUTION = 10  # trust in the wider context; Witten and Bell's own 1 overrates rare contexts here (0.57 nats)


class Counting:
    """Counts of a training set; see the module's docstring.

    Parameters
    ----------
    rasters : iterable of arrays (S, 4)
    given : callable, optional
        From a raster to what is given of it, once or in several ways (each (S, 4) of bool); nothing, by default.
    """

    def __init__(self, rasters: Iterable[Raster], given: Callable[[Raster], list[Given]] | None = None) -> None:
        self.counts: dict[Hashable, Counter[int]] = defaultdict(Counter)
        for raster in rasters:
            rows = raster.tolist()
            for known in given(raster) if given else [np.zeros(raster.shape, bool)]:
                mask = known.tolist() if given else None
                for step, voice in np.argwhere(~known).tolist():
                    origin, contexts = self._contexts(rows, step, voice, mask)
                    symbol = _relative(rows[step][voice], origin)
                    for context in contexts:
                        self.counts[context][symbol] += 1
        self.totals = {context: sum(counter.values()) for context, counter in self.counts.items()}

    @staticmethod
    def _contexts(
        rows: list[list[int]], step: int, voice: int, given: list[list[bool]] | None
    ) -> tuple[int, list[Hashable]]:
        """The pitch that others are relative to, and the contexts, the most specific first."""
        before = rows[step - 1] if step else [grid.REST] * grid.PARTS
        origin, now = before[voice], tuple(_relative(pitch, before[voice]) for pitch in rows[step][:voice])
        last = tuple(_relative(pitch, origin) for pitch in before)
        since = step - 1
        while since >= 0 and rows[since][voice] == origin:
            since -= 1
        earlier = _relative(rows[since][voice], origin) if since >= 0 else None
        beat, held = step % 4, min(step - 1 - since, 8)
        moved = tuple(old != new for old, new in zip(before, rows[step][:voice], strict=False))
        who = (voice, origin == grid.REST)  # after a rest, pitches are encoded otherwise
        contexts: list[Hashable] = [
            (0, who, beat, last, now, earlier, held),
            (1, who, beat, last, now, earlier),
            (2, who, beat, last, now),
            (3, who, beat, now, last[3], earlier),
            (4, who, beat, now, earlier),
            (5, who, beat, now),
            (6, who, beat, moved, now[-1:], earlier),
            (7, who, beat, moved, earlier),
            (8, who, beat, moved),
            (9, who),
        ]
        if given is None:
            return origin, contexts
        known = [other < voice or (given[step][other] and other != voice) for other in range(grid.PARTS)]
        around = tuple(_relative(rows[step][other], origin) if known[other] else None for other in range(grid.PARTS))
        moves = tuple(rows[step][other] != before[other] if known[other] else None for other in range(grid.PARTS))
        until = next((k for k in range(1, AHEAD) if step + k < len(rows) and given[step + k][voice]), None)
        goal = (until, _relative(rows[step + until][voice], origin)) if until else None
        return origin, [
            (10, who, beat, last, around, earlier, goal),
            (11, who, beat, last, around, goal),
            (12, who, beat, around, earlier, goal),
            (13, who, beat, around, goal),
            (14, who, beat, moves, earlier, goal),
            (15, who, beat, moves, goal),
            (16, who, beat, around, earlier),
            (17, who, beat, around),
            *contexts[4:],
        ]

    def probability(self, rows: list[list[int]], step: int, voice: int, given: list[list[bool]] | None = None) -> float:
        """Probability of the pitch that stands there, given all that stands before it, and what is given."""
        origin, contexts = self._contexts(rows, step, voice, given)
        symbol = _relative(rows[step][voice], origin)
        chance = 1 / SYMBOLS
        for context in reversed(contexts):
            total = self.totals.get(context, 0)
            if total:
                counter = self.counts[context]
                kinds = len(counter)
                chance = (counter[symbol] + CAUTION * kinds * chance) / (total + CAUTION * kinds)
        return chance

    def nats(self, raster: Raster, given: Given | None = None) -> NDArray[np.float64]:
        """Surprise (S, 4) of every token of a piece, in nats; 0 where it is given."""
        rows, mask = raster.tolist(), None if given is None else given.tolist()
        surprises = np.zeros(raster.shape)
        for step, voice in np.argwhere(np.ones(raster.shape, bool) if given is None else ~given).tolist():
            surprises[step, voice] = -math.log(self.probability(rows, step, voice, mask))
        return surprises


def _relative(token: int, origin: int) -> int:
    """A pitch as its distance from another; a rest is 100, a pitch after a rest from 200 on."""
    if token == grid.REST:
        return 100
    return token - origin if origin != grid.REST else 200 + token
