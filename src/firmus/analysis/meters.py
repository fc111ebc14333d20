"""Which meter a Score is in, from where its notes begin, how long they last and how high they are.

Sources: meters differ in the autocorrelation of onsets and accents, and are classified by linear discriminants (P.
Toiviainen & T. Eerola, *Autocorrelation in Meter Induction: The Role of Accent Structure*, JASA 119 (2006)); and in how
its accents correlate with the metrical weights (C. Longuet-Higgins & C. Lee 1984; D. Temperley, *The Cognition of Basic
Musical Structures* (2001), chapter 2), which also locates the bar lines. The discriminants were learnt from the
written meters of the sets that ``assets/tables/meters.json`` names (``benchmarks/meters.py --learn``). The quarter note
is taken as written: whether a piece is in 2/4 or in 4/4 is mostly a matter of notation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from firmus.score import TICKS_PER_QUARTER, Meter, Score

STEP = TICKS_PER_QUARTER // 4
FEWEST_NOTES = 12
LINES = ("onset", "length", "low", "leap", "accent")
LAGS = 48  # sixteenths: two bars of 12/8
LONGEST = 20_000  # sixteenths that are analysed
REPEATS = (6, 8, 12, 16, 18, 24, 32, 36, 48)  # sixteenths: a bar or two of each meter
LENGTHS = (0.3, 0.6, 0.8, 1.1, 1.3, 1.6, 2.1, 3.1)  # quarters, between which note values lie
WEIGHTS: dict[str, tuple[float, ...]] = {  # of each sixteenth of a bar
    "2/4": (4, 0, 1, 0, 2, 0, 1, 0),
    "3/4": (4, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0),
    "4/4": (5, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0),
    "6/8": (4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
    "9/8": (4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
    "12/8": (5, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0, 4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
    "3/8": (4, 0, 1, 0, 1, 0),
}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeterEstimate:
    """An estimated meter, ticks of an incomplete first bar, and the confidence, 0 to 1."""

    meter: Meter
    pickup: int
    confidence: float


def estimate(score: Score) -> MeterEstimate | None:
    """Estimate the meter of a Score; its own `meters` are ignored.

    Returns
    -------
    MeterEstimate or None
        None where there are fewer than twelve notes.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> jig = [67, 71, 74, 74, 71, 67, 69, 72, 69, 66, 69, 62]
    >>> notes = [Note(240 * i, 240, jig[i % 12]) for i in range(96)]
    >>> result = estimate(Score((Part("", tuple(notes)),)))
    >>> result.meter.text if result else None
    '6/8'
    """
    evidence = features(score)
    if evidence is None:
        return None
    weights, middle, spread = _table()
    logits = weights @ np.append(np.clip((evidence - middle) / spread, -4, 4), 1.0)
    likelihoods = np.exp(logits - logits.max())
    best = int(likelihoods.argmax())
    name = tuple(WEIGHTS)[best]
    shifts = _correlations(_lines(score)["accent"], name)
    shifts[0] += 0.02  # prior for a piece that begins without a pickup
    return MeterEstimate(
        Meter.parse(name), 2 * int(shifts.argmax()) * STEP, float(likelihoods[best] / likelihoods.sum())
    )


def heard(score: Score) -> Score:
    """A Score whose meters say nothing, bars of one beat throughout, with the estimated meter instead; else itself.

    Programs write 1/4 where they know of no meter.

    Examples
    --------
    >>> heard(Score(meters=(Meter(0, 1, 4),))).meters[0].text, heard(Score(meters=(Meter(0, 3, 4),))).meters[0].text
    ('4/4', '3/4')
    """
    if any(meter.numerator > 1 for meter in score.meters):
        return score
    result = estimate(score)
    if result is None:
        return replace(score, meters=(Meter(0, 4, 4),), pickup=0)
    return replace(score, meters=(result.meter,), pickup=result.pickup % result.meter.bar)


def features(score: Score) -> Floats | None:
    """Features (276,) for the discriminants; None where there are fewer than twelve notes.

    Autocorrelations of onsets, lengths, low notes, leaps and accents at lags of 1 to 48 sixteenths; the best
    correlation of the accents with each meter's weights, and that without a pickup; shares of note values; how many
    notes recur after a bar or two; onsets a sixteenth.
    """
    if sum(len(part.notes) for part in score.parts) < FEWEST_NOTES:
        return None
    lines = _lines(score)
    fits = [
        fit
        for name in WEIGHTS
        for shifts in [_correlations(lines["accent"], name)]
        for fit in (shifts.max(), shifts[0])
    ]
    durations = np.array([note.duration for part in score.parts if not part.is_drums for note in part.notes])
    shares = np.bincount(np.searchsorted(LENGTHS, durations / TICKS_PER_QUARTER), minlength=len(LENGTHS) + 1)
    autocorrelations = [_autocorrelation(line) for line in lines.values()]
    recurrences = [_recurrence(score, lag) for lag in REPEATS]
    return np.concatenate(
        [*autocorrelations, fits, shares / max(len(durations), 1), recurrences, [lines["onset"].mean()]]
    )


@cache
def _table() -> tuple[Floats, Floats, Floats]:
    """Weights (meters, features + 1) of the discriminants; mean and spread (features,) of the features."""
    text = (resources.files("firmus") / "assets" / "tables" / "meters.json").read_text(encoding="utf-8")
    table = json.loads(text)
    return np.array(table["weights"]), np.array(table["middle"]), np.array(table["spread"])


def _lines(score: Score) -> dict[str, Floats]:
    """Of every sixteenth (S,): whether a note begins, how long, how low, after what leap, and how accented."""
    rows = [(note.start, note.duration, note.pitch, part.is_drums) for part in score.parts for note in part.notes]
    start, duration, pitch, drums = np.array(rows, np.int64).T
    place = (start + STEP // 2) // STEP
    inside = place < LONGEST
    place, duration, pitch, is_drum = place[inside], duration[inside], pitch[inside], drums[inside] > 0
    long = np.sqrt(np.minimum(duration, 4 * TICKS_PER_QUARTER) / TICKS_PER_QUARTER)
    deep = np.where(is_drum, np.isin(pitch, (35, 36)), np.clip((60 - pitch) / 24, 0, 1))
    size = int(place.max(initial=0)) + 1
    lengths, low, accents, leaps = (np.zeros(size) for _ in range(4))
    np.maximum.at(lengths, place, np.where(is_drum, 0.25, long))
    np.add.at(low, place, deep)
    np.add.at(accents, place, np.where(is_drum, 0.3, long) + deep)
    top = np.full(size, -1)
    np.maximum.at(top, place[~is_drum], pitch[~is_drum])
    sung = np.flatnonzero(top >= 0)
    leaps[sung[1:]] = np.minimum(np.abs(np.diff(top[sung])), 12) / 12
    onsets = np.bincount(place, minlength=size) > 0
    return dict(zip(LINES, (onsets * 1.0, lengths, low, leaps, np.log1p(accents)), strict=True))


def _autocorrelation(line: Floats) -> Floats:
    """Autocorrelation (48,) of a line (S,) at 1 to 48 sixteenths, each over the sixteenths that it has."""
    centred = line - line.mean()
    power = np.abs(np.fft.rfft(centred, 2 * max(len(line), LAGS + 1))) ** 2
    products = np.fft.irfft(power)[: LAGS + 1]
    share = np.maximum(1 - np.arange(LAGS + 1) / len(line), 0.2)
    return (products / (products[0] + 1e-9) / share)[1:]


def _correlations(accents: Floats, name: str) -> Floats:
    """How accents (S,) correlate with a meter's weights, for each place (every second sixteenth) where bars begin."""
    shape = np.array(WEIGHTS[name])
    centred = accents - accents.mean()
    shifted = [np.resize(np.roll(shape, shift), len(accents)) for shift in range(0, len(shape), 2)]
    patterns = np.array(shifted) - np.mean(shifted, axis=1, keepdims=True)
    scale = np.sqrt((patterns**2).sum(axis=1) * (centred @ centred)) + 1e-9
    return patterns @ centred / scale


def _recurrence(score: Score, lag: int) -> float:
    """Share of the pitched notes whose pitch class begins so many sixteenths later too."""
    notes = {
        ((note.start + STEP // 2) // STEP, note.pitch % 12)
        for part in score.parts
        if not part.is_drums
        for note in part.notes
    }
    return sum((place + lag, tone) in notes for place, tone in notes) / max(len(notes), 1)
