"""Recommending pieces of a library: what is rated, what is proposed, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.character import WORDS, character
from firmus.errors import FormatError, InvalidBrief, unknown
from firmus.progress import Progress
from firmus.retrieval import bandit, embeddings
from firmus.retrieval.bandit import Posterior
from firmus.retrieval.embeddings import Embeddings, Piece
from firmus.retrieval.taste import RATINGS, Taste, of_feedback
from firmus.score import Score

MOST_COUNT = 1000
FIRST = 3  # pieces to begin with, where nothing was rated
REASONS = 3  # of each kind
STANDS_OUT = 0.5  # standard deviations from which on a number is spoken of
MATTERS = 0.02  # of a rating
Floats = NDArray[np.float32]
Named = str | os.PathLike[str] | Score


@dataclass(frozen=True, slots=True)
class Reason:
    """What of a piece speaks for it, above 0, or against it, below 0: in words, and how much of the rating it is."""

    words: str
    share: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A piece that is recommended.

    Parameters
    ----------
    file : str
        Path in the folder, with ``/``; or the name of a piece in memory.
    tune : int
        Which tune of the file, from 1.
    title : str
    rating : float
        That is expected, -1 (dislike) to 1 (like).
    reasons : tuple of Reason
        The weightiest first.
    """

    file: str
    tune: int
    title: str
    rating: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Recommendations:
    """What is recommended.

    Parameters
    ----------
    pieces : tuple of Recommendation
        The best first.
    are_first : bool
        Whether nothing was rated yet: the pieces are unlike each other, to choose from.
    rated : int
        How many pieces the taste knows.
    left_out : dict
        Files that could not be read, and why.
    """

    pieces: tuple[Recommendation, ...]
    are_first: bool
    rated: int
    left_out: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def read_library(library: str | os.PathLike[str] | Mapping[str, Score], progress: Progress | None = None) -> Embeddings:
    """The pieces of a folder, or pieces by name.

    Raises
    ------
    FormatError
    """
    if isinstance(library, Mapping):
        return embeddings.of_scores(library)
    return embeddings.of_folder(Path(library), progress)


def rate(taste: Taste, library: Embeddings | None, feedback: Mapping[str, Sequence[Named]]) -> Taste:
    """A taste with ratings more.

    Parameters
    ----------
    taste : Taste
    library : Embeddings, optional
        Whose pieces may be named; files elsewhere may be as well.
    feedback : mapping
        From ``"like"``, ``"finish"``, ``"skip"`` and ``"dislike"`` to names of pieces, or Scores.

    Raises
    ------
    InvalidBrief
        Where a piece is named twice.
    FormatError
        Where there is no such piece.
    """
    named = [(name, kind) for kind in RATINGS for name in feedback.get(kind) or ()]
    for name, kind in named:
        if others := [each for which, each in named if which == name and each != kind]:
            raise InvalidBrief(f"{_title(name)} is rated {kind} and {others[0]}: say one of the two")
    return of_feedback([(_title(name), kind, _character(library, name)) for name, kind in named], taste)


def check_count(count: object) -> None:
    """Refuse a number of pieces that cannot be recommended.

    Raises
    ------
    InvalidBrief
    """
    if type(count) is not int or not 1 <= count <= MOST_COUNT:
        raise InvalidBrief(f"count {count!r} must be a whole number from 1 to {MOST_COUNT}")


def recommend(taste: Taste, library: Embeddings, count: int = 10) -> Recommendations:
    """Pieces of a library that were not rated yet; three that are unlike each other, where nothing was rated.

    Raises
    ------
    InvalidBrief
        Where the count is out of range, or every piece was rated.
    """
    check_count(count)
    places = np.flatnonzero(~taste.knows(library.values))
    if not len(places):
        raise InvalidBrief(f"all {len(library.pieces)} pieces were rated: name a library with others")
    values, posterior = library.values[places], taste.posterior()
    if taste.ratings:
        chosen = bandit.diverse(posterior.bound(values), values, count)
    else:
        chosen = bandit.spread(values, FIRST)
    found = tuple(_recommendation(library.pieces[int(places[each])], posterior, values[each]) for each in chosen)
    return Recommendations(found, not taste.ratings, len(taste.ratings), library.left_out)


def _recommendation(piece: Piece, posterior: Posterior, values: Floats) -> Recommendation:
    return Recommendation(piece.file, piece.tune, piece.title, expected(posterior, values), why(posterior, values))


def expected(posterior: Posterior, values: Floats) -> float:
    """Rating that a piece of such a character is expected to get."""
    return round(float(np.clip(posterior.expected(values[None])[0], -1, 1)), 3)


def why(posterior: Posterior, values: Floats) -> tuple[Reason, ...]:
    """What speaks for a piece of such a character, and against it."""
    shares = posterior.contributions(values)
    order = [int(each) for each in np.argsort(-np.abs(shares)) if abs(values[each]) >= STANDS_OUT]
    words = list(WORDS.values())
    found = [Reason(words[each][int(values[each] > 0)], round(float(shares[each]), 3)) for each in order]
    speaking = [each for each in found if each.share >= MATTERS][:REASONS]
    return (*speaking, *[each for each in found if each.share <= -MATTERS][:1])


def _title(piece: Named) -> str:
    return piece.title if isinstance(piece, Score) else str(piece)


def _character(library: Embeddings | None, piece: Named) -> Floats:
    """The numbers of a piece: one of the library, of a file, or a Score."""
    if isinstance(piece, Score):
        return character(piece)
    name = str(piece)
    known = {piece.name: place for place, piece in enumerate(library.pieces)} if library else {}
    if library and name in known:
        return np.asarray(library.values[known[name]])
    file, _, number = name.rpartition("#") if "#" in name else (name, "", "1")
    if not Path(file).exists() and known:
        raise FormatError(unknown("piece", name, known))
    found = embeddings.of_file(Path(file))
    if not number.isdecimal() or not 1 <= int(number) <= len(found.pieces):
        raise FormatError(f"{name}: the file has tunes 1 to {len(found.pieces)}")
    return np.asarray(found.values[int(number) - 1])
