"""Searching a folder of music: for a melody, or for pieces that are like a piece."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus.analysis import similarity
from firmus.analysis.alignment import align
from firmus.analysis.lines import Query
from firmus.analysis.ngram_index import Candidates, Hits, Stretch
from firmus.analysis.transcribe import to_score
from firmus.errors import FormatError, InvalidBrief
from firmus.retrieval import query
from firmus.retrieval.library import Library, Progress, of_scores, open_library
from firmus.score import Score
from firmus.tasks._transcription import PART, hear

MOST_COUNT = 1000
CLOSELY = 64  # pieces that are compared closely with a melody
MOST_NOTES = 4096  # of a piece that others are to be like: its first ones
HITS = 50_000  # turns that pieces share with a piece
LEAST = 0.1  # score of a piece that is told
NEAR = 200  # pieces that are compared with a piece: that lie nearest, and that share most of its turns


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
    bars : str
        Where in that part, such as ``"9-12"``; ``""`` where pieces are only alike on the whole.
    of_bars : str
        Which bars of the piece that was asked for stand there; ``""`` where it has none.
    semitones : int
        How much higher it stands there.
    score : float
        0 to 1. Of a melody: 1 is the same, note for note, in any key and at any tempo; a wrong note takes away up to
        one over the number of notes. Of a piece: how much of its melody stands there too, and how alike the two are.
    confidence : float
        0 to 1, how probable it is that this is the same music, altered, and not other music that is alike by chance.
    """

    file: str
    tune: int
    title: str
    part: str
    bars: str
    of_bars: str
    semitones: int
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
    folder: str | os.PathLike[str] | Mapping[str, Score],
    *,
    melody: str | Score | None = None,
    like: str | os.PathLike[str] | Score | None = None,
    hum: str | os.PathLike[str] | None = None,
    tune: int = 1,
    count: int = 10,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> Findings:
    """Search a folder of music; the first time it is read, later only what is new or changed.

    Parameters
    ----------
    folder : path or mapping of str to Score
        Files that Firmus reads, in it and in folders within it; or pieces by name, of which nothing is kept.
    melody : str or Score, optional
        A melody to be found somewhere in a piece: in words (see `firmus.retrieval.query.melody`), or that of a Score.
    like : path or Score, optional
        A piece; found is what is like its melody on the whole.
    hum : path, optional
        A sound file of a melody, sung or played by one voice. Give one of the three.
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
    if [melody, like, hum].count(None) != 2:
        raise InvalidBrief("give one of melody, like and hum: what is to be searched for")
    if type(count) is not int or not 1 <= count <= MOST_COUNT:
        raise InvalidBrief(f"count {count!r} must be a whole number from 1 to {MOST_COUNT}")
    if like is not None:
        score = like if isinstance(like, Score) else formats.read(like, tune=tune)
        asked = query.whole(score)
    else:
        sung = _hummed(hum) if hum is not None else melody
        asked = query.of_score(sung) if isinstance(sung, Score) else query.melody(sung or "")
    if isinstance(folder, Mapping):
        library = of_scores(folder, progress)
    else:
        library = open_library(Path(folder), progress, rebuild=rebuild)
    if like is None:
        matches = by_melody(library, asked, count)
    else:
        matches = by_likeness(library, asked, count, None if isinstance(like, Score) else (Path(like), tune))
    return Findings(tuple(matches), library.catalogue.pieces, library.left_out)


def _hummed(path: str | os.PathLike[str]) -> Score:
    """What one voice sings or plays in a sound file, by the clock: on a grid that was guessed, notes would be lost."""
    heard = hear(path, "one")
    if not heard.notes:
        raise FormatError(f"{heard.name}: {heard.unknown['notes']}; there is nothing to search for")
    return to_score(heard.notes, None, *PART["one"], heard.name)


def by_melody(library: Library, asked: Query, count: int) -> list[Match]:
    """Pieces in which a melody stands, the best first."""
    told = library.catalogue.lines
    candidates = library.seeds.hits(told, asked.pitches).candidates()
    found = align(asked, told, candidates)
    pieces = told.pieces[told.line_at(found.last)]
    order = np.lexsort((found.last, found.cost))
    _, first = np.unique(pieces[order], return_index=True)
    best = order[np.sort(first)][: max(count, CLOSELY)]
    chosen = Candidates(*(each[best] for each in candidates))
    found = align(asked, told, chosen, closely=True)
    bits, places = library.seeds.information(asked.pitches), math.log2(len(told))
    rhythm = 0 if asked.lengths is None else len(asked)
    matches = []
    for row in np.lexsort((best, found.cost))[:count].tolist():
        cost = min(float(found.cost[row]), 1.0)
        where = Stretch(int(found.first[row]), int(found.last[row]), 0, len(asked) - 1, int(chosen.up[row]))
        sure = _melody_chance(bits, places, cost, rhythm)
        matches.append(_match(library, asked, int(pieces[best[row]]), where, 1 - cost, sure))
    return matches


def by_likeness(library: Library, asked: Query, count: int, itself: tuple[Path, int] | None = None) -> list[Match]:
    """Pieces that are like a melody on the whole, the likest first; the piece itself is left out."""
    found = compared(library, asked)
    score = (np.sqrt(found.share) + found.alike) / 2
    usual = found.usual()
    matches: list[Match] = []
    for row in np.lexsort((found.pieces, -score)).tolist():
        piece = int(found.pieces[row])
        if len(matches) == count or score[row] < LEAST:
            break
        if itself is None or not _is(library, piece, *itself):
            sure = _likeness_chance(float(found.share[row]), usual)
            matches.append(_match(library, asked, piece, found.stretch(library, row), float(score[row]), sure))
    return matches


class Compared(NamedTuple):
    """Pieces (K,) that may be like a melody.

    How much of its turns each has at one place, and how near it lies, 0 to 1 (K,); that place (K,), -1 for none; what
    speaks for the places, and the lines that they are in.
    """

    pieces: NDArray[np.int64]
    share: NDArray[np.float64]
    alike: NDArray[np.float32]
    place: NDArray[np.int64]
    hits: Hits
    candidates: Candidates
    lines: NDArray[np.int64]

    def usual(self) -> float:
        """Share that a piece has by chance: that of the twentieth best, or of one in four where there are few."""
        return float(np.sort(self.share)[-min(20, len(self.share) // 4 + 1)])

    def stretch(self, library: Library, row: int) -> Stretch | None:
        """Where a piece has most of the melody."""
        place = int(self.place[row])
        if place < 0:
            return None
        begin, end = library.catalogue.lines.starts[self.lines[place] : self.lines[place] + 2].tolist()
        return self.hits.stretch(int(self.candidates.first[place]), int(self.candidates.up[place]), (begin, end))


def compared(library: Library, asked: Query) -> Compared:
    """Compare a melody with the pieces that lie nearest and with those that have most of its turns."""
    told = library.catalogue.lines
    hits = library.seeds.hits(told, asked.pitches[:MOST_NOTES], altered=False, most=HITS)
    candidates = hits.candidates()
    all_lines = told.line_at(np.clip(candidates.middle, 0, len(told) - 1))
    shared, best = np.unique(told.pieces[all_lines], return_index=True)  # the first place of a piece is its best
    point = similarity.point(asked)
    pieces = np.union1d(library.neighbours.near(point, NEAR)[0], shared)
    share, place = np.zeros(len(pieces)), np.full(len(pieces), -1)
    rows = np.searchsorted(pieces, shared)
    place[rows] = best
    share[rows] = np.minimum(candidates.votes[best] / max(hits.whole, 1), 1)
    alike = np.clip(library.neighbours.cosines(point, pieces), 0, 1)
    return Compared(pieces, share, alike, place, hits, candidates, all_lines)


def _melody_chance(bits: float, places: float, cost: float, rhythm: int) -> float:
    """How probable it is that a melody of so many bits, found at a cost, is no chance among 2 ** `places` notes."""
    return _chance(0.175 * (bits - places) - 0.81 * cost * bits + 0.155 * rhythm - 1.15)


def _likeness_chance(share: float, usual: float) -> float:
    """How probable it is that a piece with such a share of a melody is the same music, where others have `usual`."""
    return _chance(38 * math.sqrt(share) - 47 * math.sqrt(usual) - 3.2)


def _match(library: Library, asked: Query, piece: int, where: Stretch | None, score: float, confidence: float) -> Match:
    file, tune = library.where[piece].tolist()
    name = library.catalogue.files[file].name
    title, parts = library.catalogue.files[file].tunes[tune]
    part, there, here, up = "", "", "", 0
    if where is not None:
        told = library.catalogue.lines
        part, there, up = (
            parts[told.parts[told.line_at(np.array([where.last]))[0]]],
            _bars(told.bars, where[:2]),
            where.up,
        )
        here = "" if asked.bars is None else _bars(asked.bars, where[2:4])
    return Match(name, tune + 1, title, part, there, here, up, round(score, 3), round(confidence, 3))


def _bars(numbers: NDArray[Any], ends: tuple[int, ...]) -> str:
    """Bars from one note to another, in words."""
    first, last = (int(numbers[end]) for end in ends)
    return str(first) if first == last else f"{first}-{last}"


def _is(library: Library, piece: int, path: Path, tune: int) -> bool:
    """Whether a piece is that of a file, or of one beside it that differs in its ending alone."""
    file, number = library.where[piece].tolist()
    there = library.folder / library.catalogue.files[file].name
    return int(number) + 1 == tune and there.resolve().with_suffix("") == path.resolve().with_suffix("")


def _chance(logits: float) -> float:
    return 1 / (1 + math.exp(-max(min(logits, 30.0), -30.0)))
