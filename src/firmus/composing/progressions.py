"""Progressions: how the chords of a style follow each other, and drawing some that end as a phrase should.

What it is
    A Markov chain of Roman numerals for each style and mode, with one table of transitions for chords that come on a
    barline and one for those within a bar, and how often each rhythm of chords fills a bar. Counted on the music that
    ``assets/tables/progressions.json`` names (``benchmarks/progressions.py --learn``).
Paper
    What must stand at some place (a cadence) is a constraint on the chain, of which is drawn exactly, by backward
    messages: F. Pachet, P. Roy & G. Barbieri, Finite-Length Markov Processes with Constraints, IJCAI 2011.
Conventions
    Numerals as `firmus.analysis.roman` writes them. A place in a bar is a beat, from 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
NUCLEUS = 0.99  # transitions beyond so much probability are not drawn
SMOOTHING = 4.0  # observations that the common distribution weighs, behind a chord
UNSEEN = 1e-4  # probability of a chord that the table has not


class Step(NamedTuple):
    """Where a chord stands: its bar and the beat in it, both from 0; and its numeral, where it is settled."""

    bar: int
    beat: int
    numeral: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Progressions:
    """The chords of one style in one mode.

    Parameters
    ----------
    numerals : tuple of str
        Of N chords, the most frequent first.
    first : array (N,)
        Probability of each at the beginning.
    transitions : array (2, N, N)
        Of each after each: on a barline, and within a bar.
    rhythms : mapping of int to mapping of tuple of int to int
        By the number of beats of a bar: how many bars have chords on which beats.

    Examples
    --------
    >>> hymns = progressions("hymn", "major")
    >>> steps = [Step(bar, 0) for bar in range(4)]
    >>> hymns.draw(steps, {2: ("V", "V7"), 3: ("I",)}, np.random.default_rng(1))[2:]
    ('V', 'I')
    """

    numerals: tuple[str, ...]
    first: Probabilities
    transitions: Probabilities
    rhythms: Mapping[int, Mapping[tuple[int, ...], int]]

    def rhythm(self, beats: int, generator: np.random.Generator) -> tuple[int, ...]:
        """Beats of a bar on which chords come; on the first alone where the style has no bar of so many beats."""
        known = self.rhythms.get(beats)
        if not known:
            return (0,)
        counts = np.array(list(known.values()), float)
        return tuple(known)[int(generator.choice(len(counts), p=counts / counts.sum()))]

    def draw(
        self,
        steps: Sequence[Step],
        required: Mapping[int, Sequence[str]],
        generator: np.random.Generator,
        *,
        before: str = "",
        within: frozenset[str] | None = None,
        evidence: Probabilities | None = None,
    ) -> tuple[str, ...]:
        """A numeral for each step.

        Parameters
        ----------
        steps : sequence of Step
            Those that have a numeral keep it.
        required : mapping of int to sequence of str
            One of which numerals must stand at a step.
        generator : numpy.random.Generator
        before : str
            The numeral that goes before; ``""`` where the piece begins.
        within : frozenset of str, optional
            Numerals that alone may be drawn.
        evidence : array (S, N), optional
            Likelihood of what is known at each step, such as a melody, under each numeral.
        """
        if not steps:
            return ()
        index = {numeral: place for place, numeral in enumerate(self.numerals)}
        usable = np.array([within is None or numeral in within for numeral in self.numerals])
        masks: list[Probabilities] = []
        for place, step in enumerate(steps):
            named = [step.numeral] if step.numeral else required.get(place, ())
            mask = np.isin(np.arange(len(index)), [index[each] for each in named if each in index])
            possible = (mask if mask.any() else usable).astype(float)
            masks.append(possible if evidence is None else possible * evidence[place])
        likely = _nucleus(self.transitions)
        tables = [likely[0 if step.beat == 0 else 1] for step in steps]
        after = [masks[-1]]  # probability, up to a factor, that all that follows is as it must be
        for table, possible in zip(tables[:0:-1], masks[-2::-1], strict=True):
            message = (table @ after[0]) * possible
            after.insert(0, message / message.max())
        row = tables[0][index[before]] if before in index else self.first
        drawn: list[str] = []
        for place, step in enumerate(steps):
            weights = row * after[place]
            place_drawn = int(generator.choice(len(weights), p=weights / weights.sum()))
            drawn.append(step.numeral or self.numerals[place_drawn])
            row = tables[min(place + 1, len(tables) - 1)][place_drawn]
        return tuple(drawn)

    def nats(self, steps: Sequence[Step]) -> list[float]:
        """Negative log-likelihood of each change of chord, in nats; a chord that repeats is none."""
        index = {numeral: place for place, numeral in enumerate(self.numerals)}
        losses = []
        for earlier, step in pairwise(steps):
            if earlier.numeral != step.numeral:
                table = self.transitions[0 if step.beat == 0 else 1]
                row = table[index[earlier.numeral]] if earlier.numeral in index else self.first
                chance = row[index[step.numeral]] if step.numeral in index else 0.0
                losses.append(-float(np.log((1 - UNSEEN) * chance + UNSEEN)))
        return losses


@cache
def progressions(style: str, mode: str) -> Progressions | None:
    """Chords of a style in a mode, or of a harmony (``"traditional"``, ``"modern"``); None where the table has none."""
    known = {**_table()["styles"], **_table()["harmonies"]}
    document = known.get(style, {}).get(mode)
    if document is None:
        return None
    numerals = tuple(document["chords"])
    counts = np.zeros((2, len(numerals), len(numerals)))
    for kind, name in enumerate(("barline", "within")):
        for place, row in enumerate(document[name]):
            counts[kind, place, row[::2]] = row[1::2]
    usual = counts.sum(axis=(0, 1)) + 1
    common = _smoothed(counts.sum(axis=0), usual / usual.sum())
    transitions = np.stack([_smoothed(each, common) for each in counts])
    first = np.array(document["first"], float) + 0.1
    rhythms = {
        int(beats): {tuple(map(int, text.split())): count for text, count in each.items()}
        for beats, each in document["rhythms"].items()
    }
    return Progressions(numerals, first / first.sum(), transitions, rhythms)


@cache
def fits(harmony: str) -> Mapping[str, Probabilities]:
    """Of each quality of chord in a harmony, how often the melody has each pitch class (12,) above the root."""
    counts = {quality: np.array(row, float) for quality, row in _table()["harmonies"][harmony]["fit"].items()}
    return {quality: (row + 0.01 * row.sum()) / (1.12 * row.sum()) for quality, row in counts.items()}


def _smoothed(counts: Probabilities, prior: Probabilities) -> Probabilities:
    """Rows of probabilities: counts, and a prior that weighs some observations."""
    total = counts.sum(axis=1, keepdims=True)
    smoothed: Probabilities = (counts + SMOOTHING * prior) / (total + SMOOTHING)
    return smoothed


def _nucleus(rows: Probabilities) -> Probabilities:
    """Rows without their unlikely tail, which keeps a trace so that what is required can be reached."""
    order = np.argsort(-rows, axis=-1)
    ranked = np.take_along_axis(rows, order, axis=-1)
    is_kept = np.cumsum(ranked, axis=-1) - ranked < NUCLEUS
    kept = np.zeros(rows.shape, bool)
    np.put_along_axis(kept, order, is_kept, axis=-1)
    return np.where(kept, rows, 1e-6 * rows)


@cache
def _table() -> dict[str, Any]:
    text = (resources.files("firmus") / "assets" / "tables" / "progressions.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
