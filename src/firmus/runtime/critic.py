"""Criticism: how likely music is to be real rather than composed, as a whole and bar by bar.

What it is
    A classifier (`firmus.models.classifier`) of passages (`firmus.analysis.passages`) of 4, 8 and 16 bars, which has
    learnt to tell real music of a style from what the shipped composer writes in it. It hears music, not files: grid,
    key, loudness, instruments and the length of a piece make no difference to it.
Conventions
    Judgements are log-odds in nats, higher for what is more like real music. Bars are full bars, from 0.
Source
    I. Goodfellow et al., *Generative Adversarial Nets* (NeurIPS 2014), section 3: the discriminator; here it ranks
    what another model writes. A. Holtzman et al., *Learning to Write with Cooperative Discriminators* (ACL 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.excerpt import excerpt, tied
from firmus.analysis.passages import features, plain
from firmus.runtime.listener import Listener, load
from firmus.runtime.weights import Card
from firmus.score import Score
from firmus.timing import bars

MODEL = "critic"
SIZES = (4, 8, 16)  # bars of a passage
SURE = 1e-6  # probability that counts as certain
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Criticism:
    """What a critic says of a piece.

    Parameters
    ----------
    whole : float
        Mean log-odds of its passages.
    bars : array (B,)
        Of each bar, the mean log-odds of the shortest passages that it is in.
    rank : float
        Share of the composed pieces known to the critic that are less like real music, 0 to 1.
    """

    whole: float
    bars: Floats
    rank: float

    def weakest(self, count: int) -> int:
        """The first of `count` bars in a row of which the critic thinks least.

        Examples
        --------
        >>> Criticism(0.0, np.array([2.0, -1, -3, 1, 2]), 0.5).weakest(2)
        1
        """
        sums = np.convolve(self.bars, np.ones(min(count, len(self.bars))), "valid")
        return int(sums.argmin())


def knows(style: str, model: str | Card = MODEL) -> bool:
    """Whether the critic has learnt a style."""
    return style in load(model).card.facts["quantiles"]


def passages(count: int) -> list[tuple[int, int]]:
    """First bars and sizes of the passages of a piece of so many bars; neighbours share half of theirs.

    Examples
    --------
    >>> passages(9)
    [(0, 4), (2, 4), (4, 4), (5, 4), (0, 8), (1, 8)]
    """
    found = []
    for size in SIZES:
        if size <= count:
            firsts = list(range(0, count - size + 1, size // 2))
            firsts += [count - size] if firsts[-1] != count - size else []
            found += [(first, size) for first in firsts]
    return found


def judge(
    score: Score, style: str, first: int = 0, last: int | None = None, model: str | Card = MODEL
) -> Criticism | None:
    """Judge a piece; None where the critic does not know its style, or it has less than four full bars.

    Parameters
    ----------
    score : Score
    style : str
        As models know it.
    first, last : int
        The bars that are judged, `last` not among them, as far as there are such bars; all by default.
    model : str or Card
        The critic.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> line = [67, 69, 71, 72, 74, 71, 67, 67] * 4
    >>> tune = Score((Part("Flute", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))),))
    >>> drone = Score((Part("Flute", tuple(Note(480 * i, 480, 67) for i in range(32))),))
    >>> judge(tune, "folk").whole > judge(drone, "folk").whole
    True
    """
    if not knows(style, model):
        return None
    body = plain(_as_learnt(score, style, model))
    count = len(bars(body))
    begin, end = max(0, first), count if last is None else min(last, count)
    if end - begin < SIZES[0]:
        return None
    body, count = excerpt(body, begin, end - begin), end - begin
    heard = passages(count)
    odds = log_odds([features(excerpt(body, place, size)) for place, size in heard], style, load(model))
    covered = np.zeros((2, count))
    for (place, size), each in zip(heard, odds, strict=True):
        if size == SIZES[0]:
            covered[:, place : place + size] += [[each], [1.0]]
    whole = float(odds.mean())
    known = load(model).card.facts["quantiles"][style]
    return Criticism(whole, covered[0] / covered[1], float(np.interp(whole, known, np.linspace(0, 1, len(known)))))


def preferred(scores: Sequence[Score], style: str, first: int, last: int, model: str | Card = MODEL) -> int:
    """Which of several versions of a piece is the most like real music in some bars and those around them.

    Parameters
    ----------
    scores : sequence of Score
    style : str
    first, last : int
        The bars, `last` not among them; they are heard with as many before them, where there are any.
    """
    if not knows(style, model):
        return 0
    values = []
    for score in scores:
        body = plain(_as_learnt(score, style, model))
        count = len(bars(body))
        begin = max(0, min(first - (last - first), last - SIZES[1], count - SIZES[1]))
        values.append(features(excerpt(body, begin, max(last, begin + SIZES[0]) - begin)))
    return int(log_odds(values, style, load(model)).argmax())


def log_odds(values: Sequence[Floats], style: str, listener: Listener) -> Floats:
    """Log-odds (N,) of passages of real music, from their features (N, F)."""
    real = listener.listen(values=np.stack(values).astype(np.float32))[style][:, 1].clip(SURE, 1 - SURE)
    return np.asarray(np.log(real / (1 - real)), float)


def _as_learnt(score: Score, style: str, model: str | Card) -> Score:
    """The score, with repeated notes tied in a style whose training data do not tell them from held ones."""
    return tied(score) if style in load(model).card.facts["tied"] else score
