"""Searching a folder of music: for a melody, or for pieces that are like a piece."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus.analysis import lines
from firmus.analysis.alignment import align
from firmus.analysis.lines import Query
from firmus.analysis.seeds import Candidates
from firmus.errors import InvalidBrief
from firmus.score import Score
from firmus.tasks import _asked
from firmus.tasks._library import Library, Progress, open_library, points, stretches

MOST_COUNT = 1000
CLOSELY = 64  # pieces that are compared closely


@dataclass(frozen=True, slots=True)
class Match:
    """A piece that was found.

    Parameters
    ----------
    file : str
        Path in the folder, with ``/``.
    tune : int
        Which tune of the file, from 1.
    title, part : str
        Of the piece, and of the part that it was found in; ``""`` where they have no name.
    bar : int or None
        In which it begins there; None where pieces are alike on the whole and share no turn.
    score : float
        0 to 1. Of a melody: 1 is the same, note for note, in any key and at any tempo; a wrong note takes away up to
        one over the number of notes. Of a piece: how much of its melody stands there too, and how alike the two are.
    confidence : float
        0 to 1, how probable it is that the match is no chance.
    """

    file: str
    tune: int
    title: str
    part: str
    bar: int | None
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found.

    Parameters
    ----------
    matches : tuple of Match
        The best first, one for each piece.
    pieces : int
        How many were searched.
    left_out : dict
        Files that could not be read, and why.
    """

    matches: tuple[Match, ...]
    pieces: int
    left_out: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def search(
    folder: str | os.PathLike[str],
    *,
    melody: str | Score | None = None,
    like: str | os.PathLike[str] | Score | None = None,
    tune: int = 1,
    count: int = 10,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> Findings:
    """Search a folder of music; the first time it is read, later only what is new or changed.

    Parameters
    ----------
    folder : path
        Files that Firmus reads, in it and in folders within it.
    melody : str or Score, optional
        A melody to be found somewhere in a piece: in words (see `firmus.tasks._asked.melody`), or that of a Score.
    like : path or Score, optional
        A piece; found is what is like its melody on the whole. Give either this or `melody`.
    tune : int
        Which tune of the file `like`, from 1.
    count : int
        Pieces at most, 1 to 1000.
    rebuild : bool
        Whether every file is read again.
    progress : callable, optional
        Takes what is done, how many files are read, and of how many.

    Raises
    ------
    InvalidBrief
        Where the melody cannot be read, or is too short.
    FormatError
        Where there is no such folder or file, or no music in it.
    """
    if (melody is None) == (like is None):
        raise InvalidBrief("give either a melody to be found, or a piece that others are to be like")
    if type(count) is not int or not 1 <= count <= MOST_COUNT:
        raise InvalidBrief(f"count {count!r} must be a whole number from 1 to {MOST_COUNT}")
    if melody is not None:
        asked = _asked.melody(melody) if isinstance(melody, str) else _asked.of_score(melody)
        library = open_library(Path(folder), progress, rebuild=rebuild)
        matches = by_melody(library, asked, count)
    else:
        score = like if isinstance(like, Score) else formats.read(like, tune=tune)
        asked = _asked.whole(score)
        library = open_library(Path(folder), progress, rebuild=rebuild)
        itself = None if isinstance(like, Score) else (Path(like), tune)
        matches = by_likeness(library, asked, count, itself)
    return Findings(tuple(matches), library.catalogue.pieces, library.left_out)


def by_melody(library: Library, asked: Query, count: int) -> list[Match]:
    """Pieces in which a melody stands, the best first."""
    told = library.catalogue.lines
    candidates = library.seeds.candidates(told, asked.pitches)
    found = align(asked, told, candidates)
    pieces = told.pieces[told.line_at(found.last)]
    order = np.lexsort((found.last, found.cost))
    _, first = np.unique(pieces[order], return_index=True)
    best = order[np.sort(first)][: max(count, CLOSELY)]
    found = align(asked, told, Candidates(candidates.first[best], candidates.up[best]), closely=True)
    order = np.lexsort((best, found.cost))[:count]
    bits = library.seeds.information(asked.pitches)
    return [
        _match(library, int(pieces[best[row]]), int(found.first[row]), 1 - cost, _melody_sure(library, bits, cost))
        for row, cost in zip(order.tolist(), np.clip(found.cost[order], 0, 1).tolist(), strict=True)
    ]


def by_likeness(library: Library, asked: Query, count: int, itself: tuple[Path, int] | None = None) -> list[Match]:
    """Pieces that are like a melody on the whole, the likest first; the piece itself is left out."""
    raise NotImplementedError
