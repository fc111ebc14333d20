"""Drawing a token from logits.

Top-p (nucleus) sampling after Holtzman et al. (2020), without a sort: a token drawn from the distribution is
kept if the mass of all likelier tokens is below ``top_p``, else drawn again. This gives exactly the nucleus.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

TRIES = 64
GREEDY = 0.01  # temperature below which the likeliest token is taken


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn: `temperature` 0 is greedy, `top_p` 1 is without truncation.

    `pitch_temperature` is that of pitches, `drum_temperature` that of parts of drums, `fill_temperature` that of drums
    in the last bar, `velocity_temperature` that of velocities but of drums, where they are others.
    """

    temperature: float = 0.9
    top_p: float = 0.95
    pitch_temperature: float | None = None
    drum_temperature: float | None = None
    fill_temperature: float | None = None
    velocity_temperature: float | None = None

    @property
    def of_drums(self) -> Sampling:
        """How parts of drums are drawn."""
        return self if self.drum_temperature is None else replace(self, temperature=self.drum_temperature)

    @property
    def of_fills(self) -> Sampling:
        """How drums are drawn in the last bar."""
        return self.of_drums if self.fill_temperature is None else replace(self, temperature=self.fill_temperature)

    def bolder(self, more: float) -> Sampling:
        """The same at temperatures so much higher.

        Examples
        --------
        >>> bolder = Sampling(0.5, drum_temperature=0.75).bolder(0.25)
        >>> bolder.temperature, bolder.drum_temperature
        (0.75, 1.0)
        """
        drums = None if self.drum_temperature is None else self.drum_temperature + more
        return replace(self, temperature=self.temperature + more, drum_temperature=drums)


def draw(
    logits: NDArray[np.float32], allowed: NDArray[np.bool_], sampling: Sampling, generator: np.random.Generator
) -> int:
    """Draw one of the allowed tokens.

    Parameters
    ----------
    logits : array (V,)
    allowed : array (V,) of bool
        At least one is True.
    sampling : Sampling
    generator : numpy.random.Generator

    Examples
    --------
    >>> logits, allowed = np.array([0.0, 5.0, 1.0], np.float32), np.array([True, False, True])
    >>> draw(logits, allowed, Sampling(temperature=0), np.random.default_rng(1))
    2
    """
    choices = allowed.nonzero()[0]
    if len(choices) == 1:
        return int(choices[0])
    scores = logits[choices].astype(np.float64)
    if sampling.temperature < GREEDY:
        return int(choices[scores.argmax()])
    masses = np.exp((scores - np.maximum.reduce(scores)) / sampling.temperature)
    masses /= np.add.reduce(masses)
    sums = masses.cumsum()
    for _ in range(TRIES):
        drawn = min(int(sums.searchsorted(generator.random() * sums[-1], "right")), len(choices) - 1)
        if sampling.top_p >= 1 or np.add.reduce(masses[masses > masses[drawn]]) < sampling.top_p:
            return int(choices[drawn])
    return int(choices[masses.argmax()])


def nucleus(
    logits: NDArray[np.float32], allowed: NDArray[np.bool_], sampling: Sampling
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The tokens that `draw` may give, and their probabilities.

    Examples
    --------
    >>> logits, allowed = np.log(np.array([0.5, 0.3, 0.2], np.float32)), np.ones(3, bool)
    >>> tokens, masses = nucleus(logits, allowed, Sampling(1.0, 0.7))
    >>> tokens.tolist(), masses.round(3).tolist()
    ([0, 1], [0.625, 0.375])
    """
    tokens = allowed.nonzero()[0]
    scores = logits[tokens].astype(np.float64)
    masses = np.exp((scores - scores.max()) / sampling.temperature)
    masses /= masses.sum()
    if sampling.top_p < 1:
        order = np.sort(masses)[::-1]
        above = np.cumsum(order) - order  # of all likelier tokens
        least = order[np.count_nonzero(above < sampling.top_p) - 1]
        tokens, masses = tokens[masses >= least], masses[masses >= least]
    return tokens, masses / masses.sum()


def reweighed(
    logits: NDArray[np.float32],
    changed: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    tokens: slice,
    warmth: float,
    own: float | None = None,
) -> NDArray[np.float32]:
    """Logits under which some tokens share their probability as they do in `changed`, at their own temperature.

    The probability of all of them together stays: what else may come, a rest or the end of a bar, is not made likelier
    by what speaks against some of them.

    Parameters
    ----------
    logits, changed : array (V,)
    allowed : array (V,) of bool
    tokens : slice
        Their place in the vocabulary: pitches, or velocities.
    warmth : float
        The temperature at which the result is drawn from.
    own : float, optional
        That of these tokens among each other, where it is another.

    Examples
    --------
    >>> logits, allowed = np.log(np.array([0.5, 0.25, 0.25], np.float32)), np.ones(3, bool)
    >>> changed = logits - np.array([0, 0, 9], np.float32)
    >>> np.exp(reweighed(logits, changed, allowed, slice(1, 3), 1.0)).round(2).tolist()
    [0.5, 0.5, 0.0]
    """
    if (changed is logits and own is None) or warmth < GREEDY or (own is not None and own < GREEDY):
        return changed
    chosen = np.arange(tokens.start, tokens.stop)[allowed[tokens]]
    before = logits[chosen].astype(np.float64) / warmth
    after = changed[chosen].astype(np.float64) / (warmth if own is None else own)
    result = logits.copy()
    result[chosen] = warmth * (after + np.logaddexp.reduce(before) - np.logaddexp.reduce(after))
    return result


def negative_log_likelihood(logits: NDArray[np.float32], allowed: NDArray[np.bool_], token: int) -> float:
    """Negative log-likelihood (nats) of a token under the distribution restricted to the allowed tokens.

    Examples
    --------
    >>> negative_log_likelihood(np.zeros(4, np.float32), np.array([True, True, False, False]), 1)
    0.6931471824645996
    """
    scores = logits[allowed]
    if len(scores) == 1:
        return 0.0
    top = float(np.maximum.reduce(scores))
    return top + float(np.log(np.add.reduce(np.exp(scores - top)))) - float(logits[token])
