"""A listener's taste: the ratings of pieces, kept in one JSON file on the listener's machine, and what follows of them.

A piece is known by its character, not by its place: moved or renamed, it is the same. Who rates it again has changed
their mind: the later rating replaces the earlier one. Old ratings fade: one counts half after `HALF_LIFE` later ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus.analysis.character import WORDS
from firmus.errors import FormatError
from firmus.retrieval import bandit
from firmus.retrieval.bandit import Posterior

RATINGS = {"like": 1.0, "finish": 0.5, "skip": -0.5, "dislike": -1.0}
"""What each kind of feedback counts as."""
HALF_LIFE = 100  # later ratings after which one counts half
MOST = 1000  # ratings that are kept
SAME = 1e-3  # difference of every number below which two pieces are the same
VARIABLE = "FIRMUS_TASTE"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rating:
    """What a listener did with a piece.

    Parameters
    ----------
    piece : str
        Its name, for the listener.
    feedback : str
        A key of `RATINGS`.
    character : tuple of float
        Of the piece, in the order of `firmus.analysis.character.WORDS`.
    """

    piece: str
    feedback: str
    character: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Taste:
    """Ratings of a listener, the oldest first."""

    ratings: tuple[Rating, ...] = ()

    def rated(self, piece: str, feedback: str, character: Floats) -> Taste:
        """With one rating more.

        Examples
        --------
        >>> taste = Taste().rated("a.mid", "like", np.ones(len(WORDS))).rated("b.mid", "skip", np.zeros(len(WORDS)))
        >>> [each.feedback for each in taste.rated("a.mid", "dislike", np.ones(len(WORDS))).ratings]
        ['skip', 'dislike']
        """
        others = [each for each in self.ratings if not _same(each.character, character)]
        new = Rating(piece, feedback, tuple(round(float(each), 4) for each in character))
        return replace(self, ratings=tuple([*others, new][-MOST:]))

    def posterior(self) -> Posterior:
        """What the ratings say about the weights of the numbers."""
        values = np.array([each.character for each in self.ratings], np.float32).reshape(-1, len(WORDS))
        ratings = np.array([RATINGS[each.feedback] for each in self.ratings])
        return bandit.learn(values, ratings, 0.5 ** (np.arange(len(ratings))[::-1] / HALF_LIFE))

    def knows(self, values: Floats) -> NDArray[np.bool_]:
        """Which of the pieces (N, C) were rated."""
        known = np.zeros(len(values), bool)
        for each in self.ratings:
            known |= _same(each.character, values)
        return known


def default_path() -> Path:
    """``FIRMUS_TASTE``, or a file in the user's data folder."""
    import platformdirs

    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    return platformdirs.user_data_path("firmus", appauthor=False) / "taste.json"


def load(path: Path) -> Taste:
    """The taste in a file; an empty one where there is none.

    Raises
    ------
    FormatError
        Where the file is no taste.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["numbers"] != list(WORDS):
            raise FormatError(f"{path}: this taste is of another version of Firmus; begin anew with --erase")
        return Taste(tuple(_rating(each) for each in document["ratings"]))
    except FileNotFoundError:
        return Taste()
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path}: this is no taste that Firmus wrote") from None


def save(taste: Taste, path: Path) -> None:
    """Write a taste, atomically, so that its owner alone may read it.

    Raises
    ------
    FormatError
        Where it cannot be written.
    """
    document = {"kind": "firmus-taste", "numbers": list(WORDS), "ratings": [asdict(each) for each in taste.ratings]}
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        formats.save(text.encode(), path)
        path.chmod(0o600)
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror or error}") from None


def of_feedback(given: Iterable[tuple[str, str, Floats]], taste: Taste | None = None) -> Taste:
    """A taste with ratings more: names of pieces, feedback and character."""
    taste = taste or Taste()
    for piece, feedback, values in given:
        taste = taste.rated(piece, feedback, values)
    return taste


def _rating(row: Any) -> Rating:
    values = tuple(float(each) for each in row["character"])
    if len(values) != len(WORDS) or row["feedback"] not in RATINGS or not np.isfinite(values).all():
        raise ValueError
    return Rating(str(row["piece"]), row["feedback"], values)


def _same(one: tuple[float, ...], values: Floats) -> Any:
    """Whether pieces (..., C) are the one of such a character."""
    return (np.abs(values - np.array(one)) < SAME).all(-1)
