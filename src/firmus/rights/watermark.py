"""Detecting the watermark of `firmus.runtime.watermark` in notes alone.

What it is: under the key, the numbers of the intervals that a piece has in its contexts are uniform where it has no
watermark, whatever its music; where it has, they are near 1, the nearer the less likely the interval was. The composer
reads the piece and says how likely each pitch is, so that a note counts the more the less it was to be expected. Each
context counts once.

Paper: S. Aaronson, *Watermarking GPT outputs* (2022). A number r behind a pitch of probability q has the density
r^(1/q - 1) / q with the watermark and 1 without; the score is the sum of the logarithms of their ratio, the most
powerful test there is (J. Neyman & E. S. Pearson, 1933), where a share `ALTERED` of the notes is taken to be changed or
given.

Conventions: the p-value is the probability that a piece without the watermark scores as high, times the keys tried. It
holds whatever the composer thinks likely, for that depends on the notes and not on the key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from firmus.errors import FirmusError
from firmus.rights import keys
from firmus.runtime import stepper
from firmus.runtime.note_likelihood import readings
from firmus.runtime.watermark import Step, steps, uniforms
from firmus.score import Score
from firmus.tokens import events

READER = "composer"
MOST = 1000  # notes that it reads
LEVELS = np.geomspace(0.02, 0.95, 16)  # probabilities of a pitch
USUAL = 10  # level of a pitch that the reader has not read: 0.25
ALTERED = 0.3
NEEDED = 50.0  # nats of evidence to be expected, below which nothing is said of a piece that scores low
SURE, LIKELY = 1e-6, 1e-3  # p-values of the verdicts
BIN, BINS, GRID = 0.01, 1 << 17, 1 << 16  # nats of a bin; bins; numbers by which the distribution is computed


@dataclass(frozen=True, slots=True)
class Detection:
    """What the notes say.

    Parameters
    ----------
    verdict : str
        ``"found"``, ``"likely"``, ``"not found"``, or ``"not detectable"`` where its notes tell too little to say so.
    p : float
        Probability that a piece without a watermark scores as high.
    notes : int
        Notes that count: those whose context is new.
    key : str
        ``"public"`` or ``"private"``, which scored higher.
    """

    verdict: str
    p: float
    notes: int
    key: str


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The notes of a piece that count, and how likely their pitches were.

    Parameters
    ----------
    steps : sequence of Step
    levels : array (N,)
        Of each the number of its probability among `LEVELS`.
    """

    steps: Sequence[Step]
    levels: NDArray[np.intp]

    @classmethod
    def of(cls, score: Score) -> Evidence:
        """Read a piece; of a context that comes again the first note counts."""
        expected = _expected(score)
        first = {step.context: step for step in reversed(list(steps(score)))}
        known = [step for step in first.values() if not expected or (step.part, step.note) in expected]
        logs = np.log([expected.get((step.part, step.note), LEVELS[USUAL]) for step in known])
        return cls(known, np.abs(np.log(LEVELS) - logs.reshape(-1, 1)).argmin(axis=1))

    def nats(self) -> float:
        """The evidence to be expected of a piece that has the watermark, and of which nothing was changed."""
        q = LEVELS[self.levels]
        return float((q - 1 - np.log(q)).sum())

    def score(self, key: bytes) -> int:
        """Sum of the logarithms of the ratios, in bins."""
        numbers = np.array([uniforms(key, step.context)[step.interval + 127] for step in self.steps])
        return int(_bins(LEVELS[self.levels], numbers).sum())

    def p_values(self, scores: Sequence[int]) -> list[float]:
        """Probabilities of sums as high without a watermark: the distribution of a note's, folded with itself."""
        numbers = (np.arange(GRID) + 0.5) / GRID
        spectrum, mean, lowest = np.ones(BINS // 2 + 1, complex), 0.0, 0
        for level, count in Counter(self.levels.tolist()).items():
            bins = _bins(LEVELS[level], numbers)
            least = int(bins.min())
            spectrum *= np.fft.rfft(np.bincount(bins - least, minlength=BINS) / GRID) ** count
            mean, lowest = mean + count * bins.mean(), lowest + count * least
        begin = round(mean) - BINS // 4  # sums further from their mean have no mass
        masses = np.roll(np.fft.irfft(spectrum), lowest - begin)
        tails = np.clip(masses[::-1].cumsum()[::-1], 1e-15, 1)
        return [float(tails[min(max(score - begin, 0), BINS - 1)]) for score in scores]


def detect(score: Score) -> Detection:
    """Look for the watermark with the public keys, and with those of this installation where it has any."""
    evidence = Evidence.of(score)
    kinds = ["public", *(["private"] if keys.exists() else [])]
    tried = [(evidence.score(key), kind) for kind in kinds for key in keys.watermark_keys(kind)]
    highest, kind = max(tried)
    p = min(1.0, len(tried) * evidence.p_values([highest])[0])
    nothing = "not found" if evidence.nats() >= NEEDED else "not detectable"
    return Detection("found" if p < SURE else "likely" if p < LIKELY else nothing, p, len(evidence.steps), kind)


def _bins(probability: NDArray[np.float64] | float, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    power = 1 / np.asarray(probability)
    return np.floor(np.log(ALTERED + (1 - ALTERED) * power * numbers ** (power - 1)) / BIN).astype(np.int64)


def _expected(score: Score) -> dict[tuple[int, int], float]:
    """Probability of each pitch as the composer reads it, by part and number; empty where it cannot read the piece."""
    bare, found = replace(score, chords=(), sections=()), dict[tuple[int, int], float]()
    try:
        is_open = np.ones(events.grid_shape(events.prepare(bare)), bool)
        is_open[:, 0] = False
        for reading in readings(stepper.load(READER), bare, is_open):
            found |= {(each.note.part, each.note.index): each.probability for each in reading.notes}
            if len(found) >= MOST:
                break
    except FirmusError:
        return {}
    return found
