"""Searching a folder of music: for a melody, or for pieces similar to a piece."""

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
from firmus.progress import Progress
from firmus.retrieval import query
from firmus.retrieval.library import Library, of_scores, open_library
from firmus.runtime.transcription import PART, analyse_recording
from firmus.score import Score

MOST_COUNT = 1000
CLOSELY = 64  # pieces that are aligned closely with a melody
MOST_NOTES = 4096  # first notes of a piece that others are compared with
HITS = 50_000  # n-grams that pieces share with a piece
LEAST = 0.1  # score of a piece that is reported
NEAR = 200  # nearest neighbours that are compared with a piece, beside those that share most n-grams


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
        Where in that part, such as ``"9-12"``; ``""`` where pieces are similar only as a whole.
    of_bars : str
        Which bars of the queried piece occur there; ``""`` where it has none.
    semitones : int
        Transposition upwards.
    score : float
        0 to 1. Of a melody: 1 is the same, note for note, in any key and at any tempo; a wrong note costs up to one
        over the number of notes. Of a piece: the share of its melody that occurs there too, and their similarity.
    confidence : float
        0 to 1, probability that this is the same music, altered, and not other music that is similar by chance.
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
    """The result of a search.

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
    """Search a folder of music; it is indexed the first time, later only new or changed files are read.

    Parameters
    ----------
    folder : path or mapping of str to Score
        Files that Firmus reads, in it and in folders within it; or pieces by name, which are not indexed on disk.
    melody : str or Score, optional
        A melody to find anywhere in a piece: as text (see `firmus.retrieval.query.melody`), or that of a Score.
    like : path or Score, optional
        A piece, to find those with a similar melody as a whole.
    hum : path, optional
        A sound file of a melody, sung or played by one voice. Give one of the three.
    tune : int
        Which tune of the file `like`, from 1.
    count : int
        Pieces at most, 1 to 1000.
    rebuild : bool
        Whether every file is read again.
    progress : callable, optional
        Called with a title, files read and files in total.

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
        target = query.whole(score)
    else:
        given = hummed(hum) if hum is not None else melody
        target = query.of_score(given) if isinstance(given, Score) else query.melody(given or "")
    if isinstance(folder, Mapping):
        library = of_scores(folder, progress)
    else:
        library = open_library(Path(folder), progress, rebuild=rebuild)
    if like is None:
        matches = by_melody(library, target, count)
    else:
        matches = by_similarity(library, target, count, None if isinstance(like, Score) else (Path(like), tune))
    return Findings(tuple(matches), library.catalogue.pieces, library.left_out)


def hummed(path: str | os.PathLike[str]) -> Score:
    """The melody of one voice in a sound file, in seconds: quantised to an estimated grid, notes would be lost."""
    recording = analyse_recording(path, "one")
    if not recording.notes:
        raise FormatError(f"{recording.name}: {recording.unknown['notes']}; there is nothing to search for")
    return to_score(recording.notes, None, *PART["one"], recording.name)


def by_melody(library: Library, target: Query, count: int) -> list[Match]:
    """Pieces in which a melody occurs, the best first."""
    lines = library.catalogue.lines
    candidates = library.seeds.hits(lines, target.pitches).candidates()
    alignments = align(target, lines, candidates)
    pieces = lines.pieces[lines.line_at(alignments.last)]
    order = np.lexsort((alignments.last, alignments.cost))
    _, first = np.unique(pieces[order], return_index=True)
    best = order[np.sort(first)][: max(count, CLOSELY)]
    chosen = Candidates(*(each[best] for each in candidates))
    alignments = align(target, lines, chosen, closely=True)
    bits, places = library.seeds.information(target.pitches), math.log2(len(lines))
    rhythm = 0 if target.lengths is None else len(target)
    matches = []
    for row in np.lexsort((best, alignments.cost))[:count].tolist():
        cost = min(float(alignments.cost[row]), 1.0)
        first_note, last_note = int(alignments.first[row]), int(alignments.last[row])
        where = Stretch(first_note, last_note, 0, len(target) - 1, int(chosen.up[row]))
        confidence = _melody_confidence(bits, places, cost, rhythm)
        matches.append(_match(library, target, int(pieces[best[row]]), where, 1 - cost, confidence))
    return matches


def by_similarity(library: Library, target: Query, count: int, itself: tuple[Path, int] | None = None) -> list[Match]:
    """Pieces similar to a melody as a whole, the most similar first; the piece itself is left out."""
    compared = compare(library, target)
    score = (np.sqrt(compared.share) + compared.alike) / 2
    baseline = compared.baseline()
    matches: list[Match] = []
    for row in np.lexsort((compared.pieces, -score)).tolist():
        piece = int(compared.pieces[row])
        if len(matches) == count or score[row] < LEAST:
            break
        if itself is None or not _is_same_piece(library, piece, *itself):
            confidence = _similarity_confidence(float(compared.share[row]), baseline)
            where = compared.stretch(library, row)
            matches.append(_match(library, target, piece, where, float(score[row]), confidence))
    return matches


class Compared(NamedTuple):
    """Pieces (K,) that may be similar to a melody.

    Share of its n-grams that each has at one place, and cosine similarity, 0 to 1 (K,); that place (K,), -1 for none;
    the hits at the places, and the lines that they are in.
    """

    pieces: NDArray[np.int64]
    share: NDArray[np.float64]
    alike: NDArray[np.float32]
    place: NDArray[np.int64]
    hits: Hits
    candidates: Candidates
    lines: NDArray[np.int64]

    def baseline(self) -> float:
        """Share that a piece has by chance: that of the twentieth best, or of one in four where there are few."""
        return float(np.sort(self.share)[-min(20, len(self.share) // 4 + 1)])

    def stretch(self, library: Library, row: int) -> Stretch | None:
        """Where a piece has the largest share of the melody."""
        place = int(self.place[row])
        if place < 0:
            return None
        begin, end = library.catalogue.lines.starts[self.lines[place] : self.lines[place] + 2].tolist()
        return self.hits.stretch(int(self.candidates.first[place]), int(self.candidates.up[place]), (begin, end))


def compare(library: Library, target: Query) -> Compared:
    """Compare a melody with the nearest pieces and with those that share most of its n-grams."""
    lines = library.catalogue.lines
    hits = library.seeds.hits(lines, target.pitches[:MOST_NOTES], altered=False, most=HITS)
    candidates = hits.candidates()
    all_lines = lines.line_at(np.clip(candidates.middle, 0, len(lines) - 1))
    shared, best = np.unique(lines.pieces[all_lines], return_index=True)  # the first place of a piece is its best
    point = similarity.point(target)
    pieces = np.union1d(library.neighbours.near(point, NEAR)[0], shared)
    share, place = np.zeros(len(pieces)), np.full(len(pieces), -1)
    rows = np.searchsorted(pieces, shared)
    place[rows] = best
    share[rows] = np.minimum(candidates.votes[best] / max(hits.whole, 1), 1)
    alike = np.clip(library.neighbours.cosines(point, pieces), 0, 1)
    return Compared(pieces, share, alike, place, hits, candidates, all_lines)


def _melody_confidence(bits: float, places: float, cost: float, rhythm: int) -> float:
    """Probability that a melody of so many bits, aligned at a cost, is no coincidence among 2 ** `places` notes."""
    return _sigmoid(0.175 * (bits - places) - 0.81 * cost * bits + 0.155 * rhythm - 1.15)


def _similarity_confidence(share: float, baseline: float) -> float:
    """Probability that a piece with such a share of a melody is the same music, where others have `baseline`."""
    return _sigmoid(38 * math.sqrt(share) - 47 * math.sqrt(baseline) - 3.2)


def _match(
    library: Library, target: Query, piece: int, where: Stretch | None, score: float, confidence: float
) -> Match:
    file, tune = library.where[piece].tolist()
    name = library.catalogue.files[file].name
    title, parts = library.catalogue.files[file].tunes[tune]
    part, bars, of_bars, up = "", "", "", 0
    if where is not None:
        lines = library.catalogue.lines
        part = parts[lines.parts[lines.line_at(np.array([where.last]))[0]]]
        bars, up = _bars(lines.bars, where[:2]), where.up
        of_bars = "" if target.bars is None else _bars(target.bars, where[2:4])
    return Match(name, tune + 1, title, part, bars, of_bars, up, round(score, 3), round(confidence, 3))


def _bars(numbers: NDArray[Any], ends: tuple[int, ...]) -> str:
    """Bars from one note to another, as text."""
    first, last = (int(numbers[end]) for end in ends)
    return str(first) if first == last else f"{first}-{last}"


def _is_same_piece(library: Library, piece: int, path: Path, tune: int) -> bool:
    """Whether a piece is that of a file, or of one beside it that differs in its suffix alone."""
    file, number = library.where[piece].tolist()
    stored = library.folder / library.catalogue.files[file].name
    return int(number) + 1 == tune and stored.resolve().with_suffix("") == path.resolve().with_suffix("")


def _sigmoid(logits: float) -> float:
    return 1 / (1 + math.exp(-max(min(logits, 30.0), -30.0)))
