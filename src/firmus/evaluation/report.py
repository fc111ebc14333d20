"""One report on composed music: how it compares with real music, how much it copies, whether it obeys its request.

Sets are compared by measures of each piece (`firmus.evaluation.measures`, `firmus.analysis.composition`) with
bootstrap intervals, by Yang & Lerch's distances between the sets, and by how well a critic of features tells them apart
(`firmus.evaluation.feature_critic`); copying by windows of bars that stand note for note, transposed or not, in the
reference, beside how often pieces of the reference stand in each other. Pairs of the same file name are compared cell
by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import composition, features, keys
from firmus.analysis.copying import Memory
from firmus.evaluation import distribution, feature_critic, intervals, measures
from firmus.score import TICKS_PER_QUARTER, Key, Score
from firmus.timing import bars

WINDOWS = (2, 4, 8)  # bars
STEP = TICKS_PER_QUARTER // 4
FEWEST = 2  # pieces of a set, to compare it with another
FEWEST_JUDGED = 20  # pieces of a set, for a critic to learn from
MEASURES = {**measures.MEASURES, **composition.MEASURES}
UNSURE = 0.01  # chance that is left to every cell, for a cross-entropy
Pieces = Mapping[str, Score]
Spread = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
_Features = dict[str, NDArray[np.float64]]


def compare(generated: Pieces, reference: Pieces, spread: Spread = map) -> dict[str, Any]:
    """Compare two sets of pieces, named by their files; `spread` has each piece measured, as `map` does.

    Returns
    -------
    dict
        ``pieces``; ``measures``: of each, mean and interval of both sets, and whether ours lies inside; ``overlap``:
        area and divergence of each feature; ``critic``: its area under the ROC curve and the interval, empty where a
        set has fewer than `FEWEST_JUDGED` pieces; ``copying``: shares of windows, ours and people's; ``pairs``: squared
        error and cross-entropy of pieces of the same name.
    """
    ours, real = list(generated.values()), list(reference.values())
    measured = list(spread(_measured, [*ours, *real]))
    both = measured[: len(ours)], measured[len(ours) :]
    return {
        "pieces": {"generated": len(ours), "reference": len(real)},
        "measures": _measures(*([each.measures for each in some] for some in both)),
        "overlap": _overlap(*([each.features for each in some] for some in both)),
        "critic": _critic(*([each.critic for each in some] for some in both)),
        "copying": copying(ours, real),
        "pairs": {name: pair(generated[name], reference[name]) for name in generated if name in reference},
    }


class _Measured(NamedTuple):
    """Measurements of a piece alone."""

    measures: dict[str, float]
    features: _Features
    critic: NDArray[np.float64]


def _measured(score: Score) -> _Measured:
    found = {**measures.measure(score), **composition.measure(score)}
    return _Measured(found, distribution.features(score), feature_critic.features(score))


def _critic(ours: Sequence[NDArray[np.float64]], real: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    if min(len(ours), len(real)) < FEWEST_JUDGED:
        return {}
    area, low, high = feature_critic.auc(ours, real)
    return {"auc": area, "interval": [low, high]}


def _measures(ours: Sequence[dict[str, float]], real: Sequence[dict[str, float]]) -> dict[str, Any]:
    rows = {}
    for name in MEASURES:
        values = [np.array([each[name] for each in some]) for some in (ours, real)]
        if any(np.isnan(each).all() for each in values):
            continue
        (mean, low, high), (true, least, most) = (intervals.mean(each) for each in values)
        rows[name] = {
            "generated": mean, "generated_interval": [low, high], "reference": true,
            "reference_interval": [least, most], "inside": least <= mean <= most,
            "values": [[None if np.isnan(each) else float(each) for each in some] for some in values],
        }  # fmt: skip
    return rows


def _overlap(mine: Sequence[_Features], theirs: Sequence[_Features]) -> dict[str, Any]:
    """Overlap area and divergence of each feature that varies in the reference."""
    if min(len(mine), len(theirs)) < FEWEST:
        return {}
    rows = {}
    for name in theirs[0]:
        a, b = (np.stack([each[name] for each in some]) for some in (mine, theirs))
        known = [each[~np.isnan(each).any(axis=1)] for each in (a, b)]
        if min(len(each) for each in known) >= FEWEST and len({*map(bytes, known[1])}) > 1:
            rows[name] = {
                "overlap": distribution.overlap(*known), "divergence": distribution.divergence(*known),
            }  # fmt: skip
    return rows


def copying(ours: Sequence[Score], real: Sequence[Score]) -> dict[str, Any]:
    """Share of windows of bars that stand in the reference: ours, and those of every other piece of it in the rest."""
    shares = {}
    memory = Memory(real, WINDOWS)
    half, rest = Memory(real[::2], WINDOWS), real[1::2]
    for length in WINDOWS:
        share, count = _copied(memory, ours, length)
        people, of = _copied(half, rest, length)
        shares[f"{length} bars"] = {"generated": share, "windows": count, "people": people, "people_windows": of}
    return shares


def _copied(memory: Memory, scores: Sequence[Score], length: int) -> tuple[float, int]:
    counts = [memory.copied(score, length, drums) for score in scores for drums in (False, True)]
    total = sum(count for _, count in counts)
    return sum(hits for hits, _ in counts) / max(total, 1), total


def pair(ours: Score, real: Score) -> dict[str, float]:
    """Squared error and cross-entropy (nats) a cell of two piano rolls, sixteenths × pitches that either uses.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> one, other = (Score((Part("", (Note(0, 480, pitch),)),)) for pitch in (60, 62))
    >>> pair(one, one)["squared_error"], pair(one, other)["squared_error"]
    (0.0, 1.0)
    """
    steps = max(1, -(-max(ours.end, real.end) // STEP))
    a, b = (_roll(each, steps) for each in (ours, real))
    used = a.any(axis=0) | b.any(axis=0)
    if not used.any():
        return {"squared_error": float("nan"), "cross_entropy": float("nan")}
    predicted, true = np.where(a[:, used], 1 - UNSURE, UNSURE), b[:, used]
    return {
        "squared_error": float(np.mean(a[:, used] != true)),
        "cross_entropy": float(-np.log(np.where(true, predicted, 1 - predicted)).mean()),
    }


def _roll(score: Score, steps: int) -> NDArray[np.bool_]:
    roll = np.zeros((steps, 128), bool)
    for part in score.parts:
        for note in part.notes if not part.is_drums else ():
            roll[note.start // STEP : max(note.start // STEP + 1, note.end // STEP), note.pitch] = True
    return roll


def obeyed(score: Score, request: Mapping[str, Any]) -> dict[str, bool]:
    """Whether a piece obeys its Brief, in what can be measured: key, meter, bars, tempo, parts.

    Examples
    --------
    >>> from firmus.score import Meter, Note, Part
    >>> tune = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate([67, 69, 71, 72, 74, 71, 66, 67]))
    >>> obeyed(Score((Part("", tune),)), {"key": "G major", "bars": 2, "meter": "3/4"})
    {'key': True, 'meter': False, 'bars': True}
    """
    results = {}
    if request.get("key"):
        requested, estimate = Key.parse(request["key"]), keys.estimate(score)
        results["key"] = estimate is not None and (estimate.key.pitch_class, estimate.key.mode) == (
            requested.pitch_class,
            requested.mode,
        )
    if request.get("meter"):
        results["meter"] = score.meters[0].text == request["meter"]
    if isinstance(request.get("bars"), int):
        results["bars"] = sum(bar.number > 0 for bar in bars(score)) == request["bars"]
    if request.get("tempo"):
        results["tempo"] = abs(score.tempi[0].bpm - request["tempo"]) < 0.5
    if request.get("seconds"):
        results["seconds"] = abs(features.duration_seconds(score) - request["seconds"]) < 0.05 * request["seconds"]
    return results
