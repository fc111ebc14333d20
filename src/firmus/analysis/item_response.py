"""A pupil's level, found from right and wrong answers to exercises of known levels.

What it is
    The Rasch model: the logit of a right answer is the ability less the difficulty, here `SLOPE` logits a level. The
    ability is the mean of the posterior (EAP) over a grid; the next exercise is of the level nearest to it, of which
    the answer says most.
Paper
    G. Rasch, *Probabilistic Models for Some Intelligence and Attainment Tests* (1960); R. D. Bock & R. J. Mislevy,
    Adaptive EAP Estimation of Ability in a Microcomputer Environment, *Applied Psychological Measurement* 6 (1982).
Conventions
    Abilities are levels: at level 3 an ability of 3.0 answers half of the exercises right. How far levels lie apart is
    assumed, not fitted to pupils.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

SLOPE = 1.7  # logits a level
LAPSE = 0.03  # of answers that are wrong, or right, whatever the ability
PRIOR = (4.0, 3.0)  # mean and standard deviation of abilities, in levels
GRID = np.linspace(-1.0, 10.0, 221)
MOST, FEWEST = 12, 5  # answers that are asked for
SURE = 0.45  # standard deviation, in levels, at which the level is taken as found
LEVELS = 8


@dataclass(frozen=True, slots=True)
class Ability:
    """An ability and its standard deviation, in levels, from so many answers."""

    mean: float
    deviation: float
    answers: int

    @property
    def level(self) -> int:
        """The level to practise at, 1 to 8."""
        return min(LEVELS, max(1, round(self.mean)))

    @property
    def is_found(self) -> bool:
        """Whether no further answer is needed."""
        return self.answers >= MOST or (self.answers >= FEWEST and self.deviation <= SURE)


def probability(ability: float, level: float, guess: float = 0.0) -> float:
    """Probability of a right answer to an exercise of a level; `guess` that of guessing it.

    Examples
    --------
    >>> probability(3.0, 3), round(probability(5.0, 3), 2), round(probability(1.0, 3, guess=0.25), 2)
    (0.5, 0.94, 0.3)
    """
    right = LAPSE + (1 - 2 * LAPSE) / (1 + exp(-SLOPE * (ability - level)))
    return guess + (1 - guess) * right


def ability(answers: Sequence[tuple[int, bool, float]]) -> Ability:
    """The ability that answers show.

    Parameters
    ----------
    answers : sequence of (int, bool, float)
        Level of the exercise, whether it was right, and the probability of guessing it.

    Examples
    --------
    >>> found = ability([(4, True, 0.0), (5, True, 0.0), (6, False, 0.0), (5, True, 0.0), (6, False, 0.0)])
    >>> found.level, found.answers
    (6, 5)
    """
    mean, deviation = PRIOR
    weights = -0.5 * ((GRID - mean) / deviation) ** 2
    for level, is_right, guess in answers:
        right = np.array([probability(float(each), level, guess) for each in GRID])
        weights = weights + np.log(right if is_right else 1 - right)
    posterior = np.exp(weights - weights.max())
    posterior /= posterior.sum()
    centre = float((GRID * posterior).sum())
    return Ability(centre, float(np.sqrt(((GRID - centre) ** 2 * posterior).sum())), len(answers))
