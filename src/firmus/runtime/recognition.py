"""Recognition: classifies the style, genre and most similar composer of a piece, or says why it abstains.

Probabilities are those of a calibrated classifier (`firmus.models.classifier`). No style is named where a piece is too
short, where it is out of distribution (farther from the training data than 99 of 100 held-out pieces), where noise is
likelier, or where no style is likely enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.excerpt import beginning
from firmus.analysis.traits import traits
from firmus.runtime.listener import load
from firmus.score import Score
from firmus.timing import bars

MODEL = "recogniser"
NOISE, NOBODY = "noise", ""
FEWEST_BARS, FEWEST_NOTES = 4, 16
FAR = 1.0  # threshold of the classifier's distance
LEAST = {"style": 0.4, "genre": 0.5, "composer": 0.4}  # probability below which nothing is named
MOST_OTHERS, LEAST_OTHER = 3, 0.02  # of the next likeliest labels: number, and probability


@dataclass(frozen=True, slots=True)
class Guess:
    """A label, its probability, and the next likeliest labels with theirs."""

    name: str
    confidence: float
    others: tuple[tuple[str, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {
            "name": self.name,
            "confidence": round(self.confidence, 3),
            "others": [{"name": name, "confidence": round(probability, 3)} for name, probability in self.others],
        }


@dataclass(frozen=True, slots=True)
class Recognition:
    """Labels of a piece; None where the classifier abstains, for the `reason` given."""

    style: Guess | None = None
    genre: Guess | None = None
    composer: Guess | None = None
    reason: str = ""


def recognise(score: Score, name: str = MODEL) -> Recognition:
    """Classify a Score.

    Parameters
    ----------
    score : Score
    name : str
        Of the classifier's weights.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> recognise(Score((Part("", (Note(0, 480, 60), Note(480, 480, 62))),))).reason
    'too short to tell a style: 1 bar, 2 notes'
    """
    count, notes = len(bars(score)), sum(len(part.notes) for part in score.parts)
    if count < FEWEST_BARS or notes < FEWEST_NOTES:
        return Recognition(reason=f"too short to tell a style: {_plural(count, 'bar')}, {_plural(notes, 'note')}")
    listener = load(name)
    classes = listener.card.facts["classes"]
    outputs = listener.listen(values=traits(beginning(score))[None])
    ranked = {head: _ranked(outputs[head][0], names) for head, names in classes.items()}
    style, probability = ranked["style"][0]
    if style == NOISE or float(outputs["distance"][0]) > FAR:
        return Recognition(reason="unlike any style that was learnt")
    if probability < LEAST["style"]:
        between = " and ".join(f"{each} ({share:.0%})" for each, share in ranked["style"][:2])
        return Recognition(reason=f"no style stands out: most like {between}")
    seen = listener.card.facts["seen"]
    guesses = {head: _guess(head, some, seen[head][style] if head in seen else None) for head, some in ranked.items()}
    return Recognition(guesses["style"], guesses["genre"], guesses["composer"])


def _plural(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _ranked(probabilities: NDArray[np.float32], names: list[str]) -> list[tuple[str, float]]:
    return [(names[label], float(probabilities[label])) for label in np.argsort(-probabilities, kind="stable")]


def _guess(head: str, ranked: list[tuple[str, float]], seen: list[str] | None) -> Guess | None:
    """The likeliest label, where it is likely enough, names somebody, and occurs in training data of the style."""
    (name, probability), *others = ranked

    def is_nameable(label: str) -> bool:
        return label not in (NOISE, NOBODY) and (seen is None or label in seen)

    if not is_nameable(name) or probability < LEAST[head]:
        return None
    likely = tuple(each for each in others if is_nameable(each[0]) and each[1] >= LEAST_OTHER)
    return Guess(name, probability, likely[:MOST_OTHERS])
