"""Recognising: which style a piece is in, which genre, and whose music it is most like; or why that cannot be told.

Chances are those of a calibrated classifier (`firmus.models.classifier`). No style is named where a piece is too
short, where it lies farther from everything that was learnt than 99 of 100 held-out pieces do, where noise is
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
FAR = 1.0  # of the classifier's distance
LEAST = {"style": 0.4, "genre": 0.5, "composer": 0.4}  # likelier than that, or it is not named
SHOWN, LEAST_SHOWN = 3, 0.02  # of the others


@dataclass(frozen=True, slots=True)
class Guess:
    """A label, how sure it is, 0 to 1, and the next likeliest."""

    name: str
    confidence: float
    others: tuple[tuple[str, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {
            "name": self.name,
            "confidence": round(self.confidence, 3),
            "others": [{"name": name, "confidence": round(chance, 3)} for name, chance in self.others],
        }


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a piece was recognised as; None where that cannot be told, for the `reason` given."""

    style: Guess | None = None
    genre: Guess | None = None
    composer: Guess | None = None
    reason: str = ""


def recognise(score: Score, name: str = MODEL) -> Recognition:
    """Recognise a Score.

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
        return Recognition(reason=f"too short to tell a style: {_many(count, 'bar')}, {_many(notes, 'note')}")
    listener = load(name)
    classes = listener.card.facts["classes"]
    found = listener.listen(values=traits(beginning(score))[None])
    ranked = {head: _ranked(found[head][0], names) for head, names in classes.items()}
    style, chance = ranked["style"][0]
    if style == NOISE or float(found["distance"][0]) > FAR:
        return Recognition(reason="unlike any style that was learnt")
    if chance < LEAST["style"]:
        between = " and ".join(f"{each} ({share:.0%})" for each, share in ranked["style"][:2])
        return Recognition(reason=f"no style stands out: most like {between}")
    seen = listener.card.facts["seen"]
    told = {head: _guess(head, some, seen[head][style] if head in seen else None) for head, some in ranked.items()}
    return Recognition(told["style"], told["genre"], told["composer"])


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _ranked(chances: NDArray[np.float32], names: list[str]) -> list[tuple[str, float]]:
    return [(names[place], float(chances[place])) for place in np.argsort(-chances, kind="stable")]


def _guess(head: str, ranked: list[tuple[str, float]], seen: list[str] | None) -> Guess | None:
    """The likeliest, where it is likely enough, somebody, and was learnt from pieces of the style (`seen`)."""
    (name, chance), *others = ranked

    def tellable(label: str) -> bool:
        return label not in (NOISE, NOBODY) and (seen is None or label in seen)

    if not tellable(name) or chance < LEAST[head]:
        return None
    return Guess(name, chance, tuple(each for each in others if tellable(each[0]) and each[1] >= LEAST_SHOWN)[:SHOWN])
