"""Listening tests: the trials of each listener, and what the answers prove.

Protocol
    Blind and in random order: clips have random names, sides are drawn, sources are not shown. Pairs ("which do you
    prefer?") across the sources, each pair of sources equally often; single clips on three scales of five points. Every
    listener gets one attention check, a pair that says which side to choose: who fails it is counted apart, and left
    out. One pair comes a second time with its sides changed: how many choose the same is reported, and nobody is left
    out for it, for two clips may please alike.
Papers
    Wilcoxon, *Individual Comparisons by Ranking Methods* (1945), on each listener's mean differences; Holm, *A Simple
    Sequentially Rejective Multiple Test Procedure* (1979); Wilson (1927) for intervals of shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

QUESTIONS = ("liking", "coherence", "originality")
PAIRS, RATINGS = 9, 6  # of each listener
FEWEST_LISTENERS = 10
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip: its random name, and the source and file it comes from, which a listener never sees."""

    name: str
    source: str
    file: str


def plan(
    clips: Sequence[Clip], generator: np.random.Generator, pairs: int = PAIRS, ratings: int = RATINGS
) -> list[dict[str, Any]]:
    """What one listener is asked, in order.

    Parameters
    ----------
    clips : sequence of Clip
        Of two sources or more.
    generator : numpy.random.Generator
    pairs, ratings : int
        How many of each, checks apart.

    Returns
    -------
    list of dict
        ``{"kind": "pair", "left": name, "right": name}``, with ``choose`` where it says which side to take and
        ``again`` where the pair came before, or ``{"kind": "rate", "clip": name}``.

    Examples
    --------
    >>> clips = [Clip(f"{source}{i}", source, "") for source in "AB" for i in range(4)]
    >>> [each["kind"] for each in plan(clips, np.random.default_rng(0), 2, 1)].count("pair")
    4
    """
    sources = sorted({clip.source for clip in clips})
    of = {source: [clip for clip in clips if clip.source == source] for source in sources}
    kinds = list(combinations(sources, 2))
    trials: list[dict[str, Any]] = []
    for number in range(pairs):
        one, other = (of[source][int(generator.integers(len(of[source])))] for source in kinds[number % len(kinds)])
        left, right = (one, other) if generator.random() < 0.5 else (other, one)
        trials.append({"kind": "pair", "left": left.name, "right": right.name})
    again = dict(trials[0], left=trials[0]["right"], right=trials[0]["left"], again=True)
    repeated = dict(trials[-1], choose=("left", "right")[int(generator.integers(2))])
    order = [trials[int(place)] for place in generator.permutation(len(trials))]
    order.insert(int(generator.integers(1, len(order) + 1)), repeated)
    order.append(again)
    for number in range(ratings):
        some = of[sources[number % len(sources)]]
        order.append({"kind": "rate", "clip": some[int(generator.integers(len(some)))].name})
    first = [each for each in order if each["kind"] == "pair"]
    last = [each for each in order if each["kind"] == "rate"]
    return first + [last[int(place)] for place in generator.permutation(len(last))]


def report(answers: Sequence[Mapping[str, Any]], sources: Mapping[str, str]) -> dict[str, Any]:
    """What the answers of all listeners prove.

    Parameters
    ----------
    answers : sequence of dict
        ``session``, ``trial`` as planned, and ``choice`` (``"left"``, ``"right"``) or ``ratings`` (of each question, 1
        to 5).
    sources : dict
        Source of each clip by its name.

    Returns
    -------
    dict
        ``listeners``, ``inattentive``; ``repeated``, how many pairs came twice, and of those ``repeated_alike``;
        ``pairs``: of each two sources how often the first was preferred, with a 95 % interval and p; ``ratings``: means
        with intervals; ``differences``: of each two sources and question the mean difference over listeners, Wilcoxon's
        p and Holm's; ``warnings``.
    """
    by_listener: dict[str, list[Mapping[str, Any]]] = {}
    for answer in answers:
        by_listener.setdefault(str(answer["session"]), []).append(answer)
    kept = {name: own for name, own in by_listener.items() if attentive(own)}
    good = [answer for own in kept.values() for answer in own]
    repeats = [alike for own in kept.values() for alike in _repeats(own)]
    results: dict[str, Any] = {
        "listeners": len(kept),
        "inattentive": len(by_listener) - len(kept),
        "repeated": len(repeats),
        "repeated_alike": sum(repeats),
        "pairs": _preferences(good, sources),
        "ratings": _ratings(good, sources),
        "differences": _differences(kept, sources),
        "warnings": [],
    }
    if len(kept) < FEWEST_LISTENERS:
        results["warnings"].append(
            f"{len(kept)} attentive listeners: fewer than {FEWEST_LISTENERS} prove little, whatever the numbers say"
        )
    return results


def attentive(answers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a listener chose the side that was named."""
    return all(answer["choice"] == answer["trial"]["choose"] for answer in answers if "choose" in answer["trial"])


def _repeats(answers: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Of each pair that came twice to a listener, whether the same clip was chosen."""
    pairs = [answer for answer in answers if answer["trial"]["kind"] == "pair" and "choose" not in answer["trial"]]
    chosen = {_both(answer): answer["trial"][answer["choice"]] for answer in pairs if "again" not in answer["trial"]}
    return [
        chosen[_both(answer)] == answer["trial"][answer["choice"]]
        for answer in pairs
        if "again" in answer["trial"] and _both(answer) in chosen
    ]


def _both(answer: Mapping[str, Any]) -> frozenset[str]:
    return frozenset((answer["trial"]["left"], answer["trial"]["right"]))


def _preferences(answers: Sequence[Mapping[str, Any]], sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """Of each two sources how often the first was preferred; a pair that came twice counts once."""
    wins: dict[tuple[str, str], list[bool]] = {}
    for answer in answers:
        trial = answer["trial"]
        if trial["kind"] != "pair" or "choose" in trial or "again" in trial:
            continue
        one, other = sorted((sources[trial["left"]], sources[trial["right"]]))
        if one != other:
            wins.setdefault((one, other), []).append(sources[trial[answer["choice"]]] == one)
    rows = []
    for (one, other), won in sorted(wins.items()):
        test = stats.binomtest(sum(won), len(won))
        low, high = test.proportion_ci(method="wilson")
        rows.append({
            "first": one, "second": other, "answers": len(won), "first_preferred": sum(won) / len(won),
            "interval": [float(low), float(high)], "p": float(test.pvalue),
        })  # fmt: skip
    return rows


def _ratings(answers: Sequence[Mapping[str, Any]], sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """Mean of each source and question."""
    ratings: dict[tuple[str, str], list[float]] = {}
    for answer in answers:
        if answer["trial"]["kind"] == "rate":
            for question, value in answer["ratings"].items():
                ratings.setdefault((sources[answer["trial"]["clip"]], question), []).append(float(value))
    rows: list[dict[str, Any]] = []
    for (source, question), values in sorted(ratings.items()):
        spread = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")
        mean = float(np.mean(values))
        rows.append({
            "source": source, "question": question, "answers": len(values), "mean": mean,
            "interval": [mean - spread, mean + spread],
        })  # fmt: skip
    return rows


def _differences(kept: Mapping[str, Sequence[Mapping[str, Any]]], sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """Mean differences of ratings over listeners, of each two sources and question; Wilcoxon's and Holm's p."""
    means: dict[tuple[str, str, str], float] = {}
    for name, own in kept.items():
        for row in _ratings(own, sources):
            means[name, str(row["source"]), str(row["question"])] = float(row["mean"])
    every = sorted({source for _, source, _ in means})
    rows: list[dict[str, Any]] = []
    for one, other in combinations(every, 2):
        for question in QUESTIONS:
            listeners = [name for name in kept if {(name, one, question), (name, other, question)} <= set(means)]
            both = [means[name, one, question] - means[name, other, question] for name in listeners]
            if len(both) >= 2:
                p = float(stats.wilcoxon(both).pvalue) if any(both) else 1.0
                rows.append({
                    "first": one, "second": other, "question": question, "listeners": len(both),
                    "difference": float(np.mean(both)), "p": p,
                })  # fmt: skip
    for row, corrected in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"], row["proven"] = corrected, corrected < LEVEL
    return rows


def holm(chances: Sequence[float]) -> list[float]:
    """Holm's corrected p of each.

    Examples
    --------
    >>> [round(each, 3) for each in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(chances, kind="stable")
    corrected, worst = [0.0] * len(chances), 0.0
    for rank, place in enumerate(order.tolist()):
        worst = max(worst, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = worst
    return corrected
